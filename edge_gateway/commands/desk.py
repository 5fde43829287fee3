"""Where a person's statement goes: the ledger file of this machine, or a ledger service."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol

import typer

from edge_gateway.commands.common import writer
from ledger_client import signer
from ledger_client.client import LedgerClient
from ledger_client.core import trust
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.entry import Submission
from ledger_client.core.state import View
from ledger_client.errors import Refused, UsageError
from ledger_client.node.embedded import Registered
from ledger_client.wire.errors import WireError

LedgerOrNone = Annotated[Path | None, typer.Option(
    "--ledger", help="The ledger file; or say --service.", metavar="FILE")]
ServiceUrl = Annotated[str | None, typer.Option(
    "--service", help="A ledger service instead of a file; your key must be enrolled.",
    metavar="URL")]
TrustFile = Annotated[Path | None, typer.Option(
    "--trust", help="The ledger's trust file; with --service.", metavar="FILE")]
CaFile = Annotated[Path | None, typer.Option(
    "--ca", help="Certificates to trust instead of the system's, PEM; with --service.",
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


def opened(ledger: tuple[Path | None, Path | None, str | None],
           service: tuple[str | None, Path | None, Path | None],
           key: signer.SoftwareSigner) -> Desk:
    """`ledger` = (file, its key, simulated time), `service` = (URL, trust file, certificates)."""
    url, trust_file, ca = service
    file, ledger_key, simulated_time = ledger
    if (file is None) == (url is None) or (url is None) != (trust_file is None):
        raise UsageError("say --ledger FILE, or --service URL and --trust FILE")
    if file is not None:
        return writer(file, ledger_key, simulated_time)
    assert url is not None
    assert trust_file is not None
    try:
        trusted = trust.decode(trust_file.read_bytes())
    except OSError as error:
        raise UsageError(f"{trust_file}: cannot be read ({error.strerror})") from error
    except WireError as error:
        raise UsageError(f"{trust_file}: not a trust file ({error})") from error
    return ServiceDesk(LedgerClient(url, trusted, key, ca=ca))
