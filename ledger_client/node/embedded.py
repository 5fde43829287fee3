"""The embedded engine: one writer orders statements into a store, a checkpoint per batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, merkle, receipt, statement
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.entry import Submission
from ledger_client.core.identity import Key
from ledger_client.core.rules import Accepted, Known, Outcome
from ledger_client.core.signature import Signer
from ledger_client.core.state import View
from ledger_client.core.state_tree import StateProof, StateTree
from ledger_client.errors import Refused, UsageError
from ledger_client.node import batch
from ledger_client.store.interface import Commit, Signed, Store
from ledger_client.wire import cose


@dataclass(frozen=True)
class Registered:
    """Where a statement stands and its receipt; `fresh` is False when it stood there before."""

    number: int
    entry_hash: bytes
    receipt: bytes
    fresh: bool


class Prover:
    """Values and proofs of state keys under one state root."""

    def __init__(self, store: Store, tree: StateTree) -> None:
        self._store = store
        self._tree = tree

    def prove(self, key: bytes) -> tuple[bytes | None, StateProof]:
        """Value (None: absent) and proof."""
        return self._store.get(key), self._tree.prove(key, self._store.bucket,
                                                      self._store.value_digest)


class LedgerReader:
    """What can be asked of a ledger: entries, receipts, state with proofs, checkpoints."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def view(self) -> View:
        """The state as of the newest checkpoint."""
        return View(self.store.get)

    def checkpoint(self) -> Checkpoint | None:
        signed = self.store.checkpoint()
        return None if signed is None else checkpoints.decode(signed.checkpoint)

    def signed_checkpoint(self) -> Signed:
        signed = self.store.checkpoint()
        if signed is None:
            raise UsageError("the ledger has no genesis yet")
        return signed

    def ledger_key(self) -> Key:
        """The key that signed the newest checkpoint."""
        return self.key_of(self.signed_checkpoint())

    def next_ledger_key(self) -> Key:
        """The key that signs the next checkpoint: another one right after a rotation."""
        view = self.view()
        return identity.require_key(view, identity.require_genesis(view).ledger_key)

    def key_of(self, signed: Signed) -> Key:
        """The ledger key that signed a checkpoint and its receipts."""
        return identity.require_key(self.view(), statement.parse(signed.statement).issuer)

    def entry(self, number: int) -> Submission:
        entry = self.store.entry(number)
        if entry is None:
            raise UsageError(f"there is no entry {number}")
        return entry

    def statement(self, number: int) -> bytes:
        """The statement that is entry `number`."""
        return self.entry(number).statement

    def receipt(self, number: int) -> bytes:
        """COSE receipt of an entry, against the first checkpoint that covers it."""
        signed = self.store.checkpoint_covering(number)
        if signed is None:
            raise UsageError(f"there is no entry {number}")
        checkpoint = checkpoints.decode(signed.checkpoint)
        return receipt.inclusion(checkpoint, self.key_of(signed).public_key,
                                 signed.receipt_signature, number,
                                 self.inclusion_path(number, checkpoint.size))

    def inclusion_path(self, number: int, size: int) -> list[bytes]:
        return merkle.inclusion_path(self.store.node, number, size)

    def consistency_path(self, first: int, second: int) -> list[bytes]:
        return merkle.consistency_path(self.store.node, first, second)

    def prover(self) -> "Prover":
        """For many proofs against the newest checkpoint."""
        return Prover(self.store, StateTree(self.store.buckets()))

    def close(self) -> None:
        self.store.close()


class EmbeddedLedger(LedgerReader):
    """The writer.  `now_ms` is the ledger's clock; time never goes back whatever it says."""

    def __init__(self, store: Store, signer: Signer, now_ms: Callable[[], int]) -> None:
        super().__init__(store)
        self._signer = signer
        self._now_ms = now_ms
        self._tree = StateTree(store.buckets())
        self._last = self.checkpoint()
        self._broken = False

    def submit(self, submissions: Sequence[Submission]) -> list[Registered | Refused]:
        """One batch, one transaction; when this returns, what is registered is on disk.  The
        batch that rotates the ledger key is the last that the old key signs."""
        if self._broken:
            raise UsageError("an earlier write failed: open the ledger anew")
        self.require_signer()
        done = batch.run(self.store, self._tree, self._last, submissions, self._now_ms())
        if done.checkpoint is not None:
            self._broken = True  # until the store says that all of it is durable
            self.store.commit(self._commit(done, done.checkpoint))
            self._broken = False
            self._last = done.checkpoint
        return [self._answer(outcome) for outcome in done.outcomes]

    def require_signer(self) -> None:
        """UsageError unless this key signs the next checkpoint: whoever only writes asks at once,
        not when the first statement comes."""
        if self._last is None:
            return
        key = self.next_ledger_key().public_key
        if key != self._signer.public_key:
            raise UsageError("this is not the key that signs this ledger's checkpoints: open it "
                             f"with {cose.thumbprint(key).hex()[:16]}")

    def _commit(self, done: batch.Batch, checkpoint: Checkpoint) -> Commit:
        signed = Signed(checkpoint.encode(), checkpoints.sign(checkpoint, self._signer),
                        receipt.sign(checkpoint, self._signer))
        return Commit(first_entry=checkpoint.size - len(done.entries), entries=done.entries,
                      nodes=done.nodes, changes=done.changes, buckets=done.buckets,
                      events=done.events, number=checkpoint.number, size=checkpoint.size,
                      signed=signed)

    def _answer(self, outcome: Outcome) -> Registered | Refused:
        if isinstance(outcome, Refused):
            return outcome
        assert isinstance(outcome, Accepted | Known)
        return Registered(outcome.number, outcome.entry_hash, self.receipt(outcome.number),
                          isinstance(outcome, Accepted))
