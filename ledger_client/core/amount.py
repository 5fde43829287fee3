"""Amounts of time: intervals in a row, and how much of them lies in a window."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass

Interval = tuple[int, int]  # (from_ms, to_ms)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as disjoint intervals in order."""
    merged: list[Interval] = []
    for from_ms, to_ms in sorted(intervals):
        if merged and from_ms <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], to_ms))
        else:
            merged.append((from_ms, to_ms))
    return merged


@dataclass(frozen=True)
class Amount:
    """Disjoint intervals in order; sums[i] is the time of all before interval i."""

    intervals: list[Interval]
    sums: list[int]

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> "Amount":
        disjoint = union(intervals)
        sums = [0]
        for from_ms, to_ms in disjoint:
            sums.append(sums[-1] + to_ms - from_ms)
        return cls(disjoint, sums)

    def before(self, unix_ms: int) -> int:
        """How much lies before a moment."""
        number = bisect.bisect_right(self.intervals, unix_ms, key=lambda one: one[0])
        if number == 0:
            return 0
        from_ms, to_ms = self.intervals[number - 1]
        return self.sums[number - 1] + min(unix_ms, to_ms) - from_ms

    def within(self, frame: Interval) -> int:
        return self.before(frame[1]) - self.before(frame[0])

    def _tops(self, frame: Interval) -> list[Interval]:
        """The intervals inside a frame, cut to it: what a trailing window holds is greatest at
        their ends, and does not shrink inside them."""
        first = bisect.bisect_right(self.intervals, frame[0], key=lambda one: one[1])
        last = bisect.bisect_left(self.intervals, frame[1], key=lambda one: one[0])
        return [(max(frame[0], from_ms), min(frame[1], to_ms))
                for from_ms, to_ms in self.intervals[first:last]]

    def _held(self, frame: Interval, window_ms: int, at_ms: int) -> int:
        return self.within((max(frame[0], at_ms - window_ms), at_ms))

    def most(self, frame: Interval, window_ms: int) -> int:
        """The most that any window of window_ms holds inside the frame."""
        return max((self._held(frame, window_ms, end) for _start, end in self._tops(frame)),
                   default=0)

    def reached(self, frame: Interval, window_ms: int, amount_ms: int) -> int | None:
        """The first moment in the frame at which the window that ends there holds amount_ms."""
        for start, end in self._tops(frame):
            if self._held(frame, window_ms, end) >= amount_ms:
                return self._reached_in((start, end), frame, window_ms, amount_ms)
        return None

    def _reached_in(self, top: Interval, frame: Interval, window_ms: int, amount_ms: int) -> int:
        """Halving: inside an interval what the window holds does not shrink."""
        low, high = top
        while low < high:
            middle = (low + high) // 2
            if self._held(frame, window_ms, middle) >= amount_ms:
                high = middle
            else:
                low = middle + 1
        return low
