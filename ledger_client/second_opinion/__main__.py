"""Verify a pack passport offline.

Exit status: 0 valid under the trust file; 1 not valid, and the message names the field; 2 asked
wrongly; 3 self-consistent only, since there is no trust file.
"""

import argparse
import sys
from pathlib import Path

from ledger_client.second_opinion import judge
from ledger_client.second_opinion.form import PASSPORT_BYTES
from ledger_client.second_opinion.words import lines, refusal

_INVALID, _USAGE, _SELF_CONSISTENT = 1, 2, 3


def main() -> int:
    """Prints the opinion; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):  # names can hold what a terminal cannot show
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(
        prog="coldseal-verifier", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passport", type=Path, metavar="PASSPORT")
    parser.add_argument("--trust", type=Path, metavar="FILE",
                        help="whose word you take; never from the passport's sender")
    asked = parser.parse_args()
    try:
        passport = _read(asked.passport)
        trust = None if asked.trust is None else _read(asked.trust)
    except OSError as error:
        return _fail(f"{error.filename}: cannot be read ({error.strerror})", _USAGE)
    opinion = judge(passport, trust)
    if opinion.field == "trust":
        return _fail(f"{asked.trust}: not a trust file ({opinion.detail})", _USAGE)
    if not opinion.valid:
        what, remedy = refusal(opinion.field, opinion.detail)
        return _fail(f"NOT VALID: {what}\n{remedy}", _INVALID)
    print(*lines(opinion), sep="\n")
    return _SELF_CONSISTENT if opinion.fingerprint is None else 0


def _read(path: Path) -> bytes:
    """Of a file that is too large for a passport, enough to see that."""
    with path.open("rb") as file:
        return file.read(PASSPORT_BYTES + 1)


def _fail(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
