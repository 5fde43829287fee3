"""The generated table is the dictionary, and its reader finds every entry of it."""

import pytest

from ledger_client.wire import gs1_coupon, gs1_linters, gs1_syntax, gs1_table
from ledger_client.wire.gs1_codes import LINTERS as CODE_LINTERS
from tests.generators import gs1_table as generator
from tests.shared_data import shared
from tests.tidy.sources import ROOT

DEVICE_BYTES = 8 * 1024  # a constant of the firmware that every scan needs

LINES = gs1_table.TABLE.strip().splitlines()


def test_regenerating_changes_nothing() -> None:
    dictionary = shared(generator.DICTIONARY).read_text("utf-8")
    assert generator.module(dictionary) == (ROOT / generator.TABLE).read_text("utf-8")


def test_without_the_dictionary_the_table_stays(
        monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory,
        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLDSEAL_SHARED_DATA", str(tmp_path_factory.mktemp("empty")))
    monkeypatch.chdir(tmp_path_factory.mktemp("checkout"))
    generator.main()
    assert "stays as it is" in capsys.readouterr().out


@pytest.mark.parametrize(("line", "fault"), [
    ("3100-3205 *? N6", "last digit"),
    ("01 *? N14\n011 *? N14", "length"),
    ("99 ? X..91", "90 characters"),
    ("99 ? X..9 req=3n1", "wildcards"),
])
def test_a_dictionary_that_the_reader_cannot_read_is_refused(line: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        generator.entries(line)


def test_every_entry_is_found_by_its_identifier() -> None:
    for line in LINES:
        name, *words = line.split(" ")
        first, _, last = name.partition("-")
        for ai in [first + str(digit) for digit in range(int(last) + 1)] if last else [first]:
            found = gs1_syntax.entry(ai)
            assert found is not None, ai
            assert found.components + found.attributes == words[1:]
            assert gs1_syntax.identifier(ai + "0" * 90) == ai


def test_nothing_else_is_assigned() -> None:
    numbers = [f"{number:0{size}}" for size in range(1, 6) for number in range(10 ** size)]
    assert len([ai for ai in numbers if gs1_syntax.entry(ai)]) == sum(
        int(line.split(" ")[0].partition("-")[2] or 0) + 1 for line in LINES)
    assert gs1_syntax.entry("1-") is None
    assert gs1_syntax.entry("") is None


def test_every_linter_of_the_table_exists() -> None:
    named = {word for line in LINES for component in line.split(" ")[2:] if component[0] in "NXYZ["
             for word in component.split(",")[1:]}
    assert named <= {*gs1_linters.LINTERS, *CODE_LINTERS, *gs1_coupon.LINTERS}


def test_the_table_is_small() -> None:
    assert len(gs1_table.TABLE) < DEVICE_BYTES
