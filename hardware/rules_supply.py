"""Rules of supplies.

1. A rail is fed by a part of the board whose output covers the rail's voltage.
2. A part stands on a rail whose whole voltage range lies inside the part's own.
3. What the parts of a rail draw at most, together, its source can deliver.
4. A full cell, divided, does not pass what the ADC can measure.
"""

from collections.abc import Iterator

from hardware.faults import Fault
from hardware.model import Board, Range


def _inside(inner: Range, outer: Range | None) -> bool:
    return outer is not None and outer[0] <= inner[0] <= inner[1] <= outer[1]


def sources(board: Board) -> Iterator[Fault]:
    """Rule 1."""
    for name, rail in board.design.rails.items():
        placed = board.design.parts.get(rail.fed_by)
        source = board.catalogue[placed.part] if placed else None
        if source is None or source.output_mv is None:
            remedy = f"{rail.fed_by} is no part here with an output_mv; name the one that feeds it"
            yield Fault(board.file, f"rails.{name}.fed_by", "rail.source", remedy)
        elif not _inside(rail.supply_mv, source.output_mv):
            remedy = f"{source.name} gives {source.output_mv[0]} to {source.output_mv[1]} mV"
            yield Fault(board.file, f"rails.{name}.supply_mv", "rail.voltage", remedy)


def supplies(board: Board) -> Iterator[Fault]:
    """Rule 2."""
    for reference, placed, part in board.placed():
        key = f"parts.{reference}.rail"
        if (placed.rail is None) != (part.supply_mv is None):
            remedy = "add it" if part.supply_mv else f"remove it: {part.name} draws nothing"
            yield Fault(board.file, key, "supply.rail", remedy)
        elif placed.rail is not None and part.supply_mv is not None:
            supply_mv = board.design.rails[placed.rail].supply_mv
            if not _inside(supply_mv, part.supply_mv):
                remedy = (
                    f"{part.name} needs {part.supply_mv[0]} to {part.supply_mv[1]} mV, "
                    f"{placed.rail} has {supply_mv[0]} to {supply_mv[1]}"
                )
                yield Fault(board.file, key, "supply.voltage", remedy)


def rail_load_ua(board: Board, rail: str) -> tuple[int, int]:
    """(at most, asleep): what all parts of `rail` draw, places that are not fitted included."""
    parts = [part for _, placed, part in board.placed() if placed.rail == rail]
    return sum(p.current_ua_max for p in parts), sum(p.current_ua_sleep for p in parts)


def loads(board: Board) -> Iterator[Fault]:
    """Rule 3."""
    for name, rail in board.design.rails.items():
        if rail.fed_by not in board.design.parts:
            continue  # a fault of rule 1
        source = board.catalogue[board.design.parts[rail.fed_by].part]
        load_ua = rail_load_ua(board, name)[0]
        if load_ua > source.output_ma_max * 1000:
            remedy = f"its parts draw {load_ua} uA, {source.name} gives {source.output_ma_max} mA"
            yield Fault(board.file, f"rails.{name}", "rail.load", remedy)


def battery(board: Board) -> Iterator[Fault]:
    """Rule 4."""
    measured = board.design.battery
    rail = board.design.rails.get(measured.rail)
    if rail is None:
        known = ", ".join(board.design.rails)
        yield Fault(board.file, "battery.rail", "rail.unknown", f"one of: {known}")
        return
    above, below = measured.divider_ohm
    pin_mv = rail.supply_mv[1] * below // (above + below)
    if pin_mv > board.controller.adc_mv_max:
        remedy = f"the pin sees {pin_mv} mV, the ADC ends at {board.controller.adc_mv_max}"
        yield Fault(board.file, "battery.divider_ohm", "battery.divider", remedy)
