"""A ledger key that is rotated: each signature is the key's of its time, before, at and after."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge_gateway import audit
from edge_gateway.config import BrokerSettings, Settings
from edge_gateway.core.intake import NewRecord
from edge_gateway.ports.journal import Journal, SealedBlock
from edge_gateway.ports.ledger import EmbeddedRegistrar
from ledger_client import foreign
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, receipt, statement, witness
from ledger_client.core.signature import Signer
from ledger_client.errors import DamagedStore, InvalidData, Refused, UsageError, VerificationFailed
from ledger_client.node import reapply
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.store.interface import Signed
from ledger_client.store.memory import MemoryStore
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes, record
from tests.rotation import NEW, revoke_old, rotated, rotation
from tests.world import World, signer


@pytest.fixture
def world() -> World:
    return rotated(World().found())


def signers(world: World) -> list[bytes]:
    """Thumbprints of the signers of all checkpoints, oldest first."""
    return [statement.parse(signed.statement).issuer for signed in all_signed(world)]


def all_signed(world: World) -> list[Signed]:
    newest = world.engine.checkpoint()
    assert newest is not None
    found = [world.store.checkpoint(number) for number in range(newest.number + 1)]
    return [one for one in found if one is not None]


def test_the_rotation_is_the_last_thing_that_the_old_key_signs(world: World) -> None:
    old = world.ledger_signer.thumbprint
    assert signers(world) == [old] * (len(signers(world)) - 1) + [NEW.thumbprint]


def test_every_receipt_holds_under_the_key_that_signed_it(world: World) -> None:
    newest = world.engine.checkpoint()
    assert newest is not None
    keys = {world.ledger_signer.thumbprint: world.ledger_signer.public_key,
            NEW.thumbprint: NEW.public_key}
    issuers = []
    for number in range(newest.size):
        data = world.engine.receipt(number)
        entry_hash = statement.entry_hash(world.engine.statement(number))
        opened = receipt.decode(data)
        opened.verify(entry_hash, keys[opened.issuer])
        foreign.verify_receipt(data, entry_hash, foreign.p256_key(keys[opened.issuer]))
        issuers.append(opened.issuer)
    assert issuers == [world.ledger_signer.thumbprint] * (newest.size - 1) + [NEW.thumbprint]


def test_the_log_is_re_applied_across_the_rotation(world: World) -> None:
    reapply.reapply(world.store)


@pytest.mark.parametrize(("number", "forger"), [
    (-1, signer("ledger")), (-2, NEW), (1, NEW), (0, NEW)],
    ids=["the old key after its time", "the new key at the rotation", "and before it",
         "and at genesis"])
def test_a_checkpoint_signed_by_the_key_of_another_time_is_damage(
        world: World, number: int, forger: Signer) -> None:
    signed = all_signed(world)[number]
    checkpoint = checkpoints.decode(signed.checkpoint)
    assert isinstance(world.store, MemoryStore)
    world.store._checkpoints[checkpoint.number] = Signed(
        signed.checkpoint, checkpoints.sign(checkpoint, forger), signed.receipt_signature)
    with pytest.raises(DamagedStore, match=f"checkpoint {checkpoint.number}"):
        reapply.reapply(world.store)


def test_the_old_key_signs_nothing_after_it_was_replaced() -> None:
    world = World().found()
    world.register(rotation(world))
    before = world.engine.checkpoint()
    with pytest.raises(UsageError, match=NEW.thumbprint.hex()[:16]):
        world.enrol(codes.ROLE_GATEWAY, "second gateway", world.maker, [False])
    assert world.engine.checkpoint() == before
    after = EmbeddedLedger(world.store, NEW, lambda: world.now_ms)
    assert after.next_ledger_key().public_key == NEW.public_key
    assert after.ledger_key().public_key == world.ledger_signer.public_key, "of the newest one"


def test_a_stranger_cannot_begin_to_sign(world: World) -> None:
    engine = EmbeddedLedger(world.store, signer("stranger"), lambda: world.now_ms)
    with pytest.raises(UsageError, match="not the key"):
        engine.submit([world.state("endorse", world.pharmacy[0], "genesis", [1, world.ledger])])


def test_what_stands_in_the_same_batch_as_the_rotation_is_under_the_old_key() -> None:
    world = World().found()
    gateway = world.enrolment(codes.ROLE_GATEWAY, signer("second gateway"), world.maker, [False])
    world.register(rotation(world), gateway)
    assert signers(world)[-1] == world.ledger_signer.thumbprint
    reapply.reapply(world.store)


class TestKeysOfTheirTime:
    """`identity.checkpoint_key`, by which everybody finds the key of a receipt's issuer."""

    def test_past_and_present_keys_are_found(self, world: World) -> None:
        for key in (world.ledger_signer, NEW):
            assert identity.checkpoint_key(world.engine.view(), key.thumbprint, 1) \
                == key.public_key

    def test_other_keys_of_the_ledger_are_none(self, world: World) -> None:
        for key in (world.maker[0], world.gateway.signer):
            with pytest.raises(VerificationFailed, match="no ledger key"):
                identity.checkpoint_key(world.engine.view(), key.thumbprint, 1)
        with pytest.raises(Refused, match="unknown"):
            identity.checkpoint_key(world.engine.view(), signer("stranger").thumbprint, 1)

    def test_a_revoked_one_vouches_only_for_what_was_before(self, world: World) -> None:
        tainted_from = revoke_old(world, since=3)
        old, view = world.ledger_signer, world.engine.view()
        assert identity.checkpoint_key(view, old.thumbprint, tainted_from) == old.public_key
        with pytest.raises(VerificationFailed, match="revoked"):
            identity.checkpoint_key(view, old.thumbprint, tainted_from + 1)


class TestWitnesses:
    """Both levels hold the same memory; what differs is what they looked at."""

    def test_one_goes_on_under_the_new_key_that_its_operator_names(self, world: World) -> None:
        first, newest = all_signed(world)[0], all_signed(world)[-1]
        seen = witness.first_sight(checkpoints.decode(first.checkpoint),
                                   world.ledger_signer.public_key)
        size = checkpoints.decode(newest.checkpoint).size
        path = world.engine.consistency_path(seen.size, size)
        with pytest.raises(InvalidData, match="S2"):
            witness.extend(seen, newest.statement, path)
        after, opened = witness.extend(witness.under_key(seen, NEW.public_key), newest.statement,
                                       path)
        assert (after.size, after.ledger_key) == (opened.size, NEW.public_key)

    def test_a_fork_under_the_new_key_is_refused(self, world: World) -> None:
        """The new key's holder shows another history than the one that was seen."""
        newest = checkpoints.decode(all_signed(world)[-1].checkpoint)
        seen = witness.first_sight(newest, NEW.public_key)
        for change, rule in _FORKS:
            forged = change(newest)
            with pytest.raises(InvalidData, match=rule):
                witness.extend(seen, checkpoints.sign(forged, NEW), [])


Change = Callable[[checkpoints.Checkpoint], checkpoints.Checkpoint]


def _with(**changes: int | bytes) -> Change:
    return lambda one: checkpoints.Checkpoint(**{**vars(one), **changes})


_FORKS: list[tuple[Change, str]] = [
    (_with(state_root=bytes(32)), "witness.fork"), (_with(log_root=bytes(32)), "witness.fork"),
    (_with(number=1), "witness.older"), (_with(size=1), "witness.older"),
    (lambda one: _with(number=one.number + 1)(one), "witness.fork"),
    (lambda one: _with(number=one.number + 1, size=one.size + 1)(one), "merkle"),
]


def test_the_rotation_itself_is_judged_like_any_other() -> None:
    """A thief of the ledger key alone cannot rotate it: that is the root key's."""
    world = World().found()
    (answer,) = world.engine.submit([rotation(world, by=world.ledger_signer)])
    assert isinstance(answer, Refused)
    assert answer.rule == "S7"


def test_a_gateway_with_the_old_key_says_so_when_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    world = rotated(World(store=SqliteStore.create(path)).found())
    world.engine.close()
    with pytest.raises(UsageError, match="not the key that signs"):
        EmbeddedRegistrar(path, world.ledger_signer, lambda: None)
    EmbeddedRegistrar(path, NEW, lambda: None).close()



def test_a_gateways_receipts_of_before_and_after_are_audited(tmp_path: Path) -> None:
    """`coldseal gateway verify`, over a journal that lived through the rotation."""
    world = World(store=SqliteStore.create(tmp_path / "ledger.db")).found()
    device = world.device("scanner", world.maker)
    Journal.create(tmp_path / "journal.db", b"journal1")
    journal = Journal(tmp_path / "journal.db")
    _seal(journal, world, device.boot())
    rotated(world)
    _seal(journal, world, device.boot())
    journal.close()
    world.engine.close()
    world.gateway.signer.save(tmp_path / "gateway.key")
    counts = audit.verify_journal(Settings(
        tmp_path / "ledger.db", tmp_path / "journal.db", tmp_path / "gateway.key",
        BrokerSettings("127.0.0.1", 1883)), lambda done, total: None)
    assert counts["registered"] == 2


def _seal(journal: Journal, world: World, data: bytes) -> None:
    """A block of one record: registered, and with its receipt in the journal."""
    sealed = world.gateway.seal([data], world.now_ms)
    (registered,) = world.register(sealed)
    height = world.gateway.height
    journal.restore_block(
        SealedBlock(height, height, height, sealed.statement, registered.number,
                    registered.receipt),
        [(NewRecord(record.decode(data, world.ledger), data), world.now_ms)], b"journal1")
