"""`coldseal trace`: asking about one pack."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from edge_gateway.commands.common import (
    Json,
    LedgerPath,
    canonical,
    clock,
    out,
    print_json,
    read_file,
    reader,
    when,
)
from edge_gateway.commands.screen import faint, joined, strong
from edge_gateway.commands.writing import write_file
from ledger_client.core import against, answer, identity, item, overlays, story, whereabouts
from ledger_client.core.answer import StorageAnswer
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.item import Item
from ledger_client.core.story import Line
from ledger_client.errors import InvalidData, UsageError
from ledger_client.node import question_forms as forms
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.naming import printed
from ledger_client.node.source import LedgerSource

ItemArgument = Annotated[str, typer.Argument(
    help="Digital Link, (01)...(21)... or (00)...", metavar="ITEM")]


def trace(named: ItemArgument, ledger: LedgerPath, as_json: Json = False,
          plot: Annotated[Path | None, typer.Option(
              help="Write the temperature plot here (.svg or .png).", metavar="FILE")] = None,
          ) -> None:
    """Where a pack was, who held it, how warm it got."""
    source = reader(ledger)
    uri = canonical(named)
    known = whereabouts.known(source.view(), uri)
    hindered = against.against(source.view(), uri, known, newest(source).time_ms)
    lines = story.tell(LedgerSource(source), uri, _name_of(source))
    storage = storage_of(source, uri)
    if plot is not None and storage is not None:
        write_plot(plot, storage)
    if as_json:
        print_json(forms.as_of(newest(source), _as_json(uri, known, hindered, lines, storage)))
        return
    out.print(strong(printed(uri)), f"is {item.STATUS_NAMES[known.status]}")
    print_against(hindered)
    print_expired_since(known.expiry, newest(source).time_ms)
    print_lines(lines, uri)
    if storage is None:
        out.print("no storage profile is registered for this product" if answer.gtin_of(uri)
                  else f"a crate: ask `coldseal verdict \"{printed(uri)}\"` how warm it got")
    else:
        print_storage(storage)
    print_as_of(newest(source))


def _name_of(source: LedgerReader) -> story.NameOf:
    view = source.view()

    def name_of(thumbprint: bytes) -> str:
        root = identity.require_key(view, thumbprint).organisation
        return identity.require_organisation(view, root).name

    return name_of


def storage_of(source: LedgerReader, uri: str) -> StorageAnswer | None:
    """As of the newest checkpoint; None when no profile is registered for the product."""
    try:
        return answer.storage_answer(LedgerSource(source), source.view(), uri,
                                     newest(source).time_ms)
    except InvalidData:
        return None


def newest(source: LedgerReader) -> Checkpoint:
    checkpoint = source.checkpoint()
    assert checkpoint is not None
    return checkpoint


def print_as_of(checkpoint: Checkpoint) -> None:
    """What a handheld or gateway that is offline knows is not on the ledger yet."""
    out.print(faint(f"as of {when(checkpoint.time_ms)}, entry {checkpoint.size - 1}"))


def print_against(found: Sequence[str]) -> None:
    """What speaks against using an item stands next to its status."""
    for against_it in against.words(found):
        out.print(strong(against_it))


SELF_CONSISTENT = joined(strong("SELF-CONSISTENT ONLY"), ": nothing in it contradicts itself. "
                         "Whether it is true, only a trust file can say (--trust)")


def print_expired_since(expiry: str | None, as_of_ms: int) -> None:
    """What no answer as of an earlier time can say."""
    if overlays.expired_since(expiry, as_of_ms, clock(None)()):
        out.print(strong("! EXPIRED SINCE"), "by this machine's clock: do not use it")


def attested(fingerprint: str | None) -> Text:
    """Whose word a proof is; without a trust file anyone can have founded that ledger."""
    return strong("claimed by an unknown ledger" if fingerprint is None
                  else "attested by the ledger")


def print_lines(lines: list[Line], uri: str) -> None:
    """What happened to an item, a line each; what has no effect is marked."""
    for one in lines:
        thing = "" if one.where == uri else f" (with {printed(one.where)})"
        mark = " " if one.effective else "!"
        leaf = "" if one.leaf is None else f" leaf {one.leaf}"
        out.print(joined(f"{mark} {when(one.moment.unix_ms)}  {printed(one.text)}, {one.who}",
                       faint(f"{thing} entry {one.entry}{leaf}")))


def print_storage(storage: StorageAnswer) -> None:
    from ledger_client.core.verdict_words import Naming, verdict_words
    out.print()
    naming = Naming(storage.in_force.name, storage.in_force.version)
    for line in verdict_words(storage.verdict, storage.in_force.profile, naming,
                              ended=storage.exposure.ended):
        out.print(line)


def write_plot(path: Path, storage: StorageAnswer) -> None:
    """SVG or PNG by the name's ending."""
    from edge_gateway import plot
    svg = plot.plot_svg(storage.exposure, storage.in_force.profile, storage.verdict,
                        storage.exposure.item, calibration=storage.calibrations)
    if path.suffix == ".svg":
        write_file(path, svg.encode())
    elif path.suffix == ".png":
        write_file(path, plot.png_of(svg))
    else:
        raise UsageError(f"{path}: a plot is .svg or .png")


def _as_json(uri: str, known: Item, hindered: Sequence[str], lines: list[Line],
             storage: StorageAnswer | None) -> dict[str, object]:
    return {
        "item": uri, "status": item.STATUS_NAMES[known.status], "lot": known.lot,
        "expiry": known.expiry, "against": list(hindered),
        "history": [{"unix_ms": line.moment.unix_ms, "error_ms": line.moment.error_ms,
                     "text": line.text, "who": line.who, "item": line.where,
                     "effective": line.effective, "entry": line.entry, "leaf": line.leaf}
                    for line in lines],
        "storage": None if storage is None else storage_json(storage)}


def storage_json(storage: StorageAnswer) -> dict[str, object]:
    verdict = storage.verdict
    return {
        "outcome": verdict.outcome, "profile": storage.in_force.name,
        "profile_version": storage.in_force.version, "until_ms": storage.until_ms,
        "readings": sum(len(one.readings) for one in storage.exposure.segments),
        "excursions": [{"side": one.side, "first_ms": one.first_ms, "last_ms": one.last_ms,
                        "at_least_ms": one.at_least_ms, "at_most_ms": one.at_most_ms,
                        "extreme_cdeg": one.extreme_cdeg} for one in verdict.excursions],
        "alarms": [{"state": event.state, "first_ms": event.first_ms,
                    "certain_at_ms": event.certain_at_ms}
                   for alarm in verdict.alarms for event in alarm.events]}


def inspect(file: Annotated[Path, typer.Argument(
        help="A record, block, statement, receipt, passport or any other CBOR.",
        metavar="FILE")]) -> None:
    """Print any CBOR or COSE file for a person."""
    from edge_gateway import inspection
    for line in list(inspection.lines(read_file(file))):  # all of it is judged before any is shown
        out.print(line)
