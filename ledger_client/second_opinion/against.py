"""What speaks against using an item, of all that a passport proves."""

import calendar
import datetime
import re
from collections.abc import Iterator

_HELD = 7
_STATUS = {1: "printed, and not commissioned", 8: "found illegitimate",
           9: "returned, and not verified saleable", 10: "dispensed already",
           11: "decommissioned", 12: "destroyed", 13: "reported stolen or lost",
           14: "taken as a sample"}
_EPOCH = datetime.date(1970, 1, 1)
# Ledger time of somebody's own ledger can be any; a calendar that goes on a century is needed.
_LAST_DAY = datetime.date(9899, 12, 31).toordinal()
_DAY_MS = 24 * 3600 * 1000
_YEARS_BACK = 49  # that two digits can mean; the other 50 are to come


def against(status: int, recalled: bool | None, expiry: str | None,
            now_ms: int) -> Iterator[str]:
    """As of ledger time `now_ms`."""
    if status == _HELD:
        yield "on hold"
    if recalled:
        yield "recalled"
    if expiry is not None and is_expired(expiry, now_ms):
        yield "expired"
    if status in _STATUS:
        yield _STATUS[status]


def is_expired(expiry: str, now_ms: int) -> bool:
    """Whether the day of an AI (17) text is over; one that cannot be read is."""
    day = expiry_day(expiry, now_ms)
    return day is None or day < _today(now_ms)


def expiry_day(expiry: str, now_ms: int) -> datetime.date | None:
    """The last good day of YYMMDD, in the century that ledger time `now_ms` gives it (GS1 General
    Specifications, determination of the century); day 00 is the last of its month.  None: that is
    no date."""
    if re.fullmatch("[0-9]{6}", expiry) is None:
        return None
    first = _today(now_ms).year - _YEARS_BACK
    year, month, day = (int(expiry[at:at + 2]) for at in (0, 2, 4))
    year = first + (year - first) % 100
    if not 1 <= month <= 12 or day > (last := calendar.monthrange(year, month)[1]):
        return None
    return datetime.date(year, month, day or last)


def _today(now_ms: int) -> datetime.date:
    return datetime.date.fromordinal(min(_EPOCH.toordinal() + now_ms // _DAY_MS, _LAST_DAY))
