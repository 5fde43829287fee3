"""When a walk along a logger's records has left an attachment behind.

Clocks are wrong at times; elapsed time within a timebase is not set back.  So a clock is held
against all that the walk met in the timebase; of three or more the worst for stopping but one
counts for all, else the worst.  Two records with readings in succession must both lie beyond the
moment by it: then at least one of them does, whichever single clock was wrong, and what follows
lies further.  Whatever holds no readings, or no time of day, is passed over.
"""

from dataclasses import dataclass

from ledger_client.wire import codes, telemetry
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record

_ENOUGH = 2  # in succession
_CLOCKS = 3  # from so many on the worst is left out: of two it can be the only right one


@dataclass(frozen=True)
class Readings:
    """When those of one record were taken: from the first of them to the record's clock, in elapsed
    milliseconds of its (epoch, timebase), which by that clock began at `zero_ms` of Unix time."""

    timebase: tuple[int, int]
    zero_ms: int
    first_ms: int
    last_ms: int


def readings(found: Record) -> Readings | None:
    """None: it has none, or a broken body, which has none for the ledger too, or no time."""
    clock = found.clock
    if found.kind != codes.KIND_TELEMETRY or clock.unix_ms is None:
        return None
    try:
        taken = telemetry.expand(telemetry.decode(found.body), clock)
    except WireError:
        return None
    return Readings((found.epoch, clock.timebase), clock.unix_ms - clock.elapsed_ms,
                    min(one.elapsed_ms for one in taken), clock.elapsed_ms)


class Walk:
    """On from a record to after `until_ms` (None: without an end), or back to before `since_ms`."""

    def __init__(self, since_ms: int | None, until_ms: int | None) -> None:
        self._since_ms = since_ms
        self._until_ms = until_ms
        self._timebase: tuple[int, int] | None = None
        self._worst_ms = self._next_worst_ms = 0
        self._clocks = 0
        self._beyond = 0

    @classmethod
    def on(cls, until_ms: int | None) -> "Walk":
        return cls(None, until_ms)

    @classmethod
    def back(cls, since_ms: int) -> "Walk":
        return cls(since_ms, None)

    def is_over(self, found: Readings | None) -> bool:
        """Whether the attachment is behind, once this record was passed too."""
        if found is None:
            return False
        self._hear(found)
        self._beyond = self._beyond + 1 if self._is_beyond(found) else 0
        return self._beyond >= _ENOUGH

    def _hear(self, found: Readings) -> None:
        """One more clock of the timebase, or the first."""
        worse = max if self._since_ms is not None else min
        better = min if self._since_ms is not None else max
        if found.timebase != self._timebase:
            self._timebase, self._clocks, self._worst_ms = found.timebase, 1, found.zero_ms
            return
        second_ms = better(self._worst_ms, found.zero_ms)
        self._next_worst_ms = second_ms if self._clocks == 1 else \
            worse(self._next_worst_ms, second_ms)
        self._worst_ms = worse(self._worst_ms, found.zero_ms)
        self._clocks += 1

    def _zero_ms(self) -> int:
        return self._worst_ms if self._clocks < _CLOCKS else self._next_worst_ms

    def _is_beyond(self, found: Readings) -> bool:
        if self._since_ms is not None:
            return self._zero_ms() + found.first_ms <= self._since_ms
        return self._until_ms is not None and self._zero_ms() + found.last_ms >= self._until_ms
