"""Framing and thumbprints against other libraries and the RFC's example."""

import hashlib
import json

import cbor2
import pytest

from ledger_client.wire import codes, cose
from tests.device.wire_vectors import refusal
from tests.shared_data import shared
from tests.world import signer

DEVICE = signer("device")
LEDGER = bytes(range(32))


def test_the_context_is_what_cbor2_writes() -> None:
    for purpose in range(1, 5):
        assert cose.context(purpose, LEDGER) == cbor2.dumps(["coldseal", purpose, LEDGER])


def test_the_device_header_is_what_cbor2_writes() -> None:
    header = cose.device_header(DEVICE.kid)
    assert header == cbor2.dumps({1: -7, 4: DEVICE.kid})
    assert cose.read_device_header(header) == DEVICE.kid


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 65536])
def test_the_digest_is_over_the_sig_structure(size: int) -> None:
    header, payload = cose.device_header(DEVICE.kid), bytes(size)
    context = cose.context(codes.PURPOSE_RECORD, LEDGER)
    structure = cbor2.dumps(["Signature1", header, context, payload])
    assert cose.digest(header, context, payload) == hashlib.sha256(structure).digest()


def test_no_purpose_can_be_taken_for_another() -> None:
    digests = {cose.digest(cose.device_header(DEVICE.kid), cose.context(purpose, ledger), b"")
               for purpose in range(1, 5) for ledger in (LEDGER, bytes(32))}
    assert len(digests) == 8


def test_the_thumbprint_of_the_rfc() -> None:
    example = json.loads(shared("ledger/rfc9679_example.json").read_text())
    key = bytes.fromhex(example["x"] + example["y"])
    assert cose.thumbprint(key).hex() == example["sha256_thumbprint"]
    assert hashlib.sha256(bytes.fromhex(example["hash_input"])).digest() == cose.thumbprint(key)
    assert cose.kid(key) == cose.thumbprint(key)[:8]


def test_messages_of_a_sequence_are_read_one_by_one() -> None:
    header = cose.device_header(DEVICE.kid)
    messages = [cose.encode_sign1(header, payload, DEVICE.sign(cose.digest(header, b"", payload)))
                for payload in (b"one", b"two")]
    first, end = cose.read_sign1(b"".join(messages))
    second, last = cose.read_sign1(b"".join(messages), end)
    assert (first.payload, second.payload) == (b"one", b"two")
    assert (end, last) == (len(messages[0]), len(messages[0]) + len(messages[1]))
    assert refusal(cose.read_sign1, b"".join(messages), last) == "cose.tag"


def test_a_kid_of_another_size_is_the_callers_mistake() -> None:
    with pytest.raises(AssertionError):
        cose.device_header(b"1234567")
