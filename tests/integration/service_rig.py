"""A ledger service as its operator runs it, and gateways of several sites on it."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from edge_gateway.ports.local_broker import LocalBroker, start_broker
from ledger_client.signer import SoftwareSigner
from tests.integration.gateway_rig import COLDSEAL, GatewayRig
from tests.served import trust_of
from tests.world import World


@dataclass
class ServiceRig:
    """`coldseal ledger serve` over the ledger file in `folder`, always on the same port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*COLDSEAL, "ledger", "serve", str(self.folder / "ledger.db"), "--listen",
                 f"127.0.0.1:{self.port}"], stderr=log, stdout=subprocess.PIPE,
                start_new_session=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"ready {self.url}\n".encode(), self.log()

    def log(self) -> str:
        return (self.folder / "service.log").read_text()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self._closed()
        return status

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._closed()

    def _closed(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None


def service_rig(folder: Path, world: World) -> ServiceRig:
    """The ledger must be closed by now."""
    world.ledger_signer.save(folder / "ledger.key")
    (folder / "ledger.trust").write_bytes(trust_of(world).encode())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return ServiceRig(folder, taken.getsockname()[1])


@dataclass
class Site:
    """A broker and a gateway on a service."""

    broker: LocalBroker
    gateway: GatewayRig
    key: SoftwareSigner
    backups: list[Path] = field(default_factory=list)

    def back_up(self) -> Path:
        """A copy of the journal as it is now, made while the gateway runs."""
        copy = self.gateway.folder / f"journal.backup{len(self.backups)}"
        with sqlite3.connect(self.gateway.folder / "journal.db") as source, \
                sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
        self.backups.append(copy)
        return copy

    def restore(self, copy: Path) -> None:
        """What a person does who puts a backup back: the file, and nothing of the newer one."""
        for name in ("journal.db-wal", "journal.db-shm"):
            (self.gateway.folder / name).unlink(missing_ok=True)
        shutil.copy(copy, self.gateway.folder / "journal.db")

    def stop(self) -> None:
        if self.gateway.process is not None:
            self.gateway.kill()
        self.broker.stop()


def site(folder: Path, service: ServiceRig, key: SoftwareSigner, kind: str) -> Site:
    """A gateway with its own broker; nothing of the ledger but its trust file."""
    broker = start_broker(folder / "broker", kind=kind)
    shutil.copy(service.folder / "ledger.trust", folder / "ledger.trust")
    key.save(folder / "gateway.key")
    (folder / "gateway.toml").write_text(
        f'journal = "journal.db"\nkey = "gateway.key"\nseal_interval_s = 1\n'
        f'[ledger]\nurl = "{service.url}"\ntrust = "ledger.trust"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n')
    return Site(broker, GatewayRig(folder, broker.port), key)
