"""The console port over stdin and stdout, and the display's text in a file."""

import select
import sys

from ledger_client.wire import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Terminal:
    """Lines without waiting for them.  `poll` is the select.poll that idle waiting uses."""

    def __init__(self, poll: "Any") -> None:
        self._idle = poll
        self._poll = select.poll()
        self._line = b""
        self._open = True
        for one in (poll, self._poll):
            one.register(sys.stdin, select.POLLIN)

    def read_lines(self) -> "list[bytes]":
        """Whole lines that have come; a line that is too long is dropped."""
        lines = []
        while self._open and self._poll.poll(0):
            byte = sys.stdin.buffer.read(1)
            if not byte:  # end of file: the device works on without a console
                self._open = False
                self._idle.unregister(sys.stdin)
            elif byte == b"\n":
                lines.append(self._line)
                self._line = b""
            elif len(self._line) < console.LINE_BYTES:
                self._line += byte
        return lines

    def write(self, line: bytes) -> None:
        sys.stdout.buffer.write(line)


class HostDisplay:
    """Draws on the simulated module and writes the same rows to a file."""

    def __init__(self, driver: "Any", path: "str | None") -> None:
        self._driver = driver
        self._file = None if path is None else open(path, "a")

    def show(self, unix_ms: "int | None", signal: str, rows: "list[str]") -> None:
        self._driver.show(rows)
        text = "@%d %s\n" % (unix_ms or 0, signal)
        self.note(text + "".join([row + "\n" for row in rows if row]) + "\n")

    def note(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text)
