"""History read from a ledger's store."""

from collections.abc import Iterator
from functools import lru_cache

from ledger_client.core import (
    block,
    capture,
    device_chain,
    history,
    identity,
    state,
    statement,
    taint,
)
from ledger_client.core.capture import Capture
from ledger_client.core.device_chain import Registered
from ledger_client.core.findings import Findings
from ledger_client.core.history import LoggerRecord, Numbered, Recorded
from ledger_client.core.item import Event
from ledger_client.core.state import View
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import cbor, record, scan
from ledger_client.wire.values import Record

_BODIES_CACHED = 64  # a pack's events lie in few blocks
_RECORDS_CACHED = 256  # one is behind an event of each thing it scanned


class LedgerSource:
    """A history.Source over an open ledger; with `devices_only` it knows of an event only what a
    device's record says, like a passport."""

    def __init__(self, reader: LedgerReader, *, devices_only: bool = False) -> None:
        self._reader = reader
        self._devices_only = devices_only
        self._view: View = reader.view()
        checkpoint = reader.checkpoint()
        assert checkpoint is not None
        self.ledger = checkpoint.ledger
        self._body = lru_cache(maxsize=_BODIES_CACHED)(self._read_body)
        self._record = lru_cache(maxsize=_RECORDS_CACHED)(self._read_record)

    def chain(self, uri: str) -> list[Numbered]:
        return [Numbered(number, history.decode_event(data))
                for number, data in enumerate(self._reader.store.events(uri))]

    def linking(self, other: str) -> Iterator[tuple[str, Numbered]]:
        for uri, number, data in self._reader.store.linking(other):
            yield uri, Numbered(number, history.decode_event(data))

    def happened(self, entry: int) -> Iterator[tuple[str, Numbered]]:
        for uri, number, data in self._reader.store.happened(entry):
            yield uri, Numbered(number, history.decode_event(data))

    def record(self, event: Event) -> Recorded | None:
        if event.leaf is None:
            return None
        if self.has_body(event.entry):
            found = self.record_at(event.entry, event.leaf)
            return Recorded(found.clock, found.body)
        captured = None if self._devices_only else self._captured(event.entry)
        if captured is None:
            return None
        stated = captured.events[event.leaf]
        return Recorded(stated.clock(), scan.encode(stated.scan))

    def _captured(self, entry: int) -> Capture | None:
        """The content of a capture; None: a block whose body was pruned."""
        parsed = statement.parse(self._reader.statement(entry))
        return capture.decode(parsed.content()) if parsed.kind == capture.SUBJECT else None

    def captured_event(self, uri: str, digest: bytes) -> tuple[bytes, int] | None:
        """(entry hash, leaf) of the event with this digest on an item's chain."""
        for one in self.chain(uri):
            if one.event.digest == digest and one.event.leaf is not None:
                data = self._reader.statement(one.event.entry)
                return statement.entry_hash(data), one.event.leaf
        return None

    def declared_in_error(self, event: Event) -> int | None:
        if event.leaf is None:
            return None
        organisation = identity.require_key(self._view, event.signer).organisation
        for entry, root in capture.declarations(self._view, event.entry, event.leaf):
            if root == organisation:
                return entry
        return None

    def record_at(self, entry: int, leaf: int) -> Record:
        """The record in a leaf of a block whose body is here."""
        return self._record(entry, leaf)

    def _read_record(self, entry: int, leaf: int) -> Record:
        return record.decode(self.leaf(entry, leaf).record, self.ledger)

    def leaf(self, entry: int, leaf: int) -> block.Leaf:
        """A leaf of a block whose body is here."""
        body = self._body(entry)
        assert body is not None
        return body.leaf(leaf)

    def _read_body(self, entry: int) -> block.Body | None:
        body = self._reader.entry(entry).body
        return None if body is None else block.Body(body)

    def has_body(self, entry: int) -> bool:
        """False when a block's body was pruned: the event stands, the record lies in an archive."""
        return self._body(entry) is not None

    def logger_records(self, thumbprint: bytes, epoch: int, seq: int) -> Iterator[LoggerRecord]:
        tainted = self.tainted(thumbprint)
        for held, place in self.device_records(thumbprint, epoch, seq):
            if self.has_body(held.entry):
                yield LoggerRecord(self.record_at(held.entry, held.leaf), place, place in tainted)

    def tainted(self, thumbprint: bytes) -> frozenset[taint.Place]:
        """Places of a device's records that are evidence no more."""
        key = identity.require_key(self._view, thumbprint)
        member = identity.require_organisation(self._view, key.organisation).member
        if key.tainted_from is None and member:
            return frozenset()
        rows = list(self.device_records(thumbprint, 0, 0))
        found = taint.tainted(rows, key.tainted_from, self._prev_of)
        return found if member else found.union(
            place for held, place in rows if self._found_tainted(held))

    def _found_tainted(self, held: Registered) -> bool:
        """What the rules said when it was registered: an expulsion names no earlier entry."""
        found = self._reader.view().load(Findings, state.finding_key(held.entry, held.leaf))
        return found is not None and any(row[0] == taint.RULE for row in found.found)

    def _prev_of(self, held: Registered) -> bytes | None:
        return self.record_at(held.entry, held.leaf).prev if self.has_body(held.entry) else None

    def earlier_records(self, thumbprint: bytes, epoch: int, seq: int) -> Iterator[LoggerRecord]:
        rows = [(held, place) for held, place in self.device_records(thumbprint, epoch, 1)
                if place[0] == epoch and place[1] <= seq]
        for held, place in reversed(rows):
            if self.has_body(held.entry):
                yield LoggerRecord(self.record_at(held.entry, held.leaf), place)

    def device_records(self, thumbprint: bytes, epoch: int,
                       seq: int) -> Iterator[tuple[Registered, tuple[int, int]]]:
        """Registered records of a device from (epoch, seq) on, with their (epoch, seq)."""
        prefix = b"record/" + thumbprint + b"/"
        for key, value in self._reader.store.keys(prefix):
            number, at = cbor.read(key, len(prefix))
            place = (number, cbor.read(key, at)[0])
            assert isinstance(place[0], int)
            assert isinstance(place[1], int)
            if place >= (epoch, seq):
                yield Registered.of(cbor.decode(value)), (place[0], place[1])

    def registered(self, thumbprint: bytes, epoch: int, seq: int) -> Registered:
        """Where a device's record stands that the ledger has."""
        held = device_chain.registered(self._view, thumbprint, epoch, seq)
        assert held is not None
        return held

    def drift_ppm(self, thumbprint: bytes) -> int:
        drift_ppm = identity.require_key(self._view, thumbprint).details[1]
        assert isinstance(drift_ppm, int)
        return drift_ppm
