"""Reading a ledger while it is written: each thread its own connection, each answer one commit.

Readers never wait for the writer: SQLite's WAL gives each snapshot the last commit, and the upper
part of the state tree, which lies in memory, follows from the buckets that the writer announced
before it committed them.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ledger_client.core.entry import Submission
from ledger_client.core.state_tree import StateTree
from ledger_client.node.embedded import LedgerReader, Prover
from ledger_client.service import limits
from ledger_client.service.problem import Problem
from ledger_client.store.interface import Commit
from ledger_client.store.sqlite import SqliteStore

READERS = 4  # threads; each holds a state tree of 5 MB
ANNOUNCED = 256  # batches whose buckets are kept; a reader further behind reads them all anew

Answer = TypeVar("Answer")
Row = TypeVar("Row")
Bucket = tuple[int, bytes, int]


class Announcements:
    """Buckets of the newest batches, by checkpoint number.  What stands here may not be committed:
    who has read checkpoint n from the store may believe 0..n."""

    def __init__(self) -> None:
        self._buckets: dict[int, list[Bucket]] = {}
        self._lock = threading.Lock()

    def announce(self, number: int, buckets: list[Bucket]) -> None:
        with self._lock:
            self._buckets[number] = buckets
            self._buckets.pop(number - ANNOUNCED, None)

    def between(self, after: int, upto: int) -> list[Bucket] | None:
        """Buckets that changed after one checkpoint and until another, in order; None when that is
        too long ago."""
        with self._lock:
            batches = [self._buckets.get(number) for number in range(after + 1, upto + 1)]
        return None if None in batches else [row for batch in batches if batch for row in batch]


class AnnouncingStore(SqliteStore):
    """The writer's store."""

    def __init__(self, path: Path, announcements: Announcements,
                 committed: Callable[[], None]) -> None:
        super().__init__(path, readonly=False)
        self._announcements = announcements
        self._committed = committed

    def commit(self, commit: Commit) -> None:
        self._announcements.announce(commit.number, commit.buckets)
        super().commit(commit)
        self._committed()


class BoundedStore(SqliteStore):
    """For questions: one that looks at more than QUERY_ROWS is ended by Problem 413, whichever it
    is.  What a question looks at grows with the ledger, not with what is asked."""

    _left = 0

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self._left = limits.QUERY_ROWS
        with super().snapshot():
            yield

    def _look(self, rows: int = 1) -> None:
        self._left -= rows
        if self._left < 0:
            raise Problem(413, "Too much", f"more than {limits.QUERY_ROWS} rows of the ledger had "
                          "to be looked at: ask from a later time on, crate by crate, or where the "
                          "ledger lies")

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._look()
            yield row

    def get(self, key: bytes) -> bytes | None:
        self._look()
        return super().get(key)

    def keys(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        return self._counted(super().keys(prefix))

    def entry(self, number: int) -> Submission | None:
        self._look()
        return super().entry(number)

    def events(self, item: str, first: int = 0, count: int | None = None) -> list[bytes]:
        enough = self._left + 1
        found = super().events(item, first, enough if count is None else min(count, enough))
        self._look(len(found))
        return found

    def linking(self, other: str) -> Iterator[tuple[str, int, bytes]]:
        return self._counted(super().linking(other))

    def happened(self, entry: int) -> Iterator[tuple[str, int, bytes]]:
        return self._counted(super().happened(entry))


class SnapshotReader(LedgerReader):
    """A ledger as of one commit, inside `store.snapshot()`; belongs to one thread."""

    store: SqliteStore

    def __init__(self, store: SqliteStore, announcements: Announcements) -> None:
        super().__init__(store)
        self._announcements = announcements
        self._tree: StateTree | None = None
        self._number = 0

    def prover(self) -> Prover:
        """Against the newest checkpoint of this snapshot."""
        checkpoint = self.checkpoint()
        assert checkpoint is not None, "a service begins with a founded ledger"
        changed = None if self._tree is None else \
            self._announcements.between(self._number, checkpoint.number)
        if self._tree is None or changed is None:
            self._tree = StateTree(self.store.buckets())
        else:
            self._tree.put(changed)
        self._number = checkpoint.number
        return Prover(self.store, self._tree)


class Readers:
    """Threads that answer, each with a connection of its own."""

    def __init__(self, path: Path, announcements: Announcements, *, threads: int = READERS,
                 store: type[SqliteStore] = SqliteStore) -> None:
        self._path = path
        self._store = store
        self._announcements = announcements
        self._mine = threading.local()
        self._opened: list[SnapshotReader] = []
        self._pool = ThreadPoolExecutor(threads, "reader", self._open)

    def _open(self) -> None:
        reader = SnapshotReader(self._store(self._path, readonly=True), self._announcements)
        self._mine.reader = reader
        self._opened.append(reader)

    def ask(self, question: Callable[[SnapshotReader], Answer]) -> Future[Answer]:
        """The answer as of one commit."""
        return self._pool.submit(self._answer, question)

    def _answer(self, question: Callable[[SnapshotReader], Answer]) -> Answer:
        reader: SnapshotReader = self._mine.reader
        with reader.store.snapshot():
            return question(reader)

    def close(self) -> None:
        self._pool.shutdown()
        for reader in self._opened:
            reader.close()
