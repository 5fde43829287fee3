"""`coldseal label`: a label, or those of a whole list."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway import plot_png
from edge_gateway.commands import registering
from edge_gateway.commands.common import out
from edge_gateway.commands.writing import make_folder, write_file
from edge_gateway.labels import drawing, rows, symbol
from edge_gateway.labels.drawing import Drawing
from edge_gateway.labels.symbol import DATAMATRIX, QR, Symbol
from ledger_client.errors import UsageError
from ledger_client.wire import digital_link, gs1

SVG, PNG = ".svg", ".png"


@dataclass(frozen=True)
class Style:
    """How labels are made: kind of symbol, resolver of the links, size of a module."""

    kind: str
    stem: str
    x_um: int

    def symbol(self, elements: Sequence[tuple[str, str]]) -> Symbol:
        return symbol.symbol(elements, self.kind, self.stem)

    def write(self, path: Path, one: Drawing) -> None:
        """SVG or PNG by the name's ending."""
        if path.suffix == SVG:
            write_file(path, drawing.svg(one).encode())
        else:
            write_file(path, plot_png.render(drawing.for_pixels(one),
                                             drawing.pixels(one, self.x_um)))


def label(file: Annotated[Path, typer.Argument(
              help="What to write, .svg or .png; with --csv a folder for a file each, or .svg for "
              "A4 pages.", metavar="FILE|FOLDER")], *,
          gtin: Annotated[str | None, typer.Option(help="Of a pack.", metavar="GTIN")] = None,
          serial: Annotated[str | None, typer.Option(help="Serial number of the pack.",
                                                     metavar="TEXT")] = None,
          lot: Annotated[str | None, typer.Option(help="Its lot.", metavar="TEXT")] = None,
          expiry: Annotated[str | None, typer.Option(
              help="281231 or 2028-12-31.", metavar="DAY")] = None,
          sscc: Annotated[str | None, typer.Option(help="Of a crate.", metavar="SSCC")] = None,
          party: Annotated[str | None, typer.Option(
              help="GLN of an organisation (417).", metavar="GLN")] = None,
          place: Annotated[str | None, typer.Option(
              help="GLN of a place (414).", metavar="GLN")] = None,
          asset: Annotated[str | None, typer.Option(
              help="GIAI of a logger (8004).", metavar="GIAI")] = None,
          csv_file: Annotated[Path | None, typer.Option(
              "--csv", help="A label for each line; its columns are named like these options.",
              metavar="FILE")] = None,
          qr: Annotated[bool, typer.Option(
              "--qr/--datamatrix", help="QR code with a GS1 Digital Link, or GS1 DataMatrix.",
              )] = False,
          stem: Annotated[str, typer.Option(
              help="Where the Digital Link leads.", metavar="URL")] = digital_link.STEM,
          module_um: Annotated[int, typer.Option(
              help="Micrometres of a module.", min=drawing.X_UM_MIN,
              max=drawing.X_UM_MAX)] = drawing.X_UM,
          png: Annotated[bool, typer.Option(
              "--png", help="PNG files into the folder.")] = False) -> None:
    """Print a label: the symbol, and its text under it for people."""
    style = Style(QR if qr else DATAMATRIX, stem, module_um)
    given = {"gtin": gtin, "serial": serial, "lot": lot, "expiry": expiry, "sscc": sscc,
             "party": party, "place": place, "asset": asset}
    if csv_file is None:
        _one(file, style, rows.elements(given))
    elif any(given.values()):
        raise UsageError("what stands on the labels is said by --csv or by options, not both")
    else:
        _many(file, style, csv_file, PNG if png else SVG)


def _one(file: Path, style: Style, elements: list[tuple[str, str]]) -> None:
    if file.suffix not in (SVG, PNG):
        raise UsageError(f"{file}: a label is .svg or .png")
    made = style.symbol(elements)
    style.write(file, drawing.label(made, style.x_um))
    out.print(f"{file}: {gs1.identity(elements)}")


def _many(file: Path, style: Style, csv_file: Path, ending: str) -> None:
    """Every line is judged before anything is written."""
    symbols = _symbols(style, csv_file)
    if file.suffix == SVG:
        drawn = [drawing.label(one, style.x_um) for one in symbols]
        _pages(file, style, drawing.pages(drawn))
    elif file.suffix:
        raise UsageError(f"{file}: labels of a list go into a folder, or onto pages in .svg")
    else:
        _folder(file, style, symbols, ending)
    out.print(f"{len(symbols)} labels")


def _symbols(style: Style, csv_file: Path) -> list[Symbol]:
    found: list[Symbol] = []
    lines: dict[str | None, int] = {}
    with registering.progress("labels", None) as step:
        for number, elements in enumerate(rows.read(csv_file), 1):
            try:
                found.append(style.symbol(elements))
            except UsageError as error:
                raise UsageError(f"{csv_file}: row {number}: {error}") from error
            first = lines.setdefault(gs1.identity(elements), number)
            if first != number:
                raise UsageError(f"{csv_file}: rows {first} and {number} are labels of the same "
                                 "thing: a serial number is printed once")
            step(number)
    if not found:
        raise UsageError(f"{csv_file}: there is no label in it")
    return found


def _pages(file: Path, style: Style, made: list[Drawing]) -> None:
    for number, page in enumerate(made, 1):
        path = file if len(made) == 1 else file.with_name(f"{file.stem}-{number}{SVG}")
        style.write(path, page)
        out.print(str(path))


def _folder(folder: Path, style: Style, symbols: list[Symbol], ending: str) -> None:
    make_folder(folder)
    with registering.progress("written", len(symbols)) as step:
        for number, one in enumerate(symbols, 1):
            name = digital_link.encoded(one.elements[-1][1])  # the serial, or the only key
            style.write(folder / f"{number:06}-{name}{ending}",
                        drawing.label(one, style.x_um))
            step(number)
    out.print(str(folder))
