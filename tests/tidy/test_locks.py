"""The locks hold what pyproject.toml asks for, no more and no less, without asking a registry."""

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tidy.sources import ROOT

DIRECT = "coldseal (pyproject.toml)"  # how the lock says that the project itself asks
EXTRAS = {"demo": ("verify", "service", "labels", "demo"),
          "dev": ("verify", "service", "labels", "demo", "test")}


@dataclass(frozen=True)
class Pin:
    """One package of a lock; `wanted_by` are the names behind its `# via`."""

    version: str
    marker: str
    hashes: int
    wanted_by: tuple[str, ...]


def pins(lock: str) -> dict[str, Pin]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    return dict(map(_pin, entries))


def _pin(entry: str) -> tuple[str, Pin]:
    head, *rest = entry.splitlines()
    requirement, _, marker = head.rstrip("\\ ").partition(" ; ")
    name, version = requirement.split("==")
    wanted_by = [re.sub(r"^ *# *(via)? *", "", line) for line in rest if "#" in line]
    hashes = entry.count("--hash=sha256:")
    return name, Pin(version, marker, hashes, tuple(filter(None, wanted_by)))


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BACKEND = [Requirement(text) for text in PROJECT["build-system"]["requires"]]


def asked(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for directly: to run, and by the extras of the lock."""
    extras = PROJECT["project"]["optional-dependencies"]
    texts = PROJECT["project"]["dependencies"]
    return [Requirement(text) for text in texts + [t for e in EXTRAS[lock] for t in extras[e]]]


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_lock_is_in_step_with_the_project(lock: str) -> None:
    locked = pins(lock)
    for requirement in asked(lock) + BACKEND:
        pin = locked.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement} is not in requirements/{lock}.txt: make lock"
        assert requirement.specifier.contains(pin.version), f"{requirement}, not {pin}: make lock"
        assert bool(requirement.marker) == bool(pin.marker), f"{requirement}: make lock"
    direct = {name for name, pin in locked.items() if DIRECT in pin.wanted_by}
    assert direct == {canonicalize_name(requirement.name) for requirement in asked(lock)}


@pytest.mark.parametrize("lock", EXTRAS)
def test_every_package_has_hashes_and_somebody_who_wants_it(lock: str) -> None:
    locked = pins(lock)
    assert len(locked) >= len(asked(lock))
    for name, pin in locked.items():
        assert pin.hashes, name
        wanted_by = {one for one in pin.wanted_by if not one.startswith("-c ")}
        assert wanted_by or name in {one.name for one in BACKEND}, name
        assert wanted_by <= {*locked, DIRECT}, name


def test_the_development_lock_adds_to_the_other() -> None:
    development = pins("dev")
    for name, pin in pins("demo").items():
        assert development[name].version == pin.version
        assert development[name].marker in ("", pin.marker)  # installed at least where demo is
