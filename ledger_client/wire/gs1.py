"""GS1 symbols: what a pack's symbol says, and the one name of the thing it is on.

Runs on the handheld and in the rules of the ledger, so it holds no library and no clock, and it
changes only with the ledger parameter `rules`.  Errors are WireError with a rule "gs1.*".
Sources: GS1 General Specifications: application identifiers, symbology identifiers, determination
of the century; GS1 Digital Link Standard.
"""

from ledger_client.wire import digital_link, gs1_elements, gs1_linters, gs1_syntax
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ledger_client.wire.gs1_elements import Elements

# What a reader says a symbol is (AIM symbology identifiers, ISO/IEC 15424).
ELEMENT_STRING_AIMS = ("]d2", "]C1", "]Q3", "]e0", "]J1")  # DataMatrix, 128, QR, DataBar, DotCode
PLAIN_AIMS = ("]d1", "]Q1", "]J0")  # DataMatrix, QR, DotCode without FNC1: may hold a Digital Link
RETAIL_DIGITS = {"]E0": 13, "]E4": 8}  # EAN-13 with UPC-A and UPC-E, EAN-8
_COMPOSITE = "|]e0"  # before the message of a composite component

_PACK = (("01", "GTIN"), ("21", "serial"), ("10", "lot"), ("17", "expiry"))
# What names one thing, finest first, with the qualifiers that belong to the name.
_NAMES = (("01", "21"), ("00", ""), ("8004", ""), ("414", "254"), ("417", ""))
_GCP_DIGITS = (4, 12)  # of the shortest and the longest GS1 company prefix


def parse(aim: str, data: bytes) -> "Elements":
    """The (application identifier, value) pairs of a symbol, in the order they stand in it.

    `aim` is the AIM symbology identifier ("]d2"), `data` what the reader gave after it.  Raises
    WireError: gs1.aim or gs1.plain for what is no GS1 symbol, else the rule that the data breaks.
    """
    elements = read(aim, data)
    gs1_elements.check_together(elements)
    return elements


def read(aim: str, data: bytes) -> "Elements":
    """Like parse for one symbol of several on a label: gs1_elements.check_together is left."""
    for byte in data:
        if byte > 0x7E:
            raise WireError("gs1.cset82", "byte 0x%02x is in no GS1 alphabet" % byte)
    text = data.decode()
    if aim in ELEMENT_STRING_AIMS:
        return gs1_elements.from_element_string(text)
    if aim in RETAIL_DIGITS:
        digits, composite, rest = text.partition(_COMPOSITE)
        elements = gs1_elements.from_retail(digits, RETAIL_DIGITS[aim])
        return elements + (gs1_elements.from_element_string(rest) if composite else [])
    if aim not in PLAIN_AIMS:
        raise WireError("gs1.aim", "%r is not the identifier of a symbology that holds GS1 data"
                        % aim)
    if not digital_link.is_web_address(text):
        raise WireError("gs1.plain", "a %s symbol without a Digital Link: not a GS1 symbol" % aim)
    return digital_link.parse_digital_link(text)


def identity(elements: "Elements", lot: bool = False) -> "str | None":
    """Canonical Digital Link URI of the finest key: a pack's GTIN and serial (01, 21), SSCC (00),
    GIAI (8004), place (414, with its extension 254), party (417).

    With `lot`, a GTIN without serial is named with its lot (01, 10).  None: they name no thing.
    """
    values = dict(elements)
    for key, qualifier in _NAMES:
        if key in values and (qualifier in values or key != "01"):
            return _link(values, key, qualifier)
    if lot and "01" in values and "10" in values:
        return _link(values, "01", "10")
    return None


def _link(values: "dict[str, str]", key: str, qualifier: str) -> str:
    link = "%s/%s/%s" % (digital_link.STEM, key, digital_link.encoded(values[key]))
    if qualifier in values:
        link += "/%s/%s" % (qualifier, digital_link.encoded(values[qualifier]))
    return link


def missing_for_pack(elements: "Elements") -> "list[str]":
    """Which of GTIN, serial, lot and expiry a pack's symbol lacks: a lost GS cannot be mended."""
    found = [ai for ai, _ in elements]
    return [name for ai, name in _PACK if ai not in found]


def expiry_day(yymmdd: str, century_year: int) -> "tuple[int, int, int, str | None]":
    """(year, month, day, warning) of AI (17): good until the end of that day.

    `century_year` is the current year; the two digits mean the year 49 before to 50 after it
    (General Specifications, determination of the century).  Day 00 is the last of its month, with
    a warning: since 2025 it is no longer allowed on regulated healthcare items (GSCN 21-040).
    """
    fault = gs1_linters.yymmd0(yymmdd)
    if fault:
        raise WireError("gs1.yymmd0", "%r: %s" % (yymmdd, fault))
    year = century_year // 100 * 100 + int(yymmdd[:2])
    if year - century_year >= 51:
        year -= 100
    elif year - century_year <= -50:
        year += 100
    month, day = int(yymmdd[2:4]), int(yymmdd[4:])
    last = gs1_linters.month_days(year, month)
    if day > last:
        raise WireError("gs1.yymmd0", "%r: illegal day in %d" % (yymmdd, year))
    if day:
        return year, month, day, None
    return year, month, last, "day 00 read as day %d, the last of the month" % last


def gcp_owner(name: str, prefixes: "list[str]") -> "str | None":
    """The longest of an organisation's GS1 company prefixes that this identity starts with.

    `name` is a canonical Digital Link URI.  The prefix stands after the indicator digit of a
    GTIN, after the extension digit of an SSCC, first in a GIAI or GLN (dictionary: gcppos1, 2).
    None: no prefix of theirs.  A text that cannot be a prefix owns nothing.
    """
    words = name.split("/")
    if not name.startswith(digital_link.STEM + "/") or len(words) < 5:
        return None
    place = gs1_syntax.gcp_place(words[3]) if gs1_syntax.entry(words[3]) else None
    if place is None:
        return None
    key = words[4][place:]  # canonical: no digit of it is percent-encoded
    owned = [prefix for prefix in prefixes if _is_prefix(prefix) and key.startswith(prefix)]
    return max(owned, key=len) if owned else None


def _is_prefix(text: str) -> bool:
    return _GCP_DIGITS[0] <= len(text) <= _GCP_DIGITS[1] and gs1_linters.is_digits(text)
