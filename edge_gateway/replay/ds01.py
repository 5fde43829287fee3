"""WHO PQS E006/DS01 transmissions, as JSON Schema cce-interop 0.8.1 writes them, in and out.

In: the envelope (meta, data), or one bare object with `records`; one of the temperatures TVC
(vaccine compartment), TFRZ (freezer) and TAMB (ambient), of which a record may leave some out.
Out: an "rtm" transmission; HEAT and FRZE stand at each record during which such an alarm was on.
Numbers are read as decimals, so that 4.35 is 435 and nothing else.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from edge_gateway.replay import numbers
from edge_gateway.replay.sensor_log import Question, Row, SensorLog
from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import Reading
from ledger_client.core.verdict import CERTAIN, AlarmEvent, Verdict
from ledger_client.errors import InvalidData

FORMAT = "ds01"
SCHEMA_VERSION = "0.8.1"
FILE_BYTES = 16 << 20  # one transmission has at most 1 MB after compression (clause of delivery)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z")
_SERIALS = ("LSER", "ESER", "ASER", "AMID")
_DEVICES = ("LMOD", "EMOD", "AMOD")
_CODES = ("ALRM", "EERR", "LERR")
TEMPERATURES = ("TVC", "TFRZ", "TAMB")

Json = dict[str, object]


@dataclass(frozen=True)
class Report:
    """What one logger measured in which monitored appliance; `fields` as DS01 names them (AMID,
    CID, EDOP, EMFR, EMOD, EPQS, ESER, EMSV), sensor = (SID, SMFR, SMOD) of TVC."""

    fields: Mapping[str, str]
    sensor: tuple[str, str, str]
    readings: Sequence[Reading]


@dataclass(frozen=True)
class Transmission:
    """Who sends, under which id: the same for the same data sent again."""

    transfer_id: str
    source: str
    reports: Sequence[Report]


def read(path: Path, *, temperature: str = "TVC") -> list[SensorLog]:
    """One log for each report of a transmission.  Raise InvalidData naming report and record."""
    if temperature not in TEMPERATURES:
        raise Question(f"--column {temperature} is none of {', '.join(TEMPERATURES)}")
    if path.stat().st_size > FILE_BYTES:
        raise InvalidData("log", f"{path.name} has more than {FILE_BYTES >> 20} MiB")
    try:
        value = json.loads(path.read_bytes(), parse_float=Decimal)
    except ValueError as error:
        raise InvalidData("log", f"{path.name} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidData("log", f"{path.name} is not a DS01 object")
    reports = value.get("data", [value])
    if not isinstance(reports, list) or not reports:
        raise InvalidData("log", f"{path.name}: data is not a list of reports")
    return [_log(report, temperature, f"{path.name} report {number}")
            for number, report in enumerate(reports)]


def _log(report: object, temperature: str, where: str) -> SensorLog:
    if not isinstance(report, dict) or not isinstance(report.get("records"), list):
        raise InvalidData("log", f"{where} has no list of records")
    rows: list[Row] = []
    notes: list[str] = []
    for number, record in enumerate(report["records"]):
        if not isinstance(record, dict):
            raise InvalidData("log", f"{where} record {number} is not an object")
        notes += [f"{record['ABST']} {code}: {record[code]}" for code in _CODES
                  if record.get(code) and record.get("ABST")]
        row = _row(record, temperature, f"{where} record {number}")
        if row is None:
            continue
        if rows and row[0] < rows[-1][0]:
            raise InvalidData("log", f"{where} record {number}: the time goes back")
        rows.append(row)
    return SensorLog(format=FORMAT, device=_first(report, _DEVICES) or "DS01 equipment",
                     serial=_first(report, _SERIALS), rows=tuple(rows), notes=tuple(notes))


def _first(report: Json, keys: Sequence[str]) -> str:
    return next((str(report[key]) for key in keys if report.get(key)), "")


def _row(record: Json, temperature: str, where: str) -> Row | None:
    """None when the record states other temperatures only."""
    absolute = record.get("ABST")
    found = _TIME.fullmatch(absolute) if isinstance(absolute, str) else None
    if found is None:
        raise InvalidData("log", f"{where}: ABST {absolute!r} is not like 20240615T001500Z")
    try:
        moment = datetime(*(int(part) for part in found.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError as error:
        raise InvalidData("log", f"{where}: ABST {absolute!r} is no time") from error
    if temperature not in record:
        if any(one in record for one in TEMPERATURES):
            return None
        raise InvalidData("log", f"{where} has none of {', '.join(TEMPERATURES)}")
    value = record[temperature]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
        raise InvalidData("log", f"{where}: {temperature} {value!r} is no number")
    return int(moment.timestamp()) * 1000, None if value is None else numbers.cdeg(str(value))


def transmission(of: Transmission, verdict: Verdict, profile: Profile, *, now_ms: int) -> Json:
    """A transmission of readings with the alarms of their verdict."""
    return {
        "meta": {"schemaVersion": SCHEMA_VERSION, "transferType": "rtm",
                 "transferId": of.transfer_id, "transferSrc": of.source,
                 "transferredAt": _at(now_ms, "%Y-%m-%dT%H:%M:%SZ")},
        "data": [{**one.fields,
                  "DLST": {"TVC": dict(zip(("SID", "SMFR", "SMOD"), one.sensor, strict=True))},
                  "records": _records(one.readings, verdict, profile)} for one in of.reports],
    }


def _records(readings: Sequence[Reading], verdict: Verdict, profile: Profile) -> list[Json]:
    """A battery that is not reported, and no device error, are null."""
    events: dict[str, list[AlarmEvent]] = {"HEAT": [], "FRZE": []}
    for alarm in verdict.alarms:
        high = profile.alarms[alarm.rule].high
        events["HEAT" if high else "FRZE"] += [
            one for one in alarm.events if one.state == CERTAIN]
    return [{"ABST": _at(one.unix_ms, "%Y%m%dT%H%M%SZ"),
             "TVC": _number(one.value_cdeg), "ALRM": _alarm(one.unix_ms, events),
             "BEMD": None, "EERR": None} for one in readings]


def _alarm(unix_ms: int, events: Mapping[str, Sequence[AlarmEvent]]) -> str | None:
    on = [code for code, each in events.items() if any(_on(one, unix_ms) for one in each)]
    return " ".join(on) or None


def _on(event: AlarmEvent, unix_ms: int) -> bool:
    return event.certain_at_ms is not None and event.last_ms is not None and \
        event.certain_at_ms <= unix_ms <= event.last_ms


def _number(value_cdeg: int) -> int | float:
    """JSON has one kind of number; two decimals survive a double."""
    return value_cdeg // 100 if value_cdeg % 100 == 0 else value_cdeg / 100


def _at(unix_ms: int, form: str) -> str:
    return datetime.fromtimestamp(unix_ms // 1000, UTC).strftime(form)
