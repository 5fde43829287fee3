"""The console port: whole lines over stdin and stdout, a USB serial line or a pipe."""

import select
import sys

from ledger_client.wire import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SerialConsole:
    """Lines without waiting for them.  `idle` is the select.poll that idle waiting uses, if any."""

    def __init__(self, idle: "Any" = None) -> None:
        self._idle = idle
        self._poll = select.poll()
        self._line = b""
        self._open = True
        self._poll.register(sys.stdin, select.POLLIN)
        if idle is not None:
            idle.register(sys.stdin, select.POLLIN)

    def read_lines(self) -> "list[bytes]":
        """Whole lines that have come; of one that is too long the rest is dropped."""
        lines = []
        while self._open and self._poll.poll(0):
            byte = sys.stdin.buffer.read(1)
            if not byte:  # end of file: the device works on without a console
                self._open = False
                if self._idle is not None:
                    self._idle.unregister(sys.stdin)
            elif byte == b"\n":
                lines.append(self._line)
                self._line = b""
            elif len(self._line) < console.LINE_BYTES:
                self._line += byte
        return lines

    def write(self, line: bytes) -> None:
        sys.stdout.buffer.write(line)
