"""Starting and stopping the gateway: the order of both is visible here."""

import hashlib
import itertools
import logging
import os
import random
import signal
import threading
from collections.abc import Callable

from edge_gateway.config import Settings
from edge_gateway.core.intake import NewRecord
from edge_gateway.ports.clock import Clock, SystemClock, VirtualClock
from edge_gateway.ports.journal import JOURNAL_ID_BYTES, Journal, SealedBlock
from edge_gateway.ports.ledger import EmbeddedDirectory, EmbeddedRegistrar, Registrar
from edge_gateway.ports.mqtt import Broker
from edge_gateway.service import Forwarder, Intake, Parts
from ledger_client import signer
from ledger_client.wire import record

log = logging.getLogger("coldseal.gateway")


class Gateway:
    """`run` returns after SIGTERM or SIGINT, everything taken sealed and, if the ledger answers,
    registered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        settings = self._settings
        entropy = _entropy(settings)
        key = signer.load(settings.key)
        if not settings.journal.exists():
            Journal.create(settings.journal, entropy(JOURNAL_ID_BYTES))
        clock = _clock(settings)
        journal = Journal(settings.journal)
        registrar = EmbeddedRegistrar(settings.ledger, signer.load(settings.ledger_key),
                                      clock.now_ms if settings.simulation is None
                                      else lambda: None)
        directory = EmbeddedDirectory(settings.ledger)
        restored = catch_up(journal, registrar, key.thumbprint, directory.ledger, entropy)
        if restored:
            log.warning("the journal lacked %d registered blocks: they were fetched", restored)
        forwarder = Forwarder(registrar, Journal(settings.journal, second=True), random.random)
        broker = Broker(settings.broker, f"gateway-{key.kid.hex()}")
        intake = Intake(Parts(broker, directory, clock, key, settings.seal_interval_s * 1000,
                              settings.simulation is None), journal, forwarder.wake)
        thread = threading.Thread(target=forwarder.run, name="forwarder")
        thread.start()
        try:
            broker.start()
            ready()
            self._loop(intake, forwarder)
            intake.seal(flush=True)
        finally:
            broker.stop()
            forwarder.finish()
            thread.join()
            forwarder.close()
            registrar.close()
            directory.close()
            journal.close()

    def _loop(self, intake: Intake, forwarder: Forwarder) -> None:
        while not self._stop.is_set():
            if forwarder.failed is not None:
                raise forwarder.failed
            if (height := forwarder.take_refused()) is not None:
                intake.unseal(height)
            intake.step()


def run_until_signalled(settings: Settings, ready: Callable[[], None]) -> None:
    """What `coldseal gateway run` does."""
    gateway = Gateway(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: gateway.stop())
    gateway.run(ready)


def _clock(settings: Settings) -> Clock:
    if settings.simulation is None:
        return SystemClock()
    log.warning("SIMULATION: virtual time, predictable ids; never use this with real devices")
    return VirtualClock(settings.simulation.start_ms)


def _entropy(settings: Settings) -> Callable[[int], bytes]:
    if settings.simulation is None or not settings.simulation.seed:
        return os.urandom
    return seeded_entropy("gateway " + settings.simulation.seed)


def seeded_entropy(seed: str) -> Callable[[int], bytes]:
    """Reproducible bytes for simulations."""
    blocks = itertools.count()

    def entropy(size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += hashlib.sha256(b"%s %d" % (seed.encode(), next(blocks))).digest()
        return data[:size]

    return entropy


def catch_up(journal: Journal, registrar: Registrar, gateway: bytes, ledger: bytes,
             entropy: Callable[[int], bytes]) -> int:
    """Fetch blocks that the ledger has of this gateway and the journal has not: it was restored
    from a backup.  Returns how many."""
    last = journal.last_registered()
    fetched = 0
    for registered in registrar.own_blocks(gateway, 0 if last is None else last.height):
        known = journal.block_at(registered.height)
        if known is not None and known.statement == registered.statement:
            journal.registered(registered.height, registered.entry, registered.receipt)
            continue
        journal.unseal(registered.height)
        records = [(NewRecord(record.decode(leaf.record, ledger), leaf.record), leaf.received_ms)
                   for leaf in registered.leaves]
        journal.restore_block(
            SealedBlock(registered.height, 0, 0, registered.statement, registered.entry,
                        registered.receipt), records, entropy(JOURNAL_ID_BYTES))
        fetched += 1
    return fetched


