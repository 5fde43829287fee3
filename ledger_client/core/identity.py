"""Organisations and keys: genesis, endorsement, and who is who now.

Invariants: a kid is used once for ever; a key has one role; an organisation is named by the
thumbprint of its first root key, whatever it rotates to.
"""

from dataclasses import dataclass
from functools import lru_cache

from ledger_client.core import parameters, signature, state
from ledger_client.core.entry import Entry
from ledger_client.core.state import Stored, View
from ledger_client.errors import InvalidData, Refused, VerificationFailed
from ledger_client.wire import cbor, check, codes, cose
from ledger_client.wire.errors import WireError

ORGANISATION_ROLES = {
    "manufacturer": 1, "wholesaler": 2, "carrier": 3, "pharmacy": 4, "hospital": 5,
    "regulator": 6, "laboratory": 7, "insurer": 8, "trial site": 9, "auditor": 10}
PERSON_ROLES = {"quality assurance": 1, "responsible person": 2, "operator": 3, "auditor": 4,
                "pharmacist": 5, "regulator": 6}
ROLE_NAMES = {
    codes.ROLE_ROOT: "root", codes.ROLE_OPERATIONS: "operations", codes.ROLE_DEVICE: "device",
    codes.ROLE_GATEWAY: "gateway", codes.ROLE_PERSON: "person", codes.ROLE_WITNESS: "witness",
    codes.ROLE_LEDGER: "ledger", codes.ROLE_FIRMWARE: "firmware"}
ORGANISATIONS = 64  # of one trading circle; a larger one is several ledgers
PREFIXES = 32
KEYS_CACHED = 1024  # decoded keys; a site has fewer
NAME_CHARACTERS = 64


@dataclass(frozen=True)
class Genesis(Stored):
    """The parameters in force."""

    rules: int
    parameters: dict[str, int]
    ledger_key: bytes  # thumbprint
    created_ms: int


@dataclass(frozen=True)
class Organisation(Stored):
    """`root` is its identity; `root_key` and `operations_key` are current thumbprints."""

    root: bytes
    name: str
    roles: list[int]
    party: str
    prefixes: list[str]
    root_key: bytes
    operations_key: bytes
    entry: int
    member: bool


@dataclass(frozen=True)
class Key(Stored):
    """`tainted_from` is the first tainted entry once it is revoked; `details` as enrolled."""

    role: int
    organisation: bytes
    public_key: bytes
    entry: int
    details: list[object]
    replaced_by: bytes | None
    tainted_from: int | None

    def in_standing(self) -> bool:
        return self.tainted_from is None and self.replaced_by is None


@dataclass(frozen=True)
class Founder:
    """An organisation as genesis names it; keys as x || y."""

    name: str
    roles: list[int]
    party: str
    prefixes: list[str]
    root_key: bytes
    operations_key: bytes

    def as_list(self) -> list[object]:
        return [self.name, self.roles, self.party, self.prefixes, self.root_key,
                self.operations_key]


@dataclass(frozen=True)
class GenesisContent:
    """What the convenor signs; witnesses are [key, level]."""

    rules: int
    parameters: dict[str, int]
    founders: list[Founder]
    ledger_key: bytes
    witnesses: list[tuple[bytes, int]]
    created_ms: int

    def as_list(self) -> list[object]:
        return [codes.VERSION, self.rules, self.parameters,
                [founder.as_list() for founder in self.founders], self.ledger_key,
                [list(witness) for witness in self.witnesses], self.created_ms]


def decode_genesis(content: object) -> GenesisContent:
    """WireError when the form is wrong."""
    rule = "genesis.form"
    version, rules, named, founders, ledger_key, witnesses, created_ms = \
        check.array(content, 7, rule)
    check.version(version, codes.VERSION, rule)
    if type(founders) is not list or type(witnesses) is not list \
            or not 0 < len(founders) <= ORGANISATIONS:
        raise WireError(rule, f"not 1 to {ORGANISATIONS} organisations")
    return GenesisContent(
        check.uint(rules, rule), parameters.checked(named, rule),
        [decode_founder(one) for one in founders],
        check.sized(ledger_key, 64, rule), [_witness(one) for one in witnesses],
        check.uint(created_ms, rule))


def decode_founder(value: object) -> Founder:
    rule = "organisation.form"
    name, roles, party, prefixes, root_key, operations_key = check.array(value, 6, rule)
    if type(roles) is not list or type(prefixes) is not list or len(prefixes) > PREFIXES:
        raise WireError(rule, f"roles and at most {PREFIXES} GS1 prefixes are arrays")
    return Founder(check.text(name, NAME_CHARACTERS, rule),
                   [check.uint(role, rule) for role in roles],
                   check.text(party, codes.TEXT, rule),
                   [check.text(prefix, 12, rule) for prefix in prefixes],
                   check.sized(root_key, 64, rule), check.sized(operations_key, 64, rule))


def _witness(value: object) -> tuple[bytes, int]:
    key, level = check.array(value, 2, "genesis.witness")
    return check.sized(key, 64, "genesis.witness"), check.uint(level, "genesis.witness")


def apply_genesis(entry: Entry, content: GenesisContent) -> None:
    """Entry 0.  The convenor is the founder whose root key signed."""
    view = entry.view
    keys = {cose.thumbprint(founder.root_key): founder.root_key for founder in content.founders}
    if entry.statement.issuer not in keys:
        raise Refused("K5", "genesis is not signed by the root key of a founder")
    entry.statement.verify(keys[entry.statement.issuer])
    convenor = entry.statement.issuer
    ledger_thumbprint = add_key(entry, codes.ROLE_LEDGER, convenor, content.ledger_key, [])
    for key, level in content.witnesses:
        add_witness(entry, key, level, convenor)
    for founder in content.founders:
        add_organisation(entry, founder)
    view.store(state.genesis_key(), Genesis(content.rules, content.parameters, ledger_thumbprint,
                                            content.created_ms))
    view.put(state.revoked_key(), [])
    _set_missing_founders(view, sorted(root for root in keys if root != convenor))


def add_organisation(entry: Entry, founder: Founder) -> None:
    """A founder, or a member that the others took in."""
    view, root = entry.view, cose.thumbprint(founder.root_key)
    if view.get(state.party_key(founder.party)) is not None:
        raise Refused("K5", f"the party {founder.party} is a member, or was")
    add_key(entry, codes.ROLE_ROOT, root, founder.root_key, [])
    operations = add_key(entry, codes.ROLE_OPERATIONS, root, founder.operations_key, [])
    view.put(state.party_key(founder.party), root)
    set_members(view, [*members(view), root])
    view.store(state.organisation_key(root), Organisation(
        root, founder.name, founder.roles, founder.party, founder.prefixes, root, operations,
        entry.number, True))


def members(view: View) -> list[bytes]:
    """Roots of the organisations that are members now, sorted."""
    value = view.get(state.members_key())
    return value if isinstance(value, list) else []


def set_members(view: View, roots: list[bytes]) -> None:
    view.put(state.members_key(), sorted(roots))


def add_witness(entry: Entry, key: bytes, level: int, owner: bytes | None = None) -> None:
    """A witness that genesis or the members name; its first cosignature proves its possession."""
    add_key(entry, codes.ROLE_WITNESS, owner or members(entry.view)[0], key, [level])


def apply_founder_endorsement(entry: Entry, signer: Key) -> None:
    """An endorsement of genesis, by the root key of a founder that has not endorsed yet."""
    missing = missing_founders(entry.view)
    if signer.organisation not in missing:
        raise Refused("S4", "this founder has endorsed genesis before")
    _set_missing_founders(entry.view, [one for one in missing if one != signer.organisation])


def missing_founders(view: View) -> list[bytes]:
    """Founders that have not endorsed genesis yet."""
    missing = view.get(state.founders_key())
    return missing if isinstance(missing, list) else []


def _set_missing_founders(view: View, missing: list[bytes]) -> None:
    if missing:
        view.put(state.founders_key(), missing)
    else:
        view.remove(state.founders_key())


def statement_subject(key: bytes) -> str:
    """sub of a statement about a key."""
    return "key:" + cose.thumbprint(key).hex()


def revoked(view: View) -> list[list[object]]:
    """Sorted list of [kid, first tainted entry number]."""
    value = view.get(state.revoked_key())
    return value if isinstance(value, list) else []


def require_key(view: View, thumbprint: bytes) -> Key:
    data = view.read(state.key_key(thumbprint))
    if data is None:
        raise Refused("K6", f"the key {thumbprint.hex()[:16]} is unknown on this ledger")
    return _key(data)


# Every record asks for its key and owner; what the same bytes decode to is the same value, and no
# rule changes a value in place.
@lru_cache(maxsize=KEYS_CACHED)
def _key(data: bytes) -> Key:
    return Key.of(cbor.decode(data, utf8=True))


@lru_cache(maxsize=ORGANISATIONS)
def _organisation(data: bytes) -> Organisation:
    return Organisation.of(cbor.decode(data, utf8=True))


def in_standing(view: View, thumbprint: bytes) -> bool:
    """Enrolled, neither revoked nor replaced, its organisation a member."""
    key = require_key(view, thumbprint)
    return key.in_standing() and require_organisation(view, key.organisation).member


def same_holder(view: View, first: bytes, second: bytes) -> bool:
    """Whether two thumbprints are one holder's: the same key, or one was rotated to the other."""
    return _newest(view, first) == _newest(view, second)


def _newest(view: View, thumbprint: bytes) -> bytes:
    while (key := require_key(view, thumbprint)).replaced_by is not None:
        thumbprint = key.replaced_by
    return thumbprint


def checkpoint_key(view: View, thumbprint: bytes, size: int) -> bytes:
    """The ledger key, present or past, that signed a tree of `size` entries; VerificationFailed
    when it is none, or was revoked from an entry in that tree on."""
    key = require_key(view, thumbprint)
    if key.role != codes.ROLE_LEDGER:
        raise VerificationFailed("ledger.key", "issuer",
                                 f"{thumbprint.hex()[:16]} is no ledger key")
    if key.tainted_from is not None and size > key.tainted_from:
        raise VerificationFailed("ledger.key", "issuer", f"{thumbprint.hex()[:16]} was revoked "
                                 f"from entry {key.tainted_from} on")
    return key.public_key


def key_of_kid(view: View, kid: bytes) -> tuple[bytes, Key] | None:
    """(thumbprint, key) that a kid finds, or None."""
    thumbprint = view.get(state.kid_key(kid))
    return (thumbprint, require_key(view, thumbprint)) if isinstance(thumbprint, bytes) else None


def require_organisation(view: View, root: bytes) -> Organisation:
    data = view.read(state.organisation_key(root))
    assert data is not None
    return _organisation(data)


def organisation_of_party(view: View, uri: str) -> Organisation | None:
    root = view.get(state.party_key(uri))
    return require_organisation(view, root) if isinstance(root, bytes) else None


def require_genesis(view: View) -> Genesis:
    genesis = view.load(Genesis, state.genesis_key())
    assert genesis is not None
    return genesis


def add_key(entry: Entry, role: int, organisation: bytes, key: bytes,
            details: list[object]) -> bytes:
    """A new key in standing; its thumbprint.  Raises Refused where the kid was ever used."""
    try:
        signature.check_public_key(key)
    except InvalidData as error:
        raise Refused(error.rule, error.detail) from error
    thumbprint = cose.thumbprint(key)
    kid = thumbprint[:cose.KID_BYTES]
    if entry.view.get(state.kid_key(kid)) is not None:
        raise Refused("K1", f"the kid {kid.hex()} is in use, or was")
    entry.view.put(state.kid_key(kid), thumbprint)
    entry.view.store(state.key_key(thumbprint),
                     Key(role, organisation, key, entry.number, details, None, None))
    return thumbprint
