"""Timelines: the readings that speak for an item, in order, and where nothing speaks.

Segments become tracks (loggers that follow each other), and every track is completed, where it has
a gap, with the readings of the others.  So loggers one after another give one timeline, and two
loggers side by side give two, each judged by itself: the graver answer counts.

A reading is *sure* when it was certainly taken while the item was there; one taken within the
clock error of a hand-over is a *doubt*: it can make an alarm possible, never certain.
"""

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from ledger_client.core.amount import Amount
from ledger_client.core.storage_values import (
    Calibrations,
    Exposure,
    Reading,
    Segment,
    calibration_at,
)

NO_LOGGER = "no logger"
NO_READINGS = "no readings"
NO_DATA_SINCE = "no data since"

Missing = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is known from from_ms to to_ms: `why` is one of the above or the logger's word."""

    from_ms: int
    to_ms: int
    why: str


@dataclass(frozen=True)
class Timeline:
    """Columns of sure readings, calibration applied.

    Interval i lies before reading i; interval 0 begins at start_ms, the last one ends at end_ms.
    linked[i] says whether interval i is short enough, and not missing, to be known.
    doubts[i] are the corrected values of the doubts in interval i.
    """

    start_ms: int
    end_ms: int
    times: list[int]
    errors: list[int]
    values: list[int]
    loggers: list[str]
    linked: list[bool]
    doubts: dict[int, list[tuple[int, int]]]

    def interval(self, number: int) -> tuple[int, int]:
        """(from_ms, to_ms) of an interval."""
        return (self.times[number - 1] if number else self.start_ms,
                self.times[number] if number < len(self.times) else self.end_ms)

    def gaps(self) -> list[tuple[int, int]]:
        found = (self.interval(number) for number, linked in enumerate(self.linked) if not linked)
        return [(from_ms, to_ms) for from_ms, to_ms in found if from_ms < to_ms]


@dataclass(slots=True)
class _Point:
    time_ms: int
    error_ms: int
    value_cdeg: int
    logger: str
    linked: bool  # to the point before it


@dataclass
class Track:
    """Segments that follow each other."""

    segments: list[Segment]
    points: list[_Point]
    doubts: list[tuple[int, int]]  # (time_ms, corrected value)
    missing: list[Missing]


def horizon_ms(exposure: Exposure, now_ms: int) -> int:
    """Where the exposure ends: never later than now, unless readings lie there."""
    last = max((reading.unix_ms for segment in exposure.segments for reading in segment.readings),
               default=exposure.from_ms)
    return max(exposure.from_ms, min(exposure.to_ms, max(now_ms, last)))


def tracks(exposure: Exposure, calibrations: Calibrations, step_ms_max: int,
           end_ms: int) -> list[Track]:
    """The fewest tracks that hold all segments, each in time order."""
    made: list[list[Segment]] = []
    for segment in _joined(exposure.segments):
        for track in made:
            if _end(track[-1], end_ms) <= segment.start_ms:
                track.append(segment)
                break
        else:
            made.append([segment])
    return [_track(one, exposure, calibrations, step_ms_max) for one in made]


def _end(segment: Segment, end_ms: int) -> int:
    return end_ms if segment.end_ms is None else segment.end_ms


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """In time order; what one logger goes on with at the same moment is one segment, so that its
    own boundary casts no doubt."""
    joined: list[Segment] = []
    latest: dict[str, int] = {}
    for segment in sorted(segments, key=lambda one: (one.start_ms, one.logger)):
        at = latest.get(segment.logger)
        if at is not None and joined[at].end_ms == segment.start_ms:
            before = joined[at]
            joined[at] = Segment(
                before.logger, before.start_ms, segment.end_ms, before.start_error_ms,
                segment.end_error_ms, before.readings + segment.readings,
                before.missing + segment.missing)
            continue
        latest[segment.logger] = len(joined)
        joined.append(segment)
    return joined


def _track(segments: list[Segment], exposure: Exposure, calibrations: Calibrations,
           step_ms_max: int) -> Track:
    points: list[_Point] = []
    doubts: list[tuple[int, int]] = []
    for segment in segments:
        for reading in segment.readings:
            sure = _sure(reading, segment, exposure)
            if sure is None:
                continue
            value = reading.value_cdeg
            valid = calibration_at(calibrations, segment.logger, reading.unix_ms)
            corrected = value if valid is None else valid.corrected(value)
            if sure:
                points.append(_Point(reading.unix_ms, reading.error_ms, corrected, segment.logger,
                                     False))
            else:
                doubts.append((reading.unix_ms, corrected))
    points.sort(key=lambda one: one.time_ms)
    missing = sorted(one for segment in segments for one in segment.missing)
    for before, after in itertools.pairwise(points):
        after.linked = after.time_ms - before.time_ms <= step_ms_max
    for from_ms, to_ms, _why in missing:
        _unlink(points, from_ms, to_ms)
    return Track(segments, points, sorted(doubts), missing)


def _sure(reading: Reading, segment: Segment, exposure: Exposure) -> bool | None:
    """True: taken while the item was there; False: perhaps; None: certainly not.

    The exposure's own bounds are the item's life: a reading there is not in doubt.
    """
    earliest, latest = reading.unix_ms - reading.error_ms, reading.unix_ms + reading.error_ms
    end_ms, end_error_ms = segment.end_ms, segment.end_error_ms
    if not exposure.from_ms <= reading.unix_ms <= exposure.to_ms:
        return None
    if latest < segment.start_ms - segment.start_error_ms or \
            (end_ms is not None and earliest > end_ms + end_error_ms):
        return None
    began = segment.start_ms + segment.start_error_ms <= earliest or \
        (segment.start_ms <= exposure.from_ms and segment.start_error_ms == 0)
    ended = end_ms is None or latest <= end_ms - end_error_ms or \
        (end_ms >= exposure.to_ms and end_error_ms == 0)
    return began and ended


def _unlink(points: list[_Point], from_ms: int, to_ms: int) -> None:
    """Every interval that a missing time touches is unknown."""
    at = bisect.bisect_right(points, from_ms, key=lambda one: one.time_ms)
    while at < len(points):
        if at:
            if points[at - 1].time_ms >= to_ms:
                return
            points[at].linked = False
        at += 1


def timelines(of: Sequence[Track], exposure: Exposure, step_ms_max: int,
              end_ms: int) -> list[Timeline]:
    """One timeline a track, equal ones once; at least one, be it empty."""
    if not of:
        return [_timeline([], [], (exposure.from_ms, end_ms), step_ms_max)]
    doubts = sorted(doubt for track in of for doubt in track.doubts)
    missing = [one for track in of for one in track.missing]
    made: list[Timeline] = []
    for number, track in enumerate(of):
        points = track.points
        for other in [*of[:number], *of[number + 1:]]:
            points = _completed(points, other.points, step_ms_max)
        made.append(_unknown_ends(
            _timeline(points, doubts, (exposure.from_ms, end_ms), step_ms_max), missing))
    return [one for number, one in enumerate(made) if one not in made[:number]]


def _completed(points: list[_Point], others: list[_Point], step_ms_max: int) -> list[_Point]:
    """`points`, and in their gaps those of another track, linked as they are there."""
    merged: list[_Point] = []
    at = 0
    for point in points:
        start = at
        while at < len(others) and others[at].time_ms < point.time_ms:
            at += 1
        if point.linked or start == at:
            merged.append(point)
        else:
            _append(merged, others[start:at], step_ms_max)
            merged.append(_Point(
                point.time_ms, point.error_ms, point.value_cdeg, point.logger,
                point.time_ms - merged[-1].time_ms <= step_ms_max))
        while at < len(others) and others[at].time_ms <= point.time_ms:
            at += 1
    _append(merged, others[at:], step_ms_max)
    return merged


def _append(merged: list[_Point], run: list[_Point], step_ms_max: int) -> None:
    for number, point in enumerate(run):
        linked = point.linked if number else bool(merged) and \
            point.time_ms - merged[-1].time_ms <= step_ms_max
        merged.append(_Point(point.time_ms, point.error_ms, point.value_cdeg, point.logger, linked))


def _timeline(points: list[_Point], doubts: list[tuple[int, int]], bounds: tuple[int, int],
              step_ms_max: int) -> Timeline:
    start_ms, end_ms = bounds
    times = [one.time_ms for one in points]
    if times:
        linked = [times[0] - start_ms <= step_ms_max, *(one.linked for one in points[1:]),
                  end_ms - times[-1] <= step_ms_max]
    else:
        linked = [False]
    placed: dict[int, list[tuple[int, int]]] = {}
    for time_ms, value in doubts:
        placed.setdefault(bisect.bisect_right(times, time_ms), []).append((time_ms, value))
    return Timeline(start_ms, end_ms, times, [one.error_ms for one in points],
                    [one.value_cdeg for one in points], [one.logger for one in points], linked,
                    placed)


def _unknown_ends(timeline: Timeline, missing: list[Missing]) -> Timeline:
    """Before the first and after the last reading, too, missing time is unknown."""
    for number in (0, len(timeline.linked) - 1):
        from_ms, to_ms = timeline.interval(number)
        if any(one[0] < to_ms and one[1] > from_ms for one in missing):
            timeline.linked[number] = False
    return timeline


def gaps_of(spans: Sequence[tuple[int, int]], exposure: Exposure, last_ms: int | None,
            end_ms: int) -> list[Gap]:
    """Gaps, in order, with their reasons: the logger's own word first."""
    missing = sorted(one for segment in exposure.segments for one in segment.missing)
    latest = list(itertools.accumulate((one[1] for one in missing), max))
    attached = Amount.of((segment.start_ms, _end(segment, end_ms))
                         for segment in exposure.segments if segment.start_ms < end_ms)
    return [Gap(from_ms, to_ms, _word(missing, latest, (from_ms, to_ms))
                or _why(attached, (from_ms, to_ms), last_ms))
            for from_ms, to_ms in spans]


def _word(missing: list[Missing], latest: list[int], gap: tuple[int, int]) -> str | None:
    """What a logger says of a time; latest[i] is the last end of missing[:i + 1]."""
    at = bisect.bisect_left(missing, gap[1], key=lambda one: one[0]) - 1
    while at >= 0 and latest[at] > gap[0]:
        if missing[at][1] > gap[0]:
            return missing[at][2]
        at -= 1
    return None


def _why(attached: Amount, gap: tuple[int, int], last_ms: int | None) -> str:
    if attached.within(gap) < gap[1] - gap[0]:
        return NO_LOGGER
    return NO_DATA_SINCE if gap[0] == last_ms else NO_READINGS
