"""Documents of others, valid and invalid, and what only rules can see."""

import copy
import hashlib
from pathlib import Path
from typing import Any

import pytest

from ledger_client.epcis import json_text, schema
from ledger_client.epcis.gathered import Gathering
from ledger_client.epcis.out_json import Exporter
from ledger_client.epcis.schema import FAULTS
from tests.shared_data import shared
from tests.shift import whole_way
from tests.world import CRATE, World

JSON = "provenance/openepcis-test-resources/core/src/main/resources/2.0/EPCIS/JSON"
# Said to be valid by those who made them, and refused here.
BY_SCHEMA = {
    "SensorData_with_combined_events.json": "sensor types that EPCIS 2.0.0 has not (Molar_"
    "concentration), and reports without a type",
    "TransactionEvent_with_userExtensions.json": "a sensor type that EPCIS 2.0.0 has not "
    "(EffectiveDoseRate)"}
# Made to show fields: sensor times after the event, or metadata said twice.
BY_RULE = {
    "AggregationEvent_all_possible_fields.json", "JumbledFieldsOrder.json",
    "ObjectEvent_all_possible_fields.json", "TransactionEvent_all_possible_fields.json",
    "TransformationEvent_all_possible_fields.json", "CurieString_document.json",
    "Combination_of_different_event.json", "ObjectEventWithAllPossibleFields.json"}


def files(*folders: str) -> list[Path]:
    found = [path for folder in folders
             for path in sorted(shared(f"{JSON}/{folder}").glob("*.json"))]
    assert found
    return found


def read(path: Path) -> dict[str, Any]:
    document = json_text.loads(path.read_bytes())
    assert isinstance(document, dict)
    return document


def test_valid_documents_pass_save_those_listed() -> None:
    refused = {path.name: {one.rule for one in schema.faults(read(path))}
               for path in files("Capture/Documents", "Capture/Events", "Query")}
    by_schema = {name for name, rules in refused.items() if "epcis.schema" in rules}
    by_rule = {name for name, rules in refused.items() if rules - {"epcis.schema"}}
    assert by_schema == set(BY_SCHEMA)
    assert by_rule == BY_RULE
    assert {rule for name in BY_RULE for rule in refused[name]} == {
        "epcis.sensor-time", "epcis.sensor-twice"}


def test_invalid_documents_are_refused() -> None:
    passed = [path.name for path in files("Capture/Invalid", "Query/Invalid")
              if not schema.faults(read(path))]
    assert passed == []


def test_the_schema_is_the_published_one() -> None:
    assert hashlib.sha256(schema.schema_text()).hexdigest() == schema.SCHEMA_SHA256
    assert schema.schema_text() == shared(
        "provenance/openepcis-event-sentry/epcis-json-schema.json").read_bytes()


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    world = World().found()
    whole_way(world)
    text = Exporter(world.engine).document(Gathering(world.engine).of(CRATE))
    document = json_text.loads(text.encode())
    assert isinstance(document, dict)
    return document


def test_what_we_export_is_valid(ours: dict[str, Any]) -> None:
    assert schema.faults(ours) == []


def at(document: dict[str, Any], step: str) -> tuple[int, dict[str, Any]]:
    events = document["epcisBody"]["eventList"]
    number = next(n for n, one in enumerate(events) if one["bizStep"] == step)
    return number + 1, events[number]


def test_a_packing_without_a_parent_is_named(ours: dict[str, Any]) -> None:
    without = copy.deepcopy(ours)
    number, packing = at(without, "packing")
    del packing["parentID"]
    (fault,) = schema.faults(without)
    assert (fault.rule, fault.event) == ("epcis.parent", number)
    assert f"event {number}" in str(fault)
    assert fault.remedy in str(fault)


def test_a_fault_names_its_event_and_place(ours: dict[str, Any]) -> None:
    broken = copy.deepcopy(ours)
    number, event = at(broken, "shipping")
    event["disposition"] = "gone"
    found = schema.faults(broken)
    assert {(one.event, one.where) for one in found} == {(number, "disposition")}


def test_a_document_of_another_kind_is_told_in_few_lines(ours: dict[str, Any]) -> None:
    broken = copy.deepcopy(ours)
    for event in broken["epcisBody"]["eventList"] * 3:
        event["action"] = "TURN"
    broken["epcisBody"]["eventList"] *= 10
    assert len(schema.faults(broken)) == FAULTS
