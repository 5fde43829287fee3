"""ES256 by `cryptography`, against `ecdsa`, RFC 6979 and Wycheproof."""

import hashlib
import json
from typing import Any

import ecdsa
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from ledger_client import foreign
from ledger_client.core import signature
from ledger_client.core.signature import BadSignature
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.signer import SoftwareSigner
from ledger_client.wire.cose import P256_ORDER
from tests.shared_data import shared

SECRETS = st.integers(1, P256_ORDER - 1)
DIGESTS = st.binary(min_size=32, max_size=32)

# RFC 6979 appendix A.2.5: P-256 with SHA-256.
SECRET = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
PUBLIC = ("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
          "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")
RFC6979 = [
    (b"sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8),
    (b"test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
     0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083)]


def signer(secret: int) -> SoftwareSigner:
    return SoftwareSigner(ec.derive_private_key(secret, ec.SECP256R1()))


def refused(public_key: bytes, digest: bytes, signed: bytes) -> str:
    """The rule that a signature is refused by, "" when it is good."""
    try:
        signature.verify(public_key, digest, signed)
    except BadSignature as error:
        return error.rule
    return ""


@pytest.mark.parametrize(("message", "r", "s"), RFC6979)
def test_nonces_are_those_of_rfc_6979(message: bytes, r: str, s: int) -> None:
    signed = signer(SECRET).sign(hashlib.sha256(message).digest())
    assert signed.hex() == r + min(s, P256_ORDER - s).to_bytes(32, "big").hex()


def test_the_public_key_is_that_of_the_rfc() -> None:
    assert signer(SECRET).public_key.hex() == PUBLIC


@given(SECRETS, DIGESTS)
@example(1, bytes(32))
@example(P256_ORDER - 1, b"\xff" * 32)
def test_ecdsa_verifies_what_the_signer_signs(secret: int, digest: bytes) -> None:
    by = signer(secret)
    signed = by.sign(digest)
    ecdsa.VerifyingKey.from_string(by.public_key, ecdsa.NIST256p).verify_digest(signed, digest)
    assert int.from_bytes(signed[32:], "big") <= P256_ORDER // 2
    assert refused(by.public_key, digest, signed) == ""


@given(SECRETS, DIGESTS)
def test_what_ecdsa_signs_is_the_same_up_to_s(secret: int, digest: bytes) -> None:
    key = ecdsa.SigningKey.from_secret_exponent(secret, ecdsa.NIST256p)
    signed = key.sign_digest_deterministic(digest, hashlib.sha256)
    s = int.from_bytes(signed[32:], "big")
    low = signed[:32] + min(s, P256_ORDER - s).to_bytes(32, "big")
    assert signer(secret).sign(digest) == low
    rule = refused(signer(secret).public_key, digest, signed)
    assert rule == ("" if signed == low else "cose.high-s")


@given(DIGESTS, st.integers(0, 64 * 8 - 1))
def test_a_changed_bit_is_a_bad_signature(digest: bytes, bit: int) -> None:
    by = signer(SECRET)
    signed = bytearray(by.sign(digest))
    signed[bit // 8] ^= 1 << bit % 8
    assert refused(by.public_key, digest, bytes(signed))


def test_another_key_or_digest_is_a_bad_signature() -> None:
    signed = signer(SECRET).sign(bytes(32))
    assert refused(signer(2).public_key, bytes(32), signed) == "signature"
    assert refused(signer(SECRET).public_key, b"\1" * 32, signed) == "signature"


@pytest.mark.parametrize(("public_key", "rule"), [
    (b"", "key.form"), (bytes(63), "key.form"), (bytes(65), "key.form"), (bytes(64), "key.point"),
    (b"\xff" * 64, "key.point"), (bytes.fromhex(PUBLIC)[:63] + b"\0", "key.point")])
def test_a_key_that_is_no_point(public_key: bytes, rule: str) -> None:
    with pytest.raises(InvalidData) as caught:
        signature.check_public_key(public_key)
    assert caught.value.rule == rule


# --- Wycheproof

def wycheproof() -> list[tuple[bytes, dict[str, Any]]]:
    """(x || y, test) of every case in r || s form."""
    path = shared("ledger/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json")
    groups = json.loads(path.read_text())["testGroups"]
    return [(bytes.fromhex(group["publicKey"]["uncompressed"])[1:], test)
            for group in groups for test in group["tests"]]


def high_s(signed: bytes) -> bool:
    return len(signed) == 64 and int.from_bytes(signed[32:], "big") > P256_ORDER // 2


def test_wycheproof(capsys: pytest.CaptureFixture[str]) -> None:
    """Every invalid signature is refused.  Every valid one verifies if its s is low; with a high s
    it is refused by that rule, and its other form, n - s, verifies."""
    cases = wycheproof()
    counts = {"valid": 0, "valid, high s": 0, "invalid": 0}
    for public_key, test in cases:
        digest = hashlib.sha256(bytes.fromhex(test["msg"])).digest()
        signed = bytes.fromhex(test["sig"])
        rule = refused(public_key, digest, signed)
        if test["result"] == "invalid":
            counts["invalid"] += 1
            assert rule, test["tcId"]
        elif high_s(signed):
            counts["valid, high s"] += 1
            assert rule == "cose.high-s", test["tcId"]
            low = P256_ORDER - int.from_bytes(signed[32:], "big")
            assert not refused(public_key, digest, signed[:32] + low.to_bytes(32, "big"))
        else:
            counts["valid"] += 1
            assert not rule, test["tcId"]
    assert all(counts.values())
    with capsys.disabled():
        print(f"\nWycheproof, P-256 in r || s form: {counts}")


def test_wycheproof_without_the_low_s_rule() -> None:
    """As foreign messages are verified: every case is as it is written."""
    for public_key, test in wycheproof():
        key = foreign.p256_key(public_key)
        try:
            key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
        except VerificationFailed:
            assert test["result"] == "invalid", test["tcId"]
        else:
            assert test["result"] == "valid", test["tcId"]
