"""Forwarding: sealed blocks go to the ledger in order, for ever with backoff.

Before anything is sealed or sent, the ledger is asked which blocks of this gateway it holds: a
journal that was put back from a backup lacks some.  What intake must know, because it owns the
journal, it is told as news, in order.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from edge_gateway.core import outbox
from edge_gateway.ports.journal import Journal, SealedBlock
from edge_gateway.ports.ledger import RegisteredBlock, Registrar
from ledger_client.core import block, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.errors import ColdsealError, PipeFailed, Refused

log = logging.getLogger("coldseal.gateway")

IDLE_MS = 1000  # how long the outbox waits before it looks again unasked
NEWS = 4  # blocks on their way into the journal: 192 KiB each
NEWS_WAIT_S = 0.2


@dataclass(frozen=True)
class Unseal:
    """The ledger refused the block of this height: nothing was registered, it is sealed again."""

    height: int


@dataclass(frozen=True)
class InStep:
    """No registered block of this gateway is left that intake was not told of."""


News = Unseal | RegisteredBlock | InStep


class Forwarder:
    """Runs on its own thread with its own journal connection."""

    def __init__(self, registrar: Registrar, journal: Journal, gateway: bytes,
                 jitter: Callable[[], float]) -> None:
        self._registrar = registrar
        self._journal = journal
        self._gateway = gateway
        self._jitter = jitter
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._looked_back = False
        self._in_step = threading.Event()  # intake has taken in all that was found
        self._failures = 0
        self.news: queue.Queue[News] = queue.Queue(NEWS)
        self.failed: BaseException | None = None

    def wake(self) -> None:
        self._wake.set()

    def go_on(self) -> None:
        """Intake has heard InStep."""
        self._in_step.set()
        self._wake.set()

    @property
    def waits(self) -> bool:
        """Did the last attempt fail?"""
        return self._failures > 0

    def run(self) -> None:
        """Until `finish`: whatever happens to the ledger, try again."""
        try:
            while not self._finished():
                self._wake.clear()
                self._attempt()
                if self._stop.is_set() and self._failures:
                    log.warning("stopping with blocks that are not registered yet: they go out "
                                "at the next start")
                    return
                if not self._stop.is_set():
                    self._wake.wait(self._pause_ms() / 1000)
        except BaseException as error:
            self.failed = error
            raise

    def finish(self) -> None:
        """Register what is sealed, then end; does not wait out a ledger that is down."""
        self._stop.set()
        self._wake.set()

    def close(self) -> None:
        self._journal.close()

    def _finished(self) -> bool:
        return self._stop.is_set() and (not self._in_step.is_set()
                                        or self._journal.next_unregistered() is None)

    def _pause_ms(self) -> int:
        return outbox.pause_ms(self._failures, self._jitter()) if self._failures else IDLE_MS

    def _attempt(self) -> None:
        try:
            if not self._looked_back:
                self._look_back()
            if self._in_step.is_set():
                self._drain()
            self._failures = 0
        except PipeFailed as error:
            self._failures += 1
            log.warning("the ledger does not answer, blocks wait: %s", error)
        except ColdsealError as error:  # a refusal, or an answer that does not hold
            self._failures += 1
            log.error("the ledger's answer cannot be used, blocks wait: %s", error)

    def _look_back(self) -> None:
        last = self._journal.last_registered()
        for registered in self._registrar.own_blocks(self._gateway,
                                                     0 if last is None else last.height):
            self._tell(registered)
        self._tell(InStep())
        self._looked_back = True

    def _tell(self, news: News) -> None:
        while not self._stop.is_set():
            try:
                self.news.put(news, timeout=NEWS_WAIT_S)
                return
            except queue.Full:
                continue
        raise PipeFailed("the gateway stops")

    def _drain(self) -> None:
        while (sealed := self._journal.next_unregistered()) is not None:
            self._register(sealed)
            self._failures = 0

    def _register(self, sealed: SealedBlock) -> None:
        rows = list(self._journal.rows(sealed.first_row, sealed.last_row))
        body = block.encode_body([Leaf(row.received_ms, row.record) for row in rows])
        try:
            entry, receipt = self._registrar.register(sealed.statement, body,
                                                      header_of(sealed).sealed_ms)
        except Refused:
            # Another block may stand at its height: look back before anything is sealed again.
            self._in_step.clear()
            self._looked_back = False
            self._tell(Unseal(sealed.height))
            raise
        self._journal.registered(sealed.height, entry, receipt)
        log.info("registered block %d as entry %d", sealed.height, entry)


def header_of(sealed: SealedBlock) -> BlockHeader:
    return block.decode_header(statement.parse(sealed.statement).content())
