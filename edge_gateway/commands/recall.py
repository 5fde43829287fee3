"""`coldseal recall`: bring a recall into force, and say where every pack of it is."""

import csv
import io
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway.commands import desk, registering
from edge_gateway.commands.common import (
    EXIT_SELF_CONSISTENT,
    Json,
    LedgerKey,
    LedgerPath,
    SimulatedTime,
    canonical,
    clock,
    holding,
    opened,
    out,
    print_json,
    read_file,
    when,
)
from edge_gateway.commands.desk import CaFile, Desk, LedgerOption, TrustFile
from edge_gateway.commands.item import SELF_CONSISTENT, attested
from edge_gateway.commands.screen import joined, strong
from edge_gateway.commands.writing import require_writable, write_file
from ledger_client import signer
from ledger_client.core import item, recall_list
from ledger_client.core.recall_list import RecallList, Verified, Where
from ledger_client.errors import Refused, UsageError
from ledger_client.node import recalls
from ledger_client.node.embedded import EmbeddedLedger, LedgerReader
from ledger_client.node.recalls import ListMaker, Recall

app = typer.Typer(no_args_is_help=True, help="Recall lots and packs; list where they are.")

COLUMNS = ("item", "lot", "status", "inside", "holder", "party", "place", "destination")

Items = Annotated[list[str] | None, typer.Argument(
    help="Packs or crates to recall by themselves.", metavar="[ITEM]...")]
Lots = Annotated[list[str] | None, typer.Option(
    "--lot", help="A lot of a product; again for more.", metavar="GTIN=LOT")]
ItemsFile = Annotated[Path | None, typer.Option(
    "--items", help="A file with an item on each line.", metavar="FILE")]
_LIST_KEY = typer.Option("--list-key", metavar="FILE",
                         help="Operations key of your organisation: it signs the list.")
_OUTPUT = typer.Option("--output", "-o", help="The signed list.", metavar="FILE")
ListKey = Annotated[Path, _LIST_KEY]
Output = Annotated[Path, _OUTPUT]
Csv = Annotated[Path | None, typer.Option(
    "--csv", help="The list for a spreadsheet, unsigned.", metavar="FILE")]


@app.command()
def start(ledger: LedgerOption, items: Items = None, lots: Lots = None,
          items_file: ItemsFile = None, *,
          key: Annotated[Path, typer.Option(
              help="Your own key, a responsible person's or a regulator's.", metavar="FILE")],
          list_key: Annotated[Path | None, _LIST_KEY] = None,
          output: Annotated[Path | None, _OUTPUT] = None, csv_file: Csv = None,
          reason: Annotated[int | None, typer.Option(
              help="Your organisation's reason code.", min=0)] = None,
          unknown_lot: Annotated[bool, typer.Option(
              "--unknown-lot", help="Recall a lot although no pack of it is known: it cannot be "
              "taken back. With a service always, which does not say which packs a lot has.")]
          = False,
          trust_file: TrustFile = None, ca: CaFile = None,
          ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Recall lots or packs, and write the signed list of where they are."""
    asked = _recall(items, lots, items_file)
    if {output is None, list_key is None} != {desk.is_service(ledger)}:
        raise UsageError("a ledger file needs --list-key and --output; where a service is asked, "
                         "`coldseal recall list` makes the list beside the file")
    _require_writable(output, csv_file)
    person = signer.load(key)
    maker = None if list_key is None else signer.load(list_key)
    at = desk.opened(ledger, person, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                     simulated_time=simulated_time)
    try:
        if isinstance(at, EmbeddedLedger) and maker is not None:
            recalls.require_list_maker(at.view(), maker.thumbprint)
        new = recalls.not_yet(at, asked)
        if not unknown_lot:
            recalls.require_known_lots(at, new)
        _register(at, new, person, (clock(simulated_time)(), reason))
        if isinstance(at, EmbeddedLedger) and maker is not None and output is not None:
            _write(at, asked, maker, output, csv_file)
    finally:
        at.close()


def _register(at: Desk, new: Recall, person: signer.SoftwareSigner,
              when_why: tuple[int, int | None]) -> None:
    if not new.lots and not new.items:
        out.print("recall: it is in force already")
        return
    try:
        statements = recalls.statements(at, new, person, *when_why)
    except Refused as refused:
        raise registering.with_remedy(refused) from refused
    registered = registering.register_all(at, statements)
    out.print(f"recall: registered as entry {registered[0].number}, judged by entry "
              f"{registered[-1].number}")


@app.command("list")
def list_again(ledger: LedgerPath, items: Items = None, lots: Lots = None,
               items_file: ItemsFile = None, *, list_key: ListKey, output: Output,
               csv_file: Csv = None) -> None:
    """Write the signed list of a recall that is in force, as things are now."""
    _require_writable(output, csv_file)
    asked, maker = _recall(items, lots, items_file), signer.load(list_key)
    with closing(opened(ledger, readonly=True)) as store, store.snapshot():
        source = LedgerReader(store)
        recalls.require_list_maker(source.view(), maker.thumbprint)
        _write(source, asked, maker, output, csv_file)


def _require_writable(*files: Path | None) -> None:
    for file in files:
        if file is not None:
            require_writable(file)


def _recall(items: list[str] | None, lots: list[str] | None, file: Path | None) -> Recall:
    named = list(items or [])
    if file is not None:
        try:
            named += [line.strip() for line in file.read_text("utf-8").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: cannot be read ({error})") from error
    found = Recall(tuple(dict.fromkeys(map(_lot, lots or []))),
                   tuple(dict.fromkeys(map(canonical, named))))
    if not found.lots and not found.items:
        raise UsageError("recall what? Name items, --items FILE or --lot GTIN=LOT")
    found.symbols()
    return found


def _lot(text: str) -> tuple[str, str]:
    gtin, equals, lot = text.partition("=")
    if not equals or not lot:
        raise UsageError(f"{text}: write a GTIN and its lot, such as 09506000134352=LOT42A")
    return gtin, lot


def _write(source: EmbeddedLedger | LedgerReader, asked: Recall, maker: signer.SoftwareSigner,
           output: Path, csv_file: Path | None) -> None:
    things = ListMaker(source).found(asked)
    checkpoint = source.checkpoint()
    assert checkpoint is not None
    with registering.progress("packs found", len(things)) as step:
        data = ListMaker(source, step).make(asked, things, maker, checkpoint.time_ms // 1000)
    write_file(output, data)
    _, held = recall_list.decode(data)
    if csv_file is not None:
        write_csv(csv_file, held)
    _print_table(held)
    out.print(f"{output}: {len(data)} bytes, as of {when(checkpoint.time_ms)}")


def write_csv(path: Path, held: RecallList) -> None:
    """A row for each pack; units around it, innermost first."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for one in held.recalled:
        outer = held.outermost(one.where)
        name, party = held.holder(one.where) or ("", "")
        rows.writerow(map(_cell, [
            one.item, "" if one.lot is None else held.lots[one.lot][1],
            item.STATUS_NAMES[one.where.status], " ".join(held.inside(one.where)), name, party,
            outer.place or "", outer.destination or ""]))
    write_file(path, text.getvalue().encode())


def _cell(text: str) -> str:
    """What a spreadsheet would take for a formula is text in it: lots and names are others' words
    (CWE-1236)."""
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def _print_table(held: RecallList) -> None:
    """How many packs are where, the most first."""
    known = {one.lot for one in held.recalled}
    for number, (gtin, lot) in enumerate(held.lots):
        doubt = "" if number in known else \
            ": no pack of it is known. Is it written as on the label?"
        out.print(f"lot {lot} of {gtin}{doubt}")
    for uri in held.items:
        out.print(uri)
    groups = Counter(_group(held, one.where) for one in held.recalled)
    for text, count in sorted(groups.items(), key=lambda pair: (-pair[1], pair[0])):
        out.print(f"{count:8}  {text}")
    out.print(f"{len(held.recalled):8}  in all")


def _group(held: RecallList, where: Where) -> str:
    outer, around = held.outermost(where), held.inside(where)
    holder = held.holder(where)
    text = item.STATUS_NAMES[outer.status]
    text += "" if holder is None else f", {holding(text)} {holder[0]} ({holder[1]})"
    text += "" if not around else f", inside {around[-1]}"
    text += "" if outer.place is None else f", at {outer.place}"
    return text + ("" if outer.destination is None else f", on its way to {outer.destination}")


@app.command()
def verify(file: Annotated[Path, typer.Argument(help="A signed list.", metavar="FILE")], *,
           trust_file: Annotated[Path | None, typer.Option(
               "--trust", metavar="FILE",
               help="Whose word you take; never from the list's sender.")] = None,
           csv_file: Csv = None, as_json: Json = False) -> None:
    """Verify a signed list without network or database.  Exit status 3: self-consistent only."""
    found = recall_list.verify(read_file(file),
                               None if trust_file is None else desk.trusted(trust_file))
    if csv_file is not None:
        write_csv(csv_file, found.held)
    if as_json:
        print_json(_json(found))
    else:
        _print_verified(found)
    if found.fingerprint is None:
        raise typer.Exit(EXIT_SELF_CONSISTENT)


def _json(found: Verified) -> dict[str, object]:
    held = found.held
    return {"valid": True, "verified_under": found.fingerprint,
            "as_of_ms": found.checkpoint.time_ms, "signed_by": found.maker.name,
            "party": found.maker.party, "items": list(held.items),
            "lots": [{"gtin": gtin, "lot": lot, "entry": entry}
                     for (gtin, lot), (entry, _) in zip(held.lots, found.recalls, strict=True)],
            "recalled": [{"item": one.item, "status": item.STATUS_NAMES[one.where.status],
                          "inside": held.inside(one.where),
                          "holder": (held.holder(one.where) or (None,))[0],
                          "place": held.outermost(one.where).place} for one in held.recalled]}


def _print_verified(found: Verified) -> None:
    if found.fingerprint is None:
        out.print(SELF_CONSISTENT)
    else:
        out.print(strong("VALID"), f"under {found.fingerprint}")
    out.print(f"as of {when(found.checkpoint.time_ms)}, checkpoint {found.checkpoint.number}")
    out.print(f"signed by {found.maker.name} ({found.maker.party})")
    out.print(joined(attested(found.fingerprint),
                   ": who signed, and that every recall named is in force"))
    out.print(joined(strong(f"stated by {found.maker.name}"), ": the packs and where they are"))
    _print_table(found.held)
