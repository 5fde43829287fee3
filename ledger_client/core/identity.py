"""Organisations and keys: genesis, endorsement, enrolment, rotation, revocation.

Invariants: a kid is used once for ever; a key has one role; an organisation is named by the
thumbprint of its first root key, whatever it rotates to; root keys rotate and revoke, operations
keys enrol; whoever is enrolled proved the possession of its key.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from ledger_client.core import signature, state
from ledger_client.core.entry import Entry
from ledger_client.core.state import Stored, View
from ledger_client.errors import InvalidData, Refused
from ledger_client.wire import cbor, check, codes, cose, session
from ledger_client.wire.errors import WireError

ENROLLED_ROLES = (codes.ROLE_DEVICE, codes.ROLE_GATEWAY, codes.ROLE_PERSON, codes.ROLE_WITNESS,
                  codes.ROLE_FIRMWARE)
ORGANISATION_ROLES = {
    "manufacturer": 1, "wholesaler": 2, "carrier": 3, "pharmacy": 4, "hospital": 5,
    "regulator": 6, "laboratory": 7, "insurer": 8, "trial site": 9, "auditor": 10}
PERSON_ROLES = {"quality assurance": 1, "responsible person": 2, "operator": 3, "auditor": 4,
                "pharmacist": 5, "regulator": 6}
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
    version, rules, parameters, founders, ledger_key, witnesses, created_ms = \
        check.array(content, 7, rule)
    check.version(version, codes.VERSION, rule)
    if type(parameters) is not dict or type(founders) is not list \
            or type(witnesses) is not list or not 0 < len(founders) <= ORGANISATIONS:
        raise WireError(rule, f"not parameters with 1 to {ORGANISATIONS} organisations")
    for name, value in parameters.items():
        check.text(name, NAME_CHARACTERS, rule)
        check.uint(value, rule)
    return GenesisContent(
        check.uint(rules, rule), parameters, [decode_founder(one) for one in founders],
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
    ledger_thumbprint = _add_key(entry, codes.ROLE_LEDGER, convenor, content.ledger_key, [])
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
    _add_key(entry, codes.ROLE_ROOT, root, founder.root_key, [])
    operations = _add_key(entry, codes.ROLE_OPERATIONS, root, founder.operations_key, [])
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
    _add_key(entry, codes.ROLE_WITNESS, owner or members(entry.view)[0], key, [level])


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


def apply_enrol(entry: Entry, signer: Key, content: object) -> None:
    """Content = [1, role, owner root thumbprint, key, proof of possession, details]."""
    rule = "enrol.form"
    version, role, root, key, proof, details = check.array(content, 6, rule)
    check.version(version, codes.VERSION, rule)
    role, key = check.uint(role, rule), check.sized(key, 64, rule)
    if role not in ENROLLED_ROLES or type(details) is not list or type(proof) is not bytes:
        raise WireError(rule, "not a role that is enrolled, with proof and details")
    root = check.sized(root, 32, rule)
    if root != signer.organisation:
        raise Refused("K3", "a key is enrolled by its owner's operations key")
    if entry.statement.subject != statement_subject(key):
        raise Refused("S8", "sub is not the thumbprint URI of the new key")
    _check_proof(entry, proof, key, (root, role, cose.thumbprint(key), None))
    thumbprint = _add_key(entry, role, signer.organisation, key, details)
    if role == codes.ROLE_DEVICE:
        _enrol_device(entry, thumbprint, details)
    else:
        _CHECK_DETAILS[role](details)


def statement_subject(key: bytes) -> str:
    """sub of a statement about a key."""
    return "key:" + cose.thumbprint(key).hex()


def _enrol_device(entry: Entry, thumbprint: bytes, details: list[object]) -> None:
    """details = [GIAI URI / null, drift_ppm, product]."""
    rule = "enrol.device"
    giai, drift_ppm, product = check.array(details, 3, rule)
    check.uint(drift_ppm, rule)
    check.text(product, codes.TEXT, rule)
    if giai is None:
        return
    key = state.asset_key(check.text(giai, codes.TEXT, rule))
    holder = entry.view.get(key)
    if isinstance(holder, bytes) and require_key(entry.view, holder).in_standing():
        raise Refused("K4", f"{giai} is the label of another device")
    entry.view.put(key, thumbprint)


def _check_person(details: list[object]) -> None:
    """details = [roles, keyed commitment to the name, which stays with the organisation]."""
    roles, commitment = check.array(details, 2, "enrol.person")
    if type(roles) is not list or not roles or any(
            type(role) is not int or role not in PERSON_ROLES.values() for role in roles):
        raise WireError("enrol.person", "a person has one role or more of those known")
    check.sized(commitment, 32, "enrol.person")


def _check_gateway(details: list[object]) -> None:
    """details = [may_hold]."""
    (may_hold,) = check.array(details, 1, "enrol.gateway")
    if type(may_hold) is not bool:
        raise WireError("enrol.gateway", "may_hold is true or false")


def _check_witness(details: list[object]) -> None:
    """details = [level]."""
    (level,) = check.array(details, 1, "enrol.witness")
    if check.uint(level, "enrol.witness") not in (1, 2):
        raise WireError("enrol.witness", "a witness has level 1 or 2")


def _check_firmware(details: list[object]) -> None:
    check.array(details, 0, "enrol.firmware")


_CHECK_DETAILS = {codes.ROLE_PERSON: _check_person, codes.ROLE_GATEWAY: _check_gateway,
                  codes.ROLE_WITNESS: _check_witness, codes.ROLE_FIRMWARE: _check_firmware}


def apply_rotate(entry: Entry, signer: Key, content: object) -> None:
    """Content = [1, old thumbprint, new key, proof of possession, consent / null]; the consent, a
    signature of the old key over the new thumbprint, is evidence only: a thief has it too."""
    rule = "rotate.form"
    version, old, key, proof, consent = check.array(content, 5, rule)
    old, key = check.sized(old, 32, rule), check.sized(key, 64, rule)
    check.version(version, codes.VERSION, rule)
    check.sized_or_null(consent, 64, rule)
    if type(proof) is not bytes:
        raise WireError(rule, "the proof of possession is a byte string")
    before = require_key(entry.view, old)
    if before.organisation != signer.organisation:
        raise Refused("K3", "a key is rotated by its owner's root key")
    if not before.in_standing():
        raise Refused("K7", "the old key was replaced or revoked before")
    if entry.statement.subject != statement_subject(before.public_key):
        raise Refused("S8", "sub is not the thumbprint of the old key")
    if before.role == codes.ROLE_DEVICE and isinstance(before.details[0], str) and \
            entry.view.get(state.attached_key(before.details[0])) is not None:
        raise Refused("K8", f"{before.details[0]} travels with a carrier")
    _check_proof(entry, proof, key, (signer.organisation, before.role, cose.thumbprint(key), old))
    new = _add_key(entry, before.role, before.organisation, key, before.details)
    entry.view.store(state.key_key(old), replace(before, replaced_by=new))
    _follow_rotation(entry.view, before, old, new)


def _follow_rotation(view: View, before: Key, old: bytes, new: bytes) -> None:
    if before.role == codes.ROLE_DEVICE and isinstance(before.details[0], str):
        view.put(state.asset_key(before.details[0]), new)
    organisation = require_organisation(view, before.organisation)
    if old == organisation.root_key:
        view.store(state.organisation_key(organisation.root), replace(organisation, root_key=new))
    elif old == organisation.operations_key:
        view.store(state.organisation_key(organisation.root),
                   replace(organisation, operations_key=new))
    genesis = require_genesis(view)
    if old == genesis.ledger_key:
        view.store(state.genesis_key(), replace(genesis, ledger_key=new))


def apply_revoke(entry: Entry, signer: Key, content: object) -> None:
    """Content = [1, kid, entry hash or ledger time in ms, reason code]."""
    rule = "revoke.form"
    version, kid, since, reason = check.array(content, 4, rule)
    check.version(version, codes.VERSION, rule)
    check.uint(reason, rule)
    view = entry.view
    thumbprint = view.get(state.kid_key(check.sized(kid, cose.KID_BYTES, rule)))
    if not isinstance(thumbprint, bytes):
        raise Refused("K6", "no key has this kid")
    key = require_key(view, thumbprint)
    if key.organisation != signer.organisation:
        raise Refused("K3", "a key is revoked by its owner's root key")
    if key.tainted_from is not None:
        raise Refused("K7", "the key was revoked before")
    if entry.statement.subject != statement_subject(key.public_key):
        raise Refused("S8", "sub is not the thumbprint of the revoked key")
    tainted_from = _first_tainted(entry, since)
    view.store(state.key_key(thumbprint), replace(key, tainted_from=tainted_from))
    view.put(state.revoked_key(), sorted([*revoked(view), [kid, tainted_from]]))


def _first_tainted(entry: Entry, since: object) -> int:
    """The first entry at or after an entry hash or a ledger time."""
    if type(since) is bytes:
        number = entry.view.get(state.entry_key(check.sized(since, 32, "revoke.form")))
        if not isinstance(number, int):
            raise Refused("K6", "no entry has this hash")
        return number
    since_ms = check.uint(since, "revoke.form")
    low, high = 0, entry.number
    while low < high:
        middle = (low + high) // 2
        time_ms = entry.view.get(state.time_key(middle))
        assert isinstance(time_ms, int)
        if time_ms < since_ms:
            low = middle + 1
        else:
            high = middle
    return low


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


def _add_key(entry: Entry, role: int, organisation: bytes, key: bytes,
             details: list[object]) -> bytes:
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


def _check_proof(entry: Entry, proof: bytes, key: bytes,
                 expected: tuple[bytes, int, bytes, bytes | None]) -> None:
    try:
        kid, digest, proof_signature, payload = session.open1(
            codes.PURPOSE_POSSESSION, entry.ledger, proof)
        stated = session.decode_possession(payload)
        if kid != cose.kid(key) or stated != expected:
            raise Refused("K2", "the proof of possession states another owner, role or key")
        signature.verify(key, digest, proof_signature)
    except (WireError, signature.BadSignature) as error:
        raise Refused("K2", f"the proof of possession is bad ({error})") from error
