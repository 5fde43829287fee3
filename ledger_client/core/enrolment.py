"""The life of a key: enrolment, rotation, revocation.

Root keys rotate and revoke, operations keys enrol; whoever is enrolled proved the possession of its
key.
"""

from dataclasses import replace

from ledger_client.core import identity, signature, state
from ledger_client.core.entry import Entry
from ledger_client.core.identity import Key
from ledger_client.core.state import View
from ledger_client.errors import Refused
from ledger_client.wire import check, codes, cose, session
from ledger_client.wire.errors import WireError

ENROLLED_ROLES = (codes.ROLE_DEVICE, codes.ROLE_GATEWAY, codes.ROLE_PERSON, codes.ROLE_WITNESS,
                  codes.ROLE_FIRMWARE)
# reason codes of a revocation, those of RFC 5280 section 5.3.1 that fit a key
REVOCATION_REASONS = {"unspecified": 0, "key compromise": 1, "affiliation changed": 3,
                      "superseded": 4, "cessation of operation": 5, "privilege withdrawn": 9}

# Keys of an office that outlives them: one that was revoked in haste still gets a successor, or an
# organisation could enrol nobody and a ledger would be signed by a revoked key for ever.
_OFFICES = (codes.ROLE_OPERATIONS, codes.ROLE_LEDGER)


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
    if entry.statement.subject != identity.statement_subject(key):
        raise Refused("S8", "sub is not the thumbprint URI of the new key")
    _check_proof(entry, proof, key, (root, role, cose.thumbprint(key), None))
    thumbprint = identity.add_key(entry, role, signer.organisation, key, details)
    if role == codes.ROLE_DEVICE:
        _enrol_device(entry, thumbprint, details)
    else:
        _CHECK_DETAILS[role](details)


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
    if isinstance(holder, bytes) and identity.require_key(entry.view, holder).in_standing():
        raise Refused("K4", f"{giai} is the label of another device")
    entry.view.put(key, thumbprint)


def _check_person(details: list[object]) -> None:
    """details = [roles, keyed commitment to the name, which stays with the organisation]."""
    roles, commitment = check.array(details, 2, "enrol.person")
    if type(roles) is not list or not roles or any(
            type(role) is not int or role not in identity.PERSON_ROLES.values() for role in roles):
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
    before = identity.require_key(entry.view, old)
    if before.organisation != signer.organisation:
        raise Refused("K3", "a key is rotated by its owner's root key")
    if before.replaced_by is not None or \
            (before.tainted_from is not None and before.role not in _OFFICES):
        raise Refused("K7", "the old key was replaced or revoked before")
    if entry.statement.subject != identity.statement_subject(before.public_key):
        raise Refused("S8", "sub is not the thumbprint of the old key")
    if before.role == codes.ROLE_DEVICE and isinstance(before.details[0], str) and \
            entry.view.read(state.attached_key(before.details[0])) is not None:
        raise Refused("K8", f"{before.details[0]} travels with a carrier")
    _check_proof(entry, proof, key, (signer.organisation, before.role, cose.thumbprint(key), old))
    new = identity.add_key(entry, before.role, before.organisation, key, before.details)
    entry.view.store(state.key_key(old), replace(before, replaced_by=new))
    _follow_rotation(entry.view, before, old, new)


def _follow_rotation(view: View, before: Key, old: bytes, new: bytes) -> None:
    if before.role == codes.ROLE_DEVICE and isinstance(before.details[0], str):
        view.put(state.asset_key(before.details[0]), new)
    organisation = identity.require_organisation(view, before.organisation)
    if old == organisation.root_key:
        view.store(state.organisation_key(organisation.root), replace(organisation, root_key=new))
    elif old == organisation.operations_key:
        view.store(state.organisation_key(organisation.root),
                   replace(organisation, operations_key=new))
    genesis = identity.require_genesis(view)
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
    key = identity.require_key(view, thumbprint)
    if key.organisation != signer.organisation:
        raise Refused("K3", "a key is revoked by its owner's root key")
    if key.tainted_from is not None:
        raise Refused("K7", "the key was revoked before")
    if entry.statement.subject != identity.statement_subject(key.public_key):
        raise Refused("S8", "sub is not the thumbprint of the revoked key")
    tainted_from = _first_tainted(entry, since)
    view.store(state.key_key(thumbprint), replace(key, tainted_from=tainted_from))
    view.put(state.revoked_key(), sorted([*identity.revoked(view), [kid, tainted_from]]))


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
