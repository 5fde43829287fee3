"""The coupon linters of the GS1 syntax dictionary: AI (8110) and AI (8112), North America.

Source: GS1 US, North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols.
A coupon is one string of digits; lengths that vary are told by a digit before them (VLI).
"""

from ledger_client.wire import gs1_linters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger_client.wire.gs1_linters import Linter

_PURCHASE_CODES = "012349"
_NO_GCP = 9  # the VLI that says: the company prefix is that of the first purchase


class _Fault(Exception):
    """What is wrong with the coupon, in the words of the dictionary's error names."""


class _Reader:
    """Takes a coupon apart from the left."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def take(self, size: int, fault: str) -> str:
        if len(self.rest) < size:
            raise _Fault(fault)
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    def code(self, choices: str, name: str) -> str:
        """One digit out of these."""
        if not self.rest:
            raise _Fault("coupon missing " + name)
        digit = self.take(1, "")
        if digit not in choices:
            raise _Fault("coupon invalid " + name)
        return digit

    def vli(self, choices: str, name: str) -> int:
        """The digit that tells a length."""
        if not self.rest:
            raise _Fault("coupon missing " + name + " vli")
        digit = self.take(1, "")
        if digit not in choices:
            raise _Fault("coupon invalid " + name + " length")
        return int(digit)


def _lint(text: str, read: "Callable[[_Reader], None]") -> str:
    if not gs1_linters.is_digits(text):
        return "non digit character"
    reader = _Reader(text)
    try:
        read(reader)
    except _Fault as fault:
        return str(fault)
    return "coupon excess data" if reader.rest else ""


def couponcode(text: str) -> str:
    """AI (8110): company, offer, saving, purchases, dates, serial, retailer, flags."""
    return _lint(text, _coupon)


def couponposoffer(text: str) -> str:
    """AI (8112): format, funder, offer, serial."""
    return _lint(text, _offer)


def _offer(reader: _Reader) -> None:
    reader.code("01", "format code")
    reader.take(6 + reader.vli("0123456", "funder"), "coupon truncated funder")
    reader.take(6, "coupon truncated offer code")
    _serial(reader)


def _coupon(reader: _Reader) -> None:
    reader.take(6 + reader.vli("0123456", "gcp"), "coupon truncated gcp")
    reader.take(6, "coupon truncated offer code")
    reader.take(reader.vli("12345", "save value"), "coupon truncated save value")
    _purchase(reader, "1st")
    dates = {"3": "", "4": ""}
    for field in "1234569":  # optional fields, each named by its digit, in this order
        if reader.rest[:1] != field:
            continue
        reader.take(1, "")
        if field in dates:
            dates[field] = _date(reader, "expiration" if field == "3" else "start")
        else:
            _FIELDS[field](reader)
    if dates["3"] and dates["4"] and _is_before(dates["3"], dates["4"]):
        raise _Fault("coupon expiration before start")


def _purchase(reader: _Reader, rank: str) -> None:
    name = rank + " purchase requirement"
    reader.take(reader.vli("12345", name), "coupon truncated " + name)
    reader.code(_PURCHASE_CODES, name + " code")
    reader.take(3, "coupon truncated " + rank + " purchase family code")


def _further_purchase(reader: _Reader, rank: str) -> None:
    _purchase(reader, rank)
    name = rank + " purchase gcp"
    length = reader.vli("01234569", name)
    if length != _NO_GCP:
        reader.take(6 + length, "coupon truncated " + name)


def _second_purchase(reader: _Reader) -> None:
    reader.code("0123", "additional purchase rules code")
    _further_purchase(reader, "2nd")


def _third_purchase(reader: _Reader) -> None:
    _further_purchase(reader, "3rd")


def _date(reader: _Reader, name: str) -> str:
    date = reader.take(6, "coupon too short for " + name + " date")
    if gs1_linters.yymmdd(date):
        raise _Fault("coupon invalid " + name + " date")
    return date


def _is_before(date: str, other: str) -> bool:
    """Years are within fifty of each other: two digits then tell which is the earlier."""
    years = (int(date[:2]) - int(other[:2]) + 50) % 100 - 50
    return years < 0 or (years == 0 and date < other)


def _serial(reader: _Reader) -> None:
    reader.take(6 + reader.vli("0123456789", "serial number"), "coupon truncated serial number")


def _retailer(reader: _Reader) -> None:
    name = "retailer gcp or gln"
    reader.take(6 + reader.vli("1234567", name), "coupon truncated " + name)


def _flags(reader: _Reader) -> None:
    reader.code("01256", "save value code")
    reader.code("012", "save value applies to item")
    if not reader.rest:
        raise _Fault("coupon missing store coupon flag")
    reader.take(1, "")  # any digit: its meaning is the retailer's
    reader.code("01", "dont multiply flag")


_FIELDS = {"1": _second_purchase, "2": _third_purchase, "5": _serial, "6": _retailer, "9": _flags}
LINTERS: "dict[str, Linter]" = {"couponcode": couponcode, "couponposoffer": couponposoffer}
