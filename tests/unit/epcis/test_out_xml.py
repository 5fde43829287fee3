"""EPCIS 1.2 XML: beside the sample of the US guideline, and read back by the event hash."""

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from ledger_client.epcis import event_hash, json_text, nodes, to_urn, urn
from ledger_client.epcis.gathered import Gathering
from ledger_client.epcis.out_json import Exporter
from ledger_client.epcis.out_xml import Shipment, XmlExporter
from ledger_client.errors import UsageError
from tests.shared_data import shared
from tests.shift import PACKS, begin, whole_way
from tests.world import CRATE, World, pack

SAMPLE = ("provenance/openepcis-test-resources/core/src/main/resources/1.2/EPCIS/XML/Capture/"
          "Documents/GS1_US_Pharma_Example_2_2_1_1.xml")
PO = ("po", "urn:epcglobal:cbv:bt:9521321000018:PO-1")
# What the sample has and a ledger does not know.
NOT_OURS = {"attribute"}


@pytest.fixture(scope="module")
def world() -> World:
    made = World().found()
    made.product()
    whole_way(made)
    return made


@pytest.fixture(scope="module")
def root(world: World) -> Element:
    return ElementTree.fromstring(XmlExporter(world.engine).document(Shipment(
        Gathering(world.engine).of(CRATE), True, [PO])))


def paths(element: Element, above: str = "") -> Iterator[str]:
    here = f"{above}/{element.tag}"
    yield here
    for child in element:
        yield from paths(child, here)


def test_every_element_is_one_of_the_samples_and_none_is_missing(root: Element) -> None:
    sample = ElementTree.fromstring(shared(SAMPLE).read_bytes())
    assert set(paths(root)) - set(paths(sample)) == set()
    missing = set(paths(sample)) - set(paths(root))
    # Our packs were scanned without a place; everything else of the sample is there.
    assert {path.rpartition("EventList/")[2] for path in missing} == {
        f"{kind}/{place}{end}" for kind in ("ObjectEvent", "AggregationEvent")
        for place in ("readPoint", "bizLocation") for end in ("", "/id")}
    assert root.attrib["schemaVersion"] == sample.attrib["schemaVersion"]


def test_the_order_of_fields_is_the_samples(root: Element) -> None:
    """XML 1.2 is a sequence: what stands in both stands in the same order."""
    sample = ElementTree.fromstring(shared(SAMPLE).read_bytes())
    for kind in ("ObjectEvent", "AggregationEvent"):
        orders = [{tuple(child.tag for child in event) for event in tree.iter(kind)}
                  for tree in (root, sample)]
        for ours in orders[0]:
            assert any([tag for tag in theirs if tag in ours] == list(ours)
                       for theirs in orders[1]), (kind, ours)


def test_it_tells_the_shipment_and_nothing_after_it(root: Element) -> None:
    steps = [one.text for one in root.iter("bizStep")]
    assert [str(step).rpartition(":")[2] for step in steps] == \
        ["commissioning"] * 11 + ["packing", "shipping"]
    assert [one.text for one in root.iter("{urn:epcglobal:cbv:mda}lotNumber")] == ["LOT42A"] * 10


def test_events_hash_like_the_same_events_in_json(world: World, root: Element) -> None:
    """Commissioning and packing say the same in both syntaxes, save our link."""
    by_xml = {event_hash.pre_hash(one) for one in nodes.from_xml(ElementTree.tostring(root))}
    happenings = Gathering(world.engine).of(CRATE)
    document = json_text.loads(Exporter(world.engine).document(happenings).encode())
    link = frozenset(("{urn:coldseal:epcis:}signedRecord",))
    by_json = {event_hash.pre_hash(one, link).replace("{urn:epcglobal:cbv:mda:}",
                                                      "{urn:epcglobal:cbv:mda}")
               for one in nodes.from_json(document)}
    assert len(by_xml & by_json) == 12


def test_nobody_affirms_for_the_seller(world: World) -> None:
    data = XmlExporter(world.engine).document(Shipment(Gathering(world.engine).of(CRATE), False))
    assert b"affirmTransactionStatement>false<" in data
    assert b"legalNotice" not in data


def test_without_a_shipment_there_is_nothing_to_tell() -> None:
    world = World().found()
    world.block(*begin(world).commissioned())
    with pytest.raises(UsageError, match="nothing was shipped"):
        XmlExporter(world.engine).document(Shipment(
            Gathering(world.engine).of(pack(PACKS[0])), True))


@pytest.mark.parametrize("name", [
    "01/09506000134352/21/S001", "01/09506000134352/21/A%2FB%25%22%3F%26", "00/395060001340000018",
    "01/09506000134352/10/LOT42A", "414/9506000134352", "414/9506000134352/254/A1",
    "8004/9506000134L1"])
@pytest.mark.parametrize("prefixes", [["9506000134"], ["9506000", "952"], ["950600013", "9506000"]])
def test_urns_are_read_back_as_the_same_name(name: str, prefixes: list[str]) -> None:
    uri = "https://id.gs1.org/" + name
    assert urn.canonical(to_urn.to_urn(uri, prefixes)) == uri


def test_a_party_is_written_as_the_location_of_its_gln() -> None:
    found = to_urn.to_urn("https://id.gs1.org/417/9506000134352", ["9506000134"])
    assert found == "urn:epc:id:sgln:9506000134.35.0"


def test_a_prefix_that_nobody_owns_is_named() -> None:
    with pytest.raises(UsageError, match="no member of this ledger owns"):
        to_urn.to_urn("https://id.gs1.org/00/395060001340000018", ["4012345"])
