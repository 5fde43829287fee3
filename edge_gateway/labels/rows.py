"""What a label says, from options or from a row of a CSV file: elements in the order of a label."""

import csv
import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path

from ledger_client.errors import UsageError

# name of an option and a column -> application identifier, in the order in which they are encoded:
# those of predefined length first, as a symbol is then the smallest
FIELDS = {"gtin": "01", "expiry": "17", "lot": "10", "serial": "21", "sscc": "00", "party": "417",
          "place": "414", "asset": "8004"}
_PACK = ("gtin", "serial", "lot", "expiry")
_KEYS = ("gtin", "sscc", "party", "place", "asset")
LABELS = 100_000  # of one file: a day of a packing line


def elements(values: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """UsageError unless the values are those of one thing: a pack with all four, or one key."""
    given = {name: value for name, value in values.items() if value}
    keys = [name for name in _KEYS if name in given]
    if len(keys) != 1:
        raise UsageError("a label is one thing's: give one of " + ", ".join(_KEYS))
    allowed = _PACK if keys == ["gtin"] else (keys[0],)
    missing = [name for name in allowed if name not in given]
    if missing:
        raise UsageError("a pack's label has GTIN, serial, lot and expiry; missing: "
                         + ", ".join(missing))
    strange = [name for name in given if name not in allowed]
    if strange:
        raise UsageError(f"{strange[0]} has no place on the label of a {keys[0]}")
    return [(ai, expiry_digits(given[name]) if name == "expiry" else given[name])
            for name, ai in FIELDS.items() if name in given]


def expiry_digits(text: str) -> str:
    """Six digits after (17), from those or from a day such as 2028-12-31."""
    if "-" not in text:
        return text
    try:
        return datetime.date.fromisoformat(text).strftime("%y%m%d")
    except ValueError as error:
        raise UsageError(f"{text}: not a day such as 2028-12-31, or 281231") from error


def read(path: Path) -> Iterator[list[tuple[str, str]]]:
    """The elements of every row of a CSV file whose first line names its columns; errors name the
    line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            unknown = [name for name in rows.fieldnames or [""] if name not in FIELDS]
            if unknown:
                raise UsageError(f"{path}: the column {unknown[0]!r} is none of "
                                 + ", ".join(FIELDS))
            yield from _rows(path, rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error


def _rows(path: Path, rows: "csv.DictReader[str]") -> Iterator[list[tuple[str, str]]]:
    for number, row in enumerate(rows, 1):
        if number > LABELS:
            raise UsageError(f"{path}: more than {LABELS} labels: print in parts")
        try:
            if None in row:
                raise UsageError("more values than columns")
            yield elements(row)
        except UsageError as error:
            raise UsageError(f"{path}: line {rows.line_num}: {error}") from error
