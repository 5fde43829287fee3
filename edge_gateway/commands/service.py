"""`coldseal ledger serve`: one ledger for several gateways."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway.commands.common import LedgerKey, checkpoint_signer, out
from edge_gateway.commands.ledger import LedgerFile
from ledger_client import signer
from ledger_client.errors import UsageError, extra_missing


def serve(ledger: LedgerFile, *,
          listen: Annotated[str, typer.Option(
              help="Where to listen; another address than this machine's needs TLS.",
              metavar="HOST:PORT")] = "127.0.0.1:8470",
          tls_cert: Annotated[Path | None, typer.Option(
              help="Certificate chain, PEM.", metavar="FILE")] = None,
          tls_key: Annotated[Path | None, typer.Option(
              help="Its private key, PEM.", metavar="FILE")] = None,
          capture_key: Annotated[Path | None, typer.Option(
              help="Capture EPCIS documents of this organisation: its operations key. Whoever "
              "holds a key of the organisation may then have them signed here.",
              metavar="FILE")] = None,
          ledger_key: LedgerKey = None) -> None:
    """Serve a ledger over HTTP until SIGTERM; this process is its only writer."""
    try:
        from ledger_client.service.application import Service
        from ledger_client.service.server import Listen, Tls, address, serve_until_signalled
    except ModuleNotFoundError as error:
        raise extra_missing(f"the service needs {error.name}", "service") from error
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    host, port = address(listen)
    if (tls_cert is None) != (tls_key is None):
        raise UsageError("--tls-cert and --tls-key belong together")
    tls = Tls(tls_cert, tls_key) if tls_cert is not None and tls_key is not None else None
    service = Service(ledger, checkpoint_signer(ledger, ledger_key),
                      capture_signer=None if capture_key is None else signer.load(capture_key))
    scheme = "http" if tls is None else "https"
    serve_until_signalled(service, Listen(host, port, tls), lambda bound: out.print(
        f"ready {scheme}://{f'[{host}]' if ':' in host else host}:{bound}"))
