"""The project's own files, as the tidy tests see them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("firmware", "ledger_client", "edge_gateway", "hardware", "tests")

# Written by a generator that keeps its own measure; nobody reads them line by line.
GENERATED = (
    "firmware/boards/logger.py",
    "firmware/boards/scanner.py",
    "firmware/device/p256_table.py",
    "ledger_client/wire/gs1_table.py",
)

_TEXT = (".py", ".md", ".toml", ".sh", ".sql", ".html", ".js", ".css", ".cddl", ".csv", ".service",
         ".conf")


@dataclass(frozen=True)
class Module:
    """One Python file: `name` as an import names it, `path` below the root."""

    name: str
    path: str
    text: str
    tree: ast.Module

    def within(self, *packages: str) -> bool:
        """Is the module one of `packages`, or inside one?"""
        return any(self.name == one or self.name.startswith(one + ".") for one in packages)


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of every room."""
    return tuple(_module(path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))


def written_modules() -> Iterator[Module]:
    """Those that a person writes."""
    return (module for module in modules() if module.path not in GENERATED)


def text_files() -> Iterator[tuple[str, str]]:
    """(path below the root, text) of every file that people read, at the root and in the rooms."""
    folders = (*ROOMS, "docs", "requirements", ".ci")
    found = [path for path in ROOT.iterdir() if path.is_file() and _is_text(path)]
    found += [p for folder in folders for p in (ROOT / folder).rglob("*") if _is_text(p)]
    for path in sorted(found):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def _is_text(path: Path) -> bool:
    return path.is_file() and (path.suffix in _TEXT or path.name in ("Makefile", "run"))


def _module(path: Path) -> Module:
    below = path.relative_to(ROOT)
    parts = below.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name, below.as_posix(), text, ast.parse(text, filename=str(path)))
