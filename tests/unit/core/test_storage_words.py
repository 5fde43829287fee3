"""What a person reads: never rounded to the better, and every doubt said."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core import storage_terms as say
from ledger_client.core.exposure import REVOKED
from ledger_client.core.profile import AlarmRule, Budget, Profile, Range
from ledger_client.core.storage_values import Calibration, Exposure, Segment
from ledger_client.core.verdict import Verdict
from ledger_client.core.verdict_words import EXCURSIONS_SHOWN, Naming, verdict_words
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
    judge,
    make,
    readings,
    rule,
    side_by_side,
)


def words(verdict: Verdict, by: Profile) -> str:
    return "\n".join(verdict_words(verdict, by, Naming("cold", 3)))


@pytest.mark.parametrize(("value", "text"), [
    (800, "8.0 °C"), (805, "8.05 °C"), (-50, "-0.5 °C"), (-5, "-0.05 °C"), (0, "0.0 °C"),
    (-2000, "-20.0 °C"), (1999, "19.99 °C")])
def test_degrees(value: int, text: str) -> None:
    assert say.degrees(value) == text


@pytest.mark.parametrize(("duration_ms", "least", "most"), [
    (0, "0 s", "0 s"), (999, "0 s", "1 s"), (59_001, "59 s", "60 s"),
    (MINUTE_MS, "1 min", "1 min"), (90_000, "1 min", "2 min"), (HOUR_MS, "1 h", "1 h"),
    (HOUR_MS + 1, "1 h", "1 h 1 min"), (2 * HOUR_MS - 1, "1 h 59 min", "2 h"),
    (DAY_MS, "1 d", "1 d"), (DAY_MS + 1, "1 d", "1 d 1 h"), (2 * DAY_MS - 1, "1 d 23 h", "2 d")])
def test_durations_are_never_rounded_to_the_better(duration_ms: int, least: str,
                                                   most: str) -> None:
    assert (say.at_least(duration_ms), say.at_most(duration_ms)) == (least, most)


@pytest.mark.parametrize(("duration_ms", "text"), [
    (0, "0 s"), (999, "0.999 s"), (61_000, "1 min 1 s"), (HOUR_MS, "1 h"),
    (2 * DAY_MS + 23 * MINUTE_MS + 12_000, "2 d 23 min 12 s")])
def test_a_total_is_exact(duration_ms: int, text: str) -> None:
    assert say.exactly(duration_ms) == text


def test_a_mean_just_above_its_limit_does_not_print_as_the_limit() -> None:
    assert say.micro_degrees(8_000_000) == "8.0 °C"
    assert say.micro_degrees(8_000_001) == "8.01 °C"


@pytest.mark.parametrize(("one", "text"), [
    (AlarmRule(800, ">", "single", "none", 10 * HOUR_MS, 1, "major"),
     "above 8.0 °C for 10 h without interruption"),
    (AlarmRule(-50, "<=", "single", "none", 0, 1, "major"), "at or below -0.5 °C at any time"),
    (AlarmRule(200, "<", "single", "none", 0, 3, "major"),
     "below 2.0 °C at any time, 3 readings in a row"),
    (AlarmRule(800, ">=", "single", "none", 30 * MINUTE_MS + 1, 1, "major"),
     "at or above 8.0 °C for more than 30 min without interruption"),
    (AlarmRule(800, ">=", "cumulative", 72 * HOUR_MS, HOUR_MS, 1, "major"),
     "at or above 8.0 °C for 1 h within 3 d"),
    (AlarmRule(3000, ">=", "cumulative", "trip", HOUR_MS, 1, "major"),
     "at or above 30.0 °C for 1 h in all"),
    (AlarmRule(3000, ">=", "cumulative", "day", HOUR_MS, 1, "major"),
     "at or above 30.0 °C for 1 h within one day (UTC)")])
def test_rules(one: AlarmRule, text: str) -> None:
    assert say.rule(one) == text


def test_ranges_and_bands() -> None:
    assert say.limits(Range("", 200, "<", 800, ">")) == "2.0 to 8.0 °C"
    assert say.limits(Range("", None, "<", 1000, ">=")) == "up to 10.0 °C"
    assert say.limits(Range("", 200, "<", None, ">")) == "from 2.0 °C"
    edges = [(800, 2500, "8.0 to 25.0 °C"), (None, 2500, "up to 25.0 °C"),
             (800, None, "from 8.0 °C"), (None, None, "anywhere outside the range")]
    for low, high, text in edges:
        by = make(budgets=[{"low_cdeg": low, "high_cdeg": high, "max_total_ms": 0,
                            "max_single_ms": None, "max_events": None, "severity": "minor"}])
        assert isinstance(by.budgets[0], Budget)
        assert say.band(by, 0) == text


def test_moments_in_the_zone_asked_for() -> None:
    assert say.moment(START_MS, UTC) == "2023-11-15 00:00 UTC"
    assert say.moment(START_MS, timezone(timedelta(hours=2), "EET")) == "2023-11-15 02:00 EET"
    assert say.moment(2**53 - 1, UTC) == "9007199254740991 ms after 1970"


def test_an_uneventful_life() -> None:
    text = words(judge([GOOD] * 10), make())
    assert text.startswith("RELEASE: the storage rules are met.\nItem item, 2023-11-15 00:00 UTC "
                           "to 2023-11-15 00:45 UTC.\nJudged by profile \"cold\", version 3 "
                           "(2.0 to 8.0 °C): WHO PQS E006/TR06")
    assert "Nothing: its storage is no reason against using it." in text
    assert "10 readings, lowest 5.0 °C, highest 5.0 °C, as read." in text


def test_an_excursion_says_how_long_under_which_rule_and_what_to_do() -> None:
    by = make(rule(800, ">", HOUR_MS), rule(200, "<", HOUR_MS))
    text = words(judge([GOOD, *[WARM] * 13, GOOD], by), by)
    assert text.startswith("HOLD FOR QA")
    assert ("- Too warm, up to 9.0 °C (limit 8.0 °C), from 2023-11-15 00:05 to "
            "01:05 UTC: at least 1 h, at most 1 h 10 min.\n  Rule 1 (major) broken: above 8.0 °C "
            "for 1 h without interruption.") in text
    assert "Set it apart, marked, at its storage temperature. Quality assurance decides." in text
    assert "fired by 2023-11-15 01:05 UTC, at the earliest 2023-11-15 01:00 UTC." in text


def test_perhaps_is_said_and_explained() -> None:
    text = words(judge([GOOD, *[COLD] * 11, GOOD]), make())
    assert "Too cold, down to 1.0 °C (limit 2.0 °C)" in text
    assert "Rule 2 (major) perhaps broken: below 2.0 °C for 1 h" in text
    assert '"Perhaps" means that the readings allow it and do not prove it.' in text


def test_one_reading_has_no_length_and_no_rule() -> None:
    text = words(judge([GOOD, WARM, GOOD]), make())
    assert "for one reading, at most 10 min.\n  No alarm rule of the profile is met by it." in text


def test_a_part_is_never_larger_than_the_whole() -> None:
    whole_ms = 2 * DAY_MS + 22 * MINUTE_MS + 6000
    assert say.at_most_of(whole_ms, whole_ms) == "2 d 22 min 6 s"
    assert say.at_most_of(DAY_MS + 1, whole_ms) == "1 d 1 h"
    exposure = Exposure("item", START_MS, START_MS + whole_ms, ())
    text = words(storage.judge(make(), exposure, None, exposure.to_ms), make())
    assert "unknown 2 d 22 min 6 s." in text


def test_a_sum_beside_a_gap_says_what_it_leaves_out() -> None:
    text = words(judge([GOOD, WARM, GOOD, *[None] * 30, GOOD, WARM, GOOD]), make())
    assert " min where there are data, of 2 h 55 min." in text


def test_the_remedy_fits_the_cause() -> None:
    whole = (START_MS, START_MS + DAY_MS)
    by = make()
    causes = {
        "another logger that was there may give some": Segment(
            "L1", whole[0], None, missing=((*whole, REVOKED),)),
        "No logger is known to have been there all the time": None,
        "Read out the loggers that were with it": Segment("L1", whole[0], None)}
    for remedy, segment in causes.items():
        exposure = Exposure("item", *whole, () if segment is None else (segment,))
        text = words(storage.judge(by, exposure, None, whole[1]), by)
        assert [one for one in causes if one in text] == [remedy]
        assert ("There is not one reading that counts: the logger's key was revoked" in text) == \
            (segment is not None and bool(segment.missing))


def test_gaps_prove_nothing() -> None:
    text = words(judge([GOOD, *[None] * 30, GOOD]), make())
    assert "For 2 h 35 min in all there are no data: that time proves nothing." in text
    assert "While data were missing, rule 1 may have been broken unseen" in text
    assert "Read out the loggers that were with it" in text
    assert "No data from 2023-11-15 00:00 to 02:35 UTC: no readings." in text


def test_a_logger_slower_than_the_profile_expects_is_pointed_at() -> None:
    taken = readings([GOOD] * 10, step_ms=HOUR_MS)
    exposure = alone(taken)
    text = words(storage.judge(make(), exposure, None, exposure.to_ms), make())
    assert "Most readings are further apart than the profile allows (5 min)" in text


def test_a_dead_sensor() -> None:
    taken = readings([GOOD, *[WARM] * 14])
    exposure = Exposure("item", START_MS, START_MS + 9 * DAY_MS,
                        (Segment("L1", START_MS, None, readings=taken),))
    text = words(storage.judge(make(), exposure, None, exposure.to_ms), make())
    assert "at least 1 h 5 min, how much longer is not known: no data came after it" in text
    assert "No data since 2023-11-15 01:10 UTC." in text


def test_what_was_given_out_is_not_to_be_set_apart() -> None:
    exposure = Exposure("item", START_MS, START_MS + DAY_MS, (), "dispensed")
    by = make()
    text = "\n".join(verdict_words(storage.judge(by, exposure, None, exposure.to_ms), by,
                                   Naming("cold", 3), ended=exposure.ended))
    assert text.startswith("HOLD FOR QA")
    assert "to 2023-11-16 00:00 UTC, when it was dispensed." in text
    assert "Set it apart" not in text
    assert "It was dispensed already. Quality assurance decides" in text


def test_no_reading_at_all() -> None:
    exposure = Exposure("item", START_MS, START_MS + DAY_MS, ())
    text = words(storage.judge(make(), exposure, None, exposure.to_ms), make())
    assert "There is not one reading: nothing is known." in text
    assert "0 readings, lowest none, highest none" in text


def test_freezing_and_budgets_and_the_permitted_range() -> None:
    by = profile.decode(profiles.load("refrigerated-2-8"))
    text = words(judge([GOOD, *[WARM] * 300, GOOD, -100, GOOD, 1600, GOOD], by), by)
    assert "It stayed within the permitted excursion range, 2.0 to 15.0 °C." in text
    assert "It must not freeze, and was at -1.0 °C." in text
    assert "thawing mends nothing" in text
    assert "The time permitted 8.0 to 15.0 °C is exceeded (major)" in text
    assert "It was outside every permitted band (major): at least" in text
    assert "The calibration of logger L1 is missing." in text
    assert "Register the calibration certificate" in text
    assert "delta H 83144 J/mol, R 8314400 uJ/(mol K), window 1 d" in text
    assert "too high." in text


def test_a_gap_that_may_exceed_a_budget_is_no_period() -> None:
    by = profile.decode(profiles.load("refrigerated-2-8"))
    text = words(judge([GOOD, *[None] * 400, GOOD], by), by)
    assert "is perhaps exceeded (major): at least 0 s, at most" in text
    assert "in 0 periods" not in text


def test_what_is_left_of_a_budget() -> None:
    by = make(rule(2500, ">", 0), rule(200, "<", 0), budgets=[
        {"low_cdeg": 800, "high_cdeg": 2500, "max_total_ms": 72 * HOUR_MS, "max_single_ms": None,
         "max_events": None, "severity": "major"}])
    text = words(judge([GOOD, *[WARM] * 11, GOOD], by), by)
    assert "at least 50 min, at most 1 h, 2 d 23 h left of 3 d." in text


def test_mkt_that_softens_says_so() -> None:
    by = make(rule(800, ">", 0), rule(200, "<", 0), mkt={
        "delta_h_j_mol": 83_144, "gas_constant_uj_mol_k": 8_314_400, "window_ms": None,
        "limit_cdeg": 800, "coverage_min_permille": 900})
    text = words(judge([GOOD] * 50 + [WARM] + [GOOD] * 50, by), by)
    assert text.startswith("RELEASE: it was outside its storage range, within what is permitted.")
    assert "the excursions above the range that it covers count one severity less" in text
    assert "one severity milder by MKT" in text
    short = words(judge([GOOD, None, None, None, GOOD], by), by)
    assert "Mean kinetic temperature not evaluable, too little data" in short


def test_loggers_that_disagree() -> None:
    text = words(side_by_side([GOOD] * 20, [GOOD, *[WARM] * 14, *[GOOD] * 5]), make())
    assert "Loggers that were together disagree; the graver one counts." in text
    assert "Have the loggers that disagree checked." in text
    assert "B shows 9.0 °C and A 5.0 °C" in text


def test_guard_band_and_calibration() -> None:
    certificate = Calibration("DKD-7", 0, START_MS + DAY_MS, ((0, -10),), 50)
    by = make(guard_band_cdeg=None, calibration_required=True)
    taken = readings([GOOD, 780, GOOD])
    text = words(storage.judge(by, alone(taken), certificate, taken[-1].unix_ms), by)
    assert "The highest reading, 7.7 °C at 2023-11-15 00:05 UTC, lies within 0.5 °C of the " \
        "limit 8.0 °C: conditional pass." in text
    assert "Logger L1: calibrated, certificate DKD-7." in text
    assert "corrected by calibration." in text
    late = Calibration("DKD-7", 0, START_MS - 1, ((0, 100),), 50)
    text = words(storage.judge(by, alone(taken), late, taken[-1].unix_ms), by)
    assert "L1 is expired (certificate DKD-7): outside its validity it corrects nothing" in text
    assert "corrected by calibration where a certificate was valid." in text
    bare = words(judge([GOOD] * 3, by), by)
    assert "Nothing states how exact the highest reading is" in bare


def test_a_doubtful_hand_over() -> None:
    taken = readings([GOOD, GOOD, WARM, GOOD, GOOD])
    at = taken[2].unix_ms - 30_000
    exposure = Exposure("item", START_MS, taken[-1].unix_ms, (
        Segment("L1", at, None, start_error_ms=MINUTE_MS, readings=taken),
        Segment("L0", START_MS, at, end_error_ms=MINUTE_MS, readings=readings([GOOD, GOOD]))))
    by = make(step_ms=2 * STEP)
    text = words(storage.judge(by, exposure, None, taken[-1].unix_ms), by)
    assert "Perhaps, hand-over and reading being too close to tell: Too warm" in text


def test_many_excursions_are_counted_not_listed() -> None:
    text = words(judge([GOOD, WARM] * 20), make())
    assert text.count("- Too warm") == EXCURSIONS_SHOWN
    assert f"And {20 - EXCURSIONS_SHOWN} more stays outside the range; a rule was met in 0" in text


def test_a_cut_list_still_names_the_extremes_and_the_longest() -> None:
    by = make(rule(800, ">", 0, severity="critical"), rule(200, "<", 10 * HOUR_MS))
    text = words(judge([GOOD, *[WARM, WARM, GOOD] * 8, 2000, GOOD, *[COLD] * 20, GOOD, 50, GOOD],
                       by), by)
    assert text.count("- Too warm, up to 9.0 °C") == EXCURSIONS_SHOWN
    for extreme in ("up to 20.0 °C", "down to 0.5 °C", "down to 1.0 °C"):
        assert text.count(extreme) == 1
    assert "And 3 more stays outside the range; a rule was met in 3 of them." in text


def test_a_rule_that_is_broken_and_permitted_is_no_rule_met() -> None:
    by = make(rule(400, ">", 0, severity="minor"), rule(200, "<", 0))
    text = words(judge([300, GOOD, 300], by), by)
    assert text.startswith("RELEASE: a rule was broken, within what is permitted.")


def test_a_rule_inside_the_range_has_a_sentence_of_its_own() -> None:
    by = make(rule(400, ">", HOUR_MS), rule(200, "<", HOUR_MS))
    text = words(judge([300, *[GOOD] * 13, 300], by), by)
    assert ("- Rule 1 (major) broken: above 4.0 °C for 1 h without interruption; at least 1 h, at "
            "most 1 h 10 min.") in text


def test_reject_says_so() -> None:
    by = profile.decode(profiles.load("ctc-vaccine"))
    text = words(judge([GOOD, 4100, GOOD], by), by)
    assert text.startswith("REJECT: do not use it.")
    assert "Set it apart, marked as rejected. Quality assurance confirms." in text


def test_a_cumulative_rule_names_its_own_excursions() -> None:
    by = make(rule(800, ">", 30 * MINUTE_MS, mode="cumulative", window="trip"),
              rule(200, "<", HOUR_MS))
    text = words(judge([GOOD, *[WARM] * 5, GOOD, *[WARM] * 5, GOOD], by), by)
    assert text.count("- Too warm") == 2
    assert text.count("Rule 1 (major) broken: above 8.0 °C for 30 min in all.") == 1  # of both


def test_several_alike_say_their_rule_once_and_others_their_own() -> None:
    by = make(rule(800, ">", 0), rule(200, "<", 0, severity="critical"))
    lines = words(judge([GOOD, WARM, GOOD, WARM, GOOD, COLD, GOOD], by), by).splitlines()
    start = lines.index("What happened:")
    assert [line[:10].strip() for line in lines[start + 1:start + 7]] == [
        "- Outside", "- Too cold", "Rule 2 (", "- Too warm", "- Too warm", "Rule 1 ("]
    assert lines[start + 1] == \
        "- Outside its range 3 times: at least 0 s and at most 30 min of 30 min."


def test_a_span_names_its_day_once() -> None:
    minute = 60_000
    assert say.span(START_MS, START_MS, UTC) == "at 2023-11-15 00:00 UTC"
    assert say.span(START_MS, START_MS + minute, UTC) == "from 2023-11-15 00:00 to 00:01 UTC"
    assert say.span(START_MS - minute, START_MS, UTC) == \
        "from 2023-11-14 23:59 UTC to 2023-11-15 00:00 UTC"
    zurich = ZoneInfo("Europe/Zurich")
    change_ms = 1_698_541_200_000  # 2023-10-29: clocks go back an hour
    assert say.span(change_ms - minute, change_ms, zurich) == \
        "from 2023-10-29 02:59 CEST to 2023-10-29 02:00 CET"
    assert say.span(0, 10**18, UTC).endswith("ms after 1970")
