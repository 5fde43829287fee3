"""A gateway's copy of who is in standing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_gateway.core.standing import DEVICES, Device, Standing, decode_standing
from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError

HASHES = st.binary(min_size=32, max_size=32)
KIDS = st.binary(min_size=8, max_size=8)
DEVICE_VALUES = st.builds(Device, HASHES, st.binary(min_size=64, max_size=64), HASHES)
ORGANISATION = b"o" * 32
DEVICE = Device(b"thumbprint of a device, 32 bytes", b"k" * 64, ORGANISATION)
STANDING = Standing(b"l" * 32, 3, b"a" * 32, 1000, frozenset([ORGANISATION]), frozenset())


def test_a_device_is_known_with_its_key() -> None:
    kid = DEVICE.thumbprint[:8]
    known = STANDING.knowing(DEVICE)
    assert STANDING.public_key(kid) is None
    assert known.public_key(kid) == DEVICE.public_key
    assert replace(known, revoked=frozenset([kid])).public_key(kid) is None
    assert replace(known, members=frozenset()).public_key(kid) is None


def test_devices_are_known_up_to_a_limit() -> None:
    known = replace(STANDING, devices={
        number.to_bytes(8, "big"): replace(DEVICE, thumbprint=number.to_bytes(8, "big") + bytes(24))
        for number in range(DEVICES)})
    more = known.knowing(DEVICE)
    assert len(more.devices) == DEVICES
    assert more.public_key(DEVICE.thumbprint[:8])
    assert more.public_key(bytes(8)) is None  # the one known for longest


@given(HASHES, st.integers(0, 9), HASHES, st.integers(0, 9), st.frozensets(HASHES, max_size=3),
       st.frozensets(KIDS, max_size=3), st.lists(DEVICE_VALUES, max_size=3),
       st.none() | st.integers(0, 1 << 50))
def test_a_copy_comes_back(ledger: bytes, number: int, app_hash: bytes, time_ms: int,
                           members: frozenset[bytes], revoked: frozenset[bytes],
                           devices: list[Device], saved_ms: int | None) -> None:
    standing = Standing(ledger, number, app_hash, time_ms, members, revoked)
    for device in devices:
        standing = standing.knowing(device)
    assert decode_standing(standing.encode(saved_ms)) == (standing, saved_ms)


@pytest.mark.parametrize("value", [
    [], {}, [2, bytes(32), None, 0, bytes(32), 0, [], [], []],
    [1, bytes(31), None, 0, bytes(32), 0, [], [], []],
    [1, bytes(32), -1, 0, bytes(32), 0, [], [], []],
    [1, bytes(32), None, 0, bytes(32), 0, {}, [], []],
    [1, bytes(32), None, 0, bytes(32), 0, [], [bytes(7)], []],
    [1, bytes(32), None, 0, bytes(32), 0, [], [], [[bytes(32), bytes(64)]]]])
def test_what_is_no_copy_is_refused(value: object) -> None:
    with pytest.raises(WireError):
        decode_standing(cbor.encode(value))
