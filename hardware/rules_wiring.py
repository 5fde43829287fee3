"""Rules of pins and buses.

1. Every part, rail, address and signal that a board names exists.
2. A pin exists on the controller, is not refused by it, and is used once.
3. A pin can do what it is used for: measure, or wake the controller.
4. On the I2C bus no address is used twice, and no part is driven faster than it allows.
5. At most one part hangs on the UART, at a speed that it knows.
6. Every button, every output and the keypad is served by exactly one part.
"""

from collections.abc import Iterator

from hardware.faults import Fault
from hardware.model import Board, Part, Placed
from hardware.pins import PinUse, pin_uses


def names(board: Board) -> Iterator[Fault]:
    """Rule 1; the other rules hold their ground only when this one holds."""
    for reference, placed in board.design.parts.items():
        key = f"parts.{reference}"
        part = board.catalogue.get(placed.part)
        if part is None:
            known = ", ".join(board.catalogue)
            yield Fault(board.file, f"{key}.part", "part.unknown", f"one of: {known}")
            continue
        if placed.rail is not None and placed.rail not in board.design.rails:
            known = ", ".join(board.design.rails)
            yield Fault(board.file, f"{key}.rail", "rail.unknown", f"one of: {known}")
        for signal in placed.signals:
            if signal not in part.signals:
                remedy = f"{part.name} has: {', '.join(part.signals) or 'no signals'}"
                yield Fault(board.file, f"{key}.signals.{signal}", "signal.unknown", remedy)
    if sum(part.controller is not None for _, _, part in board.placed()) != 1:
        yield Fault(board.file, "parts", "controller.one", "place exactly one controller")


def pins(board: Board) -> Iterator[Fault]:
    """Rules 2 and 3."""
    first: dict[int, PinUse] = {}
    for use in pin_uses(board):
        remedy = _pin_remedy(board, use)
        if remedy:
            yield Fault(board.file, use.key, "pin.unfit", f"GPIO{use.pin} {remedy}")
        elif use.pin in first:
            remedy = f"GPIO{use.pin} already serves {first[use.pin].key}; take a free pin"
            yield Fault(board.file, use.key, "pin.shared", remedy)
        first.setdefault(use.pin, use)


def _pin_remedy(board: Board, use: PinUse) -> str:
    controller = board.controller
    if not any(low <= use.pin <= high for low, high in controller.exists):
        return f"does not exist on {controller.family}; take another"
    for refused in controller.refused:
        if use.pin in refused.pins:
            return f"is {refused.why}; take another"
    for need, (low, high), what in (
        ("adc", controller.adc, "cannot measure"),
        ("wake", controller.wake, "cannot wake the controller"),
    ):
        if use.need == need and not low <= use.pin <= high:
            return f"{what}; take one of {low} to {high}"
    return ""


def i2c(board: Board) -> Iterator[Fault]:
    """Rule 4, and the bus itself."""
    bus = board.design.i2c
    if bus.id not in board.controller.i2c_ids:
        remedy = f"one of: {', '.join(map(str, board.controller.i2c_ids))}"
        yield Fault(board.file, "i2c.id", "i2c.id", remedy)
    taken: dict[int, str] = {}
    for reference, placed, part in board.placed():
        key = f"parts.{reference}.address"
        if part.bus != "i2c":
            if placed.address is not None:
                remedy = f"remove it: {part.name} is no I2C part"
                yield Fault(board.file, key, "i2c.address", remedy)
            continue
        yield from _i2c_part(board, key, placed, part)
        if placed.address in taken:
            remedy = f"{taken[placed.address]} answers there too; take another address or bus"
            yield Fault(board.file, key, "i2c.clash", remedy)
        if placed.address is not None:
            taken.setdefault(placed.address, reference)


def _i2c_part(board: Board, key: str, placed: Placed, part: Part) -> Iterator[Fault]:
    if placed.address not in part.addresses:
        known = ", ".join(f"0x{address:02X}" for address in part.addresses)
        yield Fault(board.file, key, "i2c.address", f"{part.name} answers at: {known}")
    if board.design.i2c.frequency_hz > part.bus_hz_max:
        remedy = f"{part.name} allows {part.bus_hz_max}"
        yield Fault(board.file, "i2c.frequency_hz", "i2c.speed", remedy)


def uart(board: Board) -> Iterator[Fault]:
    """Rule 5."""
    bus = board.design.uart
    users = [(reference, part) for reference, _, part in board.placed() if part.bus == "uart"]
    if bus is None:
        for reference, part in users:
            remedy = f"add [uart]: {part.name} needs it"
            yield Fault(board.file, f"parts.{reference}", "uart.missing", remedy)
        return
    if bus.id not in board.controller.uart_ids:
        remedy = f"one of: {', '.join(map(str, board.controller.uart_ids))}"
        yield Fault(board.file, "uart.id", "uart.id", remedy)
    if len(users) != 1:
        remedy = f"exactly one part can use it, here: {', '.join(user[0] for user in users) or '-'}"
        yield Fault(board.file, "uart", "uart.users", remedy)
    for _, part in users:
        if bus.baud not in part.bauds:
            remedy = f"{part.name} knows: {', '.join(map(str, part.bauds))}"
            yield Fault(board.file, "uart.baud", "uart.baud", remedy)


def served(board: Board) -> Iterator[Fault]:
    """Rule 6: what the firmware switches or reads is also on the bill of materials."""
    design = board.design
    keys = [f"buttons.{name}" for name in design.buttons]
    keys += [f"outputs.{name}" for name in design.outputs]
    keys += ["keypad"] if design.keypad else []
    serving = [placed.serves for _, placed, _ in board.placed()]
    for key in keys:
        if serving.count(key) != 1:
            remedy = f'let exactly one part say serves = "{key}"'
            yield Fault(board.file, key, "serves.one", remedy)
    for reference, placed, _ in board.placed():
        if placed.serves is not None and placed.serves not in keys:
            remedy = f"one of: {', '.join(keys)}"
            yield Fault(board.file, f"parts.{reference}.serves", "serves.unknown", remedy)
