"""`coldseal trace`, `passport`, `verify`: asking about one pack."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from edge_gateway.commands.common import (
    EXIT_SELF_CONSISTENT,
    Json,
    LedgerPath,
    canonical,
    out,
    print_json,
    reader,
    when,
)
from ledger_client import signer
from ledger_client.core import answer, identity, item, story, trust
from ledger_client.core.answer import StorageAnswer
from ledger_client.core.item import Item
from ledger_client.core.passport_verify import Verified
from ledger_client.core.story import Line
from ledger_client.errors import InvalidData, UsageError, VerificationFailed
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource
from ledger_client.wire.errors import WireError

passport_app = typer.Typer(no_args_is_help=True, help="Make and read pack passports.")

ItemArgument = Annotated[str, typer.Argument(
    help="Digital Link, (01)...(21)... or (00)...", metavar="ITEM")]


def trace(named: ItemArgument, ledger: LedgerPath, as_json: Json = False,
          plot: Annotated[Path | None, typer.Option(
              help="Write the temperature plot here (.svg or .png).", metavar="FILE")] = None,
          ) -> None:
    """Where a pack was, who held it, how warm it got."""
    source = reader(ledger)
    uri = canonical(named)
    known = item.load(source.view(), uri)
    if known is None:
        raise UsageError(f"{uri}: nobody commissioned it on this ledger. If it is in your hand, "
                         "quarantine it until its origin is known")
    lines = story.tell(LedgerSource(source), uri, _name_of(source))
    storage = _storage(source, uri)
    if plot is not None and storage is not None:
        write_plot(plot, storage)
    if as_json:
        print_json(_as_json(uri, known, lines, storage))
        return
    out.print(f"[bold]{uri}[/bold] is {item.STATUS_NAMES[known.status]}")
    _print_lines(lines, uri)
    if storage is None:
        out.print("no storage profile is registered for this product")
    else:
        _print_storage(storage)


def _name_of(source: LedgerReader) -> story.NameOf:
    view = source.view()

    def name_of(thumbprint: bytes) -> str:
        root = identity.require_key(view, thumbprint).organisation
        return identity.require_organisation(view, root).name

    return name_of


def _storage(source: LedgerReader, uri: str) -> StorageAnswer | None:
    checkpoint = source.checkpoint()
    assert checkpoint is not None
    try:
        return answer.storage_answer(LedgerSource(source), source.view(), uri, checkpoint.time_ms)
    except InvalidData:
        return None


def _print_lines(lines: list[Line], uri: str) -> None:
    for line in lines:
        thing = "" if line.where == uri else f" [dim](with {escape(line.where)})[/dim]"
        mark = " " if line.effective else "!"
        text = escape(f"{line.text}, {line.who}")
        out.print(f"{mark} {when(line.moment.unix_ms)}  {text}{thing} "
                  f"[dim]entry {line.entry}"
                  + ("" if line.leaf is None else f" leaf {line.leaf}") + "[/dim]")


def _print_storage(storage: StorageAnswer) -> None:
    from ledger_client.core.verdict_words import Naming, verdict_words
    out.print()
    naming = Naming(storage.in_force.name, storage.in_force.version)
    for line in verdict_words(storage.verdict, storage.in_force.profile, naming):
        out.print(line, markup=False)


def write_plot(path: Path, storage: StorageAnswer) -> None:
    """SVG or PNG by the name's ending."""
    from edge_gateway import plot
    svg = plot.plot_svg(storage.exposure, storage.in_force.profile, storage.verdict,
                        storage.exposure.item)
    if path.suffix == ".svg":
        path.write_text(svg, encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(plot.png_of(svg))
    else:
        raise UsageError(f"{path}: a plot is .svg or .png")


def _as_json(uri: str, known: Item, lines: list[Line],
             storage: StorageAnswer | None) -> dict[str, object]:
    return {
        "item": uri, "status": item.STATUS_NAMES[known.status], "lot": known.lot,
        "expiry": known.expiry,
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


@passport_app.command("make")
def make_passport(named: ItemArgument, ledger: LedgerPath,
                  key: Annotated[Path, typer.Option(
                      help="Your operations key: you answer for names and verdict.",
                      metavar="FILE")],
                  output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE")],
                  core_only: Annotated[bool, typer.Option(
                      help="Without device records and telemetry.")] = False) -> None:
    """Write the passport of a pack: one file that proves its history without any network."""
    from ledger_client.node.passport_maker import PassportMaker
    source = reader(ledger)
    uri = canonical(named)
    storage = _storage(source, uri)
    checkpoint = source.checkpoint()
    assert checkpoint is not None
    data = PassportMaker(source, uri, evidence=not core_only).make(
        signer.load(key), checkpoint.time_ms // 1000,
        None if storage is None else storage.as_list())
    output.write_bytes(data)
    out.print(f"{output}: {len(data)} bytes, as of {when(checkpoint.time_ms)}")


@passport_app.command("show")
def show_passport(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Print what a passport says, without verifying it against anybody's trust."""
    from ledger_client.core import passport_verify
    _print_verified(passport_verify.verify(_read(file), None))


def verify(file: Annotated[Path, typer.Argument(help="The passport.", metavar="FILE")],
           trust_file: Annotated[Path | None, typer.Option(
               "--trust", metavar="FILE",
               help="Whose word you take; never from the passport's sender.")] = None,
           as_json: Json = False) -> None:
    """Verify a passport without network or database.  Exit status 3: self-consistent only."""
    from ledger_client import second_opinion
    from ledger_client.core import passport_verify
    data = _read(file)
    trusted = None if trust_file is None else _trust(trust_file)
    first: Verified | VerificationFailed
    try:
        first = passport_verify.verify(data, trusted)
    except VerificationFailed as error:
        first = error
    second = second_opinion.judge(data, None if trust_file is None else _read(trust_file))
    if isinstance(first, VerificationFailed):
        if second.valid:
            raise VerificationFailed("opinions", "verdict", "the two opinions disagree: "
                                     f"cryptography says {first}; ecdsa says it is valid")
        raise first
    if not second.valid:
        raise VerificationFailed("opinions", "verdict", "the two opinions disagree: cryptography "
                                 f"says it is valid; ecdsa says {second.detail}")
    if as_json:
        print_json(_verified_json(first))
    else:
        _print_verified(first)
    if first.fingerprint is None:
        raise typer.Exit(EXIT_SELF_CONSISTENT)


def _verified_json(verified: Verified) -> dict[str, object]:
    return {"valid": True, "verified_under": verified.fingerprint,
            "as_of_ms": verified.checkpoint.time_ms, "item": verified.passport.item,
            "absent": verified.absent, "tainted": verified.tainted,
            "signed_by": signed_by(verified)}


def signed_by(verified: Verified) -> list[str]:
    """Who signed, as the maker names them."""
    return [str(name) for _, name, _ in verified.passport.parties]


def _print_verified(verified: Verified) -> None:
    held = verified.passport
    if verified.fingerprint is None:
        out.print("[bold]SELF-CONSISTENT ONLY[/bold]: nothing in it contradicts itself. Whether "
                  "it is true, only a trust file can say (--trust)")
    else:
        out.print(f"[bold]VALID[/bold] under {verified.fingerprint} "
                  f"as of {when(verified.checkpoint.time_ms)}")
    out.print(f"{held.item} is {item.STATUS_NAMES[verified.item.status]}")
    out.print(f"ledger {held.ledger.hex()[:16]}, checkpoint {verified.checkpoint.number}, "
              f"{verified.checkpoint.size} entries")
    name_of = {bytes.fromhex(str(root)) if isinstance(root, str) else root: str(name)
               for root, name, _ in held.parties}
    out.print("signed by devices of " + ", ".join(name_of.values()) + " (names as stated by the "
              f"passport's maker, key {verified.maker.hex()[:16]})")
    out.print("[bold]attested by the ledger[/bold]: the events, their order, and that none is "
              "left out")
    _print_lines(story.tell(verified.source, held.item, lambda signer: signer.hex()[:8]),
                 held.item)
    for what in verified.tainted:
        out.print(f"! {what} was signed by a key after it was revoked")
    _print_recomputed(verified)
    for what in verified.absent:
        out.print(f"not in this file: {what}")


def _print_recomputed(verified: Verified) -> None:
    storage = recompute(verified)
    if storage is None:
        out.print("[bold]stated, not proven[/bold]: the verdict (its evidence is not in the file)"
                  if verified.passport.verdict is not None else "no storage verdict")
        return
    out.print("[bold]recomputed here[/bold] from the signed telemetry in this file:")
    _print_storage(storage)


def recompute(verified: Verified) -> StorageAnswer | None:
    """The verdict from the passport's own evidence; VerificationFailed when the maker stated
    another one."""
    held = verified.passport
    if held.verdict is None or not held.telemetry or verified.absent:
        return None
    until_ms = verified.checkpoint.time_ms
    found = answer.storage_answer(verified.source, verified.view, held.item, until_ms)
    if found.as_list() != held.verdict:
        raise VerificationFailed("passport.verdict", "verdict", "the evidence in the file comes to "
                                 "another verdict than its maker stated")
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error


def _trust(path: Path) -> trust.Trust:
    try:
        return trust.decode(_read(path))
    except WireError as error:
        raise UsageError(f"{path}: not a trust file ({error})") from error


def inspect(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Print any CBOR or COSE file for a person."""
    from edge_gateway import inspection
    for line in inspection.lines(_read(file)):
        out.print(line, markup=False)
