"""A small world's ledger with a history, served over real HTTP."""

import http.client
import os
from dataclasses import dataclass, field
from pathlib import Path

from ledger_client.client import LedgerClient
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.checkpoint import Cosignature
from ledger_client.core.entry import Submission
from ledger_client.core.signature import Signer
from ledger_client.core.trust import Trust
from ledger_client.service import message_signature
from ledger_client.service.application import Clocks, Service
from ledger_client.service.limits import Limits
from ledger_client.service.message_signature import Request
from ledger_client.service.server import Listen, Server
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes
from tests.world import Device, World, pack_symbol, signer

UNLIMITED = Limits(10 ** 6, 10 ** 6, 10 ** 6, 10 ** 6)
WITNESS = signer("witness")


@dataclass
class Answered:
    """A response, read to its end."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.fields.get("content-type", "")


@dataclass
class Served:
    """A world whose ledger a service writes from now on."""

    world: World
    device: Device
    folder: Path
    server: Server
    trust: Trust
    clients: list[LedgerClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def client(self, key: Signer | None = None, memory: Path | None = None) -> LedgerClient:
        made = LedgerClient(self.url, self.trust, key or self.world.gateway.signer, memory=memory)
        self.clients.append(made)
        return made

    def block(self, count: int = 1) -> Submission:
        """The gateway's next block of scans, not handed in."""
        return self.world.gateway.seal([self.device.scan(codes.ACTION_COMMISSION, [
            pack_symbol(f"S{self.device.seq:05}")]) for _ in range(count)], self.world.now_ms)

    def ask(self, method: str, target: str, *, by: Signer | None = None, body: bytes = b"",
            fields: dict[str, str] | None = None) -> Answered:
        """One request on a connection of its own, signed when `by` is given."""
        path, _, query = target.partition("?")
        host = f"127.0.0.1:{self.server.port}"
        fields = {"host": host, **(fields or {})}
        if by is not None:
            fields |= message_signature.sign(Request(method, "http", host, path, query, {}, body),
                                             by, self.world.ledger, Clocks().unix_ms() // 1000,
                                             os.urandom(16))
        connection = http.client.HTTPConnection(host, timeout=10)
        try:
            connection.request(method, target, body or None, fields)
            answer = connection.getresponse()
            return Answered(answer.status, {name.lower(): value
                                            for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def hang_up(self) -> None:
        """Close every client's connection: an address has only so many."""
        while self.clients:
            self.clients.pop().close()

    def close(self) -> None:
        self.hang_up()
        self.server.close()


def founded(folder: Path) -> tuple[World, Device]:
    """Two organisations, a gateway, a witness, a scanner and two blocks; its file is closed."""
    world = World(store=SqliteStore.create(folder / "ledger.db"), witnesses=[WITNESS]).found()
    device = world.device("maker scanner", world.maker)
    for _ in range(2):
        world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{device.seq:05}")]),
                    device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{device.seq:05}")]))
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    world.store.add_cosignature(checkpoint.number, WITNESS.thumbprint, checkpoints.cosign(
        Cosignature(checkpoint.app_hash(), 1, world.now_ms), world.ledger, WITNESS))
    world.engine.close()
    return world, device


def serve(folder: Path, world: World, device: Device, rates: Limits = UNLIMITED,
          clocks: Clocks | None = None) -> Served:
    service = Service(folder / "ledger.db", world.ledger_signer, rates=rates, clocks=clocks)
    return Served(world, device, folder, Server(service, Listen("127.0.0.1", 0)), trust_of(world))


def trust_of(world: World) -> Trust:
    """The trust file that its operator gives away."""
    return Trust("test", world.ledger, world.ledger_signer.public_key, (), 0)
