"""WHO PQS E006/DS01: transmissions read exactly, and ours valid by the schema of receivers."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge_gateway import replay
from edge_gateway.replay import ds01
from edge_gateway.replay.sensor_log import Question
from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.storage_values import Exposure
from ledger_client.errors import InvalidData, UsageError
from tests.shared_data import shared
from tests.storage_scenes import GOOD, START_MS, alone, readings

REPORT = {"AMID": "tenant:1/fridge:7", "CID": "UG", "EDOP": "2026-01-05", "EMFR": "Coldseal",
          "EMOD": "logger", "EPQS": "E006/000", "ESER": "0011223344556677", "EMSV": "0.1.0"}
SENSOR = ("0011223344556677:1", "Analog Devices", "DS18B20")
WHO = profile.decode(profiles.load("who-e003-ems"))
STEP_MS = 900_000


def schemas() -> list[dict[str, Any]]:
    folder = shared("compliance/cce_interop")
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def example(number: int, tmp_path: Path) -> Path:
    path = tmp_path / "example.json"
    path.write_text(json.dumps(schemas()[-1]["examples"][number]))
    return path


def transmission(values: list[int | None]) -> dict[str, Any]:
    taken = readings(values, step_ms=STEP_MS)
    exposure = alone(taken)
    verdict = storage.judge(WHO, exposure, None, exposure.to_ms)
    of = ds01.Transmission("1:1", "org.example", (ds01.Report(REPORT, SENSOR, taken),))
    return ds01.transmission(of, verdict, WHO, now_ms=exposure.to_ms)


def test_the_examples_of_the_schema_are_read(tmp_path: Path) -> None:
    examples = schemas()[-1]["examples"]
    assert len(examples) == 2
    for number, one in enumerate(examples):
        logs = ds01.read(example(number, tmp_path))
        assert len(logs) == len(one["data"])
        for log, report in zip(logs, one["data"], strict=True):
            assert [None if value is None else value / 100 for _time, value in log.rows] == \
                [record["TVC"] for record in report["records"] if "TVC" in record]
            assert log.serial in (report.get("LSER"), report["ESER"])


def test_a_record_of_other_temperatures_is_no_missing_value(tmp_path: Path) -> None:
    path = tmp_path / "rtm.json"
    path.write_text(json.dumps({"records": [
        {"ABST": "20240615T000000Z", "TVC": 4.5}, {"ABST": "20240615T001500Z", "TAMB": 21.5},
        {"ABST": "20240615T003000Z", "TVC": 4.6, "TAMB": None}]}))
    assert [value for _time, value in replay.read(path).rows] == [450, 460]
    (ambient,) = ds01.read(path, temperature="TAMB")
    assert [value for _time, value in ambient.rows] == [2150, None]
    with pytest.raises(UsageError, match="none of TVC, TFRZ, TAMB"):
        ds01.read(path, temperature="TFOO")


def test_ours_is_valid_by_every_schema() -> None:
    ours = transmission([GOOD, 435, 800, *[1250] * 50, 200, *[-60] * 8])
    for schema in schemas():
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(ours, schema, cls=jsonschema.Draft202012Validator)


def test_the_validator_can_refuse_ours() -> None:
    ours = transmission([GOOD] * 3)
    del ours["data"][0]["records"][1]["ALRM"]
    with pytest.raises(jsonschema.ValidationError, match="ALRM"):
        jsonschema.validate(ours, schemas()[-1], cls=jsonschema.Draft202012Validator)


def test_alarms_stand_at_the_records_during_which_they_were_on() -> None:
    ours = transmission([GOOD, *[1250] * 44, GOOD, *[-60] * 7, GOOD])
    codes = [one["ALRM"] for one in ours["data"][0]["records"]]
    # HEAT after ten hours: forty steps after its first record; FRZE after one hour: four steps.
    assert codes == [None, *[None] * 40, *["HEAT"] * 4, None, *[None] * 4, *["FRZE"] * 3, None]


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    values: list[int | None] = [435, 800, -55, 0, 1205]
    ours = transmission(values)
    assert [one["TVC"] for one in ours["data"][0]["records"]] == [4.35, 8, -0.55, 0, 12.05]
    assert ours["data"][0]["records"][0]["ABST"] == "20231115T000000Z"
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(ours))
    log = replay.read(path)
    assert list(log.rows) == [(START_MS + number * STEP_MS, value)
                              for number, value in enumerate(values)]
    assert (log.format, log.serial) == ("ds01", REPORT["ESER"])


def test_a_simulated_record_file_has_no_envelope() -> None:
    log = replay.read(shared("compliance/cce_simulated_faults/stuck_door.json"))
    rows = list(log.rows)
    assert (len(rows), rows[0][1], rows[-1][1]) == (24, 1350, 1620)
    assert len(log.notes) == 24


def body(**changes: object) -> dict[str, Any]:
    record: dict[str, object] = {"ABST": "20240615T000000Z", "TVC": 4.5}
    record.update(changes)
    return {"records": [{"ABST": "20240614T234500Z", "TVC": None},
                        {key: value for key, value in record.items() if value != "absent"}]}


@pytest.mark.parametrize(("value", "words"), [
    ("[1]", "not a DS01 object"),
    ("{", "not JSON"),
    ('{"data": []}', "list of reports"),
    ('{"data": [{}]}', "report 0 has no list of records"),
    ('{"records": [1]}', "record 0 is not an object"),
    (body(ABST="2024-06-15T00:00:00Z"), "record 1: ABST"),
    (body(ABST="20241515T000000Z"), "no time"),
    (body(ABST="20240101T000000Z"), "goes back"),
    (body(TVC="absent"), "has none of TVC, TFRZ, TAMB"),
    (body(TVC="4.5"), "no number"),
    (body(TVC=True), "no number"),
])
def test_what_is_broken_is_named(tmp_path: Path, value: object, words: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    with pytest.raises(InvalidData, match=words):
        replay.read(path)


def test_a_missing_value_is_missing_time(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(body()))
    segment = replay.segment(replay.read(path))
    assert [one[2] for one in segment.missing] == ["sensor gave no value"]
    assert segment.end_ms is not None
    exposure = Exposure("item", segment.start_ms, segment.end_ms, (segment,))
    assert len(storage.judge(WHO, exposure, None, exposure.to_ms).gaps) == 1


def test_several_reports_are_several_logs(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(json.dumps({"data": [body(), body()]}))
    assert len(ds01.read(path)) == 2
    with pytest.raises(Question, match="Say --report and a number from 1 to 2"):
        replay.read(path)
    with pytest.raises(Question, match="from 1 to 2"):
        replay.read(path, report=3)
    assert list(replay.read(path, report=2).rows) == list(ds01.read(path)[1].rows)
    with pytest.raises(Question, match="--column TFOO is none of TVC"):
        replay.read(path, report=1, column="TFOO")
