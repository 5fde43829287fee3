"""The board as a Python module for the firmware: plain constants, no code."""

import json
from collections.abc import Iterable, Iterator
from math import gcd

from hardware.model import Board
from hardware.rules_product import QUANTITIES

_INDENT = "\n    "


def board_module(board: Board) -> str:
    """firmware/boards/<product>.py: the same text on every machine."""
    origin = f"generated from hardware/{board.file} by `make boards`"
    return f'"""Board {board.design.name}: {origin}."""\n' + "".join(
        f"\n# {comment}\n{name} = {value}\n" for name, value, comment in _constants(board)
    )


def _constants(board: Board) -> Iterator[tuple[str, str, str]]:
    """(name, expression, what it is) in the order of the module."""
    design = board.design
    bus, serial = design.i2c, design.uart
    yield "PRODUCT", _text(design.product), "which of the products this board is"
    yield "NAME", _text(design.name), "hardware revision"
    yield "CONTROLLER", _text(board.controller.family), "microcontroller family"
    yield "CPU_HZ", str(board.controller.frequency_hz), "set at boot: the default is slower"
    yield "GC_THRESHOLD", str(design.gc_threshold_bytes), "bytes, for gc.threshold() on the board"
    yield "I2C", _tuple(bus.id, bus.sda, bus.scl, bus.frequency_hz), "id, SDA, SCL, Hz"
    yield (
        "UART",
        _tuple(serial.id, serial.tx, serial.rx, serial.baud) if serial else "None",
        "id, TX, RX, baud",
    )
    yield "PARTS", _rows(_parts(board)), "driver, bus, I2C address, 1 fitted / 0 place only"
    yield "CHANNELS", _rows(_channels(board)), "channel, quantity (wire/codes.py), driver, address"
    yield "SIGNALS", _rows(_signals(board)), "driver, signal, pin"
    yield "DRIFT_PPM", str(_drift_ppm(board)), "of the oscillator that keeps time"
    yield "BUTTONS", _rows(_pairs(design.buttons)), "name, pin; pressed is low"
    yield "KEYPAD", _keypad(board), 'row pins, column pins, names by row; "" has no function'
    yield "OUTPUTS", _rows(_pairs(design.outputs)), "name, pin"
    yield "BATTERY", _battery(board), "pin, n, d: cell millivolts = pin millivolts * n // d"
    yield "JOURNAL", f'("journal", {design.partitions["journal"].bytes})', "partition, bytes"


def _text(value: str) -> str:
    return json.dumps(value)  # a JSON string is a Python string, in double quotes


def _tuple(*values: object) -> str:
    return "(" + ", ".join(map(str, values)) + ("," if len(values) == 1 else "") + ")"


def _rows(rows: Iterable[str]) -> str:
    """A tuple with one element a line."""
    lines = [f"{_INDENT}{row}," for row in rows]
    return "(" + "".join(lines) + ("\n" if lines else "") + ")"


def _pairs(table: dict[str, int]) -> Iterator[str]:
    return (_tuple(_text(name), pin) for name, pin in table.items())


def _address(address: int | None) -> str:
    return "None" if address is None else f"0x{address:02X}"


def _parts(board: Board) -> Iterator[str]:
    for _, placed, part in board.placed():
        if part.bus in ("i2c", "uart"):
            address = _address(placed.address)
            yield _tuple(_text(placed.part), _text(part.bus), address, int(placed.fitted))


def _channels(board: Board) -> list[str]:
    rows = [
        (channel, QUANTITIES[quantity], placed.part, _address(placed.address))
        for _, placed, _ in board.placed()
        for quantity, channel in placed.channels.items()
    ]
    return [_tuple(row[0], row[1], _text(row[2]), row[3]) for row in sorted(rows)]


def _signals(board: Board) -> Iterator[str]:
    for _, placed, _ in board.placed():
        for signal, pin in placed.signals.items():
            yield _tuple(_text(placed.part), _text(signal), pin)


def _drift_ppm(board: Board) -> int | None:
    drifts = [part.drift_ppm for _, _, part in board.placed() if part.drift_ppm is not None]
    return min(drifts, default=None)


def _keypad(board: Board) -> str:
    keypad = board.design.keypad
    if keypad is None:
        return "None"
    names = [_tuple(*map(_text, row)) for row in keypad.keys]
    grid = "(" + "".join(f"{_INDENT}    {row}," for row in names) + f"{_INDENT})"
    return _rows([_tuple(*keypad.rows), _tuple(*keypad.columns), grid])


def _battery(board: Board) -> str:
    above, below = board.design.battery.divider_ohm
    common = gcd(above + below, below)
    return _tuple(board.design.battery.pin, (above + below) // common, below // common)
