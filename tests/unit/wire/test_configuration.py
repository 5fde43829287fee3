"""Configurations: what is written is checked as what is read."""

from ledger_client.wire import configuration
from tests.device.wire_vectors import refusal

LOGGER: dict[str, object] = {
    "alarms": [[1, configuration.ABOVE, 800, 3_600_000]], "broker": ["gateway.local", 8883, 1],
    "giai": None, "interval_ms": 300_000, "party": "https://id.gs1.org/417/9506000134352",
    "place": None, "rescan_ms": 0, "telemetry_age_ms": 21_600_000}


def test_it_is_read_back() -> None:
    assert configuration.decode(configuration.encode(LOGGER)) == LOGGER


def test_the_order_of_keys_does_not_matter() -> None:
    backwards = dict(reversed(LOGGER.items()))
    assert configuration.encode(backwards) == configuration.encode(LOGGER)


def test_a_wrong_one_is_not_written() -> None:
    assert refusal(configuration.encode, LOGGER | {"interval_ms": -1}) == "configuration.form"
    assert refusal(configuration.encode, LOGGER | {"interval_ms": 1.5}) == "cbor.type"
