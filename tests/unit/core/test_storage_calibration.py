"""Calibration, uncertainty and the guard band, applied when judging."""

from collections.abc import Sequence

import pytest

from ledger_client.core import conformity, storage
from ledger_client.core.storage_values import Calibration, Exposure, Segment, calibration_of
from ledger_client.core.verdict import Verdict
from tests.storage_scenes import START_MS, alone, make, readings, rule

STEP = 300_000
END_MS = START_MS + 10 * STEP


def certificate(*points: tuple[int, int], u95: int = 50, to_ms: int = END_MS,
                from_ms: int = START_MS) -> Calibration:
    return Calibration("C-1", from_ms, to_ms, points or ((0, 0),), u95)


@pytest.mark.parametrize(("value", "corrected"), [
    (-1000, -990), (-500, -490), (0, 5), (500, 500), (250, 253), (750, 749), (1000, 997),
    (2000, 1997)])
def test_corrections_lie_on_straight_lines_between_points(value: int, corrected: int) -> None:
    points = ((-500, 10), (500, 0), (1000, -3))
    assert certificate(*points).corrected(value) == corrected


def test_a_calibration_has_ascending_points() -> None:
    with pytest.raises(AssertionError, match="ascend"):
        certificate((5, 0), (5, 1))
    with pytest.raises(AssertionError, match="has a point"):
        Calibration("C", 0, 1, (), 0)


def test_one_calibration_is_every_loggers_a_mapping_is_each() -> None:
    one = certificate()
    assert calibration_of(one, "L1") is one
    assert calibration_of({"L1": one}, "L1") is one
    assert calibration_of({"L1": one}, "L2") is None
    assert calibration_of(None, "L1") is None


def judge(values: Sequence[int], calibration: Calibration | None, *, required: bool = True,
          guard_cdeg: int | None = 0) -> Verdict:
    taken = readings(values)
    by = make(rule(800, ">", 0), rule(200, "<", 0), calibration_required=required,
              guard_band_cdeg=guard_cdeg)
    return storage.judge(by, alone(taken), calibration, taken[-1].unix_ms)


def test_the_correction_decides_and_the_reading_stays_raw() -> None:
    taken = readings([790, 790, 790])
    by = make(rule(800, ">", 0), rule(200, "<", 0))
    exposure = alone(taken)
    verdict = storage.judge(by, exposure, certificate((0, 20)), taken[-1].unix_ms)
    assert (verdict.high_cdeg, verdict.alarms[0].state) == (810, "certain")
    assert exposure.segments[0].readings[0].value_cdeg == 790
    verdict = storage.judge(by, exposure, certificate((0, -20)), taken[-1].unix_ms)
    assert (verdict.high_cdeg, verdict.alarms[0].state) == (770, "none")


@pytest.mark.parametrize(("calibration", "state"), [
    (None, "missing"),
    (certificate(to_ms=START_MS + STEP), "expired"),
    (certificate(from_ms=START_MS + STEP), "not yet valid"),
    (certificate(), "in force"),
])
def test_the_state_of_the_calibration_is_said(calibration: Calibration | None, state: str) -> None:
    verdict = judge([500] * 5, calibration)
    (said,) = verdict.calibrations
    assert (said.logger, said.state) == ("L1", state)
    assert said.certificate == (None if calibration is None else "C-1")
    assert verdict.outcome == ("release" if state == "in force" else "hold")
    relaxed = judge([500] * 5, calibration, required=False)
    assert relaxed.outcome == "release"
    assert any(one.code == "calibration" for one in relaxed.reasons) == (state != "in force")


@pytest.mark.parametrize(("from_ms", "to_ms", "values"), [
    (START_MS, END_MS, (60, 60)), (0, START_MS - 1, (-40, -40)),
    (START_MS + 11 * STEP, START_MS + 20 * STEP, (-40, -40)), (0, START_MS + STEP, (-40, 60))])
def test_outside_its_validity_a_certificate_corrects_nothing(from_ms: int, to_ms: int,
                                                             values: tuple[int, int]) -> None:
    """Else an expired one hides a freezing."""
    taken = readings([-40] * 5)
    by = make(rule(800, ">", 0), rule(200, "<", 0), guard_band_cdeg=None)
    held = certificate((0, 100), from_ms=from_ms, to_ms=to_ms)
    verdict = storage.judge(by, alone(taken), held, taken[-1].unix_ms)
    assert (verdict.low_cdeg, verdict.high_cdeg) == values
    low, _high = verdict.conformities
    assert low.guard_cdeg == (50 if held.valid_at(low.at_ms) else None)


# ILAC-G8 with the limit 8.0 and w = U = 0.5.
GUARDED = [(740, "pass"), (770, "conditional pass"), (830, "conditional fail"), (860, "fail")]


@pytest.mark.parametrize(("value", "decision"), GUARDED)
@pytest.mark.parametrize("guard_cdeg", [50, None])
def test_four_decisions_of_a_guard_band(value: int, decision: str,
                                        guard_cdeg: int | None) -> None:
    """A band of the profile, or the uncertainty of the certificate."""
    verdict = judge([500, value, 500], certificate(), guard_cdeg=guard_cdeg)
    low, high = verdict.conformities
    assert (high.side, high.limit_cdeg, high.guard_cdeg) == ("high", 800, 50)
    assert (high.decision, high.extreme_cdeg, high.at_ms) == (decision, value, START_MS + STEP)
    assert low.decision == "pass"
    said = [one.subject for one in verdict.reasons if one.code == "guard band"]
    assert said == ([1] if decision.startswith("conditional") else [])


@pytest.mark.parametrize(("value", "decision"), [(775, "pass"), (776, "conditional pass"),
                                                 (800, "conditional pass"),
                                                 (801, "conditional fail"),
                                                 (824, "conditional fail"), (825, "fail")])
def test_a_published_guard_of_024(value: int, decision: str) -> None:
    """An alarm at +7.76 for the limit 8.00."""
    assert judge([500, value], certificate(), guard_cdeg=24).conformities[1].decision == decision


def test_without_a_guard_band_it_is_simple_acceptance() -> None:
    assert [judge([500, value], certificate()).conformities[1].decision
            for value in (799, 800, 801)] == ["pass", "pass", "fail"]


def test_the_low_side_mirrors() -> None:
    decisions = [judge([500, value], certificate(), guard_cdeg=50).conformities[0].decision
                 for value in (251, 250, 200, 199, 150, 149)]
    assert decisions == ["pass", "conditional pass", "conditional pass", "conditional fail",
                         "conditional fail", "fail"]


def test_an_inclusive_limit_is_outside_itself() -> None:
    assert conformity.decide(0, True, 50) == "conditional fail"
    assert conformity.decide(0, False, 50) == "conditional pass"


def test_an_unknown_uncertainty_decides_nothing() -> None:
    verdict = judge([500, 790], None, guard_cdeg=None)
    assert [one.decision for one in verdict.conformities] == [None, None]
    assert [one.subject for one in verdict.reasons if one.code == "guard band"] == [0, 1]


def test_each_logger_is_judged_by_its_own_certificate() -> None:
    taken = readings([770, 770])
    exposure = Exposure("item", START_MS, START_MS + STEP, (
        Segment("A", START_MS, None, readings=taken),
        Segment("B", START_MS, None, readings=taken)))
    by = make(guard_band_cdeg=None, calibration_required=True)
    mapping = {"A": certificate(u95=10), "B": certificate(u95=40)}
    verdict = storage.judge(by, exposure, mapping, START_MS + STEP)
    assert (verdict.conformities[1].logger, verdict.conformities[1].decision) == \
        ("B", "conditional pass")
    assert [one.logger for one in verdict.calibrations] == ["A", "B"]
    assert verdict.outcome == "release"
