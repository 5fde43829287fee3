"""A GS1 symbol as its modules: DataMatrix with an element string, QR code with a Digital Link.

What is encoded is judged first by the parser that devices and ledger read it with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger_client.errors import UsageError, extra_missing
from ledger_client.wire import digital_link, gs1, gs1_elements
from ledger_client.wire.digital_link import STEM
from ledger_client.wire.errors import WireError

DATAMATRIX, QR = "datamatrix", "qr"
_QUIET_MODULES = {DATAMATRIX: 1, QR: 4}  # ISO/IEC 16022 and 18004

Elements = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Symbol:
    """`rows` of modules, True is dark; `quiet` modules around must stay light."""

    rows: tuple[tuple[bool, ...], ...]
    quiet: int
    elements: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Modules on a side, the quiet zone included."""
        return len(self.rows) + 2 * self.quiet

    def text(self) -> list[str]:
        """Human readable interpretation: an element a line, identifiers in brackets."""
        return [f"({ai}){value}" for ai, value in self.elements]


def symbol(elements: Elements, kind: str = DATAMATRIX, stem: str = STEM) -> Symbol:
    """UsageError for elements that no label may have, by the rule that they break."""
    found = list(elements)
    try:
        gs1_elements.to_element_string(found)
        gs1_elements.check_together(found)
        link = digital_link.digital_link(found, stem)
        gs1.parse("]Q1", link.encode())
        _check_expiry(found)
    except WireError as error:
        raise UsageError(f"no label: {error}") from error
    if gs1.identity(found) is None:
        raise UsageError("no label: it names no single pack, crate, party, place or asset")
    rows = _datamatrix(found) if kind == DATAMATRIX else _qr(link)
    return Symbol(rows, _QUIET_MODULES[kind], tuple(found))


def _check_expiry(elements: list[tuple[str, str]]) -> None:
    """Day 00 is read, and never written (GSCN 21-040: no more on regulated healthcare items)."""
    if any(ai == "17" and value.endswith("00") for ai, value in elements):
        raise WireError("gs1.yymmd0", "day 00: write the last day of the month")


def _datamatrix(elements: list[tuple[str, str]]) -> tuple[tuple[bool, ...], ...]:
    """ECC 200, square: the rectangular extension has an AIM identifier of its own."""
    try:
        import zxingcpp
    except ImportError as error:
        raise extra_missing("labels need zxing-cpp", "labels") from error
    text = "".join(f"[{ai}]{value}" for ai, value in elements)  # no value has square brackets
    try:
        made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, gs1=True,
                                       force_square=True)
    except ValueError as error:
        raise UsageError(f"no label: {error}") from error
    image = memoryview(made.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]
    height, width = image.shape or (0, 0)
    return tuple(tuple(image[row, column] == 0 for column in range(width))
                 for row in range(height))


def _qr(link: str) -> tuple[tuple[bool, ...], ...]:
    try:
        import segno
    except ImportError as error:
        raise extra_missing("labels need segno", "labels") from error
    made = segno.make(link, micro=False, error="m", boost_error=False)
    return tuple(tuple(map(bool, row)) for row in made.matrix)
