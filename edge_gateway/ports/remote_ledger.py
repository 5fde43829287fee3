"""The ledger as a gateway sees it that has none of its own: a service, asked and verified.

Whose keys are in standing is kept here, in memory and in a file, so that intake asks nobody for a
record and goes on through an outage and a restart in it.  What the copy rests on: a kid belongs to
one key for ever, a key to one organisation; so only revocations and members must be read again.  A
copy too old lets a revoked device's record into the journal; the ledger judges it all the same.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from edge_gateway.config import ServiceSettings
from edge_gateway.core import outbox
from edge_gateway.core.standing import DEVICES, Device, Standing, decode_standing
from edge_gateway.errors import ConfigurationError
from edge_gateway.ports.ledger import RegisteredBlock, own_blocks
from ledger_client.client import LedgerClient
from ledger_client.core import device_chain, identity, trust
from ledger_client.core.signature import Signer
from ledger_client.core.state import View
from ledger_client.errors import ColdsealError, PipeFailed
from ledger_client.store import durable
from ledger_client.wire import codes
from ledger_client.wire.errors import WireError

log = logging.getLogger("coldseal.gateway")

REFRESH_MS = 15_000  # how old the standing of a key is at most while the service answers
STANDING_AGE_MAX_MS = codes.RESEND_AGE_MS  # in an outage; then devices send again anyway
UNKNOWN_MS = 10_000  # a kid that nobody knew is asked for again after that
UNKNOWNS = 1000
HEADS = DEVICES  # devices and epochs whose registered seq is remembered
HEADS_A_REFRESH = 100  # well within the service's rate
SAVE_MS = 3_600_000  # how much younger the copy may be than its file says


def connect(settings: ServiceSettings, key: Signer | None, memory: Path | None) -> LedgerClient:
    """A client for the service in `settings`."""
    try:
        trusted = trust.decode(settings.trust.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{settings.trust}: cannot be read ({error.strerror})") from error
    except WireError as error:
        raise ConfigurationError(f"{settings.trust}: not a trust file ({error})") from error
    return LedgerClient(settings.url, trusted, key, ca=settings.ca, memory=memory)


class RemoteRegistrar:
    """Blocks go to the service."""

    def __init__(self, client: LedgerClient) -> None:
        self._client = client

    def register(self, statement: bytes, body: bytes, sealed_ms: int) -> tuple[int, bytes]:
        entered = self._client.submit(statement, body)
        return entered.number, entered.receipt

    def own_blocks(self, gateway: bytes, above: int) -> Iterator[RegisteredBlock]:
        yield from own_blocks(self._client, gateway, above)


class RemoteDirectory:
    """Answers from its copy; a thread of its own keeps that fresh."""

    def __init__(self, client: LedgerClient, file: Path, now_ms: Callable[[], int | None], *,
                 monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
                 refresh_ms: int = REFRESH_MS) -> None:
        """`now_ms` tells how old the file is; where there is no time, it counts as fresh."""
        self._client = client
        self._file = file
        self._now_ms = now_ms
        self._monotonic_ms = monotonic_ms
        self._refresh_ms = refresh_ms
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._standing, age_ms = _load(file, client.trust.ledger, now_ms())
        self._saved = self._standing
        self._saved_ms = self._read_ms = monotonic_ms() - age_ms
        self._unknown: dict[bytes, int] = {}
        self._heads: dict[tuple[bytes, int], tuple[int, int]] = {}  # seq, as of which checkpoint
        self._wanted: set[tuple[bytes, int]] = set()
        self._down = False
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="directory")
        self._thread.start()

    @property
    def ledger(self) -> bytes:
        return self._client.trust.ledger

    def device_key(self, kid: bytes) -> bytes | None:
        with self._lock:
            standing = self._standing
        if standing is None or kid not in standing.devices:
            standing = self._look_up(kid)
        age_ms = self._monotonic_ms() - self._read_ms
        if age_ms > STANDING_AGE_MAX_MS:
            raise PipeFailed(f"the ledger has not answered for {age_ms // 3_600_000} hours: whose "
                             "keys are in standing is not known any more")
        return standing.public_key(kid)

    def registered_seq(self, kid: bytes, epoch: int) -> int | None:
        """As last read; reading it anew is left to the other thread."""
        with self._lock:
            seq, number = self._heads.get((kid, epoch), (0, -1))
            if self._standing is None or number != self._standing.number:
                self._wanted.add((kid, epoch))
        return seq or None

    def app_hash(self) -> bytes | None:
        return None if self._standing is None else self._standing.app_hash

    def time_ms(self) -> int:
        return 0 if self._standing is None else self._standing.time_ms

    def close(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def refresh(self) -> None:
        """Read again what may have changed; ColdsealError when the service cannot be used."""
        with self._refreshing:
            standing = self._read()
            self._read_heads(standing)
            self._save()

    def _read_heads(self, standing: Standing) -> None:
        with self._lock:
            wanted = list(self._wanted)[:HEADS_A_REFRESH]
        view = self._client.view()
        for kid, epoch in wanted:
            if (device := standing.devices.get(kid)) is not None:
                self._keep_head((kid, epoch), standing.number, device_chain.head(
                    view, device.thumbprint, epoch).contiguous())
        with self._lock:
            self._wanted.difference_update(wanted)
            if len(self._wanted) > HEADS:
                self._wanted.clear()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self.refresh()
                failures = 0
            except ColdsealError as error:
                failures += 1
                self._down = True
                if failures == 1:
                    log.warning("the ledger cannot be asked, intake goes on with the keys known so "
                                "far: %s", error)
            pause_ms = min(outbox.pause_ms(failures, 1), self._refresh_ms) if failures \
                else self._refresh_ms
            self._wake.wait(pause_ms / 1000)
            self._wake.clear()

    def _look_up(self, kid: bytes) -> Standing:
        """Ask for a device that is not known here."""
        if self._down:
            raise PipeFailed("the ledger does not answer, and this device is new here")
        with self._lock:
            asked_ms = self._unknown.get(kid)
            if self._standing is not None and asked_ms is not None and \
                    self._monotonic_ms() - asked_ms < UNKNOWN_MS:
                return self._standing
        try:
            self._read()
            found = identity.key_of_kid(self._client.view(), kid)
        except ColdsealError as error:
            self._down = True
            raise PipeFailed(f"this device is new here, and the ledger cannot be asked: {error}") \
                from error
        return self._learn(kid, found)

    def _learn(self, kid: bytes, found: tuple[bytes, identity.Key] | None) -> Standing:
        with self._lock:
            assert self._standing is not None
            if found is not None and found[1].role == codes.ROLE_DEVICE:
                thumbprint, key = found
                self._standing = self._standing.knowing(
                    Device(thumbprint, key.public_key, key.organisation))
                self._wake.set()  # so that it is on disk before the next outage
            else:
                if len(self._unknown) >= UNKNOWNS:
                    self._unknown.clear()
                self._unknown[kid] = self._monotonic_ms()
            return self._standing

    def _read(self) -> Standing:
        """Checkpoint, members and revocations; the devices stay as they are."""
        newest = self._client.checkpoint()
        with self._lock:
            held = self._standing
        if held is None or held.number != newest.number:
            view: View = self._client.view()
            held = Standing(self.ledger, newest.number, newest.app_hash(), newest.time_ms,
                            frozenset(identity.members(view)),
                            frozenset(_kid(kid) for kid, _ in identity.revoked(view)))
        with self._lock:
            now = self._standing
            if now is None or now.number <= held.number:  # the other thread may have read later
                now = replace(held, devices={} if now is None else now.devices)
            self._standing = now
            self._read_ms = self._monotonic_ms()
            self._down = False
            return now

    def _keep_head(self, place: tuple[bytes, int], number: int, seq: int) -> None:
        with self._lock:
            self._heads.pop(place, None)
            self._heads[place] = seq, number
            if len(self._heads) > HEADS:
                del self._heads[next(iter(self._heads))]

    def _save(self) -> None:
        """Seldom: the file lies on flash."""
        with self._lock:
            standing, saved = self._standing, self._saved
        assert standing is not None
        if saved is not None and self._monotonic_ms() - self._saved_ms < SAVE_MS and \
                (saved.devices, saved.members, saved.revoked) == \
                (standing.devices, standing.members, standing.revoked):
            return
        durable.replace_file(self._file, standing.encode(self._now_ms()))
        self._saved, self._saved_ms = standing, self._monotonic_ms()


def _kid(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def _load(file: Path, ledger: bytes, now_ms: int | None) -> tuple[Standing | None, int]:
    """(what the file holds, how old that is); a copy that cannot be used is made anew."""
    if not file.exists():
        return None, 0
    try:
        standing, saved_ms = decode_standing(file.read_bytes())
    except WireError as error:
        log.warning("%s: not a gateway's copy of the ledger's keys (%s): it is made anew", file,
                    error)
        return None, 0
    if standing.ledger != ledger:
        log.warning("%s: a copy of another ledger's keys: it is made anew", file)
        return None, 0
    known = now_ms is not None and saved_ms is not None
    return standing, max(0, now_ms - saved_ms) if known else 0  # type: ignore[operator]
