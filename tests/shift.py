"""A shift for tests: from commissioning to dispensing, as records of three devices."""

from dataclasses import dataclass

from ledger_client.wire import codes
from tests.world import (
    CRATE,
    LOGGER_GIAI,
    OTHER_CRATE,
    PHARMACY_PARTY,
    Device,
    World,
    label,
    pack_symbol,
)

PACKS = [f"S{number:03}" for number in range(12)]
HOUR_MS = 3_600_000


@dataclass
class Shift:
    """Devices of a world; every method returns records in order."""

    maker: Device
    pharmacy: Device
    logger: Device

    def commissioned(self) -> list[bytes]:
        return [self.maker.scan(codes.ACTION_COMMISSION, [symbol]) for symbol in
                [*map(pack_symbol, PACKS), label(CRATE), label(OTHER_CRATE)]]

    def packed(self) -> list[bytes]:
        return [
            self.maker.scan(codes.ACTION_PACK, [pack_symbol(one) for one in PACKS[:10]],
                            parent=label(CRATE)),
            self.maker.scan(codes.ACTION_PACK, [pack_symbol(one) for one in PACKS[10:]],
                            parent=label(OTHER_CRATE)),
            self.maker.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=label(CRATE))]

    def shipped(self) -> list[bytes]:
        return [self.maker.scan(codes.ACTION_SHIP, [label(one)], party=PHARMACY_PARTY)
                for one in (CRATE, OTHER_CRATE)]

    def received(self) -> list[bytes]:
        return [
            *[self.pharmacy.scan(codes.ACTION_RECEIVE, [label(one)])
              for one in (CRATE, OTHER_CRATE)],
            self.pharmacy.scan(codes.ACTION_DETACH, [label(LOGGER_GIAI)], parent=label(CRATE)),
            self.pharmacy.scan(codes.ACTION_UNPACK, [], parent=label(CRATE))]

    def dispensed(self, serial: str = PACKS[0]) -> list[bytes]:
        return [self.pharmacy.scan(codes.ACTION_PUT_AWAY, [pack_symbol(serial)]),
                self.pharmacy.scan(codes.ACTION_DISPENSE, [pack_symbol(serial)])]

    def wait(self, duration_ms: int) -> None:
        for device in (self.maker, self.pharmacy, self.logger):
            device.now_ms += duration_ms


def begin(world: World) -> Shift:
    return Shift(world.device("maker scanner", world.maker),
                 world.device("pharmacy scanner", world.pharmacy),
                 world.device("logger", world.maker, LOGGER_GIAI))


def whole_way(world: World) -> Shift:
    """Every block of the way, telemetry between packing and receiving; an excursion at 9 degC."""
    shift = begin(world)
    world.block(shift.logger.boot(), *shift.commissioned())
    world.block(*shift.packed())
    world.block(*shift.shipped())
    shift.wait(12 * HOUR_MS)
    world.now_ms += 12 * HOUR_MS
    world.block(shift.logger.measure([500 + 10 * at for at in range(72)]),
                shift.logger.measure([900] * 60))
    shift.wait(HOUR_MS)
    world.now_ms += HOUR_MS
    world.block(*shift.received())
    shift.wait(HOUR_MS)
    world.now_ms += HOUR_MS
    world.block(shift.logger.measure([500] * 20), *shift.dispensed())
    return shift
