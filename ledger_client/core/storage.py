"""The storage verdict: was this item kept as its profile demands?

Invariants
- pure and exact: the same profile, exposure, calibrations and now give the same verdict anywhere
- time is inside, outside or unknown; a gap is unknown, never interpolated, never evidence of good
- more doubt (clock error, gaps) turns certain into possible, never into none
- MKT makes a high-side alarm one severity milder, never a low-side one, never across a gap
- of several loggers at the same time the graver answer counts, and a disagreement is shown
"""

import bisect
from collections.abc import Sequence
from dataclasses import replace

from ledger_client.core import alarms, budgets, conformity, excursions, mkt, outcome
from ledger_client.core.episodes import episodes
from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import (
    Calibration,
    Calibrations,
    Exposure,
    Reading,
    Segment,
)
from ledger_client.core.timeline import Gap, Timeline, gaps_of, horizon_ms, timelines, tracks
from ledger_client.core.verdict import (
    READINGS,
    Alarm,
    AlarmEvent,
    BudgetUse,
    MktResult,
    Verdict,
)

__all__ = ["Calibration", "Exposure", "Reading", "Segment", "Verdict", "judge"]


def judge(profile: Profile, exposure: Exposure, calibration: Calibrations,
          now_ms: int) -> Verdict:
    """The verdict about `exposure` under `profile`.

    `calibration` is one for all loggers, a mapping by logger, or None.  now_ms ends what is still
    going on: nothing can be known of later.  Never raises on values of these types.
    """
    end_ms = horizon_ms(exposure, now_ms)
    followed = tracks(exposure, calibration, profile.step_ms_max, end_ms)
    lines = timelines(followed, exposure, profile.step_ms_max, end_ms)
    kinetic = [mkt.worst_window(line, profile.mkt) for line in lines] if profile.mkt else []
    judged = [_alarms(profile, line, kinetic[number] if kinetic else None)
              for number, line in enumerate(lines)]
    values = [value for line in lines for value in line.values]
    last_ms = max((line.times[-1] for line in lines if line.times), default=None)
    verdict = Verdict(
        item=exposure.item, from_ms=exposure.from_ms, to_ms=end_ms, outcome="", reasons=(),
        readings=sum(len(track.points) for track in followed), last_reading_ms=last_ms,
        low_cdeg=min(values, default=None), high_cdeg=max(values, default=None),
        times=max((excursions.times(profile, line) for line in lines),
                  key=lambda one: (one.outside_at_least_ms, one.outside_at_most_ms)),
        excursions=excursions.excursions(profile, lines, judged),
        alarms=tuple(alarms.merged(each) for each in zip(*judged, strict=True)),
        freezing=_freezing(profile, lines), budgets=_budgets(profile, lines),
        mkt=max((one for one, _windows in kinetic), key=_mkt_rank, default=None),
        gaps=_gaps(exposure, lines, last_ms, end_ms),
        conformities=tuple(conformity.conformities(profile, lines, calibration)),
        calibrations=tuple(conformity.calibration_states(followed, calibration)),
        disagreements=tuple(conformity.disagreements(profile, followed)))
    return outcome.decide(verdict, profile)


def _alarms(profile: Profile, line: Timeline,
            kinetic: tuple[MktResult, list[tuple[int, int]]] | None) -> list[Alarm]:
    """Every rule of the profile on one timeline."""
    judged = [alarms.judge_rule(number, rule, episodes(line, rule.outside, rule.high),
                                (line.start_ms, line.end_ms))
              for number, rule in enumerate(profile.alarms)]
    return judged if kinetic is None else [_softened(one, profile, line, kinetic)
                                           for one in judged]


def _softened(alarm: Alarm, profile: Profile, line: Timeline,
              kinetic: tuple[MktResult, list[tuple[int, int]]]) -> Alarm:
    """MKT speaks only for high-side excursions that lie, with no gap, in a window that it
    evaluates (USP <1079.2>: the window includes the excursion)."""
    result, windows = kinetic
    rule, high_cdeg = profile.alarms[alarm.rule], profile.storage.high_cdeg
    if not result.passes or not rule.high or high_cdeg is None or rule.limit_cdeg < high_cdeg:
        return alarm
    gaps = line.gaps()
    return replace(alarm, events=tuple(
        replace(event, softened=_covered(event, gaps, windows)) for event in alarm.events))


def _covered(event: AlarmEvent, gaps: Sequence[tuple[int, int]],
             windows: Sequence[tuple[int, int]]) -> bool:
    """Gaps and windows ascend at both ends, so one of each decides."""
    first_ms, last_ms = event.first_ms, event.last_ms
    if event.cause != READINGS or first_ms is None or last_ms is None:
        return False
    gap = bisect.bisect_left(gaps, first_ms, key=lambda one: one[1])
    if gap < len(gaps) and gaps[gap][0] <= last_ms:
        return False
    window = bisect.bisect_right(windows, first_ms, key=lambda one: one[0])
    return window > 0 and windows[window - 1][1] >= last_ms


def _mkt_rank(result: MktResult) -> tuple[bool, int]:
    """What could not be evaluated is the graver answer."""
    return result.mkt_udeg is None, result.mkt_udeg or 0


def _freezing(profile: Profile, lines: Sequence[Timeline]) -> tuple[AlarmEvent, ...]:
    """Every reading at or below 0 degC: one such exposure can destroy an adsorbed vaccine (CDC)."""
    if not profile.freeze_sensitive:
        return ()
    rule = alarms.FREEZING
    each = [alarms.judge_rule(0, rule, episodes(line, rule.outside, high=False),
                              (line.start_ms, line.end_ms)) for line in lines]
    return tuple(event for event in alarms.merged(each).events if event.cause == READINGS)


def _budgets(profile: Profile, lines: Sequence[Timeline]) -> tuple[BudgetUse, ...]:
    each = [budgets.judge(profile, line) for line in lines]
    return tuple(budgets.worst(uses) for uses in zip(*each, strict=True))


def _gaps(exposure: Exposure, lines: Sequence[Timeline], last_ms: int | None,
          end_ms: int) -> tuple[Gap, ...]:
    spans = sorted({gap for line in lines for gap in line.gaps()})
    return tuple(gaps_of(spans, exposure, last_ms, end_ms))


