"""The whole line with a real device, while broker and gateway are killed: nothing lost, nothing
doubled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_gateway.demo.processes import Device, must
from edge_gateway.ports.local_broker import LocalBroker, start_broker
from ledger_client.core import block
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import codes, record, telemetry
from ledger_client.wire.values import Reading
from tests.integration.gateway_rig import GatewayRig, founded, rig
from tests.world import LOGGER_GIAI, MAKER_PARTY, START_MS

INTERVAL_MS = 300_000
READINGS = 600  # two days; a record every six hours


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    started = start_broker(tmp_path / "broker", kind="mosquitto")
    yield started
    started.stop()


@pytest.fixture
def logger(tmp_path: Path, broker: LocalBroker) -> Iterator[Device]:
    """A logger that is switched on and enrolled."""
    world = founded(tmp_path)
    world.engine.close()
    world.maker[1].save(tmp_path / "operations.key")
    (tmp_path / "logger.toml").write_text(
        f'giai = "{LOGGER_GIAI}"\nparty = "{MAKER_PARTY}"\ninterval_s = 300\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\ntls = false\n')
    device = Device(tmp_path / "logger", "logger", "under failure")
    device.start(console=True)
    assert device.process is not None
    must("device", "enrol", "--ledger", str(tmp_path / "ledger.db"), "--key",
         str(tmp_path / "operations.key"), "--configuration", str(tmp_path / "logger.toml"),
         "--gateway", str(tmp_path / "gateway.key.pub"), "--console", "-",
         stdin=device.process.stdout, stdout=device.process.stdin)
    device.release_console()
    yield device
    device.stop()


@pytest.fixture
def gateway(tmp_path: Path, broker: LocalBroker, logger: Device) -> Iterator[GatewayRig]:
    started = rig(tmp_path, broker.port)
    started.start()
    yield started
    if started.process is not None:
        started.kill()


def sensor(first: int, last: int) -> list[tuple[int, list[str]]]:
    """Values of readings first .. last-1: each its own, so that none can stand for another."""
    return [(START_MS + number * INTERVAL_MS, ["sensor", "0", str(4000 + 10 * (number % 300))])
            for number in range(first, last)]


def readings(ledger: LedgerReader) -> list[Reading]:
    """Every reading on the ledger, in log order."""
    found = []
    checkpoint = ledger.checkpoint()
    assert checkpoint is not None
    for number in range(checkpoint.size):
        body = ledger.entry(number).body
        for leaf in [] if body is None else block.decode_body(body):
            parsed = record.decode(leaf.record, checkpoint.ledger)
            if parsed.kind == codes.KIND_TELEMETRY:
                found += telemetry.expand(telemetry.decode(parsed.body), parsed.clock)
    return found


def at(number: int, *words: str) -> tuple[int, list[str]]:
    return START_MS + number * INTERVAL_MS, list(words)


def test_broker_and_gateway_are_killed_in_the_middle(gateway: GatewayRig, logger: Device,
                                                     broker: LocalBroker, tmp_path: Path) -> None:
    logger.feed([at(0, "start"), *sensor(0, 200)])
    gateway.kill()
    logger.feed(sensor(200, 300))
    gateway.start()
    logger.feed(sensor(300, 400))
    broker.kill()
    logger.feed(sensor(400, 500))
    again = start_broker(tmp_path / "broker", port=broker.port, kind="mosquitto")
    try:
        logger.feed([*sensor(500, READINGS), at(READINGS, "key", "handover"), at(READINGS, "wait")])
        gateway.stop()
    finally:
        again.stop()
    with gateway.ledger() as ledger:
        found = readings(ledger)
        places = [key for key, _ in ledger.store.keys(b"record/")]
    assert [reading.elapsed_ms for reading in found] == \
        [INTERVAL_MS * number + found[0].elapsed_ms for number in range(READINGS)]
    assert len(places) == len(set(places))
    assert gateway.run("ledger", "verify", str(tmp_path / "ledger.db")).returncode == 0
    assert gateway.run("gateway", "verify", "--config", str(gateway.config)).returncode == 0


def test_the_device_loses_power_in_the_middle(gateway: GatewayRig, logger: Device,
                                              tmp_path: Path) -> None:
    logger.feed([at(0, "start"), *sensor(0, 100), (START_MS + 100 * INTERVAL_MS - 1000,
                                                   ["power", "off"]),
                 at(100, "start"), *sensor(100, 200), at(200, "key", "handover"), at(200, "wait")])
    gateway.stop()
    with gateway.ledger() as ledger:
        found = readings(ledger)
    assert len(found) == 200
    assert [reading.value for reading in found] == [
        (4000 + 10 * (number % 300)) // 10 // (10 if reading.exponent == -1 else 1)
        for number, reading in enumerate(found)]
