"""`coldseal key`: making and showing keys."""

from pathlib import Path
from typing import Annotated

import typer

from edge_gateway.commands.common import err, out
from edge_gateway.commands.writing import make_folder, require_writable
from edge_gateway.run import seeded_entropy
from ledger_client import signer
from ledger_client.wire import cose

app = typer.Typer(no_args_is_help=True, help="Make and show keys.")

KeyFile = Annotated[Path, typer.Argument(help="The key file.", metavar="FILE")]


@app.command()
def make(file: KeyFile, simulation_seed: Annotated[str | None, typer.Option(
        help="Simulation only: a key that anyone can compute.", metavar="TEXT")] = None) -> None:
    """Make a P-256 key: FILE of mode 0600, and FILE.pub to give away."""
    make_folder(file.parent)
    require_writable(file)
    if simulation_seed is None:
        key = signer.SoftwareSigner.generate()
    else:
        err.print("simulation: this key is no secret")
        key = signer.SoftwareSigner.generate(seeded_entropy(f"{file.name} {simulation_seed}"))
    key.save(file)
    out.print(f"{file} (keep it), {signer.public_path(file)} (give it away)")
    out.print(f"thumbprint {key.thumbprint.hex()}")


@app.command()
def show(file: KeyFile) -> None:
    """Print the thumbprint and key id of FILE.pub."""
    public_key = signer.load_public(file)
    out.print(f"thumbprint {cose.thumbprint(public_key).hex()}")
    out.print(f"kid        {cose.kid(public_key).hex()}")
