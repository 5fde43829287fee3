"""Passports that no honest maker makes, each with one lie in it, and where the lie stands."""

from collections.abc import Callable
from dataclasses import replace

from ledger_client.core import block, item, merkle, state
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.item import Event
from ledger_client.core.passport import Chain, LogProof, Passport, RecordProof, StatePair
from ledger_client.core.state_tree import StateProof, root_from_proof
from ledger_client.wire import codes, record
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
        of_own_ledger(scene, state.item_key(CRATE), known), records=(data,),
        chains=(Chain(CRATE, 0, head, (event,)),), keys=(scene.maker.signer.public_key,))


def of_own_ledger(scene: Scene, key: bytes, value: state.Stored) -> Passport:
    """Of a ledger whose state is one pair: that leaf is the root."""
    view = state.View(lambda _: None)
    view.store(key, value)
    encoded = view.read(key)
    assert encoded is not None
    pair = StatePair(key, encoded, StateProof(b"\0", (), None))
    root = root_from_proof(key, encoded, pair.proof)
    signed = checkpoints.sign(Checkpoint(scene.world.ledger, 0, bytes(32), 1, 1, bytes(32), root,
                                         checkpoints.revoked_hash([])), LEDGER_KEY)
    return Passport(CRATE, scene.world.ledger, LEDGER_KEY.public_key, signed, (), [], (pair,), (),
                    [], None, scene.world.maker[1].public_key, (), (), ())


# name -> (what makes scene and passport, fields one of which must be named)
LIES: dict[str, tuple[Callable[[], tuple[Scene, Passport]], tuple[str, ...]]] = {
    "clock ahead": (clock_ahead, ("telemetry", "proofs")),
    "another key of that kid": (another_key_of_that_kid, ("keys",)),
}
