"""A gateway as its users run it: files in a folder, a broker, the real command in a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_gateway.ports.journal import Journal
from ledger_client.node.embedded import LedgerReader
from ledger_client.store.sqlite import SqliteStore
from tests.world import START_MS, World

COLDSEAL = [sys.executable, "-m", "edge_gateway"]


@dataclass
class GatewayRig:
    """`world` founded the ledger and enrolled devices before the gateway took it over."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "gateway.toml"

    def start(self) -> None:
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*COLDSEAL, "gateway", "run", "--config", str(self.config)], stderr=log,
                stdout=subprocess.PIPE, start_new_session=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n", self.log()

    def log(self) -> str:
        return (self.folder / "gateway.log").read_text()

    def stop(self) -> None:
        """SIGTERM: everything taken is sealed and registered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log()
        self._closed()

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

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COLDSEAL, *arguments], capture_output=True, text=True,
                              check=False)

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        journal = Journal(self.folder / "journal.db", readonly=True)
        try:
            yield journal
        finally:
            journal.close()

    @contextmanager
    def ledger(self) -> Iterator[LedgerReader]:
        ledger = LedgerReader(SqliteStore(self.folder / "ledger.db", readonly=True))
        try:
            yield ledger
        finally:
            ledger.close()


def founded(folder: Path) -> World:
    """A world whose ledger lies in `folder`, with the keys a gateway needs beside it."""
    world = World(store=SqliteStore.create(folder / "ledger.db")).found()
    world.ledger_signer.save(folder / "ledger.key")
    world.gateway.signer.save(folder / "gateway.key")
    return world


def rig(folder: Path, port: int) -> GatewayRig:
    """Settings for a gateway in virtual time; the ledger must be closed by now."""
    (folder / "gateway.toml").write_text(
        f'ledger = "ledger.db"\nledger_key = "ledger.key"\njournal = "journal.db"\n'
        f'key = "gateway.key"\nseal_interval_s = 60\n[broker]\nhost = "127.0.0.1"\n'
        f"port = {port}\n[simulation]\nstart_ms = {START_MS}\nseed = \"1\"\n")
    return GatewayRig(folder, port)
