"""`coldseal ledger findings`: what the rules see, what to do, and the command to type."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_gateway.commands.common import Json, out, print_json, reader
from edge_gateway.commands.desk import Desk
from edge_gateway.commands.ledger import LedgerFile
from ledger_client.core import identity, judgement, rule_book, state, statement
from ledger_client.core.findings import Findings
from ledger_client.core.judgement import Judged
from ledger_client.core.state import View
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import cbor

_PREFIX = b"finding/"
_ROLES = {number: name for name, number in identity.PERSON_ROLES.items()}


def findings(ledger: LedgerFile, *,
             awaiting: Annotated[bool, typer.Option(
                 "--awaiting", help="Only those that wait for a person's judgement.")] = False,
             as_json: Json = False) -> None:
    """List every finding: what the rules see, and what to do."""
    rows = [row for row in rows_of(reader(ledger)) if row["awaits"] or not awaiting]
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("no findings" + (" that wait for a judgement" if awaiting else ""))
    for row in rows:
        _print(row, ledger)


def _print(row: dict[str, Any], ledger: Path) -> None:
    leaf = "" if row["leaf"] is None else f" leaf {row['leaf']}"
    out.print(f"entry {row['entry']}{leaf}, rule {row['rule']}: {row['says']}")
    if row["judged"] is not None:
        out.print(f"  {row['judged']['outcome']} by entry {row['judged']['entry']}")
        return
    out.print(f"  do: {row['remedy']}")
    if row["awaits"]:
        out.print(f"  type: coldseal judge {place(row)} approve --ledger {ledger} --key FILE"
                  f"   (or reject; the key of a {' or '.join(row['roles'])})")


def place(row: dict[str, Any]) -> str:
    """A finding as `coldseal judge` takes it: entry, or entry.leaf."""
    return f"{row['entry']}" + ("" if row["leaf"] is None else f".{row['leaf']}")


def rows_of(source: LedgerReader) -> list[dict[str, Any]]:
    """Every finding; `awaits` a judgement by one of `roles`, or `judged` already."""
    view = source.view()
    rows: list[dict[str, Any]] = []
    for key, value in source.store.keys(_PREFIX):
        entry, at = cbor.read(key, len(_PREFIX))
        leaf = cbor.decode(key[at:])
        assert isinstance(entry, int)
        assert isinstance(leaf, int)
        rows += _rows(entry, leaf - 1 if leaf else None, Findings.of(cbor.decode(value)))
    return [{**row, **_judgement(source, view, row)} for row in rows]


def rows_at(source: Desk, entry: int, leaf: int | None) -> list[dict[str, Any]]:
    """The findings of one place."""
    view = source.view()
    found = view.load(Findings, state.finding_key(entry, leaf))
    rows = [] if found is None else _rows(entry, leaf, found)
    return [{**row, **_judgement(source, view, row)} for row in rows]


def _rows(entry: int, leaf: int | None, found: Findings) -> list[dict[str, Any]]:
    rows = []
    for rule, item, facts in found.found:
        assert isinstance(rule, str)
        assert isinstance(facts, list)
        rows.append({"entry": entry, "leaf": leaf, "rule": rule, "item": item,
                     "says": rule_book.sentence(rule, facts),
                     "remedy": rule_book.RULES[rule].remedy})
    return rows


def _judgement(source: LedgerReader | Desk, view: View, row: dict[str, Any]) -> dict[str, Any]:
    """The judgement in force, or who is waited for."""
    found = judgement.judged_about(view, [
        statement.entry_hash(source.statement(row["entry"])), row["leaf"], row["rule"]])
    awaited = judgement.awaited(row["rule"])
    roles = [] if awaited is None else sorted(_ROLES[one] for one in awaited[1])
    return {"judged": None if found is None else _judged(found), "roles": roles,
            "awaits": found is None and awaited is not None and _waits(view, row)}


def _waits(view: View, row: dict[str, Any]) -> bool:
    """What a scan waits for is kept until it is judged; a fork waits without."""
    if row["rule"] == judgement.FORK_RULE:
        return True
    rows = view.get(state.awaiting_key(row["entry"], row["leaf"] or 0))
    return isinstance(rows, list) and any(one[1] == row["item"] for one in rows)


def _judged(found: Judged) -> dict[str, Any]:
    outcome = {judgement.APPROVED: "approved", judgement.REJECTED: "rejected"}
    return {"entry": found.entry, "person": found.person.hex(),
            "outcome": "judged" if found.outcome is None else outcome.get(found.outcome, "judged")}
