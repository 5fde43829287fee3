"""Events as trees of fields, read from EPCIS JSON-LD or XML: what the event hash works on."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from ledger_client.epcis import json_text, vocabulary
from ledger_client.epcis.event_hash import Node
from ledger_client.wire.errors import WireError

# Standard list of JSON -> the element of XML that stands for each of its members.
_MEMBERS = {
    "epcList": "epc", "childEPCs": "epc", "inputEPCList": "epc", "outputEPCList": "epc",
    "quantityList": "quantityElement", "childQuantityList": "quantityElement",
    "inputQuantityList": "quantityElement", "outputQuantityList": "quantityElement",
    "sensorElementList": "sensorElement",
}
_PAIRS = {"bizTransactionList": "bizTransaction", "sourceList": "source",
          "destinationList": "destination"}
_BODIES = ("EventList", "eventList")
_EVENTS = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent",
           "AssociationEvent")


def from_json(document: dict[str, Any]) -> list[Node]:
    """Every event of an EPCIS document, query document or single event."""
    prefixes = namespaces(document.get("@context"))
    return [_event(event, prefixes | namespaces(event.get("@context")))
            for event in json_events(document)]


def json_events(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The events as they stand; WireError when there is no list of them."""
    body = document.get("epcisBody")
    if body is None and document.get("type") in _EVENTS:
        return [document]
    if isinstance(body, dict) and "queryResults" in body:
        body = body["queryResults"].get("resultsBody") \
            if isinstance(body["queryResults"], dict) else None
    events = body.get("eventList") if isinstance(body, dict) else None
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        raise WireError("epcis.form", "the document has no list of events")
    return events


def namespaces(context: object) -> dict[str, str]:
    """Prefix -> namespace, of the objects in an @context; addresses in it are not fetched."""
    parts = context if isinstance(context, list) else [context]
    return {prefix: name for part in parts if isinstance(part, dict)
            for prefix, name in part.items() if isinstance(name, str)}


def _event(event: dict[str, Any], prefixes: dict[str, str]) -> Node:
    fields = [node for name, value in event.items() if name not in ("type", "@context")
              for node in _field(name, value, "event", prefixes)]
    return Node(str(event.get("type")), "", tuple(fields))


def _field(name: str, value: Any, parent: str, prefixes: dict[str, str]) -> Iterator[Node]:
    if name in _PAIRS and isinstance(value, list):
        yield Node(name, "", tuple(_pair(name, one) for one in value))
    elif name in _MEMBERS and isinstance(value, list):
        yield Node(name, "", tuple(node for one in value
                                   for node in _field(_MEMBERS[name], one, name, prefixes)))
    elif isinstance(value, list):
        for one in value:
            yield from _field(name, one, parent, prefixes)
    elif isinstance(value, dict):
        yield Node(qualified(name, prefixes), "", tuple(
            node for inner, one in value.items() for node in _field(inner, one, name, prefixes)))
    else:
        yield Node(qualified(name, prefixes), _text(name, value, parent))


def _pair(name: str, member: Any) -> Node:
    if not isinstance(member, dict):
        raise WireError("epcis.form", f"a member of {name} is no object")
    return Node("", "", tuple(Node(key, _text(key, value, name)) for key, value in member.items()))


def qualified(name: str, prefixes: dict[str, str]) -> str:
    """{namespace}name of an extension."""
    prefix, colon, local = name.partition(":")
    if not colon:
        return name
    if prefix in prefixes:
        return f"{{{prefixes[prefix]}}}{local}"
    return f"{{{vocabulary.STANDARD[prefix]}}}{local}" if prefix in vocabulary.STANDARD else name


def _text(name: str, value: Any, parent: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return json_text.plain(Decimal(value))
    before = vocabulary.BARE_TYPES.get(parent) if name == "type" else vocabulary.BARE.get(name)
    return vocabulary.web_address(value, before) if before else str(value)


def from_xml(data: bytes) -> list[Node]:
    """Every event of an EPCIS document in XML 1.2 or 2.0; WireError for what is no such text."""
    root = parse_xml(data)
    lists = [one for one in root.iter() if _local(one.tag) in _BODIES]
    return [_element(one) for found in lists for one in _flat(found)]


def parse_xml(data: bytes) -> ElementTree.Element:
    """No document type: entities can name files and grow without bound."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise WireError("xml.doctype", "a document type is not read: leave it out")
    try:
        return ElementTree.fromstring(data)  # noqa: S314  # no document type, so no entities
    except ElementTree.ParseError as error:
        raise WireError("xml.text", str(error)) from error


def _flat(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Children, those of a plain <extension> (XML 1.2's way to add fields) in its place."""
    for child in element:
        if child.tag in ("extension", "baseExtension"):
            yield from _flat(child)
        else:
            yield child


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _element(element: ElementTree.Element) -> Node:
    if element.tag in _PAIRS:
        return Node(element.tag, "", tuple(map(_xml_pair, element)))
    attributes = [Node(name, value) for name, value in element.attrib.items()]
    return Node(element.tag, (element.text or "").strip(),
                (*attributes, *map(_element, _flat(element))))


def _xml_pair(element: ElementTree.Element) -> Node:
    kinds = [Node("type", value) for name, value in element.attrib.items() if name == "type"]
    return Node("", "", (*kinds, Node(element.tag, element.text or "")))
