"""Intake: messages -> verify -> journal (fsync) -> PUBACK and signed custody ack -> seal.

One thread over the pure core; what is sealed goes on in edge_gateway.forwarding.
"""

import logging
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_gateway.core import custody, intake, sealing
from edge_gateway.core.custody import Held, HelloGate, Runs
from edge_gateway.core.intake import NewRecord
from edge_gateway.forwarding import Forwarder, InStep, News, Unseal, header_of
from edge_gateway.ports.clock import Clock
from edge_gateway.ports.journal import Journal, SealedBlock, Writing
from edge_gateway.ports.ledger import Directory, RegisteredBlock
from edge_gateway.ports.mqtt import Broker, Message
from ledger_client.core import block, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.errors import PipeFailed
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, record, session
from ledger_client.wire.errors import WireError

log = logging.getLogger("coldseal.gateway")

GROUP_MESSAGES = 64  # one fsync for what came in meanwhile; more only adds latency
IDLE_S = 0.2  # how long intake waits for a message before it looks at time
UNSEALED_ROWS = codes.BLOCK_RECORDS + 1  # enough to see that a block is full


@dataclass(frozen=True)
class Parts:
    """What intake works with."""

    broker: Broker
    directory: Directory
    clock: Clock
    signer: SoftwareSigner
    seal_interval_ms: int
    app_hash_in_acks: bool
    new_journal_id: Callable[[], bytes]


class Intake:
    """Owns the journal; everything here runs on one thread."""

    def __init__(self, parts: Parts, journal: Journal, forwarder: Forwarder) -> None:
        self._parts = parts
        self._journal = journal
        self._forwarder = forwarder
        self._runs = journal.runs()
        self._hellos = HelloGate()
        self._ledger = parts.directory.ledger
        self._taken_back = 0
        self.in_step = False  # until then nothing is sealed: its height may be taken

    def hear(self, wait_s: float = 0) -> None:
        """What the forwarder has to tell; `wait_s` for the first of it."""
        try:
            news = self._forwarder.news.get(timeout=wait_s) if wait_s \
                else self._forwarder.news.get_nowait()
            while True:
                self._hear(news)
                news = self._forwarder.news.get_nowait()
        except queue.Empty:
            return

    def _hear(self, news: News) -> None:
        if isinstance(news, RegisteredBlock):
            self._take_back(news)
        elif isinstance(news, Unseal):
            self._journal.unseal(news.height)
            self.in_step = False
        elif isinstance(news, InStep):
            if self._taken_back:
                log.warning("the journal lacked %d registered blocks: they were fetched",
                            self._taken_back)
                self._runs, self._taken_back = self._journal.runs(), 0
            self.in_step = True
            self._forwarder.go_on()

    def _take_back(self, registered: RegisteredBlock) -> None:
        """A block of this gateway that the ledger has: the journal was put back from a backup, or
        the receipt was lost on its way."""
        known = self._journal.block_at(registered.height)
        if known is not None and known.statement == registered.statement:
            self._journal.registered(registered.height, registered.entry, registered.receipt)
            return
        self._journal.unseal(registered.height)
        records = [(NewRecord(record.decode(leaf.record, self._ledger), leaf.record),
                    leaf.received_ms) for leaf in registered.leaves]
        self._journal.restore_block(
            SealedBlock(registered.height, 0, 0, registered.statement, registered.entry,
                        registered.receipt), records, self._parts.new_journal_id())
        self._taken_back += 1

    def step(self) -> None:
        """Take what has come in, keep it, answer it; then seal what is due."""
        self.hear()
        messages = self._drain()
        writing = Writing([], [], [])
        touched: dict[tuple[bytes, int], int] = {}
        for message in messages:
            self._take(message, writing, touched)
        if not writing.empty():
            self._journal.write(writing)
        for new, _ in writing.records:
            self._runs.setdefault((new.parsed.kid, new.parsed.epoch), Runs()).add(new.parsed.seq)
        for message in messages:
            self._parts.broker.puback(message)
        for (kid, epoch), seq in touched.items():
            self._ack(kid, epoch, self._runs[kid, epoch].around(seq), None)
        self._answer_hellos()
        self.seal(flush=False)

    def _drain(self) -> list[Message]:
        try:
            messages = [self._parts.broker.messages.get(timeout=IDLE_S)]
        except queue.Empty:
            return []
        while len(messages) < GROUP_MESSAGES:
            try:
                messages.append(self._parts.broker.messages.get_nowait())
            except queue.Empty:
                break
        return messages

    def _take(self, message: Message, writing: Writing,
              touched: dict[tuple[bytes, int], int]) -> None:
        if message.topic.endswith("/hello"):
            self._take_hello(message, writing)
            return
        pending = {new.parsed.digest for new, _ in writing.records}
        payload = intake.read_payload(
            message.topic, message.payload, ledger=self._ledger,
            key_of=self._parts.directory.device_key,
            holds=lambda digest: digest in pending or self._journal.holds(digest))
        for new in payload.accepted:
            self._parts.clock.observe(new.parsed.clock.unix_ms)
            writing.records.append((new, self._now_ms()))
        for refused in payload.refused:
            log.warning("refused on %s: %s: %s", message.topic, refused.rule, refused.detail)
            writing.refused.append((message.topic, refused, self._now_ms()))
        writing.duplicates += [(payload.kid, *place) for place in payload.duplicates]
        for epoch, seq in payload.touched():
            touched[payload.kid, epoch] = max(seq, touched.get((payload.kid, epoch), 0))

    def _take_hello(self, message: Message, writing: Writing) -> None:
        try:
            kid, _ = session.topic_kid(message.topic)
            hello = session.decode_hello(message.payload)
        except WireError as error:
            refused = intake.RefusedInput(error.rule, error.detail, message.payload)
            writing.refused.append((message.topic, refused, self._now_ms()))
            return
        if hello.kid == kid and self._in_standing(kid):
            self._hellos.offer(hello)

    def _in_standing(self, kid: bytes) -> bool:
        try:
            return self._parts.directory.device_key(kid) is not None
        except PipeFailed:
            return False  # a device that is not answered says hello again

    def _answer_hellos(self) -> None:
        for hello in self._hellos.due(time.monotonic_ns() // 1_000_000):
            if hello.epoch is None:
                continue  # the organisation's epoch command answers it
            runs = self._runs.get((hello.kid, hello.epoch), Runs())
            self._ack(hello.kid, hello.epoch, runs.for_hello(hello.first_seq, hello.next_seq),
                      hello.nonce)

    def _ack(self, kid: bytes, epoch: int, run: tuple[int, int] | None,
             nonce: bytes | None) -> None:
        held = None
        if run is not None:
            digest = self._journal.digest_at(kid, epoch, run[1])
            assert digest is not None
            held = Held(run[0], run[1], digest)
        directory = self._parts.directory
        ack = custody.ack(
            kid, epoch, held, registered_seq=directory.registered_seq(kid, epoch),
            journal_id=self._journal.journal_id, time=self._parts.clock.for_ack(), nonce=nonce,
            app_hash=directory.app_hash() if self._parts.app_hash_in_acks else None)
        self._parts.broker.publish(session.topic(kid, "ack"), session.sign1(
            codes.PURPOSE_ACK, self._ledger, self._parts.signer, session.encode_ack(ack)))

    def seal(self, *, flush: bool) -> None:
        """Make blocks of what is due; `flush` of all there is."""
        while self.in_step:
            unsealed = self._journal.unsealed(UNSEALED_ROWS)
            taken = sealing.cut(unsealed, now_ms=self._now_ms(), flush=flush,
                                interval_ms=self._parts.seal_interval_ms)
            if not taken:
                return
            now_ms = self._now_ms()
            if taken < len(unsealed):
                now_ms = self._parts.clock.reached_ms(unsealed[taken].received_ms, now_ms)
            self._seal_rows(unsealed[0].number, unsealed[taken - 1].number, now_ms)
            self._forwarder.wake()

    def _seal_rows(self, first: int, last: int, now_ms: int) -> None:
        leaves = [Leaf(row.received_ms, row.record) for row in self._journal.rows(first, last)]
        before = self._journal.last_block()
        height, prev, before_ms = 0, block.FIRST_PREV, 0
        if before is not None:
            height, prev = before.height, statement.entry_hash(before.statement)
            before_ms = header_of(before).sealed_ms
        header = BlockHeader(height + 1, prev, block.body_root(leaves), len(leaves),
                             max(before_ms, now_ms), self._journal.journal_id)
        self._journal.add_block(SealedBlock(header.height, first, last, block.seal(
            header, self._ledger, self._parts.signer), None, None))
        log.info("sealed block %d: %d records", header.height, header.count)

    def _now_ms(self) -> int:
        """Own clock if it was ever set, else the newest ledger time known: a Pi may have none."""
        now_ms = self._parts.clock.now_ms()
        return self._parts.directory.time_ms() if now_ms is None else now_ms
