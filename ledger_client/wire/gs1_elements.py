"""GS1 element strings as lists of (application identifier, value), read, written and judged.

Sources: GS1 General Specifications (processing of element strings; data relationships) and the
GS1 Barcode Syntax Dictionary.
"""

from ledger_client.wire import gs1_linters, gs1_syntax
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    Elements = list[tuple[str, str]]

GS = "\x1d"  # FNC1 as a reader transmits it
ELEMENTS = 64  # of one message; the GS1 syntax engine takes no more

# Keys whose serial is the optional last part of the value; a signature signs one thing, so AI
# (8030) needs it: the length of the value without it.
_SERIAL_STARTS = {"253": 13, "255": 13, "8003": 14}


def from_element_string(text: str) -> "Elements":
    """The elements of a message without its symbology identifier; FNC1 is GS.

    A GS after a value of predefined length and one at the end are tolerated.  Raises WireError:
    unknown identifier, length, alphabet, or whatever a linter of the dictionary refuses.
    """
    if not text:
        raise WireError("gs1.empty", "the symbol holds no element")
    elements: "Elements" = []
    while text:
        ai = gs1_syntax.identifier(text)
        text = text[len(ai):]
        found = gs1_syntax.assigned(ai)
        end = text.find(GS)
        size = len(text) if end < 0 else end
        if found.predefined:
            size = min(size, gs1_syntax.predefined_length(found))
        gs1_syntax.check_value(ai, text[:size])
        elements.append((ai, text[:size]))
        text = text[size + 1:] if text[size:size + 1] == GS else text[size:]
    return _bounded(elements)


def to_element_string(elements: "Elements") -> bytes:
    """What a reader transmits after the symbology identifier; a GS ends a value that needs it.

    Raises WireError like from_element_string.
    """
    parts = []
    separator = ""
    for ai, value in _bounded(elements):
        gs1_syntax.check_value(ai, value)
        parts.append(separator + ai + value)
        separator = "" if gs1_syntax.assigned(ai).predefined else GS
    return "".join(parts).encode()


def from_brackets(text: str) -> "Elements":
    r"""The elements of the form printed for people, "(01)09506000134352(10)A\(1)": a bracket
    that opens within a value is written "\(".  Raises WireError like from_element_string."""
    elements: "Elements" = []
    for part in _split_brackets(text):
        ai, closed, value = part.partition(")")
        if not closed:
            raise WireError("gs1.brackets", "the bracket before %r is not closed" % part)
        gs1_syntax.check_value(ai, value)
        elements.append((ai, value))
    return _bounded(elements)


def to_brackets(elements: "Elements") -> str:
    """The form printed for people."""
    return "".join(["(%s)%s" % (ai, value.replace("(", "\\(")) for ai, value in elements])


def _split_brackets(text: str) -> "list[str]":
    if text[:1] != "(":
        raise WireError("gs1.brackets", "%r does not start with (" % text)
    parts: "list[str]" = []
    open_before = False  # was the bracket before this piece an escaped one?
    for piece in text[1:].split("("):
        escaped = piece[-1:] == "\\"
        if escaped:
            piece = piece[:-1] + "("
        if open_before:
            parts[-1] += piece
        else:
            parts.append(piece)
        open_before = escaped
    if open_before:
        raise WireError("gs1.brackets", "%r ends in a lone backslash" % text)
    return parts


def _bounded(elements: "Elements") -> "Elements":
    if not 0 < len(elements) <= ELEMENTS:
        raise WireError("gs1.elements", "%d elements: one message has 1 to %d"
                        % (len(elements), ELEMENTS))
    return elements


def check_together(elements: "Elements") -> None:
    """Raise WireError unless these elements may stand together on one item.

    The dictionary judges all carriers of an item together: whoever reads two symbols of one label
    passes the elements of both.
    """
    values = dict(once(elements))
    present = sorted(values)
    for ai in present:
        found = gs1_syntax.assigned(ai)
        _check_excluded(ai, found.lists("ex"), present)
        _check_required(ai, found.lists("req"), present)
    if "8030" in values:
        _check_signed(values)


def once(elements: "Elements") -> "Elements":
    """The elements without repetitions; raises WireError for an identifier with two values."""
    values: "dict[str, str]" = {}
    kept: "Elements" = []
    for ai, value in elements:
        if ai not in values:
            kept.append((ai, value))
        if values.setdefault(ai, value) != value:
            raise WireError("gs1.repeated", "AI (%s) stands with two values, %r and %r"
                            % (ai, values[ai], value))
    return kept


# Loops that stop at the answer: lists built on the way would cost a device 30 kB a scan.

def _check_excluded(ai: str, exclusions: "list[list[str]]", present: "list[str]") -> None:
    for patterns in exclusions:
        for pattern in patterns:
            other = _match(pattern, present, ai)
            if other:
                raise WireError("gs1.excluded", "AI (%s) and AI (%s) exclude each other"
                                % (ai, other))


def _check_required(ai: str, requirements: "list[list[str]]", present: "list[str]") -> None:
    for groups in requirements:
        if not _one_present(groups, present):
            raise WireError("gs1.required", "AI (%s) stands without AI %s"
                            % (ai, " or ".join(groups)))


def _one_present(groups: "list[str]", present: "list[str]") -> bool:
    for group in groups:
        missing = ""
        for pattern in group.split("+"):
            if not _match(pattern, present, ""):
                missing = pattern
        if not missing:
            return True
    return False


def _match(pattern: str, present: "list[str]", besides: str) -> str:
    """The first identifier of that pattern, an n for any digit at its end ("31nn"); "" for none.

    What starts like the pattern has its length too: two digits tell it.
    """
    start = pattern.rstrip("n")
    for ai in present:
        if ai != besides and ai.startswith(start):
            return ai
    return ""


def _check_signed(values: "dict[str, str]") -> None:
    for ai, start in sorted(_SERIAL_STARTS.items()):
        if ai in values and len(values[ai]) <= start:
            raise WireError("gs1.signed_serial", "AI (8030) signs AI (%s), which has no serial"
                            % ai)


def from_retail(text: str, size: int) -> "Elements":
    """AI (01) of an EAN or UPC symbol of 13 or 8 digits, padded to the 14 of a GTIN."""
    fault = "%d digits, not %d" % (len(text), size) if len(text) != size else ""
    fault = fault or gs1_linters.csum(text)
    if fault:
        raise WireError("gs1.retail", "%r: %s" % (text, fault))
    return [("01", "0" * (14 - size) + text)]
