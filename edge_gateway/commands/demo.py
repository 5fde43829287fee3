"""`coldseal demo` and `coldseal device simulate`: in a checkout only."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway import simulate
from edge_gateway.commands import device


def demo(log: Annotated[Path | None, typer.Option(
             help="Feed the logger from a sensor-log export instead of the fridge model.",
             metavar="FILE")] = None,
         seed: Annotated[str, typer.Option(help="Repeats a run.", metavar="TEXT")] = "1") -> None:
    """Show the whole line: three devices, a gateway, a ledger, a passport, and cheating found."""
    from edge_gateway.demo import driver, story
    simulate.interpreter()
    if log is None:
        status = driver.run(seed, list(story.fridge(seed)), driver.default_offline())
    else:
        status = driver.run(seed, driver.from_log(log), None)
    raise typer.Exit(status)


@device.app.command("simulate")
def simulate_device(
        board: Annotated[str, typer.Option(help="logger or scanner.", metavar="NAME")],
        folder: Annotated[Path, typer.Option(help="Its flash, stimuli and screen.",
                                             metavar="FOLDER")],
        seed: Annotated[str | None, typer.Option(
            help="A key that anyone can compute; random without.", metavar="TEXT")] = None,
        ) -> None:
    """Run a device with simulated chips; this terminal is its console port.

    FOLDER/stimuli (a file or a FIFO) says what happens to it, FOLDER/screen is what it shows.
    """
    files = simulate.DeviceFiles(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.stimuli.touch()
    os.set_blocking(sys.stdin.fileno(), True)
    process = simulate.start_device(files, board, seed=seed, stdin=None, stdout=None, stderr=None)
    try:
        raise typer.Exit(process.wait())
    except KeyboardInterrupt:
        process.kill()
        process.wait()
        raise
