"""Telemetry: packing, times of readings, and the size that the format promises."""

import json

import pytest

from ledger_client.wire import cbor, codes, record, telemetry
from ledger_client.wire.values import Clock
from tests.device.wire_vectors import refusal
from tests.shared_data import shared
from tests.world import signer

CLOCK = Clock(1_780_000_000_000, codes.SOURCE_SNTP, 1000, 1, 86_400_000)


def read_back(readings: list[tuple[int, int]]) -> list[tuple[int, int]]:
    body = cbor.encode([telemetry.encode_series(1, 1, -2, CLOCK.elapsed_ms, readings)])
    return [(one.elapsed_ms, one.value) for one in telemetry.expand(telemetry.decode(body), CLOCK)]


def test_regular_readings_are_one_run() -> None:
    readings = [(300_000 * step, 400 + step) for step in range(289)]
    assert telemetry.pack_runs([at for at, _ in readings], CLOCK.elapsed_ms) == [
        [-86_400_000, 300_000, 289]]
    assert read_back(readings) == readings


def test_a_gap_begins_a_run() -> None:
    readings = [(0, 1), (1000, 2), (5000, 3), (6000, 4)]
    assert read_back(readings) == readings
    assert len(telemetry.pack_runs([at for at, _ in readings], CLOCK.elapsed_ms)) == 2


def test_a_run_does_not_pass_the_reading_after_it() -> None:
    """Within the jitter a run may end late, yet not after the next one's beginning."""
    times = [0, 1000, 1100, 1150, 1201]
    runs = telemetry.pack_runs(times, CLOCK.elapsed_ms)
    assert all(run[0] > 0 for run in runs[1:])
    found = read_back([(at, 0) for at in times])
    assert all(abs(at - place) <= codes.JITTER_MS
               for at, (place, _) in zip(times, found, strict=True))


def test_readings_must_ascend() -> None:
    assert refusal(telemetry.pack_runs, [5000, 0], 5000) == "telemetry.order"


@pytest.mark.parametrize(("values", "data"), [
    ([], ""), ([0], "00"), ([-1], "01"), ([1], "02"), ([63], "7e"), ([-64], "7f"), ([64], "8001"),
    ([5, 5, 4], "0a0001"), ([-(2**31) + 1, 2**31 - 1], "fdffffff0ffcffffff1f")])
def test_deltas_are_zigzag_leb128(values: list[int], data: str) -> None:
    assert telemetry.encode_values(values).hex() == data
    assert telemetry.decode_values(bytes.fromhex(data), len(values)) == values


@pytest.mark.parametrize(("elapsed_ms", "drift_ppm", "when"), [
    (86_400_000, 5, (1_780_000_000_000, 1500)),
    (86_399_999, 5, (1_779_999_999_999, 1501)),  # rounded up
    (0, 5, (1_779_913_600_000, 1932)),
    (0, 0, (1_779_913_600_000, 1500)),
    (86_400_400, 50, (1_780_000_000_400, 1501)),  # within the jitter after the clock
    (0, 100_000, (1_779_913_600_000, 8_641_500))])
def test_the_time_of_a_reading(elapsed_ms: int, drift_ppm: int, when: tuple[int, int]) -> None:
    assert telemetry.reading_time(CLOCK, elapsed_ms, drift_ppm) == when


def test_without_time_of_day_a_reading_has_none() -> None:
    assert telemetry.reading_time(Clock(None, 0, None, 1, 5000), 0, 5) is None


def test_a_real_trace_takes_a_byte_and_a_third_a_reading() -> None:
    """736 body temperatures of a wearable, as one signed record."""
    pairs = json.loads(shared("wire/ubirch-trackle-readings.json").read_text())["readings"]
    start = pairs[0][0]
    readings = [((at - start) * 1000, value) for at, value in pairs]
    elapsed_ms = readings[-1][0]
    body = [telemetry.encode_series(1, 1, -2, elapsed_ms, readings)]
    clock = Clock(pairs[-1][0] * 1000, codes.SOURCE_SNTP, 1000, 1, elapsed_ms)
    payload = record.content(1, 2, bytes(32), clock, codes.KIND_TELEMETRY, body)
    data = record.encode(signer("device").kid, payload, b"\1" * 64)
    assert len(readings) == 736
    assert len(data) * 100 // len(readings) <= 136
    found = telemetry.expand(telemetry.decode(cbor.encode(body)), clock)
    assert [one.value for one in found] == [value for _, value in readings]
