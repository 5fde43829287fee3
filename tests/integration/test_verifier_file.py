"""The verifier as one Python file, run by a Python that has nothing else."""

import io
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ledger_client.core import item, story
from ledger_client.second_opinion import judge, words
from ledger_client.wire import codes
from tests.unit.crate_scenes import shift
from tests.unit.passport_mutations import flipped
from tests.unit.test_opinions_agree import held
from tests.unit.test_second_opinion_trust import circle

SCENE = shift()
PASSPORT, TRUST = SCENE.passport(), SCENE.trust()
OTHER_TRUST = shift().trust(threshold=1)
LAST_MS = 253_402_300_799_999  # of the year 9999


def coldseal(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "edge_gateway", *map(str, arguments)],
                          capture_output=True, text=True, check=False, env=os.environ | variables)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the command."""
    path = tmp_path_factory.mktemp("verifier") / "coldseal-verifier.pyz"
    done = coldseal("verifier", "--output", path)
    assert done.returncode == 0, done.stderr
    return path


def bare(verifier: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run without site-packages, environment and current folder."""
    return subprocess.run([sys.executable, "-I", "-S", verifier, *map(str, arguments)],
                          cwd=verifier.parent, capture_output=True, text=True, check=False)


def test_it_says_what_holds(verifier: Path, tmp_path: Path) -> None:
    passport, trust = tmp_path / "pack.passport", tmp_path / "ledger.trust"
    passport.write_bytes(PASSPORT)
    trust.write_bytes(TRUST)
    done = bare(verifier, passport, "--trust", trust)
    opinion = judge(PASSPORT, TRUST)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == list(words.lines(opinion))
    assert done.stdout.startswith(f"VALID under {opinion.fingerprint} as of 2026-05-28 20:42:40 ")
    for said in ("is dispensed", "! AGAINST USING IT: dispensed already",
                 "\nlot LOT42A, expiry 2028-12-31\n",
                 "neither it nor its lot is recalled", "Maker, Pharmacy",
                 "attested by the ledger: the events",
                 "packed into https://id.gs1.org/00/395060001340000018, Maker entry 14 leaf 0",
                 "stated, not proven: storage verdict RELEASE"):
        assert said in done.stdout


def test_it_says_what_speaks_against_using_it(verifier: Path, tmp_path: Path) -> None:
    (tmp_path / "pack.passport").write_bytes(held().passport())
    said = bare(verifier, tmp_path / "pack.passport").stdout
    assert "! AGAINST USING IT: on hold; expired\nlot LOT42A, expiry 2026-05-31\n" in said


def test_without_a_trust_file_it_is_self_consistent_only(verifier: Path, tmp_path: Path) -> None:
    passport = tmp_path / "pack.passport"
    passport.write_bytes(SCENE.passport(evidence=False))
    done = bare(verifier, passport)
    assert done.returncode == 3
    assert done.stdout.startswith("SELF-CONSISTENT ONLY")
    assert "claimed by an unknown ledger: the events, and that none is left out" in done.stdout
    assert "attested" not in done.stdout
    assert "not in this file: device records of 9 events" in done.stdout


@pytest.mark.parametrize(("passport", "trust", "status", "said"), [
    (flipped(PASSPORT, 20_000), TRUST, 1, "error: NOT VALID: maker_key: "),
    (b"\xff\xd8\xff\xe0 a picture", TRUST, 1, "error: NOT VALID: passport: "),
    (b"", TRUST, 1, "error: NOT VALID: passport: "),
    (TRUST, TRUST, 1, "error: NOT VALID: passport: "),
    (PASSPORT, OTHER_TRUST, 1, "error: NOT VALID: cosignatures: 0 witnesses"),
    (PASSPORT, PASSPORT, 2, "not a trust file"),
    (PASSPORT, b"", 2, "not a trust file"),
    (None, TRUST, 2, "cannot be read (No such file or directory)"),
    (PASSPORT, None, 2, "cannot be read (No such file or directory)"),
], ids=str)
def test_it_names_what_does_not_hold(verifier: Path, tmp_path: Path, passport: bytes | None,
                                     trust: bytes | None, status: int, said: str) -> None:
    for name, data in (("pack.passport", passport), ("ledger.trust", trust)):
        if data is not None:
            (tmp_path / name).write_bytes(data)
    done = bare(verifier, tmp_path / "pack.passport", "--trust", tmp_path / "ledger.trust")
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == (2 if status == 1 else 1), "and what to do"


def test_the_same_sources_make_the_same_file(verifier: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pyz"
    coldseal("verifier", "-o", again, PYTHONHASHSEED="7", TZ="Asia/Tokyo")
    assert again.read_bytes() == verifier.read_bytes()
    entries = zipfile.ZipFile(io.BytesIO(again.read_bytes())).infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


def test_what_is_in_it(verifier: Path) -> None:
    with zipfile.ZipFile(verifier) as made:
        names = made.namelist()
        assert b"ecdsa" in made.read("NOTICE")
        assert b"Permission is hereby granted" in made.read("licences/ecdsa-LICENSE")
        assert b"Benjamin Peterson" in made.read("licences/six-LICENSE")
    assert {"__main__.py", "ledger_client/wire/cbor.py", "six.py"} <= set(names)
    assert not [name for name in names if "test" in name or name.startswith("ledger_client/core")]


def test_a_page_is_written_too(tmp_path: Path) -> None:
    done = coldseal("verifier", "-o", tmp_path / "verifier.html")
    assert "SHA-256" in done.stdout
    assert "Content-Security-Policy" in (tmp_path / "verifier.html").read_text(encoding="utf-8")
    assert coldseal("verifier", "-o", tmp_path / "verifier.exe").returncode == 2


def test_its_words_are_those_of_the_commands() -> None:
    assert {code: words.status(code) for code in item.STATUS_NAMES} == item.STATUS_NAMES
    for action in range(codes.ACTION_DETACH + 2):
        assert words.done(action) == story.done(action)


def test_a_time_beyond_the_calendar_is_said_in_milliseconds() -> None:
    assert words.when(LAST_MS).startswith("9999-12-31 23:59:59 UTC")
    assert words.when(LAST_MS + 1) == "253402300800000 ms after 1970"
    assert words.when(2 ** 53 - 1) == "9007199254740991 ms after 1970"


def test_any_opinion_can_be_told() -> None:
    opinion = judge(circle(1), None)
    assert opinion.valid
    assert any("packed into" in line for line in words.lines(opinion))


def test_a_name_neither_ends_its_line_nor_turns_it_around() -> None:
    opinion = judge(PASSPORT, None)
    hidden = "\x9b2J\u2028VALID\u202e\u2066"
    lines = list(words.lines(replace(opinion, names=(hidden,))))
    (line,) = [one for one in lines if "VALID" in one]
    assert "\N{REPLACEMENT CHARACTER}2J\N{REPLACEMENT CHARACTER}VALID" in line
    assert not set(hidden[:1] + hidden[3:4] + hidden[-2:]) & set("".join(lines))


def test_a_pack_that_expired_since_is_said_to_be() -> None:
    """By the present clock: what is proven is as of another time."""
    opinion = judge(PASSPORT, None)
    assert not [line for line in words.lines(opinion) if "EXPIRED" in line]
    (said,) = [line for line in words.lines(replace(opinion, expiry="260610")) if "EXPIRED" in line]
    assert said == "! EXPIRED SINCE by this machine's clock: do not use it"
    assert not [line for line in words.lines(replace(opinion, expiry="260101"))
                if "SINCE" in line]  # it was then


def test_what_was_never_commissioned_is_said_by_the_command_too(tmp_path: Path) -> None:
    """In a ledger of somebody's own; none of its statuses has a name."""
    (tmp_path / "own.passport").write_bytes(circle(1))
    done = coldseal("verify", tmp_path / "own.passport")
    assert (done.returncode, done.stderr) == (3, "")
    assert "is of status 0 as of" in done.stdout
