"""Readers of other makers' exports: what they give, what they ask, what they refuse."""

import hashlib
import tracemalloc
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from edge_gateway import replay
from edge_gateway.replay import berlinger, local_time, sensor_log
from edge_gateway.replay.sensor_log import BadLog, Question
from ledger_client.core import storage
from ledger_client.core.storage_values import Exposure
from ledger_client.errors import InvalidData, UsageError
from tests.shared_data import shared
from tests.storage_scenes import HOUR_MS, MINUTE_MS, make

FRIDGE_2L = "compliance/berlinger/FridgeTag_2L_130500109088_202206081014.txt"
VENDORS = "compliance/museum_loggers/vendor_formats"

HEAD = """Device: Q-tag Fridge-tag 2 L
Conf:
 Serial: 42
 Temp unit: C
 Logging Interval: 5
 Alarm:
  0:
   T AL: +2.0, t AL: 60
  1:
   T AL: +8.0, t AL: 60
Hist:
 TS Actv: 2022-05-02 04:44
 1:
  Date: 2022-05-02
  Min T: +4.0, TS Min T: 00:42
  Max T: +6.2, TS Max T: 09:52
  Avrg T: +4.5
  Alarm:
   0:
    t Acc: 0
   1:
    t Acc: 12, TS A: 05:44, C A: 0
Data:
\tyyyy-MM-dd hh:mm\tT\tOut of limits
\t2022-05-02 05:00\t26.3\tx
\t2022-05-02 05:05\t--.-\tx
\t2022-05-02 05:10\t4.0
Cert:
 Owner: Berlinger & Co. AG
Sig: 0a0b
"""


def file(folder: Path, content: str | bytes, name: str = "log.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# -- Berlinger and Q-tag -----------------------------------------------------------------------


def test_a_berlinger_export(tmp_path: Path) -> None:
    path = file(tmp_path, HEAD.replace("\n", "\r\n"))
    log = replay.read(path, zone="+02:00")
    assert (log.format, log.device, log.serial, log.interval_ms) == \
        ("berlinger", "Q-tag Fridge-tag 2 L", "42", 5 * MINUTE_MS)
    start_ms = 1_651_460_400_000  # 2022-05-02 03:00 UTC
    assert list(log.rows) == [(start_ms, 2630), (start_ms + 5 * MINUTE_MS, None),
                              (start_ms + 10 * MINUTE_MS, 400)]
    assert list(log.rows) == list(log.rows)
    assert [(one.slot, one.op, one.limit_cdeg, one.duration_ms, one.mode) for one in log.limits] \
        == [("0", "<", 200, HOUR_MS, "single"), ("1", ">", 800, HOUR_MS, "single")]
    (day,) = log.days
    assert (day.date, day.min_cdeg, day.max_cdeg, day.mean_cdeg) == ("2022-05-02", 400, 620, 450)
    assert [(one.accumulated_ms, one.triggered_ms) for one in day.alarms] == \
        [(0, None), (12 * MINUTE_MS, start_ms + 44 * MINUTE_MS)]
    assert log.started_ms == start_ms - 16 * MINUTE_MS
    segment = replay.segment(log, error_ms=30_000)
    assert (segment.logger, segment.start_ms, segment.end_ms) == \
        ("42", log.started_ms, start_ms + 10 * MINUTE_MS)
    assert [one.error_ms for one in segment.readings] == [30_000, 30_000]
    assert segment.missing == ((start_ms + 5 * MINUTE_MS, start_ms + 5 * MINUTE_MS + 1,
                                "sensor gave no value"),)


def test_a_vendor_signature_is_kept_not_verified(tmp_path: Path) -> None:
    path = file(tmp_path, HEAD)
    signature = replay.read(path, zone="UTC").signature
    assert signature is not None
    assert signature.text == "0a0b"
    assert signature.certificate == (("Owner", "Berlinger & Co. AG"),)
    assert signature.file_sha256 == hashlib.sha256(path.read_bytes()).digest()
    assert not any("verif" in field for field in signature.__dataclass_fields__)
    assert replay.read(file(tmp_path, HEAD.split("Sig:")[0]), zone="UTC").signature is None


def test_the_cut_copy_carries_the_same_signature_over_other_bytes() -> None:
    whole = replay.read(shared(FRIDGE_2L), zone="UTC").signature
    cut = replay.read(shared("compliance/berlinger/FridgeTag_2L_test.txt"), zone="UTC").signature
    assert whole is not None
    assert cut is not None
    assert whole.text == cut.text
    assert whole.file_sha256 != cut.file_sha256


BROKEN = [
    ("4.0\nCert", "4.0\ty\nCert", 27, "perhaps x"),
    ("26.3", "warm", 25, "no temperature"),
    ("05:10\t4.0", "04:10\t4.0", 27, "goes back"),
    ("05:10", "25:10", 27, "no time"),
    ("\tyyyy", "\tjjjj", 24, "heading"),
    ("  1:\n   T AL: +8.0", "  1:\n     T AL: +8.0", 10, "indented"),
    ("T AL: +2.0, ", "", 7, "no 'T AL'"),
    ("t AL: 60\n  1", "t AL: x\n  1", 7, "minutes"),
    ("Conf:", "Conf", 2, "not key: value"),
    ("Temp unit: C", "Temp unit: K", 2, "not known"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), BROKEN)
def test_a_broken_line_is_named(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in HEAD
    with pytest.raises(BadLog, match=words) as caught:
        replay.read(file(tmp_path, HEAD.replace(old, new, 1)), zone="UTC")
    assert caught.value.line == line


def test_local_times_ask_for_their_zone(tmp_path: Path) -> None:
    with pytest.raises(Question, match="Say --zone UTC"):
        replay.read(file(tmp_path, HEAD))


@pytest.mark.parametrize("name", ["Mars/Olympus", "+99:00", "CET+1"])
def test_an_unknown_zone_says_what_is_known(name: str) -> None:
    with pytest.raises(UsageError, match="Europe/Zurich"):
        local_time.zone(name)


def test_a_zone_may_be_given_as_such() -> None:
    assert local_time.zone(UTC) is UTC


@pytest.mark.parametrize("hour", ["2022-10-30 02:30", "2022-03-27 02:30"])
def test_a_repeated_or_missing_hour_is_refused(tmp_path: Path, hour: str) -> None:
    text = HEAD.replace("2022-05-02 05:10", hour).replace("2022-05-02 05:0", "2022-03-01 05:0")
    with pytest.raises(BadLog, match="twice or never"):
        replay.read(file(tmp_path, text), zone="Europe/Zurich")
    assert replay.read(file(tmp_path, text), zone="+01:00")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="not UTF-8"):
        replay.read(file(tmp_path, HEAD.encode() + b"\xff"), zone="UTC")
    with pytest.raises(InvalidData, match="first line"):
        berlinger.read(file(tmp_path, "Serial: 1\n"), zone="UTC")
    with pytest.raises(InvalidData, match="first line"):
        berlinger.read(file(tmp_path, ""), zone="UTC")


def test_an_unused_slot_and_an_unknown_type(tmp_path: Path) -> None:
    typed = HEAD.replace("T AL: +2.0", "Type: 0, T AL: +2.0").replace("T AL: +8.0",
                                                                      "Type: 4, T AL: +8.0")
    (limit,) = replay.read(file(tmp_path, typed), zone="UTC").limits
    assert (limit.slot, limit.op, limit.mode) == ("1", ">", "cumulative")
    with pytest.raises(BadLog, match="type 9"):
        replay.read(file(tmp_path, typed.replace("Type: 4", "Type: 9")), zone="UTC")


@pytest.mark.parametrize("name", ["FridgeTag_2L_130500109088_202206081014.txt",
                                  "FridgeTag_UL_100800001215_202304201410.txt",
                                  "QTag_CLm_doc_LR_RCPJ00010_02_202211090128.txt"])
def test_the_devices_own_flag_of_every_row_is_ours(name: str) -> None:
    path = shared("compliance/berlinger") / name
    log = replay.read(path, zone="UTC")
    flags = [line.split("\t")[3:4] == ["x"] for line in path.read_text("utf-8").splitlines()
             if line.startswith("\t2")]
    rows = list(log.rows)
    assert len(flags) == len(rows) > 100
    beyond = [value is None or any(
        value < one.limit_cdeg if one.op == "<" else value > one.limit_cdeg for one in log.limits)
        for _time, value in rows]
    assert beyond == flags


# -- tables --------------------------------------------------------------------------------------

# file -> what must be passed, first row (unix_ms, cdeg), rows
TABLES: dict[str, tuple[dict[str, Any], tuple[int, int], int]] = {
    "Case_1_A0000000.csv": ({}, (1_629_533_160_000, 2270), 10),
    "TandD_1.csv": ({}, (1_629_533_160_000, 2270), 10),
    "TandD_2.csv": ({}, (1_636_732_260_000, 2050), 10),
    "Hanwell_1.csv": ({}, (1_763_683_200_000, 1850), 10),
    "Meaco_3.csv": ({"unit": "C"}, (1_767_139_440_000, 1725), 10),
    "Trend_1.csv": ({}, (1_630_456_200_000, 2060), 10),
    "miniClima_1.csv": ({"date_order": "dmy"}, (1_754_524_800_000, 2200), 10),
}


@pytest.mark.parametrize("name", TABLES)
def test_vendor_tables(name: str) -> None:
    options, first, count = TABLES[name]
    log = replay.read(shared(VENDORS) / name, zone="UTC", **options)
    rows = list(log.rows)
    assert (rows[0], len(rows)) == (first, count)
    assert rows == list(log.rows)
    assert rows == sorted(rows)


def test_hanwell_states_its_serial_number() -> None:
    assert replay.read(shared(VENDORS) / "Hanwell_1.csv", zone="UTC").serial == "0000-00000"


@pytest.mark.parametrize(("name", "options", "words"), [
    ("Meaco_3.csv", {}, "names no unit"),
    ("Meaco_4.csv", {}, "no column says that it is a temperature.*'LUX', 'UV'"),
    ("miniClima_1.csv", {}, "such as '.*': is it day.*--date-order dmy or --date-order mdy or "
     "--date-order ymd"),
    ("TandD_1.csv", {"column": "ch"}, "fits 4 of its columns"),
    ("TandD_1.csv", {"column": "pressure"}, "fits 0 of its columns"),
])
def test_what_a_table_leaves_open_is_asked(name: str, options: dict[str, Any],
                                           words: str) -> None:
    with pytest.raises(Question, match=words):
        replay.read(shared(VENDORS) / name, zone="UTC", **options)


def test_a_table_without_zone_asks() -> None:
    with pytest.raises(Question, match="local times and no zone"):
        replay.read(shared(VENDORS) / "TandD_1.csv")


def test_the_office_log_is_fahrenheit_with_its_known_gaps() -> None:
    path = shared("compliance/nab/ambient_temperature_system_failure.csv")
    with pytest.raises(Question, match="Say --unit C"):
        replay.read(path, zone="UTC")
    log = replay.read(path, zone="UTC", unit="F")
    segment = replay.segment(log)
    values = [one.value_cdeg for one in segment.readings]
    assert (len(values), min(values), max(values)) == (7267, 1414, 3012)
    by = make(low=1500, high=2500, step_ms=HOUR_MS, mkt={
        "delta_h_j_mol": 83_144, "gas_constant_uj_mol_k": 8_314_400, "window_ms": None,
        "limit_cdeg": 2500, "coverage_min_permille": 500})
    assert segment.end_ms is not None
    verdict = storage.judge(by, Exposure("office", segment.start_ms, segment.end_ms, (segment,)),
                            None, segment.end_ms)
    hours = sorted((one.to_ms - one.from_ms) // HOUR_MS for one in verdict.gaps)
    assert hours == [2, 3, 15, 30, 32, 48, 71, 96, 160, 174]
    assert verdict.mkt is not None
    assert verdict.mkt.mkt_udeg is not None
    assert abs(verdict.mkt.mkt_udeg - 22_090_000) < 10_000


SEMICOLON = "Zeit;Temp. °C;RH %\n13.02.2024 10:00;4,5;50\n14.02.2024 10:00;-0,25;51\n"


def test_a_decimal_comma_and_a_date_that_decides(tmp_path: Path) -> None:
    log = replay.read(file(tmp_path, SEMICOLON.encode("latin-1")), zone="UTC")
    assert list(log.rows) == [(1_707_818_400_000, 450), (1_707_904_800_000, -25)]
    assert "latin-1" in log.notes[0]


def test_a_zone_in_the_row_needs_no_question(tmp_path: Path) -> None:
    text = "time,temp_c (°C)\n2024-02-13T10:00:00Z,4\n2024-02-13 13:05:00+02:00,5\n"
    assert list(replay.read(file(tmp_path, text)).rows) == \
        [(1_707_818_400_000, 400), (1_707_822_300_000, 500)]
    mixed = text.replace("+02:00", "")
    with pytest.raises(BadLog, match="names no zone"):
        list(replay.read(file(tmp_path, mixed)).rows)


@pytest.mark.parametrize(("text", "words"), [
    ("t,T (C)\n2024-02-13 10:00,4\n2024-02-13 09:00,4\n", "goes back"),
    ("t,T (C)\n2024-02-13 10:00,4\n2024-02-13 10:05,warm\n", "no temperature"),
    ("t,T (C)\n2024-02-13 10:00,4\nTotal,5\n", "no time"),
    ("t,T (C)\n2024-02-13 10:00,4\n2024-13-13 10:00,4\n", "no time"),
    ("t,T (C)\n2024-02-13 10:00,4\n2024-02-13 13:00 pm,4\n", "no time"),
    ("t,T (C)\n13/02/2024 10:00,4\n02/13/2024 10:00,4\n", "line 3"),
])
def test_a_broken_row_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadLog, match=words):
        list(replay.read(file(tmp_path, text), zone="UTC").rows)


def test_a_date_order_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "t,T (C)\n13/02/2024 10:00,4\n")
    with pytest.raises(BadLog, match="--date-order mdy"):
        replay.read(path, zone="UTC", date_order="mdy")
    with pytest.raises(Question, match="none of dmy, mdy, ymd"):
        replay.read(path, zone="UTC", date_order="ydm")


def test_a_unit_against_the_heading_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "t,T (C)\n2024-02-13 10:00,4\n")
    with pytest.raises(InvalidData, match="column says"):
        replay.read(path, zone="UTC", unit="F")
    with pytest.raises(Question, match="neither"):
        replay.read(path, zone="UTC", unit="K")


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "t,T (C)\n2024-02-13 10:00,4\n2024-02-13 10:05," + "4" * 9000 + "\n")
    with pytest.raises(BadLog, match="longer than 8192"):
        list(replay.read(path, zone="UTC").rows)


def test_a_row_with_too_few_cells_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "n;t;T (C)\n1;2024-02-13 10:00;4\n2\n")
    with pytest.raises(BadLog, match="line 3: too few cells"):
        list(replay.read(path, zone="UTC").rows)


@pytest.mark.parametrize("text", ["", "no table\n", "a,b\n1,2\n"])
def test_no_table_at_all(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidData, match="table of readings"):
        replay.read(file(tmp_path, text), zone="UTC")


def test_binary_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="NUL"):
        replay.read(file(tmp_path, b"a\0b"), zone="UTC")


def test_empty_cells_are_missing_values(tmp_path: Path) -> None:
    log = replay.read(file(tmp_path, "t,T (C)\n2024-02-13 10:00,4\n2024-02-13 10:05,\n"
                           "2024-02-13 10:10,--\n"), zone="UTC")
    assert [value for _time, value in log.rows] == [400, None, None]


def test_two_temperatures_ask_which(tmp_path: Path) -> None:
    path = file(tmp_path, "t,air (C),water (C)\n2024-02-13 10:00,4,5\n")
    with pytest.raises(Question, match="more than one column"):
        replay.read(path, zone="UTC")
    assert next(iter(replay.read(path, zone="UTC", column="water").rows))[1] == 500


def test_a_large_table_is_walked_not_held(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as out:
        out.write("t,T (C)\n")
        for number in range(28 * 1440):
            out.write(f"2024-02-{1 + number // 1440:02} "
                      f"{number // 60 % 24:02}:{number % 60:02},4.5\n")
    tracemalloc.start()
    count = sum(1 for _row in replay.read(path, zone="UTC").rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 28 * 1440
    assert peak < path.stat().st_size // 2


def test_a_log_without_rows_is_no_segment(tmp_path: Path) -> None:
    log = replay.read(shared("compliance/berlinger/FridgeTag_2_130400191542_202302140605.txt"),
                      zone="UTC")
    assert log.notes == ("error 19, counted 1, last at 2022-03-24 15:30 device time",
                         "the export holds daily summaries only, no readings")
    with pytest.raises(InvalidData, match="no rows"):
        sensor_log.segment(log)
