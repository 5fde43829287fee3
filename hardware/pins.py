"""Where every controller pin of a board goes."""

from collections.abc import Iterator
from dataclasses import dataclass

from hardware.model import Board


@dataclass(frozen=True)
class PinUse:
    """One pin in use: `key` is where the board file says so, `need` what the pin must do."""

    pin: int
    key: str
    purpose: str
    need: str = ""  # "", adc or wake


def pin_uses(board: Board) -> Iterator[PinUse]:
    """Every use, in the order of the board file; a pin used twice comes twice."""
    design = board.design
    yield PinUse(design.i2c.sda, "i2c.sda", "I2C data")
    yield PinUse(design.i2c.scl, "i2c.scl", "I2C clock")
    if design.uart:
        yield PinUse(design.uart.tx, "uart.tx", "UART out of the controller")
        yield PinUse(design.uart.rx, "uart.rx", "UART into the controller")
    for name, pin in design.buttons.items():
        need = "wake" if design.sleeps else ""
        yield PinUse(pin, f"buttons.{name}", f"button {name}: pressed is low", need)
    if design.keypad:
        for number, pin in enumerate(design.keypad.rows):
            yield PinUse(pin, f"keypad.rows.{number}", f"keypad row {number + 1}")
        for number, pin in enumerate(design.keypad.columns):
            yield PinUse(pin, f"keypad.columns.{number}", f"keypad column {number + 1}")
    for name, pin in design.outputs.items():
        yield PinUse(pin, f"outputs.{name}", name)
    yield PinUse(design.battery.pin, "battery.pin", "cell voltage through its divider", "adc")
    for reference, placed, part in board.placed():
        for signal, pin in placed.signals.items():
            need = "wake" if design.sleeps else ""
            key = f"parts.{reference}.signals.{signal}"
            yield PinUse(pin, key, f"{signal} of {reference} ({part.name})", need)
