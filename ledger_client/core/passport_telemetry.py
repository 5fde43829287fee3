"""Telemetry in a passport: the logger's chain from the link at attaching to a record at or after
detaching, without a gap that the ledger does not know of.
"""

import hashlib
import itertools

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


def check(held: Passport, checkpoint: Checkpoint, view: View, source: PassportSource) -> list[str]:
    """Check every part; returns the loggers whose telemetry is absent."""
    absent = []
    used: set[int] = set()
    opened = [_open(held, number, part, source) for number, part in enumerate(held.telemetry)]
    for attachment in exposure.travelled(source, held.item):
        parts = _parts_for(held, attachment)
        if not parts:
            absent.append(f"telemetry of {attachment.logger}")
            continue
        _check_parts(held, checkpoint, view, attachment, [(held.telemetry[n], opened[n], n)
                                                          for n in parts])
        used.update(parts)
    for number in range(len(held.telemetry)):
        if number not in used:
            raise VerificationFailed("passport.telemetry", f"telemetry[{number}]",
                                     "no logger of the item's history asks for it")
    return absent


def _open(held: Passport, number: int, part: Telemetry, source: PassportSource) -> list[Record]:
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
    return opened


def _check_follows(part: Telemetry, opened: list[Record], parsed: Record, field: str) -> None:
    expected = opened[-1].seq + 1 if opened else part.first
    if parsed.epoch != part.epoch or parsed.seq < expected:
        raise VerificationFailed("passport.telemetry", field, "it is out of order")
    if opened and parsed.seq == expected and parsed.prev != opened[-1].digest:
        raise VerificationFailed("passport.telemetry", field, "it does not follow the record "
                                 "before it")


def _parts_for(held: Passport, attachment: Attachment) -> list[int]:
    """Parts of the logger from the attachment's epoch on, in order."""
    return sorted((number for number, part in enumerate(held.telemetry)
                   if part.logger == attachment.logger and part.epoch >= attachment.epoch),
                  key=lambda number: held.telemetry[number].epoch)


def _check_parts(held: Passport, checkpoint: Checkpoint, view: View, attachment: Attachment,
                 parts: list[tuple[Telemetry, list[Record], int]]) -> None:
    thumbprint = view.get(state.asset_key(attachment.logger))
    assert isinstance(thumbprint, bytes)
    _check_begins(attachment, *parts[0])
    for place, (part, opened, number) in enumerate(parts):
        field = f"telemetry[{number}]"
        if not thumbprint.startswith(opened[0].kid):
            raise VerificationFailed("passport.telemetry", field, "another device's than the one "
                                     "with that label")
        gapless = all(after.seq == before.seq + 1
                      for before, after in itertools.pairwise(opened))
        last = place == len(parts) - 1
        if not gapless or part.end is None or not last:
            _check_by_head(view, thumbprint, part, opened, field)
        if part.end is not None:
            _check_end(held, checkpoint, part.end, opened[-1], field)
        if last:
            _check_reaches(view, thumbprint, attachment, part, opened, field)
        elif parts[place + 1][0].epoch != part.epoch + 1 or parts[place + 1][0].first != 1:
            raise VerificationFailed("passport.left-out", field, "an epoch of the logger is left "
                                     "out")


def _check_begins(attachment: Attachment, part: Telemetry, opened: list[Record],
                  number: int) -> None:
    """The first record follows the head that the attach event links."""
    field = f"telemetry[{number}]"
    fresh = part.epoch > attachment.epoch
    seq, digest = (0, FIRST_PREV) if fresh else (attachment.seq, attachment.digest)
    if (fresh and attachment.epoch != 0 and part.epoch != attachment.epoch + 1) or \
            part.first > seq + 1:
        raise VerificationFailed("passport.left-out", field, f"records before seq {part.first} "
                                 "are left out")
    for parsed in opened:
        if parsed.seq == seq and parsed.digest != digest:
            raise VerificationFailed("passport.telemetry", field, "it is not the chain that the "
                                     "attach event links")
        if parsed.seq == seq + 1 and parsed.prev != digest:
            raise VerificationFailed("passport.telemetry", field, "it does not follow the head "
                                     "that the attach event links")


def _check_by_head(view: View, thumbprint: bytes, part: Telemetry, opened: list[Record],
                   field: str) -> None:
    """The ledger's head of that epoch: its last record, and the gaps it knows."""
    head = view.load(Head, state.head_key(thumbprint, part.epoch))
    if head is None or (part.end is None and
                        (head.seq, head.digest) != (opened[-1].seq, opened[-1].digest)):
        raise VerificationFailed("passport.left-out", field, "records after the last one are left "
                                 "out")
    for before, after in itertools.pairwise(opened):
        if after.seq > before.seq + 1 and [before.seq + 1, after.seq - 1] not in head.gaps:
            raise VerificationFailed("passport.left-out", field, f"records {before.seq + 1} to "
                                     f"{after.seq - 1} are left out")


def _check_reaches(view: View, thumbprint: bytes, attachment: Attachment, part: Telemetry,
                   opened: list[Record], field: str) -> None:
    """The last record is at or after detaching, or there is none after it."""
    reached = attachment.until is not None and any(
        one.clock.unix_ms is not None and one.clock.unix_ms >= attachment.until.unix_ms
        for one in opened)
    if reached and part.end is not None:
        return
    _check_by_head(view, thumbprint, Telemetry(part.logger, part.epoch, part.first, part.records,
                                               None), opened, field)
    device = view.load(Device, state.device_key(thumbprint))
    if device is None or device.epoch != part.epoch:
        raise VerificationFailed("passport.left-out", field, "later epochs of the logger are left "
                                 "out")


def _check_end(held: Passport, checkpoint: Checkpoint, end: RecordProof, last: Record,
               field: str) -> None:
    """Two paths: the record's leaf to the block's root, the block's statement to the log root."""
    field += ".end"
    if record.decode(end.leaf.record, held.ledger).digest != last.digest:
        raise VerificationFailed("passport.telemetry", field, "it proves another record")
    try:
        header = block.decode_header(statement.parse(end.block.statement).content())
    except WireError as error:
        raise VerificationFailed(error.rule, field, error.detail) from error
    root = merkle.root_from_inclusion(end.leaf.entry(), end.index, header.count, end.path)
    if root != header.root:
        raise VerificationFailed("passport.path", field, "the leaf's path does not come to the "
                                 "block's root")
    check_logged(checkpoint, end.block, field)


def check_logged(checkpoint: Checkpoint, proof: LogProof, field: str) -> None:
    """VerificationFailed unless a statement is in the checkpoint's log."""
    entry_hash = hashlib.sha256(proof.statement).digest()
    root = merkle.root_from_inclusion(entry_hash, proof.number, checkpoint.size, proof.path)
    if root != checkpoint.log_root:
        raise VerificationFailed("passport.path", field, "the statement's path does not come to "
                                 "the checkpoint's log root")
