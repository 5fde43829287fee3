"""The shift of the demo, on an embedded ledger in memory: packs from maker to patient."""

import pytest

from ledger_client.core import item
from ledger_client.node import reapply
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import codes
from tests.world import (
    CRATE,
    LOGGER_GIAI,
    OTHER_CRATE,
    PHARMACY_PARTY,
    Device,
    World,
    label,
    pack,
    pack_symbol,
)

PACKS = [f"S{number:03}" for number in range(12)]


@pytest.fixture
def world() -> World:
    return World().found()


@pytest.fixture
def devices(world: World) -> tuple[Device, Device, Device]:
    return (world.device("maker scanner", world.maker),
            world.device("pharmacy scanner", world.pharmacy),
            world.device("logger", world.maker, LOGGER_GIAI))


def status(world: World, uri: str) -> str:
    found = item.load(world.engine.view(), uri)
    assert found is not None
    return item.STATUS_NAMES[found.status]


def commission(scanner: Device) -> list[bytes]:
    return [scanner.scan(codes.ACTION_COMMISSION, [symbol]) for symbol in
            [*map(pack_symbol, PACKS), label(CRATE), label(OTHER_CRATE)]]


def shipped(scanner: Device) -> list[bytes]:
    return [
        *commission(scanner),
        scanner.scan(codes.ACTION_PACK, [pack_symbol(one) for one in PACKS[:10]],
                     parent=label(CRATE)),
        scanner.scan(codes.ACTION_PACK, [pack_symbol(one) for one in PACKS[10:]],
                     parent=label(OTHER_CRATE)),
        scanner.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=label(CRATE)),
        *[scanner.scan(codes.ACTION_SHIP, [label(one)], party=PHARMACY_PARTY)
          for one in (CRATE, OTHER_CRATE)]]


def received(scanner: Device) -> list[bytes]:
    return [
        *[scanner.scan(codes.ACTION_RECEIVE, [label(one)]) for one in (CRATE, OTHER_CRATE)],
        scanner.scan(codes.ACTION_DETACH, [label(LOGGER_GIAI)], parent=label(CRATE)),
        scanner.scan(codes.ACTION_UNPACK, [], parent=label(CRATE)),
        scanner.scan(codes.ACTION_PUT_AWAY, [pack_symbol(PACKS[0])]),
        scanner.scan(codes.ACTION_DISPENSE, [pack_symbol(PACKS[0])])]


def test_a_clean_shift_has_no_findings(world: World, devices: tuple[Device, ...]) -> None:
    maker, pharmacy, logger = devices
    world.block(logger.boot(), logger.measure([500, 510, 520]), *shipped(maker))
    assert status(world, CRATE) == "in transit"
    world.block(*received(pharmacy))
    assert world.rules_found() == []
    assert status(world, pack(PACKS[0])) == "dispensed"
    assert status(world, pack(PACKS[1])) == "received"
    assert status(world, pack(PACKS[11])) == "packed"


def test_the_three_mistakes_are_findings_without_effect(world: World,
                                                        devices: tuple[Device, ...]) -> None:
    maker, _pharmacy, logger = devices
    world.block(logger.boot(), *commission(maker),
                maker.scan(codes.ACTION_COMMISSION, [pack_symbol(PACKS[0])], shown=1),
                maker.scan(codes.ACTION_PACK, [pack_symbol(PACKS[0])], parent=label(CRATE)),
                maker.scan(codes.ACTION_PACK, [pack_symbol(PACKS[0])], parent=label(OTHER_CRATE),
                           shown=2))
    found = item.load(world.engine.view(), pack(PACKS[0]))
    assert found is not None
    assert found.parent == CRATE
    world.block(maker.scan(codes.ACTION_UNPACK, [], parent=label(CRATE)),
                maker.scan(codes.ACTION_DISPENSE, [pack_symbol(PACKS[0])]),
                maker.scan(codes.ACTION_DISPENSE, [pack_symbol(PACKS[0])], shown=3))
    assert world.rules_found() == ["C0.5", "C2.1", "C15.1"]


def test_reapplying_the_log_gives_the_same_ledger(world: World,
                                                  devices: tuple[Device, ...]) -> None:
    maker, pharmacy, _ = devices
    world.block(*shipped(maker))
    world.block(*received(pharmacy))
    anew = reapply.reapply(world.store)
    assert isinstance(anew, MemoryStore)
    assert dict(anew.keys(b"")) == dict(world.store.keys(b""))
