"""COSE_Sign1 as Coldseal uses it (RFC 9052 section 4.2): ES256, tag 18, empty unprotected map.

No keys and no signing here: the values that are signed, their framing, and the checks of form that
a signature must pass before anyone spends time on verifying it.
"""

import hashlib

from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Sign1

ES256 = -7  # COSE algorithm (RFC 9053 section 2.1)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNATURE_BYTES = 64
KID_BYTES = 8

_DEVICE_HEADER = b"\xa2\x01\x26\x04\x48"  # {1: -7, 4: 8 bytes}


def context(purpose: int, ledger: bytes) -> bytes:
    """external_aad of what is exchanged with a device: ["coldseal", purpose, ledger id]."""
    return cbor.encode(["coldseal", purpose, ledger])


def device_header(kid: bytes) -> bytes:
    """Protected header of records, acks, commands and proofs: {alg: ES256, kid}."""
    assert len(kid) == KID_BYTES
    return _DEVICE_HEADER + kid


def read_device_header(protected: bytes) -> bytes:
    """kid of a device header; raise WireError when it is not exactly {1: -7, 4: kid}."""
    if len(protected) != 13 or protected[:5] != _DEVICE_HEADER:
        raise WireError("cose.header", "the protected header is not {1: -7, 4: kid}")
    return protected[5:]


def digest(protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    """SHA-256 of the Sig_structure (RFC 9052 section 4.4): the 32 bytes that ECDSA signs."""
    structure = cbor.encode(["Signature1", protected, external_aad, payload])
    return hashlib.sha256(structure).digest()


def encode_sign1(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return cbor.encode_sign1([protected, {}, payload, signature])


def read_sign1(data: bytes, at: int = 0) -> "tuple[Sign1, int]":
    """The COSE_Sign1 at `at` of a CBOR sequence: (message, where it ends)."""
    if at >= len(data) or data[at] != cbor.TAG_SIGN1:
        raise WireError("cose.tag", "no COSE_Sign1 (tag 18) at byte %d" % at)
    value, end = cbor.read(data, at + 1)
    if type(value) is not list or len(value) != 4:
        raise WireError("cose.parts", "a COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = value
    if type(protected) is not bytes or type(payload) is not bytes or type(signature) is not bytes:
        raise WireError("cose.parts", "protected header, payload and signature are byte strings")
    if unprotected != {} or type(unprotected) is not dict:
        raise WireError("cose.unprotected", "the unprotected map is not empty")
    check_signature(signature)
    return Sign1(protected, payload, signature), end


def decode_sign1(data: bytes) -> Sign1:
    """Exactly one COSE_Sign1."""
    message, end = read_sign1(data)
    if end != len(data):
        raise WireError("cbor.trailing", "%d bytes follow the message" % (len(data) - end))
    return message


def check_signature(signature: bytes) -> None:
    """Form of an ES256 signature: 64 bytes, r and s in 1..n-1, s in the lower half."""
    if len(signature) != SIGNATURE_BYTES:
        raise WireError("cose.signature-length", "%d bytes, not 64" % len(signature))
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not 0 < r < P256_ORDER or not 0 < s < P256_ORDER:
        raise WireError("cose.signature-range", "r or s is not in 1..n-1")
    if s > P256_ORDER // 2:
        raise WireError("cose.high-s", "s is in the upper half: a second form of the signature")


def thumbprint(public_key: bytes) -> bytes:
    """COSE Key Thumbprint (RFC 9679, SHA-256) of a P-256 key given as x || y: 32 bytes."""
    if len(public_key) != 64:
        raise WireError("cose.key", "a public key is x || y, 64 bytes")
    key = {1: 2, -1: 1, -2: public_key[:32], -3: public_key[32:]}
    return hashlib.sha256(cbor.encode(key)).digest()


def kid(public_key: bytes) -> bytes:
    """First 8 bytes of the thumbprint: it finds a key, it never identifies one."""
    return thumbprint(public_key)[:KID_BYTES]
