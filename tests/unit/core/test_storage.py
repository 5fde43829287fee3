"""Verdicts on scenes small enough to reckon by hand."""

from collections.abc import Sequence
from typing import Any

import pytest

from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import Exposure, Reading, Segment
from ledger_client.core.verdict import Alarm, Verdict
from ledger_client.wire import cbor
from tests.storage_scenes import DAY_MS, HOUR_MS, MINUTE_MS, START_MS, alone, make, readings, rule

STEP = 5 * MINUTE_MS
GOOD, WARM, COLD = 500, 900, 100


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


# -- durations are intervals ---------------------------------------------------------------------


@pytest.mark.parametrize(("count", "state"), [
    (10, "none"), (11, "possible"), (12, "possible"), (13, "certain")])
def test_n_rows_last_n_minus_one_to_n_plus_one_steps(count: int, state: str) -> None:
    """An hour at five minutes: 10 rows last less, 13 last it, 11 and 12 may."""
    verdict = judge([GOOD, GOOD, *[WARM] * count, GOOD, GOOD])
    (stay,) = verdict.excursions
    assert minutes(stay.at_least_ms, stay.at_most_ms) == [5 * (count - 1), 5 * (count + 1)]
    assert states(verdict) == [state, "none"]
    assert (stay.side, stay.extreme_cdeg, stay.certain) == ("high", WARM, True)


def test_a_single_row_is_an_excursion_of_no_certain_length() -> None:
    verdict = judge([GOOD, WARM, GOOD])
    (stay,) = verdict.excursions
    assert minutes(stay.at_least_ms, stay.at_most_ms) == [0, 10]
    assert (verdict.outcome, stay.rule) == ("release", None)
    assert codes(verdict) == [("release", "excursion")]


def test_clock_error_widens_both_ends() -> None:
    verdict = judge([GOOD, *[WARM] * 13, GOOD], error_ms=MINUTE_MS)
    (stay,) = verdict.excursions
    assert minutes(stay.at_least_ms, stay.at_most_ms) == [58, 72]
    assert states(verdict) == ["possible", "none"]


def test_a_clock_less_exact_than_the_stay_leaves_no_certain_length() -> None:
    verdict = judge([GOOD, GOOD, WARM, WARM, GOOD, GOOD], error_ms=10 * MINUTE_MS)
    (stay,) = verdict.excursions
    assert minutes(stay.at_least_ms, stay.at_most_ms) == [0, 35]


def test_times_add_up() -> None:
    verdict = judge([GOOD, WARM, WARM, GOOD, None, None, GOOD, GOOD])
    times = verdict.times
    assert minutes(times.total_ms, times.inside_at_least_ms, times.outside_at_least_ms,
                   times.outside_at_most_ms, times.unknown_ms) == [35, 5, 5, 15, 15]


# -- single and cumulative -----------------------------------------------------------------------


def test_a_single_rule_starts_again_when_the_temperature_returns() -> None:
    """Published: several dips, each below the hour, adding up to hours, raise no alarm."""
    dips = [*[-60] * 10, GOOD] * 4
    by = make(rule(-50, "<", HOUR_MS), rule(800, ">", HOUR_MS))
    assert states(judge([GOOD, *dips], by)) == ["none", "none"]


def test_a_cumulative_rule_sums_them() -> None:
    dips = [*[COLD] * 10, GOOD] * 4
    by = make(rule(200, "<", 2 * HOUR_MS, mode="cumulative", window="trip"),
              rule(800, ">", HOUR_MS))
    (alarm, _high) = judge([GOOD, *dips], by).alarms
    assert minutes(alarm.at_least_ms, alarm.at_most_ms) == [4 * 45, 4 * 55]
    (event,) = alarm.events
    # Sure after 45 + 45 + 30 minutes of rows, the breaks between the dips not counted.
    assert event.certain_at_ms == START_MS + (5 + 45 + 10 + 45 + 10 + 30) * MINUTE_MS
    assert event.possible_at_ms < event.certain_at_ms


@pytest.mark.parametrize(("apart_h", "state"), [(70, "certain"), (80, "none")])
def test_a_sliding_window_forgets(apart_h: int, state: str) -> None:
    by = make(rule(800, ">", HOUR_MS, mode="cumulative", window=72 * HOUR_MS),
              rule(200, "<", HOUR_MS))
    pause = [GOOD] * (apart_h * 12)
    verdict = judge([GOOD, *[WARM] * 8, *pause, *[WARM] * 8, GOOD], by)
    assert verdict.alarms[0].state == state
    assert minutes(verdict.alarms[0].at_least_ms) == [70 if state == "certain" else 35]


def test_a_day_window_is_a_utc_day_and_each_day_fires() -> None:
    by = make(rule(800, ">", HOUR_MS, mode="cumulative", window="day"), rule(200, "<", HOUR_MS))
    evening = [GOOD] * (22 * 12)
    alarm = judge([*evening, *[WARM] * (6 * 12), GOOD], by).alarms[0]
    assert [minutes(one.at_least_ms, one.at_most_ms) for one in alarm.events] == \
        [[120, 125], [235, 240]]


def test_an_alarm_that_goes_on_over_midnight_is_one() -> None:
    evening = [GOOD] * (22 * 12)
    alarm = judge([*evening, *[WARM] * (3 * 24 * 12), GOOD]).alarms[0]
    (event,) = alarm.events
    assert event.certain_at_ms == START_MS + 23 * HOUR_MS
    assert event.at_least_ms == 3 * DAY_MS - STEP


def test_min_samples_in_a_row() -> None:
    by = make(rule(800, ">", 0, min_samples=3), rule(200, "<", 0))
    assert states(judge([GOOD, WARM, WARM, GOOD], by)) == ["none", "none"]
    assert states(judge([GOOD, WARM, WARM, WARM, GOOD], by)) == ["certain", "none"]
    assert states(judge([GOOD, WARM, None, WARM, GOOD], by)) == ["possible", "possible"]


# Sensor of the mSupply source: one row a minute from 13:00, limits 8.0 for 300 s, 2.0 for 240 s.
SAMPLE = [350, 400, 500, 750, 880, 920, 870, 910, 840, 820, 810, 790, 320, 120, 130, 40, -20, 70,
          250]


@pytest.mark.parametrize(("cold_ms", "state"), [(240_000, "certain"), (240_001, "possible")])
def test_the_sample_sensor_of_msupply(cold_ms: int, state: str) -> None:
    by = make(rule(800, ">=", 300_000), rule(200, "<=", cold_ms), step_ms=MINUTE_MS)
    taken = readings(SAMPLE, step_ms=MINUTE_MS)
    verdict = storage.judge(by, alone(taken), None, taken[-1].unix_ms)
    (hot,), (cold,) = (alarm.events for alarm in verdict.alarms)
    assert (hot.first_ms, hot.last_ms) == (START_MS + 4 * MINUTE_MS, START_MS + 10 * MINUTE_MS)
    assert (hot.state, hot.at_least_ms, hot.extreme_cdeg) == ("certain", 360_000, 920)
    assert (cold.first_ms, cold.last_ms) == (START_MS + 13 * MINUTE_MS, START_MS + 17 * MINUTE_MS)
    assert (cold.state, cold.at_least_ms, cold.extreme_cdeg) == (state, 240_000, -20)


# -- gaps ----------------------------------------------------------------------------------------


def gap_of(minutes_missing: int) -> list[None]:
    return [None] * (minutes_missing // 5 - 1)


@pytest.mark.parametrize(("missing", "state"), [(55, "none"), (60, "possible")])
def test_a_gap_between_good_rows_may_hide_an_alarm(missing: int, state: str) -> None:
    verdict = judge([GOOD, GOOD, *gap_of(missing), GOOD, GOOD])
    assert states(verdict) == [state, state]
    assert [minutes(one.to_ms - one.from_ms) for one in verdict.gaps] == [[missing]]
    assert all(event.cause == "gap" for alarm in verdict.alarms for event in alarm.events)
    assert verdict.excursions == ()
    assert ("hold", "gap") in codes(verdict)


def test_a_gap_may_prolong_what_was_seen() -> None:
    verdict = judge([GOOD, *[WARM] * 8, *gap_of(40), GOOD, GOOD])
    (stay,) = verdict.excursions
    assert minutes(stay.at_least_ms, stay.at_most_ms, stay.unknown_ms) == [35, 80, 40]
    assert states(verdict) == ["possible", "none"]
    assert verdict.alarms[0].events[0].cause == "readings"


def test_two_stays_with_a_gap_between_are_certain_only_apart() -> None:
    verdict = judge([GOOD, *[WARM] * 8, *gap_of(30), *[WARM] * 8, GOOD])
    (stay,) = verdict.excursions
    assert minutes(stay.at_least_ms, stay.at_most_ms) == [70, 110]
    assert states(verdict) == ["possible", "none"]
    verdict = judge([GOOD, *[WARM] * 13, *gap_of(30), *[WARM] * 8, GOOD])
    assert states(verdict) == ["certain", "none"]


def test_a_gap_policy_may_let_short_gaps_pass() -> None:
    by = make(gap_policy={"outcome": "release", "charges_budgets": False})
    quiet = judge([GOOD, *gap_of(120), GOOD], by)
    assert (quiet.outcome, states(quiet)) == ("release", ["possible", "possible"])
    seen = judge([GOOD, *[WARM] * 8, *gap_of(40), GOOD], by)
    assert seen.outcome == "hold"  # what readings began, no policy lets pass


def test_a_missing_time_is_unknown_though_rows_are_near() -> None:
    taken = readings([GOOD] * 5)
    lost = (START_MS + 6 * MINUTE_MS, START_MS + 8 * MINUTE_MS, "sensor fault")
    exposure = Exposure("item", START_MS, taken[-1].unix_ms, (
        Segment("L1", START_MS, taken[-1].unix_ms, readings=taken, missing=(lost,)),))
    (gap,) = storage.judge(make(), exposure, None, taken[-1].unix_ms).gaps
    assert (gap.from_ms, gap.to_ms, gap.why) == \
        (START_MS + STEP, START_MS + 2 * STEP, "sensor fault")


def test_missing_at_both_ends() -> None:
    taken = readings([GOOD] * 3)
    ends = ((START_MS - STEP, START_MS - 1, "late start"),
            (taken[-1].unix_ms + 1, taken[-1].unix_ms + 2, "battery"))
    exposure = Exposure("item", START_MS - STEP, taken[-1].unix_ms + STEP, (
        Segment("L1", START_MS - STEP, None, readings=taken, missing=ends),))
    verdict = storage.judge(make(), exposure, None, exposure.to_ms)
    assert [one.why for one in verdict.gaps] == ["late start", "battery"]


def test_no_readings_are_never_a_release() -> None:
    by = make(gap_policy={"outcome": "release", "charges_budgets": False})
    for segments in ((), (Segment("L1", START_MS, None),)):
        exposure = Exposure("item", START_MS, START_MS + STEP, segments)
        verdict = storage.judge(by, exposure, None, START_MS + STEP)
        assert (verdict.outcome, verdict.reasons[0].code) == ("hold", "no readings")
        assert (verdict.low_cdeg, verdict.last_reading_ms) == (None, None)


def test_a_dead_sensor_is_no_data_since_not_an_endless_alarm() -> None:
    taken = readings([GOOD, *[WARM] * 14])
    last_ms = taken[-1].unix_ms
    exposure = Exposure("item", START_MS, last_ms + 90 * DAY_MS,
                        (Segment("L1", START_MS, None, readings=taken),))
    verdict = storage.judge(make(), exposure, None, last_ms + 30 * DAY_MS)
    (gap,) = verdict.gaps
    assert (gap.why, gap.from_ms, gap.to_ms) == \
        ("no data since", last_ms, last_ms + 30 * DAY_MS)
    (stay,) = verdict.excursions
    assert stay.open
    assert minutes(stay.at_least_ms) == [65]
    assert stay.last_ms == last_ms
    assert ("hold", "no data since") in codes(verdict)
    assert verdict.to_ms == last_ms + 30 * DAY_MS


def test_now_within_the_next_step_is_no_gap() -> None:
    taken = readings([GOOD] * 3)
    exposure = Exposure("item", START_MS, START_MS + DAY_MS,
                        (Segment("L1", START_MS, None, readings=taken),))
    assert storage.judge(make(), exposure, None, taken[-1].unix_ms + STEP).outcome == "release"


# -- loggers that follow each other, and side by side ----------------------------------------------


def test_a_hand_over_does_not_cut_an_excursion() -> None:
    taken = readings([GOOD, *[WARM] * 14, GOOD])
    at = taken[8].unix_ms - MINUTE_MS
    split = Exposure("item", START_MS, taken[-1].unix_ms, (
        Segment("truck", START_MS, at, readings=taken[:8]),
        Segment("ward", at, None, readings=taken[8:])))
    verdict = storage.judge(make(), split, None, taken[-1].unix_ms)
    (stay,) = verdict.excursions
    assert minutes(stay.at_least_ms, stay.at_most_ms) == [65, 75]
    assert stay.loggers == ("truck", "ward")
    assert states(verdict) == ["certain", "none"]


def test_readings_outside_the_time_together_are_not_the_items() -> None:
    taken = readings([WARM] * 5 + [GOOD] * 20 + [WARM] * 5)
    from_ms, to_ms = taken[5].unix_ms, taken[24].unix_ms
    exposure = Exposure("item", from_ms, to_ms,
                        (Segment("L1", from_ms, to_ms, readings=taken),))
    verdict = storage.judge(make(rule(800, ">", 0), rule(200, "<", 0)), exposure, None, to_ms)
    assert (verdict.outcome, verdict.readings) == ("release", 20)


def test_time_without_a_logger_is_unknown() -> None:
    first, second = readings([GOOD] * 4), readings([GOOD] * 4, start_ms=START_MS + HOUR_MS)
    exposure = Exposure("item", START_MS, second[-1].unix_ms, (
        Segment("L1", START_MS, first[-1].unix_ms, readings=first),
        Segment("L2", second[0].unix_ms, None, readings=second)))
    (gap,) = storage.judge(make(), exposure, None, second[-1].unix_ms).gaps
    assert (gap.why, gap.from_ms, gap.to_ms) == \
        ("no logger", first[-1].unix_ms, second[0].unix_ms)


def test_a_bad_reading_within_the_error_of_a_hand_over_is_possible() -> None:
    taken = readings([GOOD, GOOD, WARM, GOOD, GOOD])
    at = taken[2].unix_ms - 30_000
    exposure = Exposure("item", START_MS, taken[-1].unix_ms, (
        Segment("L1", at, None, start_error_ms=MINUTE_MS, readings=taken),
        Segment("L0", START_MS, at, end_error_ms=MINUTE_MS, readings=readings([GOOD, GOOD]))))
    by = make(rule(800, ">", 0), rule(200, "<", 0), step_ms=10 * MINUTE_MS)
    verdict = storage.judge(by, exposure, None, taken[-1].unix_ms)
    (event,) = verdict.alarms[0].events
    assert (event.state, event.cause, event.first_ms) == \
        ("possible", "readings", taken[2].unix_ms)
    (stay,) = verdict.excursions
    assert (stay.certain, stay.at_least_ms) == (False, 0)
    assert verdict.outcome == "hold"


def side_by_side(first: Sequence[int | None], second: Sequence[int | None],
                 by: Profile | None = None) -> Verdict:
    one, two = readings(first), readings(second)
    to_ms = START_MS + (max(len(first), len(second)) - 1) * STEP
    exposure = Exposure("item", START_MS, to_ms, (
        Segment("A", START_MS, None, readings=one), Segment("B", START_MS, None, readings=two)))
    return storage.judge(by or make(), exposure, None, to_ms)


def test_of_two_loggers_the_graver_counts_and_the_difference_shows() -> None:
    verdict = side_by_side([GOOD] * 20, [GOOD, *[WARM] * 14, *[GOOD] * 5])
    assert states(verdict) == ["certain", "none"]
    assert [one.loggers for one in verdict.excursions] == [("B",)]
    (difference,) = verdict.disagreements
    assert (difference.outside, difference.outside_cdeg, difference.inside,
            difference.inside_cdeg) == ("B", WARM, "A", GOOD)
    assert (difference.from_ms, difference.to_ms) == (START_MS + STEP, START_MS + 14 * STEP)
    assert ("release", "disagreement") in codes(verdict)


def test_two_loggers_that_agree_are_one_story() -> None:
    values = [GOOD, *[WARM] * 14, GOOD]
    verdict = side_by_side(values, values)
    assert verdict.disagreements == ()
    assert len(verdict.alarms[0].events) == 1
    assert len(verdict.excursions) == 2  # each logger's own


def test_one_logger_fills_the_gap_of_another() -> None:
    verdict = side_by_side([GOOD] * 5 + [None] * 20 + [GOOD] * 5, [GOOD] * 30)
    assert (verdict.gaps, verdict.outcome) == ((), "release")
    verdict = side_by_side([GOOD] * 5 + [None] * 20 + [GOOD] * 5,
                           [GOOD] * 8 + [WARM] * 14 + [GOOD] * 8)
    assert states(verdict) == ["certain", "none"]
    assert verdict.gaps == ()


def test_both_blind_is_blind() -> None:
    verdict = side_by_side([GOOD] * 5 + [None] * 20 + [GOOD] * 5,
                           [GOOD] * 10 + [None] * 15 + [GOOD] * 5)
    (gap,) = verdict.gaps
    assert minutes(gap.to_ms - gap.from_ms) == [80]


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
