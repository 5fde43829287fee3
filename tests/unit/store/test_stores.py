"""Memory and SQLite are twins: the same sequence gives the same state, however it is split."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger_client.core import item
from ledger_client.core.history import decode_event
from ledger_client.errors import DamagedStore, UsageError
from ledger_client.node import reapply
from ledger_client.store import sqlite
from ledger_client.store.interface import Commit, Signed, Store
from ledger_client.store.memory import MemoryStore
from ledger_client.store.sqlite import SqliteStore
from tests.shift import PACKS, whole_way
from tests.world import CRATE, GTIN, World, pack


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" \
        else SqliteStore.create(tmp_path / "ledger.db")
    yield made
    made.close()


def everything(store: Store) -> tuple[object, ...]:
    """What a store holds, in one comparable value."""
    signed = store.checkpoint()
    items = [key.removeprefix(b"item/").decode() for key, _ in store.keys(b"item/")]
    return (signed, list(store.keys(b"")), sorted(row for row in store.buckets() if row[2]),
            {item: store.events(item) for item in items})


def test_twins_hold_the_same_after_the_same_way(tmp_path: Path) -> None:
    worlds = [World(store=made).found() for made in
              (MemoryStore(), SqliteStore.create(tmp_path / "ledger.db"))]
    for world in worlds:
        whole_way(world)
    assert everything(worlds[0].store) == everything(worlds[1].store)
    worlds[1].store.close()


def test_how_entries_are_split_into_calls_does_not_change_the_state(store: Store) -> None:
    """Same time, same entries: one call or many, the state root is the same."""
    source = World().found()
    way = whole_way(source)
    log = [source.store.entry(number) for number in range(20)]
    entries = [entry for entry in log if entry is not None]
    draw = random.Random(5)
    roots = set()
    for _ in range(4):
        world = World()
        world.now_ms = source.now_ms
        rest = list(entries)
        while rest:
            size = draw.randint(1, len(rest))
            world.register(*rest[:size])
            rest = rest[size:]
        checkpoint = world.engine.checkpoint()
        assert checkpoint is not None
        roots.add(checkpoint.state_root)
    assert len(roots) == 1
    assert way.maker.seq > 0
    assert store.checkpoint() is None


def test_a_store_reads_what_was_committed(store: Store) -> None:
    world = World(store=store).found()
    whole_way(world)
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    for number in range(checkpoint.size):
        receipt = world.engine.receipt(number)
        assert receipt
    assert store.entry(checkpoint.size) is None
    assert store.checkpoint(checkpoint.number + 1) is None
    assert store.checkpoint_covering(checkpoint.size) is None


class TestSqliteFile:
    def made(self, tmp_path: Path) -> Path:
        SqliteStore.create(tmp_path / "ledger.db").close()
        return tmp_path / "ledger.db"

    def test_it_has_one_writer(self, tmp_path: Path) -> None:
        path = self.made(tmp_path)
        first = SqliteStore(path, readonly=False)
        with pytest.raises(UsageError, match="one writer"):
            SqliteStore(path, readonly=False)
        SqliteStore(path, readonly=True).close()
        first.close()
        SqliteStore(path, readonly=False).close()

    @pytest.mark.parametrize(("less", "says"), [(1, "newer Coldseal.*Install that version"),
                                                (-1, "older Coldseal.*ledger import")])
    def test_another_schema_is_refused_by_name(self, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch, less: int,
                                               says: str) -> None:
        path = self.made(tmp_path)
        monkeypatch.setattr(sqlite, "SCHEMA_VERSION", sqlite.SCHEMA_VERSION - less)
        for readonly in (True, False):
            with pytest.raises(UsageError, match=says):
                SqliteStore(path, readonly=readonly)

    @pytest.mark.parametrize("damage", [
        lambda path: path.write_bytes(b"no database at all, but long enough to look at" * 20),
        lambda path: path.write_bytes(b"")])
    def test_another_file_is_refused(self, tmp_path: Path,
                                     damage: Callable[[Path], object]) -> None:
        path = self.made(tmp_path)
        for extra in tmp_path.glob("ledger.db-*"):
            extra.unlink()
        damage(path)
        with pytest.raises(UsageError, match="not a ledger file"):
            SqliteStore(path, readonly=False)

    def test_an_existing_file_is_never_overwritten(self, tmp_path: Path) -> None:
        path = self.made(tmp_path)
        with pytest.raises(UsageError, match="is there already"):
            SqliteStore.create(path)

    def test_only_its_owner_reads_it_and_the_files_beside_it(self, tmp_path: Path) -> None:
        before = os.umask(0o022)
        try:
            world = World(store=SqliteStore.create(tmp_path / "ledger.db")).found()
        finally:
            os.umask(before)
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
        assert modes == dict.fromkeys(["ledger.db", "ledger.db-wal", "ledger.db-shm",
                                       "ledger.db.lock"], 0o600)
        world.engine.close()

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no such ledger file"):
            SqliteStore(tmp_path / "none.db", readonly=True)


def test_events_are_found_by_what_they_link(store: Store) -> None:
    """Also those whose children have left it since; and packs by their lot."""
    world = World(store=store).found()
    whole_way(world)
    packs = [pack(serial) for serial in PACKS[:10]]
    linked = list(store.linking(CRATE))
    assert sorted({one for one, *_ in linked if one in packs}) == sorted(packs)
    assert pack(PACKS[10]) not in {one for one, *_ in linked}
    assert linked == sorted(linked)
    assert all(store.events(one)[number] == event for one, number, event in linked)
    assert list(store.linking("https://id.gs1.org/00/395060001340000094")) == []
    of_lot = {one for one, *_ in store.linking(item.lot_uri(GTIN, "LOT42A"))}
    assert of_lot == {pack(serial) for serial in PACKS}


def test_a_chain_is_read_in_parts(store: Store) -> None:
    whole_way(World(store=store).found())
    whole = store.events(CRATE)
    assert len(whole) > 3
    for first in range(len(whole) + 2):
        assert store.events(CRATE, first) == whole[first:]
        for count in (0, 1, 2, len(whole)):
            assert store.events(CRATE, first, count) == whole[first:first + count]
    assert store.events("https://id.gs1.org/00/395060001340000094") == []


def test_keys_are_listed_by_how_they_begin(store: Store) -> None:
    """However long they are, and whatever byte follows."""
    keys = [b"a", b"a\xff", b"a\xff" + b"\xff" * 80, b"b", b"\xff", b"\xff" * 90]
    signed = Signed(b"", b"", b"")
    store.commit(Commit(0, [], [], dict.fromkeys(keys, b"v"), [], [], 0, 0, signed))
    for prefix in (b"", b"a", b"a\xff", b"\xff", b"\xff\xff", b"c"):
        assert [key for key, _ in store.keys(prefix)] == \
            [key for key in sorted(keys) if key.startswith(prefix)], prefix


def test_events_are_found_by_their_entry(store: Store) -> None:
    world = World(store=store).found()
    whole_way(world)
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    found = [row for entry in range(checkpoint.size) for row in store.happened(entry)]
    uris = {key.removeprefix(b"item/").decode() for key, _ in store.keys(b"item/")}
    assert sorted(found) == sorted((uri, number, event) for uri in uris
                                   for number, event in enumerate(store.events(uri)))
    assert all(decode_event(event).entry == entry for entry in range(checkpoint.size)
               for *_, event in store.happened(entry))
    assert list(store.happened(checkpoint.size)) == []


class TestIndex:
    """Of a file: it follows from the chains."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "ledger.db"
        world = World(store=SqliteStore.create(path)).found()
        whole_way(world)
        world.engine.close()
        return path

    @pytest.mark.parametrize("damage", [
        "DELETE FROM link WHERE (other, item, number) IN (SELECT * FROM link LIMIT 1)",
        "DELETE FROM happened WHERE entry = (SELECT max(entry) FROM happened)",
        "UPDATE name SET uri = uri || 'X' WHERE id = 3"])
    def test_verifying_sees_what_is_missing(self, path: Path, damage: str) -> None:
        store = SqliteStore(path, readonly=False)
        assert store._connection.execute(damage).rowcount
        with pytest.raises(DamagedStore, match="index of"):
            reapply.reapply(store)
        store.close()
