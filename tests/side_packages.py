"""Packages that a test needs and the project's environment must not have: folders below build/.

`python -S` with such a folder on PYTHONPATH sees it and the standard library, nothing else.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parent.parent
_INSTALL_S = 90


class NotInstalled(Exception):
    """The packages cannot be had here; says why."""


def installed(name: str) -> Path:
    """The folder with what requirements/<name>.txt pins; NotInstalled without registry or wheel.

    A stamp, written last, is bound to the lock and the interpreter."""
    lock = _CHECKOUT / "requirements" / f"{name}.txt"
    folder = _CHECKOUT / "build" / name
    stamp = folder / "stamp"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _install(lock, folder)
        stamp.write_text(wanted)
    return folder


def side(name: str) -> Path:
    """`installed`, or the test is skipped with the reason."""
    try:
        return installed(name)
    except NotInstalled as error:
        pytest.skip(f"requirements/{name}.txt cannot be installed: {error}")


def environment(folder: Path) -> dict[str, str]:
    """For a process that sees `folder`."""
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def _install(lock: Path, folder: Path) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--no-input", "--retries", "1", "--require-hashes", "--only-binary=:all:",
             "--no-deps", "--target", str(folder), "-r", str(lock)],
            capture_output=True, text=True, timeout=_INSTALL_S)
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"no end after {_INSTALL_S} s") from error
    if done.returncode:
        raise NotInstalled(done.stderr.strip().rpartition("\n")[2])
