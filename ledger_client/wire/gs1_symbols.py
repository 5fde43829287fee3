"""What a conforming reader transmits for the message of a symbol: simulated readers, label proofs.

A message is written as the GS1 tools do: "^" is FNC1, first of all in GS1 data; in plain data a
"^" after backslashes loses one of them; "|" stands before the message of a composite component.
Source: GS1 General Specifications (symbology identifiers), ISO/IEC 15424.
"""

from ledger_client.wire import gs1_elements, gs1_syntax
from ledger_client.wire.errors import WireError
from ledger_client.wire.gs1_elements import GS

# Matrix symbols: (identifier of plain data, identifier of GS1 data).
_MATRIX = {"QR": ("]Q1", "]Q3"), "DM": ("]d1", "]d2"), "DotCode": ("]J0", "]J1")}
# Linear symbols of element strings: identifier without a composite component; with one it is ]e0.
_LINEAR = {"DataBarExpanded": "]e0", "GS1_128_CCA": "]C1", "GS1_128_CCC": "]C1"}
_DATABAR_14 = ("DataBarOmni", "DataBarTruncated", "DataBarStacked", "DataBarStackedOmni",
               "DataBarLimited")
# Retail symbols: (identifier, digits written in the message, digits transmitted).
_RETAIL = {"EAN13": ("]E0", 13, 13), "UPCA": ("]E0", 12, 13), "UPCE": ("]E0", 12, 13),
           "EAN8": ("]E4", 8, 8)}
_GTIN_DIGITS = 14


def transmission(symbology: str, message: str) -> str:
    """Symbology identifier and data, FNC1 as GS.

    Raises WireError: no such symbology, or a message that it cannot hold.
    """
    if symbology in _MATRIX:
        return _matrix(symbology, message)
    linear, _, composite = message.partition("|")
    tail = _element_string(composite) if composite else ""
    if symbology in _LINEAR:
        return _linear(symbology, _element_string(linear), tail)
    if symbology in _DATABAR_14:
        digits = _gtin(linear, _GTIN_DIGITS)
        if symbology == "DataBarLimited" and digits[0] > "1":
            raise WireError("gs1.message", "DataBar Limited holds no indicator digit above 1")
        return "]e001" + digits + tail
    if symbology not in _RETAIL:
        raise WireError("gs1.symbology", "%r is no symbology known here" % symbology)
    aim, size, sent = _RETAIL[symbology]
    return aim + "0" * (sent - size) + _gtin(linear, size) + ("|]e0" + tail if tail else "")


def _matrix(symbology: str, message: str) -> str:
    plain, gs1 = _MATRIX[symbology]
    if message[:1] == "^":
        return gs1 + _element_string(message)
    unescaped = message.lstrip("\\")
    slashes = len(message) - len(unescaped)
    if slashes and unescaped[:1] == "^":
        message = message[1:]
    return plain + message


def _element_string(message: str) -> str:
    if message[:1] != "^":
        raise WireError("gs1.message", "%r does not start with FNC1" % message)
    text = message[1:].replace("^", GS)
    gs1_elements.from_element_string(text)
    return text


def _linear(symbology: str, text: str, tail: str) -> str:
    if not tail:
        return _LINEAR[symbology] + text
    last = gs1_elements.from_element_string(text)[-1][0]
    ended = text.endswith(GS) or gs1_syntax.assigned(last).predefined
    return "]e0" + text + ("" if ended else GS) + tail


def _gtin(message: str, size: int) -> str:
    """The digits of "^01" with 14, or of a bare number; its leading zeros are cut to the size."""
    if message[:3] == "^01":
        digits = message[3:]
        spare = len(digits) - size
        if len(digits) != _GTIN_DIGITS or digits[:spare] != "0" * spare:
            raise WireError("gs1.message", "%r is no GTIN of %d digits" % (message, size))
        message = digits[spare:]
    gs1_elements.from_retail(message, size)
    return message
