"""`coldseal demo` and `coldseal device simulate`: in a checkout only."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway import simulate
from edge_gateway.commands import device
from edge_gateway.commands.writing import make_folder
from ledger_client.errors import UsageError


def demo(log: Annotated[Path | None, typer.Option(
             help="Feed the logger from a sensor-log export instead of the fridge model.",
             metavar="FILE")] = None,
         seed: Annotated[str, typer.Option(help="Repeats a run.", metavar="TEXT")] = "1") -> None:
    """Show the whole line: three devices, a gateway, a ledger, a passport, and cheating found."""
    from edge_gateway.demo import driver, story
    simulate.interpreter()
    journey = story.fridge(seed) if log is None else driver.from_log(log)
    with simulate.ended_by_signals():
        raise typer.Exit(driver.run(seed, journey))


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
    if board not in simulate.BOARDS:
        raise UsageError(f"{board}: no such board; there are {', '.join(simulate.BOARDS)}")
    files = simulate.DeviceFiles(folder.absolute())  # it runs in the checkout
    make_folder(folder, 0o700)
    files.stimuli.touch()
    os.set_blocking(sys.stdin.fileno(), True)
    with simulate.ended_by_signals():
        process = simulate.start_device(files, board, seed=seed, stdin=None, stdout=None,
                                        stderr=None)
        try:
            raise typer.Exit(process.wait())
        finally:
            process.kill()
            process.wait()
