"""Signed statements (SCITT, RFC 9943): what is registered on a ledger.

COSE_Sign1 under tag 18, protected header {1: alg, 3: content type, 4: kid, 15: CWT claims (RFC
9597)}, claims {1: iss, 2: sub, 3: aud, 6: iat}; aud is absent in genesis, iat where the format says
so.  Checkpoints and witness cosignatures share the form.
"""

import base64
import hashlib
from dataclasses import dataclass

from ledger_client.core import signature
from ledger_client.core.signature import Signer
from ledger_client.errors import Refused
from ledger_client.wire import cbor, codes, cose
from ledger_client.wire.errors import WireError

_CONTENT = ("application/coldseal.", "+cbor")
_ISSUER = "urn:ietf:params:oauth:ckt:sha-256:"  # RFC 9679 section 5.6
_AUDIENCE = "urn:coldseal:"
_ALG, _CONTENT_TYPE, _KID, _CLAIMS = 1, 3, 4, 15
_ISS, _SUB, _AUD, _IAT = 1, 2, 3, 6
SUBJECT_CHARACTERS = 128  # a Digital Link of a pack fits twice


@dataclass(frozen=True)
class Statement:
    """A statement whose form is good; its signature may not be verified yet."""

    kind: str
    kid: bytes
    issuer: bytes  # thumbprint of the signer's key
    subject: str
    ledger: bytes | None  # audience; None in genesis
    issued_s: int | None
    payload: bytes
    signature: bytes
    digest: bytes  # what the signature is over
    entry_hash: bytes

    def content(self) -> object:
        """The payload decoded; Refused when it is not in the encoding."""
        try:
            return cbor.decode(self.payload, utf8=True)
        except WireError as error:
            raise Refused(error.rule, f"payload: {error.detail}") from error

    def verify(self, public_key: bytes) -> None:
        """Raise unless `public_key` is the issuer's and made the signature."""
        if cose.thumbprint(public_key) != self.issuer:
            raise Refused("S2", "the statement names another key as its issuer")
        signature.verify(public_key, self.digest, self.signature)


def build(kind: str, signer: Signer, *, subject: str, content: object, ledger: bytes | None,
          issued_s: int | None = None) -> bytes:
    """Sign a statement; its payload is `content` in deterministic CBOR."""
    claims: dict[object, object] = {
        _ISS: issuer_uri(cose.thumbprint(signer.public_key)), _SUB: subject}
    if ledger is not None:
        claims[_AUD] = _AUDIENCE + ledger.hex()
    if issued_s is not None:
        claims[_IAT] = issued_s
    protected = cbor.encode({_ALG: cose.ES256, _CONTENT_TYPE: content_type(kind),
                             _KID: signer.kid, _CLAIMS: claims})
    payload = cbor.encode(content, utf8=True)
    digest = cose.digest(protected, b"", payload)
    return cose.encode_sign1(protected, payload, signer.sign(digest))


def parse(data: bytes, limit: int = codes.STATEMENT_BYTES) -> Statement:
    """The statement in `data`; Refused when its form is wrong or it has more than `limit` bytes."""
    try:
        return _parse(data, limit)
    except WireError as error:
        raise Refused(error.rule, error.detail) from error


def _parse(data: bytes, limit: int) -> Statement:
    if len(data) > limit:
        raise Refused("S1", f"{len(data)} bytes, more than {limit}")
    message = cose.decode_sign1(data)
    header = cbor.decode(message.protected)
    if type(header) is not dict or set(header) != {_ALG, _CONTENT_TYPE, _KID, _CLAIMS}:
        raise Refused("S1", "the protected header is not {alg, content type, kid, claims}")
    claims = header[_CLAIMS]
    if header[_ALG] != cose.ES256 or type(claims) is not dict \
            or not {_ISS, _SUB} <= set(claims) <= {_ISS, _SUB, _AUD, _IAT}:
        raise Refused("S1", "alg is not ES256, or the claims are not iss, sub, aud, iat")
    kid, issuer = header[_KID], issuer_of(claims[_ISS])
    if type(kid) is not bytes or kid != issuer[:cose.KID_BYTES]:
        raise Refused("S1", "kid is not the beginning of the issuer's thumbprint")
    subject = claims[_SUB]
    if type(subject) is not str or not 0 < len(subject) <= SUBJECT_CHARACTERS:
        raise Refused("S1", "sub is not a text")
    return Statement(
        kind=_kind(header[_CONTENT_TYPE]), kid=kid, issuer=issuer, subject=subject,
        ledger=_ledger(claims[_AUD]) if _AUD in claims else None,
        issued_s=_issued_s(claims[_IAT]) if _IAT in claims else None, payload=message.payload,
        signature=message.signature, digest=cose.digest(message.protected, b"", message.payload),
        entry_hash=entry_hash(data))


def content_type(kind: str) -> str:
    return kind.join(_CONTENT)


def issuer_uri(thumbprint: bytes) -> str:
    """RFC 9679 thumbprint URI of a key."""
    return _ISSUER + base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()


def entry_hash(data: bytes) -> bytes:
    """SHA-256 of a statement; its unprotected map is empty, or `parse` would have refused it."""
    return hashlib.sha256(data).digest()


def _kind(value: object) -> str:
    prefix, suffix = _CONTENT
    if type(value) is not str or not value.startswith(prefix) or not value.endswith(suffix):
        raise Refused("S1", "the content type is not application/coldseal.<kind>+cbor")
    return value[len(prefix):-len(suffix)]


def issuer_of(value: object) -> bytes:
    """The thumbprint in a thumbprint URI."""
    if type(value) is str and value.startswith(_ISSUER):
        try:
            thumbprint = base64.urlsafe_b64decode(value[len(_ISSUER):] + "=")
        except ValueError:
            thumbprint = b""
        if len(thumbprint) == 32 and issuer_uri(thumbprint) == value:
            return thumbprint
    raise Refused("S1", "iss is not a thumbprint URI (RFC 9679)")


def _issued_s(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Refused("S1", "iat is not a time in seconds")
    return value


def _ledger(value: object) -> bytes:
    if type(value) is str and value.startswith(_AUDIENCE) and len(value) == len(_AUDIENCE) + 64:
        try:
            ledger = bytes.fromhex(value[len(_AUDIENCE):])
        except ValueError:
            ledger = b""
        if _AUDIENCE + ledger.hex() == value:
            return ledger
    raise Refused("S1", "aud is not urn:coldseal:<ledger id>")
