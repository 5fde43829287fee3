"""Why a verdict is another one now than it was at an earlier checkpoint.

What can differ is few: readings that came, readings that no longer count, loggers and how long they
were with the item, calibrations, the profile, and the time that has passed since.  They are put in
place of the earlier ones one after another, and the outcome is said after each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo

from ledger_client.core import storage
from ledger_client.core import storage_terms as say
from ledger_client.core.answer import InForce, StorageAnswer
from ledger_client.core.exposure import REVOKED
from ledger_client.core.storage_values import Exposure

DATA, CALIBRATION, PROFILE = "data", "calibration", "profile"


@dataclass(frozen=True)
class Step:
    """One kind of difference: lines about it, and the outcome once it is taken into account."""

    kind: str
    lines: tuple[str, ...]
    outcome: str


@dataclass(frozen=True)
class Difference:
    """From `before` to `after`; the steps are taken one after another and end at the outcome of
    `after`."""

    before: StorageAnswer
    after: StorageAnswer
    steps: tuple[Step, ...]


def difference(before: StorageAnswer, after: StorageAnswer, zone: tzinfo = UTC) -> Difference:
    """What made the one into the other; no steps when nothing but time passed, without effect."""
    then, now = before.in_force, after.in_force
    stages = ((DATA, tuple(_data(before, after, zone)), then, before.calibrations),
              (CALIBRATION, tuple(_calibrations(before, after)), then, after.calibrations),
              (PROFILE, tuple(_profile(then, now)), now, after.calibrations))
    steps: list[Step] = []
    last = before.verdict.outcome
    for kind, lines, by, calibrations in stages:
        outcome = storage.judge(by.profile, after.exposure, calibrations, after.until_ms).outcome
        if lines or outcome != last:
            steps.append(Step(kind, lines, outcome))
        last = outcome
    return Difference(before, after, tuple(steps))


def words(found: Difference, zone: tzinfo = UTC) -> list[str]:
    """Lines for a person."""
    then, now = found.before, found.after
    moment = say.moment(then.until_ms, zone)
    same = "still" if then.verdict.outcome == now.verdict.outcome else "now"
    lines = [f"As of {moment} it was {then.verdict.outcome.upper()}; as of "
             f"{say.moment(now.until_ms, zone)} it is {same} {now.verdict.outcome.upper()}.",
             f"- Then: {_figures(then)}", f"- Now: {_figures(now)}", "Why:"]
    for step in found.steps:
        lines += [f"- {line}" for line in step.lines or
                  ("Nothing came since, and that itself counts: time went on.",)]
        lines.append(f"  With that it is {step.outcome.upper()}.")
    return lines if found.steps else [*lines, "- Nothing that the verdict rests on has changed."]


def _figures(one: StorageAnswer) -> str:
    times = one.verdict.times
    return f"{say.count(one.verdict.readings, 'reading')}; outside at least " \
        f"{say.at_least(times.outside_at_least_ms)}, at most " \
        f"{say.at_most(times.outside_at_most_ms)}; unknown {say.at_most(times.unknown_ms)}."


Readings = dict[str, set[tuple[int, int]]]  # logger -> (unix_ms, value_cdeg)


def _readings(exposure: Exposure) -> Readings:
    found: Readings = {}
    for segment in exposure.segments:
        found.setdefault(segment.logger, set()).update(
            (one.unix_ms, one.value_cdeg) for one in segment.readings)
    return found


def _data(before: StorageAnswer, after: StorageAnswer, zone: tzinfo) -> Iterator[str]:
    then, now = _readings(before.exposure), _readings(after.exposure)
    for logger in sorted(then.keys() | now.keys()):
        more = sorted(now.get(logger, set()) - then.get(logger, set()))
        fewer = sorted(then.get(logger, set()) - now.get(logger, set()))
        late = [one for one in more if one[0] <= before.until_ms]
        if late:
            yield f"{_some(late, logger, zone)}: measured before then, registered after."
        if len(more) > len(late):
            yield f"{_some(more[len(late):], logger, zone)}: measured since."
        if fewer:
            yield f"{_some(fewer, logger, zone)}: left out now, because " \
                f"{_why_fewer(after.exposure, logger, fewer)}."
    yield from _travelled(before, after, zone)


def _some(readings: list[tuple[int, int]], logger: str, zone: tzinfo) -> str:
    return f"{say.count(len(readings), 'reading')} of logger {logger} " \
        f"({say.moment(readings[0][0], zone)} to {say.moment(readings[-1][0], zone)})"


def _why_fewer(exposure: Exposure, logger: str, fewer: list[tuple[int, int]]) -> str:
    revoked = {from_ms for segment in exposure.segments if segment.logger == logger
               for from_ms, _, why in segment.missing if why == REVOKED}
    if any(unix_ms in revoked for unix_ms, _ in fewer):
        return "the logger's key was revoked or its owner expelled"
    return "a scan that came later says that the logger was not with it then, or a clock was " \
        "corrected"


def _travelled(before: StorageAnswer, after: StorageAnswer, zone: tzinfo) -> Iterator[str]:
    """Loggers that were with the item already then, as is known only now, or until when."""
    then = {(one.logger, one.start_ms): one.end_ms for one in before.exposure.segments}
    for one in after.exposure.segments:
        known = (one.logger, one.start_ms) in then
        if not known and one.start_ms <= before.until_ms:
            yield f"Logger {one.logger} was with it from {say.moment(one.start_ms, zone)}: that " \
                "was registered later."
        ended = one.end_ms is not None and one.end_ms <= before.until_ms
        if known and ended and then[one.logger, one.start_ms] != one.end_ms:
            assert one.end_ms is not None
            yield f"Logger {one.logger} was with it until {say.moment(one.end_ms, zone)} only: " \
                "that was registered later."


def _calibrations(before: StorageAnswer, after: StorageAnswer) -> Iterator[str]:
    then = {one.logger: one for one in before.verdict.calibrations}
    for one in after.verdict.calibrations:
        earlier = then.get(one.logger)
        if earlier is None or before.calibrations.get(one.logger) == \
                after.calibrations.get(one.logger):
            continue
        stated = f"certificate {one.certificate} ({one.state})" if one.certificate else one.state
        yield f"The calibration of logger {one.logger} was {earlier.state}" \
            + (f" (certificate {earlier.certificate})" if earlier.certificate else "") \
            + f"; now it is judged by {stated}."


def _profile(then: InForce, now: InForce) -> Iterator[str]:
    if (then.name, then.entry) == (now.name, now.entry):
        return
    yield f'The profile was "{then.name}" version {then.version} (entry {then.entry}); it is ' \
        f'"{now.name}" version {now.version} (entry {now.entry}).'
    changed = sorted(key for key, value in now.profile.as_map().items()
                     if then.profile.as_map()[key] != value)
    if changed:
        yield f"What differs in the profile: {', '.join(changed)}."
