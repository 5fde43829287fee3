"""The demonstration as its users run it, with and without mosquitto on the PATH."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge_gateway.simulate import CHECKOUT

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


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_ctrl_c_ends_every_child() -> None:
    # a shell's background job ignores it, and so would the child
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen([sys.executable, "-m", "edge_gateway", "demo"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout is not None
        assert any(line.startswith("3/7") for line in process.stdout)
        private = str(CHECKOUT / "build/demo-private")
        children = running(private)
        assert len(children) >= 5  # broker, gateway, three devices
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert running(private) == []


def test_private_keys_are_not_where_people_pass_files_on() -> None:
    demo()
    public = CHECKOUT / "build/demo"
    assert not [path for path in public.rglob("*") if b"PRIVATE KEY" in path.read_bytes()]
    keys = list((CHECKOUT / "build/demo-private").rglob("*.key"))
    assert keys
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
