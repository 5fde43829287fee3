"""A logger with a gateway and a ledger, each a real process, over a real broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_gateway.demo.processes import Device, must
from edge_gateway.ports.local_broker import LocalBroker, start_broker
from ledger_client.core import block
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import codes, record, telemetry
from ledger_client.wire.values import Reading
from tests.integration.gateway_rig import GatewayRig, founded, rig
from tests.world import LOGGER_GIAI, MAKER_PARTY

ALARMS = ('[[alarm]]\nchannel = 0\nbelow_degc = "2.0"\nminutes = 60\n'
          '[[alarm]]\nchannel = 0\nabove_degc = "8.0"\nminutes = 60\n')


@dataclass
class Line:
    """What a test of the line works with."""

    folder: Path
    broker: LocalBroker
    logger: Device
    gateway: GatewayRig


@contextmanager
def line(folder: Path, *, telemetry_age_h: int = 6, alarms: str = "",
         kind: str = "mosquitto") -> Iterator[Line]:
    """A logger that is enrolled and on, and a gateway that runs."""
    broker = start_broker(folder / "broker", kind=kind)
    world = founded(folder)
    world.engine.close()
    world.maker[1].save(folder / "operations.key")
    (folder / "logger.toml").write_text(
        f'giai = "{LOGGER_GIAI}"\nparty = "{MAKER_PARTY}"\ninterval_s = 300\n'
        f'telemetry_age_h = {telemetry_age_h}\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\ntls = false\n{alarms}')
    logger = Device(folder / "logger", "logger", "line")
    gateway = rig(folder, broker.port)
    try:
        logger.start(console=True)
        assert logger.process is not None
        must("device", "enrol", "--ledger", str(folder / "ledger.db"), "--key",
             str(folder / "operations.key"), "--configuration", str(folder / "logger.toml"),
             "--gateway", str(folder / "gateway.key.pub"), "--console", "-",
             stdin=logger.process.stdout, stdout=logger.process.stdin)
        logger.release_console()
        gateway.start()
        yield Line(folder, broker, logger, gateway)
    finally:
        logger.stop()
        if gateway.process is not None:
            gateway.kill()
        broker.stop()


@dataclass(frozen=True)
class OnLedger:
    """What a ledger holds of telemetry."""

    readings: list[Reading]
    telemetry_bytes: int

    def bytes_per_reading(self) -> float:
        return self.telemetry_bytes / len(self.readings)


def on_ledger(ledger: LedgerReader) -> OnLedger:
    """Every reading in log order, and what their records take."""
    found: list[Reading] = []
    size = 0
    checkpoint = ledger.checkpoint()
    assert checkpoint is not None
    for number in range(checkpoint.size):
        body = ledger.entry(number).body
        for leaf in [] if body is None else block.decode_body(body):
            parsed = record.decode(leaf.record, checkpoint.ledger)
            if parsed.kind == codes.KIND_TELEMETRY:
                found += telemetry.expand(telemetry.decode(parsed.body), parsed.clock)
                size += len(leaf.record)
    return OnLedger(found, size)


