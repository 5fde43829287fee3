"""GS1 element strings: what a pack's symbol says, and the one name of what it is on.

Runs on the handheld and in the rules of the ledger, so it holds no library and no clock.
Errors are WireError with a rule named "gs1.*".  Source: GS1 General Specifications, sections
3 (application identifiers), 7.8 (processing of element strings) and 7.9 (check digits).
"""

from ledger_client.wire.errors import WireError

GS = "\x1d"  # FNC1 as a reader transmits it (General Specifications 7.8.3)
ELEMENT_STRING_AIMS = ("]d2", "]C1", "]Q3", "]e0", "]J1")
STEM = "https://id.gs1.org"

# What each of the first two digits says of the length of the identifier; 2 where not listed.
_AI_LENGTHS = {"23": 3, "24": 3, "25": 3, "31": 4, "32": 4, "33": 4, "34": 4, "35": 4, "36": 4,
               "39": 4, "40": 3, "41": 3, "42": 3, "43": 4, "70": 4, "71": 3, "72": 4, "80": 4,
               "81": 4, "82": 4}
# Predefined lengths: these values are not ended by FNC1 (General Specifications 7.8.5).
_VALUE_LENGTHS = {"00": 18, "01": 14, "02": 14, "03": 14, "11": 6, "12": 6, "13": 6, "15": 6,
                  "16": 6, "17": 6, "20": 2, "31": 6, "32": 6, "33": 6, "34": 6, "35": 6,
                  "36": 6, "41": 13}
_PACK = (("01", "GTIN"), ("21", "serial"), ("10", "lot"), ("17", "expiry"))


def parse(aim: str, data: bytes) -> "list[tuple[str, str]]":
    """The (application identifier, value) pairs of a symbol, in the order they stand in it.

    Raises WireError: not a GS1 symbol by its AIM identifier, or not an element string.
    """
    if aim not in ELEMENT_STRING_AIMS:
        raise WireError("gs1.aim", "%s is not the AIM identifier of a GS1 symbol" % aim)
    for byte in data:
        if byte > 0x7E:
            raise WireError("gs1.cset82", "byte 0x%02x is in no GS1 alphabet" % byte)
    text = data.decode()
    if not text:
        raise WireError("gs1.empty", "the symbol holds no element")
    elements = []
    while text:
        ai, value, text = _take(text)
        elements.append((ai, value))
    return elements


def _take(text: str) -> "tuple[str, str, str]":
    ai = text[:_AI_LENGTHS.get(text[:2], 2)]
    if len(ai) < 2 or not all("0" <= digit <= "9" for digit in ai):
        raise WireError("gs1.unknown_ai", "%r starts no application identifier" % ai)
    rest = text[len(ai):]
    length = _VALUE_LENGTHS.get(ai[:2])
    end = rest.find(GS)
    if length is None or end != -1 and end < length:
        length = len(rest) if end == -1 else end
    value, rest = rest[:length], rest[length:]
    if not value or ai[:2] in _VALUE_LENGTHS and len(value) != _VALUE_LENGTHS[ai[:2]]:
        raise WireError("gs1.length", "AI (%s) holds %d characters" % (ai, len(value)))
    if ai in ("00", "01", "02", "03") and not check_digit_right(value):
        raise WireError("gs1.csum", "the check digit of AI (%s) is wrong" % ai)
    return ai, value, rest[1:] if rest[:1] == GS else rest


def check_digit_right(digits: str) -> bool:
    """Modulo 10, weights 3 and 1 from the right (General Specifications 7.9.1)."""
    total = 0
    for place, digit in enumerate(reversed(list(digits))):
        if not "0" <= digit <= "9":
            return False
        total += int(digit) * (3 if place % 2 else 1)
    return total % 10 == 0


def identity(elements: "list[tuple[str, str]]", lot: bool = False) -> "str | None":
    """Canonical Digital Link URI of the finest key: pack 01+21, then 00, 8004, 414, 417.

    With `lot`, a GTIN without a serial is named by 01+10.  None: the elements name no thing.
    """
    values = dict(elements)
    if "01" in values and "21" in values:
        return "%s/01/%s/21/%s" % (STEM, values["01"], percent_encoded(values["21"]))
    for ai in ("00", "8004", "414", "417"):
        if ai in values:
            return "%s/%s/%s" % (STEM, ai, percent_encoded(values[ai]))
    if lot and "01" in values and "10" in values:
        return "%s/01/%s/10/%s" % (STEM, values["01"], percent_encoded(values["10"]))
    return None


def percent_encoded(value: str) -> str:
    """RFC 3986: unreserved characters stand for themselves, all others as %XX, upper case."""
    return "".join(letter if letter in _UNRESERVED else "%%%02X" % ord(letter)
                   for letter in value)


_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def missing_for_pack(elements: "list[tuple[str, str]]") -> "list[str]":
    """Which of GTIN, serial, lot and expiry a pack's symbol lacks: a lost GS cannot be mended."""
    found = [ai for ai, _ in elements]
    return [name for ai, name in _PACK if ai not in found]
