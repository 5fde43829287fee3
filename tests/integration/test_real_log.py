"""A real logger export through the real line: sizes, and the device's own alarms."""

import datetime
import json
from datetime import UTC
from pathlib import Path

import pytest

from edge_gateway import replay
from edge_gateway.demo import driver, story
from edge_gateway.simulate import CHECKOUT
from tests.integration.line_rig import ALARMS, line, on_ledger
from tests.integration.test_demo import FRIDGE_TAG, demo
from tests.shared_data import shared

READINGS = 10_653


@pytest.mark.parametrize(("telemetry_age_h", "limit"), [(24, 2.4), (1, None)])
def test_bytes_a_reading_follow_the_age_of_records(tmp_path: Path, telemetry_age_h: int,
                                                   limit: float | None) -> None:
    journey = driver.from_log(shared(FRIDGE_TAG))
    with line(tmp_path, telemetry_age_h=telemetry_age_h, alarms=ALARMS) as running:
        running.logger.feed(story.logger_stimuli(journey))
        after_ms = journey.samples[-1].unix_ms + 1000
        running.logger.feed([(after_ms, ["key", "handover"]), (after_ms, ["wait"])])
        running.gateway.stop()
        with running.gateway.ledger() as ledger:
            found = on_ledger(ledger)
    print(f"records of {telemetry_age_h} h: {found.bytes_per_reading():.2f} bytes a reading")
    assert len(found.readings) == READINGS
    if limit is not None:
        assert found.bytes_per_reading() <= limit


def test_the_excursions_contain_the_devices_own_alarm_days() -> None:
    path = shared(FRIDGE_TAG)
    summary = demo("--log", str(path))
    assert summary["readings"] == READINGS
    assert summary["bytes_per_reading"] <= 4
    assert summary["elapsed_s"] < 60
    assert json.loads((CHECKOUT / "build/demo/summary.json").read_text()) == summary
    alarm_days = {day.date for day in replay.read(path, zone=UTC).days
                  for alarm in day.alarms if alarm.triggered_ms is not None}
    assert len(alarm_days) > 20
    assert alarm_days <= excursion_days(summary["excursions"])


def test_the_logger_is_set_to_the_interval_of_the_log() -> None:
    path = shared("compliance/berlinger/QTag_CLm_doc_LR_RCPJ00010_02_202211090128.txt")
    assert demo("--log", str(path))["readings"] == 124


def test_a_sample_without_a_value_is_no_reading() -> None:
    journey = driver.from_log(shared("compliance/berlinger/"
                                     "FridgeTag_UL_100800001215_202304201410.txt"))
    assert (len(journey.samples), journey.readings, journey.interval_ms) == (841, 835, 300_000)


def test_a_table_has_the_interval_between_most_of_its_rows(tmp_path: Path) -> None:
    table = tmp_path / "log.csv"
    table.write_text("time;temperature °C\n" + "".join(
        f"2026-05-04 06:{minute:02};5.0\n" for minute in (0, 2, 4, 5, 7, 9)))
    assert driver.from_log(table).interval_ms == 120_000


def excursion_days(excursions: list[dict[str, int]]) -> set[str]:
    """Every day that an excursion touches."""
    days = set()
    for one in excursions:
        day = datetime.datetime.fromtimestamp(one["first_ms"] / 1000, UTC).date()
        last = datetime.datetime.fromtimestamp(one["last_ms"] / 1000, UTC).date()
        while day <= last:
            days.add(day.isoformat())
            day += datetime.timedelta(days=1)
    return days
