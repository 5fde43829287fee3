"""The drivers over the simulated chips: every decodable value, dates, frames, faults."""

import sys

from firmware.host import chips
from firmware.host.engine import EngineUart
from firmware.ports import ds3231, gm65, sht4x
from firmware.ports.sensors import Sensors
from firmware.ports.timebase import Timebase
from ledger_client.wire import codes

CHANNELS = ((0, codes.QUANTITY_TEMPERATURE, "sht4x", 0x44),
            (1, codes.QUANTITY_HUMIDITY, "sht4x", 0x44))
LEAP_DAY_MS = 1709164800000  # 2024-02-29 00:00:00 UTC


def no_sleep(_: int) -> None:
    """The chips are ready at once."""


def check_sht4x() -> None:
    """Every hundredth of the range comes back; the datasheet's CRC example."""
    assert sht4x.crc8(b"\xbe\xef") == 0x92
    chip = chips.Sht4xChip()
    sensor = sht4x.Sht4x(chips.I2cBus({0x44: chip}), 0x44, no_sleep)
    for cdeg in range(sht4x.TEMPERATURE_CDEG_MIN, sht4x.TEMPERATURE_CDEG_MAX + 1, 7):
        for mdeg in (10 * cdeg, 10 * cdeg + 4, 10 * cdeg - 5):
            chip.set(mdeg)
            assert sensor.measure() == (cdeg, 5000)
    assert sht4x.decode_temperature(0) == -4500
    assert sht4x.decode_temperature(65535) == 13000
    assert [sht4x.decode_humidity(raw) for raw in (0, 3146, 65535)] == [0, 0, 10000]


class NoisyBus:
    """Changes one bit of what is read."""

    def __init__(self, bus: chips.I2cBus, bit: int) -> None:
        self._bus = bus
        self._bit = bit

    def writeto(self, address: int, data: bytes) -> None:
        self._bus.writeto(address, data)

    def readfrom(self, address: int, size: int) -> bytes:
        data = int.from_bytes(self._bus.readfrom(address, size), "big") ^ 1 << self._bit
        return data.to_bytes(size, "big")


def check_sensors() -> None:
    chip = chips.Sht4xChip()
    bus = chips.I2cBus({0x44: chip})
    sensors = Sensors(CHANNELS, bus, no_sleep)
    assert sensors.read() == [(None, codes.FAULT_NO_ANSWER)] * 2
    chip.set(-50100)
    assert sensors.read() == [(None, codes.FAULT_IMPLAUSIBLE)] * 2
    chip.set(4560)
    assert sensors.read() == [(456, 0), (5000, 0)]
    for bit in range(48):
        noisy = Sensors(CHANNELS, NoisyBus(bus, bit), no_sleep)
        assert noisy.read() == [(None, codes.FAULT_CHECKSUM)] * 2, "bit %d" % bit
    chip.fail()
    assert sensors.read() == [(None, codes.FAULT_NO_ANSWER)] * 2
    try:
        Sensors(((0, 1, "ds18x20", 0),), bus, no_sleep)
    except ValueError:
        return
    raise AssertionError("a driver that does not exist was taken")


def check_ds3231() -> None:
    now = [LEAP_DAY_MS + 86399999]
    clock = ds3231.Ds3231(chips.I2cBus({0x68: chips.Ds3231Chip(lambda: now[0])}), 0x68)
    assert clock.read() == LEAP_DAY_MS + 86399000, "whole seconds, rounded down"
    now[0] += 1
    assert clock.read() == LEAP_DAY_MS + 86400000
    clock.write(1790000000123)
    assert clock.read() == 1790000000000
    now[0] += 61000
    assert clock.read() == 1790000061000
    day = ds3231.days_of(0, 1, 1)
    for year in range(100):
        for month in range(1, 13):
            assert ds3231.days_of(year, month, 1) == day
            assert ds3231.date_of(day) == (year, month, 1)
            length = ds3231.days_of(year + month // 12, month % 12 + 1, 1) - day
            assert ds3231.date_of(day + length - 1) == (year, month, length)
            day += length
    assert day == 47482, "2100-01-01"
    assert ds3231.Ds3231(chips.I2cBus({}), 0x68).read() is None


def check_stopped_clock() -> None:
    """A clock whose oscillator stopped is not believed until it is set."""
    chip = chips.Ds3231Chip(lambda: LEAP_DAY_MS)
    bus = chips.I2cBus({0x68: chip})
    clock = ds3231.Ds3231(bus, 0x68)
    bus.writeto_mem(0x68, 0x0F, b"\x80")
    assert clock.read() is None
    clock.write(LEAP_DAY_MS)
    assert clock.read() == LEAP_DAY_MS


def check_timebase() -> None:
    """Sleep is counted by the RTC; time never goes back, and no setting of the clock moves it."""
    now, counter = [LEAP_DAY_MS], [(1 << 30) - 1000]
    clock = ds3231.Ds3231(chips.I2cBus({0x68: chips.Ds3231Chip(lambda: now[0])}), 0x68)
    base = Timebase(clock, lambda: counter[0] & (1 << 30) - 1)

    def advance(true_ms: int, counted_ms: int) -> int:
        now[0] += true_ms
        counter[0] += counted_ms
        base.awake()
        return base.elapsed_ms()

    assert advance(30000, 28000) == 30000
    assert advance(30000, 33000) == 61000
    assert advance(30000, 33000) == 91000
    assert advance(0, 0) == 91000
    base.write(LEAP_DAY_MS + 500000)
    assert base.read() == LEAP_DAY_MS + 500000
    assert base.elapsed_ms() == 91000
    assert 91000 + 30000 <= advance(30000, 29000) <= 91000 + 31000


def check_engine() -> None:
    """Frames, answers in between, noise; byte by byte too."""
    uart = EngineUart()
    driver = gm65.Gm65(uart)
    symbols = [("]d2", b"0108470006991541\x1d10A\rB"), ("]C1", b"00106141411234567897")]
    for aim, data in symbols:
        uart.scan(aim, data)
    assert driver.read() == symbols
    assert driver.read() == []
    stream = b"".join([gm65.decoded_frame(aim.encode() + data) for aim, data in symbols])
    stream += bytes.fromhex("02000001003331") + b"]E04012345678901\r"
    single = gm65.Gm65(Bytewise(stream))
    found = []
    for _ in range(len(stream)):
        found += single.read()
    assert found == symbols + [("]E0", b"4012345678901")]
    broken = bytearray(stream)
    broken[20] ^= 1
    damaged = gm65.Gm65(Bytewise(bytes(broken), len(broken)))
    assert damaged.read() == found[1:]
    assert damaged.damaged == 1
    plain = EngineUart()
    unset = gm65.Gm65(plain)
    unset.read()
    plain._registers = {}
    plain.scan("]d2", b"no identifier")
    assert unset.read() == []
    assert unset.damaged == 1


class Bytewise:
    """A UART that gives `step` bytes a read and ignores commands."""

    def __init__(self, data: bytes, step: int = 1) -> None:
        self._data = data
        self._step = step

    def write(self, data: bytes) -> None:
        assert data[-2:] == gm65.crc16(data[2:-2]).to_bytes(2, "big")

    def read(self) -> "bytes | None":
        data, self._data = self._data[:self._step], self._data[self._step:]
        return data or None


def check_commands() -> None:
    """Frames as the GM60 manual prints them."""
    assert gm65.command(0x08, 0x0002, 0x01) == bytes.fromhex("7e000801000201" + "02da")
    assert gm65.command(0x09, 0x0000, 0x00) == bytes.fromhex("7e000901000000" + "dec8")
    assert gm65.command(0x07, 0x000A, 0x01) == bytes.fromhex("7e000701000a01" + "ee8a")


def check_display() -> None:
    """What the module's memory holds after a text: the letter I of the built-in font."""
    from firmware.ports.ssd1306 import Ssd1306
    chip = chips.Ssd1306Chip()
    display = Ssd1306(chips.I2cBus({0x3C: chip}), 0x3C)
    assert chip.on
    display.show(["I", "", "", "", "", "", "", " " * 15 + "I"])
    letter = chip.memory[:8]
    assert sum(letter) and chip.memory[-8:] == letter
    assert not sum(chip.memory[8:-8])
    display.show([""] * 8)
    assert not sum(chip.memory)


check_sht4x()
check_sensors()
check_ds3231()
check_stopped_clock()
check_timebase()
check_engine()
check_commands()
if sys.implementation.name == "micropython":  # framebuf is part of that interpreter
    check_display()
