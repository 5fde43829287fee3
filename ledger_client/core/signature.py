"""ES256 over digests: what signs, and verification by the `cryptography` library."""

from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from ledger_client.errors import InvalidData
from ledger_client.wire import cose
from ledger_client.wire.errors import WireError

_DIGEST_IS_SHA256 = ec.ECDSA(utils.Prehashed(SHA256()))
_KEYS_CACHED = 1024  # loading a point costs a third of a verification; a site has fewer keys


class Signer(Protocol):
    """A P-256 key that signs digests; the key itself stays where it is."""

    @property
    def public_key(self) -> bytes:
        """x || y, 64 bytes."""

    @property
    def kid(self) -> bytes:
        """First 8 bytes of the thumbprint."""

    def sign(self, digest: bytes) -> bytes:
        """r || s with low s over a 32-byte SHA-256 digest."""


class BadSignature(InvalidData):
    """The signature is not this key's over this digest."""


def check_public_key(public_key: bytes) -> None:
    """Raise InvalidData unless x || y is a point of P-256."""
    _load(public_key)


def verify(public_key: bytes, digest: bytes, signature: bytes) -> None:
    """Raise BadSignature unless `signature` (r || s, low s) is `public_key`'s (x || y) over the
    32-byte SHA-256 `digest`."""
    try:
        cose.check_signature(signature)
    except WireError as error:
        raise BadSignature(error.rule, error.detail) from error
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        _load(public_key).verify(utils.encode_dss_signature(r, s), digest, _DIGEST_IS_SHA256)
    except InvalidSignature as error:
        raise BadSignature("signature", "the signature does not fit key and content") from error


@lru_cache(maxsize=_KEYS_CACHED)
def _load(public_key: bytes) -> ec.EllipticCurvePublicKey:
    if len(public_key) != 64:
        raise InvalidData("key.form", "a public key is x || y, 64 bytes")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + public_key)
    except ValueError as error:
        raise InvalidData("key.point", "the key is no point of P-256") from error
