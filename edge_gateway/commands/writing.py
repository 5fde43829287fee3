"""Files that commands write: whether they can be written is asked before anything is done."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger_client.errors import UsageError


def require_writable(path: Path) -> None:
    """UsageError says why no file can be written there, and what to do."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder. Name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}. Make it, or name another file")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path}: this user may not write there. Name another file")


def write_file(path: Path, data: bytes) -> None:
    """What was there is replaced; UsageError when it cannot be written."""
    require_writable(path)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}). Name another file"
                         ) from error


def make_folder(path: Path, mode: int = 0o777) -> None:
    """The folder, and those around it, when they are not there yet."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise UsageError(f"{path}: cannot be made a folder ({error.strerror}). Name another"
                         ) from error


@contextmanager
def removed_on_failure(*paths: Path) -> Iterator[None]:
    """What is half written when something fails is not left behind."""
    try:
        yield
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
