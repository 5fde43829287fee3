"""Re-applying a whole log: every digest checked, and what differs is named.

Nothing is believed but the log itself: state, trees, chains and checkpoints are computed anew.
"""

from collections.abc import Callable, Iterable, Iterator

from ledger_client.core import block, device_chain, identity, merkle, receipt, statement
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.block import Leaf
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.entry import Submission
from ledger_client.core.rules import Accepted
from ledger_client.core.state import View
from ledger_client.core.state_tree import StateTree
from ledger_client.errors import DamagedStore, InvalidData, Refused
from ledger_client.node import archive, batch, comparing
from ledger_client.node.archive import LoggedBatch
from ledger_client.store.interface import Commit, Signed, Store
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import record
from ledger_client.wire.errors import WireError

Progress = Callable[[int], None]


def _silent(entries: int) -> None:
    """Nobody watches."""


def reapply(store: Store, progress: Progress = _silent,
            bodies: Callable[[int], bytes | None] = lambda number: None) -> MemoryStore:
    """The same ledger computed anew from a store's log; DamagedStore names the first difference in
    anything that the store holds.  `bodies` gives those that were pruned, from an archive."""
    anew = MemoryStore()
    replay(_checked(store, anew, bodies), anew, progress)
    if anew.checkpoint() is None:
        raise DamagedStore("store.empty", "checkpoint", "there is no checkpoint")
    comparing.compare(store, anew)
    return anew


def replay(log: Iterable[LoggedBatch], into: Store, progress: Progress = _silent) -> None:
    """Apply a log into an empty store; every batch must come to its signed checkpoint."""
    tree = StateTree()
    last: Checkpoint | None = None
    for logged in log:
        last = _replay_batch(logged, into, tree, last)
        progress(last.size)


def _checked(store: Store, anew: MemoryStore,
             bodies: Callable[[int], bytes | None]) -> Iterator[LoggedBatch]:
    """Batches of a store; a changed entry or body is named before the rules see it."""
    number = 0
    try:
        for logged in archive.batches(store):
            entries = []
            for entry in logged.entries:
                if entry.body is None:
                    entry = Submission(entry.statement, bodies(number))
                _check_entry(store, anew, number, entry)
                entries.append(entry)
                number += 1
            yield LoggedBatch(logged.signed, entries)
    except InvalidData as error:
        if isinstance(error, DamagedStore):
            raise
        raise DamagedStore(error.rule, f"entry {number}", error.detail) from error


def _replay_batch(logged: LoggedBatch, into: Store, tree: StateTree,
                  last: Checkpoint | None) -> Checkpoint:
    stated = _decode(logged.signed, last)
    first = 0 if last is None else last.size
    key = None if last is None else _ledger_key(into)
    done = batch.run(into, tree, last, logged.entries, stated.time_ms)
    for number, outcome in enumerate(done.outcomes, first):
        if not isinstance(outcome, Accepted):
            detail = str(outcome) if isinstance(outcome, Refused) else "it stands there twice"
            raise DamagedStore("store.entry", f"entry {number}",
                               f"the rules refuse what is stored ({detail})")
    if done.checkpoint is None or done.checkpoint != stated:
        raise DamagedStore("store.checkpoint", f"checkpoint {stated.number}",
                           "it is not what the log comes to"
                           + _difference(done.checkpoint, stated))
    into.commit(Commit(first, done.entries, done.nodes, done.changes, done.buckets, done.events,
                       stated.number, stated.size, logged.signed))
    # a batch is signed by the key before it, genesis by the one that it names
    _check_signature(key or _ledger_key(into), logged.signed, stated)
    return stated


def _ledger_key(store: Store) -> bytes:
    view = View(store.get)
    return identity.require_key(view, identity.require_genesis(view).ledger_key).public_key


def _difference(computed: Checkpoint | None, stated: Checkpoint) -> str:
    if computed is None:
        return ""
    names = ("ledger", "number", "prev", "time_ms", "size", "log_root", "state_root", "revoked")
    return ": " + ", ".join(name for name in names
                            if getattr(computed, name) != getattr(stated, name))


def _decode(signed: Signed, last: Checkpoint | None) -> Checkpoint:
    number = 0 if last is None else last.number + 1
    try:
        stated = checkpoints.decode(signed.checkpoint)
    except WireError as error:
        raise DamagedStore(error.rule, f"checkpoint {number}", error.detail) from error
    if last is not None and (stated.size <= last.size or stated.number != number):
        raise DamagedStore("store.checkpoint", f"checkpoint {number}", "it does not follow")
    return stated


def _check_entry(store: Store, anew: MemoryStore, number: int, entry: Submission) -> None:
    """Names the entry whose bytes differ from the log tree, and the leaf of a changed body."""
    if merkle.leaf_hash(statement.entry_hash(entry.statement)) != store.node(0, number):
        raise DamagedStore("store.entry", f"entry {number}",
                           "the statement is not the one in the log tree")
    if statement.parse(entry.statement).kind != "block":
        return
    if entry.body is None:
        raise DamagedStore("store.pruned", f"entry {number}", "its body was pruned: give the "
                           "archive that holds it")
    _check_body(store, anew, number, entry)


def _check_body(store: Store, anew: MemoryStore, number: int, entry: Submission) -> None:
    assert entry.body is not None
    try:
        header = block.decode_header(statement.parse(entry.statement).content())
        leaves = block.decode_body(entry.body)
    except (WireError, InvalidData) as error:
        raise DamagedStore("store.body", f"entry {number}", f"the block's body is no body "
                           f"({error})") from error
    if header.root == block.body_root(leaves) and header.count == len(leaves):
        return
    for at, leaf in enumerate(leaves):
        if not _leaf_stands(store, anew, (number, at), leaf):
            raise DamagedStore("store.body", f"entry {number}, leaf {at}",
                               "the record is not the one that was registered")
    raise DamagedStore("store.body", f"entry {number}",
                       "the body's root is not the header's: a time of receipt or the order "
                       "of leaves was changed")


def _leaf_stands(store: Store, anew: MemoryStore, where: tuple[int, int], leaf: Leaf) -> bool:
    """Whether the store's own state knows this record here, or before: a duplicate."""
    first = anew.checkpoint(0)
    assert first is not None, "genesis has no body"
    try:
        parsed = record.decode(leaf.record, checkpoints.decode(first.checkpoint).ledger)
    except WireError:
        return False
    view = View(store.get)
    found = identity.key_of_kid(view, parsed.kid)
    if found is None:
        return False
    held = device_chain.registered(view, found[0], parsed.epoch, parsed.seq)
    return held is not None and held.digest == parsed.digest and \
        ((held.entry, held.leaf) == where or held.entry < where[0])


def _check_signature(key: bytes, signed: Signed, stated: Checkpoint) -> None:
    try:
        opened = checkpoints.open_signed(signed.statement, stated.ledger, key)
        receipt.check_signature(stated, key, signed.receipt_signature)
    except InvalidData as error:
        raise DamagedStore("store.checkpoint", f"checkpoint {stated.number}",
                           f"its signature, or that of its receipts, does not hold ({error})") \
            from error
    if opened != stated:
        raise DamagedStore("store.checkpoint", f"checkpoint {stated.number}",
                           "what was signed is another checkpoint")
