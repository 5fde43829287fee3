"""The device's scripts, in the real interpreter and on CPython: one process each."""

import os
import subprocess
import sys

import pytest

from tests import micropython

# parts of other scripts, and scripts whose own tests start them with arguments
NOT_STARTED = ("parts", "wire_vectors", "gs1_replay")
SCRIPTS = sorted(path.stem for path in (micropython.CHECKOUT / "tests" / "device").glob("*.py")
                 if path.stem not in NOT_STARTED)


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_on_micropython(script: str) -> None:
    assert micropython.run(f"tests/device/{script}.py", heap="2M") == ""


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_on_cpython(script: str) -> None:
    done = subprocess.run([sys.executable, f"tests/device/{script}.py"], text=True,
                          cwd=micropython.CHECKOUT, capture_output=True, timeout=100,
                          env=os.environ | {"PYTHONPATH": str(micropython.CHECKOUT)})
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_script_is_found() -> None:
    assert len(SCRIPTS) >= 8
