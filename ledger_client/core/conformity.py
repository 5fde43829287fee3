"""Calibration and the guard band: what the readings are worth against the limits of the label."""

from collections.abc import Sequence

from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import (
    Calibration,
    Calibrations,
    calibration_at,
    calibration_of,
)
from ledger_client.core.timeline import Timeline, Track
from ledger_client.core.verdict import (
    CALIBRATION_EXPIRED,
    CALIBRATION_IN_FORCE,
    CALIBRATION_MISSING,
    CALIBRATION_NOT_YET,
    CONDITIONAL_FAIL,
    CONDITIONAL_PASS,
    CONFORMITIES,
    FAIL,
    HIGH,
    LOW,
    PASS,
    CalibrationState,
    Conformity,
    Disagreement,
)


def calibration_states(tracks: Sequence[Track],
                       calibrations: Calibrations) -> list[CalibrationState]:
    """One of each logger that gave a reading, by name."""
    span: dict[str, tuple[int, int]] = {}
    for track in tracks:
        for point in track.points:
            first, last = span.get(point.logger, (point.time_ms, point.time_ms))
            span[point.logger] = (min(first, point.time_ms), max(last, point.time_ms))
    return [_state(logger, calibration_of(calibrations, logger), span[logger])
            for logger in sorted(span)]


def _state(logger: str, calibration: Calibration | None, span: tuple[int, int]) -> CalibrationState:
    if calibration is None:
        return CalibrationState(logger, CALIBRATION_MISSING, None)
    if span[0] < calibration.valid_from_ms:
        return CalibrationState(logger, CALIBRATION_NOT_YET, calibration.certificate)
    if span[1] > calibration.valid_to_ms:
        return CalibrationState(logger, CALIBRATION_EXPIRED, calibration.certificate)
    return CalibrationState(logger, CALIBRATION_IN_FORCE, calibration.certificate)


def conformities(profile: Profile, timelines: Sequence[Timeline],
                 calibrations: Calibrations) -> list[Conformity]:
    """The worst reading against each limit of the storage range."""
    storage = profile.storage
    sides = [(side, limit) for side, limit in ((LOW, storage.low_cdeg), (HIGH, storage.high_cdeg))
             if limit is not None]
    found = []
    for side, limit in sides:
        each = [_of_timeline(profile, one, calibrations, (side, limit))
                for one in timelines if one.times]
        if each:
            found.append(max(each, key=_rank))
    return found


def _rank(one: Conformity) -> int:
    return len(CONFORMITIES) if one.decision is None else CONFORMITIES.index(one.decision)


def _of_timeline(profile: Profile, timeline: Timeline, calibrations: Calibrations,
                 limit: tuple[str, int]) -> Conformity:
    """Each logger has its own uncertainty, so its own extreme counts."""
    worst: dict[str, int] = {}
    sign = 1 if limit[0] == HIGH else -1
    for number, (value, logger) in enumerate(zip(timeline.values, timeline.loggers, strict=True)):
        if logger not in worst or sign * value > sign * timeline.values[worst[logger]]:
            worst[logger] = number
    return max((_decided(profile, timeline, number, calibrations, limit)
                for number in worst.values()), key=_rank)


def _decided(profile: Profile, timeline: Timeline, number: int, calibrations: Calibrations,
             limit: tuple[str, int]) -> Conformity:
    side, limit_cdeg = limit
    logger, value = timeline.loggers[number], timeline.values[number]
    guard = profile.guard_band_cdeg
    if guard is None:
        valid = calibration_at(calibrations, logger, timeline.times[number])
        guard = None if valid is None else valid.u95_cdeg
    outside = profile.storage.above(value) if side == HIGH else profile.storage.below(value)
    beyond = value - limit_cdeg if side == HIGH else limit_cdeg - value
    decision = None if guard is None else decide(beyond, outside, guard)
    return Conformity(side, limit_cdeg, guard, value, timeline.times[number], logger, decision)


def decide(beyond_cdeg: int, outside: bool, guard_cdeg: int) -> str:
    """ILAC-G8:09/2019 4.2.3, non-binary with a guard band; beyond_cdeg is the distance past the
    limit, negative inside; without a guard band it is simple acceptance."""
    if guard_cdeg == 0:
        return FAIL if outside else PASS
    if outside:
        return FAIL if beyond_cdeg > guard_cdeg else CONDITIONAL_FAIL
    return PASS if beyond_cdeg < -guard_cdeg else CONDITIONAL_PASS


def disagreements(profile: Profile, tracks: Sequence[Track]) -> list[Disagreement]:
    """Where one logger shows the item outside its range and another, at the same time, inside."""
    return [found for outside in tracks for inside in tracks if inside is not outside
            for found in _disagreements(profile, outside, inside)]


def _disagreements(profile: Profile, outside: Track, inside: Track) -> list[Disagreement]:
    """Both walked once: a run of bad readings of one against the good intervals of the other."""
    good = _good_intervals(profile, inside)
    found: list[Disagreement] = []
    at = 0
    for first, last in _bad_runs(profile, outside):
        from_ms, to_ms = outside.points[first].time_ms, outside.points[last].time_ms
        while at < len(good) and inside.points[good[at][1]].time_ms < from_ms:
            at += 1
        if at < len(good) and inside.points[good[at][0]].time_ms <= to_ms:
            start, end = good[at]
            run = [point.value_cdeg for point in outside.points[first:last + 1]]
            furthest = max(run, key=lambda value: abs(value - inside.points[start].value_cdeg))
            found.append(Disagreement(
                max(from_ms, inside.points[start].time_ms),
                min(to_ms, inside.points[end].time_ms),
                outside.points[first].logger, furthest,
                inside.points[start].logger, inside.points[start].value_cdeg))
    return found


def _bad_runs(profile: Profile, track: Track) -> list[tuple[int, int]]:
    return _runs(track, [not profile.storage.holds(one.value_cdeg) for one in track.points])


def _good_intervals(profile: Profile, track: Track) -> list[tuple[int, int]]:
    runs = _runs(track, [profile.storage.holds(one.value_cdeg) for one in track.points])
    return [run for run in runs if run[0] < run[1]]  # one good reading alone covers no time


def _runs(track: Track, marks: Sequence[bool]) -> list[tuple[int, int]]:
    """(first, last) of readings in a row that are marked, without a gap."""
    runs: list[tuple[int, int]] = []
    for number, mark in enumerate(marks):
        if not mark:
            continue
        if runs and runs[-1][1] == number - 1 and track.points[number].linked:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
