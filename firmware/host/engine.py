"""A barcode engine of the GM65 family, seen from its UART: takes settings, sends frames."""

from firmware.ports import gm65

_ACKNOWLEDGE = bytes.fromhex("02000001003331")


class EngineUart:
    """The part of machine.UART that the driver uses."""

    def __init__(self) -> None:
        self._out = b""
        self._registers: "dict[int, int]" = {}

    def write(self, data: bytes) -> None:
        """A command; one with a wrong CRC is not answered."""
        body, crc = data[2:-2], int.from_bytes(data[-2:], "big")
        if data[:2] == b"\x7e\x00" and crc == gm65.crc16(body):
            self._registers[int.from_bytes(body[2:4], "big")] = body[4]
            self._out += _ACKNOWLEDGE

    def read(self) -> "bytes | None":
        data, self._out = self._out, b""
        return data or None

    def scan(self, aim: str, data: bytes) -> None:
        """A person scans a symbol."""
        symbol = (aim.encode() if self._registers.get(0x00D0) == 0x80 else b"") + data
        if self._registers.get(0x001A) == 0x03:
            self._out += gm65.decoded_frame(symbol)
        else:
            self._out += symbol + b"\r"
