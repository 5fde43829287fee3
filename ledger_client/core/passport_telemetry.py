"""Telemetry in a passport: the logger's chain from the link at attaching to a record at or after
detaching, without a gap that the ledger does not know of.
"""

import hashlib
import itertools
from dataclasses import dataclass

from ledger_client.core import block, exposure, merkle, signature, state, statement
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.device_chain import Device, Head
from ledger_client.core.exposure import Attachment
from ledger_client.core.passport import LogProof, Passport, RecordProof, Telemetry
from ledger_client.core.passport_source import PassportSource
from ledger_client.core.state import View
from ledger_client.errors import VerificationFailed
from ledger_client.wire import record
from ledger_client.wire.errors import WireError
from ledger_client.wire.record import FIRST_PREV
from ledger_client.wire.values import Record


@dataclass(frozen=True)
class _Opened:
    """A part with its records decoded; `field` names it in errors."""

    part: Telemetry
    records: list[Record]
    field: str

    def gaps(self) -> list[list[int]]:
        """Missing ranges of seq between the records."""
        return [[before.seq + 1, after.seq - 1]
                for before, after in itertools.pairwise(self.records)
                if after.seq > before.seq + 1]


def check(held: Passport, checkpoint: Checkpoint, view: View, source: PassportSource) -> list[str]:
    """Check every part; returns the loggers whose telemetry is absent."""
    absent = []
    used: set[str] = set()
    checker = _Checker(held.ledger, checkpoint, view)
    opened = [_open(held, number, part, source) for number, part in enumerate(held.telemetry)]
    for attachment in exposure.travelled(source, held.item):
        parts = sorted((one for one in opened if one.part.logger == attachment.logger
                        and one.part.epoch >= attachment.epoch), key=lambda one: one.part.epoch)
        if parts:
            checker.check(attachment, parts)
            used.update(one.field for one in parts)
        else:
            absent.append(f"telemetry of {attachment.logger}")
    for one in opened:
        if one.field not in used:
            raise VerificationFailed("passport.telemetry", one.field,
                                     "no logger of the item's history asks for it")
    return absent


def _open(held: Passport, number: int, part: Telemetry, source: PassportSource) -> _Opened:
    """The records, each signed and linked to the one before."""
    opened: list[Record] = []
    for at, data in enumerate(part.records):
        field = f"telemetry[{number}].records[{at}]"
        try:
            parsed = record.decode(data, held.ledger)
        except WireError as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        key = source.key_of(parsed.kid)
        if key is None or (opened and parsed.kid != opened[0].kid):
            raise VerificationFailed("passport.left-out", "keys", f"the key of {field} is left out")
        try:
            signature.verify(key, parsed.digest, parsed.signature)
        except signature.BadSignature as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        _check_follows(part, opened, parsed, field)
        opened.append(parsed)
    if not opened:
        raise VerificationFailed("passport.telemetry", f"telemetry[{number}]", "it holds no record")
    return _Opened(part, opened, f"telemetry[{number}]")


def _check_follows(part: Telemetry, opened: list[Record], parsed: Record, field: str) -> None:
    expected = opened[-1].seq + 1 if opened else part.first
    if parsed.epoch != part.epoch or parsed.seq < expected:
        raise VerificationFailed("passport.telemetry", field, "it is out of order")
    if opened and parsed.seq == expected and parsed.prev != opened[-1].digest:
        raise VerificationFailed("passport.telemetry", field, "it does not follow the record "
                                 "before it")


class _Checker:
    """Parts of one logger against what the ledger's state and log hold of it."""

    def __init__(self, ledger: bytes, checkpoint: Checkpoint, view: View) -> None:
        self._ledger = ledger
        self._checkpoint = checkpoint
        self._view = view

    def check(self, attachment: Attachment, parts: list[_Opened]) -> None:
        """From the head that the attach event links to a record at or after detaching."""
        thumbprint = self._view.get(state.asset_key(attachment.logger))
        assert isinstance(thumbprint, bytes)
        _check_begins(attachment, parts[0])
        for one, following in itertools.pairwise([*parts, None]):
            assert one is not None
            if not thumbprint.startswith(one.records[0].kid):
                raise VerificationFailed("passport.telemetry", one.field, "another device's than "
                                         "the one with that label")
            if one.gaps() or following is not None:
                self._check_by_head(thumbprint, one, complete=following is not None)
            if one.part.end is not None:
                self._check_end(one.part.end, one)
            if following is None:
                self._check_reaches(thumbprint, attachment, one)
            elif (following.part.epoch, following.part.first) != (one.part.epoch + 1, 1):
                raise VerificationFailed("passport.left-out", one.field, "an epoch of the logger "
                                         "is left out")

    def _check_by_head(self, thumbprint: bytes, one: _Opened, *, complete: bool) -> None:
        """The ledger's head of that epoch knows the gaps, and, if `complete`, no later record."""
        head = self._view.load(Head, state.head_key(thumbprint, one.part.epoch))
        last = one.records[-1]
        if head is None or (complete and (head.seq, head.digest) != (last.seq, last.digest)):
            raise VerificationFailed("passport.left-out", one.field, "records after the last one "
                                     "are left out")
        for low, high in one.gaps():
            if [low, high] not in head.gaps:
                raise VerificationFailed("passport.left-out", one.field, f"records {low} to "
                                         f"{high} are left out")

    def _check_reaches(self, thumbprint: bytes, attachment: Attachment, one: _Opened) -> None:
        """The last record is at or after detaching, or there is none after it."""
        reached = attachment.until is not None and any(
            parsed.clock.unix_ms is not None
            and parsed.clock.unix_ms >= attachment.until.unix_ms for parsed in one.records)
        if reached and one.part.end is not None:
            return
        self._check_by_head(thumbprint, one, complete=True)
        device = self._view.load(Device, state.device_key(thumbprint))
        if device is None or device.epoch != one.part.epoch:
            raise VerificationFailed("passport.left-out", one.field, "later epochs of the logger "
                                     "are left out")

    def _check_end(self, end: RecordProof, one: _Opened) -> None:
        """Two paths: the record's leaf to the block's root, the block's statement to the log."""
        field = one.field + ".end"
        try:
            proven = record.decode(end.leaf.record, self._ledger)
            header = block.decode_header(statement.parse(end.block.statement).content())
        except WireError as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        if proven.digest != one.records[-1].digest:
            raise VerificationFailed("passport.telemetry", field, "it proves another record")
        root = merkle.root_from_inclusion(end.leaf.entry(), end.index, header.count, end.path)
        if root != header.root:
            raise VerificationFailed("passport.path", field, "the leaf's path does not come to the "
                                     "block's root")
        check_logged(self._checkpoint, end.block, field)


def _check_begins(attachment: Attachment, one: _Opened) -> None:
    """The first record follows the head that the attach event links."""
    fresh = one.part.epoch > attachment.epoch
    seq, digest = (0, FIRST_PREV) if fresh else (attachment.seq, attachment.digest)
    if (fresh and attachment.epoch != 0 and one.part.epoch != attachment.epoch + 1) or \
            one.part.first > seq + 1:
        raise VerificationFailed("passport.left-out", one.field, f"records before seq "
                                 f"{one.part.first} are left out")
    for parsed in one.records:
        if parsed.seq == seq and parsed.digest != digest:
            raise VerificationFailed("passport.telemetry", one.field, "it is not the chain that "
                                     "the attach event links")
        if parsed.seq == seq + 1 and parsed.prev != digest:
            raise VerificationFailed("passport.telemetry", one.field, "it does not follow the head "
                                     "that the attach event links")


def check_logged(checkpoint: Checkpoint, proof: LogProof, field: str) -> None:
    """VerificationFailed unless a statement is in the checkpoint's log."""
    entry_hash = hashlib.sha256(proof.statement).digest()
    root = merkle.root_from_inclusion(entry_hash, proof.number, checkpoint.size, proof.path)
    if root != checkpoint.log_root:
        raise VerificationFailed("passport.path", field, "the statement's path does not come to "
                                 "the checkpoint's log root")
