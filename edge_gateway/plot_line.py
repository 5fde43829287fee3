"""The line of a plot: few enough points for a page, and no extreme ever left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_gateway.plot_scale import Scale

COLUMNS_PER_PX = 1  # finer than the pixels of a page shows nothing more


@dataclass(frozen=True)
class Point:
    """`linked`: the time between the point before and this one is known."""

    unix_ms: int
    value_cdeg: int
    linked: bool


def thinned(points: Sequence[Point], of: Scale) -> list[list[Point]]:
    """Pieces without a gap; of each pixel column the first, lowest, highest and last point.

    So whatever was highest or lowest is drawn at its own time and height.
    """
    pieces: list[list[Point]] = []
    column: list[Point] = []
    number = None
    for point in points:
        at = int(of.x(point.unix_ms) * COLUMNS_PER_PX)
        if not point.linked or not pieces:
            _close(pieces, column)
            pieces.append([])
            column, number = [], None
        if at != number:
            _close(pieces, column)
            column, number = [], at
        column.append(point)
    _close(pieces, column)
    return pieces


def _close(pieces: list[list[Point]], column: list[Point]) -> None:
    if not column:
        return
    low = min(range(len(column)), key=lambda at: column[at].value_cdeg)
    high = max(range(len(column)), key=lambda at: column[at].value_cdeg)
    pieces[-1] += [column[at] for at in sorted({0, low, high, len(column) - 1})]


def path(points: Sequence[Point], of: Scale) -> str:
    """An SVG path.  A reading between two gaps is a dot as wide as the line; dots on the same pixel
    are one."""
    steps: dict[str, None] = {}
    for piece in thinned(points, of):
        if len(piece) == 1:
            steps[f"M{of.x(piece[0].unix_ms):.0f},{of.y(piece[0].value_cdeg):.0f}h0"] = None
        else:
            steps["M" + "L".join(f"{of.x(one.unix_ms):.1f},{of.y(one.value_cdeg):.1f}"
                                 for one in piece)] = None
    return "".join(steps)
