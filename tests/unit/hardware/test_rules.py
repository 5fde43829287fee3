"""Each rule of the boards, broken by one edit of a real board file."""

import shutil
from pathlib import Path

import pytest

from hardware.faults import HardwareError
from hardware.generate import HERE, faults
from hardware.model import load

# product, text in its board file, what stands there instead, key and rule that must be named
BROKEN = [
    ("logger", 'part = "sht4x"', 'part = "sht9x"', "parts.U3.part", "part.unknown"),
    ("logger", 'part = "sht4x"\nrail = "3v3"', 'part = "sht4x"\nrail = "5v"', "parts.U3.rail",
     "rail.unknown"),
    ("logger", "INT = 7", "SQW = 7", "parts.U4.signals.SQW", "signal.unknown"),
    ("logger", 'part = "esp32-s3"', 'part = "coin-cell"', "parts", "controller.one"),
    ("logger", "scl = 9", "scl = 24", "i2c.scl", "pin.unfit"),
    ("logger", "scl = 9", "scl = 46", "i2c.scl", "pin.unfit"),
    ("logger", "scl = 9", "scl = 30", "i2c.scl", "pin.unfit"),
    ("logger", "scl = 9", "scl = 43", "i2c.scl", "pin.unfit"),
    ("logger", "scl = 9", "scl = 4", "buttons.handover", "pin.shared"),
    ("logger", "pin = 1\n", "pin = 11\n", "battery.pin", "pin.unfit"),
    ("logger", "handover = 4", "handover = 38", "buttons.handover", "pin.unfit"),
    ("logger", "[i2c]\nid = 0", "[i2c]\nid = 2", "i2c.id", "i2c.id"),
    ("logger", "address = 0x44", "address = 0x45", "parts.U3.address", "i2c.address"),
    ("logger", "address = 0x44\n", "", "parts.U3.address", "i2c.address"),
    ("logger", 'part = "led"', 'part = "led"\naddress = 0x44', "parts.D1.address", "i2c.address"),
    ("logger", 'part = "atecc608b"\nrail = "3v3"\naddress = 0x60',
     'part = "sht4x"\nrail = "3v3"\naddress = 0x44', "parts.U5.address", "i2c.clash"),
    ("logger", "frequency_hz = 400_000", "frequency_hz = 1_000_000", "i2c.frequency_hz",
     "i2c.speed"),
    ("scanner", "[uart]\nid = 1\ntx = 17\nrx = 18\nbaud = 9600", "", "parts.U3", "uart.missing"),
    ("scanner", "[uart]\nid = 1", "[uart]\nid = 0", "uart.id", "uart.id"),
    ("scanner", "baud = 9600", "baud = 4800", "uart.baud", "uart.baud"),
    ("scanner", "rx = 18", "rx = 17", "uart.rx", "pin.shared"),
    ("scanner", 'part = "gm65"', 'part = "led"', "uart", "uart.users"),
    ("logger", 'serves = "outputs.led"', 'serves = "outputs.lamp"', "parts.D1.serves",
     "serves.unknown"),
    ("logger", 'serves = "outputs.led"\n', "", "outputs.led", "serves.one"),
    ("logger", 'fed_by = "U2"', 'fed_by = "U3"', "rails.3v3.fed_by", "rail.source"),
    ("logger", 'fed_by = "U2"', 'fed_by = "U99"', "rails.3v3.fed_by", "rail.source"),
    ("logger", "[3234, 3366]", "[5400, 5600]", "rails.3v3.supply_mv", "rail.voltage"),
    ("logger", "[3234, 3366]", "[4900, 5100]", "parts.U1.rail", "supply.voltage"),
    ("logger", 'serves = "outputs.led"\nrail = "3v3"', 'serves = "outputs.led"', "parts.D1.rail",
     "supply.rail"),
    ("logger", 'part = "button"', 'part = "button"\nrail = "3v3"', "parts.SW1.rail",
     "supply.rail"),
    ("logger", 'part = "esp32-s3"\nrail = "3v3"', 'part = "esp32-s3"\nrail = "usb"', "rails.usb",
     "rail.load"),
    ("logger", "[1_000_000, 1_000_000]", "[100_000, 1_000_000]", "battery.divider_ohm",
     "battery.divider"),
    ("logger", 'rail = "cell"\ndivider', 'rail = "pack"\ndivider', "battery.rail", "rail.unknown"),
    ("logger", "offset = 0x4F0000", "offset = 0x4E0000", "partitions.journal.offset",
     "flash.overlap"),
    ("logger", "offset = 0x4F0000", "offset = 0x4F0800", "partitions.journal", "flash.alignment"),
    ("logger", "bytes = 0x110000", "bytes = 0x120000", "partitions.vfs", "flash.size"),
    ("logger", "bytes = 0x200000", "bytes = 0x20000", "partitions.journal", "flash.journal"),
    ("logger", "[partitions.journal]", "[partitions.ring]", "partitions.journal", "flash.journal"),
    ("logger", "{ temperature = 0 }", "{ pressure = 0 }", "parts.U3.channels.pressure",
     "channel.quantity"),
    ("logger", "{ temperature = 0 }", "{ temperature = 0, humidity = 0 }",
     "parts.U3.channels.humidity", "channel.shared"),
    ("logger", "channels = { temperature = 0 }\n", "", "parts", "product.sensor"),
    ("logger", 'part = "ds3231"\nrail = "3v3"\naddress = 0x68\nsignals = { INT = 7 }',
     'part = "coin-cell"', "parts", "product.clock"),
    ("logger", 'product = "logger"', 'product = "fridge"', "product", "product.name"),
    ("scanner", 'part = "ssd1306"\nrail = "3v3"\naddress = 0x3C', 'part = "coin-cell"', "parts",
     "product.display"),
    ("scanner", '"dispense"', '""', "keypad.keys", "product.keys"),
    ("scanner", '["back", "", "", "ok"]', '["back", "ok"]', "keypad.keys", "keypad.shape"),
    ("scanner", "columns = [14, 15, 16, 21]", "columns = [14, 15, 16]", "keypad.keys",
     "keypad.shape"),
]


def edited(folder: Path, product: str, old: str, new: str) -> Path:
    """A folder with every part and the one board, its text changed."""
    shutil.copytree(HERE / "parts", folder / "parts")
    text = (HERE / "boards" / f"{product}.toml").read_text()
    assert old in text
    (folder / "boards").mkdir()
    (folder / "boards" / f"{product}.toml").write_text(text.replace(old, new))
    return folder


@pytest.mark.parametrize("product", ["logger", "scanner"])
def test_the_boards_break_no_rule(product: str) -> None:
    boards = [board for board in load(HERE) if board.design.product == product]
    assert len(boards) == 1
    assert list(faults(boards[0])) == []


@pytest.mark.parametrize(("product", "old", "new", "key", "rule"), BROKEN)
def test_a_broken_rule_is_named(
    tmp_path: Path, product: str, old: str, new: str, key: str, rule: str
) -> None:
    (board,) = load(edited(tmp_path, product, old, new))
    found = list(faults(board))
    assert (key, rule) in [(fault.key, fault.rule) for fault in found]
    assert all(fault.file == f"boards/{product}.toml" and fault.remedy for fault in found)


FORM = [
    ("sda = 8", 'sda = "8"', "i2c.sda", "write a whole number"),
    ("sda = 8", "sda = true", "i2c.sda", "write a whole number"),
    ("sda = 8\n", "", "i2c.sda", "add this key"),
    ("sda = 8", "sda = 8\nsdb = 8", "i2c.sdb", "known keys: id, sda, scl"),
    ("sleeps = true", 'sleeps = "yes"', "sleeps", "write true or false"),
    ("[1_000_000, 1_000_000]", "[1_000_000]", "battery.divider_ohm", "write 2 values, not 1"),
    ("[1_000_000, 1_000_000]", "1_000_000", "battery.divider_ohm", "write an array"),
    ("{ INT = 7 }", "7", "parts.U4.signals", "write a table"),
    ("sda = 8", "sda = ", "(file)", "line"),
]


@pytest.mark.parametrize(("old", "new", "key", "remedy"), FORM)
def test_another_form_is_refused(
    tmp_path: Path, old: str, new: str, key: str, remedy: str
) -> None:
    with pytest.raises(HardwareError) as raised:
        load(edited(tmp_path, "logger", old, new))
    (fault,) = raised.value.faults
    assert (fault.file, fault.key) == ("boards/logger.toml", key)
    assert remedy in fault.remedy
