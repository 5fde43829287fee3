"""The passport's parts as values, their form checked and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.signed import Statement
from ledger_client.second_opinion.trees import StateProof
from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError

PASSPORT_BYTES = 16 * 1024 * 1024  # the format's own limit; bounds records and so signatures
LINK_PARENT, LINK_PLACE, LINK_LOGGER = 1, 2, 3
_WHERE = {LINK_PARENT: 2, LINK_PLACE: 1, LINK_LOGGER: 3}  # how many values say where
_ITEMS = 1 << 20  # of CBOR, 70,000 events' worth: a byte of it can take 80 bytes of memory
URI_CHARACTERS = 128
_STRINGS = (2, 3)  # CBOR major types whose content follows their head (RFC 8949 section 3.1)
_DUE = {"version": 1, "ledger_key": 2, "checkpoint": 3, "proofs": 4, "signers": 5, "chains": 6,
        "parties": 7, "maker_key": 8}
_POSSIBLE = {"cosignatures": 9, "revoked": 10, "verdict": 11, "keys": 12, "records": 13,
             "telemetry": 14}
_FIELDS = {**_DUE, **_POSSIBLE}


class Link(NamedTuple):
    """`where` is a parent's (length, generation), a place's (length), a logger's (epoch, seq);
    `thumbprint` is a logger's, empty for the others; `written` is the link as the event has it."""

    kind: int
    other: str
    thumbprint: bytes
    where: tuple[int, ...]
    digest: bytes
    written: list[object]


@dataclass(frozen=True)
class Event:
    """An element of an item's chain; `encoded` is what the chain hashes."""

    entry: int
    leaf: int | None
    time_ms: int
    digest: bytes
    signer: bytes
    action: int
    outcome: str | None
    links: tuple[Link, ...]
    encoded: bytes

    @property
    def effective(self) -> bool:
        return self.outcome is None

    def linked(self, kind: int) -> list[Link]:
        """Its links of one kind."""
        return [link for link in self.links if link.kind == kind]


@dataclass(frozen=True)
class Chain:
    """Events of `item` from number `first` on; `head` is the one before them."""

    item: str
    first: int
    head: bytes
    events: tuple[Event, ...]


@dataclass(frozen=True)
class End:
    """Proof that `record` stands at `index` of a block that is entry `number` of the log."""

    leaf: bytes
    record: bytes
    index: int
    path: tuple[bytes, ...]
    number: int
    block: bytes
    block_path: tuple[bytes, ...]


@dataclass(frozen=True)
class Run:
    """A logger's records of one epoch with consecutive seqs; `field` is where it stands."""

    field: str
    thumbprint: bytes
    epoch: int
    first: int
    records: tuple[bytes, ...]
    end: End | None


@dataclass(frozen=True)
class StatePair:
    """A state key, its value (None: absent) and the proof."""

    key: bytes
    value: bytes | None
    proof: StateProof


class StatedVerdict(NamedTuple):
    """On the storage up to `until_ms` (Unix ms), by the profile that is this entry of the log."""

    outcome: str
    profile_entry: int
    until_ms: int


@dataclass(frozen=True)
class Passport:
    """What the file says; for `names`, signer -> its party's, and `verdict` only its maker
    stands."""

    item: str
    ledger: bytes
    ledger_key: bytes
    maker_key: bytes
    checkpoint: bytes
    cosignatures: list[bytes]
    revoked: list[tuple[bytes, int]]
    proofs: list[StatePair]
    chains: list[Chain]
    parties: list[str]
    names: dict[bytes, str]
    keys: list[bytes]
    records: list[bytes]
    telemetry: list[Run]
    verdict: StatedVerdict | None


Value = TypeVar("Value")


def read_passport(signed: Statement) -> Passport:
    """Fault names the field whose form is wrong."""
    with at("passport"):
        _check_count(signed.payload)
        content = cbor.decode(signed.payload, utf8=True)
    if type(content) is not dict or not set(_DUE.values()) <= set(content) <= set(_FIELDS.values()):
        raise Fault("passport", "parts are missing or unknown")
    if signed.kind != "passport" or signed.ledger is None or signed.issued_s is None:
        raise Fault("passport", "not a dated statement of kind passport about an item of a ledger")
    with at("version"):
        check.version(content[_DUE["version"]], codes.VERSION, "version")
    signers = _each(content, "signers", _hash)
    items = _each(content, "chains", _item_of)
    chains = _each(content, "chains", lambda value: _chain(value, signers, items))
    if signers != sorted({event.signer for chain in chains for event in chain.events}):
        raise Fault("signers", "not exactly those of the events, ascending, each once")
    parties, names = _parties(content, signers)
    return Passport(
        signed.subject, signed.ledger,
        _one(content, "ledger_key", _key), _one(content, "maker_key", _key),
        _one(content, "checkpoint", _bytes), _each(content, "cosignatures", _bytes),
        _each(content, "revoked", _revoked), _each(content, "proofs", _pair), chains,
        parties, names, _distinct(content, "keys", _key),
        _distinct(content, "records", _bytes), _telemetry(content), _verdict(content))


def _check_count(data: bytes) -> None:
    """Count what `data` holds before any of it is built."""
    place = 0
    for _ in range(_ITEMS):
        if place >= len(data):
            return
        major, argument, place = cbor.head(data, place)
        if major in _STRINGS:
            place += argument
    raise WireError("form", f"more than {_ITEMS} items")


def _one(content: dict[object, object], name: str, read: Callable[[object], Value]) -> Value:
    with at(name):
        return read(content[_FIELDS[name]])


def _each(content: dict[object, object], name: str,
          read: Callable[[object], Value]) -> list[Value]:
    if name in _POSSIBLE and _POSSIBLE[name] not in content:
        return []
    values = content[_FIELDS[name]]
    if type(values) is not list or (not values and name in _POSSIBLE):
        raise Fault(name, "not an array, or an empty one that is left out")
    found = []
    for number, value in enumerate(values):
        with at(f"{name}[{number}]"):
            found.append(read(value))
    return found


def _distinct(content: dict[object, object], name: str,
              read: Callable[[object], bytes]) -> list[bytes]:
    found = _each(content, name, read)
    if len(set(found)) != len(found):
        raise Fault(name, "an element stands twice")
    return found


def _verdict(content: dict[object, object]) -> StatedVerdict | None:
    if _FIELDS["verdict"] not in content:
        return None
    with at("verdict"):
        outcome, profile, calibrations, until_ms, digest = check.array(
            content[_FIELDS["verdict"]], 5, "form")
        for number in _list(calibrations):
            check.uint(number, "form")
        _hash(digest)
        return StatedVerdict(check.text(outcome, codes.TEXT, "form"), check.uint(profile, "form"),
                             check.uint(until_ms, "form"))


def _telemetry(content: dict[object, object]) -> list[Run]:
    runs = _each(content, "telemetry", _run)
    return [Run(f"telemetry[{number}]", *run) for number, run in enumerate(runs)]


def _bytes(value: object) -> bytes:
    if type(value) is not bytes:
        raise WireError("form", "not a byte string")
    return value


def _hash(value: object) -> bytes:
    return check.sized(value, 32, "form")


def _key(value: object) -> bytes:
    return check.sized(value, 64, "form")


def _uri(value: object) -> str:
    return check.text(value, URI_CHARACTERS, "form")


def _list(value: object) -> list[object]:
    if type(value) is not list:
        raise WireError("form", "not an array")
    return value


def _hashes(value: object) -> tuple[bytes, ...]:
    return tuple(_hash(one) for one in _list(value))


def _revoked(value: object) -> tuple[bytes, int]:
    kid, number = check.array(value, 2, "form")
    return check.sized(kid, 8, "form"), check.uint(number, "form")


def _parties(content: dict[object, object],
             signers: list[bytes]) -> tuple[list[str], dict[bytes, str]]:
    """(their names, the name of each signer's)."""
    parties = _each(content, "parties", _party)
    if sorted(place for _, places in parties for place in places) != list(range(len(signers))):
        raise Fault("parties", "not every signer is one party's")
    return [name for name, _ in parties], {
        signers[place]: name for name, places in parties for place in places}


def _party(value: object) -> tuple[str, list[int]]:
    """(name, places of its signers)."""
    name, party, places = check.array(value, 3, "form")
    _uri(party)
    return _uri(name), [check.uint(place, "form") for place in _list(places)]


def _pair(value: object) -> StatePair:
    key, stored, proof = check.array(value, 3, "form")
    bitmap, siblings, other = check.array(proof, 3, "form")
    leaf = None
    if other is not None:
        path, digest = check.array(other, 2, "form")
        leaf = _hash(path), _hash(digest)
    return StatePair(_bytes(key), None if stored is None else _bytes(stored),
                     StateProof(_bytes(bitmap), _hashes(siblings), leaf))


def _chain(value: object, signers: list[bytes], items: list[str]) -> Chain:
    uri, first, head, events = check.array(value, 4, "form")
    return Chain(_uri(uri), check.uint(first, "form"), _hash(head),
                 tuple(_event(one, signers, items) for one in _list(events)))


def _item_of(value: object) -> str:
    return _uri(check.array(value, 4, "form")[0])


def _event(value: object, signers: list[bytes], items: list[str]) -> Event:
    entry, leaf, time_ms, digest, signer, action, outcome, links = check.array(value, 8, "form")
    who = _numbered(signer, signers)
    found = tuple(_link(link, items) for link in _list(links))
    encoded = cbor.encode([entry, leaf, time_ms, digest, who, action, outcome,
                           [link.written for link in found]])
    return Event(check.uint(entry, "form"), check.uint_or_null(leaf, "form"),
                 check.uint(time_ms, "form"), _hash(digest), who, check.uint(action, "form"),
                 None if outcome is None else check.text(outcome, codes.TEXT, "form"),
                 found, encoded)


def _numbered(place: object, values: list[Value]) -> Value:
    number = check.uint(place, "form")
    if number >= len(values):
        raise WireError("form", f"number {number} of a list of {len(values)}")
    return values[number]


def _link(value: object, items: list[str]) -> Link:
    kind, other, where, digest = check.array(value, 4, "form")
    if type(kind) is not int or kind not in _WHERE:
        raise WireError("form", "a link of an unknown kind")
    uri = _uri(other) if type(other) is str else _numbered(other, items)
    numbers = [where] if kind == LINK_PLACE else check.array(where, _WHERE[kind], "form")
    thumbprint = _hash(numbers[0]) if kind == LINK_LOGGER else b""
    return Link(kind, uri, thumbprint,
                tuple(check.uint(one, "form") for one in numbers[len(thumbprint) > 0:]),
                _hash(digest), [kind, uri, where, digest])


def _run(value: object) -> tuple[bytes, int, int, tuple[bytes, ...], End | None]:
    thumbprint, epoch, first, records, end = check.array(value, 5, "form")
    found = tuple(_bytes(record) for record in _list(records))
    if not found:
        raise WireError("form", "a run without records")
    return (_hash(thumbprint), check.uint(epoch, "form"), check.uint(first, "form"), found,
            None if end is None else _end(end))


def _end(value: object) -> End:
    leaf, place, log = check.array(value, 3, "form")
    index, path = check.array(place, 2, "form")
    number, block, block_path = check.array(log, 3, "form")
    received_ms, record = check.array(cbor.decode(_bytes(leaf)), 2, "form")
    check.uint_or_null(received_ms, "form")
    return End(_bytes(leaf), _bytes(record), check.uint(index, "form"), _hashes(path),
               check.uint(number, "form"), _bytes(block), _hashes(block_path))
