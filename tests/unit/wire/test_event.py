"""Device events: every code has a shape."""

import pytest

from ledger_client.wire import cbor, codes, event
from tests.device.wire_vectors import refusal

CODES = {name: value for name, value in vars(codes).items() if name.startswith("EVENT_")}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_code_is_known(code: int) -> None:
    with_many = cbor.encode([code, *[0] * 9])
    assert refusal(event.decode, with_many) == "event.parts"


def test_codes_are_numbered_without_gap() -> None:
    assert sorted(CODES.values()) == list(range(1, len(CODES) + 1))


def test_code_and_details_come_apart() -> None:
    assert event.decode(cbor.encode([codes.EVENT_BATTERY, 3700, None])) == (4, [3700, None])
    assert event.decode(cbor.encode([codes.EVENT_CLOCK_SET])) == (2, [])
