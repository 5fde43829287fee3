"""Processes of the demonstration: every child ends when the demonstration does."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edge_gateway.demo.story import Stimulus
from edge_gateway.ports.local_broker import LocalBroker
from edge_gateway.simulate import POWER_CUT_STATUS, DeviceFiles, start_device
from ledger_client.errors import PipeFailed

COLDSEAL = [sys.executable, "-m", "edge_gateway"]
COMMAND_S = 60.0
IDLE_S = 60.0  # a device that waits for its acks longer than this is stuck
STOP_S = 30.0


@dataclass(frozen=True)
class Finished:
    """What a command said."""

    status: int
    output: str
    error: str


def command(*arguments: str, stdin: Any = None, stdout: Any = subprocess.PIPE) -> Finished:
    """Run `coldseal` to its end."""
    done = subprocess.run([*COLDSEAL, *arguments], stdin=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=COMMAND_S, check=False)
    return Finished(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


def must(*arguments: str, stdin: Any = None, stdout: Any = subprocess.PIPE) -> str:
    """Run `coldseal`; PipeFailed when it does not end with 0."""
    done = command(*arguments, stdin=stdin, stdout=stdout)
    if done.status != 0:
        raise PipeFailed(f"`coldseal {' '.join(arguments)}` ended with {done.status}: "
                         f"{done.error.strip()}")
    return done.output


def must_json(*arguments: str) -> Any:
    return json.loads(must(*arguments, "--json"))


class Device:
    """A simulated device: its process, the FIFO that feeds it, its screen read by a thread."""

    def __init__(self, folder: Path, board: str, seed: str) -> None:
        self._files = DeviceFiles(folder)
        self._board = board
        self._seed = seed
        folder.mkdir(parents=True, mode=0o700)
        for fifo in (self._files.stimuli, self._files.screen):
            os.mkfifo(fifo, 0o600)
        # opened for reading too, so that neither side ever sees the end of the other's process
        self._stimuli = os.open(self._files.stimuli, os.O_RDWR)
        self._screen = open(os.open(self._files.screen, os.O_RDWR), "rb",  # noqa: SIM115
                            buffering=0)
        self._log = (folder / "log.txt").open("ab")
        self._idle = threading.Condition()
        self._seen: list[str] = []
        self._stopped = False
        self.process: subprocess.Popen[bytes] | None = None
        self._threads = [threading.Thread(target=self._read_screen, daemon=True)]
        self._threads[0].start()

    def start(self, *, console: bool) -> None:
        """Switch it on; with `console` its standard streams wait for a console."""
        self.process = start_device(
            self._files, self._board, seed=self._seed, stderr=self._log,
            stdin=subprocess.PIPE if console else subprocess.DEVNULL,
            stdout=subprocess.PIPE if console else self._log)

    def release_console(self) -> None:
        """Nobody is at the console any more; what the device prints goes to its log."""
        assert self.process is not None
        source = self.process.stdout
        assert source is not None
        drain = threading.Thread(target=self._drain, args=(source,), daemon=True)
        self._threads.append(drain)
        drain.start()

    def _drain(self, source: IO[bytes]) -> None:
        with source:
            for line in source:
                self._log.write(line)

    def feed(self, stimuli: Iterable[Stimulus]) -> None:
        """Feed stimuli; the FIFO holds back when the device is slower.  After a power cut the
        device is switched on again, and goes on where its flash says."""
        for unix_ms, words in stimuli:
            os.write(self._stimuli, f"{unix_ms} {' '.join(words)}\n".encode())
            if words == ["power", "off"]:
                self._restart()
            elif words == ["wait"]:
                self._wait_for(f"idle {unix_ms}")
            elif words == ["end"]:
                self._wait_for("end")

    def _restart(self) -> None:
        assert self.process is not None
        status = self.process.wait(IDLE_S)
        if status != POWER_CUT_STATUS:
            raise PipeFailed(f"the {self._board} ended with {status}: {self.log()}")
        self._close_console()
        self.start(console=False)

    def _close_console(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()

    def _wait_for(self, line: str) -> None:
        with self._idle:
            if not self._idle.wait_for(lambda: line in self._seen or self._ended(line), IDLE_S):
                raise PipeFailed(f"the {self._board} still waits for its acks: {self.log()}")

    def _ended(self, line: str) -> bool:
        """A device that died will say nothing more."""
        if line != "end" and self.process is not None and self.process.poll() is not None:
            raise PipeFailed(f"the {self._board} ended with {self.process.returncode}: "
                             f"{self.log()}")
        return False

    def _read_screen(self) -> None:
        rest = b""
        with (self._files.folder / "screen.txt").open("w") as transcript:
            while not self._stopped:
                *lines, rest = (rest + self._screen.read(4096)).split(b"\n")
                with self._idle:
                    for line in lines:
                        text = line.decode(errors="replace")
                        transcript.write(text + "\n")
                        if text.startswith(("idle", "end")):
                            self._seen.append(text)
                    transcript.flush()
                    self._idle.notify_all()

    def log(self) -> str:
        self._log.flush()
        return (self._files.folder / "log.txt").read_text(errors="replace")[-600:]

    @property
    def transcript(self) -> Path:
        """Everything its screen showed."""
        return self._files.folder / "screen.txt"

    def stop(self) -> None:
        """End the process, then the threads that read from it."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
        self._close_console()
        self._stopped = True
        os.write(self._screen.fileno(), b"\n")  # wakes the reader: a FIFO held open never ends
        for thread in self._threads:
            thread.join()
        self._screen.close()
        os.close(self._stimuli)
        self._log.close()


class GatewayProcess:
    """`coldseal gateway run`."""

    def __init__(self, config: Path, log: Path) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*COLDSEAL, "gateway", "run", "--config", str(config)], stdout=subprocess.PIPE,
                stderr=errors, start_new_session=True)
        self._log = log
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            self.stop()
            raise PipeFailed(f"the gateway did not start: {log.read_text()[-600:]}")

    def finish(self) -> None:
        """SIGTERM: everything taken is sealed and registered."""
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(STOP_S) != 0:
            raise PipeFailed(f"the gateway ended badly: {self._log.read_text()[-600:]}")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Children:
    """Ends every child, the broker last."""

    def __init__(self) -> None:
        self.devices: list[Device] = []
        self.gateway: GatewayProcess | None = None
        self.broker: LocalBroker | None = None

    def __enter__(self) -> "Children":
        return self

    def __exit__(self, *_: object) -> None:
        for device in self.devices:
            device.stop()
        if self.gateway is not None:
            self.gateway.stop()
        if self.broker is not None:
            self.broker.stop()
