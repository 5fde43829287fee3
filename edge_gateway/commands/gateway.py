"""`coldseal gateway`: running the service, looking at its journal, verifying it."""

import logging
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from edge_gateway import config
from edge_gateway.commands.common import Json, err, out, print_json
from edge_gateway.ports.journal import Journal

app = typer.Typer(no_args_is_help=True, help="Run and verify a gateway.")

ConfigFile = Annotated[Path, typer.Option("--config", help="The gateway's settings, TOML.",
                                          metavar="FILE")]


@app.command()
def run(config_file: ConfigFile) -> None:
    """Take records over MQTT, keep, seal and forward them, until SIGTERM."""
    from edge_gateway.run import run_until_signalled
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    settings = config.load(config_file)
    run_until_signalled(settings, lambda: out.print("ready"))


@app.command()
def verify(config_file: ConfigFile) -> None:
    """Check every row, block and receipt of the journal; names what differs."""
    from edge_gateway import audit
    settings = config.load(config_file)
    with Progress(TextColumn("verifying rows"), BarColumn(), MofNCompleteColumn(), console=err,
                  transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None)
        counts = audit.verify_journal(settings, lambda done, total: bar.update(
            task, completed=done, total=total))
    out.print(f"{settings.journal}: {counts['rows']} rows in {counts['blocks']} blocks are what "
              f"their devices signed; {counts['registered']} blocks have their receipt")


@app.command()
def status(config_file: ConfigFile, as_json: Json = False) -> None:
    """What the journal holds, what was doubled, what was refused."""
    settings = config.load(config_file)
    with closing(Journal(settings.journal, readonly=True)) as journal:
        counts, duplicates = journal.counts(), journal.duplicates()
        refused = journal.refused_counts()
    if as_json:
        print_json({**counts, "refused": refused, "duplicates": [
            {"kid": kid.hex(), "epoch": epoch, "seq": seq, "times": times}
            for kid, epoch, seq, times in duplicates]})
        return
    for name, count in {**counts, "duplicates": sum(one[3] for one in duplicates),
                        "refused": sum(refused.values())}.items():
        out.print(f"{name:12} {count}")
    for kid, epoch, seq, times in duplicates:
        out.print(f"delivered again: key {kid.hex()}, epoch {epoch}, record {seq}"
                  + ("" if times == 1 else f", {times} times"))
    for rule, count in sorted(refused.items()):
        out.print(f"refused by rule {rule}: {count}")
