"""Freezing, budgets and what a verdict leads to."""

from typing import Any

import pytest

from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.storage_values import Exposure, Reading, Segment
from ledger_client.core.verdict import Alarm
from ledger_client.wire import cbor
from tests.storage_scenes import (
    GOOD,
    HOUR_MS,
    MINUTE_MS,
    STEP,
    WARM,
    alone,
    codes,
    gap_of,
    judge,
    make,
    minutes,
    readings,
    rule,
    side_by_side,
    states,
)

# -- freezing and budgets --------------------------------------------------------------------------


def test_one_reading_at_freezing_holds_what_may_not_freeze() -> None:
    by = make(rule(-50, "<=", HOUR_MS), rule(800, ">", HOUR_MS), freeze_sensitive=True)
    verdict = judge([GOOD, GOOD, 0, GOOD, GOOD], by)
    assert states(verdict) == ["none", "none"]
    assert [one.state for one in verdict.freezing] == ["certain"]
    assert codes(verdict)[0] == ("hold", "freezing")
    assert judge([GOOD, GOOD, 1, GOOD, GOOD], by).freezing == ()
    assert judge([GOOD, GOOD, 0, GOOD], make(rule(-50, "<=", HOUR_MS),
                                             rule(800, ">", HOUR_MS))).freezing == ()


def test_a_gap_alone_is_no_freezing() -> None:
    by = make(freeze_sensitive=True)
    assert judge([GOOD, *[None] * 5, GOOD], by).freezing == ()


def band(high: int = 2500, **limits: int | None) -> dict[str, Any]:
    return {"low_cdeg": 800, "high_cdeg": high, "max_total_ms": None, "max_single_ms": None,
            "max_events": None, "severity": "major"} | limits


QUIET = (rule(2500, ">", 0), rule(200, "<", 0))


def test_a_budget_is_charged_the_upper_bound_over_the_whole_life() -> None:
    """Published: 72 h permitted, 18 h used, 1.5 h more leave 52.5 h."""
    stays = [GOOD, *[WARM] * (18 * 12 - 1), GOOD, *[WARM] * (18 - 1), GOOD]
    verdict = judge(stays, make(*QUIET, budgets=[band(max_total_ms=72 * HOUR_MS)]))
    (used, none) = verdict.budgets
    assert 72 * HOUR_MS - used.at_most_ms == 52 * HOUR_MS + 30 * MINUTE_MS
    assert used.at_least_ms == used.at_most_ms - 4 * STEP
    assert (used.state, used.events_at_most, none.state) == ("none", 2, "none")
    assert verdict.outcome == "release"


@pytest.mark.parametrize(("permitted_min", "state"), [
    (60, "none"), (59, "possible"), (50, "possible"), (49, "certain")])
def test_a_budget_is_exceeded_possibly_then_certainly(permitted_min: int, state: str) -> None:
    by = make(*QUIET, budgets=[band(max_total_ms=permitted_min * MINUTE_MS)])
    verdict = judge([GOOD, *[WARM] * 11, GOOD], by)
    assert verdict.budgets[0].state == state
    assert verdict.outcome == ("release" if state == "none" else "hold")


def test_single_and_events_have_limits_too() -> None:
    twice = [GOOD, *[WARM] * 5, GOOD, *[WARM] * 9, GOOD]
    use = judge(twice, make(*QUIET, budgets=[band(max_single_ms=39 * MINUTE_MS)])).budgets[0]
    assert (use.state, use.single_at_least_ms) == ("certain", 40 * MINUTE_MS)
    use = judge(twice, make(*QUIET, budgets=[band(max_events=1)])).budgets[0]
    assert (use.state, use.events_at_least) == ("certain", 2)
    assert judge(twice, make(*QUIET, budgets=[band(max_events=2)])).budgets[0].state == "none"


def test_what_no_band_holds_is_permitted_no_time() -> None:
    verdict = judge([GOOD, WARM, 2600, WARM, GOOD],
                    make(rule(3000, ">", 0), rule(200, "<", 0), budgets=[band()]))
    (inside, beyond) = verdict.budgets
    assert (inside.state, beyond.band, beyond.state) == ("none", None, "certain")
    assert ("hold", "budget") in codes(verdict)


def test_no_time_permitted_is_no_reading_permitted() -> None:
    verdict = judge([GOOD, WARM, GOOD], make(*QUIET, budgets=[band(max_total_ms=0)]))
    assert verdict.budgets[0].state == "certain"


@pytest.mark.parametrize(("charges", "minutes_used", "state"), [(True, 90, "possible"),
                                                                (False, 30, "none")])
def test_gaps_charge_budgets_by_policy(charges: bool, minutes_used: int, state: str) -> None:
    by = make(*QUIET, budgets=[band(max_total_ms=60 * MINUTE_MS)],
              gap_policy={"outcome": "release", "charges_budgets": charges})
    verdict = judge([GOOD, *[WARM] * 5, GOOD, *gap_of(60), GOOD], by)
    use = verdict.budgets[0]
    assert minutes(use.at_most_ms, use.unknown_ms) == [minutes_used, 60 if charges else 0]
    assert use.state == state


def test_a_controlled_temperature_chain_is_one_period() -> None:
    by = profile.decode(profiles.load("ctc-vaccine"))
    once = [GOOD, *[3500] * 50, GOOD, GOOD]
    assert judge(once, by).budgets[0].state == "none"
    assert codes(judge([*once, *[3500] * 5, GOOD], by))[0] == ("reject", "budget")
    assert codes(judge([GOOD, 4010, GOOD], by))[0] == ("reject", "alarm")


# -- outcome ---------------------------------------------------------------------------------------


def test_severity_leads_to_the_outcome_that_the_profile_names() -> None:
    for severity, certain, possible in (("minor", "release", "release"), ("major", "hold", "hold"),
                                        ("critical", "reject", "hold")):
        by = make(rule(800, ">", HOUR_MS, severity=severity), rule(200, "<", HOUR_MS))
        assert judge([GOOD, *[WARM] * 13, GOOD], by).outcome == certain
        assert judge([GOOD, *[WARM] * 11, GOOD], by).outcome == possible


def test_the_excursion_names_its_gravest_rule_and_the_range_it_kept() -> None:
    ranges = [{"name": name, "low_cdeg": 200, "low_op": "<", "high_cdeg": high, "high_op": ">"}
              for name, high in (("storage", 800), ("permitted", 1500), ("spike", 2000))]
    by = make(rule(800, ">", HOUR_MS, severity="minor"), rule(1000, ">", HOUR_MS),
              rule(200, "<", HOUR_MS), ranges=ranges)
    warm, hot, oven = (judge([GOOD, *[value] * 13, GOOD], by).excursions[0]
                       for value in (900, 1600, 2100))
    assert (warm.rule, warm.range) == (0, 1)
    assert (hot.rule, hot.range) == (1, 2)
    assert (oven.rule, oven.range) == (1, None)


def test_an_uneventful_life_is_released_without_reasons() -> None:
    verdict = judge([GOOD] * 50)
    assert (verdict.outcome, codes(verdict)) == ("release", [])
    assert verdict.times.inside_at_least_ms == verdict.times.total_ms == 49 * STEP


def test_a_verdict_is_a_list_that_cbor_holds() -> None:
    by = profile.decode(profiles.load("refrigerated-2-8"))
    verdict = side_by_side([GOOD, *[WARM] * 14, GOOD, None, None, None, None, GOOD], [GOOD] * 21,
                           by)
    listed = verdict.as_list()
    assert cbor.decode(cbor.encode(listed, True), True) == listed
    assert listed[:4] == ["item", verdict.from_ms, verdict.to_ms, "hold"]


def test_order_of_readings_does_not_matter() -> None:
    taken = readings([GOOD, *[WARM] * 14, GOOD])
    ordered = alone(taken)
    shuffled = Exposure("item", ordered.from_ms, ordered.to_ms, (
        Segment("L1", ordered.from_ms, ordered.to_ms, readings=tuple(reversed(taken))),))
    now_ms = ordered.to_ms
    assert storage.judge(make(), shuffled, None, now_ms) == \
        storage.judge(make(), ordered, None, now_ms)


def test_alarm_of_no_episode_says_zero() -> None:
    assert judge([GOOD] * 3).alarms == (Alarm(0, "none", 0, 0, ()), Alarm(1, "none", 0, 0, ()))


def test_an_exposure_has_a_direction() -> None:
    with pytest.raises(AssertionError, match="before it begins"):
        Exposure("item", 2, 1, (Segment("L1", 1, 2, readings=(Reading(1, 0, 0),)),))
