"""Statements and signatures: COSE_Sign1 in the SCITT shape (RFC 9943), ES256 by `ecdsa`."""

import base64
from dataclasses import dataclass
from typing import Any

import ecdsa

from ledger_client.wire import cbor, codes, cose
from ledger_client.wire.errors import WireError

_ALG, _CONTENT_TYPE, _KID, _CLAIMS = 1, 3, 4, 15  # COSE header; 15 by RFC 9597
_ISS, _SUB, _AUD, _IAT = 1, 2, 3, 6  # CWT claims (RFC 8392)
_TYPE_START, _TYPE_END = "application/coldseal.", "+cbor"
_ISSUER_START = "urn:ietf:params:oauth:ckt:sha-256:"  # RFC 9679 section 5.6
_AUDIENCE_START = "urn:coldseal:"
_SUBJECT_CHARACTERS = 128


@dataclass(frozen=True)
class Statement:
    """A statement of good form; `digest` is what its signature is over."""

    kind: str
    issuer: bytes
    subject: str
    ledger: bytes | None
    issued_s: int | None
    payload: bytes
    signature: bytes
    digest: bytes


def read_statement(data: bytes, limit: int = codes.STATEMENT_BYTES) -> Statement:
    """WireError when the form is wrong; the signature is not verified yet."""
    rule = "statement"
    if len(data) > limit:
        raise WireError(rule, f"{len(data)} bytes, more than {limit}")
    message = cose.decode_sign1(data)
    header = cbor.decode(message.protected)
    if type(header) is not dict or set(header) != {_ALG, _CONTENT_TYPE, _KID, _CLAIMS}:
        raise WireError(rule, "the protected header is not {alg, content type, kid, claims}")
    claims = header[_CLAIMS]
    if type(header[_ALG]) is not int or header[_ALG] != cose.ES256:
        raise WireError(rule, "alg is not ES256")
    if type(claims) is not dict or not {_ISS, _SUB} <= set(claims) <= {_ISS, _SUB, _AUD, _IAT}:
        raise WireError(rule, "the claims are not iss, sub, aud, iat")
    issuer = _issuer(claims[_ISS])
    if type(header[_KID]) is not bytes or header[_KID] != issuer[:cose.KID_BYTES]:
        raise WireError(rule, "kid is not the beginning of the issuer's thumbprint")
    return Statement(
        _statement_kind(header[_CONTENT_TYPE]), issuer, _subject(claims[_SUB]),
        _audience(claims[_AUD]) if _AUD in claims else None,
        _issued_s(claims[_IAT]) if _IAT in claims else None,
        message.payload, message.signature,
        cose.digest(message.protected, b"", message.payload))


def _issuer(value: object) -> bytes:
    if type(value) is str and value.startswith(_ISSUER_START):
        try:
            thumbprint = base64.urlsafe_b64decode(value[len(_ISSUER_START):] + "=")
        except ValueError:
            thumbprint = b""
        encoded = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
        if len(thumbprint) == 32 and _ISSUER_START + encoded == value:
            return thumbprint
    raise WireError("statement", "iss is no thumbprint URI (RFC 9679)")


def _audience(value: object) -> bytes:
    if type(value) is str and value.startswith(_AUDIENCE_START):
        try:
            ledger = bytes.fromhex(value[len(_AUDIENCE_START):])
        except ValueError:
            ledger = b""
        if len(ledger) == 32 and _AUDIENCE_START + ledger.hex() == value:
            return ledger
    raise WireError("statement", "aud is not urn:coldseal:<ledger id>")


def _subject(value: object) -> str:
    if type(value) is not str or not 0 < len(value) <= _SUBJECT_CHARACTERS:
        raise WireError("statement", f"sub is no text of 1 to {_SUBJECT_CHARACTERS} characters")
    return value


def _issued_s(value: object) -> int:
    if type(value) is not int or value < 0:
        raise WireError("statement", "iat is no time in seconds")
    return value


def _statement_kind(value: object) -> str:
    if type(value) is not str or not value.startswith(_TYPE_START) \
            or not value.endswith(_TYPE_END):
        raise WireError("statement", "the content type is not application/coldseal.<kind>+cbor")
    return value[len(_TYPE_START):-len(_TYPE_END)]


class Signatures:
    """Verifies ES256; a key is loaded once, since checking the point costs too."""

    def __init__(self) -> None:
        self._loaded: dict[bytes, Any] = {}

    def load(self, key: bytes) -> Any:
        """The key x || y; WireError unless it is a point of P-256."""
        if key not in self._loaded:
            field_prime = ecdsa.NIST256p.curve.p()
            coordinates = (int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big"))
            try:
                if len(key) != 64 or max(coordinates) >= field_prime:
                    raise ValueError("not x || y with both below p")
                self._loaded[key] = ecdsa.VerifyingKey.from_string(key, curve=ecdsa.NIST256p)
            except (ValueError, ecdsa.errors.MalformedPointError) as error:
                raise WireError("key", "no point of P-256") from error
        return self._loaded[key]

    def verify(self, key: bytes, digest: bytes, signature: bytes) -> None:
        """WireError unless `key` made `signature` (r || s, low s) over `digest`."""
        cose.check_signature(signature)
        try:
            self.load(key).verify_digest(signature, digest)
        except ecdsa.BadSignatureError as error:
            raise WireError("signature", "it does not fit key and content") from error

    def verify_statement(self, key: bytes, signed: Statement) -> None:
        """The issuer is `key`, and it signed."""
        if cose.thumbprint(key) != signed.issuer:
            raise WireError("signature", "the statement names another key as its issuer")
        self.verify(key, signed.digest, signed.signature)
