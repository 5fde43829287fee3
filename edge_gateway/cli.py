"""The command `coldseal`: every command is in edge_gateway/commands, errors are printed here."""

import sqlite3
import sys

import click
import typer

from edge_gateway.commands import (
    demo,
    device,
    epcis,
    findings,
    gateway,
    governance,
    item,
    judge,
    keys,
    label,
    ledger,
    passport,
    people,
    questions,
    recall,
    revocation,
    service,
    verdict,
    witness,
)
from edge_gateway.commands.common import EXIT_DATA, EXIT_PIPE, EXIT_USAGE, err
from edge_gateway.commands.screen import strong
from ledger_client.errors import ColdsealError, PipeFailed, UsageError
from ledger_client.wire.errors import WireError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Signed temperature readings and scans of medicine packs, provable to "
                       "anyone.")
app.add_typer(keys.app, name="key")
ledger.app.command("serve")(service.serve)
ledger.app.command("findings")(findings.findings)
ledger.app.command("enrol-person")(people.enrol_person)
ledger.app.command("enrol-witness")(people.enrol_witness)
ledger.app.command("keys")(people.keys)
ledger.app.command("rotate")(people.rotate)
ledger.app.command("revoke")(revocation.revoke)
ledger.app.command("affected")(revocation.affected)
ledger.app.command("propose")(governance.propose)
ledger.app.command("endorse-proposal")(governance.endorse_proposal)
ledger.app.command("proposals")(governance.proposals)
app.add_typer(ledger.app, name="ledger")
app.add_typer(device.app, name="device")
app.add_typer(gateway.app, name="gateway")
app.add_typer(witness.app, name="witness")
app.add_typer(passport.passport_app, name="passport")
app.add_typer(recall.app, name="recall")
app.command("trace")(item.trace)
app.command("where")(questions.where)
app.command("held")(questions.held)
app.command("contents")(questions.contents)
app.command("touched")(questions.touched)
app.command("verdict")(verdict.verdict)
app.command("verify")(passport.verify)
app.command("verifier")(passport.verifier)
app.command("inspect")(item.inspect)
app.command("export")(epcis.export)
app.command("capture")(epcis.capture_document)
app.command("check")(epcis.check)
app.command("judge")(judge.judge)
app.command("label")(label.label)
app.command("demo")(demo.demo)


def main() -> None:
    """Exit status: 0 done; 1 data is bad; 2 asked wrongly; 3 self-consistent only; 4 no answer."""
    try:
        status = app(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except ColdsealError as error:
        fail(error, EXIT_USAGE if isinstance(error, UsageError)
             else EXIT_PIPE if isinstance(error, PipeFailed) else EXIT_DATA)
    except WireError as error:
        fail(error, EXIT_DATA)
    except sqlite3.DatabaseError as error:
        fail(ColdsealError(f"a ledger or journal file is damaged, or its disk fails ({error}): put "
                           "its newest backup or archive back"), EXIT_DATA)
    except OSError as error:  # the last net: most commands say better what to do
        if error.filename is None:
            raise
        fail(UsageError(f"{error.filename}: cannot be used ({error.strerror})"), EXIT_USAGE)
    sys.exit(status if isinstance(status, int) else 0)


def fail(error: Exception, status: int) -> None:
    """One style for every error: what, where, what to do."""
    err.print(strong("error:"), str(error))
    sys.exit(status)
