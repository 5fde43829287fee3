"""Text exports of Berlinger Fridge-tag (2, 2 L, Ultra Low) and Q-tag loggers.

A key and value tree, tab-indented rows of readings, then certificate and signature.  Times are
local and name no zone: the header's `Zone: 0.00` is 0.00 whatever the wall clock shows.  Rows that
the device flags "x" lie strictly beyond a limit: it compares with > and <.
"""

import hashlib
import re
from datetime import datetime, tzinfo
from pathlib import Path

from edge_gateway.replay import local_time, numbers
from edge_gateway.replay.sensor_log import (
    AlarmSpan,
    BadLog,
    Day,
    DayAlarm,
    Limit,
    Row,
    SensorLog,
    VendorSignature,
)
from edge_gateway.replay.tree import Node, Tree
from ledger_client.core.profile import CUMULATIVE, SINGLE
from ledger_client.errors import InvalidData

FORMAT = "berlinger"
FILE_BYTES = 64 << 20  # a year of one-minute rows has 20 MB
_NO_VALUE = "--.-"
_ROW_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_MINUTE_MS = 60_000
# Q-tag alarm types -> (operator, mode); 0 is an unused slot.
_TYPES = {"1": ("<", SINGLE), "2": (">", SINGLE), "3": ("<", CUMULATIVE), "4": (">", CUMULATIVE)}


def read(path: Path, *, zone: str | tzinfo | None = None) -> SensorLog:
    """The log in `path`.

    Raise Question without a zone, BadLog for a line that is not of the format, InvalidData for a
    file that is none.
    """
    data = path.read_bytes()
    if len(data) > FILE_BYTES:
        raise InvalidData("log", f"{path.name} has more than {FILE_BYTES >> 20} MiB")
    where = local_time.asked_zone(zone, path.name)
    tree, rows = _parse(_text(data, path.name), where)
    root, configuration = tree.root, tree.root.node("Conf")
    unit = configuration.get("Temp unit") or numbers.CELSIUS
    if unit != numbers.CELSIUS:
        raise BadLog(configuration.line, f"Temp unit {unit!r} is not known here")
    days = _days(root, where)
    interval = configuration.get("Logging Interval")
    return SensorLog(
        format=FORMAT, device=root.text("Device"), serial=configuration.text("Serial"),
        rows=tuple(rows), interval_ms=int(interval) * _MINUTE_MS if interval else None,
        started_ms=_stated(root, ("TS Start", "TS Actv"), where),
        stopped_ms=_stated(root, ("TS Stop", "TS Report Creation"), where),
        limits=_limits(configuration), days=days, alarms=_alarms(root, where),
        results=_results(root, configuration), notes=(*_errors(root), *_notes(rows, days)),
        signature=_signature(root, data))


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidData("log", f"{name} is not UTF-8 at byte {error.start}") from error


def _parse(text: str, where: tzinfo) -> tuple[Tree, list[Row]]:
    tree = Tree()
    rows: list[Row] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("\t"):
            if line.strip():
                tree.add(number, line)
            continue
        cells = line[1:].split("\t")
        if _ROW_TIME.fullmatch(cells[0]):
            rows.append(_row(cells, where, number))
            if len(rows) > 1 and rows[-1][0] < rows[-2][0]:
                raise BadLog(number, "the time goes back")
        elif cells[0] != "yyyy-MM-dd hh:mm" and cells[0] != "Number":
            raise BadLog(number, f"{cells[0]!r} is neither a time nor the heading of a table")
    if not tree.root.rows or "Device" not in tree.root.rows[0][1]:
        raise InvalidData("log", 'no Berlinger export: the first line is not "Device: ..."')
    return tree, rows


def _row(cells: list[str], where: tzinfo, line: int) -> Row:
    if len(cells) < 2 or (len(cells) > 2 and cells[2] not in ("", "x")):
        raise BadLog(line, "a row is time, temperature and perhaps x")
    value = None if cells[1] == _NO_VALUE else numbers.cdeg(cells[1])
    if value is None and cells[1] != _NO_VALUE:
        raise BadLog(line, f"{cells[1]!r} is no temperature")
    return _time(cells[0], where, line), value


def _time(text: str, where: tzinfo, line: int) -> int:
    try:
        return local_time.unix_ms(datetime.strptime(text, "%Y-%m-%d %H:%M"), where, line)
    except ValueError as error:
        raise BadLog(line, f"{text!r} is no time") from error


def _stated(root: Node, keys: tuple[str, ...], where: tzinfo) -> int | None:
    """The first of `keys` that the head of the results has a time for."""
    for node in (root.node("Res"), root.node("Hist")):
        for key in keys:
            text = node.get(key)
            if text:
                return _time(text, where, node.line)
    return None


def _limits(configuration: Node) -> tuple[Limit, ...]:
    limits = []
    for slot, node in configuration.node("Alarm").nodes.items():
        kind = node.get("Type")
        if kind == "0":
            continue
        # A Fridge-tag has two slots and no types: 0 below, 1 above, both without interruption.
        op, mode = ("<" if slot == "0" else ">", SINGLE) if kind is None else \
            _TYPES.get(kind, ("", ""))
        limit_cdeg = numbers.cdeg(node.text("T AL"))
        if not op or limit_cdeg is None:
            raise BadLog(node.line, f"alarm {slot}: type {kind} or limit not known")
        limits.append(Limit(slot, op, limit_cdeg, _minutes_ms(node, "t AL"), mode))
    return tuple(limits)


def _minutes_ms(node: Node, key: str) -> int:
    text = node.text(key)
    if not text.isdigit():
        raise BadLog(node.line, f"{key}: {text!r} is no number of minutes")
    return int(text) * _MINUTE_MS


def _days(root: Node, where: tzinfo) -> tuple[Day, ...]:
    """Oldest first, as rows are."""
    found = [_day(node, where) for node in root.node("Hist").nodes.values()]
    return tuple(sorted(found, key=lambda day: day.start_ms))


def _day(node: Node, where: tzinfo) -> Day:
    date = node.text("Date")
    alarms = []
    for slot, alarm in node.node("Alarm").nodes.items():
        trigger = alarm.get("TS A")
        alarms.append(DayAlarm(slot, _minutes_ms(alarm, "t Acc"), None if trigger is None else
                               _time(f"{date} {trigger}", where, alarm.line)))
    timeouts = [sensor for key, sensor in node.nodes.items() if key.endswith("Sensor timeout")]
    return Day(date, _time(date + " 00:00", where, node.line), _optional(node, "Min T"),
               _optional(node, "Max T"), _optional(node, "Avrg T"), tuple(alarms),
               sum(_minutes_ms(sensor, "t AccST") for sensor in timeouts))


def _optional(node: Node, key: str) -> int | None:
    text = node.get(key)
    return None if text is None else numbers.cdeg(text)


def _alarms(root: Node, where: tzinfo) -> tuple[AlarmSpan, ...]:
    """What a Q-tag lists; each firing is a line of its slot."""
    return tuple(
        AlarmSpan(slot, _time(pairs["TS S"], where, line), _time(pairs["TS A"], where, line),
                  int(pairs["t A"]) * _MINUTE_MS)
        for slot, node in root.node("Res").node("Alarm").nodes.items()
        for line, pairs in node.rows if {"TS S", "TS A", "t A"} <= pairs.keys())


def _results(root: Node, configuration: Node) -> tuple[tuple[str, str], ...]:
    """The firmware's own figures, as printed; MKT Energy is its delta H in kJ/mol."""
    found = [(key, root.node("Res").get(key)) for key in ("MKT", "Avrg T", "Min T", "Max T")]
    found.append(("MKT Energy", configuration.get("MKT Energy")))
    return tuple((key, value) for key, value in found if value is not None)


def _errors(root: Node) -> tuple[str, ...]:
    """Errors of the device, by its own numbers: what they mean only its maker says."""
    return tuple(f"error {number}, counted {node.get('Err Count') or '?'}, last at "
                 f"{node.get('Err TS') or 'no time'} device time"
                 for number, node in root.node("Errors").nodes.items())


def _notes(rows: list[Row], days: tuple[Day, ...]) -> tuple[str, ...]:
    """Rows that the firmware's day list does not know, and days that have no row."""
    if not rows:
        return ("the export holds daily summaries only, no readings",)
    if not days:
        return ()
    starts = [day.start_ms for day in days]
    bare = [day.date for day, end in zip(days, [*starts[1:], None], strict=True)
            if not any(day.start_ms <= row[0] and (end is None or row[0] < end) for row in rows)]
    if not bare:
        return ()
    return (f"{len(bare)} of {len(days)} summarised days have no readings: {bare[0]} to "
            f"{bare[-1]}",)


def _signature(root: Node, data: bytes) -> VendorSignature | None:
    text = root.get("Sig")
    if text is None:
        return None
    certificate = tuple((key, value) for _line, pairs in root.node("Cert").rows
                        for key, value in pairs.items())
    return VendorSignature(hashlib.sha256(data).digest(), certificate, text)
