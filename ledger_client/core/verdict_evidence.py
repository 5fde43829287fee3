"""The evidence below a verdict: every figure that it rests on, and what it was computed with."""

from collections.abc import Iterator
from datetime import tzinfo

from ledger_client.core import storage_terms as say
from ledger_client.core.profile import Profile
from ledger_client.core.timeline import NO_DATA_SINCE, Gap
from ledger_client.core.verdict import CALIBRATION_IN_FORCE, Alarm, AlarmEvent, MktResult, Verdict

LINES_SHOWN = 10  # of one list; the machine-readable verdict holds all


def evidence(verdict: Verdict, profile: Profile, zone: tzinfo) -> Iterator[str]:
    """Lines, each beginning with a dash."""
    times = verdict.times
    yield f"- {say.count(verdict.readings, 'reading')}, lowest {_or_none(verdict.low_cdeg)}, " \
        f"highest {_or_none(verdict.high_cdeg)}, " \
        f"{_correction(verdict)}."
    yield f"- Of {say.exactly(times.total_ms)}: inside at least " \
        f"{say.at_least(times.inside_at_least_ms)}, outside at least " \
        f"{say.at_least(times.outside_at_least_ms)} and at most " \
        f"{say.at_most_of(times.outside_at_most_ms, times.total_ms)}, unknown " \
        f"{say.at_most_of(times.unknown_ms, times.total_ms)}."
    for alarm in verdict.alarms:
        yield from _alarm(alarm, profile, zone, times.total_ms)
    yield from _budgets(verdict, profile)
    if verdict.mkt is not None:
        yield _mkt(verdict.mkt, zone)
    yield from _some([f"- No data {say.span(one.from_ms, one.to_ms, zone)}: {_why(one)}."
                      for one in verdict.gaps], "gaps")
    yield from _some([f"- {one.outside} shows {say.degrees(one.outside_cdeg)} and {one.inside} "
                      f"{say.degrees(one.inside_cdeg)}, "
                      f"{say.span(one.from_ms, one.to_ms, zone)}."
                      for one in verdict.disagreements], "disagreements")
    for one in verdict.conformities:
        if one.decision is not None and one.guard_cdeg:
            yield f"- Against {say.degrees(one.limit_cdeg)}, guard band " \
                f"{say.degrees(one.guard_cdeg)} (ILAC-G8): {one.decision}."
    for state in verdict.calibrations:
        if state.state == CALIBRATION_IN_FORCE:
            yield f"- Logger {state.logger}: calibrated, certificate {state.certificate}."


def _correction(verdict: Verdict) -> str:
    if not any(one.certificate for one in verdict.calibrations):
        return "as read"
    valid = all(one.state == CALIBRATION_IN_FORCE for one in verdict.calibrations)
    return "corrected by calibration" + ("" if valid else " where a certificate was valid")


def _why(gap: Gap) -> str:
    return "nothing came after" if gap.why == NO_DATA_SINCE else gap.why


def _or_none(value_cdeg: int | None) -> str:
    return "none" if value_cdeg is None else say.degrees(value_cdeg)


def _some(lines: list[str], what: str) -> Iterator[str]:
    yield from lines[:LINES_SHOWN]
    if len(lines) > LINES_SHOWN:
        yield f"- And {len(lines) - LINES_SHOWN} more {what}."


def _alarm(alarm: Alarm, profile: Profile, zone: tzinfo, whole_ms: int) -> Iterator[str]:
    rule = profile.alarms[alarm.rule]
    yield f"- Rule {alarm.rule + 1}, {say.rule(rule)}: {alarm.state}; the most seen is at least " \
        f"{say.at_least(alarm.at_least_ms)}, at most " \
        f"{say.at_most_of(alarm.at_most_ms, whole_ms)}."
    fired = [f"  {_fired(one, zone)}"
             + (", in a gap" if one.first_ms is None else "")
             + (", one severity milder by MKT" if one.softened else "") + "."
             for one in alarm.events]
    yield from _some(fired, f"times rule {alarm.rule + 1} fired")


def _fired(one: AlarmEvent, zone: tzinfo) -> str:
    earliest = f"at the earliest {say.moment(one.possible_at_ms, zone)}"
    if one.certain_at_ms is None:
        return f"perhaps fired, {earliest}"
    return f"fired by {say.moment(one.certain_at_ms, zone)}" \
        + ("" if one.certain_at_ms == one.possible_at_ms else f", {earliest}")


def _budgets(verdict: Verdict, profile: Profile) -> Iterator[str]:
    whole_ms = verdict.times.total_ms
    for use in verdict.budgets:
        if use.band is None and not use.events_at_most:
            continue
        limit = None if use.band is None else profile.budgets[use.band].max_total_ms
        left = "" if limit is None else \
            f", {say.at_least(max(0, limit - use.at_most_ms))} left of {say.at_least(limit)}"
        gaps = say.at_most_of(use.unknown_ms, whole_ms)
        charged = f", {gaps} of it gaps" if use.unknown_ms else ""
        yield f"- Time {say.band(profile, use.band)}: at least {say.at_least(use.at_least_ms)}, " \
            f"at most {say.at_most_of(use.at_most_ms, whole_ms)}{charged}{left}."


def _mkt(one: MktResult, zone: tzinfo) -> str:
    window = "the whole time" if one.window_ms is None else say.at_most(one.window_ms)
    constants = f"delta H {one.delta_h_j_mol} J/mol, R {one.gas_constant_uj_mol_k} uJ/(mol K), " \
        f"window {window}, coverage {one.coverage_permille // 10} %"
    if one.mkt_udeg is None:
        return f"- Mean kinetic temperature not evaluable, too little data ({constants})."
    return f"- Mean kinetic temperature {say.micro_degrees(one.mkt_udeg)}, limit " \
        f"{say.degrees(one.limit_cdeg)}, worst window {say.moment(one.from_ms, zone)} to " \
        f"{say.moment(one.to_ms, zone)} ({constants})."
