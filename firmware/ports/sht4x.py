"""Sensirion SHT4x over I2C: temperature and humidity, CRC checked (datasheet version 6, 4.4-4.6).

Integers only: a reading is signed.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MEASURE = b"\xfd"  # high precision
MEASURE_MS = 10  # at most 8.3 ms; the chip does not stretch the clock
TEMPERATURE_CDEG_MIN, TEMPERATURE_CDEG_MAX = -4000, 12500  # specified range, table 1
HUMIDITY_MAX = 10000  # 10^-2 %RH; the datasheet says to crop what lies outside 0..100 %


class ChecksumError(Exception):
    """The bytes were changed on their way."""


class ImplausibleError(Exception):
    """The sensor tells a temperature outside its own range."""


class Sht4x:
    """`i2c` is machine.I2C or a bus of simulated chips; `sleep_ms` waits."""

    def __init__(self, i2c: "Any", address: int, sleep_ms: "Callable[[int], None]") -> None:
        self._i2c = i2c
        self._address = address
        self._sleep_ms = sleep_ms

    def measure(self) -> "tuple[int, int]":
        """(10^-2 degC, 10^-2 %RH).

        Raises OSError without an answer, ChecksumError, ImplausibleError.
        """
        self._i2c.writeto(self._address, MEASURE)
        self._sleep_ms(MEASURE_MS)
        data = self._i2c.readfrom(self._address, 6)
        if crc8(data[:2]) != data[2] or crc8(data[3:5]) != data[5]:
            raise ChecksumError
        temperature_cdeg = decode_temperature(int.from_bytes(data[:2], "big"))
        if not TEMPERATURE_CDEG_MIN <= temperature_cdeg <= TEMPERATURE_CDEG_MAX:
            raise ImplausibleError
        return temperature_cdeg, decode_humidity(int.from_bytes(data[3:5], "big"))


def decode_temperature(raw: int) -> int:
    """10^-2 degC, rounded to the nearest: -45 + 175 * raw / 65535 degC."""
    return (17500 * raw + 32767) // 65535 - 4500


def decode_humidity(raw: int) -> int:
    """10^-2 %RH, cropped: -6 + 125 * raw / 65535 %RH."""
    return min(max((12500 * raw + 32767) // 65535 - 600, 0), HUMIDITY_MAX)


def crc8(data: bytes) -> int:
    """Polynomial 0x31, start 0xFF (datasheet 4.4): BE EF gives 92."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc
