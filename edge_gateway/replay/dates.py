"""Times in tables: which spellings there are, and which order a file's numbers have.

A spelling is recognised by its shape.  Where day and month are both numbers, the whole column is
looked at: a number above 12 decides; when none does, the file is ambiguous and asks.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from edge_gateway.replay.sensor_log import BadLog, Question

ORDERS = ("dmy", "mdy", "ymd")
_CENTURY = 2000  # electronic loggers of before are museum pieces themselves
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_CLOCK = (r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
          r"(?:\s*(?P<half>[ap]m))?(?:\s?(?P<zone>Z|UTC|[+-]\d\d:\d\d))?")
_ISO = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_NAMED = r"(?P<day>\d{1,2})[-/ ](?P<name>[a-z]{3})[a-z]*[-/ ](?P<year>\d{4}|\d\d)"
_NUMBERS = r"(?P<a>\d{1,4})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d\d)"
_BETWEEN = r"(?:[T ,]\s*)"
_SHAPES = [re.compile(shape, re.IGNORECASE) for date in (_ISO, _NAMED, _NUMBERS)
           for shape in (date + _BETWEEN + _CLOCK, _CLOCK + _BETWEEN + date)]

Found = re.Match[str]


def find(text: str) -> Found | None:
    """The parts of a date and time, or None when `text` is none."""
    text = text.strip()
    return next((found for shape in _SHAPES if (found := shape.fullmatch(text))), None)


def zone_of(found: Found) -> str | None:
    """The zone that a time names itself, as local_time.zone takes it."""
    named: str | None = found["zone"]
    return "UTC" if named is not None and named.upper() == "Z" else named


def order(column: Iterable[tuple[int, Found]], given: str | None) -> str:
    """"dmy", "mdy" or "ymd" for a column of (line, parts), checked against `given`.

    Raise Question when the column leaves it open, BadLog when no order fits all of it.
    """
    if given is not None and given not in ORDERS:
        raise Question(f"--date-order {given} is none of {', '.join(ORDERS)}")
    possible = set(ORDERS)
    example = ""
    for line, found in column:
        example = example or found[0]
        if "a" not in found.groupdict():
            return "ymd"  # the date says itself what is what
        possible &= _fits(found)
        if not possible or (given is not None and given not in possible):
            raise BadLog(line, f"{found[0]!r} does not fit the order of day, month and year of "
                         f"{'the lines above' if given is None else '--date-order ' + given}")
        if given is None and len(possible) == 1:
            break
    if given is not None:
        return given
    if len(possible) > 1:
        raise Question(f"the dates can be read in more than one order, such as {example!r}: is it "
                       "day, month, year or another? Say " + " or ".join(
                           f"--date-order {one}" for one in ORDERS if one in possible))
    return possible.pop()


def _fits(found: Found) -> set[str]:
    return {one for one in ORDERS if _date(found, one) is not None}


def _date(found: Found, how: str) -> tuple[int, int, int] | None:
    """(year, month, day), None when there is no such day."""
    parts = dict(zip(how, (found["a"], found["b"], found["c"]), strict=True))
    if len(parts["y"]) == 3 or (len(found["a"]) > 2 and how != "ymd") or len(parts["d"]) > 2:
        return None
    year = int(parts["y"]) + (_CENTURY if len(parts["y"]) <= 2 else 0)
    try:
        datetime(year, int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None
    return year, int(parts["m"]), int(parts["d"])


def moment(found: Found, how: str, line: int) -> datetime:
    """The wall-clock time; BadLog when there is no such day or hour."""
    groups = found.groupdict()
    if "a" in groups:
        date = _date(found, how)
    else:
        month = _MONTHS.get(groups["name"].lower(), 0) if "name" in groups else int(found["month"])
        year = int(found["year"]) + (_CENTURY if len(found["year"]) == 2 else 0)
        date = (year, month, int(found["day"]))
    hour = int(found["hour"])
    if found["half"]:  # 12 am is midnight, 12 pm noon
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0) if 0 < hour < 13 else 99
    try:
        if date is None:
            raise ValueError(how)
        return datetime(*date, hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError as error:
        raise BadLog(line, f"{found[0]!r} is no time (read as {how})") from error
