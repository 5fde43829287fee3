"""Where a person's statement goes: the ledger file of this machine, or a ledger service."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol

import typer

from edge_gateway.commands.common import read_file, writer
from ledger_client import signer
from ledger_client.client import LedgerClient
from ledger_client.core import trust
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.entry import Submission
from ledger_client.core.state import View
from ledger_client.errors import Refused, UsageError
from ledger_client.node.embedded import Registered
from ledger_client.wire.errors import WireError

_PLACE = "The ledger file, or the URL of a service that writes it (with --trust)."
LedgerArgument = Annotated[str, typer.Argument(help=_PLACE, metavar="LEDGER")]
LedgerOption = Annotated[str, typer.Option("--ledger", help=_PLACE, metavar="FILE|URL")]
TrustFile = Annotated[Path | None, typer.Option(
    "--trust", help="The ledger's trust file; for a service.", metavar="FILE")]
CaFile = Annotated[Path | None, typer.Option(
    "--ca", help="Certificates to trust instead of the system's, PEM; for a service.",
    metavar="FILE")]


class Desk(Protocol):
    """An embedded ledger, or a service that is believed only where it proves what it says."""

    def view(self) -> View:
        """The state as of the newest checkpoint."""

    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint."""

    def statement(self, number: int) -> bytes:
        """The statement that is entry `number`."""

    def submit(self, submissions: Sequence[Submission]) -> list[Registered | Refused]:
        """Register in order."""

    def close(self) -> None:
        """Give it up."""


class ServiceDesk:
    """A ledger service."""

    def __init__(self, client: LedgerClient) -> None:
        self._client = client
        self.view = client.view
        self.statement = client.statement
        self.close = client.close

    def checkpoint(self) -> Checkpoint | None:
        return self._client.checkpoint()

    def submit(self, submissions: Sequence[Submission]) -> list[Registered | Refused]:
        """One after the other; the first that is refused is the last."""
        found: list[Registered | Refused] = []
        for one in submissions:
            try:
                entered = self._client.submit(one.statement, one.body)
            except Refused as refused:
                return [*found, refused]
            found.append(Registered(entered.number, entered.entry_hash, entered.receipt, True))
        return found


def is_service(ledger: str) -> bool:
    """Whether a person named a service and no file."""
    return ledger.startswith(("https://", "http://"))


def opened(ledger: str, key: signer.SoftwareSigner, *, trust_file: Path | None, ca: Path | None,
           ledger_key: Path | None, simulated_time: str | None) -> Desk:
    """The file for writing, or a client of the service that signs its requests with `key`."""
    if not is_service(ledger):
        return writer(Path(ledger), ledger_key, simulated_time)
    if trust_file is None:
        raise UsageError(f"{ledger}: whose word is taken? Give the ledger's trust file, --trust")
    if ledger_key is not None or simulated_time is not None:
        raise UsageError(f"{ledger}: a service has its own ledger key and clock")
    return ServiceDesk(LedgerClient(ledger, trusted(trust_file), key, ca=ca))


def trusted(path: Path) -> trust.Trust:
    """Whose word a person takes; UsageError when the file is none that says it."""
    try:
        return trust.decode(read_file(path))
    except WireError as error:
        raise UsageError(f"{path}: not a trust file ({error})") from error
