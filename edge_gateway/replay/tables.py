"""Comma and semicolon separated exports of loggers, whatever their dialect.

The file is walked, never held: once for its heading, once or part of it for the order of its dates,
and once each time that rows are asked for.  Headings are all lines before the first that holds a
time; the temperature is the column that says so by its name or its unit.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from edge_gateway.replay import dates, local_time, numbers
from edge_gateway.replay.sensor_log import BadLog, Question, Row, SensorLog
from ledger_client.errors import InvalidData

FORMAT = "csv"
HEADING_LINES = 64  # the longest seen has 15
LINE_CHARACTERS = 8192
_EMPTY = ("", "-", "--", "---", "--.-", "nan", "n/a", "null")
_TEMPERATURE = re.compile(r"temp|thermist", re.IGNORECASE)
# A degree sign, or what is left of it after a wrong conversion; then the letter alone.
_UNIT = re.compile(r"(?:^|[\s/(\[])(?:[°º\ufffd]|deg\.?\s?)?([CF])(?:[\s)\]]|$)")
_SERIAL = re.compile(r"serial", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a file is written: where its rows begin, and what stands in which cell."""

    encoding: str
    delimiter: str
    first_line: int
    time_cell: int
    labels: tuple[str, ...]
    preface: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The rows of a file; walking it reads the file again."""

    path: Path
    dialect: Dialect
    value_cell: int
    unit: str
    order: str
    zone: tzinfo | None

    def __iter__(self) -> Iterator[Row]:
        before = None
        for line, cells in _cells(self.path, self.dialect):
            found = dates.find(cells[self.dialect.time_cell])
            if found is None:
                raise BadLog(line, f"{cells[self.dialect.time_cell]!r} is no time")
            unix_ms = self._unix_ms(found, line)
            if before is not None and unix_ms < before:
                raise BadLog(line, "the time goes back: was the clock set, or is this another log?")
            before = unix_ms
            yield unix_ms, _value(cells, self.value_cell, self.unit, line)

    def _unix_ms(self, found: dates.Found, line: int) -> int:
        """In the zone that the row names, else the file's."""
        named = dates.zone_of(found)
        where = self.zone if named is None else local_time.zone(named)
        if where is None:
            raise BadLog(line, f"{found[0]!r} names no zone, though the first row does")
        return local_time.unix_ms(dates.moment(found, self.order, line), where, line)


def read(path: Path, *, zone: str | tzinfo | None = None, date_order: str | None = None,
         unit: str | None = None, column: str | None = None) -> SensorLog:
    """The log in `path`.

    zone: of its clock; date_order: "dmy", "mdy" or "ymd"; unit: "C" or "F"; column: part of the
    heading of the temperature.  Each is asked for by a Question when the file leaves it open.
    """
    dialect = _dialect(path)
    cell = _column(dialect, column, path.name)
    label = dialect.labels[cell]
    known = _unit(label)
    if unit is not None and unit not in (numbers.CELSIUS, numbers.FAHRENHEIT):
        raise Question(f"--unit {unit} is neither C nor F")
    if known is None and unit is None:
        raise Question(f'{path.name}: the column {label!r} names no unit: is it Celsius or '
                       'Fahrenheit? Say --unit C or --unit F')
    if known is not None and unit is not None and unit != known:
        raise InvalidData("log", f"{path.name}: --unit {unit}, but its column says {label!r}")
    order = dates.order(_times(path, dialect), date_order)
    _line, first = next(_times(path, dialect))
    where = None if dates.zone_of(first) else local_time.asked_zone(zone, path.name)
    return SensorLog(
        format=FORMAT, device=dialect.preface[0] if dialect.preface else path.stem,
        serial=_serial(dialect), rows=Table(path, dialect, cell, known or unit or "", order, where),
        notes=(f"temperature from the column {label!r}, dates as {order}, "
               f"{dialect.encoding}, delimiter {dialect.delimiter!r}",))


def _dialect(path: Path) -> Dialect:
    encoding = _encoding(path)
    heading: list[str] = []
    with path.open(encoding=encoding, newline="") as file:
        for number in range(1, HEADING_LINES + 1):
            line = file.readline(LINE_CHARACTERS)
            if not line:
                break
            text = line.strip("\r\n")
            for delimiter in (";", ",", "\t"):
                cells = _split(text, delimiter)
                at = next((at for at, cell in enumerate(cells) if dates.find(cell)), None)
                if at is not None and len(cells) > at + 1:
                    return _described(Dialect(encoding, delimiter, number, at, (), ()), heading,
                                      len(cells))
            heading.append(text)
    raise InvalidData("log", f"{path.name}: no line of the first {HEADING_LINES} holds a date and "
                      "time beside a value: is it a table of readings?")


def _encoding(path: Path) -> str:
    """UTF-8 when all of it is, else Latin-1, in which old loggers write their degree sign."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for chunk in iter(lambda: file.read(1 << 16), ""):
                if "\0" in chunk:
                    raise InvalidData("log", f"{path.name} holds NUL bytes: is it a text table?")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _described(dialect: Dialect, heading: list[str], width: int) -> Dialect:
    """With the labels of its columns: the cells above each, those lines that are as wide."""
    above = [cells for text in heading if len(cells := _split(text, dialect.delimiter)) >= 2]
    # A preface has two cells (key and value); the heading is the block right above the rows.
    table: list[list[str]] = []
    for cells in reversed(above):
        if len(cells) < min(width, 3) and table:
            break
        table.insert(0, cells)
    labels = tuple(" ".join(dict.fromkeys(cells[at].strip() for cells in table
                                          if at < len(cells) and cells[at].strip()))
                   for at in range(width))
    preface = tuple(one for text in heading if (one := text.strip().strip('"').strip())
                    and _split(text, dialect.delimiter) not in table)
    return replace(dialect, labels=labels, preface=preface)


def _split(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])


def _cells(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding=dialect.encoding, newline="") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE_CHARACTERS), ""), 1):
            text = line.strip("\r\n")
            if number < dialect.first_line or not text.strip():
                continue
            if len(line) >= LINE_CHARACTERS:
                raise BadLog(number, f"longer than {LINE_CHARACTERS} characters")
            cells = _split(text, dialect.delimiter)
            if len(cells) <= dialect.time_cell:
                raise BadLog(number, "too few cells")
            yield number, cells


def _times(path: Path, dialect: Dialect) -> Iterator[tuple[int, dates.Found]]:
    for line, cells in _cells(path, dialect):
        found = dates.find(cells[dialect.time_cell])
        if found is None:
            raise BadLog(line, f"{cells[dialect.time_cell]!r} is no time")
        yield line, found


def _column(dialect: Dialect, asked: str | None, name: str) -> int:
    """The cell of the temperature: the one asked for, else the only one that looks like it."""
    cells = [at for at in range(len(dialect.labels)) if at > dialect.time_cell]
    if asked is not None:
        found = [at for at in cells if asked.lower() in dialect.labels[at].lower()]
        if len(found) == 1:
            return found[0]
        raise Question(f"{name}: --column {asked!r} fits {len(found)} of its columns: "
                       f"{_listed(dialect, cells)}")
    found = [at for at in cells if _unit(dialect.labels[at]) or
             _TEMPERATURE.search(dialect.labels[at])]
    if not found and len(cells) == 1:
        return cells[0]  # time and one value: there is nothing else it could be
    if len(found) == 1:
        return found[0]
    raise Question(f"{name}: {'no column' if not found else 'more than one column'} says that it "
                   f"is a temperature. Say --column and a part of one of: "
                   f"{_listed(dialect, found or cells)}")


def _listed(dialect: Dialect, cells: list[int]) -> str:
    return ", ".join(repr(dialect.labels[at]) for at in cells)


def _unit(label: str) -> str | None:
    found = _UNIT.search(label)
    return found[1] if found else None


def _serial(dialect: Dialect) -> str:
    for text in dialect.preface:
        cells = _split(text, dialect.delimiter)
        if len(cells) > 1 and _SERIAL.search(cells[0]):
            return cells[1].strip()
    return ""


def _value(cells: list[str], at: int, unit: str, line: int) -> int | None:
    text = cells[at].strip() if at < len(cells) else ""
    if text.lower() in _EMPTY:
        return None
    if "," in text and "." not in text:
        text = text.replace(",", ".", 1)  # a decimal comma; the cell ends at a semicolon
    value = numbers.cdeg(text, unit)
    if value is None:
        raise BadLog(line, f"{text!r} is no temperature")
    return value
