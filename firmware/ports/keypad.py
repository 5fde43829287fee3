"""Keys and buttons: pressed is low; one report a press."""

from machine import Pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    Matrix = tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[str, ...], ...]]


class Keypad:
    """`buttons`: (name, pin); `matrix`: row pins, column pins, names by row, or None.

    Asked every turn, some milliseconds apart; a key counts when two turns in a row see it, which
    is longer than its contacts bounce.
    """

    def __init__(self, buttons: "tuple[tuple[str, int], ...]", matrix: "Matrix | None") -> None:
        self._buttons = [(name, Pin(pin, Pin.IN, Pin.PULL_UP)) for name, pin in buttons]
        rows, columns, self._names = matrix or ((), (), ())
        self._rows = [Pin(pin, Pin.OPEN_DRAIN, value=1) for pin in rows]
        self._columns = [Pin(pin, Pin.IN, Pin.PULL_UP) for pin in columns]
        self._before: "list[str]" = []
        self._reported: "list[str]" = []

    def read(self) -> "list[str]":
        """Names of keys newly pressed."""
        down = self._down()
        steady = [name for name in down if name in self._before]
        fresh = [name for name in steady if name not in self._reported]
        self._reported = [name for name in self._reported if name in down] + fresh
        self._before = down
        return fresh

    def _down(self) -> "list[str]":
        names = [name for name, pin in self._buttons if not pin()]
        for row, row_names in zip(self._rows, self._names):
            row(0)
            names += [name for column, name in zip(self._columns, row_names)
                      if name and not column()]
            row(1)
        return names
