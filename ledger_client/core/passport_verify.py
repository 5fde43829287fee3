"""Verification of a passport: everything in it is either proven, recomputed, or said to be only
stated; whatever does not hold is named.

Order of checks: checkpoint and finality, revoked list, state proofs, chains, device records,
telemetry, the maker's signature.  The verdict is recomputed last, from what was proven.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger_client.core import (
    answer,
    exposure,
    item,
    overlays,
    passport,
    signature,
    state,
    state_tree,
)
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import passport_telemetry as telemetry_check
from ledger_client.core.answer import gtin_of
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.item import Item, UnpackedAll
from ledger_client.core.passport import Passport
from ledger_client.core.passport_chains import Chains
from ledger_client.core.passport_source import PassportSource
from ledger_client.core.passport_view import AskedView, ProvenView
from ledger_client.core.state import View
from ledger_client.core.statement import Statement
from ledger_client.core.trust import Trust
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import cbor, cose, record
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record


@dataclass(frozen=True)
class Verified:
    """What holds.  `fingerprint` is the trust file's, None: self-consistent only.  `recalled`: the
    item, its lot or what it is or was in; None for what is not and has no lot.  `absent` names
    evidence that is not in the file, `tainted` what rests on a revoked key: (what, the entry from
    which on its owner declared it not to be believed)."""

    passport: Passport
    checkpoint: Checkpoint
    fingerprint: str | None
    maker: bytes
    item: Item
    recalled: bool | None
    absent: list[str]
    tainted: list[tuple[str, int]]
    source: PassportSource
    view: View


@dataclass(frozen=True)
class History:
    """An item's state with everything that its history asks for."""

    item: Item
    recalled: bool | None
    source: PassportSource
    absent: list[str]


def check_history(held: Passport, checkpoint: Checkpoint, view: AskedView) -> History:
    """Item, recall, chains, device records and telemetry; VerificationFailed names what does not
    hold.  What the view was asked for is what a passport must prove."""
    known = view.load(Item, state.item_key(held.item))
    if known is None:
        raise VerificationFailed("passport.item", "proofs", f"{held.item} is not proven to be on "
                                 "the ledger")
    recalled = _recalled(held, view, known)
    source = _source(held, view)
    Chains(held, view, source).check(known)
    absent = _check_records(held, source)
    absent += telemetry_check.check(held, checkpoint, view, source)
    return History(_resolved(view, known), recalled, source, absent)


def _resolved(view: AskedView, known: Item) -> Item:
    """What was in a parent that was unpacked whole became what that left behind."""
    if known.parent is None:
        return known
    key = state.unpacked_key(known.parent, known.parent_generation)
    ended = view.load(UnpackedAll, key) if view.holds(key) else None
    return known if ended is None else item.freed(known, ended.left())


def verify(data: bytes, trust: Trust | None) -> Verified:
    """VerificationFailed names the first field that does not hold."""
    signed, held = passport.decode(data)
    checkpoint = _checkpoint(held, trust)
    _check_cosignatures(held, checkpoint)
    _check_revoked(held, checkpoint)
    view = _proven(held, checkpoint)
    found = check_history(held, checkpoint, view)
    _check_unneeded(held, view)
    _check_maker(signed, held)
    for uri, one in _carriers(held.item, found.item, view):
        view.store(state.item_key(uri), one)  # who reads on sees what unpacking whole has left
    return Verified(held, checkpoint, None if trust is None else trust.fingerprint(),
                    signed.issuer, found.item, found.recalled, found.absent,
                    [*_tainted(held), *_tainted_telemetry(held, found.source)], found.source, view)


def _checkpoint(held: Passport, trust: Trust | None) -> Checkpoint:
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


def _check_cosignatures(held: Passport, checkpoint: Checkpoint) -> None:
    """Also those of witnesses that the trust file does not name say this checkpoint."""
    for number, data in enumerate(held.cosignatures):
        field = f"cosignatures[{number}]"
        try:
            stated = checkpoints.read_cosignature(data, held.ledger)
        except InvalidData as error:
            raise VerificationFailed(error.rule, field, error.detail) from error
        if stated.app_hash != checkpoint.app_hash():
            raise VerificationFailed("passport.cosignature", field, "it is for another checkpoint")


def _check_revoked(held: Passport, checkpoint: Checkpoint) -> None:
    if checkpoints.revoked_hash(held.revoked) != checkpoint.revoked:
        raise VerificationFailed("passport.revoked", "revoked", "the list of revoked keys is not "
                                 "the checkpoint's")


def _proven(held: Passport, checkpoint: Checkpoint) -> ProvenView:
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
        if pair.value is not None:
            _check_encoded(pair.value, field)
        values[pair.key] = pair.value
    return ProvenView(values)


def _check_encoded(value: bytes, field: str) -> None:
    """What is absent has no value; null is none either."""
    try:
        found = cbor.decode(value, utf8=True)
    except WireError as error:
        raise VerificationFailed(error.rule, field, error.detail) from error
    if found is None:
        raise VerificationFailed("passport.proof", field, "null is no value")


def _recalled(held: Passport, view: AskedView, known: Item) -> bool | None:
    """The value or proof of absence of a recall belongs to every answer about a pack, and to every
    carrier that it is in: what is in a recalled crate is recalled."""
    found = [_recalled_itself(uri, one, view) for uri, one in _carriers(held.item, known, view)]
    return any(found) or (None if found[0] is None else False)


def _recalled_itself(uri: str, known: Item, view: View) -> bool | None:
    gtin = gtin_of(uri)
    if gtin is None or known.lot is None:
        return True if known.recalled else None
    return overlays.recalled(view, gtin, known.lot) or known.recalled


def _carriers(uri: str, known: Item, view: AskedView) -> Iterator[tuple[str, Item]]:
    """The item and what it is in, the outermost last.  A parent's own proof says that it was not
    unpacked whole since."""
    for _ in range(item.CONTAINMENT_DEPTH):
        one = _resolved(view, known)
        yield uri, one
        if one.parent is None:
            return
        parent = view.load(Item, state.item_key(one.parent))
        if parent is None or parent.generation != one.parent_generation:
            raise VerificationFailed("passport.left-out", "proofs", f"what {one.parent} left when "
                                     "it was unpacked whole is left out")
        uri, known = one.parent, parent
    raise VerificationFailed("passport.item", "proofs", f"{uri} lies too deep in others")


def _source(held: Passport, view: View) -> PassportSource:
    for number, data in enumerate(held.records):
        _decode_record(data, held.ledger, f"records[{number}]")
    return PassportSource(held, view)


def _decode_record(data: bytes, ledger: bytes, field: str) -> Record:
    try:
        return record.decode(data, ledger)
    except WireError as error:
        raise VerificationFailed(error.rule, field, error.detail) from error


def _check_records(held: Passport, source: PassportSource) -> list[str]:
    """Every record in the file stands behind an event and is signed by the key the event names;
    returns what is absent."""
    events = {event.digest: event for chain in held.chains for event in chain.events}
    seen: set[bytes] = set()
    for number, data in enumerate(held.records):
        field = f"records[{number}]"
        parsed = _decode_record(data, held.ledger, field)
        if parsed.digest in seen:
            raise VerificationFailed("passport.record", field, "it stands there twice")
        seen.add(parsed.digest)
        event = events.get(parsed.digest)
        if event is None:
            raise VerificationFailed("passport.record", field, "no event of the chains has its "
                                     "digest")
        if not event.signer.startswith(parsed.kid):
            raise VerificationFailed("passport.record", field, "another key signed it than the "
                                     "event names")
        check_signature(parsed, event.signer, source, field)
    missing = {(chain.item, number) for chain in held.chains
               for number, event in enumerate(chain.events, chain.first)
               if event.leaf is not None and event.digest not in seen}
    return [f"device records of {len(missing)} events"] if missing else []


def check_signature(parsed: Record, signer: bytes, source: PassportSource, field: str) -> None:
    """VerificationFailed unless the key with the thumbprint `signer` made the record's signature.
    """
    key = source.key_of(signer)
    if key is None:
        raise VerificationFailed("passport.left-out", "keys", f"the public key "
                                 f"{signer.hex()[:16]} of {field} is left out")
    try:
        signature.verify(key, parsed.digest, parsed.signature)
    except signature.BadSignature as error:
        raise VerificationFailed(error.rule, field, error.detail) from error


def _check_unneeded(held: Passport, view: ProvenView) -> None:
    """Nothing is proven that no answer needs: a changed key would be another fact."""
    needed = view.asked | _profile_keys(held, view)
    for number, pair in enumerate(held.proofs):
        if pair.key not in needed:
            raise VerificationFailed("passport.proof", f"proofs[{number}] "
                                     f"({state.describe(pair.key)})", "no answer asks for it")


def _profile_keys(held: Passport, view: ProvenView) -> set[bytes]:
    """Product and profile may be proven, for whoever recomputes the verdict."""
    product = answer.product_key(held.item)
    if gtin_of(held.item) is None or all(pair.key != product for pair in held.proofs):
        return set()
    try:
        return set(answer.profile_keys_of(view, held.item))
    except WireError as error:
        raise VerificationFailed(error.rule, f"proofs ({state.describe(product)})",
                                 error.detail) from error


def _check_maker(signed: Statement, held: Passport) -> None:
    records = {record.decode(data, held.ledger).digest for data in held.records}
    used = {event.signer for chain in held.chains for event in chain.events
            if event.digest in records} | {run.thumbprint for run in held.telemetry}
    for number, key in enumerate(held.keys):
        if cose.thumbprint(key) not in used or key in held.keys[:number]:
            raise VerificationFailed("passport.key", f"keys[{number}]", "no record needs it")
    try:
        signed.verify(held.maker_key)
    except InvalidData as error:
        raise VerificationFailed("passport.maker", "maker_key", "the maker's statements "
                                 "(parties, verdict) or the frame were changed") from error


def _tainted(held: Passport) -> list[tuple[str, int]]:
    """Events signed by a key at or after its first tainted entry."""
    since = dict(held.revoked)
    return [(f"{chain.item} event {chain.first + at}", since[event.signer[:cose.KID_BYTES]])
            for chain in held.chains for at, event in enumerate(chain.events)
            if event.entry >= since.get(event.signer[:cose.KID_BYTES], event.entry + 1)]


def _tainted_telemetry(held: Passport, source: PassportSource) -> list[tuple[str, int]]:
    """Loggers whose first tainted entry is not after what proves one of their runs."""
    since = dict(held.revoked)
    tainted = {run.thumbprint for run in held.telemetry if run.thumbprint[:cose.KID_BYTES] in since
               and (run.end is None
                    or run.end.block.number >= since[run.thumbprint[:cose.KID_BYTES]])}
    labels = {one.thumbprint: one.logger for one in exposure.travelled(source, held.item)}
    return [(f"telemetry of {labels[thumbprint]}", since[thumbprint[:cose.KID_BYTES]])
            for thumbprint in sorted(tainted)]
