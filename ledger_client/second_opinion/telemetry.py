"""Telemetry of the loggers that travelled along: unbroken, signed, and as long as it has to be.

A part is a logger's records of one epoch.  The first follows the (epoch, seq, digest) that an
interval begins with; each names the digest of the one before; numbers are missing only where the
proven head of the epoch lists them.  The last is proven to be in a block of the log and lies at or
after the interval's end, or it is the proven newest one of the device.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger_client.second_opinion.evidence import Keys
from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import End, Part, Passport
from ledger_client.second_opinion.proven import Head, State, asset_key, device_key, head_key
from ledger_client.second_opinion.signed import Signatures, read_statement
from ledger_client.second_opinion.travel import Interval
from ledger_client.second_opinion.trees import list_root, sha256
from ledger_client.wire import cbor, check, codes, cose, record
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record

_EPOCHS = 256  # of one interval; a device takes a new one when its ring or key store was lost


@dataclass(frozen=True)
class Log:
    """What the checkpoint says of the log."""

    ledger: bytes
    size: int
    root: bytes


@dataclass(frozen=True)
class _Run:
    """A part with its records decoded, whose order and end are proven."""

    part: Part
    thumbprint: bytes
    records: list[Record]

    @property
    def last(self) -> Record:
        return self.records[-1]


class Telemetry:
    """The telemetry of a passport; `absent` names the intervals of which it has none."""

    def __init__(self, passport: Passport, state: State, log: Log) -> None:
        self._state = state
        self._log = log
        self._thumbprints: dict[str, bytes] = {}
        self._runs: dict[tuple[str, int], list[_Run]] = {}
        self.absent: list[str] = []
        for part in passport.telemetry:
            run = self._run(part)
            self._runs.setdefault((part.logger, part.epoch), []).append(run)

    def thumbprints(self) -> set[bytes]:
        return set(self._thumbprints.values())

    def check(self, intervals: list[Interval]) -> None:
        """Fault unless every part serves an interval, and what begins an interval ends it."""
        used: set[str] = set()
        for interval in intervals:
            served = self._serve(interval)
            if served is None:
                self._known_thumbprint(interval.logger)  # a proof of whose label it is may be there
                self.absent.append(f"telemetry of {interval.logger} after epoch {interval.epoch} "
                                   f"seq {interval.seq}")
            else:
                used |= served
        for run in self._all_runs():
            if run.part.field not in used:
                raise Fault(run.part.field, "it does not follow what an event says of the logger")

    def verify(self, keys: Keys, signatures: Signatures) -> None:
        for run in self._all_runs():
            key = keys.use(run.thumbprint)
            for number, one in enumerate(run.records):
                with at(f"{run.part.field}.records[{number}]"):
                    signatures.verify(key, one.digest, one.signature)

    def _all_runs(self) -> Iterator[_Run]:
        return (run for runs in self._runs.values() for run in runs)

    def _run(self, part: Part) -> _Run:
        thumbprint = self._thumbprint(part.logger)
        records: list[Record] = []
        for number, data in enumerate(part.records):
            field = f"{part.field}.records[{number}]"
            with at(field):
                parsed = record.decode(data, self._log.ledger)
            if (parsed.kid, parsed.epoch) != (thumbprint[:cose.KID_BYTES], part.epoch):
                raise Fault(field, "it is another device's, or of another epoch")
            if number:
                self._check_step(field, thumbprint, records[-1], parsed)
            records.append(parsed)
        self._check_no_fork(part, thumbprint, records)
        if records[0].seq != part.first:
            raise Fault(part.field, f"it begins with seq {records[0].seq}, not {part.first}")
        if part.end is not None:
            with at(f"{part.field}.end"):
                _check_end(part.end, part.records[-1], self._log)
        return _Run(part, thumbprint, records)

    def _thumbprint(self, logger: str) -> bytes:
        if logger not in self._thumbprints:
            self._thumbprints[logger] = cose.thumbprint(self._state.logger_key(logger))
        return self._thumbprints[logger]

    def _check_step(self, field: str, thumbprint: bytes, before: Record, after: Record) -> None:
        """From one record to the next: linked, or with a gap that the state knows."""
        if after.seq == before.seq + 1:
            if after.prev != before.digest:
                raise Fault(field, "its prev is not the digest of the record before")
        elif after.seq <= before.seq or not self._is_gap(thumbprint, before.seq + 1, after):
            raise Fault(field, f"seq {after.seq} follows {before.seq}, and the state lists no such "
                               "gap")

    def _is_gap(self, thumbprint: bytes, first_missing: int, after: Record) -> bool:
        head = self._known_head(thumbprint, after.epoch)
        return head is not None and [first_missing, after.seq - 1] in head.gaps

    def _check_no_fork(self, part: Part, thumbprint: bytes, records: list[Record]) -> None:
        """Beside a gap no link shows which of two records the ledger took: the state does."""
        head = self._known_head(thumbprint, part.epoch)
        for number, one in enumerate(records):
            if head is not None and one.digest in head.forks:
                raise Fault(f"{part.field}.records[{number}]", "the ledger took another record "
                                                               "with this seq")

    def _serve(self, interval: Interval) -> set[str] | None:
        """Fields of the parts that together cover the interval, None when there are none."""
        logger, epoch, seq, digest = \
            interval.logger, interval.epoch, interval.seq, interval.digest
        used: set[str] = set()
        for _ in range(_EPOCHS):
            runs = [run for run in self._runs.get((logger, epoch), [])
                    if self._follows(run, seq, digest)]
            closing = {run.part.field for run in runs if _reaches(run, interval)}
            if closing:
                return used | closing
            if runs:
                used |= self._newest(runs)
            elif not self._had_no_more(logger, epoch, seq):
                break
            if self._is_newest_epoch(logger, epoch, begun=bool(used)):
                return used
            epoch, seq, digest = epoch + 1, 0, record.FIRST_PREV
        if used:
            raise Fault("telemetry", f"{logger}: records of epoch {epoch} are missing")
        return None

    def _follows(self, run: _Run, seq: int, digest: bytes) -> bool:
        """Whether the run begins with what comes after (seq, digest)."""
        first = run.records[0]
        if first.seq == seq + 1:
            if first.prev != digest:
                raise Fault(f"{run.part.field}.records[0]",
                            "its prev is not what the event that begins the interval links")
            return True
        return first.seq > seq and self._is_gap(run.thumbprint, seq + 1, first)

    def _newest(self, runs: list[_Run]) -> set[str]:
        """Those that end with the epoch's newest record."""
        found = set()
        for run in runs:
            head = self._known_head(run.thumbprint, run.part.epoch)
            if head is not None and (head.seq, head.digest) == (run.last.seq, run.last.digest):
                found.add(run.part.field)
        if not found:
            raise Fault(runs[0].part.field, "it ends before the interval, and its last record is "
                                            "not proven to be the newest of its epoch")
        return found

    def _had_no_more(self, logger: str, epoch: int, seq: int) -> bool:
        """Whether the state proves that the epoch has no record after `seq`."""
        if epoch == 0:  # a logger of which the ledger had no record: epochs start at 1
            return True
        thumbprint = self._known_thumbprint(logger)
        if thumbprint is None or not self._state.has(head_key(thumbprint, epoch)):
            return False
        head = self._state.head(thumbprint, epoch)
        return seq == (0 if head is None else head.seq)

    def _is_newest_epoch(self, logger: str, epoch: int, *, begun: bool) -> bool:
        """Whether the device has no later epoch; what has begun needs the proof."""
        thumbprint = self._known_thumbprint(logger)
        if thumbprint is None or not (begun or self._state.has(device_key(thumbprint))):
            return False
        newest = self._state.device_epoch(thumbprint)
        if newest < epoch:
            raise Fault("proofs", f"{logger}: epoch {epoch} is later than the device's newest")
        return newest == epoch

    def _known_thumbprint(self, logger: str) -> bytes | None:
        return self._thumbprint(logger) if self._state.has(asset_key(logger)) else None

    def _known_head(self, thumbprint: bytes, epoch: int) -> Head | None:
        has = self._state.has(head_key(thumbprint, epoch))
        return self._state.head(thumbprint, epoch) if has else None


def _reaches(run: _Run, interval: Interval) -> bool:
    unix_ms = run.last.clock.unix_ms
    return run.part.end is not None and interval.until_ms is not None and unix_ms is not None \
        and unix_ms >= interval.until_ms


def _check_end(end: End, last: bytes, log: Log) -> None:
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
