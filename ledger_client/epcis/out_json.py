"""EPCIS 2.0 documents (JSON-LD) of what a ledger knows.

Identifiers are canonical GS1 Digital Links, names are bare words of CBV 2.0, each event is named by
its event hash and linked to the signed record behind it.  The same ledger gives the same text.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledger_client.core import capture, statement
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.storage_values import Exposure, Segment
from ledger_client.core.verdict import Verdict
from ledger_client.epcis import event_hash, json_text, nodes
from ledger_client.epcis.gathered import Happening
from ledger_client.epcis.rows import ASSOCIATION, OBJECT, OBSERVE, ROWS, SENSOR_REPORTING, Row
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import codes, gs1

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EXTENSION = "urn:coldseal:epcis:"
_PREFIXES = {"coldseal": EXTENSION, "cbvmda": "urn:epcglobal:cbv:mda:"}
_UTC = "+00:00"  # devices know no zone

Event = dict[str, Any]


@dataclass(frozen=True)
class Storage:
    """What a logger saw of an item, with its verdict when a profile is registered."""

    exposure: Exposure
    verdict: Verdict | None
    rules: str | None  # URI of the profile that judged


@dataclass(frozen=True)
class Declaration:
    """What declares events in error: ledger time, and the hashes of its corrective events."""

    time_ms: int
    corrective: tuple[str, ...]


class Exporter:
    """Events of one ledger; `transactions` are (type, id) of the documents behind a shipment, which
    the ledger knows only as a keyed hash."""

    def __init__(self, reader: LedgerReader,
                 transactions: Sequence[tuple[str, str]] = ()) -> None:
        checkpoint = reader.checkpoint()
        assert checkpoint is not None
        self._reader = reader
        self._ledger = checkpoint.ledger
        self._created_ms = checkpoint.time_ms
        self._transactions = transactions

    def document(self, happenings: Sequence[Happening], storage: Storage | None = None) -> str:
        """The text of one document."""
        events = list(self._events(happenings))
        if storage is not None:
            events += [_named(one) for one in _sensor_events(storage)]
        return json_text.dumps({
            "@context": [CONTEXT, _PREFIXES], "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": time_text(self._created_ms),
            "epcisBody": {"eventList": events}}) + "\n"

    def _events(self, happenings: Sequence[Happening]) -> Iterator[Event]:
        made = [(one, _named(self._event(one))) for one in happenings if one.action in ROWS]
        yield from (event for _, event in made)
        for undo in happenings:
            if undo.action == codes.ACTION_UNDO:
                yield from _undone(undo, made)
        hashes = {one.order: event["eventID"] for one, event in made}
        for happening, event in made:
            if happening.in_error is not None:
                declared = self._declaration(happening.in_error, hashes)
                yield {**event, "errorDeclaration": _error(declared)}

    def _declaration(self, entry: int, hashes: dict[tuple[int, int], str]) -> Declaration:
        """The corrective events are those of the declaring entry that are exported too."""
        parsed = statement.parse(self._reader.statement(entry))
        count = len(capture.decode(parsed.content()).events)
        covering = self._reader.store.checkpoint_covering(entry)
        assert covering is not None
        return Declaration(checkpoints.decode(covering.checkpoint).time_ms, tuple(
            hashes[entry, leaf] for leaf in range(count) if (entry, leaf) in hashes))

    def _event(self, happening: Happening) -> Event:
        row = ROWS[happening.action]
        event: Event = {"type": row.type, "eventTime": time_text(happening.moment.unix_ms),
                        "eventTimeZoneOffset": _UTC, **_what(row, happening),
                        "action": row.action, "bizStep": row.step}
        if row.disposition is not None:
            event["disposition"] = row.disposition
        if row.persistent is not None:
            event["persistentDisposition"] = {"set": [row.persistent]}
        return {**event, **_where(row, happening), **self._hand_over(happening), **_born(happening),
                "coldseal:signedRecord": self._link(happening)}

    def _link(self, happening: Happening) -> Event:
        entry, leaf = happening.order
        return {"coldseal:ledger": self._ledger.hex(), "coldseal:entry": entry,
                **({} if leaf < 0 else {"coldseal:leaf": leaf}),
                "coldseal:digest": happening.digest.hex(),
                "coldseal:party": happening.organisation.party,
                "coldseal:timeErrorMs": happening.moment.error_ms}

    def _hand_over(self, happening: Happening) -> Event:
        """Who gave it to whom; a receipt names the same two parties as its shipment."""
        if happening.counterparty is None:
            return {}
        sent = happening.action in (codes.ACTION_SHIP, codes.ACTION_RETURN)
        here, there = happening.organisation.party, happening.counterparty
        source, destination = (here, there) if sent else (there, here)
        kinds = ("possessing_party", "owning_party")
        parties: Event = {
            "sourceList": [{"type": kind, "source": source} for kind in kinds],
            "destinationList": [{"type": kind, "destination": destination} for kind in kinds]}
        if sent and self._transactions:
            parties["bizTransactionList"] = [{"type": kind, "bizTransaction": name}
                                             for kind, name in self._transactions]
        return parties


def _undone(undo: Happening, made: Sequence[tuple[Happening, Event]]) -> Iterator[Event]:
    """Row 20: the dispensing or decommissioning that it takes back did not occur."""
    before = [event for one, event in made if one.order < undo.order and one.things == undo.things
              and one.action in (codes.ACTION_DISPENSE, codes.ACTION_DECOMMISSION)]
    if before:
        yield {**before[-1], "errorDeclaration": _error(Declaration(undo.moment.unix_ms, ()))}


def _what(row: Row, happening: Happening) -> Event:
    if row.type == OBJECT:
        return {"epcList": list(happening.things)}
    children = {"childEPCs": list(happening.things)} if happening.things else {}
    return {"parentID": happening.parent, **children}


def _where(row: Row, happening: Happening) -> Event:
    if happening.place is None:
        return {}
    place = {"id": happening.place}
    stays = row.stays and row.type != ASSOCIATION
    return {"readPoint": place, **({"bizLocation": place} if stays else {})}


def _born(happening: Happening) -> Event:
    """Lot and expiry of instances, the date in full: a day 00 is the last of its month."""
    if happening.lot is None or happening.expiry is None:
        return {}
    year, month, day, _ = gs1.expiry_day(happening.expiry, _date(happening.moment.unix_ms).year)
    return {"ilmd": {"cbvmda:lotNumber": happening.lot,
                     "cbvmda:itemExpirationDate": f"{year:04}-{month:02}-{day:02}"}}


def _error(declared: Declaration) -> Event:
    """Without corrective events it did not occur; with them it was told wrongly."""
    if not declared.corrective:
        return {"declarationTime": time_text(declared.time_ms), "reason": "did_not_occur"}
    return {"declarationTime": time_text(declared.time_ms), "reason": "incorrect_data",
            "correctiveEventIDs": list(declared.corrective)}


def _sensor_events(storage: Storage) -> Iterator[Event]:
    """One summary for each logger and the time it was with the item."""
    for segment in storage.exposure.segments:
        if segment.readings:
            yield _sensor_event(storage, segment)


def _sensor_event(storage: Storage, segment: Segment) -> Event:
    end_ms = storage.exposure.to_ms if segment.end_ms is None else segment.end_ms
    values = [one.value_cdeg for one in segment.readings]
    metadata = {"startTime": time_text(segment.start_ms), "endTime": time_text(end_ms),
                "deviceID": segment.logger}
    if storage.rules is not None:
        metadata["bizRules"] = storage.rules
    report: Event = {"type": "Temperature", "minValue": celsius(min(values)),
                     "maxValue": celsius(max(values)), "meanValue": celsius(_mean(values)),
                     "uom": "CEL"}
    if _alarmed(storage, segment.start_ms, end_ms):
        report["exception"] = "ALARM_CONDITION"
    return {"type": OBJECT, "eventTime": time_text(end_ms), "eventTimeZoneOffset": _UTC,
            "epcList": [storage.exposure.item], "action": OBSERVE, "bizStep": SENSOR_REPORTING,
            "sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [report]}]}


def _alarmed(storage: Storage, start_ms: int, end_ms: int) -> bool:
    return storage.verdict is not None and any(
        one.first_ms <= end_ms and one.last_ms >= start_ms for one in storage.verdict.excursions)


def _mean(values: Sequence[int]) -> int:
    """Of the readings, rounded half away from zero."""
    total, count = sum(values), len(values)
    rounded = (2 * abs(total) + count) // (2 * count)
    return rounded if total >= 0 else -rounded


def celsius(value_cdeg: int) -> Decimal:
    return Decimal(value_cdeg).scaleb(-2)


def _named(event: Event) -> Event:
    """With its event hash ID, as a document of ours would be read by anybody."""
    (node,) = nodes.from_json({"@context": [CONTEXT, _PREFIXES],
                               "epcisBody": {"eventList": [_as_read(event)]}})
    return {"type": event["type"], "eventID": event_hash.event_hash(node), **event}


def _as_read(event: Event) -> Event:
    read = json_text.loads(json_text.dumps(event).encode())
    assert isinstance(read, dict)
    return read


def _date(unix_ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(0, datetime.UTC) \
        + datetime.timedelta(milliseconds=unix_ms)


def time_text(unix_ms: int) -> str:
    """UTC with milliseconds."""
    moment = _date(unix_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def of_organisation(happenings: Iterable[Happening], party: str) -> list[Happening]:
    """What one organisation did: what it would send to a partner."""
    return [one for one in happenings if one.organisation.party == party]
