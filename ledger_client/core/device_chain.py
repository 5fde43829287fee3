"""Heads of device chains: which record follows which, gaps, forks and clones.

Invariants: per device, epoch and seq the first registered record stands for ever; seq grows by one,
and prev is the digest of the record before; what is missing is remembered as a gap, what cannot be
linked yet as pending, both up to a limit, then counted.
"""

from dataclasses import dataclass, replace

from ledger_client.core import state
from ledger_client.core.findings import Finding
from ledger_client.core.state import Stored, View
from ledger_client.wire import codes
from ledger_client.wire.record import FIRST_PREV
from ledger_client.wire.values import Clock, Record


@dataclass(frozen=True)
class Registered(Stored):
    """Where a record stands in the log."""

    digest: bytes
    entry: int
    leaf: int
    kind: int


@dataclass(frozen=True)
class Device(Stored):
    """`epoch` is the newest seen; `made_ms` the latest time of day by which a record was surely
    made, None without one that had a time of day."""

    epoch: int
    forked: bool
    made_ms: int | None


@dataclass(frozen=True)
class Head(Stored):
    """One epoch: highest seq seen and its digest; missing ranges; [seq, digest] of forks; [seq,
    prev] of records whose predecessor is missing."""

    seq: int
    digest: bytes
    gaps: list[list[int]]
    gaps_more: int
    forks: list[list[object]]
    forks_more: int
    pending: list[list[object]]
    pending_more: int

    def contiguous(self) -> int:
        """Highest seq up to which nothing is missing."""
        return self.gaps[0][0] - 1 if self.gaps else self.seq


_NO_HEAD = Head(0, FIRST_PREV, [], 0, [], 0, [], 0)


@dataclass(frozen=True)
class Placed:
    """How a record fits its chain; a duplicate and a fork have no effect."""

    effective: bool
    findings: list[Finding]


def registered(view: View, thumbprint: bytes, epoch: int, seq: int) -> Registered | None:
    return view.load(Registered, state.record_key(thumbprint, epoch, seq))


def head(view: View, thumbprint: bytes, epoch: int) -> Head:
    return view.load(Head, state.head_key(thumbprint, epoch)) or _NO_HEAD


def device(view: View, thumbprint: bytes) -> Device:
    return view.load(Device, state.device_key(thumbprint)) or Device(0, False, None)


def precedes_registered(view: View, thumbprint: bytes, record: Record) -> bool:
    """Whether a record registered before names this one as its prev: it existed then."""
    pending = head(view, thumbprint, record.epoch).pending
    return [record.seq + 1, record.digest] in pending


def fork(view: View, thumbprint: bytes, record: Record) -> Placed:
    """Keep another record with a registered (epoch, seq); the device is forked until its owner
    clears it."""
    before = head(view, thumbprint, record.epoch)
    row: list[object] = [record.seq, record.digest]
    if row in before.forks:
        return Placed(False, [])
    if len(before.forks) < codes.FORKS:
        after = replace(before, forks=[*before.forks, row])
    else:
        after = replace(before, forks_more=before.forks_more + 1)
    view.store(state.head_key(thumbprint, record.epoch), after)
    view.store(state.device_key(thumbprint), replace(device(view, thumbprint), forked=True))
    return Placed(False, [Finding("R5", None, [record.epoch, record.seq, thumbprint])])


def clear_fork(view: View, thumbprint: bytes) -> None:
    """The owner has looked at the device; the forks stay as evidence."""
    view.store(state.device_key(thumbprint), replace(device(view, thumbprint), forked=False))


def place(view: View, thumbprint: bytes, record: Record, where: tuple[int, int], *,
          now_ms: int, tainted: bool) -> Placed:
    """Register a record at `where` = (entry, leaf), at ledger time, and link it to its neighbours.
    """
    before = head(view, thumbprint, record.epoch)
    found = []
    if not _linked(view, thumbprint, record, before):
        found.append(Finding("R6", None, [record.epoch, record.seq]))
    after, follower_broken = _extend(view, thumbprint, record, before)
    if follower_broken:
        found.append(Finding("R6", None, [record.epoch, record.seq + 1]))
    if tainted:  # it vouches for no record before it: whoever has the key could make both
        after = replace(after, pending=[row for row in after.pending if row[0] != record.seq])
    known = device(view, thumbprint)
    if record.epoch < known.epoch:
        found.append(Finding("R7", None, [record.epoch, known.epoch]))
    view.store(state.head_key(thumbprint, record.epoch), after)
    view.store(state.record_key(thumbprint, record.epoch, record.seq),
               Registered(record.digest, where[0], where[1], record.kind))
    made_ms = known.made_ms if tainted else _made_ms(known, record.clock, now_ms)
    view.store(state.device_key(thumbprint),
               replace(known, epoch=max(known.epoch, record.epoch), made_ms=made_ms))
    return Placed(True, found)


def _made_ms(known: Device, clock: Clock, now_ms: int) -> int | None:
    """A clock ahead of ledger time says nothing beyond it."""
    if clock.unix_ms is None or clock.error_ms is None:
        return known.made_ms
    return max(known.made_ms or 0, min(clock.unix_ms - clock.error_ms, now_ms))


def _linked(view: View, thumbprint: bytes, record: Record, before: Head) -> bool:
    """False when the record before is held and is another one."""
    if record.seq == 1:
        return record.prev == FIRST_PREV
    if record.seq == before.seq + 1:
        return record.prev == before.digest
    earlier = registered(view, thumbprint, record.epoch, record.seq - 1)
    return earlier is None or earlier.digest == record.prev


def _extend(view: View, thumbprint: bytes, record: Record, before: Head) -> tuple[Head, bool]:
    """(new head, whether the record after this one names another as its prev)."""
    if record.seq > before.seq + 1:
        return _with_pending(_with_gap(before, record), record), False
    if record.seq == before.seq + 1:
        return replace(before, seq=record.seq, digest=record.digest), False
    follower = [row for row in before.pending if row[0] == record.seq + 1]
    gaps = _filled(before.gaps, record.seq)
    after = replace(before, gaps=gaps[:codes.GAPS],
                    gaps_more=before.gaps_more + len(gaps[codes.GAPS:]),
                    pending=[row for row in before.pending if row not in follower])
    missing_before = record.seq > 1 and \
        registered(view, thumbprint, record.epoch, record.seq - 1) is None
    broken = any(row[1] != record.digest for row in follower)
    return (_with_pending(after, record) if missing_before else after), broken


def _with_gap(before: Head, record: Record) -> Head:
    after = replace(before, seq=record.seq, digest=record.digest)
    if len(before.gaps) < codes.GAPS:
        return replace(after, gaps=[*before.gaps, [before.seq + 1, record.seq - 1]])
    return replace(after, gaps_more=before.gaps_more + 1)


def _with_pending(before: Head, record: Record) -> Head:
    if len(before.pending) < codes.PENDING_LINKS:
        return replace(before, pending=[*before.pending, [record.seq, record.prev]])
    return replace(before, pending_more=before.pending_more + 1)


def _filled(gaps: list[list[int]], seq: int) -> list[list[int]]:
    after = []
    for low, high in gaps:
        if low <= seq <= high:
            after += [part for part in ([low, seq - 1], [seq + 1, high]) if part[0] <= part[1]]
        else:
            after.append([low, high])
    return after
