"""Whether a document is EPCIS 2.0: the official JSON schema with its formats, and the rules of the
standard that a schema cannot say.

Needs the extra `epcis`.  The schema file is GS1's, unchanged: see EPCIS-LICENSE beside it.
"""

import importlib.resources
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from ledger_client.epcis import event_hash, nodes
from ledger_client.errors import extra_missing
from ledger_client.wire.errors import WireError

SCHEMA_SHA256 = "513c56633820463cf157bcb823eaecc4f636b9fcb8767f6f5b9c553e2809b019"
FAULTS = 20  # that are told at once: a document of another kind has thousands
_PARENTED = ("AggregationEvent", "AssociationEvent")
# Of the metadata, what a report may say for itself instead (TCR 53, step 29).
_EITHER = ("time", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")


@dataclass(frozen=True)
class Fault:
    """`event` is its number from 1, None for the document; `where` the path inside it."""

    rule: str
    event: int | None
    where: str
    says: str
    remedy: str

    def __str__(self) -> str:
        place = "document" if self.event is None else f"event {self.event}"
        inner = f", {self.where}" if self.where else ""
        return f"{place}{inner}: {self.says} ({self.rule}). {self.remedy}"


def faults(document: dict[str, Any]) -> list[Fault]:
    """What is wrong with a document, at most FAULTS; [] when nothing is."""
    by_schema = list(_of_schema(document))
    return by_schema[:FAULTS] if by_schema else list(_of_rules(document))[:FAULTS]


def _of_schema(document: dict[str, Any]) -> Iterator[Fault]:
    for error in _validator().iter_errors(_plain(document)):
        event, where = _place(list(error.instance_path))
        yield Fault("epcis.schema", event, where, error.message,
                    "Compare it with the EPCIS 2.0 JSON schema")


def _plain(value: Any) -> Any:
    """The validator knows no decimals; whether a number is one is all it asks."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, Decimal) else value


def _place(path: list[str | int]) -> tuple[int | None, str]:
    if "eventList" not in path:
        return None, "/".join(map(str, path))
    at = path.index("eventList") + 1
    number = path[at] if at < len(path) else None
    return (number + 1 if isinstance(number, int) else None), "/".join(map(str, path[at + 1:]))


@cache
def _validator() -> Any:
    try:
        import jsonschema_rs
    except ImportError as error:
        raise extra_missing("validating EPCIS needs jsonschema-rs", "epcis") from error
    return jsonschema_rs.validator_for(json.loads(schema_text()), validate_formats=True)


def ready() -> None:
    """UsageError when the extra is missing."""
    _validator()


def schema_text() -> bytes:
    return importlib.resources.files(__package__).joinpath("epcis-json-schema.json").read_bytes()


def _of_rules(document: dict[str, Any]) -> Iterator[Fault]:
    try:
        events = nodes.json_events(document)
    except WireError as error:
        yield Fault(error.rule, None, "epcisBody", error.detail, "Put the events into eventList")
        return
    for number, event in enumerate(events, 1):
        yield from _of_event(number, event)


def _of_event(number: int, event: dict[str, Any]) -> Iterator[Fault]:
    action = event.get("action")
    if event.get("type") in _PARENTED and action in ("ADD", "DELETE") and "parentID" not in event:
        yield Fault("epcis.parent", number, "parentID", f"{action} without a parent",
                    "Name the parent")
    for at, element in enumerate(event.get("sensorElementList", [])):
        yield from _of_sensor(number, event, f"sensorElementList/{at}", element)


def _of_sensor(number: int, event: dict[str, Any], where: str,
               element: dict[str, Any]) -> Iterator[Fault]:
    metadata = element.get("sensorMetadata", {})
    for report in element.get("sensorReport", []):
        twice = [name for name in _EITHER if name in metadata and name in report]
        if twice:
            yield Fault("epcis.sensor-twice", number, where, f"{twice[0]} stands in the metadata "
                        "and in a report", "Say it in one of them")
    held = event_hash.utc(str(event.get("eventTime")))
    for part in (metadata, *element.get("sensorReport", [])):
        for name in ("time", "startTime", "endTime"):
            if name in part and event_hash.utc(str(part[name])) > held:
                yield Fault("epcis.sensor-time", number, where, f"{name} is after eventTime",
                            "An event tells of what was sensed before it")
                return
