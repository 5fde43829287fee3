"""A real device at a serial port, as `coldseal device` asks it: a terminal of the system stands in
for the USB cable."""

import os
import pty
import re
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.circle import MAKER, PARTIES
from tests.commands import Desk
from tests.unit.firmware.bench import START_MS, Device

CONFIGURATION = f"""party = "{PARTIES[MAKER]}"
giai = "https://id.gs1.org/8004/9506000134L1"
interval_s = 60
[broker]
host = "127.0.0.1"
port = 1
tls = false
"""


def _copy(source: int, sink: int) -> None:
    try:
        while data := os.read(source, 4096):
            os.write(sink, data)
    except OSError:
        return  # one end is closed


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path / "logger")
    made.start()
    yield made
    made.close()


@pytest.fixture
def port(device: Device) -> Iterator[str]:
    """Where its console is plugged in; held open, as a cable is."""
    cable, terminal = pty.openpty()
    tty.setraw(terminal)
    assert device.process is not None
    assert device.process.stdin is not None
    assert device.process.stdout is not None
    for source, sink in ((cable, device.process.stdin.fileno()),
                         (device.process.stdout.fileno(), cable)):
        threading.Thread(target=_copy, args=(source, sink), daemon=True).start()
    yield os.ttyname(terminal)
    device.kill()
    os.close(terminal)
    os.close(cable)


def asked(verb: str, port: str, *more: object, status: int = 0) -> str:
    """What `coldseal device` says."""
    done = subprocess.run([sys.executable, "-m", "edge_gateway", "device", verb, "--console", port,
                           *map(str, more)], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stderr


def waiting(port: str) -> int:
    found = re.search("waiting for custody: ([0-9]+) records", asked("status", port))
    assert found
    return int(found[1])


def test_it_is_enrolled_asked_and_closed(device: Device, port: str, tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    desk = Desk(tmp_path / "ledger").close()
    desk.circle.gateway.signer.save(tmp_path / "gateway.key")
    (tmp_path / "logger.toml").write_text(CONFIGURATION)
    assert "not provisioned" in asked("status", port, status=2)
    said = asked("enrol", port, "--ledger", desk.ledger, "--key", desk.key("maker-operations"),
                 "--configuration", tmp_path / "logger.toml", "--gateway",
                 tmp_path / "gateway.key.pub")
    assert "is entry" in said
    assert "nothing is open" in asked("close", port, status=2)
    device.tell(f"{START_MS} start", f"{START_MS} sensor 0 5000",
                f"{START_MS + 600_000} link down")
    while not device.screen.exists() or "5.0" not in device.screen.read_text():
        asked("status", port)  # an answer is a turn of the device: no busy waiting
    before = waiting(port)
    assert "is signed, and waits for custody" in asked("close", port)
    assert waiting(port) == before + 1
