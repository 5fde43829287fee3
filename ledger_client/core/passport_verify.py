"""Verification of a passport: everything in it is either proven, recomputed, or said to be only
stated; whatever does not hold is named.

Order of checks: checkpoint and finality, revoked list, state proofs, chains, device records,
telemetry, the maker's signature.  The verdict is recomputed last, from what was proven.
"""

from dataclasses import dataclass

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import (
    history,
    item,
    passport,
    signature,
    state,
    state_tree,
)
from ledger_client.core import passport_telemetry as telemetry_check
from ledger_client.core.answer import gtin_of
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.history import Stay
from ledger_client.core.item import Item
from ledger_client.core.passport import Chain, Passport
from ledger_client.core.passport_source import PassportSource
from ledger_client.core.state import View
from ledger_client.core.statement import Statement
from ledger_client.core.trust import Trust
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import cose, record
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record


@dataclass(frozen=True)
class Verified:
    """What holds.  `fingerprint` is the trust file's, None: self-consistent only.  `absent` names
    evidence that is not in the file, `tainted` the events signed by a key revoked before them."""

    passport: Passport
    checkpoint: Checkpoint
    fingerprint: str | None
    maker: bytes
    item: Item
    absent: list[str]
    tainted: list[str]
    source: PassportSource
    view: View


def verify(data: bytes, trust: Trust | None) -> Verified:
    """VerificationFailed names the first field that does not hold."""
    signed, held = passport.decode(data)
    checkpoint = _checkpoint(signed, held, trust)
    _check_revoked(held, checkpoint)
    view = _proven(held, checkpoint)
    known = view.load(Item, state.item_key(held.item))
    if known is None:
        raise VerificationFailed("passport.item", "proofs", f"{held.item} is not proven to be on "
                                 "the ledger")
    _check_recall(held, view, known)
    source = _source(held)
    _Chains(held, view, source).check(known)
    absent = _check_records(held, source)
    absent += telemetry_check.check(held, checkpoint, view, source)
    _check_maker(signed, held)
    return Verified(held, checkpoint, None if trust is None else trust.fingerprint(),
                    signed.issuer, known, absent, _tainted(held), source, view)


def _checkpoint(signed: Statement, held: Passport, trust: Trust | None) -> Checkpoint:
    if signed.ledger != held.ledger or signed.subject != held.item:
        raise VerificationFailed("passport.subject", "item", "the maker signed for another item or "
                                 "ledger")
    if trust is None:
        trust = Trust("", held.ledger, held.ledger_key, (), 0)
    elif trust.ledger != held.ledger:
        raise VerificationFailed("trust.ledger", "ledger", "the trust file is for another ledger")
    elif trust.ledger_key != held.ledger_key:
        raise VerificationFailed("trust.key", "ledger_key", "the trust file names another ledger "
                                 "key: take the trust file of that time")
    try:
        return trust.open_checkpoint(held.checkpoint, list(held.cosignatures))
    except VerificationFailed:
        raise
    except InvalidData as error:
        raise VerificationFailed("passport.checkpoint", "checkpoint", str(error)) from error


def _check_revoked(held: Passport, checkpoint: Checkpoint) -> None:
    if checkpoints.revoked_hash(held.revoked) != checkpoint.revoked:
        raise VerificationFailed("passport.revoked", "revoked", "the list of revoked keys is not "
                                 "the checkpoint's")


def _proven(held: Passport, checkpoint: Checkpoint) -> View:
    """State values that the checkpoint commits."""
    values: dict[bytes, bytes | None] = {}
    for number, pair in enumerate(held.proofs):
        field = f"proofs[{number}] ({state.describe(pair.key)})"
        try:
            root = state_tree.root_from_proof(pair.key, pair.value, pair.proof)
        except VerificationFailed as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        if root != checkpoint.state_root or pair.key in values:
            raise VerificationFailed("passport.proof", field, "value and proof do not come to the "
                                     "checkpoint's state root")
        values[pair.key] = pair.value
    return _Proven(values)


class _Proven(View):
    """Only proven keys may be asked for: what is not proven is left out, not absent."""

    def __init__(self, values: dict[bytes, bytes | None]) -> None:
        super().__init__(values.get)
        self._values = values

    def read(self, key: bytes) -> bytes | None:
        if key not in self._values:
            raise VerificationFailed("passport.left-out", "proofs",
                                     f"the value or absence of {state.describe(key)} is left out")
        return self._values[key]


def _check_recall(held: Passport, view: View, known: Item) -> None:
    """The value or proof of absence of a recall belongs to every answer about a pack."""
    gtin = gtin_of(held.item)
    if gtin is not None and known.lot is not None:
        view.read(state.recall_key(gtin, known.lot))


def _source(held: Passport) -> PassportSource:
    for number, data in enumerate(held.records):
        _decode_record(data, held.ledger, f"records[{number}]")
    return PassportSource(held)


def _decode_record(data: bytes, ledger: bytes, field: str) -> Record:
    try:
        return record.decode(data, ledger)
    except WireError as error:
        raise VerificationFailed(error.rule, field, error.detail) from error


class _Chains:
    """Every chain in the passport is asked for by the item's state, and every one that is asked
    for is there, from the link that begins it to the link or state that ends it."""

    def __init__(self, held: Passport, view: View, source: PassportSource) -> None:
        self._view = view
        self._source = source
        self._chains = {(chain.item, chain.first): (number, chain)
                        for number, chain in enumerate(held.chains)}
        self._checked: set[int] = set()
        self._item = held.item
        self._total = len(held.chains)

    def check(self, known: Item) -> None:
        self._segment(self._item, 0, state.first_head(self._item), known.length, known.head)
        self._follow(self._item, 0)
        for number in range(self._total):
            if number not in self._checked:
                raise VerificationFailed("passport.chain", f"chains[{number}]",
                                         "nothing in the item's history asks for it")

    def _follow(self, uri: str, depth: int) -> None:
        """Carriers of an item, up to the outermost."""
        if depth == item.CONTAINMENT_DEPTH:
            return
        for stay in history.stays(self._source, uri):
            head = _link_head(stay.since.event, stay.carrier)
            end = None if stay.until is None else _link_head(stay.until.event, stay.carrier)
            assert head is not None
            if end is not None and stay.last is not None:
                self._segment(stay.carrier, stay.first, head, stay.last, end)
            else:
                self._to_state(stay, head)
            self._follow(stay.carrier, depth + 1)

    def _to_state(self, stay: Stay, head: bytes) -> None:
        """An open stay, or one that unpacking the carrier whole ended: its own state ends it."""
        carrier = self._view.load(Item, state.item_key(stay.carrier))
        if carrier is None:
            carrier = item.unborn(stay.carrier)
        self._segment(stay.carrier, stay.first, head, carrier.length, carrier.head)

    def _segment(self, uri: str, first: int, head: bytes, length: int, end: bytes) -> None:
        if first == length:
            if head != end:
                raise VerificationFailed("passport.chain", f"chain of {uri}",
                                         "no event lies between two different heads")
            return
        found = self._chains.get((uri, first))
        if found is None:
            raise VerificationFailed("passport.left-out", "chains", f"events {first} to "
                                     f"{length - 1} of {uri} are left out")
        number, chain = found
        field = f"chains[{number}] ({uri})"
        if len(chain.events) != length - first:
            raise VerificationFailed("passport.left-out", field, f"{len(chain.events)} events, "
                                     f"where the ledger says {length - first}")
        if chain.head != head or fold(chain) != end:
            raise VerificationFailed("passport.chain", field, "its events do not come to the head "
                                     "that the ledger holds: one was changed, added or left out")
        self._checked.add(number)


def fold(chain: Chain) -> bytes:
    """Head of a chain after its events."""
    head = chain.head
    for event in chain.events:
        head = state.next_head(head, event.encode())
    return head


def _link_head(event: item.Event, carrier: str) -> bytes | None:
    """Head of the carrier's chain that an event links."""
    for kind, other, _, head in event.links:
        if kind in (item.LINK_PARENT, item.LINK_PLACE) and other == carrier:
            return head if isinstance(head, bytes) else None
    return None


def _check_records(held: Passport, source: PassportSource) -> list[str]:
    """Every record in the file stands behind an event and is signed by the key the event names;
    returns what is absent."""
    events = {event.digest: event for chain in held.chains for event in chain.events}
    for number, data in enumerate(held.records):
        field = f"records[{number}]"
        parsed = _decode_record(data, held.ledger, field)
        event = events.get(parsed.digest)
        if event is None:
            raise VerificationFailed("passport.record", field, "no event of the chains has its "
                                     "digest")
        check_signature(parsed, source, field)
        if not event.signer.startswith(parsed.kid):
            raise VerificationFailed("passport.record", field, "another key signed it than the "
                                     "event names")
    missing = len({digest for digest, event in events.items() if event.leaf is not None}
                  - {record.decode(data, held.ledger).digest for data in held.records})
    return [f"device records of {missing} events"] if missing else []


def check_signature(parsed: Record, source: PassportSource, field: str) -> None:
    """VerificationFailed unless a key in the passport made the record's signature."""
    key = source.key_of(parsed.kid)
    if key is None:
        raise VerificationFailed("passport.left-out", "keys", f"the public key {parsed.kid.hex()} "
                                 f"of {field} is left out")
    try:
        signature.verify(key, parsed.digest, parsed.signature)
    except signature.BadSignature as error:
        raise VerificationFailed(error.rule, field, error.detail) from error


def _check_maker(signed: Statement, held: Passport) -> None:
    used = {record.decode(data, held.ledger).kid for data in held.records} | \
        {record.decode(data, held.ledger).kid for part in held.telemetry for data in part.records}
    for number, key in enumerate(held.keys):
        if cose.kid(key) not in used:
            raise VerificationFailed("passport.key", f"keys[{number}]", "no record needs it")
    try:
        signed.verify(held.maker_key)
    except InvalidData as error:
        raise VerificationFailed("passport.maker", "maker's signature", "the maker's statements "
                                 "(parties, verdict) or the frame were changed") from error


def _tainted(held: Passport) -> list[str]:
    """Events signed by a key at or after its first tainted entry."""
    since = dict(held.revoked)
    return [f"{chain.item} event {chain.first + at}" for chain in held.chains
            for at, event in enumerate(chain.events)
            if event.entry >= since.get(event.signer[:cose.KID_BYTES], event.entry + 1)]
