"""Rules of flash and of what a product must have.

1. Partitions are aligned, do not overlap and lie in flash behind the partition table.
2. There is a journal, apart from the file system, of at least JOURNAL_BYTES_MIN.
3. Telemetry channels are distinct, few enough for one record, and measured by their part.
4. A logger measures temperature and keeps time on a known oscillator; a scanner has a barcode
   engine, a display and a key for every task.
"""

from collections.abc import Iterator

from hardware.faults import Fault
from hardware.model import Board
from ledger_client.wire import codes

PRODUCTS = ("logger", "scanner")
SECTOR_BYTES = 4096  # the smallest erasable unit of SPI flash
APP_ALIGNMENT_BYTES = 0x10000  # ESP-IDF: application partitions start on 64 KiB
FIRST_OFFSET = 0x9000  # the partition table is the sector at 0x8000
JOURNAL_BYTES_MIN = 0x40000  # 64 sectors: a thousand records of 240 bytes, and room to erase
QUANTITIES = {
    "temperature": codes.QUANTITY_TEMPERATURE,
    "humidity": codes.QUANTITY_HUMIDITY,
}
SCANNER_KEYS = (  # one per task of the custody state machine that a handheld offers, and its own
    *("commission", "pack", "unpack", "ship", "receive", "putaway", "quarantine", "dispense"),
    *("attach", "detach", "check", "ok", "back", "handover"),
)


def flash(board: Board) -> Iterator[Fault]:
    """Rule 1."""
    end, before = FIRST_OFFSET, "the partition table"
    in_order = sorted(board.design.partitions.items(), key=lambda item: item[1].offset)
    for name, partition in in_order:
        alignment = APP_ALIGNMENT_BYTES if partition.type == "app" else SECTOR_BYTES
        if partition.offset % alignment or partition.bytes % SECTOR_BYTES or not partition.bytes:
            remedy = f"offset in steps of {alignment}, bytes in steps of {SECTOR_BYTES}"
            yield Fault(board.file, f"partitions.{name}", "flash.alignment", remedy)
        if partition.offset < end:
            remedy = f"start at 0x{end:X}, behind {before}"
            yield Fault(board.file, f"partitions.{name}.offset", "flash.overlap", remedy)
        end, before = max(end, partition.offset + partition.bytes), name
    if end > board.controller.flash_bytes:
        remedy = f"0x{end:X} is the end, flash has 0x{board.controller.flash_bytes:X}"
        yield Fault(board.file, f"partitions.{before}", "flash.size", remedy)


def journal(board: Board) -> Iterator[Fault]:
    """Rule 2."""
    partition = board.design.partitions.get("journal")
    if partition is None or partition.bytes < JOURNAL_BYTES_MIN:
        remedy = f"give it {JOURNAL_BYTES_MIN} bytes or more"
        yield Fault(board.file, "partitions.journal", "flash.journal", remedy)


def channels(board: Board) -> Iterator[Fault]:
    """Rule 3."""
    taken: dict[int, str] = {}
    for reference, placed, part in board.placed():
        for quantity, channel in placed.channels.items():
            key = f"parts.{reference}.channels.{quantity}"
            if quantity not in part.quantities or quantity not in QUANTITIES:
                measured = ", ".join(part.quantities) or "nothing"
                yield Fault(board.file, key, "channel.quantity", f"{part.name} measures {measured}")
            if channel in taken:
                remedy = f"{taken[channel]} is channel {channel}; take another"
                yield Fault(board.file, key, "channel.shared", remedy)
            taken.setdefault(channel, key)
    if len(taken) > codes.SERIES:
        remedy = f"one record carries {codes.SERIES} at most"
        yield Fault(board.file, "parts", "channel.count", remedy)


def product(board: Board) -> Iterator[Fault]:
    """Rule 4."""
    if board.design.product not in PRODUCTS:
        yield Fault(board.file, "product", "product.name", f"one of: {', '.join(PRODUCTS)}")
    if board.design.product == "logger":
        if not any("temperature" in placed.channels for placed in board.design.parts.values()):
            yield Fault(board.file, "parts", "product.sensor", "give a channel to temperature")
        if not any(part.drift_ppm is not None for _, _, part in board.placed()):
            yield Fault(board.file, "parts", "product.clock", "place a clock with a drift_ppm")
    if board.design.product == "scanner":
        yield from _scanner(board)


def _scanner(board: Board) -> Iterator[Fault]:
    if board.design.uart is None:
        yield Fault(board.file, "uart", "product.engine", "add [uart] and a barcode engine on it")
    if not any(placed.part == "ssd1306" for placed in board.design.parts.values()):
        yield Fault(board.file, "parts", "product.display", "place a display")
    keypad = board.design.keypad
    keys = [key for row in keypad.keys for key in row] if keypad else []
    missing = [key for key in SCANNER_KEYS if key not in keys]
    if missing:
        yield Fault(board.file, "keypad.keys", "product.keys", f"add {', '.join(missing)}")
    widths = [len(row) for row in keypad.keys] if keypad else []
    if keypad and widths != [len(keypad.columns)] * len(keypad.rows):
        yield Fault(board.file, "keypad.keys", "keypad.shape", "one name per row and column")
