"""The gateway's journal in SQLite: WAL, synchronous=FULL, group commit.

When `write` returns, its rows survive kill -9 and power loss; only then may anyone acknowledge
them.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_gateway.core.custody import Runs
from edge_gateway.core.intake import NewRecord, RefusedInput
from edge_gateway.core.sealing import UnsealedRow
from ledger_client.store import database

SCHEMA_VERSION = 1
APPLICATION_ID = 0x434C6A6E  # "CLjn"
REFUSED_ROWS = 10_000  # newest refused inputs kept for inspection; the counters go on
JOURNAL_ID_BYTES = 8


@dataclass(frozen=True)
class Row:
    """A record as it was received."""

    number: int
    kid: bytes
    epoch: int
    seq: int
    digest: bytes
    received_ms: int | None
    record: bytes


@dataclass(frozen=True)
class SealedBlock:
    """A block over rows first_row..last_row; `entry` and `receipt` once it is registered."""

    height: int
    first_row: int
    last_row: int
    statement: bytes
    entry: int | None
    receipt: bytes | None


@dataclass
class Writing:
    """What one group commit makes durable."""

    records: list[tuple[NewRecord, int]]
    duplicates: list[tuple[bytes, int, int]]
    refused: list[tuple[str, RefusedInput, int]]

    def empty(self) -> bool:
        return not (self.records or self.duplicates or self.refused)


class Journal:
    """One writing process per file; use an object from one thread.  `second` opens another
    connection for another thread of the process that holds the lock."""

    def __init__(self, path: Path, *, readonly: bool = False, second: bool = False) -> None:
        self.path = path
        self._lock = None if readonly or second else database.WriterLock(path)
        try:
            self._connection = database.connect(
                path, what="journal", application_id=APPLICATION_ID, version=SCHEMA_VERSION,
                readonly=readonly)
        except BaseException:
            self._release()
            raise

    @classmethod
    def create(cls, path: Path, journal_id: bytes) -> None:
        """Make an empty journal; its id must be random, and new after every restore."""
        assert len(journal_id) == JOURNAL_ID_BYTES
        database.create(path, package=__package__, schema="journal.sql",
                        application_id=APPLICATION_ID, version=SCHEMA_VERSION)
        journal = cls(path)
        journal._connection.execute("INSERT INTO meta VALUES ('journal_id', ?)", (journal_id,))
        journal.close()

    @property
    def journal_id(self) -> bytes:
        value: bytes = self._connection.execute(
            "SELECT value FROM meta WHERE name = 'journal_id'").fetchone()[0]
        return value

    def write(self, writing: Writing) -> None:
        """Make everything durable in one transaction, all or nothing."""
        with _transaction(self._connection) as connection:
            connection.executemany(
                "INSERT INTO row (kid, epoch, seq, digest, received_ms, record) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [(new.parsed.kid, new.parsed.epoch, new.parsed.seq, new.parsed.digest,
                  received_ms, new.data) for new, received_ms in writing.records])
            connection.executemany(
                "INSERT INTO duplicate VALUES (?, ?, ?, 1) "
                "ON CONFLICT (kid, epoch, seq) DO UPDATE SET count = count + 1",
                writing.duplicates)
            for topic, refused, received_ms in writing.refused:
                self._write_refused(connection, topic, refused, received_ms)

    @staticmethod
    def _write_refused(connection: sqlite3.Connection, topic: str, refused: RefusedInput,
                       received_ms: int) -> None:
        connection.execute(
            "INSERT INTO refused (received_ms, topic, rule, detail, data) VALUES (?, ?, ?, ?, ?)",
            (received_ms, topic, refused.rule, refused.detail, refused.data))
        connection.execute("INSERT INTO refused_count VALUES (?, 1) "
                           "ON CONFLICT (rule) DO UPDATE SET count = count + 1", (refused.rule,))
        connection.execute("DELETE FROM refused WHERE number <= "
                           "(SELECT max(number) FROM refused) - ?", (REFUSED_ROWS,))

    def digest_at(self, kid: bytes, epoch: int, seq: int) -> bytes | None:
        """Digest of the first record held for a place."""
        row = self._connection.execute(
            "SELECT digest FROM row WHERE kid = ? AND epoch = ? AND seq = ? ORDER BY number "
            "LIMIT 1", (kid, epoch, seq)).fetchone()
        return None if row is None else row[0]

    def holds(self, digest: bytes) -> bool:
        return self._connection.execute("SELECT 1 FROM row WHERE digest = ?",
                                        (digest,)).fetchone() is not None

    def runs(self) -> dict[tuple[bytes, int], Runs]:
        """Unbroken runs of every device and epoch."""
        runs: dict[tuple[bytes, int], Runs] = {}
        for kid, epoch, seq in self._connection.execute(
                "SELECT DISTINCT kid, epoch, seq FROM row ORDER BY kid, epoch, seq"):
            runs.setdefault((kid, epoch), Runs()).add(seq)
        return runs

    def rows(self, first: int, last: int | None = None) -> Iterator[Row]:
        """Rows first..last in order; to the end without `last`."""
        for values in self._connection.execute(
                "SELECT number, kid, epoch, seq, digest, received_ms, record FROM row "
                "WHERE number >= ? AND (? IS NULL OR number <= ?) ORDER BY number",
                (first, last, last)):
            yield Row(*values)

    def unsealed(self, limit: int) -> list[UnsealedRow]:
        """The oldest rows that lie in no block."""
        return [UnsealedRow(*values) for values in self._connection.execute(
            "SELECT number, length(record), coalesce(received_ms, 0) FROM row WHERE number > "
            "coalesce((SELECT max(last_row) FROM block), 0) ORDER BY number LIMIT ?", (limit,))]

    def add_block(self, block: SealedBlock) -> None:
        with _transaction(self._connection) as connection:
            connection.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?)",
                               (block.height, block.first_row, block.last_row, block.statement,
                                block.entry, block.receipt))

    def registered(self, height: int, entry: int, receipt: bytes) -> None:
        """Keep the receipt of a block."""
        with _transaction(self._connection) as connection:
            connection.execute("UPDATE block SET entry = ?, receipt = ? WHERE height = ?",
                               (entry, receipt, height))

    def restore_block(self, block: SealedBlock, records: Sequence[tuple[NewRecord, int | None]],
                      journal_id: bytes) -> None:
        """Put a registered block of this gateway, which this journal never knew or forgot, after
        the last one; rows that wait unsealed keep their order behind it.  The journal's id
        changes: a restored journal is another one."""
        digests = {new.parsed.digest for new, _ in records}
        with _transaction(self._connection) as connection:
            waiting = connection.execute(
                "SELECT kid, epoch, seq, digest, received_ms, record FROM row WHERE number > "
                "coalesce((SELECT max(last_row) FROM block), 0) ORDER BY number").fetchall()
            connection.execute("DELETE FROM row WHERE number > "
                               "coalesce((SELECT max(last_row) FROM block), 0)")
            first = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM row").fetchone()[0]
            rows = [(new.parsed.kid, new.parsed.epoch, new.parsed.seq, new.parsed.digest,
                     received_ms, new.data) for new, received_ms in records]
            rows += [row for row in waiting if row[3] not in digests]
            connection.executemany(
                "INSERT INTO row (kid, epoch, seq, digest, received_ms, record) "
                "VALUES (?, ?, ?, ?, ?, ?)", rows)
            connection.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?)",
                               (block.height, first, first + len(records) - 1, block.statement,
                                block.entry, block.receipt))
            connection.execute("UPDATE meta SET value = ? WHERE name = 'journal_id'",
                               (journal_id,))

    def unseal(self, from_height: int) -> None:
        """Forget unregistered blocks: nothing refused was registered, so they are sealed again."""
        with _transaction(self._connection) as connection:
            connection.execute("DELETE FROM block WHERE height >= ? AND entry IS NULL",
                               (from_height,))

    def last_block(self) -> SealedBlock | None:
        return self._block("ORDER BY height DESC LIMIT 1")

    def block_at(self, height: int) -> SealedBlock | None:
        row = self._connection.execute("SELECT * FROM block WHERE height = ?",
                                       (height,)).fetchone()
        return None if row is None else SealedBlock(*row)

    def last_registered(self) -> SealedBlock | None:
        return self._block("WHERE entry IS NOT NULL ORDER BY height DESC LIMIT 1")

    def next_unregistered(self) -> SealedBlock | None:
        return self._block("WHERE entry IS NULL ORDER BY height LIMIT 1")

    def blocks(self) -> Iterator[SealedBlock]:
        for values in self._connection.execute("SELECT * FROM block ORDER BY height"):
            yield SealedBlock(*values)

    def _block(self, where: str) -> SealedBlock | None:
        row = self._connection.execute(f"SELECT * FROM block {where}").fetchone()  # noqa: S608
        return None if row is None else SealedBlock(*row)

    def duplicates(self) -> list[tuple[bytes, int, int, int]]:
        """(kid, epoch, seq, how often more than once)."""
        return list(self._connection.execute(
            "SELECT kid, epoch, seq, count FROM duplicate ORDER BY kid, epoch, seq"))

    def refused_counts(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT rule, count FROM refused_count"))

    def counts(self) -> dict[str, int]:
        """Rows, blocks, registered blocks, and rows that lie in no block."""
        one = self._connection.execute(
            "SELECT (SELECT count(*) FROM row), (SELECT count(*) FROM block), "
            "(SELECT count(*) FROM block WHERE entry IS NOT NULL), (SELECT count(*) FROM row "
            "WHERE number > coalesce((SELECT max(last_row) FROM block), 0))").fetchone()
        return dict(zip(("rows", "blocks", "registered", "unsealed"), one, strict=True))

    def close(self) -> None:
        self._connection.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()


class _transaction:
    """BEGIN IMMEDIATE .. COMMIT, rolled back when the body raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


