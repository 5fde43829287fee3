"""Recall list: which packs are recalled, where each is and who holds it, signed by who recalls.

A statement of kind "recall-list".  The checkpoint says as of when.  Proven under it: that the
signer is the operations key of the organisation that it says, and that the recall of every lot and
item is in force.  Stated by the signer: which packs there are and where; whoever has the ledger
lists anew.
"""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from ledger_client.core import identity, item, state, state_tree, statement
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.identity import Key, Organisation
from ledger_client.core.item import Item
from ledger_client.core.signature import Signer
from ledger_client.core.state import View
from ledger_client.core.state_tree import StateProof
from ledger_client.core.trust import Trust
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import check, codes, cose
from ledger_client.wire.errors import WireError

KIND, SUBJECT, VERSION = "recall-list", "recall", 1
LIST_BYTES = 64 << 20  # a million packs: more than one lot has
_RULE = "recall.form"
_TEXT = 128
_GTIN = re.compile("[0-9]{14}")
_KEYS = ("version", "ledger_key", "checkpoint", "cosignatures", "maker_key", "proofs", "lots",
         "items", "parties", "units", "recalled")


@dataclass(frozen=True)
class Where:
    """`inside` is the number of a unit; `custodian` that of a party.  Custodian, place and
    destination are those of the outermost unit, None for what is inside one."""

    status: int
    inside: int | None
    custodian: int | None
    place: str | None
    destination: str | None


@dataclass(frozen=True)
class Unit:
    """What something recalled is in; outer units come before inner ones."""

    uri: str
    where: Where


@dataclass(frozen=True)
class Recalled:
    """`lot` is the number of the lot that it belongs to, None when it was recalled itself, or is
    inside something that was."""

    item: str
    lot: int | None
    where: Where


@dataclass(frozen=True)
class Proven:
    """A state key with its value and proof."""

    key: bytes
    value: bytes
    proof: StateProof


@dataclass(frozen=True)
class RecallList:
    """`lots` are (GTIN, lot); `parties` (root, name, party)."""

    ledger_key: bytes
    checkpoint: bytes
    cosignatures: tuple[bytes, ...]
    maker_key: bytes
    proofs: tuple[Proven, ...]
    lots: tuple[tuple[str, str], ...]
    items: tuple[str, ...]
    parties: tuple[tuple[bytes, str, str], ...]
    units: tuple[Unit, ...]
    recalled: tuple[Recalled, ...]

    def outermost(self, where: Where) -> Where:
        """Where a thing's outermost unit is, or the thing itself."""
        while where.inside is not None:
            where = self.units[where.inside].where
        return where

    def inside(self, where: Where) -> list[str]:
        """The units around a thing, innermost first."""
        found = []
        while where.inside is not None:
            found.append(self.units[where.inside].uri)
            where = self.units[where.inside].where
        return found

    def holder(self, where: Where) -> tuple[str, str] | None:
        """(name, party) of who holds a thing."""
        custodian = self.outermost(where).custodian
        return None if custodian is None else self.parties[custodian][1:]


@dataclass(frozen=True)
class Verified:
    """`fingerprint` of the trust file, None: only self-consistent; `maker` is who signed it;
    `recalls` are (entry, root) in the order of lots."""

    held: RecallList
    checkpoint: Checkpoint
    fingerprint: str | None
    maker: Organisation
    recalls: tuple[tuple[int, bytes], ...]


def encode(held: RecallList, ledger: bytes, maker: Signer, issued_s: int) -> bytes:
    """The file.  InvalidData when it would be larger than readers take."""
    parts: dict[object, object] = {
        "version": VERSION, "ledger_key": held.ledger_key, "checkpoint": held.checkpoint,
        "cosignatures": list(held.cosignatures), "maker_key": held.maker_key,
        "proofs": [[one.key, one.value, one.proof.as_list()] for one in held.proofs],
        "lots": [list(one) for one in held.lots], "items": list(held.items),
        "parties": [list(one) for one in held.parties],
        "units": [[one.uri, *astuple(one.where)] for one in held.units],
        "recalled": [[one.item, one.lot, *astuple(one.where)] for one in held.recalled]}
    data = statement.build(KIND, maker, subject=SUBJECT, content=parts, ledger=ledger,
                           issued_s=issued_s)
    if len(data) > LIST_BYTES:
        raise InvalidData("recall.size", f"{len(data)} bytes, more than {LIST_BYTES}: make a list "
                          "for each lot")
    return data


def needed(held: RecallList, maker: bytes, owner: bytes) -> list[bytes]:
    """State keys that a list proves: the maker's key and organisation, every recall."""
    return [state.key_key(maker), state.organisation_key(owner),
            *(state.recall_key(gtin, lot) for gtin, lot in held.lots),
            *(state.item_key(uri) for uri in held.items)]


def decode(data: bytes) -> tuple[statement.Statement, RecallList]:
    """VerificationFailed for anything that `encode` does not make; nothing is verified yet."""
    try:
        signed = statement.parse(data, LIST_BYTES)
        if signed.kind != KIND or signed.subject != SUBJECT or signed.ledger is None:
            raise WireError(_RULE, "not a recall list")
        return signed, _decode(signed.content())
    except (WireError, InvalidData) as error:
        raise VerificationFailed(getattr(error, "rule", _RULE), "recall list",
                                 getattr(error, "detail", str(error))) from error


def _decode(content: object) -> RecallList:
    if type(content) is not dict or set(content) != set(_KEYS):
        raise WireError(_RULE, "not a recall list")
    check.version(content["version"], VERSION, _RULE)
    parties = tuple((check.sized(root, 32, _RULE), check.text(name, _TEXT, _RULE),
                     check.text(party, _TEXT, _RULE))
                    for root, name, party in _rows(content["parties"], 3))
    units: list[Unit] = []
    for uri, *where in _rows(content["units"], 6):
        units.append(Unit(check.text(uri, _TEXT, _RULE), _where(where, len(units), len(parties))))
    lots = tuple((_gtin(gtin), check.text(lot, _TEXT, _RULE))
                 for gtin, lot in _rows(content["lots"], 2))
    recalled = tuple(Recalled(check.text(uri, _TEXT, _RULE), _index(lot, len(lots)),
                              _where(where, len(units), len(parties)))
                     for uri, lot, *where in _rows(content["recalled"], 7))
    if len({one.item for one in recalled}) != len(recalled):
        raise WireError(_RULE, "a pack stands twice")
    return RecallList(
        check.sized(content["ledger_key"], 64, _RULE), _bytes(content["checkpoint"]),
        tuple(map(_bytes, _list(content["cosignatures"]))),
        check.sized(content["maker_key"], 64, _RULE),
        tuple(_proof(*row) for row in _rows(content["proofs"], 3)), lots,
        tuple(check.text(uri, _TEXT, _RULE) for uri in _list(content["items"])), parties,
        tuple(units), recalled)


def _list(value: object) -> list[object]:
    if type(value) is not list:
        raise WireError(_RULE, "not an array")
    return value


def _rows(value: object, size: int) -> list[list[object]]:
    return [check.array(row, size, _RULE) for row in _list(value)]


def _bytes(value: object) -> bytes:
    if type(value) is not bytes:
        raise WireError(_RULE, "not a byte string")
    return value


def _gtin(value: object) -> str:
    """Fourteen digits: a state key holds GTIN and lot with a slash between, which may also be in a
    lot, so that its proof says which lot only when the GTIN has its length."""
    gtin = check.text(value, _TEXT, _RULE)
    if not _GTIN.fullmatch(gtin):
        raise WireError(_RULE, "a GTIN has 14 digits")
    return gtin


def _index(value: object, size: int) -> int | None:
    """A place in a table of `size` rows."""
    if value is not None and check.uint(value, _RULE) >= size:
        raise WireError(_RULE, f"there is no row {value}")
    return value  # type: ignore[return-value]


def _where(parts: Sequence[object], units: int, parties: int) -> Where:
    status, inside, custodian, place, destination = parts
    if check.uint(status, _RULE) not in item.STATUS_NAMES:
        raise WireError(_RULE, "an unknown status")
    found = Where(status, _index(inside, units), _index(custodian, parties),  # type: ignore[arg-type]
                  *(None if one is None else check.text(one, _TEXT, _RULE)
                    for one in (place, destination)))
    if found.inside is not None and (custodian, place, destination) != (None, None, None):
        raise WireError(_RULE, "what is inside a unit is where that is")
    return found


def _proof(key: object, value: object, proof: object) -> Proven:
    bitmap, siblings, other = check.array(proof, 3, _RULE)
    if other is not None:
        raise WireError(_RULE, "a proof of absence proves no recall")
    return Proven(_bytes(key), _bytes(value), StateProof(
        _bytes(bitmap), tuple(check.sized(one, 32, _RULE) for one in _list(siblings)), None))


def verify(data: bytes, trust: Trust | None) -> Verified:
    """VerificationFailed names the first field that does not hold."""
    signed, held = decode(data)
    assert signed.ledger is not None
    if trust is not None and (trust.ledger, trust.ledger_key) != (signed.ledger, held.ledger_key):
        raise VerificationFailed("trust.ledger", "ledger_key", "the trust file is for another "
                                 "ledger or another key of it: take the trust file of that time")
    try:
        signed.verify(held.maker_key)
        checkpoint = (trust or Trust("", signed.ledger, held.ledger_key, (), 0)).open_checkpoint(
            held.checkpoint, list(held.cosignatures))
    except VerificationFailed:
        raise
    except InvalidData as error:
        raise VerificationFailed(error.rule, "signature", error.detail) from error
    view = _proven(held, checkpoint)
    maker = _maker(held, view)
    if [one.key for one in held.proofs] != needed(held, signed.issuer, maker.root):
        raise VerificationFailed("recall.proofs", "proofs", "not exactly the maker and every "
                                 "recall, in this order")
    return Verified(held, checkpoint, None if trust is None else trust.fingerprint(), maker,
                    _in_force(held, view))


def _proven(held: RecallList, checkpoint: Checkpoint) -> View:
    for number, one in enumerate(held.proofs):
        if state_tree.root_from_proof(one.key, one.value, one.proof) != checkpoint.state_root:
            raise VerificationFailed("recall.proof", f"proofs[{number}] "
                                     f"({state.describe(one.key)})", "value and proof do not come "
                                     "to the checkpoint's state root")
    return View({one.key: one.value for one in held.proofs}.get)


def _maker(held: RecallList, view: View) -> Organisation:
    """The organisation whose operations key signed, a member in standing at the checkpoint."""
    key = view.load(Key, state.key_key(cose.thumbprint(held.maker_key)))
    owner = None if key is None else \
        view.load(Organisation, state.organisation_key(key.organisation))
    if key is None or owner is None or key.role != codes.ROLE_OPERATIONS \
            or not key.in_standing() or not owner.member:
        raise VerificationFailed("recall.maker", "maker_key", "it is not proven to be the "
                                 "operations key, in standing, of a member")
    return owner


def _in_force(held: RecallList, view: View) -> tuple[tuple[int, bytes], ...]:
    for uri in held.items:
        known = view.load(Item, state.item_key(uri))
        if known is None or not known.recalled:
            raise VerificationFailed("recall.item", uri, "it is not recalled at this checkpoint")
    found = []
    for gtin, lot in held.lots:
        entry, root = check.array(view.get(state.recall_key(gtin, lot)), 2, _RULE)
        found.append((check.uint(entry, _RULE), check.sized(root, 32, _RULE)))
    return tuple(found)


def holder_of(view: View, root: bytes) -> tuple[bytes, str, str]:
    """(root, name, party) as a list names an organisation."""
    found = identity.require_organisation(view, root)
    return root, found.name, found.party
