"""Episodes: when a condition on the temperature held, for how long at least and at most.

A good reading ends an episode.  n bad readings in a row, one step d apart, lasted (n - 1) d to
(n + 1) d: from just after the good reading before to just before the good reading after.  The clock
error of the readings at both ends shortens the one and lengthens the other.  Across a gap an
episode may have gone on, or happened unseen: unknown time belongs to what is possible, never to
what is certain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger_client.core.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Run:
    """Bad readings in a row, without a gap: bad from from_ms to to_ms for certain."""

    from_ms: int
    to_ms: int
    count: int

    @property
    def at_least_ms(self) -> int:
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class Episode:
    """begin_ms and end_ms enclose what is possible; first_ms and last_ms are bad readings.

    `count` sure bad readings and `doubts` doubtful ones; both 0: a gap in which anything may have
    happened, with no first, last and extreme.  `open`: no reading came after it.
    """

    begin_ms: int
    end_ms: int
    runs: tuple[Run, ...]
    unknown: tuple[tuple[int, int], ...]
    count: int
    doubts: int
    first_ms: int | None
    last_ms: int | None
    extreme_cdeg: int | None
    loggers: tuple[str, ...]
    open: bool

    @property
    def at_least_ms(self) -> int:
        return sum(run.at_least_ms for run in self.runs)

    @property
    def at_most_ms(self) -> int:
        return self.end_ms - self.begin_ms

    @property
    def longest_ms(self) -> int:
        return max((run.at_least_ms for run in self.runs), default=0)

    @property
    def unknown_ms(self) -> int:
        return sum(to_ms - from_ms for from_ms, to_ms in self.unknown)

    @property
    def seen(self) -> bool:
        """Whether a reading shows it, be it a doubtful one."""
        return self.first_ms is not None


def episodes(timeline: Timeline, bad: Callable[[int], bool], high: bool) -> list[Episode]:
    """Every time for which `bad(value_cdeg)` held or may have held, in order."""
    answers = {value: bad(value) for value in set(timeline.values)}
    marks = [answers[value] for value in timeline.values]
    doubts = {number: kept for number, inside in timeline.doubts.items()
              if (kept := [one for one in inside if bad(one[1])])}
    return [_episode(timeline, group, doubts, high)
            for group in _groups(timeline, marks, doubts)]


def _groups(timeline: Timeline, marks: Sequence[bool],
            doubts: dict[int, list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """First and last interval of every episode: intervals hang together by bad readings."""
    touched = {number for number, linked in enumerate(timeline.linked) if not linked}
    touched.update(doubts)
    for number, mark in enumerate(marks):
        if mark:
            touched.add(number)
            touched.add(number + 1)
    groups: list[tuple[int, int]] = []
    for number in sorted(touched):
        if groups and groups[-1][1] == number - 1 and marks[number - 1]:
            groups[-1] = (groups[-1][0], number)
        else:
            groups.append((number, number))
    return groups


def _episode(timeline: Timeline, group: tuple[int, int],
             doubts: dict[int, list[tuple[int, int]]], high: bool) -> Episode:
    first, last = group
    times, errors, total = timeline.times, timeline.errors, len(timeline.times)
    seen = [one for number in range(first, last + 1) for one in doubts.get(number, ())] \
        if doubts else []
    values = timeline.values[first:last] + [value for _time, value in seen]
    when = [*times[first:last][:1], *times[first:last][-1:], *(time for time, _value in seen)]
    unknown = tuple(timeline.interval(number) for number in range(first, last + 1)
                    if not timeline.linked[number])
    return Episode(
        begin_ms=times[first - 1] - errors[first - 1] if first else timeline.start_ms,
        end_ms=times[last] + errors[last] if last < total else timeline.end_ms,
        runs=_runs(timeline, first, last), unknown=unknown,
        count=last - first, doubts=len(seen),
        first_ms=min(when, default=None), last_ms=max(when, default=None),
        extreme_cdeg=(max if high else min)(values, default=None),
        loggers=tuple(dict.fromkeys(timeline.loggers[first:last])),
        open=last == total and not timeline.linked[total])


def _runs(timeline: Timeline, first: int, last: int) -> tuple[Run, ...]:
    """Readings first..last-1 are bad; a gap between two of them parts two runs."""
    runs: list[Run] = []
    start = first
    for number in range(first + 1, last + 1):
        if number == last or not timeline.linked[number]:
            from_ms = timeline.times[start] + timeline.errors[start]
            to_ms = timeline.times[number - 1] - timeline.errors[number - 1]
            if to_ms < from_ms:  # the clock is less exact than the run is long
                from_ms = to_ms = (timeline.times[start] + timeline.times[number - 1]) // 2
            runs.append(Run(from_ms, to_ms, number - start))
            start = number
    return tuple(runs)
