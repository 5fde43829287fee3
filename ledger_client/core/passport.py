"""Pack passport: one file that proves an item's history and storage without any network.

The file is a statement of kind "passport" by its maker; its payload is the map described at
Passport.  Core: checkpoint, state proofs, chains, revoked keys.  Evidence, each part optional:
device records behind the events, telemetry of every logger that travelled along, statements.

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
_KEYS = ("version", "item", "ledger", "ledger_key", "checkpoint", "cosignatures", "revoked",
         "proofs", "signers", "chains", "parties", "verdict", "maker_key", "keys", "records",
         "telemetry")


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
class Passport:
    """Decoded, nothing verified.  `parties` are [root thumbprint, name, party]; `verdict` is the
    maker's; `maker_key` and `keys` (of devices) are x || y."""

    item: str
    ledger: bytes
    ledger_key: bytes
    checkpoint: bytes
    cosignatures: tuple[bytes, ...]
    revoked: list[tuple[bytes, int]]
    proofs: tuple[StatePair, ...]
    chains: tuple[Chain, ...]
    parties: list[list[object]]
    verdict: list[object] | None
    maker_key: bytes
    keys: tuple[bytes, ...]
    records: tuple[bytes, ...]
    telemetry: tuple[Run, ...]


def encode(passport: Passport, maker: Signer, issued_s: int) -> bytes:
    """The file."""
    signers = sorted({event.signer for chain in passport.chains for event in chain.events})
    content: dict[str, object] = {
        "version": VERSION, "item": passport.item, "ledger": passport.ledger,
        "ledger_key": passport.ledger_key, "checkpoint": passport.checkpoint,
        "cosignatures": list(passport.cosignatures), "revoked": passport.revoked,
        "proofs": [[pair.key, pair.value, pair.proof.as_list()] for pair in passport.proofs],
        "signers": signers,
        "chains": [[chain.item, chain.first, chain.head,
                    [_event_list(event, signers) for event in chain.events]]
                   for chain in passport.chains],
        "parties": passport.parties, "verdict": passport.verdict, "maker_key": maker.public_key,
        "keys": list(passport.keys),
        "records": list(passport.records),
        "telemetry": [[one.thumbprint, one.epoch, one.first, list(one.records),
                       None if one.end is None else _record_proof_list(one.end)]
                      for one in passport.telemetry]}
    return statement.build(KIND, maker, subject=passport.item, content=content,
                           ledger=passport.ledger, issued_s=issued_s)


def _event_list(event: Event, signers: Sequence[bytes]) -> list[object]:
    return [event.entry, event.leaf, event.time_ms, event.digest, signers.index(event.signer),
            event.action, event.outcome, event.links]


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
    if type(content) is not dict or set(content) != set(_KEYS):
        raise VerificationFailed("passport.form", "passport", "parts are missing or unknown")
    return signed, _Reader(content).passport()


Part = TypeVar("Part")


class _Reader:
    """Turns the decoded map into a Passport; every error names its field."""

    def __init__(self, content: dict[str, object]) -> None:
        self._content = content

    def passport(self) -> Passport:
        self._field("version", _version)
        signers = self._list("signers", lambda value: check.sized(value, 32, "passport.signer"))
        chains = tuple(self._list("chains", lambda value: _chain(value, signers)))
        if signers != sorted({event.signer for chain in chains for event in chain.events}):
            raise VerificationFailed("passport.signers", "signers", "not exactly those of the "
                                     "events, ascending, each once")
        verdict = self._content["verdict"]
        return Passport(
            item=self._field("item", lambda value: check.text(value, 128, "passport.item")),
            ledger=self._field("ledger", lambda value: check.sized(value, 32, "passport.ledger")),
            ledger_key=self._field("ledger_key",
                                   lambda value: check.sized(value, 64, "passport.key")),
            checkpoint=self._field("checkpoint", _bytes),
            cosignatures=tuple(self._list("cosignatures", _bytes)),
            revoked=self._list("revoked", _revoked),
            proofs=tuple(self._list("proofs", _pair)),
            chains=chains,
            parties=self._list("parties", _party),
            verdict=None if verdict is None else self._list("verdict", lambda value: value),
            maker_key=self._field("maker_key",
                                  lambda value: check.sized(value, 64, "passport.key")),
            keys=tuple(self._list("keys", lambda value: check.sized(value, 64, "passport.key"))),
            records=tuple(self._list("records", _bytes)),
            telemetry=tuple(self._list("telemetry", _run)))

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


def _chain(value: object, signers: Sequence[bytes]) -> Chain:
    rule = "passport.chain"
    uri, first, head, events = check.array(value, 4, rule)
    if type(events) is not list:
        raise WireError(rule, "events are an array")
    return Chain(check.text(uri, 128, rule), check.uint(first, rule), check.sized(head, 32, rule),
                 tuple(_event(event, signers) for event in events))


def _event(value: object, signers: Sequence[bytes]) -> Event:
    parts = check.array(value, 8, "passport.event")
    index = check.uint(parts[4], "passport.event")
    if index >= len(signers):
        raise WireError("passport.event", "the signer's index is out of range")
    return history.decode_event(cbor.encode([*parts[:4], signers[index], *parts[5:]]))


def _party(value: object) -> list[object]:
    root, name, party = check.array(value, 3, "passport.party")
    return [check.sized(root, 32, "passport.party"), check.text(name, 128, "passport.party"),
            check.text(party, 128, "passport.party")]


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
