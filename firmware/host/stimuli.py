"""What happens to the device, line by line, from a file or a FIFO: `<unix_ms> <what> ...`."""

import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FIFO = 0x1000  # file type in st_mode
_TYPE = 0xF000
LINE_BYTES = 4096  # a scan of 256 bytes has 600


class Stimuli:
    """`peek` is the next line, None while there is none: then virtual time stands still."""

    def __init__(self, path: "str | None") -> None:
        self._line = b""
        self._next: "tuple[int, list[str]] | None" = None
        self._last_ms = 0
        self.fifo = path is not None and os.stat(path)[0] & _TYPE == _FIFO
        self.file = _open(path, self.fifo)
        self._poll = select.poll()
        if self.fifo:
            self._poll.register(self.file, select.POLLIN)

    def peek(self) -> "tuple[int, list[str]] | None":
        """(unix_ms, words)."""
        if self._next is None and self.file is not None:
            self._next = self._read()
        return self._next

    def pop(self) -> None:
        """The next line has been dealt with."""
        self._next = None

    def _read(self) -> "tuple[int, list[str]] | None":
        """Never more than one line: what follows is for whoever starts after a power cut."""
        if self.fifo:
            while self._poll.poll(0) and not self._line.endswith(b"\n"):
                self._line += self.file.read(1)
        else:
            self._line += self.file.readline()
        if not self._line.endswith(b"\n"):
            return None
        line, self._line = self._line, b""
        return self._parse(line.decode().split())

    def _parse(self, words: "list[str]") -> "tuple[int, list[str]]":
        if len(words) < 2 or not words[0].isdigit():
            raise ValueError("stimulus %r: a line is <unix_ms> <what> ..." % " ".join(words))
        unix_ms = int(words[0])
        if unix_ms < self._last_ms:
            raise ValueError("stimulus %r: times must ascend" % " ".join(words))
        self._last_ms = unix_ms
        return unix_ms, words[1:]


def _open(path: "str | None", fifo: bool) -> "Any":
    """Read and write, so that opening a FIFO does not wait for its writer, nor end with it."""
    return None if path is None else open(path, "r+b" if fifo else "rb")
