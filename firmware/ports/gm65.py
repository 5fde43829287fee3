"""Barcode engines of the GM65 family (Hangzhou Grow) over a UART.

Commands are `7E 00 type length address data CRC`, answers `02 00 00 length data CRC`.  Decoded
symbols come as `03 length(2) data CRC` once framed output is on, so that GS and CR in a symbol are
safe, or as plain text ended by CR.  Register maps differ inside the family and no manual at hand
says how GM65 reports FNC1 as GS: what the settings below do on a given module is to be checked on
that module before use.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Scan = tuple[str, bytes]

_WRITE = 0x08
# register, value: AIM identifier before the data; framed output with CRC; decode continuously
SETTINGS = ((0x00D0, 0x80), (0x001A, 0x03), (0x0000, 0x96))
_REPLY, _DECODED, _TEXT_END = 0x02, 0x03, 0x0D
_REPLY_HEAD, _DECODED_HEAD, _CRC_BYTES = 4, 3, 2
SYMBOL_BYTES_MAX = 3 + 7089  # the largest QR code, with its AIM identifier
AIM_CHARACTERS = 3


class Gm65:
    """`uart` has .read() -> bytes or None and .write(data).  `damaged` counts frames refused."""

    def __init__(self, uart: "Any") -> None:
        self._uart = uart
        self._data = b""
        self.damaged = 0
        for register, value in SETTINGS:
            uart.write(command(_WRITE, register, value))

    def read(self) -> "list[Scan]":
        """(AIM identifier, symbol) of everything decoded since the last time."""
        self._data += self._uart.read() or b""
        scans: "list[Scan]" = []
        while True:
            size, symbol = self._cut()
            if size == 0:
                return scans
            self._data = self._data[size:]
            if symbol is None:
                continue
            if symbol[:1] == b"]" and len(symbol) > AIM_CHARACTERS:
                scans.append((symbol[:AIM_CHARACTERS].decode(), symbol[AIM_CHARACTERS:]))
            else:
                self.damaged += 1

    def _cut(self) -> "tuple[int, bytes | None]":
        """(bytes of the first frame, its symbol or None); size 0 while it is incomplete."""
        data = self._data
        if not data:
            return 0, None
        if data[0] == _REPLY:
            return self._cut_reply(data), None
        if data[0] == _DECODED:
            return self._cut_decoded(data)
        end = data.find(bytes((_TEXT_END,)))
        if end < 0:
            return (len(data), None) if len(data) > SYMBOL_BYTES_MAX else (0, None)
        return end + 1, data[:end]

    def _cut_reply(self, data: bytes) -> int:
        if len(data) < _REPLY_HEAD:
            return 0
        size = _REPLY_HEAD + data[3] + _CRC_BYTES
        return size if len(data) >= size else 0

    def _cut_decoded(self, data: bytes) -> "tuple[int, bytes | None]":
        if len(data) < _DECODED_HEAD:
            return 0, None
        end = _DECODED_HEAD + int.from_bytes(data[1:3], "big")
        if end > _DECODED_HEAD + SYMBOL_BYTES_MAX:
            return self._refuse(1)
        if len(data) < end + _CRC_BYTES:
            return 0, None
        if crc16(data[:end]) != int.from_bytes(data[end:end + _CRC_BYTES], "big"):
            return self._refuse(end + _CRC_BYTES)
        return end + _CRC_BYTES, data[_DECODED_HEAD:end]

    def _refuse(self, size: int) -> "tuple[int, bytes | None]":
        self.damaged += 1
        return size, None


def command(kind: int, register: int, value: int) -> bytes:
    """A command frame with one byte of data."""
    body = bytes((kind, 1)) + register.to_bytes(2, "big") + bytes((value,))
    return b"\x7e\x00" + body + crc16(body).to_bytes(2, "big")


def decoded_frame(symbol: bytes) -> bytes:
    """A decoded symbol as the engine frames it."""
    body = bytes((_DECODED,)) + len(symbol).to_bytes(2, "big") + symbol
    return body + crc16(body).to_bytes(2, "big")


def crc16(data: bytes) -> int:
    """CRC-CCITT: polynomial 0x1021, start 0, not reflected."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc
