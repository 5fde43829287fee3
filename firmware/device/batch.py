"""Samples on their way into a telemetry record, and the slots that keep them in flash until then.

Slot = timebase (3), source (1), error_ms (4), unix_ms (6), elapsed_ms (6), value (4) a channel:
the whole clock, so that what was sampled before a power loss is signed with its own time.
"""

from array import array
from collections import namedtuple

from ledger_client.wire import codes, telemetry
from ledger_client.wire.values import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Channel(NamedTuple):
        """One column of telemetry; value * 10^exponent is in the quantity's unit."""

        number: int
        quantity: int
        exponent: int
else:
    Channel = namedtuple("Channel", ("number", "quantity", "exponent"))

FAILED = -codes.VALUE_LIMIT  # stands in a slot for a reading that failed; no true value can be it
RUNS_MAX = codes.RUNS - 16  # a failed reading, then one apart from the grid, may start new runs
BYTES_MAX = 6000  # of values: far enough below RECORD_BYTES for runs and frame

_CLOCK_BYTES = 20
_VALUE_BYTES = 4


def encode_slot(clock: Clock, values: "list[int]") -> bytes:
    """One sample; `values` are in the channels' order, FAILED where there is none."""
    unix_ms, source, error_ms, timebase, elapsed_ms = clock
    parts = [timebase.to_bytes(3, "big"), bytes((source,)),
             (error_ms or 0).to_bytes(4, "big"), (unix_ms or 0).to_bytes(6, "big"),
             elapsed_ms.to_bytes(6, "big")]
    for value in values:
        parts.append((value + codes.VALUE_LIMIT).to_bytes(_VALUE_BYTES, "big"))
    return b"".join(parts)


def decode_slot(data: bytes) -> "tuple[Clock, list[int]]":
    """(clock, values) of a slot whose CRC was good."""
    source = data[3]
    known = source != codes.SOURCE_NONE
    clock = Clock(int.from_bytes(data[8:14], "big") if known else None, source,
                  int.from_bytes(data[4:8], "big") if known else None,
                  int.from_bytes(data[:3], "big"), int.from_bytes(data[14:20], "big"))
    return clock, [int.from_bytes(data[at:at + _VALUE_BYTES], "big") - codes.VALUE_LIMIT
                   for at in range(_CLOCK_BYTES, len(data), _VALUE_BYTES)]


class Batch:
    """The samples of one record: one timebase, one clock setting, every channel.

    One batch serves all records, so that its columns are allocated once.
    """

    def __init__(self, channels: "list[Channel]") -> None:
        self._channels = channels
        self._columns = [_Column() for _ in channels]
        self.clear()

    def clear(self) -> None:
        """The record is signed: begin the next one."""
        self.clock: "Clock | None" = None  # of the last sample
        self.first_elapsed_ms = 0
        self.readings = 0
        for column in self._columns:
            column.clear()

    def add(self, clock: Clock, values: "list[int]") -> None:
        if self.clock is None:
            self.first_elapsed_ms = clock.elapsed_ms
        self.clock = clock
        for column, value in zip(self._columns, values):
            if value != FAILED:
                column.add(clock.elapsed_ms, value)
                self.readings += 1

    def full(self) -> bool:
        """Might one more sample break a limit of a record?"""
        return self.readings + len(self._channels) > codes.TELEMETRY_READINGS \
            or sum([column.runs for column in self._columns]) >= RUNS_MAX \
            or sum([column.size for column in self._columns]) >= BYTES_MAX

    def body(self) -> "list[object]":
        """Telemetry body: a series for every channel with a reading; empty when none has one."""
        assert self.clock is not None
        series: "list[object]" = []
        for channel, column in zip(self._channels, self._columns):
            if column.count:
                exponent, values = shortest(channel.exponent, list(column.values[:column.count]))
                readings = list(zip(column.elapsed_ms, values))
                series.append(telemetry.encode_series(
                    channel.number, channel.quantity, exponent, self.clock.elapsed_ms, readings))
        return series


class _Column:
    """The readings of one channel and what they will cost in a record."""

    def __init__(self) -> None:
        self.elapsed_ms = array("q", bytes(8 * codes.TELEMETRY_READINGS))
        self.values = array("i", bytes(4 * codes.TELEMETRY_READINGS))
        self.clear()

    def clear(self) -> None:
        self.count = 0
        self.size = 0  # bytes of the deltas
        self.runs = 0  # at a step fixed by a run's first two readings: never fewer than written
        self._run_start_ms = self._run_step_ms = self._run_count = 0

    def add(self, elapsed_ms: int, value: int) -> None:
        before = self.values[self.count - 1] if self.count else 0
        self.size += len(telemetry.encode_values([value - before]))
        self._count_run(elapsed_ms)
        self.elapsed_ms[self.count] = elapsed_ms
        self.values[self.count] = value
        self.count += 1

    def _count_run(self, elapsed_ms: int) -> None:
        if self._run_count == 1:
            self._run_step_ms = elapsed_ms - self._run_start_ms
        expected_ms = self._run_start_ms + self._run_step_ms * self._run_count
        if self._run_count == 0 or abs(elapsed_ms - expected_ms) > codes.JITTER_MS:
            self.runs += 1
            self._run_start_ms, self._run_count = elapsed_ms, 0
        self._run_count += 1


def shortest(exponent: int, values: "list[int]") -> "tuple[int, list[int]]":
    """The same values without a last digit that is 0 in all of them: smaller, and lossless."""
    for value in values:
        if value % 10:
            return exponent, values
    return exponent + 1, [value // 10 for value in values]
