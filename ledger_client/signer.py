"""Keys that sign: made once, kept in a file of mode 0600; RFC 6979 nonces, low s."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from ledger_client.errors import UsageError
from ledger_client.wire import cose

_RFC6979 = ec.ECDSA(utils.Prehashed(SHA256()), deterministic_signing=True)


class SoftwareSigner:
    """A key held by this process."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        point = key.public_key().public_bytes(serialization.Encoding.X962,
                                              serialization.PublicFormat.UncompressedPoint)
        self.public_key = point[1:]
        self.thumbprint = cose.thumbprint(self.public_key)
        self.kid = self.thumbprint[:cose.KID_BYTES]

    @classmethod
    def generate(cls, entropy: Callable[[int], bytes] = os.urandom) -> "SoftwareSigner":
        """A new key; 48 bytes reduced to 1..n-1 keep the bias below 2^-128 (FIPS 186-5 A.2.1)."""
        secret = int.from_bytes(entropy(48), "big") % (cose.P256_ORDER - 1) + 1
        return cls(ec.derive_private_key(secret, ec.SECP256R1()))

    def sign(self, digest: bytes) -> bytes:
        r, s = utils.decode_dss_signature(self._key.sign(digest, _RFC6979))
        s = min(s, cose.P256_ORDER - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def save(self, path: Path) -> None:
        """Write a new key file of mode 0600, and its public half beside it as <path>.pub; an
        existing key is never overwritten."""
        pem = self._key.private_bytes(serialization.Encoding.PEM,
                                      serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise UsageError(f"{path}: a key is there already; keys are never overwritten. "
                             "Name another file") from error
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror}). Name another file"
                             ) from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        public_path(path).write_bytes(self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def public_path(path: Path) -> Path:
    """Where the public half of a key file lies."""
    return path.with_name(path.name + ".pub")


def load_public(path: Path) -> bytes:
    """x || y from a public key file, PEM."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such public key; `coldseal key make` writes one beside each "
                         "key") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path}: not a PEM public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise UsageError(f"{path}: not a P-256 key")
    return key.public_bytes(serialization.Encoding.X962,
                            serialization.PublicFormat.UncompressedPoint)[1:]


def load(path: Path) -> SoftwareSigner:
    """The key in `path`; UsageError when it is missing, readable by others or no P-256 key."""
    try:
        mode = path.stat().st_mode & 0o777
        pem = path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such key. `coldseal key make {path}` makes one") from error
    except PermissionError as error:
        raise UsageError(f"{path}: this user may not read the key") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    key = _private_key(path, pem)
    if mode & 0o077:
        raise UsageError(f"{path}: mode {mode:o} lets others read this private key. "
                         f"`chmod 600 {path}` (and think about who has read it)")
    return SoftwareSigner(key)


def _private_key(path: Path, pem: bytes) -> ec.EllipticCurvePrivateKey:
    if b"-----BEGIN PUBLIC KEY-----" in pem:
        raise UsageError(f"{path}: not a PEM private key but a public one, which signs nothing. "
                         "Name the file without .pub")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path}: not a PEM private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise UsageError(f"{path}: not a P-256 key")
    return key
