"""Checkpoints: what a ledger commits to after each batch.

Checkpoint = [version, ledger, number, prev, time_ms, size, log_root, state_root, revoked];
app_hash = SHA-256 of its CBOR.  Signed by the ledger key as a statement of kind "checkpoint",
cosigned by witnesses as statements of kind "cosignature" over [version, app_hash, level, time_ms].
"""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from ledger_client.core import statement
from ledger_client.core.signature import Signer
from ledger_client.errors import VerificationFailed
from ledger_client.wire import cbor, check
from ledger_client.wire.errors import WireError

VERSION = 1
SUBJECT = "checkpoint"
ZERO = bytes(32)
LEVELS = (1, 2)  # of a cosignature


@dataclass(frozen=True)
class Checkpoint:
    """`number` counts checkpoints from 0, `size` is the number of entries it covers."""

    ledger: bytes
    number: int
    prev: bytes
    time_ms: int
    size: int
    log_root: bytes
    state_root: bytes
    revoked: bytes

    def encode(self) -> bytes:
        return cbor.encode([VERSION, *astuple(self)])

    def app_hash(self) -> bytes:
        return hashlib.sha256(self.encode()).digest()


def decode(data: bytes) -> Checkpoint:
    """Raise WireError for anything that `encode` does not make."""
    rule = "checkpoint.form"
    parts = check.array(cbor.decode(data), 9, rule)
    check.version(parts[0], VERSION, rule)
    return Checkpoint(check.sized(parts[1], 32, rule), check.uint(parts[2], rule),
                      check.sized(parts[3], 32, rule), check.uint(parts[4], rule),
                      check.uint(parts[5], rule), check.sized(parts[6], 32, rule),
                      check.sized(parts[7], 32, rule), check.sized(parts[8], 32, rule))


def revoked_hash(revoked: Sequence[Sequence[object]]) -> bytes:
    """Digest of the sorted list of [kid, first tainted entry number]."""
    return hashlib.sha256(cbor.encode(list(revoked))).digest()


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    return statement.build("checkpoint", signer, subject=SUBJECT, content=list_of(checkpoint),
                           ledger=checkpoint.ledger)


def list_of(checkpoint: Checkpoint) -> list[object]:
    return [VERSION, *astuple(checkpoint)]


def open_signed(data: bytes, ledger: bytes, ledger_key: bytes) -> Checkpoint:
    """The checkpoint that `ledger_key` signed for `ledger`, or an InvalidData error."""
    signed = statement.parse(data)
    if signed.kind != "checkpoint" or signed.subject != SUBJECT or signed.ledger != ledger:
        raise VerificationFailed("checkpoint.kind", "checkpoint",
                                 "not a signed checkpoint of this ledger")
    signed.verify(ledger_key)
    try:
        checkpoint = decode(signed.payload)
    except WireError as error:
        raise VerificationFailed(error.rule, "checkpoint", error.detail) from error
    if checkpoint.ledger != ledger:
        raise VerificationFailed("checkpoint.ledger", "checkpoint", "it is another ledger's")
    return checkpoint


@dataclass(frozen=True)
class Cosignature:
    """Level 1: append-only since last seen; level 2: the log was re-applied."""

    app_hash: bytes
    level: int
    time_ms: int


def cosign(cosignature: Cosignature, ledger: bytes, signer: Signer) -> bytes:
    return statement.build("cosignature", signer, subject=SUBJECT, ledger=ledger,
                           content=[VERSION, *astuple(cosignature)])


def signed_by(data: bytes, thumbprint: bytes) -> bool:
    """Whether a statement names this key as its issuer; its signature is not verified."""
    return statement.parse(data).issuer == thumbprint


def open_cosignature(data: bytes, ledger: bytes, witness_key: bytes) -> Cosignature:
    """The cosignature that `witness_key` made for `ledger`, or an InvalidData error."""
    stated = read_cosignature(data, ledger)
    statement.parse(data).verify(witness_key)
    return stated


def read_cosignature(data: bytes, ledger: bytes) -> Cosignature:
    """What a cosignature says, its signature not verified; InvalidData when it is none."""
    rule = "cosignature.form"
    signed = statement.parse(data)
    if signed.kind != "cosignature" or signed.subject != SUBJECT or signed.ledger != ledger:
        raise VerificationFailed("cosignature.kind", "cosignature",
                                 "not a witness cosignature for this ledger")
    try:
        parts = check.array(signed.content(), 4, rule)
        check.version(parts[0], VERSION, rule)
        if check.uint(parts[2], rule) not in LEVELS:
            raise WireError(rule, "level is 1 or 2")
        return Cosignature(check.sized(parts[1], 32, rule), check.uint(parts[2], rule),
                           check.uint(parts[3], rule))
    except WireError as error:
        raise VerificationFailed(error.rule, "cosignature", error.detail) from error
