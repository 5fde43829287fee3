"""Profiles and exposures of storage tests, said in minutes and degrees."""

from collections.abc import Sequence
from typing import Any

from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import Exposure, Reading, Segment
from ledger_client.core.verdict import Verdict

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
START_MS = 1_700_006_400_000  # a midnight UTC
STEP = 5 * MINUTE_MS
GOOD, WARM, COLD = 500, 900, 100  # for 2 to 8 degC


def rule(limit_cdeg: int, op: str, duration_ms: int, *, mode: str = "single",
         window: str | int = "none", min_samples: int = 1,
         severity: str = "major") -> dict[str, object]:
    return {"limit_cdeg": limit_cdeg, "op": op, "mode": mode, "window": window,
            "duration_ms": duration_ms, "min_samples": min_samples, "severity": severity}


def make(*rules: dict[str, object], low: int | None = 200, high: int | None = 800,
         step_ms: int = 5 * MINUTE_MS, **changes: Any) -> Profile:
    """A profile of 2 to 8 degC with these rules, that nothing but its rules can fail."""
    body: dict[str, Any] = profiles.load("who-e006-30dtr")
    body["ranges"] = [{"name": "storage", "low_cdeg": low, "low_op": "<", "high_cdeg": high,
                       "high_op": ">"}]
    body["alarms"] = list(rules) or [rule(800, ">", HOUR_MS), rule(200, "<", HOUR_MS)]
    body.update(calibration_required=False, expected_interval_ms=step_ms, gap_tolerance_ms=0)
    body.update(changes)
    return profile.decode(body)


def readings(values: Sequence[int | None], *, step_ms: int = 5 * MINUTE_MS,
             start_ms: int = START_MS, error_ms: int = 0) -> tuple[Reading, ...]:
    """One reading a step; None leaves one out."""
    return tuple(Reading(start_ms + number * step_ms, error_ms, value)
                 for number, value in enumerate(values) if value is not None)


def alone(taken: Sequence[Reading], *, logger: str = "L1") -> Exposure:
    """An item that lived exactly from the first to the last reading of one logger."""
    from_ms, to_ms = taken[0].unix_ms, taken[-1].unix_ms
    return Exposure("item", from_ms, to_ms,
                    (Segment(logger, from_ms, to_ms, readings=tuple(taken)),))


def judge(values: Sequence[int | None], by: Profile | None = None, *, error_ms: int = 0) -> Verdict:
    taken = readings(values, error_ms=error_ms)
    return storage.judge(by or make(), alone(taken), None, taken[-1].unix_ms)


def minutes(*durations_ms: int) -> list[int]:
    return [one // MINUTE_MS for one in durations_ms]


def states(verdict: Verdict) -> list[str]:
    return [one.state for one in verdict.alarms]


def codes(verdict: Verdict) -> list[tuple[str, str]]:
    """That these loggers have no calibration is said each time, and is not the matter here."""
    return [(one.outcome, one.code) for one in verdict.reasons if one.code != "calibration"]


def side_by_side(first: Sequence[int | None], second: Sequence[int | None],
                 by: Profile | None = None) -> Verdict:
    one, two = readings(first), readings(second)
    to_ms = START_MS + (max(len(first), len(second)) - 1) * STEP
    exposure = Exposure("item", START_MS, to_ms, (
        Segment("A", START_MS, None, readings=one), Segment("B", START_MS, None, readings=two)))
    return storage.judge(by or make(), exposure, None, to_ms)


def gap_of(minutes_missing: int) -> list[None]:
    return [None] * (minutes_missing // 5 - 1)
