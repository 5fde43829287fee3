"""Verdicts on scenes small enough to reckon by hand: durations, rules, gaps, loggers."""

import pytest

from ledger_client.core import storage
from ledger_client.core.storage_values import Exposure, Segment
from tests.storage_scenes import (
    COLD,
    DAY_MS,
    GOOD,
    HOUR_MS,
    MINUTE_MS,
    START_MS,
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


def test_a_sliding_window_fires_again_when_the_time_lies_far_apart() -> None:
    by = make(rule(800, ">", 30 * MINUTE_MS, mode="cumulative", window=10 * HOUR_MS),
              rule(200, "<", HOUR_MS))
    pause = [GOOD] * (12 * 12)
    stay = [*[WARM] * 4, GOOD, *[WARM] * 5]
    alarm = judge([GOOD, *stay, *pause, *stay, *pause, WARM, *pause], by).alarms[0]
    assert [(one.state, one.at_least_ms) for one in alarm.events] == \
        [("certain", 35 * MINUTE_MS)] * 2


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


def test_of_two_loggers_the_graver_counts_and_the_difference_shows() -> None:
    verdict = side_by_side([GOOD] * 20, [GOOD, *[WARM] * 14, *[GOOD] * 5])
    assert states(verdict) == ["certain", "none"]
    assert [one.loggers for one in verdict.excursions] == [("B",)]
    (difference,) = verdict.disagreements
    assert (difference.outside, difference.outside_cdeg, difference.inside,
            difference.inside_cdeg) == ("B", WARM, "A", GOOD)
    assert (difference.from_ms, difference.to_ms) == (START_MS + STEP, START_MS + 14 * STEP)
    assert ("release", "disagreement") in codes(verdict)


def test_what_only_the_milder_logger_saw_counts_too() -> None:
    """A was warm in the morning, B in the evening: both firings stand in the verdict."""
    morning = [GOOD, *[WARM] * 14, *[GOOD] * 30]
    evening = [*[GOOD] * 25, *[WARM] * 18, GOOD, GOOD]
    verdict = side_by_side(morning, evening)
    assert [one.at_least_ms for one in verdict.alarms[0].events] == \
        [65 * MINUTE_MS, 85 * MINUTE_MS]
    assert [(one.loggers, one.rule) for one in verdict.excursions] == [(("A",), 0), (("B",), 0)]
    assert len(verdict.disagreements) == 2


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
