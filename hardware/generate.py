"""Check every board and write what is made from it: `make boards`.

With --check nothing is written; it fails when a file would change.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from hardware import rules_product, rules_supply, rules_wiring
from hardware.faults import Fault, HardwareError
from hardware.model import Board, load
from hardware.render_module import board_module
from hardware.render_tables import bill_of_materials, partition_table, wiring

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parent / "firmware" / "boards"

# The rules behind the first may take for granted that every name in the board exists.
_RULES = (
    rules_wiring.pins,
    rules_wiring.i2c,
    rules_wiring.uart,
    rules_wiring.served,
    rules_supply.sources,
    rules_supply.supplies,
    rules_supply.loads,
    rules_supply.battery,
    rules_product.flash,
    rules_product.journal,
    rules_product.channels,
    rules_product.product,
)


def faults(board: Board) -> Iterator[Fault]:
    """Every rule that `board` breaks."""
    unknown = list(rules_wiring.names(board))
    yield from unknown
    if not unknown:
        for rule in _RULES:
            yield from rule(board)


def outputs(boards: Iterable[Board]) -> dict[Path, str]:
    """File -> text; raise HardwareError with every fault of every board."""
    boards = list(boards)
    found = [fault for board in boards for fault in faults(board)]
    if found:
        raise HardwareError(found)
    files = {}
    for board in boards:
        product = board.design.product
        files[FIRMWARE / f"{product}.py"] = board_module(board)
        files[HERE / f"wiring-{product}.md"] = wiring(board)
        files[HERE / f"bom-{product}.md"] = bill_of_materials(board)
        files[HERE / f"partitions-{product}.csv"] = partition_table(board)
    return files


def stale(files: dict[Path, str]) -> list[Path]:
    """The files whose text on disk is another."""
    return [
        path
        for path, text in files.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Exit code: 0 well, 1 a fault or, with --check, a stale file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    try:
        files = outputs(load(HERE))
    except HardwareError as error:
        print(error, file=sys.stderr)
        return 1
    changed = stale(files)
    for path in changed:
        print(f"boards: {path.relative_to(HERE.parent)} {'is stale' if check else 'written'}")
        if not check:
            path.write_text(files[path], encoding="utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
