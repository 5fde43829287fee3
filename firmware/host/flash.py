"""A NOR flash over a file (or io.BytesIO): bits are only cleared, sectors of 4096 bytes erased.

It counts erases and operations and can cut the power at any operation, cleanly or in its midst.
The unix port has no fsync: a file survives kill -9; power loss is what `cut_at` is for.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

SECTOR_BYTES = 4096


class PowerCut(Exception):
    """The power failed inside a flash operation."""


class Flash:
    """`cut_at`: the operation (erase or program, from 1) that the power fails in; `torn_bytes`:
    how much of that operation happens all the same."""

    def __init__(self, stream: "BinaryIO", size: int) -> None:
        self._stream = stream
        self.size = size
        self.erases = 0
        self.operations = 0
        self.programmed_bytes = 0
        self.cut_at = 0
        self.torn_bytes = 0

    def read(self, address: int, size: int) -> bytes:
        self._stream.seek(address)
        data = self._stream.read(size)
        if len(data) != size:
            raise ValueError("read of %d bytes at %d of a flash of %d" % (size, address, self.size))
        return data

    def program(self, address: int, data: bytes) -> None:
        data = data[:self._allowed(len(data))]
        old = int.from_bytes(self.read(address, len(data)), "big")
        if int.from_bytes(data, "big") & ~old:
            raise ValueError("program at %d sets a bit: erase the sector first" % address)
        self._write(address, data)
        self.programmed_bytes += len(data)
        self._fail_if_cut()

    def erase(self, sector: int) -> None:
        self._write(sector * SECTOR_BYTES, b"\xff" * self._allowed(SECTOR_BYTES))
        self.erases += 1
        self._fail_if_cut()

    def _allowed(self, size: int) -> int:
        self.operations += 1
        return min(size, self.torn_bytes) if self.operations == self.cut_at else size

    def _fail_if_cut(self) -> None:
        if self.operations == self.cut_at:
            raise PowerCut("at operation %d" % self.operations)

    def _write(self, address: int, data: bytes) -> None:
        self._stream.seek(address)
        self._stream.write(data)


def open_flash(path: str, size: int) -> Flash:
    """The flash in a file: a blank one of `size` when there is none, else as large as it is."""
    try:
        stream = open(path, "r+b")
    except OSError:
        stream = open(path, "w+b")
        for _ in range(size // SECTOR_BYTES):
            stream.write(b"\xff" * SECTOR_BYTES)
    return Flash(stream, stream.seek(0, 2))
