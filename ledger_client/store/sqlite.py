"""A ledger in one SQLite file: WAL, synchronous=FULL, one transaction per batch."""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from ledger_client.core import state_tree
from ledger_client.core.entry import Submission
from ledger_client.errors import DamagedStore
from ledger_client.store import chain_index, database
from ledger_client.store.interface import Commit, Signed

SCHEMA_VERSION = 3  # 2: with an index of the chains; 3: state values of another form
APPLICATION_ID = 0x434C6467  # "CLdg"
_SCHEMA = "schema.sql"
_BUCKET_BYTES = state_tree.PREFIX_BITS // 8


class SqliteStore:
    """Reads go to the connection of the thread that opened it; a reader process opens its own."""

    def __init__(self, path: Path, *, readonly: bool) -> None:
        self.path = path
        self._lock = None if readonly else database.WriterLock(path)
        try:
            self._connection = database.connect(
                path, what="ledger file", application_id=APPLICATION_ID, version=SCHEMA_VERSION,
                readonly=readonly)
        except BaseException:
            self._release()
            raise

    @classmethod
    def create(cls, path: Path) -> "SqliteStore":
        database.create(path, package=__package__, schema=_SCHEMA,
                        application_id=APPLICATION_ID, version=SCHEMA_VERSION)
        return cls(path, readonly=False)

    def commit(self, commit: Commit) -> None:
        with self._transaction():
            self._write(self._connection, commit)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @staticmethod
    def _write(connection: sqlite3.Connection, commit: Commit) -> None:
        connection.executemany(
            "INSERT INTO entry VALUES (?, ?, ?)",
            [(number, entry.statement, entry.body)
             for number, entry in enumerate(commit.entries, commit.first_entry)])
        connection.executemany("INSERT INTO node VALUES (?, ?, ?)", commit.nodes)
        connection.executemany(
            "INSERT INTO state VALUES (?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET value = excluded.value",
            [(state_tree.path_of(key), key, value)
             for key, value in commit.changes.items() if value is not None])
        connection.executemany(
            "DELETE FROM state WHERE path = ?",
            [(state_tree.path_of(key),)
             for key, value in commit.changes.items() if value is None])
        connection.executemany("INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)", commit.buckets)
        connection.executemany("INSERT INTO chain VALUES (?, ?, ?)",
                               [(one.item, one.number, one.event) for one in commit.events])
        chain_index.add(connection, commit.events)
        connection.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?)",
                           (commit.number, commit.size, commit.signed.checkpoint,
                            commit.signed.statement, commit.signed.receipt_signature))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads inside see one commit, whatever the writer does meanwhile."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def get(self, key: bytes) -> bytes | None:
        row = self._one("SELECT value FROM state WHERE path = ?", state_tree.path_of(key))
        return None if row is None else row[0]

    def keys(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        end = _after(prefix)
        where, bounds = ("", (prefix,)) if end is None else (" AND key < ?", (prefix, end))
        yield from self._connection.execute(
            f"SELECT key, value FROM state WHERE key >= ?{where} ORDER BY key",  # noqa: S608
            bounds)

    def bucket(self, prefix: int) -> Mapping[bytes, bytes]:
        low = prefix.to_bytes(_BUCKET_BYTES, "big")
        rows = self._connection.execute(
            "SELECT path, value FROM state WHERE path >= ? AND path <= ?",
            (low, low + b"\xff" * (32 - _BUCKET_BYTES)))
        return {path: state_tree.leaf_hash(path, value) for path, value in rows}

    def buckets(self) -> Iterator[tuple[int, bytes, int]]:
        yield from self._connection.execute("SELECT prefix, digest, count FROM bucket")

    def value_digest(self, path: bytes) -> bytes:
        row = self._one("SELECT value FROM state WHERE path = ?", path)
        assert row is not None
        return hashlib.sha256(row[0]).digest()

    def entry(self, number: int) -> Submission | None:
        row = self._one("SELECT statement, body FROM entry WHERE number = ?", number)
        return None if row is None else Submission(*row)

    def node(self, level: int, index: int) -> bytes:
        row = self._one("SELECT hash FROM node WHERE level = ? AND position = ?", level, index)
        if row is None:
            raise DamagedStore("store.node", f"log node {level}, {index}", "the row is missing")
        digest: bytes = row[0]
        return digest

    def events(self, item: str, first: int = 0, count: int | None = None) -> list[bytes]:
        rows = self._connection.execute(
            "SELECT event FROM chain WHERE item = ? AND number >= ? ORDER BY number LIMIT ?",
            (item, first, -1 if count is None else count))  # SQLite: below zero is no limit
        return [row[0] for row in rows]

    def linking(self, other: str) -> Iterator[tuple[str, int, bytes]]:
        return chain_index.linking(self._connection, other)

    def happened(self, entry: int) -> Iterator[tuple[str, int, bytes]]:
        return chain_index.happened(self._connection, entry)

    def checkpoint(self, number: int | None = None) -> Signed | None:
        where = "ORDER BY number DESC LIMIT 1" if number is None else "WHERE number = ?"
        return self._signed(where, *(() if number is None else (number,)))

    def checkpoint_covering(self, entry: int) -> Signed | None:
        return self._signed("WHERE size > ? ORDER BY size LIMIT 1", entry)

    def _signed(self, where: str, *values: object) -> Signed | None:
        row = self._one(
            f"SELECT checkpoint, statement, receipt_signature FROM checkpoint {where}",  # noqa: S608
            *values)
        return None if row is None else Signed(*row)

    def _one(self, query: str, *values: object) -> tuple[bytes, ...] | None:
        row: tuple[bytes, ...] | None = self._connection.execute(query, values).fetchone()
        return row

    def counts(self) -> dict[str, int]:
        tables = {"entries": "entry", "checkpoints": "checkpoint", "log nodes": "node",
                  "chains": "chain", "values": "state", "names": "name", "links": "link",
                  "happenings": "happened", "cosignatures": "cosignature"}
        return {name: self._connection.execute(
            f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  names from above
            for name, table in tables.items()}

    def add_cosignature(self, number: int, witness: bytes, statement: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO cosignature VALUES (?, ?, ?)",
                                 (number, witness, statement))

    def cosignatures(self, number: int) -> list[bytes]:
        rows = self._connection.execute(
            "SELECT statement FROM cosignature WHERE number = ? ORDER BY witness", (number,))
        return [row[0] for row in rows]

    def cosignature(self, number: int, witness: bytes) -> bytes | None:
        row = self._one("SELECT statement FROM cosignature WHERE number = ? AND witness = ?",
                        number, witness)
        return None if row is None else row[0]

    def check_form(self) -> None:
        schema = resources.files(__package__).joinpath(_SCHEMA).read_text()
        database.check_form(self._connection, schema)

    def prune(self, number: int) -> bool:
        return self._connection.execute("UPDATE entry SET body = NULL WHERE number = ? AND body "
                                        "IS NOT NULL", (number,)).rowcount > 0

    def close(self) -> None:
        self._connection.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()


def _after(prefix: bytes) -> bytes | None:
    """The first key after all that begin with `prefix`; None: there is none."""
    cut = prefix.rstrip(b"\xff")
    return cut[:-1] + bytes((cut[-1] + 1,)) if cut else None
