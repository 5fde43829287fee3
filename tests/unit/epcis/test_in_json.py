"""Documents of partners: what they bring about, and why one is not taken."""

import copy
import hashlib
import json
from typing import Any

import pytest

from ledger_client.core import item
from ledger_client.core.capture import EVENTS
from ledger_client.epcis import in_json
from ledger_client.epcis.in_json import DOCUMENT_BYTES, PARTNER_ERROR_MS, Incoming, NotTaken
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes
from tests.world import CRATE, GTIN, MAKER_PARTY, PHARMACY_PARTY, START_MS, World, pack

GS1 = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
PACK = pack("S001")
AT = "2026-05-28T22:26:40+02:00"
Document = dict[str, Any]


def event(step: str, disposition: str, action: str = "OBSERVE", **fields: Any) -> Document:
    return {"type": "ObjectEvent", "eventTime": AT, "eventTimeZoneOffset": "+02:00",
            "epcList": [PACK], "action": action, "bizStep": step, "disposition": disposition,
            **fields}


def commissioning(**fields: Any) -> Document:
    return event("commissioning", "active", "ADD", **{"ilmd": {
        "cbvmda:lotNumber": "LOT42A", "cbvmda:itemExpirationDate": "2028-12-31"}, **fields})


def parties(kind: str, party: str) -> list[Document]:
    return [{"type": "possessing_party", kind: party}]


def shipping(**fields: Any) -> Document:
    return event("shipping", "in_transit", **{
        "sourceList": parties("source", MAKER_PARTY),
        "destinationList": parties("destination", PHARMACY_PARTY), **fields})


def document(*events: Document, context: Any = None) -> Document:
    return {"@context": [GS1, {"cbvmda": "urn:epcglobal:cbv:mda:"}] if context is None else context,
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": AT,
            "epcisBody": {"eventList": list(events)}}


def read(*events: Document, party: str = MAKER_PARTY, context: Any = None) -> Incoming:
    return in_json.read(json.dumps(document(*events, context=context)).encode(), party)


def test_an_event_becomes_a_scan_of_its_row() -> None:
    data = json.dumps(document(commissioning(), shipping())).encode()
    found = in_json.read(data, MAKER_PARTY).capture
    assert found.source == hashlib.sha256(data).digest()
    born, sent = found.events
    assert (born.time_ms, born.error_ms) == (START_MS, PARTNER_ERROR_MS)
    assert born.scan.action == codes.ACTION_COMMISSION
    assert born.scan.symbols == [["]d2", b"01" + GTIN.encode() + b"17281231" + b"10LOT42A\x1d"
                                  b"21S001"]]
    assert (sent.scan.action, sent.scan.party) == (codes.ACTION_SHIP, PHARMACY_PARTY)


def test_it_has_the_effect_of_scans_on_a_ledger() -> None:
    world = World().found()
    world.register(world.state("capture", world.maker[1], "capture", read(
        commissioning(), shipping()).capture.as_list()))
    found = item.load(world.engine.view(), PACK)
    assert found is not None
    assert item.STATUS_NAMES[found.status] == "in transit"
    assert (found.lot, found.expiry) == ("LOT42A", "281231")
    assert world.rules_found() == []


@pytest.mark.parametrize("spelling", [
    {"bizStep": "https://ref.gs1.org/cbv/BizStep-storing",
     "disposition": "https://ref.gs1.org/cbv/Disp-sellable_accessible"},
    {"bizStep": "cbv:BizStep-storing", "disposition": "cbv:Disp-sellable_accessible"},
    {"epcList": ["urn:epc:id:sgtin:9506000.013435.S001"]},
    {"epcList": [f"https://example.com/gtin/{GTIN}/ser/S001?17=281231"]}])
def test_names_in_every_spelling_mean_the_same(spelling: Document) -> None:
    said = event("storing", "sellable_accessible")
    assert read({**said, **spelling}).capture.events == read(said).capture.events


def test_many_packs_are_as_many_scans_as_needed() -> None:
    names = [pack(f"S{number:03}") for number in range(130)]
    said = event("packing", "in_progress", "ADD", parentID=CRATE, childEPCs=names)
    del said["epcList"]
    found = read({**said, "type": "AggregationEvent"})
    assert [len(one.scan.symbols) for one in found.capture.events] == [64, 64, 2]


def test_a_sensor_report_is_passed_over_and_named() -> None:
    report = {key: value for key, value in event("sensor_reporting", "").items()
              if key != "disposition"} | {"sensorElementList": [{
                  "sensorReport": [{"type": "Temperature", "value": 5.1, "uom": "CEL"}]}]}
    assert read(commissioning(), report).passed_over == (2,)


@pytest.mark.parametrize(("said", "rule"), [
    (event("departing", "in_transit"), "epcis.row"),
    (event("storing", "expired"), "epcis.row"),
    (shipping(destinationList=[]), "epcis.destination"),
    (shipping(sourceList=parties("source", PHARMACY_PARTY)), "epcis.party"),
    (event("receiving", "in_progress",
           destinationList=parties("destination", PHARMACY_PARTY)), "epcis.party"),
    (commissioning(ilmd={"cbvmda:itemExpirationDate": "soon"}), "epcis.expiry"),
    (event("storing", "sellable_accessible", readPoint={"id": "geo:47.5,11.1"}),
     "gs1.link_scheme"),
    (event("storing", "sellable_accessible", readPoint={"id": PACK}), "epcis.place"),
    (event("storing", "sellable_accessible", epcList=["https://example.com/x"]), "gs1.link_path"),
    (event("storing", "sellable_accessible", errorDeclaration={"declarationTime": AT}),
     "epcis.correction"),
    (event("storing", "sellable_accessible", epcList=[], quantityList=[
        {"epcClass": "urn:epc:class:lgtin:9506000.013435.L1"}]), "epcis.class"),
    (event("storing", "sellable_accessible", epcList=[]), "epcis.things")])
def test_what_an_event_breaks_is_named_with_its_number(said: Document, rule: str) -> None:
    with pytest.raises(NotTaken) as failed:
        read(commissioning(), said)
    (fault,) = failed.value.faults
    assert (fault.rule, fault.event) == (rule, 2)
    assert fault.says
    assert fault.remedy


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(NotTaken) as failed:
        read(event("departing", "in_transit"), commissioning(), event("loading", "in_transit"))
    assert [fault.event for fault in failed.value.faults] == [1, 3]


@pytest.mark.parametrize(("context", "right"), [
    ([GS1], True), (GS1, True), ([GS1, {"example": "https://ns.example.com/epcis/"}], True),
    ([GS1, "https://example.com/context.jsonld"], False),
    ([GS1, {"cbv": "https://example.com/cbv/"}], False),
    ([GS1, {"bizStep": "https://example.com/step"}], False),
    ([GS1, {"example": {"@id": "https://example.com/"}}], False)])
def test_contexts_are_not_fetched_nor_redefined(context: Any, right: bool) -> None:
    said = event("storing", "sellable_accessible")
    if right:
        assert read(said, context=context).capture.events
        return
    with pytest.raises(NotTaken) as failed:
        read(said, context=context)
    assert failed.value.rule == "epcis.context"


@pytest.mark.parametrize(("data", "rule"), [
    (b" " * (DOCUMENT_BYTES + 1), "epcis.bytes"), (b"{", "json.text"), (b"[]", "epcis.form"),
    (b'{"type": "EPCISQueryDocument"}', "epcis.form"),
    (json.dumps(document()).encode(), "epcis.empty"),
    (json.dumps(document(*[commissioning()] * (EVENTS + 1))).encode(), "epcis.events"),
    (json.dumps(document(commissioning(epcList=[
        pack(f"S{number:05}") for number in range(1600)]))).encode(), "epcis.size")])
def test_a_document_beyond_the_limits_is_named(data: bytes, rule: str) -> None:
    with pytest.raises(NotTaken) as failed:
        in_json.read(data, MAKER_PARTY)
    assert failed.value.rule == rule


def test_a_correction_marks_what_was_captured_before() -> None:
    world = World().found()
    first = world.register(world.state("capture", world.maker[1], "capture", read(
        commissioning()).capture.as_list()))[0]
    source = LedgerSource(world.engine)

    def find(uri: str, digest: bytes) -> tuple[bytes, int] | None:
        for one in source.chain(uri):
            if one.event.digest == digest and one.event.leaf is not None:
                return first.entry_hash, one.event.leaf
        return None

    said = commissioning(errorDeclaration={"declarationTime": AT, "reason": "did_not_occur"})
    found = in_json.read(json.dumps(document(said)).encode(), MAKER_PARTY, find)
    assert found.capture.events == ()
    assert found.capture.corrected == ((first.entry_hash, 0),)


def test_a_dispensing_that_did_not_occur_asks_for_its_undo() -> None:
    said = event("dispensing", "dispensed", "DELETE", errorDeclaration={
        "declarationTime": AT, "reason": "did_not_occur"})
    found = in_json.read(json.dumps(document(said)).encode(), MAKER_PARTY,
                         lambda uri, digest: (bytes(32), 4))
    assert [one.scan.action for one in found.capture.events] == [codes.ACTION_UNDO]
    assert found.capture.corrected == ((bytes(32), 4),)


def test_a_document_is_not_changed_by_reading_it() -> None:
    given = document(commissioning())
    before = copy.deepcopy(given)
    in_json.read(json.dumps(given).encode(), MAKER_PARTY)
    assert given == before
