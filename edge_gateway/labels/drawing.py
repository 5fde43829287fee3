"""Labels as SVG, measured in micrometres, so that they print in their real size."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from edge_gateway.labels.symbol import Symbol
from edge_gateway.plot_png import FONTS

X_UM = 380  # of a module: the target for regulated healthcare items (GS1 symbol table 7)
X_UM_MIN, X_UM_MAX = 254, 990
_TEXT_UM = 2000  # height of the human readable text: legible at arm's length
_LINE_UM = 2600
_GLYPH_PERMILLE = 700  # no letter of the fonts is wider than that part of its height
PAGE_UM = (210_000, 297_000)  # ISO 216 A4
_MARGIN_UM = 8_000
_PIXELS_A_MODULE = 8


@dataclass(frozen=True)
class Drawing:
    """SVG elements for the inside of a page, and their size in micrometres."""

    body: str
    width_um: int
    height_um: int


def label(symbol: Symbol, x_um: int = X_UM) -> Drawing:
    """A symbol with its human readable text under it."""
    side_um = symbol.size * x_um
    lines = symbol.text()
    text_um = max(map(len, lines)) * _TEXT_UM * _GLYPH_PERMILLE // 1000
    width_um = -(-max(side_um, text_um) // x_um) * x_um  # whole modules: sharp as pixels too
    shift_um = (width_um - side_um) // x_um // 2 * x_um
    path = "".join(_run(row, symbol.quiet, x_um, (number + symbol.quiet) * x_um, shift_um)
                   for number, row in enumerate(symbol.rows))
    texts = "".join(
        f'<text x="{width_um // 2}" y="{side_um + number * _LINE_UM + _TEXT_UM}" '
        f'text-anchor="middle">{escape(line)}</text>' for number, line in enumerate(lines))
    body = (f'<path shape-rendering="crispEdges" d="{path}"/>'
            f'<g font-family="{FONTS}" font-size="{_TEXT_UM}">{texts}</g>')
    return Drawing(body, width_um, side_um + len(lines) * _LINE_UM + _TEXT_UM // 2)


def _run(row: Sequence[bool], quiet: int, x_um: int, top_um: int, shift_um: int) -> str:
    """Rectangles of a row's dark modules, neighbours in one."""
    path, start = "", None
    for place, dark in enumerate([*row, False]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            width_um = (place - start) * x_um
            path += (f"M{shift_um + (start + quiet) * x_um} {top_um}h{width_um}v{x_um}"
                     f"h-{width_um}z")
            start = None
    return path


def svg(drawing: Drawing) -> str:
    """The file; it prints in its real size."""
    return _svg(drawing, f'width="{_mm(drawing.width_um)}" height="{_mm(drawing.height_um)}" ')


def for_pixels(drawing: Drawing) -> str:
    """The same without a real size, to be drawn in pixels."""
    return _svg(drawing, "")


def _svg(drawing: Drawing, size: str) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size}'
            f'viewBox="0 0 {drawing.width_um} {drawing.height_um}">'
            f'<rect width="100%" height="100%" fill="white"/>{drawing.body}</svg>\n')


def _mm(length_um: int) -> str:
    return f"{length_um // 1000}.{length_um % 1000:03}mm"


def pixels(drawing: Drawing, x_um: int = X_UM) -> int:
    """Width in which every module is a whole number of pixels."""
    return drawing.width_um // x_um * _PIXELS_A_MODULE


def pages(labels: Sequence[Drawing]) -> list[Drawing]:
    """A4 pages with the labels in rows, each row as high as its highest."""
    found: list[str] = []
    body, x_um, y_um, row_um = "", _MARGIN_UM, _MARGIN_UM, 0
    for one in labels:
        if x_um + one.width_um > PAGE_UM[0] - _MARGIN_UM and row_um:
            x_um, y_um, row_um = _MARGIN_UM, y_um + row_um + _MARGIN_UM // 2, 0
        if y_um + one.height_um > PAGE_UM[1] - _MARGIN_UM and body:
            found.append(body)
            body, x_um, y_um, row_um = "", _MARGIN_UM, _MARGIN_UM, 0
        body += f'<g transform="translate({x_um} {y_um})">{one.body}</g>'
        x_um, row_um = x_um + one.width_um + _MARGIN_UM // 2, max(row_um, one.height_um)
    return [Drawing(one, *PAGE_UM) for one in [*found, body] if one]
