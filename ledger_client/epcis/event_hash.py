"""Event hash ID of the Core Business Vocabulary 2.0: one name for an event however it is written.

A text is made of the event in a canonical order and hashed: ni:///sha-256;<hex>?ver=CBV2.0.  It is
no signature, and an event with less in it has another one.  recordTime, eventID and
errorDeclaration are left out, so a correction has the hash of what it corrects.

Where the published vectors and the published table of the order differ, the vectors are followed:
business transactions, sources and destinations stand among what comes last, sorted by name; and an
apostrophe in an identifier is not percent-encoded.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from ledger_client.epcis import json_text, urn, vocabulary
from ledger_client.wire.errors import WireError

_COMMENT = "{http://www.w3.org/2000/01/rdf-schema#}comment"  # says nothing of the event
IGNORED = frozenset(("recordTime", "eventID", "errorDeclaration", _COMMENT))
TIMES = frozenset(("eventTime", "time", "startTime", "endTime"))
NUMBERS = frozenset(("quantity", "value", "minValue", "maxValue", "meanValue", "sDev", "percRank",
                     "percValue"))
_QUANTITIES = ("quantityElement",)
# Parent -> its children in their order; of an event, what comes before the sorted rest.
_ORDER: dict[str, tuple[str, ...]] = {
    "event": (
        "eventTime", "eventTimeZoneOffset", "certificationInfo", "epcList", "parentID",
        "inputEPCList", "childEPCs", "quantityList", "childQuantityList", "inputQuantityList",
        "outputEPCList", "outputQuantityList", "action", "transformationID", "bizStep",
        "disposition", "persistentDisposition", "readPoint", "bizLocation", "sensorElementList"),
    "epcList": ("epc",), "childEPCs": ("epc",), "inputEPCList": ("epc",),
    "outputEPCList": ("epc",), "quantityList": _QUANTITIES, "childQuantityList": _QUANTITIES,
    "inputQuantityList": _QUANTITIES, "outputQuantityList": _QUANTITIES,
    "quantityElement": ("epcClass", "quantity", "uom"), "persistentDisposition": ("set", "unset"),
    "readPoint": ("id",), "bizLocation": ("id",), "sensorElementList": ("sensorElement",),
    "sensorElement": ("sensorMetadata", "sensorReport"),
    "sensorMetadata": ("time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData",
                       "dataProcessingMethod", "bizRules"),
    "sensorReport": ("type", "exception", "deviceID", "deviceMetadata", "rawData",
                     "dataProcessingMethod", "time", "microorganism", "chemicalSubstance", "value",
                     "component", "stringValue", "booleanValue", "hexBinaryValue", "uriValue",
                     "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom",
                     "coordinateReferenceSystem"),
}


@dataclass(frozen=True)
class Node:
    """A field of an event, in JSON or XML: `name` as the standard has it, {namespace}name of an
    extension, "" for a pair of type and value."""

    name: str
    text: str = ""
    children: tuple["Node", ...] = ()


def event_hash(event: Node, ignored: frozenset[str] = frozenset()) -> str:
    """Event hash ID of an event whose name is its type; `ignored` are names left out besides."""
    digest = hashlib.sha256(pre_hash(event, ignored).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def pre_hash(event: Node, ignored: frozenset[str] = frozenset()) -> str:
    """The text that is hashed."""
    fields = [one for one in event.children if one.name not in IGNORED | ignored]
    order = _ORDER["event"]
    rest = [one for one in fields if one.name not in order]
    left = [part for one in fields if one.name in order for part in _unlisted(one)]
    return f"eventType={event.name}" + "".join(_listed(fields, order)) \
        + "".join(_sorted(map(_free, [*rest, *left])))


def _listed(fields: Iterable[Node], order: tuple[str, ...]) -> Iterator[str]:
    known = list(fields)
    for name in order:
        yield from _sorted(_ordered(one) for one in known if one.name == name)


def _ordered(node: Node) -> str:
    """A field whose children have an order; extensions follow them."""
    if node.name not in _ORDER:
        return _leaf(node)
    extensions = [one for one in node.children if one.name.startswith("{")]
    inside = "".join(_listed(node.children, _ORDER[node.name])) \
        + "".join(_sorted(map(_free, extensions)))
    return node.name + inside if inside else ""


def _unlisted(node: Node) -> Iterator[Node]:
    """Fields of the standard that the order of their parent does not name come last, with the path
    to them (bizRules of a sensorReport in the vectors)."""
    order = _ORDER.get(node.name, ())
    for one in node.children:
        if one.name in order:
            for part in _unlisted(one):
                yield Node(node.name, "", (part,))
        elif order and not one.name.startswith("{"):
            yield Node(node.name, "", (one,))


def _free(node: Node) -> str:
    """A field without an order of its own: its children are sorted; a pair says its type first."""
    if not node.name:
        return "".join(map(_leaf, sorted(node.children, key=lambda one: one.name != "type")))
    head = _leaf(node) if node.text.strip() or not node.children else node.name
    return head + "".join(_sorted(map(_free, node.children)))


def _sorted(parts: Iterable[str]) -> list[str]:
    return sorted(part for part in parts if part)


def _leaf(node: Node) -> str:
    text = canonical_value(node.name, node.text.strip())
    return f"{node.name}={text}" if text else node.name if node.name.startswith("{") else ""


def canonical_value(name: str, text: str) -> str:
    """A value in its one spelling: times, numbers, vocabulary, identifiers."""
    if name in TIMES:
        return utc(text)
    if name in NUMBERS:
        return _number(text)
    text = vocabulary.expanded(text)
    if not text.startswith(("urn:epc:", "http", "HTTP")):
        return text
    try:
        return urn.canonical(text).replace("%27", "'")
    except WireError:
        return text  # a web address that is no Digital Link


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return json_text.plain(number) if number.is_finite() else text


def utc(text: str) -> str:
    """A time in UTC with milliseconds, rounded half up; what is no time stays as it is."""
    try:
        moment = _rounded(text)
    except (ValueError, OverflowError):
        return text
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def unix_ms(text: str) -> int:
    """The same moment in Unix milliseconds; WireError for what is no time with a zone."""
    try:
        return (_rounded(text) - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    except (ValueError, OverflowError) as error:
        raise WireError("epcis.time", f"{text!r} is no time with a zone") from error


def _rounded(text: str) -> datetime:
    moment, fraction = _moment(text)
    rounded_ms = (int((fraction + "0000")[:4]) + 5) // 10
    return (moment + timedelta(milliseconds=rounded_ms)).astimezone(UTC)


def _moment(text: str) -> tuple[datetime, str]:
    """Whole seconds with their zone, and the digits of the fraction."""
    head, dot, tail = text.partition(".")
    digits = tail[:len(tail) - len(tail.lstrip("0123456789"))] if dot else ""
    moment = datetime.fromisoformat(head + tail[len(digits):] if dot else text)
    if moment.tzinfo is None:
        raise ValueError(f"{text}: no zone")
    return moment, digits
