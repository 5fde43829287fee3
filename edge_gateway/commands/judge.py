"""`coldseal judge`: what a person decides about a finding, and holds."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from edge_gateway.commands import desk, findings, registering
from edge_gateway.commands.common import (
    Json,
    LedgerKey,
    SimulatedTime,
    canonical,
    out,
    print_json,
)
from edge_gateway.commands.desk import CaFile, Desk, LedgerOption, TrustFile
from ledger_client import signer
from ledger_client.core import item, judgement, state, statement
from ledger_client.core.judgement import APPROVED, REJECTED
from ledger_client.core.state import View
from ledger_client.errors import UsageError
from ledger_client.node import naming
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import codes

APPROVE, REJECT, HOLD, ACKNOWLEDGE, ACCEPT_STORAGE = \
    "approve", "reject", "hold", "acknowledge", "accept-storage"
DECISIONS = (APPROVE, REJECT, HOLD, ACKNOWLEDGE, ACCEPT_STORAGE)

_REMARKED_ON = ("block", "capture", "judgement")  # what whole entries say of things, or decide
LIFTING = ("A hold is lifted by a release: scan it (EPCIS: bizStep inspecting, disposition "
           "conformant), then another person than the one who held it types `coldseal judge ITEM "
           "approve`")


@dataclass(frozen=True)
class Decided:
    """What is judged, as the rules take it, and the items that it changes."""

    about: list[object]
    meaning: int
    outcome: int | None
    changes: tuple[str, ...] = ()


Decision = Annotated[str, typer.Argument(help="What you decide.", metavar="|".join(DECISIONS))]


def judge(what: Annotated[str, typer.Argument(
              help="ENTRY.LEAF of a finding, as `coldseal ledger findings` prints it; ENTRY alone; "
              "or a pack.", metavar="FINDING|ITEM")],
          decision: Decision, ledger: LedgerOption, *,
          key: Annotated[Path, typer.Option(help="Your own key.", metavar="FILE")],
          rule: Annotated[str | None, typer.Option(
              help="Which finding, where an entry and leaf have several.", metavar="RULE")] = None,
          reason: Annotated[int | None, typer.Option(
              help="Your organisation's reason code.", min=0)] = None,
          detail: Annotated[Path | None, typer.Option(
              help="A report that stays with you; its SHA-256 is registered.",
              metavar="FILE")] = None,
          shown: Annotated[Path | None, typer.Option(
              help="What you looked at, such as a passport; its SHA-256 is registered.",
              metavar="FILE")] = None,
          trust_file: TrustFile = None, ca: CaFile = None,
          ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None,
          as_json: Json = False) -> None:
    """Judge a finding, or put a pack on hold; signed, and for ever in the log."""
    _require_decision(decision)
    rest = [reason, _digest(detail), _digest(shown)]
    person = signer.load(key)
    at = desk.opened(ledger, person, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                     simulated_time=simulated_time)
    try:
        decided = _decide(at, what, decision, rule)
        registered = registering.register_statement(
            at, person, "judgement", judgement.SUBJECT,
            [codes.VERSION, decided.about, decided.meaning, decided.outcome, *rest])
        effects = [_effect(at.view(), uri) for uri in decided.changes]
    finally:
        at.close()
    if as_json:
        print_json({"entry": registered.number, "entry_hash": registered.entry_hash.hex(),
                    "effects": effects})
        return
    registering.announce("judgement", registered)
    for one in effects:
        out.print(f"{one['item']} is {one['status']}")
    if decision == HOLD:
        out.print(f"  {LIFTING}")


def _require_decision(text: str) -> None:
    if text not in DECISIONS:
        raise UsageError(f"{text}: decide one of {', '.join(DECISIONS)}"
                         + (f". {LIFTING}" if text == "release" else ""))


def _digest(path: Path | None) -> bytes | None:
    try:
        return None if path is None else hashlib.sha256(path.read_bytes()).digest()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error


def _decide(source: Desk, what: str, decision: str, rule: str | None) -> Decided:
    if decision == HOLD:
        uri, head = _item_about(source, what)
        return Decided([uri, head], judgement.HOLD, None, (uri,))
    rows = _found(source, what, rule, decision)
    if decision in (APPROVE, REJECT):
        row = _only(_waiting(source, rows, what), what)
        meaning, _ = judgement.awaited(row["rule"]) or (0, None)
        if decision == REJECT:
            return Decided(_about(source, row), meaning, REJECTED)
        return Decided(_about(source, row), meaning, APPROVED, _awaiting(source, row))
    meaning = judgement.ACKNOWLEDGED if decision == ACKNOWLEDGE else judgement.ACCEPT_STORAGE
    return Decided(_about(source, _only(rows, what) if rows else _whole_entry(source, what)),
                   meaning, None)


def _awaiting(source: Desk, row: dict[str, Any]) -> tuple[str, ...]:
    """The things of a scan that wait for its judgement."""
    rows = source.view().get(state.awaiting_key(row["entry"], row["leaf"] or 0))
    return tuple(one[1] for one in rows) if isinstance(rows, list) else ()


def _item_about(source: Desk, what: str) -> tuple[str, bytes]:
    if _is_place(what):
        raise UsageError(f"{what}: a hold names the pack or crate, not a finding")
    uri = canonical(what)
    known = item.load(source.view(), uri)
    if known is None:
        raise UsageError(f"{uri}: nobody commissioned it on this ledger; it cannot be held here")
    return uri, known.head


def _is_place(what: str) -> bool:
    entry, _, leaf = what.partition(".")
    return entry.isdecimal() and (leaf.isdecimal() or what == entry)


def _place(source: Desk, what: str) -> dict[str, Any]:
    if not _is_place(what):
        raise UsageError(f"{what}: no finding names it. Write ENTRY.LEAF as `coldseal ledger "
                         "findings` prints them")
    entry, _, leaf = what.partition(".")
    source.statement(int(entry))  # says so when there is none
    return {"entry": int(entry), "leaf": int(leaf) if leaf else None}


def _found(source: Desk, what: str, rule: str | None,
           decision: str) -> list[dict[str, Any]]:
    """Findings at a place; of an item, those that await a judgement."""
    if _is_place(what):
        place = _place(source, what)
        rows = findings.rows_at(source, place["entry"], place["leaf"])
    else:
        uri = naming.named(what, lot=True)
        if not isinstance(source, LedgerReader):
            raise UsageError(f"{what}: a service is told the finding's place, ENTRY.LEAF")
        rows = [row for row in findings.rows_of(source) if row["item"] == uri
                and (row["awaits"] or decision == ACKNOWLEDGE)]
    return [row for row in rows if rule in (None, row["rule"])]


def _whole_entry(source: Desk, what: str) -> dict[str, Any]:
    """An entry, or an earlier judgement, that is remarked on as a whole; UsageError where a remark
    would be about nothing, since it stays in the log."""
    place = _place(source, what)
    if place["leaf"] is not None:
        raise UsageError(f"{what}: there is no such finding. `coldseal ledger findings` lists them")
    kind = statement.parse(source.statement(place["entry"])).kind
    if kind not in _REMARKED_ON:
        raise UsageError(f"{what}: the entry is of the kind {kind}, of which nothing is judged. "
                         "Name a finding, a judgement, a capture or a block")
    return {**place, "rule": None}


def _waiting(source: Desk, rows: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    """Those that are approved or rejected; UsageError when there is none."""
    found = [row for row in rows if judgement.awaited(row["rule"])]
    if found:
        return found
    known = None if _is_place(what) else item.load(source.view(), naming.named(what, lot=True))
    lifting = f". {LIFTING}" if known is not None and known.status == item.HELD else ""
    raise UsageError(f"{what}: nothing there waits to be approved; `coldseal ledger findings "
                     f"--awaiting` lists what does{lifting}")


def _only(rows: list[dict[str, Any]], what: str) -> dict[str, Any]:
    """One finding; where several things of one scan have the same, one stands for all."""
    places = {(row["entry"], row["leaf"], row["rule"]) for row in rows}
    if len(places) > 1:
        raise UsageError(f"{what}: there are several findings: " + "; ".join(
            f"{findings.place(row)} --rule {row['rule']}" for row in rows))
    return rows[0]


def _about(source: Desk, row: dict[str, Any]) -> list[object]:
    return [statement.entry_hash(source.statement(row["entry"])), row["leaf"], row["rule"]]


def _effect(view: View, uri: str) -> dict[str, str]:
    """A thing that was judged, as it is now; a lot has no state but to be recalled."""
    known = item.load(view, uri)
    return {"item": uri, "status": "recalled" if known is None or known.recalled
            else item.STATUS_NAMES[known.status]}
