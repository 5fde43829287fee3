"""Chips of the boards at register level, and the I2C bus between them and the drivers."""

from firmware.ports import ds3231, sht4x

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Chip(Protocol):
        def write(self, data: bytes) -> None: ...
        def read(self, size: int) -> bytes: ...

_NO_DEVICE = 19  # ENODEV: what machine.I2C raises when nothing acknowledges
_DISPLAY_BYTES = 128 * 64 // 8  # one bit a pixel
_HUMIDITY_RAW = 29360  # 50 %RH: no stimulus sets another


class I2cBus:
    """The part of machine.I2C that the drivers use."""

    def __init__(self, chips: "dict[int, Chip]") -> None:
        self._chips = chips

    def writeto(self, address: int, data: bytes) -> None:
        self._chip(address).write(bytes(data))

    def readfrom(self, address: int, size: int) -> bytes:
        return self._chip(address).read(size)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        self._chip(address).write(bytes((register,)) + data)

    def readfrom_mem(self, address: int, register: int, size: int) -> bytes:
        chip = self._chip(address)
        chip.write(bytes((register,)))
        return chip.read(size)

    def _chip(self, address: int) -> "Chip":
        if address not in self._chips:
            raise OSError(_NO_DEVICE)
        return self._chips[address]


class Sht4xChip:
    """Answers nothing until it has a temperature, and while it fails."""

    def __init__(self) -> None:
        self._raw: "int | None" = None
        self._answer = b""

    def set(self, temperature_mdeg: int) -> None:
        """The raw word that decodes to this temperature, rounded to 10^-2 degC; saturates."""
        raw = ((temperature_mdeg + 5) // 10 + 4500) * 65535 + 8750
        self._raw = min(max(raw // 17500, 0), 65535)

    def fail(self) -> None:
        self._raw = None

    def write(self, data: bytes) -> None:
        if self._raw is None:
            raise OSError(_NO_DEVICE)
        if data == sht4x.MEASURE:
            words = [raw.to_bytes(2, "big") for raw in (self._raw, _HUMIDITY_RAW)]
            self._answer = b"".join([word + bytes((sht4x.crc8(word),)) for word in words])

    def read(self, size: int) -> bytes:
        if self._raw is None or not self._answer:  # nothing measured: not acknowledged
            raise OSError(_NO_DEVICE)
        answer, self._answer = self._answer, b""
        return answer[:size]


class Ds3231Chip:
    """Runs on the virtual time; setting it shifts it, a stopped oscillator says so."""

    def __init__(self, now_ms: "Callable[[], int]") -> None:
        self._now_ms = now_ms
        self._shift_ms = 0
        self._pointer = 0
        self._status = 0

    def write(self, data: bytes) -> None:
        self._pointer = data[0]
        if len(data) == 8 and self._pointer == 0:
            year, month, day = (_number(data[place]) for place in (7, 6, 5))
            second = (_number(data[3]) * 60 + _number(data[2])) * 60 + _number(data[1])
            set_ms = (ds3231.days_of(year, month, day) * 86400 + second) * 1000
            self._shift_ms = set_ms - self._now_ms()
        elif len(data) == 2 and self._pointer == 0x0F:
            self._status = data[1]

    def read(self, size: int) -> bytes:
        if self._pointer == 0x0F:
            return bytes((self._status,))
        days, rest = divmod((self._now_ms() + self._shift_ms) // 1000, 86400)
        year, month, day = ds3231.date_of(days)
        parts = (rest % 60, rest // 60 % 60, rest // 3600, (days + 4) % 7 + 1, day, month, year)
        return bytes([part // 10 << 4 | part % 10 for part in parts])[:size]


def _number(bcd: int) -> int:
    return (bcd >> 4) * 10 + (bcd & 15)


class Ssd1306Chip:
    """Keeps what was written to the display's memory; `on` after the start sequence."""

    def __init__(self) -> None:
        self.on = False
        self.memory = bytes(_DISPLAY_BYTES)

    def write(self, data: bytes) -> None:
        if data[0] == 0x40:
            self.memory = data[1:]
        elif data[-1] == 0xAF:
            self.on = True

    def read(self, size: int) -> bytes:
        raise OSError(_NO_DEVICE)  # over I2C the module is write-only
