"""Passports that no honest maker makes, each with one lie in it, and where the lie stands."""

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

from ledger_client.core import block, item, merkle, state
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.device_chain import registered
from ledger_client.core.item import Event
from ledger_client.core.passport import Chain, LogProof, Passport, RecordProof, StatePair
from ledger_client.core.state_tree import (
    StateProof,
    StateTree,
    leaf_hash,
    path_of,
    root_from_proof,
)
from ledger_client.node.embedded import Prover
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import cbor, codes, record
from tests.unit import logger_scenes
from tests.unit.crate_scenes import in_crate
from tests.unit.passport_mutations import put
from tests.unit.second_opinion_scenes import STEP_MS, SYMBOL, Scene, opened
from tests.world import CRATE, label, signer

LEDGER_KEY = signer("a ledger of the maker's own")


def record_proof(scene: Scene, number: int) -> RecordProof:
    """Of the only record in the block that is entry `number`."""
    engine, signed = scene.world.engine, scene.world.engine.checkpoint()
    assert signed is not None
    entry = engine.entry(number)
    assert entry.body is not None
    (leaf,) = block.decode_body(entry.body)
    return RecordProof(leaf, 0, tuple(merkle.inclusion_path(
        merkle.list_node([leaf.entry()]), 0, 1)), LogProof(
        number, entry.statement, tuple(engine.inclusion_path(number, signed.size))))


def forked_record(scene: Scene, seq_and_prev: tuple[int, bytes]) -> tuple[bytes, int]:
    """(another record in the place of one that the ledger has, the entry that brings it)."""
    after = scene.logger.seq, scene.logger.prev
    scene.logger.seq, scene.logger.prev = seq_and_prev
    fork = scene.unsent_measure(900)
    number = scene.world.block(fork).number
    scene.logger.seq, scene.logger.prev = after
    return fork, number


def with_last(scene: Scene, content: Passport, number: int,
              last: tuple[bytes, int]) -> Passport:
    """The last record of a run replaced."""
    run = content.telemetry[number]
    swapped = replace(run, records=(*run.records[:-1], last[0]), end=record_proof(scene, last[1]))
    return replace(content, telemetry=put(content.telemetry, number, swapped))


def fork_beside_a_gap() -> tuple[Scene, Passport]:
    """No link shows which of two records the ledger took."""
    scene = in_crate()
    before = scene.logger.seq, scene.logger.prev
    scene.measure(500)
    fork = forked_record(scene, before)
    scene.unsent_measure(505)
    scene.measure(510)
    return scene, with_last(scene, opened(scene.passport()), 0, fork)


def closing_fork() -> tuple[Scene, Passport]:
    """The last record of all, which no later one names as its prev."""
    scene = in_crate()
    scene.measure(500)
    scene.unpack(SYMBOL, of=CRATE)
    before = scene.logger.seq, scene.logger.prev
    scene.measure(510)
    fork = forked_record(scene, before)
    return scene, with_last(scene, opened(scene.passport()), 0, fork)


def clock_ahead() -> tuple[Scene, Passport]:
    """Two records short of the detaching; one from before the attaching, whose clock was ahead,
    pretends to be as late."""
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE))
    scene.pack(SYMBOL, into=CRATE)
    scene.pass_time()
    scene.logger.now_ms += 60 * STEP_MS
    early = scene.logger.measure([490], interval_ms=1000)
    scene.world.block(early)
    scene.measure(495)
    scene.attach(CRATE)
    third = scene.unsent_measure(500)
    number = scene.world.block(third).number
    scene.measure(900)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(510)
    content = opened(scene.passport())
    (run,) = content.telemetry
    cut = replace(run, first=1, records=(early, *run.records[:2]),
                  end=record_proof(scene, number))
    return scene, replace(content, telemetry=(cut,))


def cut(scene: Scene, first: int, last: int) -> tuple[Scene, Passport]:
    """The only run with these seqs, and all that proves the last of them."""
    engine, content = scene.world.engine, opened(scene.passport())
    (run,) = content.telemetry
    proofs = [record_proof(scene, where.entry) for seq in range(first, last + 1) for where in [
        registered(engine.view(), run.thumbprint, run.epoch, seq)] if where is not None]
    due = replace(run, first=first, records=tuple(one.leaf.record for one in proofs),
                  end=proofs[-1])
    key = state.record_key(run.thumbprint, run.epoch, last)
    pairs = [pair for pair in content.proofs if not pair.key.startswith(b"record/")]
    pairs.append(StatePair(key, *engine.prover().prove(key)))
    return scene, replace(content, telemetry=(due,), proofs=tuple(
        sorted(pairs, key=lambda pair: pair.key)))


def until_a_clock_ahead() -> tuple[Scene, Passport]:
    """What froze the pack left out, after one record that pretends to be later."""
    return cut(logger_scenes.clock_ahead(), 1, 4)


def until_a_boot_ahead() -> tuple[Scene, Passport]:
    """After one event that does."""
    return cut(logger_scenes.boot_ahead(), 1, 4)


def from_a_clock_behind() -> tuple[Scene, Passport]:
    """What froze the pack left out, before one record that pretends to be earlier."""
    return cut(logger_scenes.clock_behind(), 7, 10)


def began_anew_too_often() -> tuple[Scene, Passport]:
    """Whole, by a maker who follows a logger further than others do."""
    scene = logger_scenes.anew(codes.EPOCHS + 1)
    with patch.object(codes, "EPOCHS", codes.EPOCHS + 1):
        return scene, opened(scene.passport())


def another_key_of_that_kid() -> tuple[Scene, Passport]:
    """The event names a signer whose thumbprint only begins like that of the key."""
    scene = Scene()
    data = scene.maker.scan(codes.ACTION_COMMISSION, [label(CRATE)])
    digest = record.decode(data, scene.world.ledger).digest
    event = Event(0, 0, 1, digest, scene.maker.signer.kid + bytes(24), codes.ACTION_COMMISSION,
                  None, [])
    head = state.first_head(CRATE)
    known = replace(item.unborn(CRATE), status=item.ACTIVE, length=1,
                    head=state.next_head(head, event.encode()))
    return scene, replace(
        of_own_ledger(scene, state.item_key(CRATE), known.as_list()), records=(data,),
        chains=(Chain(CRATE, 0, head, (event,)),), keys=(scene.maker.signer.public_key,))


def of_own_ledger(scene: Scene, key: bytes, value: list[object]) -> Passport:
    """Of a ledger whose state is one pair: that leaf is the root."""
    encoded = cbor.encode(value, utf8=True)
    pair = StatePair(key, encoded, StateProof(b"\0", (), None))
    root = root_from_proof(key, encoded, pair.proof)
    signed = checkpoints.sign(Checkpoint(scene.world.ledger, 0, bytes(32), 1, 1, bytes(32), root,
                                         checkpoints.revoked_hash([])), LEDGER_KEY)
    return Passport(CRATE, scene.world.ledger, LEDGER_KEY.public_key, signed, (), [], (pair,), (),
                    (), None, scene.world.maker[1].public_key, (), (), ())


def rerooted(scene: Scene, content: Passport, changed: dict[bytes, bytes | None]) -> Passport:
    """As if the ledger held other values, in a state that proves them."""
    values = {pair.key: pair.value for pair in content.proofs} | changed
    store, tree = MemoryStore(), StateTree()
    held = {key: value for key, value in values.items() if value is not None}
    tree.update({path_of(key): leaf_hash(path_of(key), value) for key, value in held.items()},
                store.bucket)
    for key, value in held.items():
        store._put(key, value)
    prover, before = Prover(store, tree), scene.world.engine.checkpoint()
    assert before is not None
    return replace(
        content, proofs=tuple(StatePair(key, *prover.prove(key)) for key in sorted(values)),
        checkpoint=checkpoints.sign(replace(before, state_root=tree.root()),
                                    scene.world.ledger_signer))


# name -> (what makes scene and passport, fields one of which must be named)
LIES: dict[str, tuple[Callable[[], tuple[Scene, Passport]], tuple[str, ...]]] = {
    "fork beside a gap": (fork_beside_a_gap, ("telemetry[0]",)),
    "closing fork": (closing_fork, ("telemetry[0]",)),
    "clock ahead": (clock_ahead, ("telemetry", "proofs")),
    "until a clock ahead": (until_a_clock_ahead, ("proofs",)),
    "until a boot ahead": (until_a_boot_ahead, ("proofs",)),
    "from a clock behind": (from_a_clock_behind, ("proofs", "telemetry")),
    "began anew too often": (began_anew_too_often, ("telemetry",)),
    "another key of that kid": (another_key_of_that_kid, ("keys",)),
}
