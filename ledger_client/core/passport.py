"""Pack passport: one file that proves an item's history and storage without any network.

The file is a statement of kind "passport" by its maker about the item, for the ledger; its payload
is a map of integer keys to the parts described at Passport.  Core: checkpoint, state proofs,
chains, revoked keys.  Evidence, each part optional: device records behind the events, telemetry of
every logger that travelled along.

Nothing can be left out unseen: the item's state fixes its own chain, links in it fix the chains of
crates between two moments and the heads of loggers, and those fix the records in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ledger_client.core import history, statement
from ledger_client.core.block import Leaf
from ledger_client.core.item import Event
from ledger_client.core.signature import Signer
from ledger_client.core.state_tree import StateProof
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import cbor, check
from ledger_client.wire.errors import WireError

VERSION = 1
KIND = "passport"
PASSPORT_BYTES = 16 * 1024 * 1024  # a file beyond this is no passport of one pack
_REQUIRED = {1: "version", 2: "ledger_key", 3: "checkpoint", 4: "proofs", 5: "signers",
             6: "chains", 7: "parties", 8: "maker_key"}
_OPTIONAL = {9: "cosignatures", 10: "revoked", 11: "verdict", 12: "keys", 13: "records",
             14: "telemetry"}  # what is empty is left out
_NAMES = {**_REQUIRED, **_OPTIONAL}


@dataclass(frozen=True)
class StatePair:
    """A state key with its value (None: absent) and proof."""

    key: bytes
    value: bytes | None
    proof: StateProof


@dataclass(frozen=True)
class Chain:
    """Part of an item's chain: events from number `first` on; `head` is the one before them."""

    item: str
    first: int
    head: bytes
    events: tuple[Event, ...]


@dataclass(frozen=True)
class LogProof:
    """A statement in the log: entry number and the path to the checkpoint's log root."""

    number: int
    statement: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class RecordProof:
    """A record's leaf in a block that is in the log."""

    leaf: Leaf
    index: int
    path: tuple[bytes, ...]
    block: LogProof


@dataclass(frozen=True)
class Run:
    """Records of one logger and epoch from seq `first` on, each linked to the one before.  `end`
    proves the last of them; None: the state's head of that epoch does."""

    thumbprint: bytes
    epoch: int
    first: int
    records: tuple[bytes, ...]
    end: RecordProof | None

    @property
    def last(self) -> int:
        """Seq of the last record."""
        return self.first + len(self.records) - 1


@dataclass(frozen=True)
class Party:
    """Whose `signers` (thumbprints) are, as the maker states it; `uri` is its GLN."""

    name: str
    uri: str
    signers: tuple[bytes, ...]


@dataclass(frozen=True)
class Passport:
    """Decoded, nothing verified.  `item` and `ledger` are the maker's statement's own; `verdict` is
    [outcome, profile entry, [calibration entries], until_ms, SHA-256 of the verdict] as its maker
    states it; `maker_key` and `keys` (of devices) are x || y."""

    item: str
    ledger: bytes
    ledger_key: bytes
    checkpoint: bytes
    cosignatures: tuple[bytes, ...]
    revoked: list[tuple[bytes, int]]
    proofs: tuple[StatePair, ...]
    chains: tuple[Chain, ...]
    parties: tuple[Party, ...]
    verdict: list[object] | None
    maker_key: bytes
    keys: tuple[bytes, ...]
    records: tuple[bytes, ...]
    telemetry: tuple[Run, ...]


def encode(passport: Passport, maker: Signer, issued_s: int) -> bytes:
    """The file."""
    signers = sorted({event.signer for chain in passport.chains for event in chain.events})
    places = {chain.item: number for number, chain in enumerate(passport.chains)}
    parts: dict[str, object] = {
        "version": VERSION, "ledger_key": passport.ledger_key, "checkpoint": passport.checkpoint,
        "proofs": [[pair.key, pair.value, pair.proof.as_list()] for pair in passport.proofs],
        "signers": signers,
        "chains": [[chain.item, chain.first, chain.head,
                    [_event_list(event, signers, places) for event in chain.events]]
                   for chain in passport.chains],
        "parties": [[one.name, one.uri, [signers.index(signer) for signer in one.signers]]
                    for one in passport.parties],
        "maker_key": maker.public_key,
        "cosignatures": list(passport.cosignatures), "revoked": passport.revoked,
        "verdict": passport.verdict, "keys": list(passport.keys),
        "records": list(passport.records),
        "telemetry": [[one.thumbprint, one.epoch, one.first, list(one.records),
                       None if one.end is None else _record_proof_list(one.end)]
                      for one in passport.telemetry]}
    content = {key: parts[name] for key, name in _NAMES.items()
               if key in _REQUIRED or parts[name]}
    return statement.build(KIND, maker, subject=passport.item, content=content,
                           ledger=passport.ledger, issued_s=issued_s)


def _event_list(event: Event, signers: Sequence[bytes],
                places: dict[str, int]) -> list[object]:
    """Signers, and items whose chains are in the file, are named by their places."""
    links = [[kind, places.get(str(other), other), where, head]
             for kind, other, where, head in event.links]
    return [event.entry, event.leaf, event.time_ms, event.digest, signers.index(event.signer),
            event.action, event.outcome, links]


def _log_proof_list(proof: LogProof) -> list[object]:
    return [proof.number, proof.statement, list(proof.path)]


def _record_proof_list(proof: RecordProof) -> list[object]:
    return [proof.leaf.encode(), [proof.index, list(proof.path)], _log_proof_list(proof.block)]


def decode(data: bytes) -> tuple[statement.Statement, Passport]:
    """(the maker's statement, its signature not verified; the passport).  VerificationFailed names
    the field that breaks the format."""
    try:
        signed = statement.parse(data, limit=PASSPORT_BYTES)
    except InvalidData as error:
        raise VerificationFailed(error.rule, "passport", error.detail) from error
    if signed.kind != KIND:
        raise VerificationFailed("passport.kind", "passport", "the file is no passport")
    try:
        content = cbor.decode(signed.payload, utf8=True)
    except WireError as error:
        raise VerificationFailed(error.rule, "passport", error.detail) from error
    if type(content) is not dict or not set(_REQUIRED) <= set(content) <= set(_NAMES):
        raise VerificationFailed("passport.form", "passport", "parts are missing or unknown")
    if signed.ledger is None or signed.issued_s is None:
        raise VerificationFailed("passport.form", "passport", "its maker names no ledger (aud) or "
                                 "no time (iat)")
    parts = {_NAMES[key]: value for key, value in content.items()}
    return signed, _Reader(parts).passport(signed.subject, signed.ledger)


Part = TypeVar("Part")


class _Reader:
    """Turns the decoded parts into a Passport; every error names its field."""

    def __init__(self, content: dict[str, object]) -> None:
        self._content = content

    def passport(self, uri: str, ledger: bytes) -> Passport:
        self._field("version", _version)
        signers = self._list("signers", lambda value: check.sized(value, 32, "passport.signer"))
        chains = self._chains(signers)
        parties = self._list("parties", lambda value: _party(value, signers))
        if sorted(one for party in parties for one in party.signers) != signers:
            raise VerificationFailed("passport.party", "parties", "not every signer is one party's")
        return Passport(
            item=uri, ledger=ledger,
            ledger_key=self._field("ledger_key",
                                   lambda value: check.sized(value, 64, "passport.key")),
            checkpoint=self._field("checkpoint", _bytes),
            cosignatures=tuple(self._some("cosignatures", _bytes)),
            revoked=self._some("revoked", _revoked),
            proofs=tuple(self._list("proofs", _pair)),
            chains=chains, parties=tuple(parties),
            verdict=self._field("verdict", _verdict) if "verdict" in self._content else None,
            maker_key=self._field("maker_key",
                                  lambda value: check.sized(value, 64, "passport.key")),
            keys=tuple(self._some("keys", lambda value: check.sized(value, 64, "passport.key"))),
            records=tuple(self._some("records", _bytes)),
            telemetry=tuple(self._some("telemetry", _run)))

    def _chains(self, signers: list[bytes]) -> tuple[Chain, ...]:
        items = self._list("chains", _chain_item)
        chains = tuple(self._list("chains", lambda value: _chain(value, signers, items)))
        if signers != sorted({event.signer for chain in chains for event in chain.events}):
            raise VerificationFailed("passport.signers", "signers", "not exactly those of the "
                                     "events, ascending, each once")
        return chains

    def _some(self, name: str, read: Callable[[object], Part]) -> list[Part]:
        """Of a part that is left out when it is empty."""
        if name not in self._content:
            return []
        found = self._list(name, read)
        if not found:
            raise VerificationFailed("passport.form", name, "what is empty is left out")
        return found

    def _field(self, name: str, read: Callable[[object], Part]) -> Part:
        try:
            return read(self._content[name])
        except WireError as error:
            raise VerificationFailed(error.rule, name, error.detail) from error

    def _list(self, name: str, read: Callable[[object], Part]) -> list[Part]:
        values = self._content[name]
        if type(values) is not list:
            raise VerificationFailed("passport.form", name, "not an array")
        found: list[Part] = []
        for number, value in enumerate(values):
            try:
                found.append(read(value))
            except WireError as error:
                raise VerificationFailed(error.rule, f"{name}[{number}]", error.detail) from error
        return found


def _version(value: object) -> int:
    check.version(value, VERSION, "passport.version")
    return VERSION


def _bytes(value: object) -> bytes:
    if type(value) is not bytes:
        raise WireError("passport.form", "not a byte string")
    return value


def _hashes(value: object) -> tuple[bytes, ...]:
    if type(value) is not list:
        raise WireError("passport.path", "not an array of hashes")
    return tuple(check.sized(one, 32, "passport.path") for one in value)


def _revoked(value: object) -> tuple[bytes, int]:
    kid, number = check.array(value, 2, "passport.revoked")
    return check.sized(kid, 8, "passport.revoked"), check.uint(number, "passport.revoked")


def _pair(value: object) -> StatePair:
    rule = "passport.proof"
    key, stored, proof = check.array(value, 3, rule)
    bitmap, siblings, other = check.array(proof, 3, rule)
    if other is not None:
        path, digest = check.array(other, 2, rule)
        other = (check.sized(path, 32, rule), check.sized(digest, 32, rule))
    return StatePair(_bytes(key), None if stored is None else _bytes(stored),
                     StateProof(_bytes(bitmap), _hashes(siblings), other))


def _chain_item(value: object) -> str:
    uri, *_ = check.array(value, 4, "passport.chain")
    return check.text(uri, 128, "passport.chain")


def _chain(value: object, signers: Sequence[bytes], items: Sequence[str]) -> Chain:
    rule = "passport.chain"
    uri, first, head, events = check.array(value, 4, rule)
    if type(events) is not list:
        raise WireError(rule, "events are an array")
    return Chain(check.text(uri, 128, rule), check.uint(first, rule), check.sized(head, 32, rule),
                 tuple(_event(event, signers, items) for event in events))


def _event(value: object, signers: Sequence[bytes], items: Sequence[str]) -> Event:
    rule = "passport.event"
    parts = check.array(value, 8, rule)
    if type(parts[7]) is not list:
        raise WireError(rule, "links are an array")
    links = [_link(link, items) for link in parts[7]]
    return history.decode_event(cbor.encode(
        [*parts[:4], _at(parts[4], signers, rule), *parts[5:7], links]))


def _link(value: object, items: Sequence[str]) -> list[object]:
    kind, other, where, head = check.array(value, 4, "passport.event")
    return [kind, other if type(other) is str else _at(other, items, "passport.event"), where, head]


def _at(index: object, values: Sequence[Part], rule: str) -> Part:
    number = check.uint(index, rule)
    if number >= len(values):
        raise WireError(rule, f"there is no number {number}")
    return values[number]


def _party(value: object, signers: Sequence[bytes]) -> Party:
    rule = "passport.party"
    name, uri, indexes = check.array(value, 3, rule)
    if type(indexes) is not list:
        raise WireError(rule, "signers are an array of numbers")
    return Party(check.text(name, 128, rule), check.text(uri, 128, rule),
                 tuple(_at(index, signers, rule) for index in indexes))


def _verdict(value: object) -> list[object]:
    rule = "passport.verdict"
    outcome, profile_entry, calibration_entries, until_ms, digest = check.array(value, 5, rule)
    if type(calibration_entries) is not list:
        raise WireError(rule, "calibration entries are an array of numbers")
    return [check.text(outcome, 64, rule), check.uint(profile_entry, rule),
            [check.uint(entry, rule) for entry in calibration_entries],
            check.uint(until_ms, rule), check.sized(digest, 32, rule)]


def _log_proof(value: object) -> LogProof:
    number, data, path = check.array(value, 3, "passport.statement")
    return LogProof(check.uint(number, "passport.statement"), _bytes(data), _hashes(path))


def _run(value: object) -> Run:
    rule = "passport.telemetry"
    thumbprint, epoch, first, records, end = check.array(value, 5, rule)
    if type(records) is not list or not records:
        raise WireError(rule, "records are an array of at least one")
    return Run(check.sized(thumbprint, 32, rule), check.uint(epoch, rule),
               check.uint(first, rule), tuple(_bytes(one) for one in records),
               None if end is None else _record_proof(end))


def _record_proof(value: object) -> RecordProof:
    rule = "passport.telemetry"
    leaf, path, block = check.array(value, 3, rule)
    index, siblings = check.array(path, 2, rule)
    received_ms, record = check.array(cbor.decode(_bytes(leaf)), 2, rule)
    return RecordProof(Leaf(check.uint_or_null(received_ms, rule), _bytes(record)),
                       check.uint(index, rule), _hashes(siblings), _log_proof(block))
