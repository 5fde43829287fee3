"""The event hash against published vectors, in JSON-LD and XML."""

from pathlib import Path

import pytest

from ledger_client.epcis import event_hash, json_text, nodes
from ledger_client.epcis.event_hash import Node
from ledger_client.wire.errors import WireError
from tests.shared_data import shared

EXAMPLES = (
    "CertificationInfoAndSensorReportWithCRS", "ReferenceEventHashAlgorithm",
    "ReferenceEventHashAlgorithm3", "SensorDataExamples", "epcisDocHavingEventWithComment",
    "epcisDocWith2DifferentTransformationEvents", "epcisDocWithCustomSchemaInContext",
    "epcisDocWithDefaultSchemaInContext", "epcisDocWithSensorDataObjectEvent",
    "epcisDocWithShippingAndTransportingEvent", "epcisDocWithTransformationEventWithExtension",
    "epcisDocWithTransformationEventWithMultipleExtensions",
    "epcisDocWithXMLstartTagAndErrorDeclaration", "epcisEventWithCURIEs", "epcisQueryDocument",
    "epcisXmlDocHavingEventWithIgnoreFields", "epclist_normalisation", "persistentDisposition",
    "ralfsChaosExample")
# (example, event) -> why ours is another.
MISSES = {("SensorDataExamples.xml", 6): "the published text has stringValue "
          "111100001111000011110000 rounded to a binary float, which changes what the event says"}
# This document names, in an element of its maker's own, fields that its hashes leave out.
LEFT_OUT = {"epcisXmlDocHavingEventWithIgnoreFields.xml": frozenset(
    "{https://ns.example.com/epcis/}" + name for name in ("testField1", "testField2"))}
EQUAL = (
    "ReferenceEventHashAlgorithm.json", "differentRepresentationsOfAggregationEvent.xml",
    "differentRepresentationsOfObjectEvent.xml",
    "differentRepresentationsOfTransformationEvent.xml", "ignoreEmptyEpcList.xml",
    "timestampTimeZone.xml", "timestampTimeZone2.xml")
FOLDER = "provenance/event-hash/tests/"


def events(path: Path) -> list[Node]:
    data = path.read_bytes()
    return nodes.from_xml(data) if path.suffix == ".xml" \
        else nodes.from_json(json_text.loads(data))


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_hashes(name: str) -> None:
    expected = shared(f"{FOLDER}examples/{name}.hashes").read_text("utf-8").split()
    found = [path for path in (shared(f"{FOLDER}examples") / (name + end)
                               for end in (".jsonld", ".xml")) if path.exists()]
    assert found
    for path in found:
        left_out = LEFT_OUT.get(path.name, frozenset())
        got = [event_hash.event_hash(one, left_out) for one in events(path)]
        assert len(got) == len(expected)
        differing = {(path.name, at) for at, pair in enumerate(zip(got, expected, strict=True))
                     if pair[0] != pair[1]}
        assert differing == {miss for miss in MISSES if miss[0] == path.name}


@pytest.mark.parametrize("name", EQUAL)
def test_one_event_in_several_spellings_has_one_hash(name: str) -> None:
    found = events(shared(f"{FOLDER}expected_equal/{name}"))
    assert len(found) > 1
    assert len({event_hash.event_hash(one) for one in found}) == 1


@pytest.mark.parametrize(("text", "expected"), [
    ("2026-05-28T20:26:40Z", "2026-05-28T20:26:40.000Z"),
    ("2026-05-28T22:26:40+02:00", "2026-05-28T20:26:40.000Z"),
    ("2026-05-28T20:26:40.1234Z", "2026-05-28T20:26:40.123Z"),
    ("2026-05-28T20:26:40.1235Z", "2026-05-28T20:26:40.124Z"),
    ("2026-05-28T20:26:40.12349999Z", "2026-05-28T20:26:40.123Z"),
    ("2026-12-31T23:59:59.9995Z", "2027-01-01T00:00:00.000Z"),
    ("2026-05-28T20:26:40", "2026-05-28T20:26:40"),  # no zone: no moment
    ("yesterday", "yesterday")])
def test_times_are_utc_with_milliseconds_rounded_half_up(text: str, expected: str) -> None:
    assert event_hash.utc(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("452.0", "452"), ("0.50", "0.5"), ("12", "12"), ("1e2", "100"), ("-0.0", "0"),
    ("NaN", "NaN"), ("many", "many"), ("0.1234567890123456789", "0.1234567890123456789")])
def test_numbers_have_no_trailing_zeros_and_lose_no_digit(text: str, expected: str) -> None:
    assert event_hash.canonical_value("quantity", text) == expected


def test_a_text_that_looks_like_a_number_is_a_text() -> None:
    assert event_hash.canonical_value("stringValue", "007.50") == "007.50"


def test_what_is_said_of_an_event_later_does_not_change_its_hash() -> None:
    fields = (Node("eventTime", "2026-05-28T20:26:40Z"), Node("action", "ADD"))
    later = (Node("recordTime", "2026-05-29T20:26:40Z"), Node("eventID", "urn:uuid:1"),
             Node("errorDeclaration", "", (Node("reason", "incorrect_data"),)))
    assert event_hash.event_hash(Node("ObjectEvent", "", fields)) == \
        event_hash.event_hash(Node("ObjectEvent", "", later + fields))


@pytest.mark.parametrize("text", [
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>", b"", b"<a/><b/>"])
def test_xml_that_is_not_read(text: bytes) -> None:
    with pytest.raises(WireError):
        nodes.from_xml(text)


@pytest.mark.parametrize("document", [
    {}, {"epcisBody": None}, {"epcisBody": {"eventList": 1}}, {"epcisBody": {"eventList": [1]}},
    {"epcisBody": {"queryResults": 1}}])
def test_a_document_without_events_is_named(document: dict[str, object]) -> None:
    with pytest.raises(WireError, match="no list of events"):
        nodes.from_json(document)
