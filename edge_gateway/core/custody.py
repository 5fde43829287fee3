"""Custody: which runs of seq the journal holds, and the acks that say so.

An ack's from..to is an unbroken run on disk.  The device moves its cursor only when the run covers
it, so the run to name is the one that holds what the device just sent.
"""

import bisect
from dataclasses import dataclass, field

from ledger_client.wire import codes
from ledger_client.wire.values import Ack, Hello


@dataclass
class Runs:
    """Unbroken runs of one device's epoch, ascending and disjoint."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, seq: int) -> None:
        at = bisect.bisect_right(self.starts, seq)
        if at and seq <= self.ends[at - 1]:
            return
        joins_before = at > 0 and self.ends[at - 1] == seq - 1
        joins_after = at < len(self.starts) and self.starts[at] == seq + 1
        if joins_before and joins_after:
            self.ends[at - 1] = self.ends.pop(at)
            self.starts.pop(at)
        elif joins_before:
            self.ends[at - 1] = seq
        elif joins_after:
            self.starts[at] = seq
        else:
            self.starts.insert(at, seq)
            self.ends.insert(at, seq)

    def around(self, seq: int) -> tuple[int, int] | None:
        """The run that holds `seq`."""
        at = bisect.bisect_right(self.starts, seq) - 1
        return (self.starts[at], self.ends[at]) if at >= 0 and seq <= self.ends[at] else None

    def for_hello(self, first_seq: int, next_seq: int) -> tuple[int, int] | None:
        """The run that helps a device which holds first_seq..next_seq-1 most: the lowest one that
        reaches into that range, else the newest."""
        for start, end in zip(self.starts, self.ends, strict=True):
            if end >= first_seq and start < next_seq:
                return start, end
        return (self.starts[-1], self.ends[-1]) if self.starts else None


@dataclass(frozen=True)
class GatewayTime:
    """What a gateway says of the time in an ack; source 0: virtual time, or none known."""

    unix_ms: int | None
    error_ms: int | None
    source: int


NO_TIME = GatewayTime(None, None, codes.SOURCE_NONE)


@dataclass(frozen=True)
class Held:
    """A run of the journal with the digest of its last record; None: nothing of that epoch."""

    from_seq: int
    to_seq: int
    digest: bytes


def ack(kid: bytes, epoch: int, held: Held | None, *, registered_seq: int | None,
        journal_id: bytes, time: GatewayTime, nonce: bytes | None,
        app_hash: bytes | None) -> Ack:
    """The ack for a run; time rides only with the device's own nonce."""
    if nonce is None:
        time = NO_TIME
    return Ack(kid, epoch, None if held is None else held.from_seq,
               None if held is None else held.to_seq, None if held is None else held.digest,
               registered_seq, journal_id, time.unix_ms, time.error_ms, time.source, nonce,
               app_hash)


HELLO_INTERVAL_MS = 1000  # one answer a second per kid: a Hello is unsigned


@dataclass
class HelloGate:
    """One answer a second per device; the newest Hello of an epoch waits in place of older ones."""

    answered_ms: dict[bytes, int] = field(default_factory=dict)
    waiting: dict[tuple[bytes, int | None], Hello] = field(default_factory=dict)

    def offer(self, hello: Hello) -> None:
        self.waiting[hello.kid, hello.epoch] = hello

    def due(self, now_ms: int) -> list[Hello]:
        """Hellos to answer now, oldest epoch first."""
        ready = [key for key in self.waiting
                 if now_ms - self.answered_ms.get(key[0], -HELLO_INTERVAL_MS) >= HELLO_INTERVAL_MS]
        for kid, _ in ready:
            self.answered_ms[kid] = now_ms
        return [self.waiting.pop(key) for key in sorted(ready, key=lambda key: key[1] or 0)]
