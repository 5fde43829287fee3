"""Forwarding: in step with the ledger first, then in order, and again after whatever happened."""

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_gateway.core.intake import NewRecord
from edge_gateway.forwarding import Forwarder, InStep, News, Unseal, header_of
from edge_gateway.ports.journal import Journal, SealedBlock, Writing
from edge_gateway.ports.ledger import EmbeddedRegistrar, RegisteredBlock
from ledger_client.core import block, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.errors import PipeFailed, VerificationFailed
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes, record
from tests.world import START_MS, World, pack_symbol

WAIT_S = 10


class Line(EmbeddedRegistrar):
    """A registrar whose next answers fail as a test says."""

    failures: "queue.Queue[Exception]"

    def register(self, statement: bytes, body: bytes, sealed_ms: int) -> tuple[int, bytes]:
        self.fail()
        return super().register(statement, body, sealed_ms)

    def own_blocks(self, gateway: bytes, above: int) -> Iterator[RegisteredBlock]:
        self.fail()
        yield from super().own_blocks(gateway, above)

    def fail(self) -> None:
        try:
            raise self.failures.get_nowait()
        except queue.Empty:
            return


class Rig:
    """A ledger, a journal with sealed blocks, and a forwarder between them."""

    def __init__(self, folder: Path) -> None:
        self.world = World(store=SqliteStore.create(folder / "ledger.db")).found()
        self.device = self.world.device("maker scanner", self.world.maker)
        self.world.engine.close()
        Journal.create(folder / "journal.db", b"journal1")
        self.journal = Journal(folder / "journal.db")
        self.line = Line(folder / "ledger.db", self.world.ledger_signer,
                         lambda: self.world.now_ms)
        self.line.failures = queue.Queue()
        self.forwarder = Forwarder(self.line, Journal(folder / "journal.db", second=True),
                                   self.world.gateway.signer.thumbprint, lambda: 0)
        self.thread = threading.Thread(target=self.forwarder.run)
        self.height, self.prev, self.rows = 0, block.FIRST_PREV, 0

    def seal(self, height: int | None = None) -> SealedBlock:
        """One record more, journaled and sealed; `height` other than the next is refused."""
        data = self.device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{self.device.seq:05}")])
        parsed = record.decode(data, self.world.ledger)
        self.journal.write(Writing([(NewRecord(parsed, data), START_MS)], [], []))
        self.rows += 1
        leaves = [Leaf(START_MS, data)]
        header = BlockHeader(height or self.height + 1, self.prev, block.body_root(leaves), 1,
                             START_MS, b"journal1")
        sealed = SealedBlock(header.height, self.rows, self.rows, block.seal(
            header, self.world.ledger, self.world.gateway.signer), None, None)
        self.journal.add_block(sealed)
        self.height = header.height
        self.prev = statement.entry_hash(sealed.statement)
        return sealed

    def news(self) -> News:
        return self.forwarder.news.get(timeout=WAIT_S)

    def registered(self, height: int) -> bool:
        found = self.journal.block_at(height)
        return found is not None and found.entry is not None

    def close(self) -> None:
        self.forwarder.finish()
        if self.thread.ident is not None:
            self.thread.join(WAIT_S)
            assert not self.thread.is_alive()
        self.forwarder.close()
        self.line.close()
        self.journal.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.close()


def wait_for(condition: Callable[[], bool]) -> None:
    """Another thread changes it, and tells nobody; the test's time limit ends what never comes."""
    look = threading.Event()
    while not condition():
        look.wait(0.005)


def test_nothing_is_sent_before_intake_is_in_step(rig: Rig) -> None:
    rig.seal()
    rig.thread.start()
    assert rig.news() == InStep()
    assert not rig.registered(1)
    rig.forwarder.go_on()
    wait_for(lambda: rig.registered(1))
    rig.seal()
    rig.forwarder.wake()
    wait_for(lambda: rig.registered(2))


def test_blocks_that_the_journal_lacks_are_told_oldest_first(rig: Rig) -> None:
    scans = [rig.device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{number}")])
             for number in range(6)]
    for number, scan in enumerate(scans, 1):  # more than there is room for news
        handed_in = rig.world.gateway.seal([scan], START_MS)
        assert handed_in.body is not None
        assert rig.line.register(handed_in.statement, handed_in.body, START_MS)[0] == number + 3
    rig.thread.start()
    told = [rig.news() for _ in range(7)]
    assert [(one.height, one.leaves[0].record) for one in told
            if isinstance(one, RegisteredBlock)] == list(enumerate(scans, 1))
    assert told[-1] == InStep()


@pytest.mark.parametrize("failure", [
    PipeFailed("down"), VerificationFailed("witness.fork", "checkpoint", "two histories")])
def test_what_does_not_answer_or_lies_is_tried_again(rig: Rig, failure: Exception) -> None:
    rig.line.failures.put(failure)
    rig.seal()
    rig.thread.start()
    wait_for(lambda: rig.forwarder.waits)
    assert rig.news() == InStep()  # after the pause
    rig.line.failures.put(failure)
    rig.forwarder.go_on()
    wait_for(lambda: rig.registered(1))


def test_a_refused_block_is_unsealed_and_the_ledger_asked_again(rig: Rig) -> None:
    rig.seal(height=7)
    rig.thread.start()
    assert rig.news() == InStep()
    rig.forwarder.go_on()
    assert rig.news() == Unseal(7)
    assert rig.news() == InStep()
    assert not rig.registered(7)
    rig.journal.unseal(7)
    rig.height, rig.prev, rig.rows = 0, block.FIRST_PREV, 1
    rig.forwarder.go_on()
    assert header_of(rig.seal()).height == 1
    rig.forwarder.wake()
    wait_for(lambda: rig.registered(1))


def test_stopping_does_not_wait_out_an_outage(rig: Rig) -> None:
    rig.seal()
    for _ in range(50):
        rig.line.failures.put(PipeFailed("down"))
    rig.thread.start()
    wait_for(lambda: rig.forwarder.waits)
    rig.forwarder.finish()
    rig.thread.join(WAIT_S)
    assert not rig.thread.is_alive()
    assert not rig.registered(1)


def test_stopping_registers_what_is_sealed(rig: Rig) -> None:
    rig.seal()
    rig.seal()
    rig.thread.start()
    assert rig.news() == InStep()
    rig.forwarder.go_on()
    rig.forwarder.finish()
    rig.thread.join(WAIT_S)
    assert rig.registered(2)


def test_a_fault_of_ours_is_not_hidden(rig: Rig) -> None:
    rig.line.failures.put(ValueError("a fault"))
    threading.excepthook, hook = lambda arguments: None, threading.excepthook
    try:
        rig.thread.start()
        rig.thread.join(WAIT_S)
    finally:
        threading.excepthook = hook
    assert isinstance(rig.forwarder.failed, ValueError)
