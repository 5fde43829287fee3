"""Captures: custody events that no device of this ledger signed.

A partner's document, a recall from the desk, a correction.  Content = [1, [* event], source hash /
null, corrected [+ [entry hash, leaf]] / null], event = [time_ms / null, error_ms / null, scan
body].  The leaf of an event is its place in the list, its digest the SHA-256 of its CBOR; the rules
of a scan apply, and whoever signed the statement acts.

`corrected` declares events in error (EPCIS errorDeclaration, I8).  Nothing is undone by it: the
mark and a finding stand beside the event, and the corrective events of the same statement, or a
judgement, bring the change.  State cannot tell whose an event is, so readers let a mark count only
when the event's own organisation made it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC

from ledger_client.core import custody, findings, identity, state
from ledger_client.core.entry import Entry
from ledger_client.core.findings import Finding
from ledger_client.core.identity import Key
from ledger_client.core.scene import Scene
from ledger_client.core.storage_terms import at_least, moment
from ledger_client.errors import Refused
from ledger_client.wire import cbor, check, codes, scan
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Scan

SUBJECT = "capture"
EVENTS = codes.BLOCK_RECORDS  # what one statement sets in motion is bounded like a block
CORRECTED = 64  # each adds a mark and a finding to the state
_FORM = "capture.form"


@dataclass(frozen=True)
class CapturedEvent:
    """A scan as somebody states it: Unix ms and how far they may be off, both None when unknown."""

    time_ms: int | None
    error_ms: int | None
    scan: Scan

    def as_list(self) -> list[object]:
        return [self.time_ms, self.error_ms, list(self.scan)]

    def digest(self) -> bytes:
        return hashlib.sha256(cbor.encode(self.as_list())).digest()

    def clock(self) -> Clock:
        """As a device's would be; the time is somebody's word, like that of a time server."""
        if self.time_ms is None:
            return Clock(None, codes.SOURCE_NONE, None, 1, 0)
        return Clock(self.time_ms, codes.SOURCE_SNTP, self.error_ms, 1, 0)


@dataclass(frozen=True)
class Capture:
    """`source` is the SHA-256 of the document that the events come from; `corrected` are (entry
    hash, leaf) of events declared in error."""

    events: tuple[CapturedEvent, ...]
    source: bytes | None = None
    corrected: tuple[tuple[bytes, int], ...] = ()

    def as_list(self) -> list[object]:
        return [codes.VERSION, [event.as_list() for event in self.events], self.source,
                [list(one) for one in self.corrected] or None]


def decode(content: object) -> Capture:
    """WireError when the form is wrong."""
    version, events, source, corrected = check.array(content, 4, _FORM)
    check.version(version, codes.VERSION, _FORM)
    if type(events) is not list or len(events) > EVENTS:
        raise WireError(_FORM, f"not at most {EVENTS} events")
    if not events and corrected is None:
        raise WireError(_FORM, "neither events nor corrections")
    return Capture(tuple(_event(one) for one in events), check.sized_or_null(source, 32, _FORM),
                   () if corrected is None else _corrected(corrected))


def _event(value: object) -> CapturedEvent:
    time_ms, error_ms, body = check.array(value, 3, "capture.event")
    if (time_ms is None) != (error_ms is None):
        raise WireError("capture.event", "time and error are null together")
    return CapturedEvent(check.uint_or_null(time_ms, "capture.event"),
                         check.uint_or_null(error_ms, "capture.event"),
                         scan.decode(cbor.encode(body)))


def _corrected(value: object) -> tuple[tuple[bytes, int], ...]:
    if type(value) is not list or not 0 < len(value) <= CORRECTED:
        raise WireError(_FORM, f"not 1 to {CORRECTED} corrected events")
    rows = [check.array(one, 2, _FORM) for one in value]
    return tuple((check.sized(entry_hash, 32, _FORM), check.uint(leaf, _FORM))
                 for entry_hash, leaf in rows)


def apply_capture(entry: Entry, signer: Key, content: object) -> None:
    """Form, document, corrections; then every event by the rules of a scan."""
    if entry.statement.subject != SUBJECT:
        raise Refused("S8", "sub is not \"capture\"")
    found = decode(content)
    if found.source is not None:
        _register_source(entry, signer, found.source)
    for entry_hash, leaf in found.corrected:
        _declare_in_error(entry, signer, entry_hash, leaf)
    organisation = identity.require_organisation(entry.view, signer.organisation)
    person = entry.statement.issuer if signer.role == codes.ROLE_PERSON else None
    for leaf, event in enumerate(found.events):
        _check_time(entry, leaf, event)
        custody.apply_scan(Scene(entry, leaf, event.scan, event.clock(), organisation,
                                 entry.statement.issuer, event.digest(), person=person))


def _register_source(entry: Entry, signer: Key, source: bytes) -> None:
    """A document is captured once by an organisation: again would be a second telling."""
    key = state.source_key(signer.organisation, source)
    before = entry.view.get(key)
    if before is not None:
        raise Refused("E1", f"entry {before} captured it")
    entry.view.put(key, entry.number)


def _declare_in_error(entry: Entry, signer: Key, entry_hash: bytes, leaf: int) -> None:
    number = entry.view.get(state.entry_key(entry_hash))
    if not isinstance(number, int) or leaf >= EVENTS:
        raise Refused("E2", f"no entry {entry_hash.hex()[:16]} with a leaf {leaf}")
    marks = declarations(entry.view, number, leaf)
    if any(root == signer.organisation for _, root in marks):
        raise Refused("E3", f"entry {number} leaf {leaf}")
    entry.view.put(state.corrected_key(number, leaf),
                   [*map(list, marks), [entry.number, signer.organisation]])
    findings.add(entry.view, number, leaf, Finding("E5", None, [entry.number]), None)


def declarations(view: state.View, number: int, leaf: int) -> list[tuple[int, bytes]]:
    """(entry that declares it in error, root of the organisation that says so) of an event."""
    rows = view.get(state.corrected_key(number, leaf))
    return [(row[0], row[1]) for row in rows] if isinstance(rows, list) else []


def _check_time(entry: Entry, leaf: int, event: CapturedEvent) -> None:
    """A statement can be made anew, so what has not happened yet is refused, not kept."""
    if event.time_ms is None or event.error_ms is None:
        return
    ahead_ms = event.time_ms - event.error_ms - entry.now_ms
    if ahead_ms > codes.TOLERANCE_MS:
        raise Refused("E4", f"event {leaf + 1} of {moment(event.time_ms, UTC)} lies "
                            f"{at_least(ahead_ms)} ahead of ledger time")
