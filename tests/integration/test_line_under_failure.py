"""The whole line with a real device, while broker, gateway and device die: nothing lost, nothing
doubled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_gateway.ports.local_broker import start_broker
from tests.integration.line_rig import Line, line, on_ledger
from tests.world import START_MS

INTERVAL_MS = 300_000
READINGS = 600  # two days; a record every six hours


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Line]:
    with line(tmp_path) as started:
        yield started


def sensor(first: int, last: int) -> list[tuple[int, list[str]]]:
    """Values of readings first .. last-1: each its own, so that none can stand for another."""
    return [at(number, "sensor", "0", str(4000 + 10 * (number % 300)))
            for number in range(first, last)]


def at(number: int, *words: str) -> tuple[int, list[str]]:
    return START_MS + number * INTERVAL_MS, list(words)


def test_broker_and_gateway_are_killed_in_the_middle(running: Line) -> None:
    logger, gateway = running.logger, running.gateway
    logger.feed([at(0, "start"), *sensor(0, 200)])
    gateway.kill()
    logger.feed(sensor(200, 300))
    gateway.start()
    logger.feed(sensor(300, 400))
    running.broker.kill()
    logger.feed(sensor(400, 500))
    running.broker = start_broker(running.folder / "broker", port=running.broker.port,
                                  kind="mosquitto")
    try:
        logger.feed([*sensor(500, READINGS), at(READINGS, "key", "handover"), at(READINGS, "wait")])
        gateway.stop()
    finally:
        running.broker.stop()
    with gateway.ledger() as ledger:
        found = on_ledger(ledger).readings
        places = [key for key, _ in ledger.store.keys(b"record/")]
    assert [reading.elapsed_ms for reading in found] == \
        [INTERVAL_MS * number + found[0].elapsed_ms for number in range(READINGS)]
    assert len(places) == len(set(places))
    assert gateway.run("ledger", "verify", str(running.folder / "ledger.db")).returncode == 0
    assert gateway.run("gateway", "verify", "--config", str(gateway.config)).returncode == 0


def test_the_device_loses_power_in_the_middle(running: Line) -> None:
    running.logger.feed([
        at(0, "start"), *sensor(0, 100), (at(100)[0] - 1000, ["power", "off"]), at(100, "start"),
        *sensor(100, 200), at(200, "key", "handover"), at(200, "wait")])
    running.gateway.stop()
    with running.gateway.ledger() as ledger:
        found = on_ledger(ledger).readings
    assert [reading.value * 10 ** (reading.exponent + 3) for reading in found] == \
        [round(4000 + 10 * (number % 300), -1) for number in range(200)]
