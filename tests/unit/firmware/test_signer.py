"""The device's signer against `cryptography`: the same bits, and the same verdicts."""

import hashlib
import json
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.device import ecdsa, p256, p256_table
from ledger_client.wire import cose
from ledger_client.wire.errors import WireError
from tests.shared_data import shared
from tests.unit.firmware.bench import verifies

ORDER = cose.P256_ORDER
SCALARS = st.integers(1, ORDER - 1)
DIGESTS = st.binary(min_size=32, max_size=32)


def reference(scalar: int, digest: bytes) -> bytes:
    """r || s with low s, deterministic, by OpenSSL."""
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)
    r, s = utils.decode_dss_signature(key.sign(digest, algorithm))
    return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


@given(scalar=SCALARS, digest=DIGESTS)
@settings(max_examples=200, deadline=None)
def test_signatures_are_bit_identical(scalar: int, digest: bytes) -> None:
    signer = ecdsa.Signer(scalar.to_bytes(32, "big"), os.urandom)
    signature = signer.sign(digest)
    assert signature == reference(scalar, digest)
    assert verifies(signer.public_key, digest, signature)


@pytest.mark.parametrize("value", [0, 1, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1, 2**255])
def test_edge_digests_are_bit_identical(value: int) -> None:
    digest = value.to_bytes(32, "big")
    for scalar in (1, 2, ORDER - 1, ORDER - 2, 2**255, 2**128 - 1):
        signer = ecdsa.Signer(scalar.to_bytes(32, "big"), os.urandom)
        assert signer.sign(digest) == reference(scalar, digest)


@pytest.mark.parametrize("value", [0, ORDER, 2**256 - 1])
def test_scalar_outside_the_group_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=r"1\.\.n-1"):
        ecdsa.Signer(value.to_bytes(32, "big"), os.urandom)


def test_new_keys_are_drawn_until_one_is_in_range() -> None:
    draws = iter([bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32, bytes(31) + b"\x05"])
    assert ecdsa.new_private_key(lambda _: next(draws)) == bytes(31) + b"\x05"


@given(scalar=SCALARS, other=SCALARS, digest=DIGESTS, bit=st.integers(0, 511))
@settings(max_examples=50, deadline=None)
def test_verdicts_agree(scalar: int, other: int, digest: bytes, bit: int) -> None:
    """Right, one bit changed, another key."""
    signature = ecdsa.Signer(scalar.to_bytes(32, "big"), os.urandom).sign(digest)
    changed = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    for number in (scalar, other):
        key = ecdsa.Signer(number.to_bytes(32, "big"), os.urandom).public_key
        for one in (signature, changed):
            inside = all(0 < int.from_bytes(half, "big") < ORDER for half in (one[:32], one[32:]))
            assert verify(key, digest, one) == (inside and verifies(key, digest, one))


def verify(public_key: bytes, digest: bytes, signature: bytes) -> object:
    table: Any = p256.result(p256.comb_table_steps(*ecdsa.read_public_key(public_key)))
    return p256.result(ecdsa.verify_steps(table, digest, signature))


def test_wycheproof() -> None:
    """Every P1363 case: valid ones verify, the others do not.  Low s is wire's rule, not this."""
    name = "ledger/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"
    groups = json.loads(shared(name).read_text())["testGroups"]
    misses, cases = [], 0
    for group in groups:
        key = bytes.fromhex(group["publicKey"]["uncompressed"])[1:]
        for case in group["tests"]:
            digest = hashlib.sha256(bytes.fromhex(case["msg"])).digest()
            found = verify(key, digest, bytes.fromhex(case["sig"]))
            cases += 1
            if found != (case["result"] == "valid"):
                misses.append((case["tcId"], case["comment"]))
    assert cases > 200
    assert misses == []


@pytest.mark.parametrize("change", [0, 63])
def test_key_off_the_curve_is_refused(change: int) -> None:
    key = bytearray(ecdsa.Signer(bytes(31) + b"\x07", os.urandom).public_key)
    key[change] ^= 1
    with pytest.raises(WireError, match="P-256"):
        ecdsa.read_public_key(bytes(key))


def test_coordinates_above_p_are_refused() -> None:
    x = 5  # a point with a small x has a second form, x + p, that still fits 32 bytes
    y = pow((x**3 - 3 * x + p256.B) % p256.P, (p256.P + 1) // 4, p256.P)
    assert p256.on_curve(x, y)
    assert not p256.on_curve(x + p256.P, y)


def test_the_generator_table_is_the_generator_s() -> None:
    table: Any = p256.result(p256.comb_table_steps(*p256.GENERATOR))
    assert p256.table_from_bytes(p256_table.GENERATOR_COMB) == table
