"""Every `coldseal …` that a page or a message tells a person to type can be typed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.tidy.sources import ROOT
from tests.tidy.test_documentation import all_commands

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"),
         *(ROOT / room / "README.md" for room in ("firmware", "hardware", "tests"))]
SOURCES = [*(ROOT / "edge_gateway").rglob("*.py"), *(ROOT / "ledger_client").rglob("*.py")]
COMMANDS = all_commands()
GROUPS = {name.rpartition(" ")[0] for name in COMMANDS}


def blocks(text: str) -> Iterator[str]:
    """Command lines of code blocks, fenced or indented, with their continuation lines."""
    text = re.sub(r"\\\n\s*", "", text)
    for block in re.findall(r"^```\w*\n(.*?)^```|((?:^    \S.*\n)+)", text, re.M | re.S):
        for line in "".join(block).splitlines():
            if line.split()[:1] in (["coldseal"], [".venv/bin/coldseal"]):
                yield line


def quoted(text: str) -> list[str]:
    """What stands in backticks; a message of a source may go on in the next literal."""
    return re.findall(r"`((?:\.venv/bin/)?coldseal(?: [^`]*)?)`", re.sub(r'"\s*\n\s*f?"', "", text))


def parted(line: str) -> tuple[str, list[str]]:
    """(the longest command or group that the line begins with, the words after it)."""
    words = ["coldseal", *shlex.split(line, comments=True)[1:]]
    for end in range(len(words), 0, -1):
        name = " ".join(words[:end])
        if name in COMMANDS or name in GROUPS:
            return name, words[end:]
    raise AssertionError(line)


def wrong_name(line: str) -> str | None:
    name, rest = parted(line)
    if name in GROUPS:
        return f"{line}: no command {rest[0]!r}" if rest else None
    known = {option for parameter in COMMANDS[name].params
             for option in [*parameter.opts, *parameter.secondary_opts]}
    unknown = [word for word in rest if word.startswith("-") and word not in {*known, "--help"}]
    return f"{line}: no option {unknown}" if unknown else None


def wrong_line(line: str) -> str | None:
    """What click says; a command alone only names itself."""
    name, rest = parted(line)
    if name in GROUPS or not rest:
        return wrong_name(line)
    try:
        COMMANDS[name].make_context(name, rest)
    except click.UsageError as error:
        return f"{line}: {error.format_message()}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    rows = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    found = [*map(wrong_line, [*blocks(text), *quoted(rows)]), *map(wrong_name, quoted(text))]
    assert [wrong for wrong in found if wrong] == []


def test_messages() -> None:
    found = [wrong_name(line) for source in SOURCES
             for line in quoted(source.read_text(encoding="utf-8"))
             if not line.startswith("coldseal {")]
    assert [wrong for wrong in found if wrong] == []


@pytest.mark.parametrize(("line", "says"), [
    ("coldseal where X", "--ledger"), ("coldseal were X", "no command 'were'"),
    ("coldseal ledger verify", None), ("coldseal ledger verify x --lgr y", "--lgr"),
    ("coldseal ledger verify x # note", None),
    ("coldseal ledger endorse-proposal l x --key k", "integer")])
def test_what_cannot_be_typed_is_found(line: str, says: str | None) -> None:
    wrong = wrong_line(line)
    assert wrong is None if says is None else wrong is not None and says in wrong


def test_commands_are_found_where_they_stand() -> None:
    page = "a `coldseal a`\n\n```\ncoldseal b \\\n  -c d\nmake\n```\n\n    coldseal e\n"
    assert list(blocks(page)) == ["coldseal b -c d", "    coldseal e"]
    assert quoted(page) == ["coldseal a"]
    assert quoted('"see `coldseal "\n    f"key make {x}`"') == ["coldseal key make {x}"]
