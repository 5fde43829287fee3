"""Records: what is signed, how they chain, and that no body can jam a device."""

import hashlib

import cbor2
import pytest

from ledger_client.wire import cbor, codes, record
from ledger_client.wire.values import Clock
from tests.device.wire_vectors import refusal
from tests.world import Device, signer

LEDGER = bytes(range(32))
CLOCK = Clock(1_780_000_000_000, codes.SOURCE_SNTP, 1000, 1, 5000)


@pytest.fixture
def device() -> Device:
    return Device("device", LEDGER, signer("device"))


def test_the_digest_is_what_is_signed_by_another_encoder(device: Device) -> None:
    found = record.decode(device.boot(), LEDGER)
    protected, _, payload, _ = cbor2.loads(device.sign(3, [2])).value
    second = hashlib.sha256(cbor2.dumps(
        ["Signature1", protected, cbor2.dumps(["coldseal", 1, LEDGER]), payload])).digest()
    assert device.prev == second
    assert cbor2.loads(payload)[3] == found.digest


def test_records_chain_by_digest_and_are_read_from_a_sequence(device: Device) -> None:
    data = device.boot() + device.sign(3, [2]) + device.measure([500, 510])
    at, found = 0, []
    while at < len(data):
        one, at = record.read(data, at, LEDGER)
        found.append(one)
    assert [one.seq for one in found] == [1, 2, 3]
    assert [one.prev for one in found] == [record.FIRST_PREV, *[one.digest for one in found[:2]]]
    assert [one.kind for one in found] == [3, 3, 1]


def test_another_signature_over_the_same_content_is_the_same_record(device: Device) -> None:
    payload = record.content(1, 1, record.FIRST_PREV, CLOCK, 3, [2])
    one, other = (record.decode(record.encode(device.signer.kid, payload, signature), LEDGER)
                  for signature in (bytes(31) + b"\1" + bytes(31) + b"\1",
                                    bytes(31) + b"\2" + bytes(31) + b"\1"))
    assert one.digest == other.digest
    assert one.signature != other.signature


def test_another_ledger_gives_another_digest(device: Device) -> None:
    data = device.boot()
    assert record.decode(data, LEDGER).digest != record.decode(data, bytes(32)).digest


def test_the_body_is_kept_as_it_is() -> None:
    payload = record.content(1, 1, record.FIRST_PREV, CLOCK, 3, None)[:-1]
    for body in (b"\xff", b"\x18\x00", cbor.encode({1: []}), bytes(64)):
        data = record.encode(bytes(8), payload + body, b"\1" * 64)
        assert record.decode(data, LEDGER).body == body


def test_a_record_too_large_is_not_made() -> None:
    payload = record.content(1, 1, record.FIRST_PREV, CLOCK, 3, bytes(codes.RECORD_BYTES))
    assert refusal(record.encode, bytes(8), payload, b"\1" * 64) == "record.bytes"


def test_what_follows_a_record_is_refused_as_one(device: Device) -> None:
    data = device.boot()
    assert refusal(record.decode, data + data, LEDGER) == "cbor.trailing"
    assert refusal(record.read, data, len(data), LEDGER) == "cose.tag"


@pytest.mark.parametrize("source", [1, 2, 3])
def test_a_clock_with_time_is_right(source: int) -> None:
    record.check_clock(CLOCK._replace(source=source))
    record.check_clock(Clock(None, codes.SOURCE_NONE, None, 1, 0))
