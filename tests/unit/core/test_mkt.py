"""Mean kinetic temperature against a table computed apart, and where it may not speak."""

import json
from collections.abc import Sequence
from decimal import getcontext, localcontext
from typing import Any

import pytest

from ledger_client.core import mkt, storage
from ledger_client.core.profile import Profile
from ledger_client.core.verdict import MktResult
from tests.shared_data import shared
from tests.storage_scenes import DAY_MS, HOUR_MS, alone, make, readings, rule

EXACT = (83_144, 8_314_400)  # dH / R = 10000 K
FACTORY = (83_000, 8_314_500)

# degC and weight, MKT at 10000 K, MKT with 83.0 / 8.3145, both to 1e-6.
TABLE: list[tuple[list[tuple[int, int]], str, str]] = [
    ([(25, 1)], "25.000000", "25.000000"),
    ([(20, 1), (30, 1)], "26.259887", "26.257755"),
    ([(5, 23), (15, 1)], "5.763546", "5.762656"),
    ([(5, 21), (14, 3)], "6.804151", "6.802606"),
    ([(5, 18), (14, 6)], "8.285216", "8.283121"),
    ([(22, 717), (29, 3)], "22.043175", "22.043142"),
    ([(22, 696), (40, 24)], "23.599583", "23.596568"),
    ([(24, 696), (40, 24)], "25.260230", "25.258129"),
    ([(24, 648), (29, 72)], "24.636027", "24.635740"),
    ([(5, 55), (9, 5), (7, 120)], "6.505468", "6.505357"),
    ([(5, 12), (-2, 12)], "2.242055", "2.240770"),
]


def of(pairs: list[tuple[int, int]], constants: tuple[int, int]) -> int | None:
    return mkt.mean_kinetic_udeg([(degrees * 100, weight) for degrees, weight in pairs], *constants)


@pytest.mark.parametrize(("pairs", "exact", "factory"), TABLE)
def test_the_table_to_a_millionth(pairs: list[tuple[int, int]], exact: str, factory: str) -> None:
    assert of(pairs, EXACT) == int(exact.replace(".", ""))
    assert of(pairs, FACTORY) == int(factory.replace(".", ""))


def test_the_shared_cases_to_a_millionth() -> None:
    cases = json.loads(shared("compliance/oracles/mkt_cases.json").read_text(),
                       parse_float=str)["cases"]
    for case in cases:
        pairs = [(degrees, weight) for degrees, weight in case["pairs_temp_c_weight"]]
        expected_nano = int(case["mkt_c"].replace(".", ""))
        found = of(pairs, EXACT)
        print(case["case"], found, expected_nano)
        assert found is not None
        assert abs(found * 1000 - expected_nano) <= 500
    assert len(cases) >= 7


def test_the_ambient_context_changes_nothing() -> None:
    expected = of([(20, 1), (30, 1)], EXACT)
    with localcontext() as context:
        context.prec = 5
        assert of([(20, 1), (30, 1)], EXACT) == expected
        assert getcontext().prec == 5


def test_nothing_has_no_mean() -> None:
    assert mkt.mean_kinetic_udeg([], *EXACT) is None
    assert mkt.mean_kinetic_udeg([(500, 0)], *EXACT) is None
    assert mkt.mean_kinetic_udeg([(-27_315, 1), (-30_000, 1)], *EXACT) is None


def test_liquid_nitrogen_and_an_oven_still_have_one() -> None:
    assert of([(-196, 1)], EXACT) == -196_000_000
    assert of([(1000, 1)], EXACT) == 1_000_000_000


MKT_24H: dict[str, Any] = {"delta_h_j_mol": 83_144, "gas_constant_uj_mol_k": 8_314_400,
                           "window_ms": DAY_MS, "limit_cdeg": 800, "coverage_min_permille": 900}
ANY_TIME = (rule(800, ">", 0), rule(200, "<", 0))


def cold(**changes: Any) -> Profile:
    return make(*ANY_TIME, step_ms=HOUR_MS, mkt=MKT_24H | changes)


def hours(values: Sequence[int | None], by: Profile) -> tuple[str, MktResult, list[bool]]:
    taken = readings(values, step_ms=HOUR_MS)
    verdict = storage.judge(by, alone(taken), None, taken[-1].unix_ms)
    assert verdict.mkt is not None
    return verdict.outcome, verdict.mkt, [event.softened for alarm in verdict.alarms
                                          for event in alarm.events]


def test_a_short_high_excursion_is_softened() -> None:
    outcome, result, softened = hours([500] * 23 + [1500] + [500] * 24, cold())
    assert result.mkt_udeg == 5_763_546  # 24 readings an hour apart weigh the same
    assert (outcome, softened) == ("release", [True])


def test_six_hours_at_14_fail_though_the_mean_is_below_the_limit() -> None:
    outcome, result, softened = hours([500] * 18 + [1400] * 6 + [500] * 18, cold())
    assert result.mkt_udeg == 8_285_216
    assert (outcome, softened) == ("hold", [False])


def test_a_low_excursion_is_never_softened() -> None:
    outcome, result, softened = hours([500] * 12 + [-200] * 12, cold())
    assert result.mkt_udeg == 2_242_055
    assert (outcome, softened) == ("hold", [False])


def test_a_gap_beside_an_excursion_is_not_covered() -> None:
    values: list[int | None] = [*[500] * 20, 1500, None, *[500] * 20]
    outcome, result, softened = hours(values, cold(coverage_min_permille=500))
    assert result.passes
    assert (outcome, any(softened)) == ("hold", False)


def test_too_little_data_is_not_evaluable() -> None:
    outcome, result, softened = hours([500] * 10 + [1500] + [500] * 5, cold())
    assert (result.mkt_udeg, result.passes) == (None, False)
    assert result.coverage_permille == 16 * 1000 // 24
    assert (outcome, softened) == ("hold", [False])


def test_the_whole_exposure_can_be_the_window() -> None:
    outcome, result, softened = hours([500] * 10 + [1500] + [500] * 5, cold(window_ms=None))
    assert result.mkt_udeg == of([(5, 15), (15, 1)], EXACT)
    assert (result.coverage_permille, outcome, softened) == (1000, "release", [True])


def test_one_severity_milder_is_not_none() -> None:
    by = make(rule(800, ">", 0, severity="critical"), rule(200, "<", 0), step_ms=HOUR_MS,
              mkt=MKT_24H)
    outcome, _result, softened = hours([500] * 23 + [1500] + [500] * 24, by)
    assert (outcome, softened) == ("hold", [True])  # reject became hold


def test_the_worst_window_counts() -> None:
    quiet = [500] * 24 * 10
    values = [*quiet, *[1400] * 6, *quiet]
    _outcome, result, _softened = hours(values, cold())
    assert result.mkt_udeg == 8_285_216
    assert result.to_ms - result.from_ms == 23 * HOUR_MS


def test_a_window_without_the_excursion_excuses_nothing() -> None:
    """The warm hour lies in windows with too little data; the day after is complete and cool."""
    values: list[int | None] = [500, 1500, 500, *[None] * 30, *[500] * 30]
    outcome, result, softened = hours(values, cold())
    assert result.passes
    assert (outcome, any(softened)) == ("hold", False)


@pytest.mark.parametrize(("base", "minutes"), [(4, 325), (5, 271), (6, 202), (7, 115)])
def test_minutes_at_15_that_a_day_takes(base: int, minutes: int) -> None:
    inside = of([(base, 1440 - minutes), (15, minutes)], EXACT)
    beyond = of([(base, 1439 - minutes), (15, minutes + 1)], EXACT)
    assert inside is not None
    assert beyond is not None
    assert inside <= 8_000_000 < beyond


@pytest.mark.parametrize(("base", "hours_at_40"), [(20, 70), (22, 48), (23, 34), (24, 18)])
def test_hours_at_40_that_a_month_takes(base: int, hours_at_40: int) -> None:
    inside = of([(base, 720 - hours_at_40), (40, hours_at_40)], EXACT)
    beyond = of([(base, 719 - hours_at_40), (40, hours_at_40 + 1)], EXACT)
    assert inside is not None
    assert beyond is not None
    assert inside <= 25_000_000 < beyond


def test_a_failed_mean_holds_without_any_alarm() -> None:
    by = make(rule(3000, ">", 0), rule(200, "<", 0), step_ms=HOUR_MS,
              mkt=MKT_24H | {"limit_cdeg": 600})
    outcome, result, _softened = hours([700] * 30, by)
    assert (outcome, result.mkt_udeg) == ("hold", 7_000_000)
