"""Group commit, and what happens when writing fails."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger_client.core.entry import Submission
from ledger_client.errors import PipeFailed, Refused
from ledger_client.node.embedded import EmbeddedLedger, Registered
from ledger_client.service.limits import GROUP_SUBMISSIONS, WAITING_SUBMISSIONS
from ledger_client.service.writer import Writer
from ledger_client.store.interface import Commit
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes
from tests.world import World, pack_symbol

WAIT_S = 10


class Disk(SqliteStore):
    """A store whose commits a test can hold up and let fail."""

    def __init__(self, path: Path, before: Callable[[Commit], None]) -> None:
        super().__init__(path, readonly=False)
        self._before = before

    def commit(self, commit: Commit) -> None:
        self._before(commit)
        super().commit(commit)


class Bench:
    """A founded ledger behind a writer; `before` runs before each commit, on its thread."""

    def __init__(self, folder: Path) -> None:
        self.world = World(store=SqliteStore.create(folder / "ledger.db")).found()
        self.device = self.world.device("maker scanner", self.world.maker)
        self.world.engine.close()
        self.before: Callable[[Commit], None] = lambda commit: None
        self.batches: list[int] = []
        self.opened = 0
        self.writer = Writer(lambda: self._open(folder / "ledger.db"))

    def _open(self, path: Path) -> EmbeddedLedger:
        self.opened += 1
        return EmbeddedLedger(Disk(path, self._before), self.world.ledger_signer,
                              lambda: self.world.now_ms)

    def _before(self, commit: Commit) -> None:
        self.batches.append(len(commit.entries))
        self.before(commit)

    def blocks(self, count: int) -> list[Submission]:
        """Each follows the one before."""
        return [self.world.gateway.seal([self.device.scan(codes.ACTION_COMMISSION, [
            pack_symbol(f"S{self.device.seq}")])], self.world.now_ms) for _ in range(count)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.writer.close()


def held_up(bench: Bench) -> tuple[threading.Event, threading.Event]:
    """(the first commit has begun, it may go on)."""
    begun, go_on = threading.Event(), threading.Event()

    def before(commit: Commit) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)

    bench.before = before
    return begun, go_on


def test_what_waits_together_is_one_batch(bench: Bench) -> None:
    first, *rest = bench.blocks(9)
    begun, go_on = held_up(bench)
    futures = [bench.writer.register(first)]
    assert begun.wait(WAIT_S)
    futures += [bench.writer.register(one) for one in rest]
    go_on.set()
    numbers = [answer.number for future in futures
               if isinstance(answer := future.result(WAIT_S), Registered)]
    assert numbers == list(range(4, 13))
    assert bench.batches == [1, 8]


def test_a_batch_has_a_limit(bench: Bench) -> None:
    first, *rest = bench.blocks(GROUP_SUBMISSIONS + 3)
    begun, go_on = held_up(bench)
    futures = [bench.writer.register(first)]
    assert begun.wait(WAIT_S)
    futures += [bench.writer.register(one) for one in rest]
    go_on.set()
    assert all(isinstance(future.result(WAIT_S), Registered) for future in futures)
    assert bench.batches == [1, GROUP_SUBMISSIONS, 2]


def test_a_refusal_concerns_its_statement_only(bench: Bench) -> None:
    good, skipped, late = bench.blocks(3)
    del skipped
    begun, go_on = held_up(bench)
    futures = [bench.writer.register(one) for one in (good, late, good)]
    assert begun.wait(WAIT_S)
    go_on.set()
    answers = [future.result(WAIT_S) for future in futures]
    assert isinstance(answers[1], Refused)
    assert answers[1].rule == "B2"
    assert isinstance(answers[0], Registered)
    assert isinstance(answers[2], Registered)
    assert answers[0].number == answers[2].number


def test_too_many_are_turned_away_at_once(bench: Bench) -> None:
    begun, go_on = held_up(bench)
    (first,) = bench.blocks(1)
    bench.writer.register(first)
    assert begun.wait(WAIT_S)
    futures = [bench.writer.register(first) for _ in range(WAITING_SUBMISSIONS)]
    with pytest.raises(PipeFailed):
        bench.writer.register(first)
    go_on.set()
    assert all(isinstance(future.result(WAIT_S), Registered) for future in futures)


def test_a_full_disk_is_over_when_there_is_room(bench: Bench) -> None:
    def full(commit: Commit) -> None:
        raise OSError(28, "No space left on device")

    first, second = bench.blocks(2)
    bench.before = full
    with pytest.raises(PipeFailed, match="No space left"):
        bench.writer.register(first).result(WAIT_S)
    bench.before = lambda commit: None
    assert isinstance(bench.writer.register(first).result(WAIT_S), Registered)
    assert isinstance(bench.writer.register(second).result(WAIT_S), Registered)
    assert bench.opened == 2


def test_a_ledger_that_cannot_be_opened_again_is_tried_again(bench: Bench,
                                                            tmp_path: Path) -> None:
    def moved_away(commit: Commit) -> None:
        (tmp_path / "ledger.db").rename(tmp_path / "away.db")
        raise OSError("the disk is gone")

    (block,) = bench.blocks(1)
    bench.before = moved_away
    for _ in range(2):
        with pytest.raises(PipeFailed):
            bench.writer.register(block).result(WAIT_S)
    (tmp_path / "away.db").rename(tmp_path / "ledger.db")
    bench.before = lambda commit: None
    assert isinstance(bench.writer.register(block).result(WAIT_S), Registered)


def test_what_fails_alone_does_not_keep_others_out(bench: Bench) -> None:
    blocks = bench.blocks(2)
    poison = bench.world.state(
        "revoke", bench.world.maker[0], f"key:{bench.device.signer.thumbprint.hex()}",
        [1, bench.device.signer.kid, bench.world.now_ms, 1])

    def before(commit: Commit) -> None:
        if any(entry.statement == poison.statement for entry in commit.entries):
            raise ValueError("a fault of ours")

    begun, go_on = held_up(bench)
    futures = [bench.writer.register(blocks[0])]
    assert begun.wait(WAIT_S)
    futures += [bench.writer.register(one) for one in (poison, blocks[1])]
    bench.before = before
    go_on.set()
    assert isinstance(futures[0].result(WAIT_S), Registered)
    with pytest.raises(PipeFailed, match="a fault of ours"):
        futures[1].result(WAIT_S)
    assert isinstance(futures[2].result(WAIT_S), Registered)


def test_nobody_waits_any_more_for_what_was_cancelled(bench: Bench) -> None:
    first, second = bench.blocks(2)
    begun, go_on = held_up(bench)
    futures = [bench.writer.register(first)]
    assert begun.wait(WAIT_S)
    futures.append(bench.writer.register(second))
    assert futures[1].cancel()
    assert not futures[0].cancel()
    go_on.set()
    assert isinstance(futures[0].result(WAIT_S), Registered)
    assert isinstance(bench.writer.register(second).result(WAIT_S), Registered)


def test_an_action_has_its_turn(bench: Bench) -> None:
    seen: list[int] = []
    (block,) = bench.blocks(1)
    bench.writer.register(block)

    def look(engine: EmbeddedLedger) -> None:
        checkpoint = engine.checkpoint()
        assert checkpoint is not None
        seen.append(checkpoint.size)

    bench.writer.call(look).result(WAIT_S)
    assert seen == [5]


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    begun, go_on = held_up(bench)
    futures = [bench.writer.register(one) for one in bench.blocks(3)]
    assert begun.wait(WAIT_S)
    closing = threading.Thread(target=bench.writer.close)
    closing.start()
    go_on.set()
    closing.join(WAIT_S)
    assert not closing.is_alive()
    assert all(future.done() for future in futures)
