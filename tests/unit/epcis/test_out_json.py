"""Documents of a ledger: the right names, exact numbers, and a link to what was signed."""

import json
from typing import Any

import pytest

from ledger_client.core import answer, identity
from ledger_client.core.capture import Capture
from ledger_client.core.judgement import APPROVED, UNDO
from ledger_client.epcis import event_hash, json_text, nodes, out_json
from ledger_client.epcis.gathered import Gathering
from ledger_client.epcis.out_json import Exporter, Storage
from ledger_client.epcis.rows import ROWS, action_of
from ledger_client.errors import UsageError
from ledger_client.wire import codes
from tests.shift import PACKS, whole_way
from tests.world import (
    CRATE,
    LOGGER_GIAI,
    MAKER_PARTY,
    PHARMACY_PARTY,
    World,
    pack,
    pack_symbol,
)

ITEM = pack(PACKS[0])


@pytest.fixture
def world() -> World:
    made = World().found()
    made.product()
    whole_way(made)
    return made


def text_of(world: World, uri: str, **options: Any) -> str:
    return Exporter(world.engine, **options).document(Gathering(world.engine).of(uri))


def events_of(world: World, uri: str, **options: Any) -> list[dict[str, Any]]:
    found = json.loads(text_of(world, uri, **options))["epcisBody"]["eventList"]
    assert isinstance(found, list)
    return found


def steps(events: list[dict[str, Any]]) -> list[str]:
    return [one["bizStep"] for one in events]


def test_a_packs_history_is_its_own_and_its_crates(world: World) -> None:
    events = events_of(world, ITEM)
    assert steps(events) == ["commissioning", "packing", "installing", "shipping", "receiving",
                             "removing", "unpacking", "storing", "dispensing"]
    assert pack(PACKS[1]) not in json.dumps(events)  # siblings are nobody's business


def test_a_shipments_history_has_what_was_in_it_until_it_left(world: World) -> None:
    events = events_of(world, CRATE)
    assert steps(events).count("commissioning") == 11
    (packing,) = [one for one in events if one["bizStep"] == "packing"]
    assert packing["childEPCs"] == [pack(serial) for serial in PACKS[:10]]
    assert "dispensing" not in steps(events)


def test_names_and_parties_of_a_hand_over(world: World) -> None:
    by_step = {one["bizStep"]: one for one in events_of(world, ITEM)}
    shipping, receiving = by_step["shipping"], by_step["receiving"]
    assert shipping["disposition"] == "in_transit"
    assert shipping["epcList"] == [CRATE]
    for one in (shipping, receiving):
        assert {row["source"] for row in one["sourceList"]} == {MAKER_PARTY}
        assert {row["destination"] for row in one["destinationList"]} == {PHARMACY_PARTY}
        assert {row["type"] for row in one["sourceList"]} == {"possessing_party", "owning_party"}
    assert by_step["installing"]["childEPCs"] == [LOGGER_GIAI]
    assert by_step["installing"]["parentID"] == CRATE
    assert "childEPCs" not in by_step["unpacking"]  # everything came out


def test_lot_and_expiry_are_instance_data_of_the_commissioning(world: World) -> None:
    first = events_of(world, ITEM)[0]
    assert first["ilmd"] == {"cbvmda:lotNumber": "LOT42A",
                             "cbvmda:itemExpirationDate": "2028-12-31"}


def test_documents_behind_a_shipment_are_named_at_export(world: World) -> None:
    po = ("po", "urn:epcglobal:cbv:bt:9506000134352:PO-1")
    events = events_of(world, ITEM, transactions=[po])
    assert [one["bizTransactionList"] for one in events if "bizTransactionList" in one] == [
        [{"type": "po", "bizTransaction": po[1]}]]


def test_every_event_has_its_hash_and_the_record_behind_it(world: World) -> None:
    text = text_of(world, ITEM)
    document = json_text.loads(text.encode())
    for event, node in zip(document["epcisBody"]["eventList"], nodes.from_json(document),
                           strict=True):
        assert event["eventID"] == event_hash.event_hash(node)
        link = event["coldseal:signedRecord"]
        digest = bytes.fromhex(link["coldseal:digest"])
        found = [one for uri in (ITEM, CRATE) for one in Gathering(world.engine).source.chain(uri)
                 if (one.event.entry, one.event.leaf) == (link["coldseal:entry"],
                                                          link["coldseal:leaf"])]
        assert {one.event.digest for one in found} == {digest}
        assert link["coldseal:ledger"] == world.ledger.hex()


def test_the_same_ledger_gives_the_same_text(world: World) -> None:
    assert text_of(world, ITEM) == text_of(world, ITEM)


def test_exposure_is_summed_up_exactly(world: World) -> None:
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    gathering = Gathering(world.engine)
    found = answer.storage_answer(gathering.source, world.engine.view(), ITEM, checkpoint.time_ms)
    text = Exporter(world.engine).document([], Storage(
        found.exposure, found.verdict, "urn:coldseal:profile:1"))
    (event,) = json_text.loads(text.encode())["epcisBody"]["eventList"]
    (element,) = event["sensorElementList"]
    (report,) = element["sensorReport"]
    values = [one.value_cdeg for one in found.exposure.segments[0].readings]
    assert report["minValue"] * 100 == min(values)
    assert report["maxValue"] * 100 == max(values)
    assert abs(report["meanValue"] * 100 * len(values) - sum(values)) * 2 <= len(values)
    assert report["exception"] == "ALARM_CONDITION"
    assert element["sensorMetadata"]["deviceID"] == LOGGER_GIAI
    assert element["sensorMetadata"]["endTime"] <= event["eventTime"]


@pytest.mark.parametrize(("values", "mean"), [
    ([1, 2], 2), ([-1, -2], -2), ([500], 500), ([1, 1, 2], 1), ([0, -1], -1)])
def test_means_are_rounded_half_away_from_zero(values: list[int], mean: int) -> None:
    assert out_json._mean(values) == mean


def test_a_correction_is_the_event_again_with_its_declaration(world: World) -> None:
    first = events_of(world, ITEM)[0]["coldseal:signedRecord"]
    entry = world.engine.statement(first["coldseal:entry"])
    parsed = world.state("capture", world.maker[1], "capture", Capture((), None, (
        (_hash(entry), first["coldseal:leaf"]),)).as_list())
    world.register(parsed)
    events = events_of(world, ITEM)
    original, declared = events[0], events[-1]
    assert declared["errorDeclaration"]["reason"] == "did_not_occur"
    assert {name: value for name, value in declared.items() if name != "errorDeclaration"} \
        == original
    assert declared["eventID"] == original["eventID"]


def _hash(data: bytes) -> bytes:
    from ledger_client.core import statement
    return statement.entry_hash(data)


def test_an_undo_says_that_the_dispensing_did_not_occur(world: World) -> None:
    person = world.enrol(codes.ROLE_PERSON, "pharmacist", world.pharmacy, [
        [identity.PERSON_ROLES["pharmacist"]], bytes(32)])
    scanner = world.device("another scanner", world.pharmacy)
    block = world.block(scanner.scan(codes.ACTION_UNDO, [pack_symbol(PACKS[0])]))
    world.register(world.state("judgement", person, "judgement", [
        1, [block.entry_hash, 0, "C20.1"], UNDO, APPROVED, None, None, None]))
    declared = events_of(world, ITEM)[-1]
    assert declared["bizStep"] == "dispensing"
    assert declared["errorDeclaration"]["reason"] == "did_not_occur"


def test_one_organisation_tells_what_it_did_itself(world: World) -> None:
    happenings = Gathering(world.engine).of(ITEM)
    own = out_json.of_organisation(happenings, MAKER_PARTY)
    assert [one.action for one in own] == [codes.ACTION_COMMISSION, codes.ACTION_PACK,
                                           codes.ACTION_ATTACH, codes.ACTION_SHIP]


def test_an_unknown_item_is_named(world: World) -> None:
    with pytest.raises(UsageError, match="knows no such item"):
        Gathering(world.engine).of(pack("nobody"))


def test_every_row_is_read_back_as_itself() -> None:
    assert {number: action_of(row) for number, row in ROWS.items()} == {
        number: number for number in ROWS}
