"""Generated files are what their generators write: running them again changes nothing."""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hardware import generate
from hardware.model import load
from tests.tidy.sources import ROOMS, ROOT

GENERATORS = sorted(path.stem for path in (ROOT / "tests" / "generators").glob("[a-z]*.py"))


def test_the_boards_are_what_their_descriptions_say() -> None:
    assert generate.stale(generate.outputs(load(generate.HERE))) == [], "make boards"


def copied(folder: Path) -> Path:
    """The rooms in another place, for a generator to write into."""
    for room in ROOMS:
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        if (ROOT / room).exists():
            shutil.copytree(ROOT / room, folder / room, ignore=ignored)
    return folder


def differences(folder: Path) -> list[str]:
    """What is another, or new, in `folder`."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
        if not _same(path, ROOT / path.relative_to(folder))
    ]


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


@pytest.mark.parametrize("generator", GENERATORS)
def test_running_a_generator_again_changes_nothing(generator: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = set(differences(folder))  # what somebody saved since the copy was made
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    environment.setdefault("COLDSEAL_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
    run = [sys.executable, "-m", f"tests.generators.{generator}"]
    done = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(differences(folder)) - before == set(), "make vectors"
