"""`coldseal ledger propose`, `endorse-proposal`, `proposals`: what members decide together."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_gateway.commands import circle, desk, registering
from edge_gateway.commands.common import (
    Json,
    LedgerKey,
    SimulatedTime,
    out,
    print_json,
    reader,
)
from edge_gateway.commands.desk import CaFile, Desk, LedgerArgument, TrustFile
from edge_gateway.commands.ledger import KeyOption, LedgerFile
from ledger_client import signer
from ledger_client.core import governance, identity, state, statement
from ledger_client.core.governance import Proposal
from ledger_client.core.rules import RULES_VERSION
from ledger_client.core.state import View
from ledger_client.errors import UsageError
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import cbor, codes, cose

_PREFIX = b"proposal/"


def propose(ledger: LedgerArgument, *, key: Annotated[Path, typer.Option(
                help="A member's root key.", metavar="FILE")],
            parameter: Annotated[list[str] | None, typer.Option(
                help="Change a parameter; again for more.", metavar="NAME=NUMBER")] = None,
            rules: Annotated[int | None, typer.Option(
                help="Newer rules of this software.", metavar="VERSION")] = None,
            admit: Annotated[Path | None, typer.Option(
                help="Take in an organisation: TOML with one [\\[organisation]].",
                metavar="FILE")] = None,
            expel: Annotated[str | None, typer.Option(
                help="Have an organisation leave, by its name.", metavar="NAME")] = None,
            witness: Annotated[Path | None, typer.Option(
                help="A witness of all members, by its public key.", metavar="FILE")] = None,
            level: Annotated[int, typer.Option(
                help="Of the witness. 1: append-only; 2: it re-applies the log.", min=1,
                max=2)] = 1,
            trust_file: TrustFile = None, ca: CaFile = None,
            ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Propose one change to the other members; the proposer endorses it thereby."""
    changes: list[list[object]] = []
    if parameter is not None:
        changes.append([governance.CHANGE_PARAMETERS, dict(map(_parameter, parameter))])
    if rules is not None:
        changes.append([governance.CHANGE_RULES, _known_rules(rules)])
    if admit is not None:
        changes.append([governance.CHANGE_ADMIT, _organisation(admit)])
    if witness is not None:
        changes.append([governance.CHANGE_WITNESS, [signer.load_public(witness), level]])
    if expel is not None:
        changes.append([governance.CHANGE_EXPEL, expel])
    if len(changes) != 1:
        raise UsageError("say one change: --parameter, --rules, --admit, --expel or --witness")
    root = signer.load(key)
    _propose(desk.opened(ledger, root, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                         simulated_time=simulated_time), root, changes[0])


def _propose(engine: Desk, key: SoftwareSigner, change: list[object]) -> None:
    try:
        kind, detail = change
        if kind == governance.CHANGE_EXPEL:
            detail = _member(engine.view(), str(detail))
        registered = registering.register_statement(engine, key, "propose", governance.SUBJECT,
                                                    [codes.VERSION, [kind, detail]])
        registering.announce("propose", registered)
        _print_one(engine.view(), registered.entry_hash)
    finally:
        engine.close()


def _known_rules(version: int) -> int:
    if version > RULES_VERSION:
        raise UsageError(f"rules {version}: this software knows rules up to {RULES_VERSION}, and "
                         "would stop when others are in force; install a newer version first")
    return version


def _parameter(text: str) -> tuple[str, int]:
    name, equals, number = text.partition("=")
    if not equals or not number.isdecimal():
        raise UsageError(f"{text}: write a name and a whole number, such as majority_percent=66")
    return name, int(number)


def _organisation(path: Path) -> list[object]:
    founders = circle.load(path)
    if len(founders) != 1:
        raise UsageError(f"{path}: one [[organisation]] is taken in at a time")
    return founders[0].as_list()


def _member(view: View, name: str) -> bytes:
    for root in identity.members(view):
        if identity.require_organisation(view, root).name == name:
            return root
    raise UsageError(f"{name}: no member; `coldseal ledger show` lists them")


def endorse_proposal(ledger: LedgerArgument,
                     number: Annotated[int, typer.Argument(
                         help="The proposal's entry.", metavar="ENTRY")], *,
                     key: KeyOption, trust_file: TrustFile = None, ca: CaFile = None,
                     ledger_key: LedgerKey = None,
                     simulated_time: SimulatedTime = None) -> None:
    """Endorse a proposal with a member's root key; the majority brings it into effect."""
    root = signer.load(key)
    engine = desk.opened(ledger, root, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                         simulated_time=simulated_time)
    try:
        digest = statement.entry_hash(engine.statement(number))
        if engine.view().read(state.proposal_key(digest)) is None:
            raise UsageError(f"entry {number} is no proposal; `coldseal ledger proposals` lists "
                             "them")
        registering.announce("endorse", registering.register_statement(
            engine, root, "endorse", governance.SUBJECT, [codes.VERSION, digest]))
        _print_one(engine.view(), digest)
    finally:
        engine.close()


def proposals(ledger: LedgerFile, as_json: Json = False) -> None:
    """List proposals: what would change, who endorsed, whether it took effect."""
    source = reader(ledger)
    view = source.view()
    rows = [_row(view, one) for _, one in sorted(
        _proposals(source.store.keys(_PREFIX)), key=lambda pair: pair[1].entry)]
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("no proposals")
    else:
        for row in rows:
            _print_row(row)


def _proposals(pairs: Any) -> list[tuple[bytes, Proposal]]:
    return [(key[len(_PREFIX):], Proposal.of(cbor.decode(value, utf8=True)))
            for key, value in pairs]


def _row(view: View, one: Proposal) -> dict[str, Any]:
    return {"entry": one.entry, "change": _words(view, one.change),
            "endorsed_by": [identity.require_organisation(view, root).name
                            for root in one.endorsers],
            "members": len(identity.members(view)),
            "state": "open" if one.open else "in effect"}


def _words(view: View, change: list[object]) -> str:
    kind, detail = change
    if kind == governance.CHANGE_PARAMETERS:
        assert isinstance(detail, dict)
        return "parameters " + ", ".join(f"{name}={value}" for name, value in detail.items())
    if kind == governance.CHANGE_RULES:
        return f"rules version {detail}"
    if kind == governance.CHANGE_ADMIT:
        return f"take in {identity.decode_founder(detail).name}"
    if kind == governance.CHANGE_EXPEL:
        assert isinstance(detail, bytes)
        return f"{identity.require_organisation(view, detail).name} leaves"
    assert isinstance(detail, list)
    return f"witness {cose.kid(detail[0]).hex()} at level {detail[1]}"


def _print_one(view: View, entry_hash: bytes) -> None:
    found = view.load(Proposal, state.proposal_key(entry_hash))
    assert found is not None
    _print_row(_row(view, found))


def _print_row(row: dict[str, Any]) -> None:
    out.print(f"entry {row['entry']}: {row['change']}; endorsed by {', '.join(row['endorsed_by'])} "
              f"({len(row['endorsed_by'])} of {row['members']} members): {row['state']}")
