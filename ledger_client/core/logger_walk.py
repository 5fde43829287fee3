"""How far a logger's records are followed for an attachment: forward from the record that its event
links until the attachment was certainly over, and back from it until it certainly had not begun.

One record's clock can be wrong, so none ends a walk by itself.  A walk ends with the second of two
records of readings in a row that lie past the moment, each by every clock that the walk has met in
its timebase: elapsed time never goes back there, so one right clock places all of them.  Events
(boot, clock step) and records without time of day or readings count for nothing.  What the readings
themselves say is judged by their own clocks elsewhere (decision 0011).
"""

from functools import lru_cache

from ledger_client.core.history import Moment
from ledger_client.wire import codes, telemetry
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Reading, Record

_FORWARD = 1
_BACK = -1
_IN_A_ROW = 2  # whichever one of them is wrong, the other is right, and so is the end
RECORDS_CACHED = 8  # expanded: a quarter of a megabyte


class Walk:
    """Made by `forward` or `back`."""

    def __init__(self, moment: Moment | None, way: int) -> None:
        self._moment = moment
        self._way = way
        self._timebase: tuple[int, int] | None = None
        self._offset_ms = 0  # from elapsed to Unix time, the least advanced on this way
        self._past = 0

    @classmethod
    def forward(cls, until: Moment | None) -> "Walk":
        """In the order of the chain, until after a moment; None: to its end."""
        return cls(until, _FORWARD)

    @classmethod
    def back(cls, since: Moment) -> "Walk":
        """Against the order of the chain, until before a moment."""
        return cls(since, _BACK)

    def ends_with(self, record: Record) -> bool:
        """Whether nothing beyond this record can belong to the attachment."""
        readings = readings_of(record)
        if self._moment is None or record.clock.unix_ms is None or not readings:
            return False
        self._meet(record, record.clock.unix_ms - record.clock.elapsed_ms)
        # a record is closed at its clock: what comes later was measured later
        edge_ms = record.clock.elapsed_ms if self._way == _FORWARD else \
            min(one.elapsed_ms for one in readings)
        past = self._way * (self._offset_ms + edge_ms - self._moment.unix_ms) >= 0
        self._past = self._past + 1 if past else 0
        return self._past == _IN_A_ROW

    def _meet(self, record: Record, offset_ms: int) -> None:
        timebase = record.epoch, record.clock.timebase
        if timebase != self._timebase:
            self._timebase, self._offset_ms = timebase, offset_ms
        elif self._way * offset_ms < self._way * self._offset_ms:
            self._offset_ms = offset_ms


def readings_of(record: Record) -> list[Reading]:
    """Of every channel; none of a record that is no telemetry."""
    if record.kind != codes.KIND_TELEMETRY:
        return []
    try:
        return _expanded(record.body, record.clock)
    except WireError:
        return []  # a broken body has no effect; the rules made it a finding


# Whether a record ends a walk and what it holds are asked one after the other.
@lru_cache(maxsize=RECORDS_CACHED)
def _expanded(body: bytes, clock: Clock) -> list[Reading]:
    return telemetry.expand(telemetry.decode(body), clock)
