"""The journal's partition as device/journal.py wants a flash."""

from esp32 import Partition

SECTOR_BYTES = 4096
_ERASE = 6  # ioctl of one block


class PartitionFlash:
    """Raw flash: with an offset, writeblocks programs without erasing."""

    def __init__(self, label: str, size: int) -> None:
        found = Partition.find(Partition.TYPE_DATA, label=label)
        if not found or found[0].info()[3] < size:
            raise ValueError("no partition %s of %d bytes: flash the board's partition table"
                             % (label, size))
        self._partition = found[0]
        self.size = size

    def read(self, address: int, size: int) -> bytes:
        data = bytearray(size)
        self._partition.readblocks(address // SECTOR_BYTES, data, address % SECTOR_BYTES)
        return bytes(data)

    def program(self, address: int, data: bytes) -> None:
        self._partition.writeblocks(address // SECTOR_BYTES, data, address % SECTOR_BYTES)

    def erase(self, sector: int) -> None:
        self._partition.ioctl(_ERASE, sector)
