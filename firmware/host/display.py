"""The display: the simulated module, and the same rows as text in a file."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class HostDisplay:
    """`driver` draws; `path` is appended to, None keeps no text."""

    def __init__(self, driver: "Any", path: "str | None") -> None:
        self._driver = driver
        self._file = None if path is None else open(path, "a")

    def show(self, unix_ms: "int | None", signal: str, rows: "list[str]") -> None:
        """A block: `@<unix_ms, 0 while unknown> <signal or ->`, the rows, an empty line."""
        self._driver.show(rows)
        head = "@%d %s\n" % (unix_ms or 0, signal)
        self.note(head + "".join([row + "\n" for row in rows if row]) + "\n")

    def note(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text)
