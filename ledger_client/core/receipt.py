"""COSE receipts (RFC 9942, RFC 9162 tree) for entries of the log, and consistency receipts.

A receipt is a COSE_Sign1 with a detached payload, the log root.  Its protected header is {1: alg,
4: kid, 15: claims, 395: vds 1}; size and app_hash of the checkpoint stand in the claims as private
ones, because a tree size in the proof alone is not signed.  One signature serves every entry of a
checkpoint.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger_client.core import merkle, signature, statement
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.signature import Signer
from ledger_client.errors import Refused, VerificationFailed
from ledger_client.wire import cbor, check, cose
from ledger_client.wire.errors import WireError

_VDS, _VDP = 395, 396
VDS_RFC9162_SHA256 = 1
_INCLUSION, _CONSISTENCY = -1, -2
_CLAIM_ISS, _CLAIM_SUB, _CLAIM_SIZE, _CLAIM_APP_HASH = 1, 2, -65537, -65538
SUBJECT = "receipt"


@dataclass(frozen=True)
class Receipt:
    """An inclusion receipt of ours, opened but not verified."""

    issuer: bytes
    size: int
    app_hash: bytes
    index: int
    path: list[bytes]
    protected: bytes
    signature: bytes

    def verify(self, entry_hash: bytes, ledger_key: bytes) -> bytes:
        """The log root under which `entry_hash` is included, signed by `ledger_key`."""
        root = merkle.root_from_inclusion(entry_hash, self.index, self.size, self.path)
        signature.verify(ledger_key, cose.digest(self.protected, b"", root), self.signature)
        return root


@dataclass(frozen=True)
class Consistency:
    """A consistency receipt of ours: the log of `size` extends that of `older_size`."""

    issuer: bytes
    older_size: int
    size: int
    app_hash: bytes
    path: list[bytes]
    protected: bytes
    signature: bytes

    def verify(self, older_root: bytes, root: bytes, ledger_key: bytes) -> None:
        """Raise unless `ledger_key` signed `root`, and it extends `older_root`."""
        signature.verify(ledger_key, cose.digest(self.protected, b"", root), self.signature)
        merkle.check_consistency(self.older_size, self.size, older_root, root, self.path)


def protected_header(checkpoint: Checkpoint, ledger_key: bytes) -> bytes:
    thumbprint = cose.thumbprint(ledger_key)
    claims = {_CLAIM_ISS: statement.issuer_uri(thumbprint), _CLAIM_SUB: SUBJECT,
              _CLAIM_SIZE: checkpoint.size, _CLAIM_APP_HASH: checkpoint.app_hash()}
    return cbor.encode({1: cose.ES256, 4: thumbprint[:cose.KID_BYTES], 15: claims,
                        _VDS: VDS_RFC9162_SHA256})


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The signature that every receipt of this checkpoint carries."""
    protected = protected_header(checkpoint, signer.public_key)
    return signer.sign(cose.digest(protected, b"", checkpoint.log_root))


def check_signature(checkpoint: Checkpoint, ledger_key: bytes, made: bytes) -> None:
    """Raise BadSignature unless `made` is what `sign` makes with the key of `ledger_key`."""
    protected = protected_header(checkpoint, ledger_key)
    signature.verify(ledger_key, cose.digest(protected, b"", checkpoint.log_root), made)


def inclusion(checkpoint: Checkpoint, ledger_key: bytes, receipt_signature: bytes, index: int,
              path: Sequence[bytes]) -> bytes:
    return _encode(checkpoint, ledger_key, receipt_signature,
                   {_INCLUSION: [cbor.encode([checkpoint.size, index, list(path)])]})


def consistency(checkpoint: Checkpoint, ledger_key: bytes, receipt_signature: bytes,
                older_size: int, path: Sequence[bytes]) -> bytes:
    return _encode(checkpoint, ledger_key, receipt_signature,
                   {_CONSISTENCY: [cbor.encode([older_size, checkpoint.size, list(path)])]})


def _encode(checkpoint: Checkpoint, ledger_key: bytes, receipt_signature: bytes,
            proofs: dict[int, list[bytes]]) -> bytes:
    return cbor.encode_sign1([protected_header(checkpoint, ledger_key), {_VDP: proofs}, None,
                              receipt_signature])


def decode(data: bytes) -> Receipt:
    """One of our inclusion receipts; VerificationFailed when it is not exactly that."""
    try:
        protected, signed, (size, index, path) = _parts(data, _INCLUSION)
        issuer, app_hash = _claims(protected, size)
        return Receipt(issuer, size, app_hash, index, path, protected, signed)
    except WireError as error:
        raise VerificationFailed(error.rule, "receipt", error.detail) from error


def decode_consistency(data: bytes) -> Consistency:
    """One of our consistency receipts; VerificationFailed when it is not exactly that."""
    try:
        protected, signed, (older_size, size, path) = _parts(data, _CONSISTENCY)
        issuer, app_hash = _claims(protected, size)
        return Consistency(issuer, older_size, size, app_hash, path, protected, signed)
    except WireError as error:
        raise VerificationFailed(error.rule, "consistency receipt", error.detail) from error


def _parts(data: bytes, kind: int) -> tuple[bytes, bytes, tuple[int, int, list[bytes]]]:
    """(protected header, signature, proof) of a receipt with one proof of this kind."""
    rule = "receipt.form"
    if data[:1] != bytes((cbor.TAG_SIGN1,)):
        raise WireError("cose.tag", "a receipt is a COSE_Sign1 under tag 18")
    protected, unprotected, payload, signed = check.array(cbor.decode(data[1:]), 4, rule)
    if type(protected) is not bytes or payload is not None or type(unprotected) is not dict:
        raise WireError(rule, "the payload is not detached")
    return protected, check.sized(signed, cose.SIGNATURE_BYTES, rule), _proof(unprotected, kind)


def _claims(protected: bytes, size: int) -> tuple[bytes, bytes]:
    """(issuer, app_hash); the proof's tree `size` must be the one that is signed."""
    rule = "receipt.form"
    header = cbor.decode(protected)
    if type(header) is not dict or set(header) != {1, 4, 15, _VDS} \
            or header[1] != cose.ES256 or header[_VDS] != VDS_RFC9162_SHA256:
        raise WireError(rule, "alg is not ES256 or vds is not 1")
    claims = header[15]
    if type(claims) is not dict or set(claims) != {_CLAIM_ISS, _CLAIM_SUB, _CLAIM_SIZE,
                                                   _CLAIM_APP_HASH}:
        raise WireError(rule, "the claims are not iss, sub, size and app_hash")
    if size != claims[_CLAIM_SIZE]:
        raise WireError(rule, "the proof's tree size is not the signed one")
    issuer = _issuer(claims[_CLAIM_ISS])
    if header[4] != issuer[:cose.KID_BYTES] or claims[_CLAIM_SUB] != SUBJECT:
        raise WireError(rule, "kid is not the issuer's, or sub is not \"receipt\"")
    return issuer, check.sized(claims[_CLAIM_APP_HASH], 32, rule)


def _issuer(value: object) -> bytes:
    try:
        return statement.issuer_of(value)
    except Refused as error:
        raise WireError("receipt.form", error.detail) from error


def _proof(unprotected: dict[object, object], kind: int) -> tuple[int, int, list[bytes]]:
    """[tree size, leaf index, path] of inclusion; [older size, size, path] of consistency."""
    rule = "receipt.proof"
    proofs = unprotected.get(_VDP)
    if set(unprotected) != {_VDP} or type(proofs) is not dict or set(proofs) != {kind}:
        raise WireError(rule, "not one proof of the kind that was asked for")
    (encoded,) = check.array(proofs[kind], 1, rule)
    if type(encoded) is not bytes:
        raise WireError(rule, "a proof is a byte string")
    first, second, path = check.array(cbor.decode(encoded), 3, rule)
    if type(path) is not list:
        raise WireError(rule, "a path is an array")
    return check.uint(first, rule), check.uint(second, rule), \
        [check.sized(one, merkle.HASH_BYTES, rule) for one in path]
