"""EPCIS 2.0 documents of partners as captures: all of a document or nothing of it.

Whoever signs the capture is the organisation that acted.  Nothing is fetched: the contexts of GS1
are known by name, those of others are refused unless they stand in the document.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger_client.core import capture, custody
from ledger_client.core.capture import Capture, CapturedEvent
from ledger_client.epcis import event_hash, json_text, nodes, schema, urn, vocabulary
from ledger_client.epcis.rows import SENSOR_REPORTING, Row, action_of
from ledger_client.epcis.schema import Fault
from ledger_client.errors import InvalidData
from ledger_client.wire import cbor, codes, digital_link, gs1_elements
from ledger_client.wire import scan as scans
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Scan

DOCUMENT_BYTES = 1_000_000  # its scans must fit 64 KiB, and JSON takes 15 times more
PARTNER_ERROR_MS = 60_000  # EPCIS tells no clock error; systems on a network keep a minute
_FRAME_BYTES = 1024  # of a statement around its content
_CONTEXTS = ("https://ref.gs1.org/standards/epcis/", "https://gs1.github.io/EPCIS/")
_MDA = ("urn:epcglobal:cbv:mda:", "urn:epcglobal:cbv:mda#", "urn:epcglobal:cbv:mda")
_LINK = "{urn:coldseal:epcis:}"
_PARTY, _PLACE = "417", "414"

# (item, digest of the captured event) -> (entry hash, leaf) of the event that is registered
Find = Callable[[str, bytes], tuple[bytes, int] | None]


class NotTaken(InvalidData):
    """A document of which nothing is captured; `faults` are all that were found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(faults[0].rule, "\n".join(map(str, faults)))


@dataclass(frozen=True)
class Incoming:
    """`passed_over` are numbers, from 1, of sensor reports: they change no custody."""

    capture: Capture
    passed_over: tuple[int, ...]


def document_id(data: bytes) -> str:
    """Names a document: the SHA-256 that its capture holds, in hex."""
    return hashlib.sha256(data).hexdigest()


def read(data: bytes, party: str, find: Find = lambda item, digest: None) -> Incoming:
    """What the organisation `party` states with a document; NotTaken names every fault."""
    document = _document(data)
    found = schema.faults(document) or list(_contexts(document))
    if found:
        raise NotTaken(found)
    reader = _Reader(document, party, find)
    events = [reader.event(number, event)
              for number, event in enumerate(nodes.json_events(document), 1)]
    if reader.faults:
        raise NotTaken(reader.faults)
    made = Capture(tuple(one for group in events for one in group),
                   bytes.fromhex(document_id(data)), tuple(reader.corrected))
    _check_size(made)
    return Incoming(made, tuple(reader.passed_over))


def _document(data: bytes) -> dict[str, Any]:
    if len(data) > DOCUMENT_BYTES:
        raise NotTaken([_of_document("epcis.bytes", f"{len(data)} bytes, more than "
                                     f"{DOCUMENT_BYTES}", "Split it")])
    try:
        document = json_text.loads(data)
    except WireError as error:
        raise NotTaken([_of_document(error.rule, error.detail, "Send strict JSON")]) from error
    if not isinstance(document, dict) or document.get("type") != "EPCISDocument":
        raise NotTaken([_of_document("epcis.form", "no EPCISDocument",
                                     "Put the events into an EPCISDocument")])
    return document


def _of_document(rule: str, says: str, remedy: str) -> Fault:
    return Fault(rule, None, "", says, remedy)


def _contexts(document: dict[str, Any]) -> Iterator[Fault]:
    events = nodes.json_events(document)
    if len(events) > capture.EVENTS:
        yield _of_document("epcis.events", f"{len(events)} events, more than {capture.EVENTS}",
                           "Split it")
    for number, holder in enumerate([document, *events]):
        context = holder.get("@context", [])
        for part in context if isinstance(context, list) else [context]:
            why = _strange(part)
            if why:
                yield Fault("epcis.context", number or None, "@context", why,
                            "Use GS1's context, and prefixes of your own that stand in the "
                            "document")


def _strange(part: object) -> str:
    """What is wrong with a part of a context, "" when nothing is."""
    if isinstance(part, str):
        return "" if part.startswith(_CONTEXTS) else f"{part} is not fetched"
    assert isinstance(part, dict), "by the schema"
    for name, value in part.items():
        standard = vocabulary.PREFIXES.get(name)
        if not isinstance(value, str) or (standard or value) != value or name in _TERMS:
            return f"{name} is given a meaning of its own"
    return ""


_TERMS = frozenset(("type", "eventTime", "epcList", "childEPCs", "parentID", "action", "bizStep",
                    "disposition", "readPoint", "bizLocation", "sourceList", "destinationList",
                    "ilmd", "errorDeclaration", "quantityList", "persistentDisposition"))


def _check_size(made: Capture) -> None:
    size = len(cbor.encode(made.as_list(), utf8=True))
    if len(made.events) > capture.EVENTS or len(made.corrected) > capture.CORRECTED or \
            size > codes.STATEMENT_BYTES - _FRAME_BYTES:
        raise NotTaken([_of_document(
            "epcis.size", f"{len(made.events)} scans and {size} bytes do not fit one statement",
            "Split it: a document is captured whole or not at all")])
    if not made.events and not made.corrected:
        raise NotTaken([_of_document("epcis.empty", "no event changes custody",
                                     "There is nothing to capture")])


class _Reader:
    """Reads event by event and gathers the faults of all."""

    def __init__(self, document: dict[str, Any], party: str, find: Find) -> None:
        self._prefixes = nodes.namespaces(document.get("@context"))
        self._party = party
        self._find = find
        self.faults: list[Fault] = []
        self.corrected: list[tuple[bytes, int]] = []
        self.passed_over: list[int] = []

    def event(self, number: int, event: dict[str, Any]) -> list[CapturedEvent]:
        try:
            return self._event(number, event)
        except _Wrong as wrong:
            self.faults.append(Fault(wrong.rule, number, wrong.where, wrong.says, wrong.remedy))
        except WireError as error:
            self.faults.append(Fault(error.rule, number, "", error.detail,
                                     "Look at the identifier or time"))
        return []

    def _event(self, number: int, event: dict[str, Any]) -> list[CapturedEvent]:
        if _word(event, "bizStep") == SENSOR_REPORTING:
            self.passed_over.append(number)
            return []
        said = Row(event["type"], str(event.get("action")), _word(event, "bizStep") or "",
                   _word(event, "disposition"), _persistent(event))
        action = action_of(said)
        if action is None:
            raise _Wrong("epcis.row", "bizStep", f"{said.type} {said.action} {said.step} "
                         f"{said.disposition or 'without disposition'} is no row of the custody "
                         "table", "See the table in docs/epcis.md, or leave the event out")
        link = self._link(event)
        self._check_actor(link)
        made = self._scans(event, action, link)
        if "errorDeclaration" in event:
            return self._correct(event, action, made)
        return made

    def _link(self, event: dict[str, Any]) -> dict[str, Any]:
        """Our own extension, when the document is an export of ours."""
        prefixes = self._prefixes | nodes.namespaces(event.get("@context"))
        for name, value in event.items():
            if nodes.qualified(name, prefixes) == _LINK + "signedRecord" \
                    and isinstance(value, dict):
                return {nodes.qualified(inner, prefixes).removeprefix(_LINK): one
                        for inner, one in value.items()}
        return {}

    def _check_actor(self, link: dict[str, Any]) -> None:
        if link.get("party", self._party) != self._party:
            raise _Wrong("epcis.party", "", f"{link['party']} did this",
                         "Each organisation captures its own events with its own key")

    def _scans(self, event: dict[str, Any], action: int,
               link: dict[str, Any]) -> list[CapturedEvent]:
        time_ms, error_ms = event_hash.unix_ms(event["eventTime"]), link.get("timeErrorMs")
        if type(error_ms) is not int or error_ms < 0:
            error_ms = PARTNER_ERROR_MS
        parent = event.get("parentID")
        groups = _groups(self._symbols(event, action))
        return [CapturedEvent(time_ms, error_ms, _checked(Scan(
            action, group, None if parent is None else _symbol(urn.canonical(parent)),
            self._counterparty(event, action), _place(event), None, None, None,
            codes.SHOWN_ACCEPTED))) for group in groups]

    def _symbols(self, event: dict[str, Any], action: int) -> list[list[object]]:
        names = [*event.get("epcList", []), *event.get("childEPCs", [])]
        classes = [one["epcClass"] for kind in ("quantityList", "childQuantityList")
                   for one in event.get(kind, [])]
        if classes and action != codes.ACTION_RECALL:
            raise _Wrong("epcis.class", "quantityList", "a class of packs is not a pack",
                         "Name every pack by its serial; only a recall is about a lot")
        if not names and not classes and action != codes.ACTION_UNPACK:
            raise _Wrong("epcis.things", "epcList", "no thing is named", "Name what it was about")
        born = self._born(event) if action == codes.ACTION_COMMISSION else []
        return [_symbol(urn.canonical(name), born) for name in [*names, *classes]]

    def _born(self, event: dict[str, Any]) -> list[tuple[str, str]]:
        """AI 17 and 10 of instance data; whether a pack needs them is the rules' to say."""
        prefixes = self._prefixes | nodes.namespaces(event.get("@context"))
        values = {nodes.qualified(name, prefixes): value
                  for name, value in event.get("ilmd", {}).items()}
        lot, expiry = _mda(values, "lotNumber"), _mda(values, "itemExpirationDate")
        found = [] if expiry is None else [("17", _yymmdd(expiry))]
        return found + ([] if lot is None else [("10", lot)])

    def _counterparty(self, event: dict[str, Any], action: int) -> str | None:
        """Whom a shipment goes to; both sides of a hand-over must be who they are."""
        source = _owner(event, "sourceList", "source")
        destination = _owner(event, "destinationList", "destination")
        if action in (codes.ACTION_SHIP, codes.ACTION_RETURN):
            if destination is None:
                raise _Wrong("epcis.destination", "destinationList", "nobody is named to receive "
                             "it", "Name the possessing or owning party")
            self._check_self("sourceList", source)
            return destination
        if action in (codes.ACTION_RECEIVE, codes.ACTION_REFUSE):
            self._check_self("destinationList", destination)
        return None

    def _check_self(self, where: str, named: str | None) -> None:
        if named is not None and named != self._party:
            raise _Wrong("epcis.party", where, f"{named} is named, who captures is {self._party}",
                         "Each organisation captures its own events with its own key")

    def _correct(self, event: dict[str, Any], action: int,
                 made: list[CapturedEvent]) -> list[CapturedEvent]:
        """I8: the registered event is marked; what did not occur is undone where row 20 can."""
        for one in made:
            symbol = one.scan.parent if one.scan.parent is not None and not one.scan.symbols \
                else one.scan.symbols[0]
            assert symbol is not None
            place = self._find(_named(symbol), one.digest())
            if place is None:
                raise _Wrong("epcis.correction", "errorDeclaration", "the event that it corrects "
                             "is not registered here", "Capture the event first, then its "
                             "correction in a document of its own")
            self.corrected.append(place)
        declared = event["errorDeclaration"]
        reason = vocabulary.word(str(declared.get("reason", "")), "reason")
        if reason != "did_not_occur" or action not in (codes.ACTION_DISPENSE,
                                                       codes.ACTION_DECOMMISSION):
            return []
        at_ms = event_hash.unix_ms(declared["declarationTime"])
        return [CapturedEvent(at_ms, one.error_ms, one.scan._replace(action=codes.ACTION_UNDO))
                for one in made]


class _Wrong(Exception):
    """What one event breaks."""

    def __init__(self, rule: str, where: str, says: str, remedy: str) -> None:
        super().__init__(says)
        self.rule, self.where, self.says, self.remedy = rule, where, says, remedy


def _word(event: dict[str, Any], field: str) -> str | None:
    value = event.get(field)
    return None if value is None else vocabulary.word(value, field)


def _persistent(event: dict[str, Any]) -> str | None:
    values = event.get("persistentDisposition", {}).get("set", [])
    return vocabulary.word(values[0], "set") if values else None


def _groups(symbols: list[list[object]]) -> list[list[list[object]]]:
    """As many at once as one scan holds; none is one scan too, of a parent that is emptied."""
    return [symbols[at:at + codes.SYMBOLS] for at in range(0, len(symbols), codes.SYMBOLS)] or [[]]


def _checked(made: Scan) -> Scan:
    return scans.decode(scans.encode(made))


def _symbol(uri: str, more: Sequence[tuple[str, str]] = ()) -> list[object]:
    """The symbol that a label with this identity would have; `more` is for packs."""
    elements = digital_link.parse_digital_link(uri)
    if elements[0][0] == "01":
        elements = [elements[0], *more, *elements[1:]]
    aim = "]d2" if elements[0][0] == "01" else "]C1"
    return [aim, gs1_elements.to_element_string(elements)]


def _named(symbol: Sequence[object]) -> str:
    return custody.read_symbol(list(symbol), lot=True)[0]


def _place(event: dict[str, Any]) -> str | None:
    """Where the thing is afterwards, else where it was seen."""
    held = event.get("bizLocation") or event.get("readPoint")
    if held is None:
        return None
    place = urn.canonical(held["id"])
    if not place.startswith(f"{digital_link.STEM}/{_PLACE}/"):
        raise _Wrong("epcis.place", "readPoint", f"{held['id']} is no GLN",
                     "Name places by their GLN, with its extension if it has one")
    return place


def _owner(event: dict[str, Any], kind: str, field: str) -> str | None:
    """Possessing party, else owning party; a GLN of a place names its party (DSCSA guideline)."""
    rows = {vocabulary.web_address(one["type"], vocabulary.BARE_TYPES[kind]): one[field]
            for one in event.get(kind, [])}
    stem = vocabulary.BARE_TYPES[kind]
    named = rows.get(stem + "possessing_party") or rows.get(stem + "owning_party")
    if named is None:
        return None
    words = urn.canonical(named).split("/")
    if len(words) != 5 or words[3] not in (_PARTY, _PLACE):
        raise _Wrong("epcis.party", kind, f"{named} is no party", "Name parties by their GLN")
    return f"{digital_link.STEM}/{_PARTY}/{words[4]}"


def _mda(values: dict[str, Any], name: str) -> str | None:
    for namespace in _MDA:
        value = values.get(f"{{{namespace}}}{name}")
        if value is not None:
            return str(value)
    return None


def _yymmdd(date: str) -> str:
    """AI 17 of a date; the century is read back from the year of reading."""
    year, month, day = ([*date[:10].split("-"), "", ""])[:3]
    if len(year) != 4 or len(month) != 2 or len(day) != 2 or not (year + month + day).isdigit():
        raise _Wrong("epcis.expiry", "ilmd", f"{date!r} is no date", "Write 2028-12-31")
    return year[2:] + month + day
