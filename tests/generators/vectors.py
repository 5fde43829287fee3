"""Writes tests/vectors: golden vectors of every format, valid and invalid.

Keys, nonces and times are fixed, so that writing them again changes nothing.  The cases stand in
tests/generators/cases; tests/vectors/README.md says how to read them.
"""

import importlib
import json
from pathlib import Path

from tests import ledger_vectors
from tests.device import wire_vectors
from tests.generators.cases.common import LEDGER, Case, Subject

TARGET = Path("tests/vectors")


def main() -> None:
    for name in sorted(wire_vectors.SUBJECTS + ledger_vectors.SUBJECTS):
        subject: Subject = importlib.import_module(f"tests.generators.cases.{name}").SUBJECT
        for kind, cases in (("valid", subject.valid), ("invalid", subject.invalid)):
            (TARGET / kind / f"{name}.json").write_text(text(subject.about, cases), "utf-8")


def text(about: str, cases: list[Case]) -> str:
    """A file, one case a line; characters beyond ASCII stand as themselves, because MicroPython
    does not join the escapes of a surrogate pair."""
    names = [(case["format"], case["name"]) for case in cases]
    assert len(set(names)) == len(names), "two cases have one name"
    rows = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
    head = f'{{\n "about": {json.dumps(about)},\n "ledger": "{LEDGER.hex()}",\n "cases": [\n'
    return f"{head}{rows}\n ]\n}}\n"


if __name__ == "__main__":
    main()
