"""Maxim DS3231 real-time clock over I2C: whole seconds of UTC, and whether they can be believed."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SECONDS, _STATUS = 0x00, 0x0F  # registers (datasheet, figure 1)
_OSCILLATOR_STOPPED = 0x80
_DAY_MS = 86400 * 1000
_YEAR_2000_DAYS = 10957  # from 1970-01-01; the chip counts years from 2000


class Ds3231:
    """`i2c` is machine.I2C or a bus of simulated chips."""

    def __init__(self, i2c: "Any", address: int) -> None:
        self._i2c = i2c
        self._address = address

    def read(self) -> "int | None":
        """Unix milliseconds, or None when the oscillator has stopped or nothing answers."""
        try:
            if self._i2c.readfrom_mem(self._address, _STATUS, 1)[0] & _OSCILLATOR_STOPPED:
                return None
            data = self._i2c.readfrom_mem(self._address, _SECONDS, 7)
        except OSError:
            return None
        second, minute, hour = _binary(data[0]), _binary(data[1]), _binary(data[2] & 0x3F)
        days = days_of(_binary(data[6]), _binary(data[5] & 0x1F), _binary(data[4]))
        return days * _DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000

    def write(self, unix_ms: int) -> None:
        """Set the clock to the whole second below, and believe it again."""
        days, rest_ms = divmod(unix_ms, _DAY_MS)
        year, month, day = date_of(days)
        second = rest_ms // 1000
        weekday = (days + 4) % 7 + 1  # any fixed choice of 1..7 will do (datasheet, table 1 note)
        data = bytes([_bcd(one) for one in (second % 60, second // 60 % 60, second // 3600,
                                            weekday, day, month, year)])
        self._i2c.writeto_mem(self._address, _SECONDS, data)
        status = self._i2c.readfrom_mem(self._address, _STATUS, 1)[0]
        self._i2c.writeto_mem(self._address, _STATUS, bytes((status & ~_OSCILLATOR_STOPPED,)))


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01; `year` 0..99 is 2000..2099, in which every fourth is a leap year."""
    days = _YEAR_2000_DAYS + year * 365 + (year + 3) // 4
    for one in range(1, month):
        days += _month_days(year, one)
    return days + day - 1


def date_of(days: int) -> "tuple[int, int, int]":
    """(year 0..99, month, day), the inverse of `days_of`."""
    rest = days - _YEAR_2000_DAYS
    year = rest // 1461 * 4
    rest %= 1461
    while rest >= 365 + (year % 4 == 0):
        rest -= 365 + (year % 4 == 0)
        year += 1
    month = 1
    while rest >= _month_days(year, month):
        rest -= _month_days(year, month)
        month += 1
    return year, month, rest + 1


def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _binary(bcd: int) -> int:
    return (bcd >> 4) * 10 + (bcd & 15)


def _bcd(number: int) -> int:
    return number // 10 << 4 | number % 10
