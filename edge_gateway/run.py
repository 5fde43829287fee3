"""Starting and stopping the gateway: the order of both is visible here."""

import contextlib
import hashlib
import itertools
import logging
import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack

from edge_gateway.config import ServiceSettings, Settings
from edge_gateway.forwarding import NEWS_WAIT_S, Forwarder
from edge_gateway.ports import remote_ledger
from edge_gateway.ports.clock import Clock, SystemClock, VirtualClock
from edge_gateway.ports.journal import JOURNAL_ID_BYTES, Journal
from edge_gateway.ports.ledger import (
    Directory,
    EmbeddedDirectory,
    EmbeddedRegistrar,
    Registrar,
)
from edge_gateway.ports.mqtt import Broker
from edge_gateway.ports.remote_ledger import RemoteDirectory, RemoteRegistrar
from edge_gateway.service import Intake, Parts
from ledger_client import signer
from ledger_client.signer import SoftwareSigner

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
        with ExitStack() as closing:
            journal = closing.enter_context(contextlib.closing(Journal(settings.journal)))
            directory, registrar = _ledger(settings, key, clock, closing)
            forwarder = closing.enter_context(contextlib.closing(Forwarder(
                registrar, Journal(settings.journal, second=True), key.thumbprint,
                random.random)))
            broker = Broker(settings.broker, f"gateway-{key.kid.hex()}")
            intake = Intake(Parts(broker, directory, clock, key, settings.seal_interval_s * 1000,
                                  settings.simulation is None,
                                  lambda: entropy(JOURNAL_ID_BYTES)), journal, forwarder)
            thread = threading.Thread(target=forwarder.run, name="forwarder")
            thread.start()
            closing.callback(thread.join)
            closing.callback(forwarder.finish)
            closing.callback(broker.stop)
            self._begin(intake, forwarder)
            broker.start()
            ready()
            self._loop(intake, forwarder)
            intake.seal(flush=True)

    def _begin(self, intake: Intake, forwarder: Forwarder) -> None:
        """First take in what a restored journal lacks, so that devices need not send it again; a
        ledger that does not answer is not waited for."""
        while not (intake.in_step or forwarder.waits or self._stop.is_set()):
            _raise_failed(forwarder)
            intake.hear(NEWS_WAIT_S)

    def _loop(self, intake: Intake, forwarder: Forwarder) -> None:
        while not self._stop.is_set():
            _raise_failed(forwarder)
            intake.step()


def _raise_failed(forwarder: Forwarder) -> None:
    if forwarder.failed is not None:
        raise forwarder.failed


def _ledger(settings: Settings, key: SoftwareSigner, clock: Clock,
            closing: ExitStack) -> tuple[Directory, Registrar]:
    """The ledger file of this machine, or a service."""
    if isinstance(settings.ledger, ServiceSettings):
        journal = settings.journal.name
        client = closing.enter_context(contextlib.closing(remote_ledger.connect(
            settings.ledger, key, settings.journal.with_name(journal + ".seen"))))
        copy = settings.journal.with_name(journal + ".standing")
        directory = RemoteDirectory(client, copy, clock.now_ms)
        return closing.enter_context(contextlib.closing(directory)), RemoteRegistrar(client)
    assert settings.ledger_key is not None, "config.load has seen to it"
    registrar = closing.enter_context(contextlib.closing(EmbeddedRegistrar(
        settings.ledger, signer.load(settings.ledger_key),
        clock.now_ms if settings.simulation is None else lambda: None)))
    return closing.enter_context(contextlib.closing(EmbeddedDirectory(settings.ledger))), registrar


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
