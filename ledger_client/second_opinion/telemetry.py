"""Telemetry of the loggers that travelled along: whole as far as an attachment reaches.

Records of a logger stand in runs of consecutive seqs, each linked to the one before; the last of a
run is proven to be in a block of the log, and the one that the ledger took of those with its seq,
or else to be the newest of its epoch.  An attachment links
(epoch, seq, digest) of the newest record that the ledger held when it took the scan.  Due are
- that record, and those before it until the attaching is behind, since a scan can be late;
- those after it until the detaching is, else to the newest of the newest epoch.
Which record that is, walk.py says.  What is missing in between, the proven head of the epoch lists
as a gap.
"""

from dataclasses import dataclass

from ledger_client.second_opinion.evidence import Keys
from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import End, Passport, Run
from ledger_client.second_opinion.proven import State
from ledger_client.second_opinion.signed import Signatures, read_statement
from ledger_client.second_opinion.travel import Attachment
from ledger_client.second_opinion.trees import list_root, sha256
from ledger_client.second_opinion.walk import Readings, Walk, readings
from ledger_client.wire import cbor, check, codes, cose, record
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record

_STEPS = 1 << 22  # records looked at; a way that needs more is made to keep a verifier busy


@dataclass(frozen=True)
class Log:
    """What the checkpoint says of the log."""

    ledger: bytes
    size: int
    root: bytes


@dataclass(frozen=True)
class _Held:
    """A record and where it stands; `readings` None: they say nothing of when it was made."""

    run: str
    field: str
    record: Record
    readings: Readings | None


Epoch = tuple[bytes, int]  # (thumbprint, epoch)


class Telemetry:
    """The telemetry of a passport; `absent` names the loggers of which it has none."""

    def __init__(self, passport: Passport, state: State, log: Log) -> None:
        self._state = state
        self._log = log
        self._held: dict[Epoch, dict[int, _Held]] = {}
        self._used: set[str] = set()
        self._steps = 0
        self.absent: list[str] = []
        for run in passport.telemetry:
            self._add(run)
        self._loggers = {run.thumbprint for run in passport.telemetry}
        self._runs = passport.telemetry
        self._labels: dict[bytes, str] = {}

    def check(self, attachments: list[Attachment]) -> None:
        """Fault unless there is what each attachment needs, of a logger of which there is anything,
        and nothing else."""
        for one in attachments:
            if one.thumbprint not in self._loggers:
                self.absent.append(f"telemetry of {one.label}")
                continue
            self._state.check_logger(one.thumbprint, one.label)
            self._labels[one.thumbprint] = one.label
            if one.epoch:
                self._check_before(one)
            self._check_after(one)
        for run in self._runs:
            if run.field not in self._used:
                raise Fault(run.field, "no attachment of the logger needs it")

    def verify(self, keys: Keys, signatures: Signatures) -> None:
        for (thumbprint, _), held in self._held.items():
            key = keys.use(thumbprint)
            for one in held.values():
                with at(one.field):
                    signatures.verify(key, one.record.digest, one.record.signature)

    def tainted(self, revoked: dict[bytes, int]) -> list[tuple[str, int]]:
        """(what, since which entry) of loggers not to be believed, as far as what proves a run can
        tell: a record that a block of an entry before proves was there before, and so are those
        that it is linked to."""
        found = {run.thumbprint for run in self._runs
                 if run.thumbprint[:cose.KID_BYTES] in revoked and not (
                     run.end is not None
                     and run.end.number < revoked[run.thumbprint[:cose.KID_BYTES]])}
        return [(f"telemetry of {self._labels[one]}", revoked[one[:cose.KID_BYTES]])
                for one in sorted(found)]

    def _add(self, run: Run) -> None:
        epoch = run.thumbprint, run.epoch
        held = self._held.setdefault(epoch, {})
        prev = None
        for number, data in enumerate(run.records):
            field, seq = f"{run.field}.records[{number}]", run.first + number
            with at(field):
                found = record.decode(data, self._log.ledger)
            if (found.kid, found.epoch, found.seq) != (run.thumbprint[:cose.KID_BYTES], run.epoch,
                                                       seq):
                raise Fault(field, f"it is not record {seq} of epoch {run.epoch} of this logger")
            if prev not in (None, found.prev):
                raise Fault(field, "its prev is not the digest of the record before")
            if seq in held:
                raise Fault(field, "it stands in another run too")
            held[seq] = _Held(run.field, field, found, readings(found))
            prev = found.digest
        self._check_end(run, held[run.first + len(run.records) - 1].record)

    def _check_end(self, run: Run, last: Record) -> None:
        if run.end is not None:
            with at(f"{run.field}.end"):
                _check_in_log(run.end, run.records[-1], self._log)
            if self._state.taken(run.thumbprint, run.epoch, last.seq) != last.digest:
                raise Fault(run.field, "the ledger took another record in the place of its last")
        elif not self._is_newest((run.thumbprint, run.epoch), last):
            raise Fault(run.field, "its last record is not proven")

    def _check_before(self, attachment: Attachment) -> None:
        """The linked record, and back until the attaching is behind."""
        epoch, seq = (attachment.thumbprint, attachment.epoch), attachment.seq
        walk = Walk.back(attachment.since_ms)
        while seq > 0:
            held = self._use(epoch, seq)
            if held is None:
                seq = self._gap(epoch, seq)[0]
            elif seq == attachment.seq and held.record.digest != attachment.digest:
                raise Fault(held.field, "an event links another record with this seq")
            elif walk.is_over(held.readings):
                return
            seq -= 1

    def _check_after(self, attachment: Attachment) -> None:
        """From the linked record on until the detaching is behind, else to the newest."""
        walk, epoch, seq = Walk.on(attachment.until_ms), attachment.epoch, attachment.seq
        while not (epoch and self._ends_in((attachment.thumbprint, epoch), seq, walk)):
            later = self._next_epoch(attachment.thumbprint, epoch)
            if later is None:
                return
            epoch, seq = later, 1

    def _ends_in(self, epoch: Epoch, seq: int, walk: Walk) -> bool:
        """Whether a record of this epoch from `seq` on ends the walk; if not, the newest of the
        epoch is there."""
        last = None
        while True:
            held = self._use(epoch, seq)
            if held is not None:
                seq, last = seq + 1, held.record
                if walk.is_over(held.readings):
                    return True
            elif last is not None and self._is_newest(epoch, last):
                return False
            else:
                seq, last = self._gap(epoch, seq)[1] + 1, None

    def _next_epoch(self, thumbprint: bytes, epoch: int) -> int | None:
        """The next of which the ledger has a record."""
        newest = self._state.device_epoch(thumbprint)
        if newest > epoch + codes.EPOCHS:
            raise Fault("telemetry", f"the logger began anew more than {codes.EPOCHS} times since "
                                     f"epoch {epoch}")
        for later in range(epoch + 1, newest + 1):
            if self._state.head(thumbprint, later) is not None:
                return later
        return None

    def _use(self, epoch: Epoch, seq: int) -> _Held | None:
        self._steps += 1
        if self._steps > _STEPS:
            raise Fault("telemetry", f"more than {_STEPS} records to look at")
        held = self._held.get(epoch, {}).get(seq)
        self._used |= set() if held is None else {held.run}
        return held

    def _is_newest(self, epoch: Epoch, last: Record) -> bool:
        head = self._state.head(*epoch)
        return head is not None and (head.seq, head.digest) == (last.seq, last.digest)

    def _gap(self, epoch: Epoch, seq: int) -> list[int]:
        """[first, last] of the gap that the state lists around `seq`."""
        head = self._state.head(*epoch)
        gap = None if head is None else head.gap(seq)
        if gap is None:
            raise Fault("telemetry", f"record {seq} of epoch {epoch[1]} of the logger "
                                     f"{epoch[0].hex()[:16]} is due")
        return gap


def _check_in_log(end: End, last: bytes, log: Log) -> None:
    """The leaf is the last record's; leaf -> block -> log root (wire.md, RecordProof)."""
    if end.record != last:
        raise WireError("proof", "the leaf is not the last record's")
    signed = read_statement(end.block)
    if (signed.kind, signed.subject, signed.ledger) != ("block", "block", log.ledger):
        raise WireError("proof", "the statement is no block of this ledger")
    version, _, _, root, count, _, _ = check.array(cbor.decode(signed.payload), 7, "block")
    check.version(version, codes.VERSION, "block")
    found = list_root(sha256(end.leaf), end.index, check.uint(count, "block"), end.path)
    if found != root:
        raise WireError("proof", "the leaf is not in the block")
    if list_root(sha256(end.block), end.number, log.size, end.block_path) != log.root:
        raise WireError("proof", "the block is not in the log")
