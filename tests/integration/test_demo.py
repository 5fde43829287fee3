"""The demonstration as its users run it, with and without mosquitto on the PATH."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from edge_gateway.ports.console import DeviceConsole, PipeLine
from edge_gateway.simulate import CHECKOUT
from tests.commands import coldseal
from tests.shared_data import shared

DEMO_S = 110
FRIDGE_TAG = "compliance/berlinger/FridgeTag_2L_130500109088_202206081014.txt"


def demo(*arguments: str, path: str | None = None) -> dict[str, Any]:
    """Run it to its end; the summary."""
    environment = dict(os.environ, **({} if path is None else {"PATH": path}))
    done = subprocess.run([sys.executable, "-m", "edge_gateway", "demo", *arguments],
                          capture_output=True, text=True, timeout=DEMO_S, check=False,
                          env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    summary: dict[str, Any] = json.loads((CHECKOUT / "build/demo/summary.json").read_text())
    return summary


def without_times(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key != "elapsed_s"}


def test_the_demo_shows_what_it_promises_and_repeats() -> None:
    first = demo("--seed", "7")
    assert first["verified"] is True
    assert first["tampering_caught"] == 4
    assert [one["rule"] for one in first["findings"]] == ["C0.5", "C2.1", "C15.1"]
    assert first["duplicates"] == 1
    assert first["excursions"]
    assert first["elapsed_s"] < 60
    said = coldseal("gateway", "status", "--config", CHECKOUT / "build/demo-private/gateway"
                    / "gateway.toml")
    assert "duplicates   1\nrefused      0\ndelivered again: key " in said
    assert without_times(demo("--seed", "7")) == without_times(first)


@pytest.mark.parametrize(("path", "kind"), [
    pytest.param(f"{os.environ['PATH']}:/usr/sbin", "mosquitto", marks=pytest.mark.skipif(
        shutil.which("mosquitto", path="/usr/sbin") is None, reason="mosquitto is not installed")),
    ("/nonexistent", "iotcore")])
def test_the_demo_takes_mosquitto_when_it_is_on_the_path(path: str, kind: str) -> None:
    assert demo(path=path)["broker"] == kind


def running(word: str) -> list[str]:
    """Processes whose command or environment names `word`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is somebody else's
        if word.encode() in said:
            found.append(process.name)
    return found


ENDING = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/environ").exists(),
                                reason="needs Linux's /proc")


@NEEDS_PROC
@ENDING
def test_a_signal_ends_every_child(number: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-m", "edge_gateway", "demo"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        assert process.stdout is not None
        assert any(line.startswith("3/7") for line in process.stdout)
        private = str(CHECKOUT / "build/demo-private")
        children = running(private)
        assert len(children) >= 5  # broker, gateway, three devices
        process.send_signal(number)
        said = process.stdout.read()
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert running(private) == []


@NEEDS_PROC
@ENDING
def test_a_simulated_device_ends_with_the_command(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "edge_gateway", "device", "simulate", "--board", "scanner",
         "--folder", str(tmp_path / "scanner")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    with process:
        answers, asks = cast(BinaryIO, process.stdout), cast(BinaryIO, process.stdin)
        assert DeviceConsole(PipeLine(answers, asks)).identify()
        assert len(running(f"COLDSEAL_DEVICE={tmp_path}")) == 1
        process.send_signal(number)
        said = answers.read()  # to its end: nobody holds the console any more
    assert process.returncode == 128 + number, said
    assert running(f"COLDSEAL_DEVICE={tmp_path}") == []


class TestAskedWrongly:
    def test_no_such_board(self, tmp_path: Path) -> None:
        said = coldseal("device", "simulate", "--board", "toaster", "--folder", tmp_path, status=2)
        assert "toaster: no such board; there are logger, scanner" in said

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "README.md"
        file.touch()
        said = coldseal("device", "simulate", "--board", "logger", "--folder", file, status=2)
        assert "README.md: cannot be made a folder" in said

    def test_no_such_log(self) -> None:
        assert "error: nope.txt: cannot be read" in coldseal("demo", "--log", "nope.txt", status=2)

    def test_a_log_without_readings(self) -> None:
        path = shared("compliance/berlinger/FridgeTag_2_130400191542_202302140605.txt")
        assert "there is no reading in it" in coldseal("demo", "--log", path, status=1)


def test_private_keys_are_not_where_people_pass_files_on() -> None:
    demo()
    public = CHECKOUT / "build/demo"
    assert not [path for path in public.rglob("*") if b"PRIVATE KEY" in path.read_bytes()]
    keys = list((CHECKOUT / "build/demo-private").rglob("*.key"))
    assert keys
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
