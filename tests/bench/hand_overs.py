"""A pack's whole way for measurements: five hand-overs in a crate with a logger, closed; twenty
revoked keys; a state of many keys around it."""

from dataclasses import dataclass

from ledger_client.core import identity, state_tree, statement
from ledger_client.core.identity import Founder
from ledger_client.signer import SoftwareSigner
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import codes
from tests.world import CRATE, LOGGER_GIAI, Device, World, label, pack, pack_symbol, signer

HAND_OVERS = 5
REVOKED = 20
HOUR_MS = 3_600_000


@dataclass
class Way:
    """The world, the pack, and a key that makes its passport."""

    world: World
    pack: str
    maker: SoftwareSigner


def closed_way(keys: int) -> Way:
    """The way of one pack on a ledger whose state has about `keys` keys."""
    world = World().found()
    world.product()
    fill(world, keys)
    holders = [world.device("maker scanner", world.maker)]
    parties = []
    for number in range(HAND_OVERS):
        party, owner = admit(world, number)
        parties.append(party)
        holders.append(world.device(f"scanner {number}", owner))
    logger = world.device("logger", world.maker, LOGGER_GIAI)
    revoke(world)
    walk(world, holders, parties, logger)
    return Way(world, pack("S1"), world.maker[1])


def admit(world: World, number: int) -> tuple[str, tuple[SoftwareSigner, SoftwareSigner]]:
    """One more member."""
    keys = signer(f"root {number}"), signer(f"operations {number}")
    party = f"https://id.gs1.org/417/95213210{number:05}"
    founder = Founder(f"Wholesaler {number}", [2], party, [], keys[0].public_key,
                      keys[1].public_key)
    proposal = world.state("propose", world.maker[0], "proposal", [1, [3, founder.as_list()]])
    world.register(proposal)
    for endorser in [world.pharmacy[0], *[signer(f"root {one}") for one in range(number)]]:
        world.now_ms += 1000
        endorsement = world.state("endorse", endorser, "proposal",
                                  [1, statement.entry_hash(proposal.statement)])
        world.engine.submit([endorsement])  # refused once the majority is complete
    return party, keys


def revoke(world: World) -> None:
    for number in range(REVOKED):
        lost = world.device(f"lost {number}", world.maker)
        world.register(world.state(
            "revoke", world.maker[0], identity.statement_subject(lost.signer.public_key),
            [1, lost.signer.kid, world.now_ms, 1]))


def walk(world: World, holders: list[Device], parties: list[str], logger: Device) -> None:
    first = holders[0]
    world.block(logger.boot(), first.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")]),
                first.scan(codes.ACTION_COMMISSION, [label(CRATE)]),
                first.scan(codes.ACTION_PACK, [pack_symbol("S1")], parent=label(CRATE)),
                first.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=label(CRATE)))
    for giver, party, taker in zip(holders, parties, holders[1:], strict=False):
        world.block(giver.scan(codes.ACTION_SHIP, [label(CRATE)], party=party))
        world.now_ms += 6 * HOUR_MS
        for device in [*holders, logger]:
            device.now_ms = world.now_ms
        world.block(logger.measure([500 + at % 30 for at in range(72)]),
                    taker.scan(codes.ACTION_RECEIVE, [label(CRATE)]),
                    taker.scan(codes.ACTION_PUT_AWAY, [label(CRATE)]))
    last = holders[-1]
    world.block(last.scan(codes.ACTION_DETACH, [label(LOGGER_GIAI)], parent=label(CRATE)),
                last.scan(codes.ACTION_UNPACK, [pack_symbol("S1")], parent=label(CRATE)),
                last.scan(codes.ACTION_DISPENSE, [pack_symbol("S1")]))
    for device in [*holders, logger]:
        device.now_ms += HOUR_MS
    world.now_ms += HOUR_MS
    world.block(logger.measure([500] * 12))


def fill(world: World, keys: int) -> None:
    """Other items of the circle, put under store and tree as if they had been registered."""
    pairs = {b"item/filler/%d" % number: b"\x80" for number in range(keys)}
    changes = {path: state_tree.leaf_hash(path, b"\x80")
               for path in map(state_tree.path_of, pairs)}
    store = world.store
    assert isinstance(store, MemoryStore)
    buckets = world.engine._tree.update(changes, store.bucket)
    for key, value in pairs.items():
        store._put(key, value)
    store._buckets.update({prefix: (digest, count) for prefix, digest, count in buckets})
