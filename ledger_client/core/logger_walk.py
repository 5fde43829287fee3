"""How far a logger's records are followed for an attachment: forward from the record that its event
links until the attachment was certainly over, and back from it until it certainly had not begun.

One record's clock can be wrong, so none decides by itself.  A walk ends with the second of two
records of readings in a row that lie past the moment, each by the second least advanced of the
clocks that the walk has met in its timebase: elapsed time never goes back there, so two right
clocks place all of them, and a wrong one does not keep the walk going.  Events (boot, clock step)
and records without time of day or readings count for nothing.  What the readings themselves say is
judged by their own clocks elsewhere (decision 0011).
"""

from functools import lru_cache

from ledger_client.core.history import Moment
from ledger_client.wire import codes, telemetry
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Reading, Record

_FORWARD = 1
_BACK = -1
_IN_A_ROW = 2  # whichever one of them is wrong, the other is right, and so is the end
_OUTVOTED = 3  # clocks: with fewer, the second least advanced one can be the wrong one
RECORDS_CACHED = 8  # expanded: a quarter of a megabyte


class Walk:
    """Made by `forward` or `back`."""

    def __init__(self, moment: Moment | None, way: int) -> None:
        self._moment = moment
        self._way = way
        self._timebase: tuple[int, int] | None = None
        self._offsets_ms: list[int] = []  # from elapsed to Unix time, least advanced on this way
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
        offset_ms = self._offset_with(record, record.clock.unix_ms - record.clock.elapsed_ms)
        # a record is closed at its clock: what comes later was measured later
        edge_ms = record.clock.elapsed_ms if self._way == _FORWARD else \
            min(one.elapsed_ms for one in readings)
        past = self._way * (offset_ms + edge_ms - self._moment.unix_ms) >= 0
        self._past = self._past + 1 if past else 0
        return self._past == _IN_A_ROW

    def _offset_with(self, record: Record, offset_ms: int) -> int:
        """That counts in the record's timebase, once its own was met."""
        timebase = record.epoch, record.clock.timebase
        if timebase != self._timebase:
            self._timebase, self._offsets_ms = timebase, []
        self._offsets_ms = sorted([*self._offsets_ms, offset_ms],
                                  reverse=self._way == _BACK)[:_OUTVOTED]
        return self._offsets_ms[1 if len(self._offsets_ms) == _OUTVOTED else 0]


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
