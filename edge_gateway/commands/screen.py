"""What commands print on: text as it is, whoever's words it holds, some of it strong or faint.

Names, lots and file names are others' words.  None of them is taken for markup, and what would
order the terminal about, or hide or turn text around, is shown as a mark.
"""

from typing import Any

from rich.console import Console
from rich.text import Text

# Control codes (ISO 6429) but for line feed, line ends and directions of Unicode (UAX 9).
_SHOWN = dict.fromkeys((*range(10), *range(11, 32), *range(127, 160), *range(0x2028, 0x202F),
                        *range(0x2066, 0x206A)), "\N{REPLACEMENT CHARACTER}")


class Screen(Console):
    """A terminal, or the file or pipe in its place."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(one.translate(_SHOWN) if isinstance(one, str) else one for one in objects),
                      **options)


def strong(text: str) -> Text:
    return Text(text.translate(_SHOWN), style="bold")


def faint(text: str) -> Text:
    return Text(text.translate(_SHOWN), style="dim")


def joined(*parts: str | Text) -> Text:
    """Parts one after the other."""
    return Text.assemble(*(part.translate(_SHOWN) if isinstance(part, str) else part
                           for part in parts))
