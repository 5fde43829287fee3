"""COSE that other people made: signed statements, and receipts of their transparency services.

Read with cbor2, because others need not keep to our encoding, and verified as RFC 9052, RFC 9942
and RFC 9943 say.  Tag 18 is required.  The key fixes the algorithm; what a message names is only
compared.  High s is allowed: the low-s rule is ours.  Receipts are those of RFC 9162 logs (vds 1),
and their entry is the SHA-256 of the signed statement with its unprotected map emptied.
"""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from ledger_client.core import merkle
from ledger_client.errors import UsageError, VerificationFailed
from ledger_client.wire import codes

_TAG_SIGN1 = 18
_ALG, _CRIT, _VDS, _VDP = 1, 2, 395, 396
_UNDERSTOOD = {1, 2, 3, 4, 15, 16, _VDS}  # alg, crit, content type, kid, claims, typ, vds
_VDS_RFC9162_SHA256 = 1
_INCLUSION, _CONSISTENCY = -1, -2
_ES256, _ES384, _EDDSA = -7, -35, -8
_CURVES: dict[str, tuple[int, hashes.HashAlgorithm]] = {
    "secp256r1": (_ES256, hashes.SHA256()), "secp384r1": (_ES384, hashes.SHA384())}
MESSAGE_BYTES = 16 * codes.STATEMENT_BYTES  # others sign larger documents than we register
_DEPTH = 16

# Tags that cbor2 makes objects of, one of them a compiled regular expression: kept as tags.
_INTERPRETED = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261,
                1004, 43000, 55799)


@dataclass(frozen=True)
class ForeignKey:
    """A public key and the one COSE algorithm that it is used with."""

    algorithm: int
    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

    def verify(self, signature: bytes, data: bytes) -> None:
        """VerificationFailed unless `signature` is this key's over `data`."""
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, data)
            else:
                _verify_ecdsa(self.key, signature, data)
        except InvalidSignature as error:
            raise VerificationFailed("foreign.signature", "signature",
                                     "it does not fit key and content") from error


@dataclass(frozen=True)
class Message:
    """A COSE_Sign1, not verified; `payload` is None when it is detached."""

    protected: bytes
    header: Mapping[object, object]
    unprotected: Mapping[object, object]
    payload: bytes | None
    signature: bytes


@dataclass(frozen=True)
class Inclusion:
    """What a verified receipt says; the size is not signed, unless its claims repeat it."""

    size: int
    index: int
    root: bytes


def load_key(pem: bytes) -> ForeignKey:
    """A public key of P-256 (ES256), P-384 (ES384) or Ed25519 (EdDSA); UsageError otherwise."""
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise UsageError("not a public key in PEM") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        return ForeignKey(_EDDSA, key)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return ForeignKey(_CURVES[key.curve.name][0], key)
    raise UsageError("a key of P-256, P-384 or Ed25519 is needed")


def p256_key(public_key: bytes) -> ForeignKey:
    """The key x || y, as our own devices and ledgers have; UsageError when it is no point."""
    try:
        return ForeignKey(_ES256, ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), b"\4" + public_key))
    except ValueError as error:
        raise UsageError("not x || y of a point of P-256") from error


def read(data: bytes) -> Message:
    """The COSE_Sign1 in `data`; VerificationFailed when it is none, or malformed."""
    value = _decode(data, "message")
    if not isinstance(value, cbor2.CBORTag) or value.tag != _TAG_SIGN1:
        raise VerificationFailed("foreign.tag", "message", "not a COSE_Sign1 under tag 18")
    parts = value.value
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise VerificationFailed("foreign.parts", "message", "a COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = parts
    if not isinstance(protected, bytes) or not isinstance(unprotected, Mapping) \
            or not isinstance(payload, bytes | None) or not isinstance(signature, bytes):
        raise VerificationFailed("foreign.parts", "message", "a part has another type")
    header = _decode(protected, "protected") if protected else {}
    if not isinstance(header, Mapping):
        raise VerificationFailed("foreign.header", "protected", "the header is not a map")
    if any(type(label) not in (int, str) for label in (*header, *unprotected)):
        raise VerificationFailed("foreign.header", "protected",  # {true: -7} is no alg
                                 "a label is neither integer nor text")
    if set(header) & set(unprotected):  # RFC 9052 section 3
        raise VerificationFailed("foreign.header", "unprotected", "a label stands in both maps")
    return Message(protected, header, unprotected, payload, signature)


def verify(message: Message, key: ForeignKey, *, payload: bytes | None = None,
           external_aad: bytes = b"") -> bytes:
    """The payload that `key` signed; `payload` is given when the message's is detached."""
    if (payload is None) == (message.payload is None):
        raise VerificationFailed("foreign.payload", "payload",
                                 "it is missing, or given beside the message's own")
    _check_header(message, key)
    content = message.payload if payload is None else payload
    assert content is not None
    # An empty header may be written as h'' or as h'a0'; what is signed is h'' (RFC 9052 4.4).
    protected = message.protected if message.header else b""
    key.verify(message.signature, cbor2.dumps(["Signature1", protected, external_aad, content]))
    return content


def entry_hash(statement: bytes) -> bytes:
    """What a log holds for a signed statement (RFC 9943: its unprotected map is emptied first)."""
    message = read(statement)
    if message.unprotected:
        statement = cbor2.dumps(cbor2.CBORTag(_TAG_SIGN1, [
            message.protected, {}, message.payload, message.signature]))
    return hashlib.sha256(statement).digest()


def verify_receipt(receipt: bytes, entry: bytes, key: ForeignKey) -> Inclusion:
    """Where the log that signed `receipt` holds `entry` (RFC 9942 section 5.2)."""
    message = read(receipt)
    size, index, path = _proof(message, _INCLUSION)
    root = merkle.root_from_inclusion(entry, index, size, path)
    verify(message, key, payload=root)
    return Inclusion(size, index, root)


def verify_consistency(receipt: bytes, older_root: bytes, key: ForeignKey) -> tuple[int, bytes]:
    """(size, root) of the log now, which extends `older_root` (RFC 9942 section 5.3)."""
    message = read(receipt)
    older_size, size, path = _proof(message, _CONSISTENCY)
    root = merkle.root_from_consistency(older_size, size, older_root, path)
    verify(message, key, payload=root)
    return size, root


def _verify_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> None:
    half = (key.key_size + 7) // 8
    if len(signature) != 2 * half:  # r || s, RFC 9053 section 2.1
        raise VerificationFailed("foreign.signature", "signature",
                                 f"{len(signature)} bytes, not {2 * half}")
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(_CURVES[key.curve.name][1]))


def _check_header(message: Message, key: ForeignKey) -> None:
    critical = message.header.get(_CRIT, [])
    if _CRIT in message.unprotected or not isinstance(critical, list | tuple) \
            or any(type(label) is not int or label not in _UNDERSTOOD for label in critical):
        raise VerificationFailed("foreign.critical", "protected",
                                 f"crit names what is not understood: {critical!r}")
    algorithm = message.header.get(_ALG, message.unprotected.get(_ALG))
    if type(algorithm) is not int or algorithm != key.algorithm:
        raise VerificationFailed("foreign.algorithm", "protected",
                                 f"alg is {algorithm!r}, the key's is {key.algorithm}")


def _proof(message: Message, kind: int) -> tuple[int, int, list[bytes]]:
    """The one proof of a receipt: two numbers and a path."""
    vds = message.header.get(_VDS)
    if type(vds) is not int or vds != _VDS_RFC9162_SHA256:
        raise VerificationFailed("foreign.vds", "protected",
                                 f"the log's structure is {vds!r}, not 1 (RFC 9162, SHA-256)")
    proofs = message.unprotected.get(_VDP)
    found = proofs.get(kind) if isinstance(proofs, Mapping) else None
    if not isinstance(found, list | tuple) or len(found) != 1 or not isinstance(found[0], bytes):
        raise VerificationFailed("foreign.proof", "unprotected", "not one proof of this kind")
    parts = _decode(found[0], "proof")
    if not isinstance(parts, list | tuple) or len(parts) != 3:
        raise VerificationFailed("foreign.proof", "proof", "a proof has three parts")
    first, second, path = parts
    if type(first) is not int or type(second) is not int or not isinstance(path, list | tuple) \
            or not all(isinstance(one, bytes) for one in path):
        raise VerificationFailed("foreign.proof", "proof", "not two numbers and hashes")
    return first, second, list(path)


def _decode(data: bytes, field: str) -> object:
    """One CBOR item, in any encoding; no duplicate keys, nothing after it."""
    if len(data) > MESSAGE_BYTES:
        raise VerificationFailed("foreign.bytes", field,
                                 f"{len(data)} bytes, more than {MESSAGE_BYTES}")
    stream = io.BytesIO(data)
    try:
        value: object = cbor2.load(stream, max_depth=_DEPTH, allow_duplicate_keys=False,
                                   semantic_decoders=_UNINTERPRETED)
    except (cbor2.CBORDecodeError, TypeError, ValueError) as error:
        raise VerificationFailed("foreign.cbor", field, str(error)) from error
    if stream.tell() != len(data):
        raise VerificationFailed("foreign.cbor", field, "bytes follow the item")
    return value


def _keep(tag: int) -> Callable[[object, bool], cbor2.CBORTag]:
    return lambda value, _immutable: cbor2.CBORTag(tag, value)


_UNINTERPRETED = {tag: _keep(tag) for tag in _INTERPRETED}
