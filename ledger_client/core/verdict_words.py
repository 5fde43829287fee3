"""A verdict for a tired person: what happened, under which rule, what to do now; the evidence."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from ledger_client.core import budgets, verdict_evidence
from ledger_client.core import storage_terms as say
from ledger_client.core.exposure import REVOKED
from ledger_client.core.profile import HOLD, REJECT, RELEASE, SEVERITIES, Profile
from ledger_client.core.timeline import NO_LOGGER
from ledger_client.core.verdict import (
    CERTAIN,
    GAP,
    HIGH,
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
    Excursion,
    Reason,
    Verdict,
)

EXCURSIONS_SHOWN = 5  # more is a table, not a sentence; the evidence counts the rest
_HEADLINES = {
    HOLD: "HOLD FOR QA: do not use it and do not throw it away.",
    REJECT: "REJECT: do not use it.",
}
_FIRST_STEP = {
    RELEASE: "Nothing: its storage is no reason against using it.",
    HOLD: "Set it apart, marked, at its storage temperature. Quality assurance decides.",
    REJECT: "Set it apart, marked as rejected. Quality assurance confirms.",
}


@dataclass(frozen=True)
class Naming:
    """The profile as the ledger knows it, and the zone in which times are printed."""

    name: str
    version: int | None
    zone: tzinfo = UTC


def verdict_words(verdict: Verdict, profile: Profile, naming: Naming,
                  touched: Sequence[str] = (), *, ended: str | None = None,
                  of_export: bool = False) -> list[str]:
    """Lines: outcome, what happened, to whom else (`touched`, lines), what to do now, evidence;
    headings end with a colon.  `ended`: what became of the item, as Exposure has it; `of_export`:
    judged is a logger's export, and nothing is left to be read out."""
    version = "" if naming.version is None else f", version {naming.version}"
    happened = list(_happened(verdict, profile, naming))
    return [
        _headline(verdict),
        f"Item {verdict.item}, {say.moment(verdict.from_ms, naming.zone)} to "
        f"{say.moment(verdict.to_ms, naming.zone)}"
        + ("." if ended is None else f", when it was {ended}."),
        f'Judged by profile "{naming.name}"{version} ({say.limits(profile.storage)}): '
        f"{profile.source}.",
        "", "What happened:",
        *(happened or ["- It stayed inside its storage range all the time."]),
        *(["", "What else was with it then:", *touched] if touched else []),
        "", "What to do now:", *_to_do(verdict, profile, ended, of_export),
        "", "Evidence:", *verdict_evidence.evidence(verdict, profile, naming.zone),
    ]


def _headline(verdict: Verdict) -> str:
    """A release says that all was well only when it was."""
    if verdict.outcome != RELEASE:
        return _HEADLINES[verdict.outcome]
    if verdict.excursions:
        return "RELEASE: it was outside its storage range, within what is permitted."
    if any(event.cause != GAP for alarm in verdict.alarms for event in alarm.events):
        return "RELEASE: a rule was broken, within what is permitted."
    return "RELEASE: the storage rules are met."


def _happened(verdict: Verdict, profile: Profile, naming: Naming) -> Iterator[str]:
    """What is beyond repair, the sum of it, excursions from the gravest, every other reason."""
    frozen = [one for one in verdict.reasons if one.code == REASON_FREEZING]
    for reason in frozen:
        yield "- " + _reason(verdict, profile, reason, naming.zone)
    if len(verdict.excursions) > 1:
        yield "- " + _sum(verdict)
    gravest = sorted(verdict.excursions, key=lambda one: _gravity(profile, one), reverse=True)
    shown, rest = _shown(gravest)
    for below, alike in itertools.groupby(shown, lambda one: _under(verdict, profile, one)):
        yield from (_excursion(verdict, profile, one, naming.zone) for one in alike)
        yield from below
    if rest:
        broken = sum(one.rule is not None for one in rest)
        yield f"- And {len(rest)} more stays outside the range; a rule was met in {broken} of them."
    for reason in (one for one in verdict.reasons if one not in frozen):
        sentence = _reason(verdict, profile, reason, naming.zone)
        if sentence:
            yield "- " + sentence


def _shown(gravest: list[Excursion]) -> tuple[list[Excursion], list[Excursion]]:
    """The gravest, and with them always the longest, the warmest and the coldest; and the rest."""
    shown = gravest[:EXCURSIONS_SHOWN]
    if len(gravest) > EXCURSIONS_SHOWN:
        warm = [one for one in gravest if one.side == HIGH]
        cold = [one for one in gravest if one.side != HIGH]
        shown += [max(gravest, key=lambda one: (one.at_least_ms, one.at_most_ms))]
        shown += [max(warm, key=lambda one: one.extreme_cdeg)] if warm else []
        shown += [min(cold, key=lambda one: one.extreme_cdeg)] if cold else []
    return ([one for one in gravest if one in shown],
            [one for one in gravest if one not in shown])


def _sum(verdict: Verdict) -> str:
    times = verdict.times
    return f"Outside its range {len(verdict.excursions)} times: at least " \
        f"{say.at_least(times.outside_at_least_ms)} and at most " \
        f"{say.at_most_of(times.outside_at_most_ms, times.total_ms)}" \
        f"{' where there are data,' if times.unknown_ms else ''} of {say.exactly(times.total_ms)}."


def _gravity(profile: Profile, one: Excursion) -> tuple[int, int, int]:
    severity = -1 if one.rule is None else SEVERITIES.index(profile.alarms[one.rule].severity)
    return severity, one.at_least_ms, one.at_most_ms


def _excursion(verdict: Verdict, profile: Profile, one: Excursion, zone: tzinfo) -> str:
    storage = profile.storage
    limit = storage.high_cdeg if one.side == HIGH else storage.low_cdeg
    extreme = f"{'up' if one.side == HIGH else 'down'} to {say.degrees(one.extreme_cdeg)} " \
        f"(limit {say.degrees(limit or 0)})"
    perhaps = "" if one.certain else "Perhaps, hand-over and reading being too close to tell: "
    by = f", logger {', '.join(one.loggers)}" if len(verdict.calibrations) > 1 else ""
    return f"- {perhaps}Too {'warm' if one.side == HIGH else 'cold'}, {extreme}, " \
        f"{say.span(one.first_ms, one.last_ms, zone)}{by}: {_lasted(one)}."


def _under(verdict: Verdict, profile: Profile, one: Excursion) -> tuple[str, ...]:
    """The range that it kept, and the rule that was broken; said once of several alike."""
    kept = () if one.range is None else (
        f"  It stayed within the {profile.ranges[one.range].name} range, "
        f"{say.limits(profile.ranges[one.range])}.",)
    if one.rule is None:
        return (*kept, "  No alarm rule of the profile is met by it.")
    return (*kept, f"  {_broken(profile, one.rule, _state(verdict, one, one.rule))}: "
            f"{say.rule(profile.alarms[one.rule])}.")


def _lasted(one: Excursion) -> str:
    least = f"at least {say.at_least(one.at_least_ms)}" if one.at_least_ms \
        else "for one reading" if one.first_ms == one.last_ms else "for some readings"
    if one.open:
        return least + ", how much longer is not known: no data came after it"
    gaps = f", {say.at_most(one.unknown_ms)} of it without data" if one.unknown_ms else ""
    return f"{least}, at most {say.at_most(one.at_most_ms)}{gaps}"


def _state(verdict: Verdict, one: Excursion, number: int) -> str:
    """Of the rule in this excursion, not of its other firings."""
    return max((event.state for event in verdict.alarms[number].events
                if event.first_ms is not None and event.last_ms is not None
                and event.first_ms <= one.last_ms and event.last_ms >= one.first_ms),
               key=STATES.index)


def _broken(profile: Profile, number: int, state: str) -> str:
    return f"Rule {number + 1} ({profile.alarms[number].severity}) " \
        f"{'broken' if state == CERTAIN else 'perhaps broken'}"


def _reason(verdict: Verdict, profile: Profile, reason: Reason, zone: tzinfo) -> str:
    """The sentence of a reason; alarms that excursions told of already have none."""
    number = reason.subject
    if reason.code == REASON_ALARM and number is not None:
        return _alarm(verdict, profile, number)
    if reason.code == REASON_BUDGET and number is not None:
        return _budget(verdict, profile, number)
    if reason.code == REASON_CALIBRATION and number is not None:
        one = verdict.calibrations[number]
        return f"The calibration of logger {one.logger} is {one.state}" \
            + (f" (certificate {one.certificate}): outside its validity it corrects nothing, and "
               "the readings stand as read." if one.certificate else ".")
    if reason.code == REASON_GUARD_BAND and number is not None:
        return _guard_band(verdict, number, zone)
    if reason.code == REASON_MKT:
        return _mkt(verdict, reason)
    return _data(verdict, reason, zone)


def _alarm(verdict: Verdict, profile: Profile, number: int) -> str:
    alarm, rule = verdict.alarms[number], profile.alarms[number]
    if all(event.cause == GAP for event in alarm.events):
        return f"While data were missing, rule {number + 1} may have been broken unseen: " \
            f"{say.rule(rule)}."
    if any(one.rule == number for one in verdict.excursions):
        return ""
    return f"{_broken(profile, number, alarm.state)}: {say.rule(rule)}; at least " \
        f"{say.at_least(alarm.at_least_ms)}, at most " \
        f"{say.at_most_of(alarm.at_most_ms, verdict.times.total_ms)}."


def _budget(verdict: Verdict, profile: Profile, number: int) -> str:
    use = verdict.budgets[number]
    perhaps = "" if use.state == CERTAIN else "perhaps "
    what = f"It was {perhaps}outside every permitted band" if use.band is None else \
        f"The time permitted {say.band(profile, use.band)} is {perhaps}exceeded"
    return f"{what} ({budgets.severity(profile, use)}): at least " \
        f"{say.at_least(use.at_least_ms)}, at most " \
        f"{say.at_most_of(use.at_most_ms, verdict.times.total_ms)}" \
        + (f" in {say.count(use.events_at_most, 'period')}." if use.events_at_most else ".")


def _guard_band(verdict: Verdict, number: int, zone: tzinfo) -> str:
    one = verdict.conformities[number]
    at = f"{say.degrees(one.extreme_cdeg)} at {say.moment(one.at_ms, zone)}"
    if one.decision is None or one.guard_cdeg is None:
        return f"Nothing states how exact the {one.side}est reading is ({at}): the certificate " \
            "of the logger would."
    return f"The {one.side}est reading, {at}, lies within {say.degrees(one.guard_cdeg)} of the " \
        f"limit {say.degrees(one.limit_cdeg)}: {one.decision}."


def _mkt(verdict: Verdict, reason: Reason) -> str:
    one = verdict.mkt
    if one is None or one.mkt_udeg is None:
        return ""
    figure = f"The mean kinetic temperature is {say.micro_degrees(one.mkt_udeg)} (limit " \
        f"{say.degrees(one.limit_cdeg)})"
    if reason.outcome == RELEASE:
        return figure + ": the excursions above the range that it covers count one severity less."
    return figure + ": too high."


def _data(verdict: Verdict, reason: Reason, zone: tzinfo) -> str:
    last = verdict.last_reading_ms
    unknown = say.at_most_of(verdict.times.unknown_ms, verdict.times.total_ms)
    revoked = any(one.why == REVOKED for one in verdict.gaps)
    if reason.code == REASON_FREEZING:
        coldest = min(one.extreme_cdeg for one in verdict.freezing if one.extreme_cdeg is not None)
        return f"It must not freeze, and {'was' if reason.state == CERTAIN else 'may have been'} " \
            f"at {say.degrees(coldest)}."
    return {
        REASON_NO_READINGS: f"There is not one reading that counts: {REVOKED}." if revoked
        else "There is not one reading: nothing is known.",
        REASON_NO_DATA_SINCE: "No data since " + ("the beginning" if last is None
                                                  else say.moment(last, zone)) + ".",
        REASON_GAP: f"For {unknown} in all there are no data: that time proves nothing."
        + (f" For some of it {REVOKED}." if revoked else ""),
        REASON_DISAGREEMENT: "Loggers that were together disagree; the graver one counts.",
        REASON_EXCURSION: "",
    }.get(reason.code, "")


def _missing_data(whys: set[str], of_export: bool) -> Iterator[str]:
    """What can still be found out depends on why nothing is known."""
    if REVOKED in whys:
        yield "- What a revoked key signed stays no evidence: another logger that was there may " \
            "give some."
    if NO_LOGGER in whys:
        yield "- No logger is known to have been there all the time: if one was, have the scan " \
            "that says so registered."
    if whys - {REVOKED, NO_LOGGER}:
        yield "- This export lacks those data: ask for the whole one, or for another logger's." \
            if of_export else \
            "- Read out the loggers that were with it: data that come late give a new verdict."


def _to_do(verdict: Verdict, profile: Profile, ended: str | None,
           of_export: bool) -> Iterator[str]:
    """The first step of the outcome, then what each reason asks for."""
    yield "- " + (_FIRST_STEP[verdict.outcome] if ended is None or verdict.outcome == RELEASE else
                  f"It was {ended} already. Quality assurance decides what that asks for.")
    codes = {one.code for one in verdict.reasons if one.outcome != RELEASE}
    if REASON_FREEZING in codes:
        yield "- What froze once may be worthless though it looks the same: thawing mends nothing."
    if codes & {REASON_GAP, REASON_NO_DATA_SINCE, REASON_NO_READINGS}:
        yield from _missing_data({one.why for one in verdict.gaps}, of_export)
    if verdict.readings > 1 and 2 * len(verdict.gaps) > verdict.readings:
        yield "- Most readings are further apart than the profile allows " \
            f"({say.at_least(profile.step_ms_max)}): look at the interval the logger was set to."
    if REASON_CALIBRATION in codes:
        yield "- Register the calibration certificate of the loggers named above."
    if REASON_ALARM in codes or REASON_BUDGET in codes:
        yield "- Give quality assurance this page: the durations decide, with the manufacturer's " \
            "stability data."
    if REASON_DISAGREEMENT in {one.code for one in verdict.reasons}:
        yield "- Have the loggers that disagree checked."
    if any(one.state == POSSIBLE for one in verdict.reasons):
        yield '- "Perhaps" means that the readings allow it and do not prove it.'
