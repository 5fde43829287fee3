"""Failure table of the embedded engine: each write fails, or fails but persisted; then restart."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger_client.core.entry import Submission
from ledger_client.errors import UsageError
from ledger_client.node import reapply
from ledger_client.node.embedded import Registered
from ledger_client.store.interface import Commit
from ledger_client.store.memory import MemoryStore
from ledger_client.store.sqlite import SqliteStore
from tests.shift import begin
from tests.world import World

COMMITS = 8


class Broken(Exception):
    """The disk said no."""


class FailingStore(MemoryStore):
    """Fails at the commit of one number, before or after it was written."""

    def __init__(self, fails_at: int, persists: bool) -> None:
        super().__init__()
        self._fails_at = fails_at
        self._persists = persists

    def commit(self, commit: Commit) -> None:
        if commit.number != self._fails_at:
            super().commit(commit)
            return
        self._fails_at = -1
        if self._persists:
            super().commit(commit)
        raise Broken


class RetryingWorld(World):
    """A world whose clients try again."""

    def register(self, *submissions: Submission) -> list[Registered]:
        try:
            return super().register(*submissions)
        except Broken:
            with pytest.raises(UsageError, match="open the ledger anew"):
                self.engine.submit(list(submissions))
            self.engine = type(self.engine)(self.store, self.ledger_signer, lambda: self.now_ms)
            return super().register(*submissions)


@pytest.mark.parametrize("persists", [False, True])
@pytest.mark.parametrize("fails_at", range(COMMITS))
def test_a_failed_write_is_tried_again_and_nothing_is_lost_or_doubled(fails_at: int,
                                                                       persists: bool) -> None:
    world = RetryingWorld(store=FailingStore(fails_at, persists)).found()
    shift = begin(world)
    world.block(shift.logger.boot())
    world.block(*shift.commissioned())
    undisturbed = World().found()
    other = begin(undisturbed)
    undisturbed.block(other.logger.boot())
    undisturbed.block(*other.commissioned())
    found, expected = world.engine.checkpoint(), undisturbed.engine.checkpoint()
    assert found is not None
    assert expected is not None
    assert (found.size, found.state_root, found.log_root) == \
        (expected.size, expected.state_root, expected.log_root)
    reapply.reapply(world.store)


_CHILD = """
import os, signal, sys
from pathlib import Path
from ledger_client.store.sqlite import SqliteStore
from tests.shift import begin
from tests.world import World

left = int(sys.argv[2])
store = SqliteStore.create(Path(sys.argv[1]))

def count(statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

store._connection.set_trace_callback(count)
world = World(store=store).found()
shift = begin(world)
world.block(shift.logger.boot())
world.block(*shift.commissioned())
"""


def test_kill_9_at_any_statement_leaves_a_ledger_that_verifies(tmp_path: Path) -> None:
    """A process that dies at the n-th SQL statement, for many n."""
    killed = 0
    for number, at in enumerate(range(3, 2000, 29)):
        path = tmp_path / f"{number}.db"
        done = subprocess.run([sys.executable, "-c", _CHILD, str(path), str(at)], check=False,
                              capture_output=True, cwd=Path.cwd(),
                              env={**os.environ, "PYTHONPATH": str(Path.cwd())})
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        killed += 1
        store = SqliteStore(path, readonly=False)
        if store.checkpoint() is not None:
            reapply.reapply(store)
        store.close()
    assert killed > 10
