"""`coldseal device`: enrolling a device at its console, and simulating one in a checkout."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway.commands import device_file, registering
from edge_gateway.commands.common import LedgerKey, LedgerPath, SimulatedTime, err, when, writer
from edge_gateway.ports.console import DeviceConsole, PipeLine, SerialLine
from ledger_client import signer
from ledger_client.core import identity, statement
from ledger_client.core.entry import Submission
from ledger_client.errors import UsageError
from ledger_client.wire import codes, cose

app = typer.Typer(no_args_is_help=True, help="Enrol devices; simulate one.")

Console = Annotated[str, typer.Option(
    "--console", help="Serial port of the device, or - for this command's own pipes.",
    metavar="PORT")]


def _console(port: str) -> DeviceConsole:
    if port == "-":
        return DeviceConsole(PipeLine(sys.stdin.buffer, sys.stdout.buffer))
    return DeviceConsole(SerialLine(port))


@app.command()
def enrol(*, ledger: LedgerPath,
          key: Annotated[Path, typer.Option(help="The owner's operations key.", metavar="FILE")],
          configuration: Annotated[Path, typer.Option(
              help="What the device is told, TOML.", metavar="FILE")],
          gateway: Annotated[list[Path], typer.Option(
              help="Public key of a gateway it may trust; again for more.", metavar="FILE")],
          console: Console, ledger_key: LedgerKey = None,
          simulated_time: SimulatedTime = None) -> None:
    """Provision a device and register its key.  The device makes the key; it never leaves it."""
    told = device_file.load(configuration)
    line = _console(console)
    found = line.identify()
    engine = writer(ledger, ledger_key, simulated_time)
    try:
        checkpoint = engine.checkpoint()
        assert checkpoint is not None
        operations = signer.load(key)
        root = identity.require_key(engine.view(), operations.thumbprint).organisation
        if found.ledger not in (None, checkpoint.ledger):
            raise UsageError("the device belongs to another ledger: its key cannot serve two. "
                             "Erase it to give it a new key")
        proof = line.provision(ledger=checkpoint.ledger, root=root, role=codes.ROLE_DEVICE,
                               configuration=told.configuration,
                               gateways=[signer.load_public(one) for one in gateway])
        data = statement.build(
            "enrol", operations, subject=identity.statement_subject(found.public_key),
            ledger=checkpoint.ledger,
            content=[codes.VERSION, codes.ROLE_DEVICE, root, found.public_key, proof,
                     [told.giai, told.drift_ppm, found.product]])
        answer = registering.register(engine, Submission(data))
    finally:
        engine.close()
    err.print(f"{found.product} {cose.kid(found.public_key).hex()} (firmware {found.version}) is "
              f"entry {answer.number}")


@app.command()
def status(console: Console) -> None:
    """Ask a device how it is doing."""
    line = _console(console)
    found, state = line.identify(), line.status()
    err.print(f"{found.product} {cose.kid(found.public_key).hex()}, firmware {found.version}")
    err.print(f"waiting for custody: {state.queue} records; memory used: "
              f"{state.used_permille / 10:.1f} %; link {'up' if state.link_up else 'down'}")
    err.print("clock: " + ("not set" if state.unix_ms is None else when(state.unix_ms)))


@app.command()
def close(console: Console) -> None:
    """Have a device sign what it has measured so far, for a hand-over to a gateway."""
    _console(console).close_record()
    err.print("what it has measured so far is signed, and waits for custody")
