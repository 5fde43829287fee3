"""Readers see one commit each, and never wait for the writer."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import state, state_tree
from ledger_client.core.state_tree import StateTree
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.service import snapshots
from ledger_client.service.snapshots import Announcements, AnnouncingStore, Readers, SnapshotReader
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes
from tests.world import Device, World, pack, pack_symbol

WAIT_S = 10


class Written:
    """A ledger that a test writes while readers read."""

    def __init__(self, path: Path) -> None:
        world = World(store=SqliteStore.create(path)).found()
        self.device: Device = world.device("maker scanner", world.maker)
        world.engine.close()
        self.announcements = Announcements()
        self.committed = 0
        self.store = AnnouncingStore(path, self.announcements, self._count)
        world.engine = EmbeddedLedger(self.store, world.ledger_signer, lambda: world.now_ms)
        self.world = world
        self.readers = Readers(path, self.announcements)

    def _count(self) -> None:
        self.committed += 1

    def write(self) -> None:
        self.world.block(self.device.scan(codes.ACTION_COMMISSION, [
            pack_symbol(f"S{self.device.seq:05}")]))

    def close(self) -> None:
        self.readers.close()
        self.world.engine.close()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    made = Written(tmp_path / "ledger.db")
    yield made
    made.close()


def proven(reader: SnapshotReader, key: bytes) -> bytes | None:
    """The value, after its proof was checked against the newest checkpoint."""
    value, proof = reader.prover().prove(key)
    checkpoint = checkpoints.decode(reader.signed_checkpoint().checkpoint)
    assert state_tree.root_from_proof(key, value, proof) == checkpoint.state_root
    return value


def test_every_proof_is_of_the_newest_commit(written: Written) -> None:
    for number in range(20):
        key = state.item_key(pack(f"S{number:05}"))
        assert written.readers.ask(partial(proven, key=key)).result() is None
        written.write()
        assert written.readers.ask(partial(proven, key=key)).result() is not None
    assert written.committed == 20


def test_a_snapshot_stays_while_the_writer_goes_on(written: Written) -> None:
    key = state.item_key(pack("S00001"))
    began, go_on = threading.Event(), threading.Event()

    def look_twice(reader: SnapshotReader) -> list[object]:
        seen: list[object] = [reader.checkpoint(), proven(reader, key)]
        began.set()
        assert go_on.wait(WAIT_S)
        return [*seen, reader.checkpoint(), proven(reader, key)]

    answer = written.readers.ask(look_twice)
    assert began.wait(WAIT_S)
    written.write()
    written.write()
    go_on.set()
    before, value, after, value_after = answer.result(WAIT_S)
    assert (before, value) == (after, value_after)
    assert value is None
    assert written.readers.ask(partial(proven, key=key)).result() is not None


def test_readers_do_not_wait_for_a_commit_under_way(written: Written) -> None:
    connection = written.store._connection
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO chain VALUES ('x', 0, x'00')")
    answered = written.readers.ask(partial(proven, key=state.members_key()))
    assert answered.result(WAIT_S) is not None
    connection.execute("ROLLBACK")


def test_a_failed_commit_leaves_readers_where_they_were(written: Written) -> None:
    written.write()
    written.announcements.announce(written.committed + 4, [(7, bytes(range(32)), 9)])
    assert written.readers.ask(partial(proven, key=state.members_key())).result()
    written.write()  # the next batch takes the number of the one that failed
    assert written.readers.ask(partial(proven, key=state.members_key())).result()


def test_a_reader_far_behind_reads_all_anew(written: Written,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "ANNOUNCED", 2)
    key = state.item_key(pack("S00001"))
    reader = SnapshotReader(SqliteStore(written.store.path, readonly=True), written.announcements)
    with reader.store.snapshot():
        assert proven(reader, key) is None
    for _ in range(5):
        written.write()
    assert written.announcements.between(3, 8) is None
    with reader.store.snapshot():
        assert proven(reader, key) is not None
    reader.close()


def test_announcements_are_what_changed() -> None:
    announcements = Announcements()
    for number in range(4, 8):
        announcements.announce(number, [(number, bytes(32), 1)])
    assert announcements.between(4, 6) == [(5, bytes(32), 1), (6, bytes(32), 1)]
    assert announcements.between(6, 6) == []
    assert announcements.between(2, 5) is None


def test_a_tree_follows_another(written: Written) -> None:
    follower = StateTree(written.store.buckets())
    for number in range(4, 9):
        written.write()
        changed = written.announcements.between(number - 1, number)
        assert changed
        follower.put(changed)
        assert follower.root() == StateTree(written.store.buckets()).root()


def test_a_snapshot_ends_when_its_reader_fails(written: Written) -> None:
    def fail(reader: SnapshotReader) -> None:
        reader.checkpoint()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        written.readers.ask(fail).result(WAIT_S)
    written.write()
    checkpoint = written.readers.ask(lambda reader: reader.checkpoint()).result(WAIT_S)
    assert checkpoint == written.world.engine.checkpoint()

