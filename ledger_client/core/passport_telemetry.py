"""Telemetry in a passport: the logger's chain through the head that the attach event links, as far
back and as far on as a walk over it goes (logger_walk).

Every run of records is linked, and its last one proven: it is in a block, and of the records with
its seq it is the one that the ledger took.  What lies between runs is a gap that the ledger's head
lists; an epoch that was left ended where its head says.
"""

import hashlib
import itertools
from dataclasses import dataclass

from ledger_client.core import block, exposure, merkle, signature, state, statement
from ledger_client.core.calibration import Certificates
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.device_chain import Device, Head, Registered
from ledger_client.core.exposure import Attachment
from ledger_client.core.identity import Key
from ledger_client.core.logger_walk import Walk
from ledger_client.core.passport import LogProof, Passport, RecordProof, Run
from ledger_client.core.passport_source import PassportSource
from ledger_client.core.state import View
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import codes, record
from ledger_client.wire.errors import WireError
from ledger_client.wire.record import FIRST_PREV
from ledger_client.wire.values import Record


class NotWhole(VerificationFailed):
    """What a logger measured cannot be followed through an attachment: `reason`."""

    def __init__(self, attachment: Attachment, field: str, reason: str) -> None:
        super().__init__("passport.left-out", field, reason)
        self.attachment = attachment
        self.reason = reason


@dataclass(frozen=True)
class _Opened:
    """A run with its records decoded; `field` names it in errors."""

    run: Run
    records: list[Record]
    field: str

    def at(self, epoch: int, seq: int) -> Record | None:
        if self.run.epoch != epoch or not self.run.first <= seq <= self.run.last:
            return None
        return self.records[seq - self.run.first]


@dataclass
class _Place:
    """How far a logger's chain has been followed."""

    epoch: int
    seq: int
    digest: bytes | None  # None: it is not known, a gap lies before

    def follows(self, one: _Opened) -> bool:
        """Whether a run goes on from here, or holds this place."""
        return one.run.epoch == self.epoch and one.run.first <= self.seq + 1 <= one.run.last + 1


def check(held: Passport, checkpoint: Checkpoint, view: View, source: PassportSource) -> list[str]:
    """Check every run; returns the loggers whose telemetry is absent."""
    opened = [_open(held, number, run, source) for number, run in enumerate(held.telemetry)]
    _check_disjoint(opened)
    absent = []
    used: set[str] = set()
    for attachment in exposure.travelled(source, held.item):
        runs = [one for one in opened if one.run.thumbprint == attachment.thumbprint]
        if runs:
            _check_logger(view, attachment)
            used |= _Follower(held.ledger, checkpoint, view).follow(attachment, runs)
        else:
            absent.append(f"telemetry of {attachment.logger}")
    for one in opened:
        if one.field not in used:
            raise VerificationFailed("passport.telemetry", one.field,
                                     "no logger of the item's history asks for it")
    return absent


def _check_logger(view: View, attachment: Attachment) -> None:
    """It is the device with this label; its drift and certificates belong to every reading."""
    view.load(Certificates, state.calibrations_key(attachment.logger))
    key = view.load(Key, state.key_key(attachment.thumbprint))
    if key is None or key.role != codes.ROLE_DEVICE or key.details[:1] != [attachment.logger] \
            or len(key.details) < 2 or type(key.details[1]) is not int or key.details[1] < 0:
        raise VerificationFailed("passport.telemetry", "proofs", f"the key of {attachment.logger} "
                                 "is not enrolled as the device with this label")


def _open(held: Passport, number: int, run: Run, source: PassportSource) -> _Opened:
    """The records, each signed and linked to the one before."""
    opened: list[Record] = []
    for at, data in enumerate(run.records):
        field = f"telemetry[{number}].records[{at}]"
        try:
            parsed = record.decode(data, held.ledger)
        except WireError as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        if not run.thumbprint.startswith(parsed.kid):
            raise VerificationFailed("passport.telemetry", field, "another device signed it")
        if (parsed.epoch, parsed.seq) != (run.epoch, run.first + at) or \
                (opened and parsed.prev != opened[-1].digest):
            raise VerificationFailed("passport.telemetry", field, "it does not follow the record "
                                     "before it")
        key = source.key_of(run.thumbprint)
        if key is None:
            raise VerificationFailed("passport.left-out", "keys", f"the key of {field} is left out")
        try:
            signature.verify(key, parsed.digest, parsed.signature)
        except signature.BadSignature as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        opened.append(parsed)
    return _Opened(run, opened, f"telemetry[{number}]")


def _check_disjoint(opened: list[_Opened]) -> None:
    ordered = sorted(opened, key=lambda one: (one.run.thumbprint, one.run.epoch, one.run.first))
    for before, after in itertools.pairwise(ordered):
        if (before.run.thumbprint, before.run.epoch) == (after.run.thumbprint, after.run.epoch) \
                and after.run.first <= before.run.last:
            raise VerificationFailed("passport.telemetry", after.field, "it holds records twice")


class _Follower:
    """Follows one logger through an attachment."""

    def __init__(self, ledger: bytes, checkpoint: Checkpoint, view: View) -> None:
        self._ledger = ledger
        self._checkpoint = checkpoint
        self._view = view

    def follow(self, attachment: Attachment, runs: list[_Opened]) -> set[str]:
        """Fields of the runs that the attachment needs."""
        used: set[str] = set()
        place = _Place(attachment.epoch, attachment.seq, attachment.digest)
        if attachment.epoch == 0:
            place = _Place(0, 0, FIRST_PREV)
        else:
            self._look_back(attachment, runs, place, used)
        walk = Walk.forward(attachment.until)
        linked = [found for one in runs for found in [one.at(place.epoch, place.seq)] if found]
        ended = any(walk.ends_with(found) for found in linked)
        while not ended:
            found = next((one for one in runs if place.follows(one)
                          and one.run.last > place.seq), None)
            if found is None:
                if not self._jump(attachment, place, runs):
                    break
                continue
            _check_joins(place, found)
            self._check_end(found)
            used.add(found.field)
            ended = any(parsed.seq > place.seq and walk.ends_with(parsed)
                        for parsed in found.records)
            place.seq, place.digest = found.run.last, found.records[-1].digest
        return used

    def _look_back(self, attachment: Attachment, runs: list[_Opened], place: _Place,
                   used: set[str]) -> None:
        """The linked record itself, and before it as far as a walk goes: a scan that was registered
        late links a later head."""
        walk, seq = Walk.back(attachment.since), place.seq
        while seq > 0:
            found = next((one for one in runs if one.at(place.epoch, seq)), None)
            if found is None:
                seq = self._before_gap(attachment, place.epoch, seq, runs)
                continue
            at = seq - found.run.first
            if seq == place.seq and found.records[at].digest != place.digest:
                raise VerificationFailed("passport.telemetry", found.field, "it is not the chain "
                                         "that the attach event links")
            self._check_end(found)
            used.add(found.field)
            if any(walk.ends_with(before) for before in reversed(found.records[:at + 1])):
                return
            seq = found.run.first - 1

    def _before_gap(self, attachment: Attachment, epoch: int, seq: int,
                    runs: list[_Opened]) -> int:
        """Seq before a gap that holds `seq`: what lies before a run is missing on the ledger too.
        """
        head = self._head(attachment.thumbprint, epoch)
        for low, high in [] if head is None else head.gaps:
            if low <= seq <= high:
                return low - 1
        raise NotWhole(attachment, runs[0].field, f"record {seq} of epoch {epoch} is left out, and "
                       "not in a gap that the ledger lists")

    def _jump(self, attachment: Attachment, place: _Place, runs: list[_Opened]) -> bool:
        """Over a gap, or into a later epoch; False: the ledger has nothing more."""
        thumbprint = attachment.thumbprint
        head = self._head(thumbprint, place.epoch) if place.epoch else None
        if head is not None and head.seq != place.seq:
            for low, high in head.gaps:
                if low == place.seq + 1:
                    place.seq, place.digest = high, None
                    return True
            raise NotWhole(attachment, runs[0].field, f"records after {place.seq} of epoch "
                           f"{place.epoch} are left out, and not in a gap that the ledger lists")
        if place.epoch and (head is None or (place.digest or head.digest) != head.digest):
            raise VerificationFailed("passport.telemetry", runs[0].field, f"epoch {place.epoch} "
                                     "did not end with that record")
        device = self._view.load(Device, state.device_key(thumbprint))
        newest = 0 if device is None else device.epoch
        if newest - place.epoch > codes.EPOCHS:
            raise NotWhole(attachment, runs[0].field, f"from epoch {place.epoch} to the newest, "
                           f"{newest}, are more than {codes.EPOCHS}")
        for epoch in range(place.epoch + 1, newest + 1):
            if self._head(thumbprint, epoch) is not None:
                place.epoch, place.seq, place.digest = epoch, 0, FIRST_PREV
                return True
        return False

    def _head(self, thumbprint: bytes, epoch: int) -> Head | None:
        return self._view.load(Head, state.head_key(thumbprint, epoch))

    def _check_end(self, one: _Opened) -> None:
        """Two paths prove the last record, or the head of its epoch."""
        last = one.records[-1]
        if one.run.end is not None:
            self._check_proof(one.run.end, last, one.field + ".end")
            self._check_taken(one, last)
            return
        head = self._head(one.run.thumbprint, one.run.epoch)
        if head is None or (head.seq, head.digest) != (last.seq, last.digest):
            raise VerificationFailed("passport.left-out", one.field, "its last record is proven "
                                     "neither by paths nor by the head of its epoch")

    def _check_taken(self, one: _Opened, last: Record) -> None:
        """A fork is in the log too."""
        taken = self._view.load(Registered, state.record_key(one.run.thumbprint, last.epoch,
                                                             last.seq))
        if taken is None or taken.digest != last.digest:
            raise VerificationFailed("passport.telemetry", one.field, "the ledger took another "
                                     "record in the place of its last one")

    def _check_proof(self, end: RecordProof, last: Record, field: str) -> None:
        try:
            proven = record.decode(end.leaf.record, self._ledger)
            header = block.decode_header(statement.parse(end.block.statement).content())
        except (WireError, InvalidData) as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        if proven.digest != last.digest:
            raise VerificationFailed("passport.telemetry", field, "it proves another record")
        root = merkle.root_from_inclusion(end.leaf.entry(), end.index, header.count, end.path)
        if root != header.root:
            raise VerificationFailed("passport.path", field, "the leaf's path does not come to the "
                                     "block's root")
        check_logged(self._checkpoint, end.block, field)


def _check_joins(place: _Place, one: _Opened) -> None:
    """The run holds the record at this place, or follows it."""
    if place.digest is None:
        return
    at = place.seq - one.run.first
    joined = one.records[0].prev if at < 0 else one.records[at].digest
    if joined != place.digest:
        raise VerificationFailed("passport.telemetry", one.field, "it does not follow the head "
                                 "that the attach event links")


def check_logged(checkpoint: Checkpoint, proof: LogProof, field: str) -> None:
    """VerificationFailed unless a statement is in the checkpoint's log."""
    entry_hash = hashlib.sha256(proof.statement).digest()
    root = merkle.root_from_inclusion(entry_hash, proof.number, checkpoint.size, proof.path)
    if root != checkpoint.log_root:
        raise VerificationFailed("passport.path", field, "the statement's path does not come to "
                                 "the checkpoint's log root")
