"""HTTP message signatures: the RFC's vectors, another implementation, and what is refused."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import http_message_signatures as other
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ledger_client.core import signature
from ledger_client.errors import InvalidData
from ledger_client.service import message_signature
from ledger_client.service.message_signature import WINDOW_S, Request, Signed
from ledger_client.wire import cose
from tests.world import signer

KEY = signer("reader")
LEDGER = bytes(range(32))
NOW_S = 1_800_000_000
REQUEST = Request("GET", "https", "ledger.example:8470", "/state/YQ", "first=1&second=2")

# RFC 9421 appendix B.2: the message of B.2 and its keys of B.1
RFC_REQUEST = Request("POST", "https", "example.com", "/foo", "param=Value&Pet=dog", {
    "date": "Tue, 20 Apr 2021 02:07:55 GMT", "content-type": "application/json",
    "content-length": "18"})
RFC_P256 = b"""-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----
"""
RFC_ED25519 = b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
RFC_SECRET = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBt" \
    "bmHhIDi6pcl8jsasjlTMtDQ=="


def base_of(names: list[str], parameters: str) -> bytes:
    listed = " ".join(f'"{name}"' for name in names)
    return message_signature.signature_base(
        [(name, RFC_REQUEST.component(name)) for name in names], f"({listed}){parameters}")


def test_b_2_4_ecdsa_p256_over_a_response() -> None:
    pairs = [("@status", "200"), ("content-type", "application/json"),
             ("content-digest", "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5"
              "oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"),
             ("content-length", "23")]
    parameters = '("@status" "content-type" "content-digest" "content-length")' \
        ';created=1618884473;keyid="test-key-ecc-p256"'
    key = load_pem_public_key(RFC_P256)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    numbers = key.public_numbers()
    made = base64.b64decode("wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5e"
                            "CdlYUEkLIj+32oiasw==")
    base = message_signature.signature_base(pairs, parameters)
    signed = Signed(bytes(32), bytes(32), "", 0, 0, base, made)
    signed.verify(numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))
    with pytest.raises(signature.BadSignature):
        replace(signed, base=signed.base + b" ").verify(
            numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))


def test_b_2_5_the_base_of_a_request() -> None:
    base = base_of(["date", "@authority", "content-type"],
                   ';created=1618884473;keyid="test-shared-secret"')
    made = hmac.digest(base64.b64decode(RFC_SECRET), base, "sha256")
    assert base64.b64encode(made) == b"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


def test_b_2_6_the_base_of_a_request_with_method_and_path() -> None:
    base = base_of(["date", "@method", "@path", "@authority", "content-type", "content-length"],
                   ';created=1618884473;keyid="test-key-ed25519"')
    key = load_pem_public_key(RFC_ED25519)
    assert isinstance(key, ed25519.Ed25519PublicKey)
    key.verify(base64.b64decode("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4"
                                "A0w6vuQv5lIp5WPpBKRCw=="), base)


@pytest.mark.parametrize(("name", "value"), [
    ("@method", "POST"), ("@authority", "example.com"), ("@path", "/foo"),
    ("@query", "?param=Value&Pet=dog"),
    ("@target-uri", "https://example.com/foo?param=Value&Pet=dog")])
def test_components_of_section_2_2(name: str, value: str) -> None:
    assert RFC_REQUEST.component(name) == value


@pytest.mark.parametrize(("scheme", "authority", "expected"), [
    ("https", "Example.COM:443", "example.com"), ("http", "example.com:80", "example.com"),
    ("https", "example.com:80", "example.com:80"), ("http", "[::1]:8470", "[::1]:8470")])
def test_the_authority_is_normal(scheme: str, authority: str, expected: str) -> None:
    assert Request("GET", scheme, authority, "/").component("@authority") == expected


def test_an_empty_query_is_a_question_mark() -> None:
    assert Request("GET", "https", "a", "/").component("@query") == "?"
    assert Request("GET", "https", "a", "/b").component("@target-uri") == "https://a/b"


def signed_request(request: Request = REQUEST, created_s: int = NOW_S) -> Request:
    fields = message_signature.sign(request, KEY, LEDGER, created_s, b"n" * 16)
    return replace(request, fields={**request.fields, **fields})


@pytest.mark.parametrize("body", [b"", b"body"])
def test_what_is_signed_is_read_and_verified(body: bytes) -> None:
    found = message_signature.read(signed_request(replace(REQUEST, method="POST", body=body)))
    found.check_time(NOW_S, 0)
    found.verify(KEY.public_key)
    assert found.thumbprint == KEY.thumbprint
    found.check_ledger(LEDGER)
    assert (found.created_s, found.expires_s) == (NOW_S, NOW_S + WINDOW_S)


def test_both_forms_of_s_are_good() -> None:
    found = message_signature.read(signed_request())
    high = cose.P256_ORDER - int.from_bytes(found.signature[32:], "big")
    replace(found, signature=found.signature[:32] + high.to_bytes(32, "big")).verify(KEY.public_key)


@pytest.mark.parametrize("change", [
    {"method": "POST"}, {"authority": "other.example"}, {"path": "/state/YR"},
    {"query": "first=1"}, {"query": ""}])
def test_a_signature_is_for_one_request(change: dict[str, Any]) -> None:
    found = message_signature.read(replace(signed_request(), **change))
    with pytest.raises(signature.BadSignature):
        found.verify(KEY.public_key)


def test_another_key_did_not_sign() -> None:
    with pytest.raises(signature.BadSignature):
        message_signature.read(signed_request()).verify(signer("other").public_key)


def test_a_body_must_be_the_one_that_was_digested() -> None:
    request = signed_request(replace(REQUEST, method="POST", body=b"body"))
    with pytest.raises(InvalidData) as caught:
        message_signature.read(replace(request, body=b"bodY"))
    assert caught.value.rule == "http.digest"
    with pytest.raises(InvalidData) as caught:
        message_signature.read(replace(signed_request(), body=b"added"))
    assert caught.value.rule == "http.digest"


def test_the_content_digest_is_rfc_9530() -> None:
    digest = base64.b64encode(hashlib.sha256(b'{"hello": "world"}').digest()).decode()
    assert message_signature.content_digest(b'{"hello": "world"}') == f"sha-256=:{digest}:"
    assert digest == "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="  # RFC 9530 appendix D


@pytest.mark.parametrize(("now_s", "started_s", "good"), [
    (NOW_S, NOW_S, True), (NOW_S + WINDOW_S, NOW_S, True), (NOW_S + WINDOW_S + 1, NOW_S, False),
    (NOW_S - 30, NOW_S - 99, True), (NOW_S - 31, NOW_S - 99, False), (NOW_S, NOW_S + 1, False)])
def test_a_signature_is_for_its_time(now_s: int, started_s: int, good: bool) -> None:
    found = message_signature.read(signed_request())
    if good:
        found.check_time(now_s, started_s)
        return
    with pytest.raises(InvalidData) as caught:
        found.check_time(now_s, started_s)
    assert caught.value.rule == "http.time"


@pytest.mark.parametrize(("old", "new", "rule"), [
    ("coldseal=", "other=", "http.signature"),
    ('("@method"', '( "@method"', "http.signature"),
    (";created=", "; created=", "http.signature"),
    ('"@path"', '"@path";req', "http.signature"),
    (";created=1800000000", "", "http.parameters"),
    (";created=1800000000", ';created="1800000000"', "http.parameters"),
    (";created=1800000000", ";created=1800000000;created=1800000000", "http.parameters"),
    ("ecdsa-p256-sha256", "hmac-sha256", "http.parameters"),
    (";nonce=", ";x=", "http.parameters"),
    (";tag=", ";x=", "http.parameters"),
    (LEDGER.hex(), "coldseal", "http.tag"),
    (LEDGER.hex(), LEDGER.hex().upper(), "http.tag"),
    ("bm5ubm5ubm5ubm5ubm5ubg", "", "http.nonce"),
    ("bm5ubm5ubm5ubm5ubm5ubg", "n" * 65, "http.nonce"),
    ('keyid="', 'keyid="A', "http.keyid"),
    ('"@method" ', "", "http.covered"),
    ('"@authority" ', "", "http.covered"),
    (' "@query"', "", "http.covered"),
    ('"@path"', '"@method"', "http.covered"),
    ('"@query"', '"@query" "@status"', "http.component"),
    ('"@query"', '"@query" "x-none"', "http.component"),
])
def test_another_form_is_refused_by_name(old: str, new: str, rule: str) -> None:
    request = signed_request()
    changed = request.fields["signature-input"].replace(old, new)
    assert changed != request.fields["signature-input"]
    with pytest.raises(InvalidData) as caught:
        message_signature.read(replace(request, fields={**request.fields,
                                                        "signature-input": changed}))
    assert caught.value.rule == rule


def test_a_signature_is_for_one_ledger() -> None:
    found = message_signature.read(signed_request())
    with pytest.raises(InvalidData) as caught:
        found.check_ledger(bytes(32))
    assert caught.value.rule == "http.ledger"


def test_the_ledger_is_signed() -> None:
    request = signed_request()
    other_tag = request.fields["signature-input"].replace(LEDGER.hex(), bytes(32).hex())
    found = message_signature.read(replace(request, fields={**request.fields,
                                                            "signature-input": other_tag}))
    found.check_ledger(bytes(32))
    with pytest.raises(signature.BadSignature):
        found.verify(KEY.public_key)


@pytest.mark.parametrize("missing", ["signature", "signature-input"])
def test_half_a_signature_is_none(missing: str) -> None:
    fields = {name: value for name, value in signed_request().fields.items() if name != missing}
    with pytest.raises(InvalidData) as caught:
        message_signature.read(replace(REQUEST, fields=fields))
    assert caught.value.rule == "http.signature"


def test_too_long_a_window_is_refused() -> None:
    request = signed_request()
    later = request.fields["signature-input"].replace(f"expires={NOW_S + WINDOW_S}",
                                                      f"expires={NOW_S + WINDOW_S + 1}")
    found = message_signature.read(replace(request, fields={**request.fields,
                                                            "signature-input": later}))
    with pytest.raises(InvalidData) as caught:
        found.check_time(NOW_S, 0)
    assert caught.value.rule == "http.window"


@dataclass
class Message:
    """A request as the other implementation takes it."""

    method: str
    url: str
    headers: dict[str, str]


class Keys(other.HTTPSignatureKeyResolver):
    """Gives the other implementation our key."""

    def __init__(self, folder: Path) -> None:
        KEY.save(folder / "key")
        self._private = (folder / "key").read_bytes()
        self._public = (folder / "key.pub").read_bytes()

    def resolve_private_key(self, key_id: str) -> bytes:
        return self._private

    def resolve_public_key(self, key_id: str) -> bytes:
        return self._public


URL = "https://ledger.example:8470/state/YQ?first=1&second=2"


@pytest.mark.parametrize("body", [b"", b"body"])
def test_another_implementation_verifies_ours(body: bytes, tmp_path: Path) -> None:
    now_s = int(time.time())
    request = signed_request(replace(REQUEST, method="POST", body=body), now_s)
    verifier = other.HTTPMessageVerifier(signature_algorithm=other.algorithms.ECDSA_P256_SHA256,
                                         key_resolver=Keys(tmp_path))
    (found,) = verifier.verify(Message("POST", URL, dict(request.fields)), body=body,
                               require_components=("@method", "@authority", "@path", "@query"))
    assert found.parameters["keyid"] == KEY.thumbprint.hex()
    with pytest.raises(other.InvalidSignature):
        verifier.verify(Message("PUT", URL, dict(request.fields)), body=body)


@pytest.mark.parametrize("components", [("@method", "@authority", "@target-uri"),
                                        ("@query", "@path", "@method", "@authority")])
def test_ours_verifies_another_implementation(components: tuple[str, ...], tmp_path: Path) -> None:
    message = Message("GET", URL, {})
    now = datetime.now(UTC)
    other.HTTPMessageSigner(
        signature_algorithm=other.algorithms.ECDSA_P256_SHA256, key_resolver=Keys(tmp_path),
    ).sign(message, key_id=KEY.thumbprint.hex(), nonce="abc", tag=LEDGER.hex(),
           covered_component_ids=components, created=now, expires=now + timedelta(seconds=30))
    fields = {name.lower(): value for name, value in message.headers.items()}
    found = message_signature.read(replace(REQUEST, fields=fields))
    found.check_time(int(now.timestamp()), 0)
    found.verify(KEY.public_key)
