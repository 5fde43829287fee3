"""One batch: statements judged, log and state trees advanced, the next checkpoint.

Shared by the engine that writes a ledger and by whoever re-applies one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, merkle, rules, state_tree
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.entry import Submission
from ledger_client.core.rules import Accepted, Outcome
from ledger_client.core.state import Chained, View
from ledger_client.core.state_tree import StateTree
from ledger_client.store.interface import Store


@dataclass(frozen=True)
class Batch:
    """What a batch came to; `checkpoint` is None when nothing was accepted."""

    outcomes: list[Outcome]
    entries: list[Submission]
    nodes: list[tuple[int, int, bytes]]
    changes: Mapping[bytes, bytes | None]
    buckets: list[tuple[int, bytes, int]]
    events: list[Chained]
    checkpoint: Checkpoint | None


def run(store: Store, tree: StateTree, last: Checkpoint | None, submissions: Sequence[Submission],
        now_ms: int) -> Batch:
    """Apply `submissions` at ledger time `now_ms`; advances `tree`, writes nothing."""
    size = 0 if last is None else last.size
    if last is not None:
        now_ms = max(now_ms, last.time_ms)
    get = cache(store.get)  # nothing is written meanwhile; what changes was read before
    view = View(get)
    outcomes = rules.apply(view, submissions, ledger=None if last is None else last.ledger,
                           size=size, now_ms=now_ms)
    pairs = [(submission, outcome) for submission, outcome in zip(submissions, outcomes,
                                                                  strict=True)
             if isinstance(outcome, Accepted)]
    if not pairs:
        return Batch(outcomes, [], [], {}, [], [], None)
    nodes = _log_nodes(store, size, [outcome.entry_hash for _, outcome in pairs])
    size += len(pairs)
    changes = _real_changes(get, view.changes)
    buckets = tree.update(
        {path: None if value is None else state_tree.leaf_hash(path, value)
         for path, value in ((state_tree.path_of(key), value)
                             for key, value in changes.items())}, store.bucket)
    ledger = pairs[0][1].entry_hash if last is None else last.ledger
    fresh = {(level, index): digest for level, index, digest in nodes}
    log_root = merkle.root(lambda level, index: fresh[level, index] if (level, index) in fresh
                           else store.node(level, index), size)
    checkpoint = Checkpoint(
        ledger=ledger, number=0 if last is None else last.number + 1,
        prev=checkpoints.ZERO if last is None else last.app_hash(), time_ms=now_ms, size=size,
        log_root=log_root, state_root=tree.root(),
        revoked=checkpoints.revoked_hash(identity.revoked(view)))
    return Batch(outcomes, [submission for submission, _ in pairs], nodes, changes, buckets,
                 view.events, checkpoint)


def _real_changes(get: Callable[[bytes], bytes | None],
                  changes: Mapping[bytes, bytes | None]) -> dict[bytes, bytes | None]:
    return {key: value for key, value in changes.items() if get(key) != value}


def _log_nodes(store: Store, size: int, hashes: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    """Hashes of the complete subtrees that the new entries finish."""
    fresh: dict[tuple[int, int], bytes] = {}
    for number, entry_hash in enumerate(hashes, size):
        level, index, digest = 0, number, merkle.leaf_hash(entry_hash)
        fresh[level, index] = digest
        while index & 1:
            left = fresh.get((level, index - 1)) or store.node(level, index - 1)
            level, index, digest = level + 1, index >> 1, merkle.node_hash(left, digest)
            fresh[level, index] = digest
    return [(level, index, digest) for (level, index), digest in fresh.items()]
