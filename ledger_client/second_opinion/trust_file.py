"""Trust file and finality: whose checkpoint it is, and which witnesses cosigned it."""

import hashlib
from dataclasses import dataclass

from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import Passport
from ledger_client.second_opinion.signed import Signatures, Statement, read_statement
from ledger_client.second_opinion.trees import sha256
from ledger_client.wire import cbor, check, codes, cose
from ledger_client.wire.errors import WireError

_TRUST_BYTES = 64 * 1024  # 64 witnesses take 5 KB
_WITNESSES = 64
_NAME_CHARACTERS = 64
_LEVELS = (1, 2)  # append-only since last seen; the log was re-applied
_FIELDS = {"version", "name", "ledger", "ledger_key", "witnesses", "threshold"}


@dataclass(frozen=True)
class TrustFile:
    """`threshold` of `witnesses`, key -> least level, must have cosigned.  `fingerprint` is the
    first 16 bytes of the file's SHA-256, in hex."""

    ledger: bytes
    ledger_key: bytes
    witnesses: dict[bytes, int]
    threshold: int
    fingerprint: str


@dataclass(frozen=True)
class Checkpoint:
    """What the ledger committed to; `app_hash` is what witnesses sign."""

    number: int
    time_ms: int
    size: int
    log_root: bytes
    state_root: bytes
    revoked: bytes
    app_hash: bytes


def read_trust(data: bytes, signatures: Signatures) -> TrustFile:
    """WireError when it is no trust file."""
    rule = "trust"
    if len(data) > _TRUST_BYTES:
        raise WireError(rule, f"{len(data)} bytes, more than {_TRUST_BYTES}")
    value = cbor.decode(data, utf8=True)
    if type(value) is not dict or set(value) != _FIELDS:
        raise WireError(rule, "not a trust file")
    check.version(value["version"], codes.VERSION, rule)
    check.text(value["name"], _NAME_CHARACTERS, rule)
    witnesses = value["witnesses"]
    if type(witnesses) is not list or len(witnesses) > _WITNESSES:
        raise WireError(rule, f"not at most {_WITNESSES} witnesses")
    named = {}
    for witness in witnesses:
        key, level = check.array(witness, 2, rule)
        named[check.sized(key, 64, rule)] = check.uint(level, rule)
    ledger_key = check.sized(value["ledger_key"], 64, rule)
    for key in (ledger_key, *named):
        signatures.load(key)
    return TrustFile(check.sized(value["ledger"], 32, rule), ledger_key, named,
                     check.uint(value["threshold"], rule), hashlib.sha256(data).hexdigest()[:32])


def open_checkpoint(passport: Passport, trust: TrustFile | None,
                    signatures: Signatures) -> Checkpoint:
    """The checkpoint, signed by the trusted ledger key and cosigned by enough witnesses; without a
    trust file signed by the key that the passport names."""
    if trust is not None and passport.ledger != trust.ledger:
        raise Fault("ledger", "the trust file is for another ledger")
    if trust is not None and passport.ledger_key != trust.ledger_key:
        raise Fault("ledger_key", "not the ledger key of the trust file")
    with at("checkpoint"):
        signed = _opened(passport.checkpoint, "checkpoint", passport.ledger)
        signatures.verify_statement(passport.ledger_key, signed)
        checkpoint = _checkpoint(signed.payload, passport.ledger)
    _check_cosignatures(passport, trust, checkpoint, signatures)
    with at("revoked"):
        revoked = cbor.encode([list(row) for row in passport.revoked])
    if sha256(revoked) != checkpoint.revoked:
        raise Fault("revoked", "not the list that the checkpoint commits to")
    return checkpoint


def _opened(data: bytes, kind: str, ledger: bytes) -> Statement:
    signed = read_statement(data)
    if (signed.kind, signed.subject, signed.ledger) != (kind, "checkpoint", ledger):
        raise WireError("statement", f"not a {kind} for this ledger")
    return signed


def _checkpoint(payload: bytes, ledger: bytes) -> Checkpoint:
    rule = "checkpoint"
    version, named, number, prev, time_ms, size, log_root, state_root, revoked = \
        check.array(cbor.decode(payload), 9, rule)
    check.version(version, codes.VERSION, rule)
    if check.sized(named, 32, rule) != ledger:
        raise WireError(rule, "it is another ledger's")
    check.sized(prev, 32, rule)
    return Checkpoint(check.uint(number, rule), check.uint(time_ms, rule), check.uint(size, rule),
                      check.sized(log_root, 32, rule), check.sized(state_root, 32, rule),
                      check.sized(revoked, 32, rule), sha256(payload))


def _check_cosignatures(passport: Passport, trust: TrustFile | None, checkpoint: Checkpoint,
                        signatures: Signatures) -> None:
    """Each is for this checkpoint; those of witnesses that the trust file names are verified, and
    reach its threshold."""
    cosigned: set[bytes] = set()
    for number, data in enumerate(passport.cosignatures):
        with at(f"cosignatures[{number}]"):
            signed = _opened(data, "cosignature", passport.ledger)
            level = _level(signed.payload, checkpoint.app_hash)
            for key, least in () if trust is None else trust.witnesses.items():
                if cose.thumbprint(key) == signed.issuer:
                    signatures.verify_statement(key, signed)
                    cosigned |= {key} if level >= least else set()
    if trust is not None and len(cosigned) < trust.threshold:
        raise Fault("cosignatures", f"{len(cosigned)} witnesses of the trust file cosigned, "
                                    f"{trust.threshold} are needed")


def _level(payload: bytes, app_hash: bytes) -> int:
    rule = "cosignature"
    version, named, level, time_ms = check.array(cbor.decode(payload), 4, rule)
    check.version(version, codes.VERSION, rule)
    if check.sized(named, 32, rule) != app_hash:
        raise WireError(rule, "it is for another checkpoint")
    check.uint(time_ms, rule)
    found = check.uint(level, rule)
    if found not in _LEVELS:
        raise WireError(rule, "level is 1 or 2")
    return found
