"""Every make target explains itself, and CI runs the same targets as a person."""

import re
import subprocess

from tests.tidy.sources import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z][\w-]*):", MAKEFILE, re.MULTILINE)


def test_every_target_has_a_help_text() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True
    )
    assert shown.returncode == 0, shown.stderr
    explained = [line.split()[1] for line in shown.stdout.splitlines() if len(line.split()) > 2]
    assert explained == TARGETS
    assert {"help", "demo", "test", "check", "vectors", "boards", "lock", "bench"} <= set(TARGETS)


def test_no_target_can_be_mistaken_for_a_file() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert phony.group(1).split() == TARGETS


def test_ci_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111 == 0o111
    commands = [line for line in script.read_text().splitlines() if line.startswith("make ")]
    assert commands == ["make check", "make test"]
