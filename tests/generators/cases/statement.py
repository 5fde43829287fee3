"""Signed statements: the form that every kind shares."""

from ledger_client.core import statement
from ledger_client.wire import cbor, cose
from tests.generators.cases.common import LEDGER, Case, Subject, invalid, valid
from tests.world import signer

_SIGNER = signer("maker operations")
_ISSUER = statement.issuer_uri(_SIGNER.thumbprint)
_AUDIENCE = "urn:coldseal:" + LEDGER.hex()
_PAYLOAD = cbor.encode([1, "content"])
_TIME_S = 1_780_000_000
_CLAIMS: dict[object, object] = {1: _ISSUER, 2: "subject", 3: _AUDIENCE, 6: _TIME_S}
_HEADER: dict[object, object] = {1: cose.ES256, 3: "application/coldseal.product+cbor",
                                 4: _SIGNER.kid, 15: _CLAIMS}


def _message(header: dict[object, object] | bytes, payload: bytes = _PAYLOAD) -> bytes:
    protected = header if isinstance(header, bytes) else cbor.encode(header)
    digest = cose.digest(protected, b"", payload)
    return cose.encode_sign1(protected, payload, _SIGNER.sign(digest))


def _claims(**other: object) -> bytes:
    """A statement with other claims: by the names of their numbers, "" leaves one out."""
    changes: dict[object, object] = {int(name[1:]): value for name, value in other.items()}
    claims = {key: value for key, value in (_CLAIMS | changes).items() if value != ""}
    return _message(_HEADER | {15: claims})


def _case(name: str, kind: str, payload: bytes, *, subject: str = "subject",
          ledger: bytes | None = LEDGER, issued_s: int | None = _TIME_S) -> Case:
    claims: dict[object, object] = {1: _ISSUER, 2: subject}
    if ledger is not None:
        claims[3] = "urn:coldseal:" + ledger.hex()
    if issued_s is not None:
        claims[6] = issued_s
    protected = cbor.encode(_HEADER | {3: f"application/coldseal.{kind}+cbor", 15: claims})
    data = _message(protected, payload)
    return valid(name, "statement", data, {
        "kind": kind, "kid": _SIGNER.kid, "issuer": _SIGNER.thumbprint, "subject": subject,
        "ledger": ledger, "issued_s": issued_s, "payload": payload, "signature": data[-64:],
        "digest": cose.digest(protected, b"", payload), "entry_hash": statement.entry_hash(data)},
        key=_SIGNER.public_key)


def _valid() -> list[Case]:
    return [
        _case("a product", "product", _PAYLOAD),
        _case("genesis has no audience", "genesis", _PAYLOAD, subject="genesis", ledger=None),
        _case("a block has no time of issue", "block", _PAYLOAD, subject="block", issued_s=None),
        _case("UTF-8 in the payload", "product", cbor.encode({"name": "Überzug"}, utf8=True)),
        _case("issued at the beginning of 1970", "product", _PAYLOAD, issued_s=0),
        _case("128 characters of sub", "product", _PAYLOAD, subject="s" * 128),
        _case("a payload that is no CBOR: the form is good", "product", b"\xff")]


def _invalid() -> list[Case]:
    good = _message(_HEADER)
    without = {key: value for key, value in _HEADER.items() if key != 3}
    forms = [
        ("no tag", good[1:], "cose.tag"), ("a byte after it", good + b"\0", "cbor.trailing"),
        ("something unprotected", cbor.encode_sign1([cbor.encode(_HEADER), {394: []}, _PAYLOAD,
                                                     good[-64:]]), "cose.unprotected"),
        ("header is no CBOR", _message(b"\xff"), "cbor.indefinite"),
        ("header in another order", _message(cbor.encode(_HEADER)[:1] + b"\x04\x48" + _SIGNER.kid),
         "cbor.short"),
        ("header is an array", _message(cbor.encode([])), "S1"),
        ("no content type", _message(without), "S1"),
        ("a type beside it", _message(_HEADER | {16: "x"}), "S1"),
        ("alg ES384", _message(_HEADER | {1: -35}), "S1"),
        ("alg true", _message(_HEADER | {1: True}), "S1"),
        ("claims are an array", _message(_HEADER | {15: []}), "S1"),
        ("content type of another maker", _message(_HEADER | {3: "application/cbor"}), "S1"),
        ("content type is a number", _message(_HEADER | {3: 60}), "S1"),
        ("kid of another key", _message(_HEADER | {4: bytes(8)}), "S1"),
        ("kid is the whole thumbprint", _message(_HEADER | {4: _SIGNER.thumbprint}), "S1"),
        *_claimed()]
    return [
        *[invalid(name, "statement", data, rule, key=_SIGNER.public_key)
          for name, data, rule in forms],
        invalid("another key than iss names", "statement", good, "S2",
                key=signer("maker root").public_key),
        invalid("a changed payload", "statement", good.replace(b"content", b"CONTENT"),
                "signature", key=_SIGNER.public_key)]


def _claimed() -> list[tuple[str, bytes, str]]:
    return [
        ("no iss", _claims(_1=""), "S1"), ("no sub", _claims(_2=""), "S1"),
        ("exp beside the claims", _claims(_4=_TIME_S), "S1"),
        ("iss is a web address", _claims(_1="https://example.com"), "S1"),
        ("iss is a number", _claims(_1=5), "S1"), ("aud is a number", _claims(_3=5), "S1"),
        ("iss with padding", _claims(_1=_ISSUER + "="), "S1"),
        ("iss with spare bits", _claims(_1=_ISSUER[:-1] + _next_character(_ISSUER[-1])), "S1"),
        ("iss of 31 bytes", _claims(_1=_ISSUER[:-2]), "S1"),
        ("sub is bytes", _claims(_2=b"subject"), "S1"),
        ("sub is empty", _message(_HEADER | {15: _CLAIMS | {2: ""}}), "S1"),
        ("sub of 129 characters", _claims(_2="s" * 129), "S1"),
        ("aud null", _claims(_3=None), "S1"), ("iat null", _claims(_6=None), "S1"),
        ("aud in capitals", _claims(_3="urn:coldseal:" + LEDGER.hex().upper()), "S1"),
        ("aud of 31 bytes", _claims(_3=_AUDIENCE[:-2]), "S1"),
        ("aud of another scheme", _claims(_3="urn:hotseal::" + LEDGER.hex()), "S1"),
        ("iat true", _claims(_6=True), "S1"), ("iat before 1970", _claims(_6=-1), "S1")]


def _next_character(last: str) -> str:
    """The last character of 32 bytes in base64 has two bits that mean nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(last) ^ 1]


SUBJECT = Subject("Signed statements by the key x || y", _valid(), _invalid())
