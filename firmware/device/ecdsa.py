"""ES256 on the device: RFC 6979 signatures with low s, and verification in slices.

True constant time is impossible with big integers (their lengths are normalised), so the nonce's
multiplication is blinded and the long-term key meets only blinded values.
"""

import hashlib

from firmware.device import p256, p256_table
from ledger_client.wire import cose
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_N = cose.P256_ORDER
_BASE = p256.table_from_bytes(p256_table.GENERATOR_COMB)
_INNER = int.from_bytes(b"\x36" * 64, "big")  # HMAC pads (RFC 2104) as 512-bit integers
_OUTER = int.from_bytes(b"\x5c" * 64, "big")


class Signer:
    """A private key.  `kid` and `public_key` (x || y) name it, `sign` is all that it does."""

    def __init__(self, private_key: bytes, entropy: "Callable[[int], bytes]") -> None:
        """`private_key`: 32 bytes, 1..n-1; `entropy(size)` gives random bytes for blinding."""
        self._scalar = int.from_bytes(private_key, "big")
        if not 0 < self._scalar < _N:
            raise ValueError("the private key is not in 1..n-1: the key store is damaged")
        self._entropy = entropy
        x, y = self._multiply(self._scalar)
        self.public_key = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        self.kid = cose.kid(self.public_key)

    def sign(self, digest: bytes) -> bytes:
        """r || s with s in the lower half, of a 32-byte digest (FIPS 186-5 section 6.4.1)."""
        e = int.from_bytes(digest, "big")
        for nonce in nonces(self._scalar, digest):
            r = self._multiply(nonce)[0] % _N
            blind = self._blind()
            s = p256.inverse(nonce * blind % _N, _N) \
                * (blind * e + blind * self._scalar % _N * r) % _N
            if r and s:
                break
        return r.to_bytes(32, "big") + min(s, _N - s).to_bytes(32, "big")

    def _multiply(self, scalar: int) -> "tuple[int, int]":
        point = p256.result(p256.sum_steps([(_BASE, scalar)], self._blind()))
        return p256.affine([point])[0]  # type: ignore[list-item]

    def _blind(self) -> int:
        return 1 + int.from_bytes(self._entropy(32), "big") % (_N - 1)


def new_private_key(entropy: "Callable[[int], bytes]") -> bytes:
    """32 bytes, 1..n-1, by rejection (FIPS 186-5 A.2.2)."""
    while True:
        key = entropy(32)
        if 0 < int.from_bytes(key, "big") < _N:
            return key


def nonces(scalar: int, digest: bytes) -> "Iterator[int]":
    """The nonces of RFC 6979 section 3.2, for SHA-256 and a 32-byte digest, first to last."""
    message = scalar.to_bytes(32, "big") \
        + (int.from_bytes(digest, "big") % _N).to_bytes(32, "big")
    value, key = b"\x01" * 32, bytes(32)
    for separator in (b"\x00", b"\x01"):
        key = _hmac(key, value + separator + message)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        nonce = int.from_bytes(value, "big")
        if 0 < nonce < _N:
            yield nonce
        key = _hmac(key, value + b"\x00")
        value = _hmac(key, value)


def _hmac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 with a 32-byte key."""
    block = int.from_bytes(key, "big") << 256
    inner = hashlib.sha256((block ^ _INNER).to_bytes(64, "big") + message).digest()
    return hashlib.sha256((block ^ _OUTER).to_bytes(64, "big") + inner).digest()


def read_public_key(public_key: bytes) -> "tuple[int, int]":
    """(x, y) of a key x || y; raise WireError unless it is a point of the curve."""
    x, y = int.from_bytes(public_key[:32], "big"), int.from_bytes(public_key[32:], "big")
    if len(public_key) != 64 or not p256.on_curve(x, y):
        raise WireError("key.point", "not 64 bytes x || y of a point of P-256")
    return x, y


def verify_steps(table: "p256.Table", digest: bytes, signature: bytes) -> "Iterator[bool | None]":
    """Is r || s a signature over `digest` by the key with this comb table?  In slices."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != cose.SIGNATURE_BYTES or not 0 < r < _N or not 0 < s < _N:
        yield False
        return
    w = p256.inverse(s, _N)
    e = int.from_bytes(digest, "big")
    yield None
    point = None
    for point in p256.sum_steps([(_BASE, e * w % _N), (table, r * w % _N)], 1):
        if point is None:
            yield None
    x, _, z = point  # type: ignore[misc]
    zz = z * z % p256.P
    wraps = r + _N < p256.P and (r + _N) * zz % p256.P == x
    yield z != 0 and (r * zz % p256.P == x or wraps)
