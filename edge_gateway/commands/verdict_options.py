"""Options of `coldseal verdict`."""

from pathlib import Path
from typing import Annotated

import typer

Named = Annotated[str, typer.Argument(
    help="With --ledger an item: Digital Link, (01)...(21)... or (00)...; else a logger's export.",
    metavar="ITEM|FILE")]
Ledger = Annotated[Path | None, typer.Option(
    help="The ledger file that knows the item.", metavar="FILE")]
Profile = Annotated[str | None, typer.Option(
    "--profile", help="Of a file: a shipped profile or a TOML file. Of a crate: a registered "
    "profile, where it holds products of several.", metavar="NAME|FILE")]
Zone = Annotated[str | None, typer.Option(
    help="UTC, +02:00 or Europe/Zurich: in which times are printed, and of a file the one its "
    "clock was set to.", metavar="ZONE")]
DateOrder = Annotated[str | None, typer.Option(
    help="Of a file whose dates leave it open.", metavar="dmy|mdy|ymd")]
Unit = Annotated[str | None, typer.Option(help="Of a file that names none.", metavar="C|F")]
Column = Annotated[str | None, typer.Option(
    help="Part of the heading of the temperature; of DS01 TVC, TFRZ or TAMB.", metavar="TEXT")]
Report = Annotated[int | None, typer.Option(
    help="Of a DS01 file with several, from 1.", metavar="NUMBER")]
Interval = Annotated[str | None, typer.Option(
    help="What the logger was set to, where the profile expects another.", metavar="DURATION")]
ClockError = Annotated[str | None, typer.Option(
    help='How far the clock of a file may have been off, such as "90 s".', metavar="DURATION")]
Calibration = Annotated[Path | None, typer.Option(
    "--calibration", help="Certificate of a file's logger, as for register-calibration.",
    metavar="FILE")]
At = Annotated[str | None, typer.Option(
    help="As the ledger was then: ISO 8601 with zone.", metavar="TIME")]
AsOf = Annotated[int | None, typer.Option(
    help="As the ledger was when this entry was registered.", metavar="ENTRY")]
Compare = Annotated[bool, typer.Option(
    "--compare", help="With --at or --as-of: why it is another verdict now.")]
Plot = Annotated[Path | None, typer.Option(help="Draw it here (.svg or .png).", metavar="FILE")]
