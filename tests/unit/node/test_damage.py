"""A ledger file or an archive that is not what was written: verifying names the place.

Each case changes one thing as whoever has the file could, with sqlite3 or a byte editor.
"""

import io
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import merkle, statement
from ledger_client.core.checkpoint import Cosignature
from ledger_client.errors import ColdsealError, DamagedStore, InvalidData, UsageError
from ledger_client.node import archive, pruning, reapply
from ledger_client.node.embedded import LedgerReader
from ledger_client.store.memory import MemoryStore
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import cbor, codes
from tests.world import CRATE, World, label, pack, pack_symbol, signer

WITNESS = signer("witness")
BLOCK = 4  # the entry that is the first block: genesis, endorse, gateway and scanner stand before
FLIP = "CAST(substr({0}, 1, {1}) || x'{2}' || substr({0}, {1} + 2) AS BLOB)"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger file with two blocks, items, a finding and a cosigned checkpoint."""
    path = tmp_path_factory.mktemp("original") / "ledger.db"
    world = World(store=SqliteStore.create(path), witnesses=[WITNESS]).found()
    device = world.device("scanner", world.maker)
    world.block(*[device.scan(codes.ACTION_COMMISSION, [symbol])
                  for symbol in (pack_symbol("S1"), pack_symbol("S2"), label(CRATE),
                                 pack_symbol("S1"))])
    world.block(device.scan(codes.ACTION_PACK, [pack_symbol("S1")], parent=label(CRATE)))
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    world.store.add_cosignature(checkpoint.number, WITNESS.thumbprint, checkpoints.cosign(
        Cosignature(checkpoint.app_hash(), 2, world.now_ms), world.ledger, WITNESS))
    world.engine.close()
    verified(path)
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "ledger.db"
    with sqlite3.connect(original) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    return copy


def changed(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for one in statements:
        assert connection.execute(one).rowcount, one
    connection.commit()
    connection.close()


def verified(path: Path) -> None:
    store = SqliteStore(path, readonly=True)
    try:
        reapply.reapply(store)
    finally:
        store.close()


def flip(table: str, column: str, where: str, at: int) -> str:
    """An UPDATE that replaces one byte of a blob."""
    return f"UPDATE {table} SET {column} = " + FLIP.format(column, at, "00") + f" WHERE {where}"


CASES = {
    "a byte of a statement": ([flip("entry", "statement", "number = 2", 80)], "entry 2:"),
    "a byte of genesis": ([flip("entry", "statement", "number = 0", 300)], "entry 0:"),
    "a statement that is none": (["UPDATE entry SET statement = x'80' WHERE number = 3"],
                                 "entry 3:"),
    "a row that is missing": (["DELETE FROM entry WHERE number = 2"], "entry 2:"),
    "the last row": (["DELETE FROM entry WHERE number = 5"], "entry 5:"),
    "two entries swapped": (["UPDATE entry SET number = 99 WHERE number = 1",
                             "UPDATE entry SET number = 1 WHERE number = 2",
                             "UPDATE entry SET number = 2 WHERE number = 99"], "entry 1:"),
    "an entry that nobody registered": (
        ["INSERT INTO entry SELECT 6, statement, NULL FROM entry WHERE number = 2"], "entry 6:"),
    "a byte of a record": ([flip("entry", "body", f"number = {BLOCK}", 100)],
                           f"entry {BLOCK}, leaf 0:"),
    "a byte of a later record": ([flip("entry", "body", f"number = {BLOCK}", 500)],
                                 f"entry {BLOCK}, leaf 2:"),
    "a body that is none": ([f"UPDATE entry SET body = x'80' WHERE number = {BLOCK}"],
                            f"entry {BLOCK}:"),
    "a body of another block": (
        [f"UPDATE entry SET body = (SELECT body FROM entry WHERE number = {BLOCK + 1}) "
         f"WHERE number = {BLOCK}"], f"entry {BLOCK}, leaf 0:"),
    "a body without an archive": ([f"UPDATE entry SET body = NULL WHERE number = {BLOCK}"],
                                  f"entry {BLOCK}: its body was pruned"),
    "a body beside a statement": (["UPDATE entry SET body = x'80' WHERE number = 2"], "entry 2:"),
    "a hash of the log": ([flip("node", "hash", "level = 0 AND position = 2", 3)], "entry 2:"),
    "a hash above it": ([flip("node", "hash", "level = 1 AND position = 0", 3)],
                        "log node 1, 0:"),
    "a hash that is missing": (["DELETE FROM node WHERE level = 0 AND position = 3"],
                               "log node 0, 3:"),
    "a hash too many": (["INSERT INTO node VALUES (5, 0, zeroblob(32))"], "log nodes:"),
    "a byte of a checkpoint": ([flip("checkpoint", "checkpoint", "number = 2", 60)],
                               "checkpoint 2:"),
    "a checkpoint that is none": (["UPDATE checkpoint SET checkpoint = x'80' WHERE number = 2"],
                                  "checkpoint 2:"),
    "a byte of its statement": ([flip("checkpoint", "statement", "number = 2", 300)],
                                "checkpoint 2:"),
    "the statement of another": (
        ["UPDATE checkpoint SET statement = (SELECT statement FROM checkpoint WHERE number = 1) "
         "WHERE number = 2"], "checkpoint 2:"),
    "a byte of the signature of receipts": (
        [flip("checkpoint", "receipt_signature", "number = 2", 5)], "checkpoint 2:"),
    "a checkpoint that is missing": (["DELETE FROM checkpoint WHERE number = 2"],
                                     "checkpoint 2:"),
    "the newest checkpoint": (["DELETE FROM checkpoint WHERE number = 5"], "entry 5:"),
    "every checkpoint": (["DELETE FROM checkpoint"], "checkpoint"),
    "the size that finds it": (["UPDATE checkpoint SET size = 40 WHERE number = 5"],
                               "checkpoint 5:"),
    "a value": (["UPDATE state SET value = x'80' WHERE key = CAST('members' AS BLOB)"],
                "state members:"),
    "a value that is missing": (["DELETE FROM state WHERE key = CAST('revoked' AS BLOB)"],
                                "state revoked:"),
    "a value too many": (["INSERT INTO state VALUES (zeroblob(32), CAST('x' AS BLOB), x'80')"],
                         "state x:"),
    "the path that finds a value": (
        ["UPDATE state SET path = zeroblob(32) WHERE key = CAST('members' AS BLOB)"],
        "state members:"),
    "a bucket": (["UPDATE bucket SET digest = zeroblob(32) WHERE prefix = "
                  "(SELECT min(prefix) FROM bucket WHERE count > 0)"], "state tree:"),
    "a bucket that is missing": (["DELETE FROM bucket WHERE count > 0"], "state tree:"),
    "an event": ([flip("chain", "event", f"item = '{CRATE}' AND number = 0", 9)],
                 f"chain of {CRATE}:"),
    "an event that is missing": ([f"DELETE FROM chain WHERE item = '{pack('S1')}' AND number = 1"],
                                 f"chain of {pack('S1')}:"),
    "an event too many": ([f"INSERT INTO chain VALUES ('{CRATE}', 2, x'80')"],
                          f"chain of {CRATE}:"),
    "a chain of nothing": (["INSERT INTO chain VALUES ('https://id.gs1.org/00/1', 0, x'80')"],
                           "chains:"),
    "an entry beyond the next": (
        ["INSERT INTO entry SELECT 9, statement, NULL FROM entry WHERE number = 2"], "entries:"),
    "a key that no other is as long as": (
        ["INSERT INTO state VALUES (zeroblob(32), CAST(x'" + "ff" * 80 + "' AS BLOB), x'80')"],
        "state ffff"),
    "an empty bucket": (["INSERT INTO bucket VALUES ((SELECT min(number) FROM (SELECT prefix + 1 "
                         "AS number FROM bucket) WHERE number NOT IN (SELECT prefix FROM bucket)), "
                         "zeroblob(32), 0)"], "state tree:"),
    "a name of nothing": (["INSERT INTO name VALUES (99, 'https://id.gs1.org/00/1')"], "names:"),
    "a link to nothing": (["INSERT INTO link SELECT other, item, 99 FROM link LIMIT 1"], "links:"),
    "an event of an entry to come": (
        ["INSERT INTO happened SELECT 6, item, number FROM happened LIMIT 1"], "happenings:"),
    "a cosignature of a checkpoint to come": (
        ["INSERT INTO cosignature SELECT 6, witness, statement FROM cosignature"],
        "cosignatures:"),
    "a cosignature that stands there twice": (
        ["INSERT INTO cosignature SELECT number, x'00', statement FROM cosignature"],
        "cosignature of checkpoint 5:"),
    "a cosignature as another witness's": (["UPDATE cosignature SET witness = x'00'"],
                                           "cosignature of checkpoint 5:"),
    "a byte of a cosignature": ([flip("cosignature", "statement", "number = 5", 250)],
                                "cosignature of checkpoint 5:"),
    "a cosignature of another checkpoint": (["UPDATE cosignature SET number = 4"],
                                            "cosignature of checkpoint 4:"),
}


@pytest.mark.parametrize(("statements", "place"), CASES.values(), ids=list(CASES))
def test_verifying_names_what_was_changed(path: Path, statements: list[str], place: str) -> None:
    changed(path, *statements)
    with pytest.raises(DamagedStore) as caught:
        verified(path)
    assert caught.value.detail.startswith(place.rstrip(":")), caught.value


@pytest.mark.parametrize(("statement", "place"), [
    ("CREATE TRIGGER t AFTER INSERT ON chain BEGIN DELETE FROM link; END", "trigger t"),
    ("CREATE VIEW v AS SELECT 1", "view v"), ("CREATE TABLE more (x)", "table more"),
    ("CREATE INDEX more ON state (value)", "index more"),
    ("DROP INDEX state_key", "index state_key"),
    ("ALTER TABLE chain ADD COLUMN more TEXT", "table chain")])
def test_what_the_next_commit_would_trip_over_is_seen(path: Path, statement: str,
                                                      place: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.close()
    with pytest.raises(DamagedStore) as caught:
        verified(path)
    assert caught.value.field == place


def test_an_index_that_leaves_out_a_row_is_seen(path: Path) -> None:
    """The row is there, and is not listed: as a lost page would leave it, or a hand."""
    connection = sqlite3.connect(path)
    connection.executescript(
        "PRAGMA writable_schema=ON;"
        "UPDATE sqlite_master SET sql = sql || ' WHERE length(key) < 80' WHERE name = 'state_key';")
    connection.close()
    changed(path, "INSERT INTO state VALUES (zeroblob(32), zeroblob(80), x'80')")
    connection = sqlite3.connect(path)
    connection.executescript(
        "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, "
        "' WHERE length(key) < 80', '') WHERE name = 'state_key';")
    connection.close()
    with pytest.raises(DamagedStore, match="state_key"):
        verified(path)


@pytest.mark.parametrize("keep", [0, 100, 4096, 40_000])
def test_a_file_that_was_cut_is_refused_in_words(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ColdsealError):
        verified(path)


@pytest.mark.parametrize("page", range(1, 12))
def test_a_page_that_was_lost_is_seen(path: Path, page: int) -> None:
    """As a bad block of a card would leave it."""
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    data[page * size:(page + 1) * size] = bytes(size)
    path.write_bytes(bytes(data))
    with pytest.raises((ColdsealError, sqlite3.DatabaseError)):
        verified(path)


def test_the_command_says_in_words_that_the_file_is_damaged(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(bytes(4096))
    done = subprocess.run([sys.executable, "-m", "edge_gateway", "ledger", "verify", path],
                          capture_output=True, text=True)
    assert (done.returncode, "backup or archive" in " ".join(done.stderr.split())) == (1, True)


# --- archives


@pytest.fixture
def exported(original: Path, tmp_path: Path) -> Path:
    target = tmp_path / "log.archive"
    store = SqliteStore(original, readonly=True)
    with target.open("wb") as file:
        archive.write(store, file)
    store.close()
    return target


def batches(path: Path) -> list[list[object]]:
    data = path.read_bytes()
    _, at = cbor.read(data, 0)
    found = []
    while at < len(data):
        value, at = cbor.read(data, at)
        assert isinstance(value, list)
        found.append(value)
    return found


def rewritten(path: Path, parts: list[list[object]]) -> None:
    path.write_bytes(cbor.encode([archive.NAME, archive.VERSION])
                     + b"".join(cbor.encode(part) for part in parts))


def imported(path: Path) -> None:
    reapply.replay(archive.read(path), MemoryStore())


def test_every_archive_that_was_cut_says_where(exported: Path) -> None:
    """At the end of a batch it is a shorter log, and a log all the same."""
    data = exported.read_bytes()
    ends = list(_ends(data))
    for keep in range(0, len(data), 37):
        exported.write_bytes(data[:keep])
        if keep not in ends:
            with pytest.raises(InvalidData, match="byte"):
                imported(exported)


def _ends(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        _, at = cbor.read(data, at)
        yield at


def test_no_flipped_byte_of_an_archive_is_imported(exported: Path) -> None:
    data = exported.read_bytes()
    for at in range(0, len(data), 41):
        exported.write_bytes(data[:at] + bytes((data[at] ^ 4,)) + data[at + 1:])
        with pytest.raises(InvalidData):
            imported(exported)


def test_an_archive_with_a_batch_left_out_swapped_or_doubled(exported: Path) -> None:
    parts = batches(exported)
    for wrong, place in (
            (parts[:2] + parts[3:], "checkpoint 2"), (parts[1:], "entry 0"),
            ([parts[0], parts[2], parts[1], *parts[3:]], "checkpoint 1"),
            ([*parts[:3], parts[2], *parts[3:]], "checkpoint 3")):
        rewritten(exported, wrong)
        with pytest.raises(InvalidData, match=place):
            imported(exported)


def test_importing_names_the_entry_that_the_rules_refuse(exported: Path) -> None:
    parts = batches(exported)
    entries = parts[BLOCK][2]
    assert isinstance(entries, list)
    entries[0][1] = None
    rewritten(exported, parts)
    with pytest.raises(DamagedStore, match=f"entry {BLOCK}"):
        imported(exported)


# --- pruning


def test_pruning_believes_no_archive_that_differs(path: Path, exported: Path) -> None:
    parts = batches(exported)
    store = SqliteStore(path, readonly=False)
    try:
        for change, rule in ((_another_statement, "entry"), (_another_body, "archive.body")):
            rewritten(exported, parts)
            wrong = batches(exported)
            change(wrong)
            rewritten(exported, wrong)
            with pytest.raises(InvalidData, match=rule):
                pruning.prune(LedgerReader(store), archive.read(exported), -1)
        assert all(entry.body for number in (BLOCK, BLOCK + 1)
                   if (entry := store.entry(number)))
        rewritten(exported, parts)
        assert pruning.prune(LedgerReader(store), archive.read(exported), -1) == 2
        assert pruning.prune(LedgerReader(store), archive.read(exported), -1) == 0
        with pytest.raises(UsageError, match="pruned"):
            archive.write(store, io.BytesIO())
    finally:
        store.close()


def _another_statement(parts: list[list[object]]) -> None:
    parts[BLOCK][2] = parts[BLOCK + 1][2]


def _another_body(parts: list[list[object]]) -> None:
    entries, others = parts[BLOCK][2], parts[BLOCK + 1][2]
    assert isinstance(entries, list)
    assert isinstance(others, list)
    entries[0] = [entries[0][0], others[0][1]]


def test_pruned_bodies_are_checked_from_the_archive(path: Path, exported: Path) -> None:
    store = SqliteStore(path, readonly=False)
    pruning.prune(LedgerReader(store), archive.read(exported), -1)
    bodies = [entry.body for batch in archive.read(exported) for entry in batch.entries]
    reapply.reapply(store, bodies=lambda number: bodies[number])
    swapped = {BLOCK: bodies[BLOCK + 1], BLOCK + 1: bodies[BLOCK]}
    with pytest.raises(DamagedStore, match=f"entry {BLOCK}, leaf 0"):
        reapply.reapply(store, bodies=swapped.get)
    store.close()


def test_a_cosignature_that_does_not_hold_allows_no_pruning(path: Path, exported: Path) -> None:
    changed(path, flip("cosignature", "statement", "number = 5", 250))
    store = SqliteStore(path, readonly=False)
    with pytest.raises(InvalidData):
        pruning.prune(LedgerReader(store), archive.read(exported), -1)
    store.close()


def test_the_cases_are_about_what_is_there(original: Path) -> None:
    reader = LedgerReader(SqliteStore(original, readonly=True))
    assert [statement.parse(reader.statement(number)).kind for number in range(6)] == [
        "genesis", "endorse", "enrol", "enrol", "block", "block"]
    assert merkle.leaf_hash(statement.entry_hash(reader.statement(0))) == reader.store.node(0, 0)
    reader.close()
