"""What a ledger engine asks of a store.

When `commit` returns, everything in it is durable and visible together; when it raises, the caller
must open the store anew before it believes anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ledger_client.core.entry import Submission
from ledger_client.core.state import Chained


@dataclass(frozen=True)
class Signed:
    """A checkpoint, the ledger key's statement over it, and its signature for receipts."""

    checkpoint: bytes
    statement: bytes
    receipt_signature: bytes


@dataclass(frozen=True)
class Commit:
    """One batch.  `changes` maps key to value (None: removed); `nodes` are (level, index, hash) of
    complete log subtrees; `buckets` are (prefix, digest, count) of the state tree; `events` are
    those of item chains."""

    first_entry: int
    entries: list[Submission]
    nodes: list[tuple[int, int, bytes]]
    changes: Mapping[bytes, bytes | None]
    buckets: list[tuple[int, bytes, int]]
    events: list[Chained]
    number: int
    size: int
    signed: Signed


class Store(Protocol):
    """Reads see the last commit."""

    def commit(self, commit: Commit) -> None:
        """Make a batch durable, all or nothing."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a state key."""

    def keys(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """(key, value) of every state key that begins with `prefix`, ascending."""

    def bucket(self, prefix: int) -> Mapping[bytes, bytes]:
        """path -> leaf hash of one bucket of the state tree."""

    def buckets(self) -> Iterator[tuple[int, bytes, int]]:
        """Every bucket as (prefix, digest, count)."""

    def value_digest(self, path: bytes) -> bytes:
        """SHA-256 of the value at a path that is held."""

    def entry(self, number: int) -> Submission | None:
        """A registered entry."""

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree of the log."""

    def events(self, item: str, first: int = 0, count: int | None = None) -> list[bytes]:
        """The chain of an item from number `first` on, `count` at most, oldest first."""

    # The next two are an index over the chains: for questions, never for rules or proofs.

    def linking(self, other: str) -> Iterator[tuple[str, int, bytes]]:
        """(item, number, event) of every event that links `other`, by item and number: packed into
        a crate or taken out, put away at a place, joined by a logger, commissioned from a lot."""

    def happened(self, entry: int) -> Iterator[tuple[str, int, bytes]]:
        """(item, number, event) of every event that an entry brought, by item and number."""

    def checkpoint(self, number: int | None = None) -> Signed | None:
        """A checkpoint by number, or the newest one."""

    def checkpoint_covering(self, entry: int) -> Signed | None:
        """The first checkpoint that covers an entry."""

    def counts(self) -> dict[str, int]:
        """How many rows there are of each kind, those that nothing leads to as well: entries,
        checkpoints, log nodes, chains (their events), values, names, links, happenings (the index
        over the chains) and cosignatures."""

    def check_form(self) -> None:
        """DamagedStore when the file holds more or other than tables for this, or its parts
        contradict each other."""

    def add_cosignature(self, number: int, witness: bytes, statement: bytes) -> None:
        """Keep a witness's cosignature of a checkpoint; durable when this returns."""

    def cosignatures(self, number: int) -> list[bytes]:
        """Cosignatures of a checkpoint, by witness."""

    def cosignature(self, number: int, witness: bytes) -> bytes | None:
        """A witness's cosignature of a checkpoint."""

    def prune(self, number: int) -> bool:
        """Forget the body of an entry, which an archive holds; False when there is none."""

    def close(self) -> None:
        """Give up the files."""
