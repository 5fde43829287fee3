"""The board for people: wiring table, bill of materials, and the partition table for ESP-IDF."""

from collections.abc import Iterable, Iterator

from hardware.model import Board, Part, Placed
from hardware.pins import pin_uses
from hardware.rules_supply import rail_load_ua

_GENERATED = "Generated from `hardware/{file}` by `make boards`; edit that file, not this one.\n"


def wiring(board: Board) -> str:
    """wiring-<product>.md: every controller pin, every terminal, every rail."""
    terminals = [
        row
        for reference, placed, part in board.placed()
        for row in _terminals(board, reference, placed, part)
    ]
    pins = sorted((use.pin, use.purpose, f"`{use.key}`") for use in pin_uses(board))
    return "\n".join(
        [
            f"# Wiring of {board.design.name}\n",
            _GENERATED.format(file=board.file),
            "## Controller pins\n",
            *_table(("GPIO", "purpose", "key"), pins),
            "\n## Terminals\n",
            *_table(("part", "name", "terminal", "goes to"), terminals),
            "\n## Supplies\n",
            *_table(("rail", "mV", "from", "parts draw at most, uA", "asleep, uA"), _rails(board)),
            "",
        ]
    )


def bill_of_materials(board: Board) -> str:
    """bom-<product>.md: what to order for one board."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for reference, placed, part in board.placed():
        role = part.role + ("" if placed.fitted else " (place only, not fitted)")
        lines.setdefault((part.name, part.maker, role), []).append(reference)
    rows = [
        (len(references), " ".join(references), *what) for what, references in lines.items()
    ]
    above, below = board.design.battery.divider_ohm
    rows += [
        (2, "-", f"resistor {board.design.i2c.pull_up_ohm} ohm", "various", "I2C pull-ups"),
        (1, "-", f"resistor {above} ohm 1 %", "various", "battery divider, cell to pin"),
        (1, "-", f"resistor {below} ohm 1 %", "various", "battery divider, pin to ground"),
    ]
    return "\n".join(
        [
            f"# Bill of materials of {board.design.name}\n",
            _GENERATED.format(file=board.file),
            "Not listed: capacitors and resistors that the wiring table names at a terminal.\n",
            *_table(("number", "reference", "part", "maker", "for"), rows),
            "",
        ]
    )


def partition_table(board: Board) -> str:
    """partitions-<product>.csv as ESP-IDF reads it."""
    lines = [f"# {_GENERATED.format(file=board.file)}# name, type, subtype, offset, size"]
    lines += [
        f"{name}, {part.type}, {part.subtype}, 0x{part.offset:X}, 0x{part.bytes:X},"
        for name, part in sorted(board.design.partitions.items(), key=lambda item: item[1].offset)
    ]
    return "\n".join(lines) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"


def _terminals(
    board: Board, reference: str, placed: Placed, part: Part
) -> Iterator[tuple[str, str, str, str]]:
    pins = _named_pins(board) | _own_pins(board, reference, placed)
    for terminal, role in part.terminals.items():
        what, _, besides = role.partition(", ")
        if what == "supply":
            goal = f"rail {placed.rail}"
        elif what == "signal":
            pin = placed.signals.get(terminal)
            goal = "not connected" if pin is None else f"GPIO{pin}"
        else:
            goal = pins.get(what, what)
        connected = besides and goal != "not connected"
        yield reference, part.name, terminal, f"{goal}, {besides}" if connected else goal


def _named_pins(board: Board) -> dict[str, str]:
    """What a terminal's role means on this board: "sda" -> "GPIO8"."""
    design, usb = board.design, board.controller.usb
    pins = {"sda": design.i2c.sda, "scl": design.i2c.scl, "usb -": usb[0], "usb +": usb[1]}
    if design.uart:
        pins |= {"tx": design.uart.tx, "rx": design.uart.rx}
    return {role: f"GPIO{pin}" for role, pin in pins.items()}


def _own_pins(board: Board, reference: str, placed: Placed) -> dict[str, str]:
    """What is the part's own: the pin that it serves, the rail that it feeds."""
    design, own = board.design, {}
    group, _, name = (placed.serves or "").partition(".")
    if group == "keypad" and design.keypad:
        own["rows"] = " ".join(f"GPIO{pin}" for pin in design.keypad.rows)
        own["columns"] = " ".join(f"GPIO{pin}" for pin in design.keypad.columns)
    elif group:
        own["pin"] = f"GPIO{(design.buttons | design.outputs)[name]}"
    fed = [f"rail {name}" for name, rail in design.rails.items() if rail.fed_by == reference]
    return own | {"its rail": ", ".join(fed)}


def _rails(board: Board) -> Iterator[tuple[object, ...]]:
    for name, rail in board.design.rails.items():
        low, high = rail.supply_mv
        yield (name, f"{low} to {high}", rail.fed_by, *rail_load_ua(board, name))
