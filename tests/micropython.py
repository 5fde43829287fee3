"""The real MicroPython interpreter, for tests of code that both interpreters share."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def interpreter() -> str:
    """$MICROPYTHON, then the one beside this Python, then PATH; skip the test without one."""
    beside = Path(sys.executable).with_name("micropython")
    found = os.environ.get("MICROPYTHON") or (
        str(beside) if beside.exists() else shutil.which("micropython"))
    if not found:
        pytest.skip("no micropython: name one in $MICROPYTHON")
    return found


def run(script: str, *arguments: str, heap: str = "1M") -> str:
    """What `script` (a path below the checkout) prints; it fails by raising.

    The module path is the checkout alone, so that nothing of the user's leaks in.
    """
    done = subprocess.run(
        [interpreter(), "-X", f"heapsize={heap}", script, *arguments], cwd=CHECKOUT,
        env={**os.environ, "MICROPYPATH": f".frozen:{CHECKOUT}"}, capture_output=True, text=True)
    # Its tracebacks go to standard output.
    assert done.returncode == 0, f"{script} ended with {done.returncode}:\n" + \
        done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout
