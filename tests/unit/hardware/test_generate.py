"""What is made from a board says what the board file says."""

import ast
import shutil
from pathlib import Path
from typing import Any

import pytest

from hardware import generate
from hardware.model import Board, load
from hardware.render_module import board_module
from hardware.render_tables import bill_of_materials, partition_table, wiring


def board(product: str) -> Board:
    return next(one for one in load(generate.HERE) if one.design.product == product)


def constants(product: str) -> dict[str, Any]:
    """The module's assignments; anything but a literal is an error here."""
    tree = ast.parse(board_module(board(product)))
    assignments = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert len(assignments) == len(tree.body) - 1  # and the docstring
    return {
        target.id: ast.literal_eval(node.value)
        for node in assignments
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def test_the_logger_module() -> None:
    made = constants("logger")
    assert made["PRODUCT"] == "logger"
    assert made["I2C"] == (0, 8, 9, 400_000)
    assert made["UART"] is None
    assert ("sht4x", "i2c", 0x44, 1) in made["PARTS"]
    assert ("atecc608b", "i2c", 0x60, 0) in made["PARTS"]
    assert made["CHANNELS"] == ((0, 1, "sht4x", 0x44),)
    assert made["SIGNALS"] == (("ds3231", "INT", 7),)
    assert made["BUTTONS"] == (("handover", 4),)
    assert made["KEYPAD"] is None
    assert made["BATTERY"] == (1, 2, 1)
    assert made["JOURNAL"] == ("journal", 2 * 1024 * 1024)


def test_the_scanner_module() -> None:
    made = constants("scanner")
    assert made["UART"] == (1, 17, 18, 9600)
    assert ("gm65", "uart", None, 1) in made["PARTS"]
    assert made["CHANNELS"] == ()
    rows, columns, keys = made["KEYPAD"]
    assert (len(rows), len(columns)) == (len(keys), len(keys[0])) == (4, 4)
    assert set(made) == set(constants("logger"))


def test_both_modules_stay_within_a_line_of_the_style() -> None:
    for product in ("logger", "scanner"):
        assert max(map(len, board_module(board(product)).splitlines())) <= 100


def test_the_wiring_shows_every_pin_once() -> None:
    text = wiring(board("scanner"))
    pins = text.split("## Controller pins")[1].split("## Terminals")[0]
    numbers = [row.split("|")[1].strip() for row in pins.splitlines() if row.startswith("| ")][1:]
    assert numbers == [str(pin) for pin in (1, 4, 5, 6, 8, 9, *range(10, 19), 21)]
    assert "| U3 | GM65-S | RX | GPIO17 |" in text  # into the engine goes the controller's TX
    assert "| J1 | USB4105-GF-A | D+ | GPIO20 |" in text


def test_the_bill_of_materials_names_every_reference() -> None:
    one = board("logger")
    cells = [row.split("|")[2].split() for row in bill_of_materials(one).splitlines() if "|" in row]
    assert set(one.design.parts) <= {reference for cell in cells for reference in cell}


def test_the_partition_table_is_in_order_and_ends_within_flash() -> None:
    one = board("logger")
    rows = [row.split(", ") for row in partition_table(one).splitlines() if row[0] != "#"]
    ends = [int(row[3], 16) + int(row[4].rstrip(","), 16) for row in rows]
    starts = [int(row[3], 16) for row in rows]
    assert all(start >= end for start, end in zip(starts[1:], ends, strict=False))
    assert ends[-1] == one.controller.flash_bytes


def test_check_writes_nothing_and_names_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "hardware"
    for folder in ("boards", "parts"):
        shutil.copytree(generate.HERE / folder, here / folder)
    (tmp_path / "firmware").mkdir()
    monkeypatch.setattr(generate, "HERE", here)
    monkeypatch.setattr(generate, "FIRMWARE", tmp_path / "firmware")
    assert generate.main(["--check"]) == 1
    assert "hardware/wiring-logger.md is stale" in capsys.readouterr().out
    assert list((tmp_path / "firmware").iterdir()) == []
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_a_fault_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "hardware"
    for folder in ("boards", "parts"):
        shutil.copytree(generate.HERE / folder, here / folder)
    path = here / "boards" / "logger.toml"
    path.write_text(path.read_text().replace("scl = 9", "scl = 46"))
    monkeypatch.setattr(generate, "HERE", here)
    assert generate.main([]) == 1
    assert "i2c.scl: pin.unfit: GPIO46 is a strapping pin" in capsys.readouterr().err
    assert not (here / "wiring-logger.md").exists()
