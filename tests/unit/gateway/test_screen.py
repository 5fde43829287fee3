"""What is printed is what was meant: others' words are no markup, and order no terminal about."""

import pytest

from edge_gateway.commands.common import out
from edge_gateway.commands.screen import faint, joined, strong


@pytest.mark.parametrize("words", ["[bold]VALID[/bold]", "[/]", ":lock: [red", "a\nb",
                                   "Apotheke Zürich"])
def test_words_are_shown_as_they_are(capsys: pytest.CaptureFixture[str], words: str) -> None:
    for printed in (words, strong(words), faint(words), joined(words), joined(strong(words))):
        out.print(printed)
        assert capsys.readouterr().out == words + "\n"


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\x08", "\r", "\x9b2J", "\u202e", "\u2066"])
def test_orders_to_a_terminal_are_shown_as_marks(capsys: pytest.CaptureFixture[str],
                                                 hidden: str) -> None:
    for printed in (f"a{hidden}b", strong(f"a{hidden}b"), faint(f"a{hidden}b"),
                    joined(f"a{hidden}b")):
        out.print(printed)
        assert capsys.readouterr().out == f"a\N{REPLACEMENT CHARACTER}{hidden[1:]}b\n"
