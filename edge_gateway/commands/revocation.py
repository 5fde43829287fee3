"""`coldseal ledger revoke` and `affected`: a key that is not believed, and what rests on it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_gateway.commands import desk, registering
from edge_gateway.commands.common import (
    Json,
    LedgerKey,
    SimulatedTime,
    counted,
    holding,
    out,
    print_json,
    reader,
    unix_ms,
)
from edge_gateway.commands.desk import CaFile, Desk, LedgerArgument, TrustFile
from edge_gateway.commands.ledger import LedgerFile
from edge_gateway.commands.people import KEY_HELP, named
from ledger_client import signer
from ledger_client.core import identity, item, statement, story
from ledger_client.core.affected import Affected, Touch
from ledger_client.core.enrolment import REVOCATION_REASONS
from ledger_client.core.state import View
from ledger_client.errors import UsageError
from ledger_client.node import revocations
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.revocations import Doubtful
from ledger_client.wire import codes, cose

KeyArgument = Annotated[str, typer.Argument(help=KEY_HELP, metavar="KEY")]
_ITEMS_SHOWN = 50  # on a screen; --json has all of them


def revoke(ledger: LedgerArgument, revoked: KeyArgument, *,
           key: Annotated[Path, typer.Option(help="The owner's root key.", metavar="FILE")],
           since: Annotated[str, typer.Option(
               help="From when it is not to be believed: a time with zone, an entry number, or an "
               "entry hash. What was registered before stands.", metavar="TIME|ENTRY")],
           reason: Annotated[str, typer.Option(
               help=", ".join(REVOCATION_REASONS) + " (RFC 5280).", metavar="REASON")
           ] = "unspecified",
           trust_file: TrustFile = None, ca: CaFile = None,
           ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None,
           as_json: Json = False) -> None:
    """Revoke a key with its owner's root key, and name the packs that rest on it."""
    if reason not in REVOCATION_REASONS:
        raise UsageError(f"{reason}: no reason; there are " + ", ".join(REVOCATION_REASONS))
    root = signer.load(key)
    engine = desk.opened(ledger, root, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                         simulated_time=simulated_time)
    try:
        thumbprint = named(engine.view(), revoked)
        public_key = identity.require_key(engine.view(), thumbprint).public_key
        registered = registering.register_statement(
            engine, root, "revoke", identity.statement_subject(public_key),
            [codes.VERSION, cose.kid(public_key), _since(engine, since),
             REVOCATION_REASONS[reason]])
    finally:
        engine.close()
    if desk.is_service(ledger):
        _say(registered.number, as_json)
        return
    if not as_json:
        registering.announce("revoke", registered)
    _show(reader(Path(ledger)), thumbprint, as_json)


def _say(entry: int, as_json: bool) -> None:
    """A service lists nothing that it cannot prove."""
    if as_json:
        print_json({"entry": entry})
    else:
        out.print(f"revoke: registered as entry {entry}; `coldseal ledger affected`, beside the "
                  "ledger file, names the packs that rest on the key")


def _since(engine: Desk, text: str) -> bytes | int:
    """An entry hash, or Unix milliseconds."""
    if text.isdecimal():
        return statement.entry_hash(engine.statement(int(text)))
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return bytes.fromhex(text)
    return unix_ms(text)


def affected(ledger: LedgerFile, revoked: KeyArgument, as_json: Json = False) -> None:
    """Which packs rest on what a revoked key said after it was tainted."""
    source = reader(ledger)
    _show(source, named(source.view(), revoked), as_json)


def _show(source: LedgerReader, thumbprint: bytes, as_json: bool) -> None:
    with registering.progress("items looked at", None) as step:
        found = revocations.doubtful(source, thumbprint, step)
    view = source.view()
    key = identity.require_key(view, thumbprint)
    rows = [_row(view, one) for one in found.items]
    if as_json:
        print_json({"key": thumbprint.hex(), "tainted_from": key.tainted_from, "items": rows,
                    "statements": [{"entry": one.entry, "kind": one.kind, "subject": one.subject}
                                   for one in found.statements]})
    else:
        _print(found, rows, f"key {thumbprint[:cose.KID_BYTES].hex()} is not believed from entry "
                            f"{key.tainted_from} on")


def _row(view: View, one: Affected) -> dict[str, Any]:
    known = item.load(view, one.item) or item.unborn(one.item)
    _, outer = item.top(view, one.item, known)
    custodian = None if outer.custodian is None else \
        identity.require_organisation(view, outer.custodian).name
    return {"item": one.item, "status": item.STATUS_NAMES.get(known.status, "a place"),
            "custodian": custodian,
            "touches": [{"where": touch.where, "entry": touch.entry, "leaf": touch.leaf,
                         "says": _says(touch)} for touch in one.touches]}


def _says(touch: Touch) -> str:
    return "temperature measured" if touch.action is None else story.done(touch.action)


def _print(found: Doubtful, rows: list[dict[str, Any]], heading: str) -> None:
    packs = sum("/01/" in row["item"] for row in rows)
    others = counted(len(rows) - packs, "crate or place", "crates or places")
    out.print(f"{heading}: {counted(packs, 'pack', 'packs')}, {others} "
              f"{'rests' if len(rows) == 1 else 'rest'} on it")
    for row in rows[:_ITEMS_SHOWN]:
        held = "" if row["custodian"] is None else \
            f", {holding(row['status'])} {row['custodian']}"
        out.print(f"{row['item']} is {row['status']}{held}")
        for touch in row["touches"]:
            leaf = "" if touch["leaf"] is None else f" leaf {touch['leaf']}"
            at = "" if touch["entry"] is None else f" (entry {touch['entry']}{leaf})"
            other = "" if touch["where"] == row["item"] else f" with {touch['where']}"
            out.print(f"  {touch['says']}{other}{at}")
    if len(rows) > _ITEMS_SHOWN:
        out.print(f"and {len(rows) - _ITEMS_SHOWN} more: --json lists all")
    for one in found.statements:
        out.print(f"it signed entry {one.entry}: {one.kind}, {one.subject}")
    if rows:
        out.print("do: have somebody look at each; quarantine what nobody else vouches for")
