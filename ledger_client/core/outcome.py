"""From facts to what to do: release, hold for QA, reject, each with its reasons."""

from dataclasses import replace

from ledger_client.core import budgets
from ledger_client.core.profile import HOLD, OUTCOMES, RELEASE, SEVERITIES, Effect, Profile
from ledger_client.core.timeline import NO_DATA_SINCE
from ledger_client.core.verdict import (
    CALIBRATION_IN_FORCE,
    CERTAIN,
    GAP,
    NONE,
    PASS,
    POSSIBLE,
    REASON_ALARM,
    REASON_BUDGET,
    REASON_CALIBRATION,
    REASON_DISAGREEMENT,
    REASON_EXCURSION,
    REASON_FREEZING,
    REASON_GAP,
    REASON_GUARD_BAND,
    REASON_MKT,
    REASON_NO_DATA_SINCE,
    REASON_NO_READINGS,
    STATES,
    Alarm,
    AlarmEvent,
    Reason,
    Verdict,
)


def decide(verdict: Verdict, profile: Profile) -> Verdict:
    """`verdict` with its reasons, gravest first, and the outcome they lead to."""
    reasons = [*_data(verdict, profile), *_alarms(verdict, profile), *_rest(verdict, profile)]
    reasons.sort(key=lambda one: -OUTCOMES.index(one.outcome))
    result = reasons[0].outcome if reasons else RELEASE
    return replace(verdict, outcome=result, reasons=tuple(reasons))


def _worst(outcomes: list[str]) -> str:
    return max(outcomes, key=OUTCOMES.index)


def _of(effect: Effect, state: str) -> str:
    return effect.certain if state == CERTAIN else effect.possible


def _data(verdict: Verdict, profile: Profile) -> list[Reason]:
    """What is missing.  No reading at all is never a release, whatever the gap policy."""
    reasons = []
    if verdict.readings == 0:
        reasons.append(Reason(HOLD, REASON_NO_READINGS, None, CERTAIN))
    for code, some in (
            (REASON_GAP, any(one.why != NO_DATA_SINCE for one in verdict.gaps)),
            (REASON_NO_DATA_SINCE, any(one.why == NO_DATA_SINCE for one in verdict.gaps))):
        if some:
            reasons.append(Reason(profile.gap_policy.outcome, code, None, CERTAIN))
    for number, state in enumerate(verdict.calibrations):
        if state.state != CALIBRATION_IN_FORCE:
            reasons.append(Reason(HOLD if profile.calibration_required else RELEASE,
                                  REASON_CALIBRATION, number, CERTAIN))
    return reasons


def _alarms(verdict: Verdict, profile: Profile) -> list[Reason]:
    return [Reason(_worst([_event(profile, alarm, event) for event in alarm.events]), REASON_ALARM,
                   number, alarm.state)
            for number, alarm in enumerate(verdict.alarms) if alarm.events]


def _event(profile: Profile, alarm: Alarm, event: AlarmEvent) -> str:
    if event.cause == GAP:
        return profile.gap_policy.outcome
    rank = SEVERITIES.index(profile.alarms[alarm.rule].severity)
    severity = SEVERITIES[max(0, rank - event.softened)]
    return _of(profile.aggregation.effect(severity), event.state)


def _rest(verdict: Verdict, profile: Profile) -> list[Reason]:
    reasons = []
    for number, use in enumerate(verdict.budgets):
        if use.state != NONE:
            effect = profile.aggregation.effect(budgets.severity(profile, use))
            reasons.append(Reason(_of(effect, use.state), REASON_BUDGET, number, use.state))
    if verdict.freezing:
        state = max((one.state for one in verdict.freezing), key=STATES.index)
        reasons.append(Reason(HOLD, REASON_FREEZING, None, state))
    if any(one.rule is None for one in verdict.excursions):
        certain = any(one.rule is None and one.certain for one in verdict.excursions)
        reasons.append(Reason(RELEASE, REASON_EXCURSION, None, CERTAIN if certain else POSSIBLE))
    if verdict.mkt is not None and verdict.mkt.mkt_udeg is not None and not verdict.mkt.passes:
        reasons.append(Reason(HOLD, REASON_MKT, None, CERTAIN))
    elif any(event.softened for alarm in verdict.alarms for event in alarm.events):
        reasons.append(Reason(RELEASE, REASON_MKT, None, CERTAIN))
    reasons += [Reason(RELEASE, REASON_GUARD_BAND, number, CERTAIN)
                for number, one in enumerate(verdict.conformities) if _guarded(one.decision)]
    if verdict.disagreements:  # the graver logger was judged already
        reasons.append(Reason(RELEASE, REASON_DISAGREEMENT, None, CERTAIN))
    return reasons


def _guarded(decision: str | None) -> bool:
    """Conditional answers are worth a word; a plain fail is an excursion already."""
    return decision is None or decision not in (PASS, "fail")
