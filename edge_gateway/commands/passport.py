"""`coldseal passport` and `coldseal verify`: a pack's proof as one file."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_gateway.commands.common import (
    EXIT_SELF_CONSISTENT,
    Json,
    LedgerPath,
    canonical,
    out,
    print_json,
    read_file,
    reader,
    when,
)
from edge_gateway.commands.item import (
    SELF_CONSISTENT,
    ItemArgument,
    attested,
    newest,
    print_against,
    print_expired_since,
    print_lines,
    print_storage,
    storage_of,
)
from edge_gateway.commands.screen import joined, strong
from edge_gateway.commands.writing import write_file
from ledger_client import signer
from ledger_client.core import against, answer, item, overlays, passport, story, trust
from ledger_client.core.answer import StorageAnswer
from ledger_client.core.item import Item
from ledger_client.core.passport_verify import Verified
from ledger_client.errors import InvalidData, UsageError, VerificationFailed, extra_missing
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire.errors import WireError

if TYPE_CHECKING:  # the second opinion needs an extra
    from ledger_client.second_opinion import Opinion

passport_app = typer.Typer(no_args_is_help=True, help="Make and read pack passports.")

KeyOption = Annotated[Path, typer.Option(
    help="Your operations key: you answer for names and verdict.", metavar="FILE")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Where to write it.",
                                            metavar="FILE")]
FileArgument = Annotated[Path, typer.Argument(help="The passport.", metavar="FILE")]


@passport_app.command("make")
def make_passport(named: ItemArgument, ledger: LedgerPath, key: KeyOption, output: OutputOption,
                  core_only: Annotated[bool, typer.Option(
                      help="Without device records and telemetry.")] = False) -> None:
    """Write the passport of a pack: one file that proves its history without any network."""
    _write(reader(ledger), canonical(named), key, output, evidence=not core_only)


@passport_app.command("renew")
def renew_passport(file: FileArgument, ledger: LedgerPath, key: KeyOption,
                   output: OutputOption) -> None:
    """Issue a passport again, at the newest checkpoint, with the same parts."""
    source = reader(ledger)
    _, held = passport.decode(read_file(file))
    checkpoint = source.checkpoint()
    if checkpoint is None or held.ledger != checkpoint.ledger:
        raise UsageError(f"{file}: it is of the ledger {held.ledger.hex()[:16]}, not of {ledger}: "
                         "whoever keeps that ledger renews it")
    _write(source, held.item, key, output, evidence=bool(held.records or held.telemetry))


def _write(source: LedgerReader, uri: str, key: Path, output: Path, *, evidence: bool) -> None:
    from ledger_client.node.passport_maker import PassportMaker
    checkpoint = newest(source)
    storage = storage_of(source, uri)
    maker = PassportMaker(source, uri, evidence=evidence)
    data = maker.make(signer.load(key), checkpoint.time_ms // 1000,
                      None if storage is None else storage.stated())
    write_file(output, data)
    out.print(f"{output}: {len(data)} bytes, as of {when(checkpoint.time_ms)}")
    for what in maker.left_out:
        out.print(f"! not in it: {what}")


@passport_app.command("show")
def show_passport(file: FileArgument) -> None:
    """Print what a passport says, without verifying it against anybody's trust."""
    from ledger_client.core import passport_verify
    try:
        verified = passport_verify.verify(read_file(file), None)
        storage = recompute(verified)
    except VerificationFailed as error:
        raise InvalidData("NOT VALID", error.detail) from error
    _print_verified(verified, storage)


def verify(file: FileArgument,
           trust_file: Annotated[Path | None, typer.Option(
               "--trust", metavar="FILE",
               help="Whose word you take; never from the passport's sender.")] = None,
           as_json: Json = False) -> None:
    """Verify a passport without network or database.  Exit status 3: self-consistent only."""
    try:
        from ledger_client import second_opinion
    except ModuleNotFoundError as error:
        raise extra_missing(f"the second opinion needs {error.name}", "verify") from error
    from ledger_client.core import passport_verify
    data = read_file(file)
    trusted = None if trust_file is None else _trust(trust_file)
    first: Verified | VerificationFailed
    try:
        first = passport_verify.verify(data, trusted)
    except VerificationFailed as error:
        first = error
    second = second_opinion.judge(data, None if trust_file is None else read_file(trust_file))
    if isinstance(first, VerificationFailed):
        if second.valid:
            raise VerificationFailed("opinions", "verdict", "the two opinions disagree: "
                                     f"cryptography says {first}; ecdsa says it is valid")
        raise _not_valid(first) from first
    if not second.valid:
        raise VerificationFailed("opinions", "verdict", "the two opinions disagree: cryptography "
                                 f"says it is valid; ecdsa says {second.detail}")
    _check_agreement(first, second)
    try:
        storage = recompute(first)
    except VerificationFailed as error:
        raise _not_valid(error) from error
    if as_json:
        print_json(_verified_json(first, storage))
    else:
        _print_verified(first, storage)
    if first.fingerprint is None:
        raise typer.Exit(EXIT_SELF_CONSISTENT)


def _not_valid(error: VerificationFailed) -> InvalidData:
    """What to say of a passport that does not hold: the verdict, the field, what to do."""
    from ledger_client.second_opinion import words
    return InvalidData("NOT VALID", "\n".join(words.refusal(
        error.field, error.detail.removeprefix(f"{error.field}: "))))


def _check_agreement(first: Verified, second: "Opinion") -> None:
    """On what a person acts on."""
    for what, one, other in (
            ("status", item.status_words(first.item.status), item.status_words(second.status)),
            ("recall", first.recalled, second.recalled), ("lot", first.item.lot, second.lot),
            ("expiry", first.item.expiry, second.expiry),
            ("what speaks against using it", hindrances(first), list(second.against))):
        if one != other:
            raise VerificationFailed("opinions", what, "the two opinions disagree: cryptography "
                                     f"says {one}; ecdsa says {other}")


def verifier(output: OutputOption) -> None:
    """Write a verifier to hand out: a page (.html), or one file for any Python 3.11 (.pyz)."""
    from ledger_client import verifier as made
    if output.suffix == ".html":
        data = made.page().encode()
    elif output.suffix == ".pyz":
        data = made.archive()
    else:
        raise UsageError(f"{output}: a verifier is .html or .pyz")
    write_file(output, data)
    out.print(f"{output}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


def _verified_json(verified: Verified, storage: StorageAnswer | None) -> dict[str, object]:
    return {"valid": True, "verified_under": verified.fingerprint,
            "as_of_ms": verified.checkpoint.time_ms, "item": verified.passport.item,
            "status": item.status_words(verified.item.status), "lot": verified.item.lot,
            "expiry": verified.item.expiry, "against": hindrances(verified),
            "recalled": verified.recalled, "absent": verified.absent,
            "tainted": [what for what, _ in verified.tainted],
            "verdict": None if verified.passport.verdict is None else {
                "outcome": verified.passport.verdict[0], "recomputed": storage is not None},
            "signed_by": signed_by(verified)}


def hindrances(verified: Verified) -> list[str]:
    """What speaks against using the item, as far as the passport proves it."""
    return list(against.outwards(verified.view, verified.passport.item, verified.item,
                                  verified.checkpoint.time_ms))


def signed_by(verified: Verified) -> list[str]:
    """Who signed, as the maker names them."""
    return [party.name for party in verified.passport.parties]


def _print_verified(verified: Verified, storage: StorageAnswer | None) -> None:
    held = verified.passport
    as_of = f"as of {when(verified.checkpoint.time_ms)}"
    if verified.fingerprint is None:
        out.print(SELF_CONSISTENT)
    else:
        out.print(strong("VALID"), f"under {verified.fingerprint} {as_of}")
    out.print(f"{held.item} is {item.status_words(verified.item.status)} {as_of}")
    print_against(hindrances(verified))
    print_expired_since(verified.item.expiry, verified.checkpoint.time_ms)
    _print_label(verified.item, verified.checkpoint.time_ms)
    if verified.recalled is not None:
        out.print(joined(strong("! RECALLED"), ": do not dispense it") if verified.recalled
                  else "neither it nor its lot is recalled")
    out.print(f"ledger {held.ledger.hex()[:16]}, checkpoint {verified.checkpoint.number}, "
              f"{verified.checkpoint.size} entries")
    out.print("signed by devices of " + ", ".join(signed_by(verified)) + " (names as stated by the "
              f"passport's maker, key {verified.maker.hex()[:16]}; nothing here proves whose it "
              "is)")
    out.print(joined(attested(verified.fingerprint),
                   ": the events, their order, and that none is left out"))
    names = {signer: party.name for party in held.parties for signer in party.signers}
    print_lines(story.tell(verified.source, held.item, names.__getitem__), held.item)
    for what, since in verified.tainted:
        out.print(f"! {what} rests on a key that its owner declared not to be believed from entry "
                  f"{since} on")
    _print_recomputed(verified, storage)
    for what in verified.absent:
        out.print(f"not in this file: {what}")


def _print_label(known: Item, now_ms: int) -> None:
    """What the label of the pack must bear."""
    found = [] if known.lot is None else [f"lot {known.lot}"]
    if known.expiry is not None:
        last = overlays.last_day(known.expiry, now_ms)
        found.append(f"expiry {known.expiry} (no date that can be read)" if last is None
                     else f"expiry {last.isoformat()}")
    if found:
        out.print(", ".join(found))


def _print_recomputed(verified: Verified, storage: StorageAnswer | None) -> None:
    stated = verified.passport.verdict
    if stated is None:
        out.print("no storage verdict")
    elif storage is None:
        out.print(joined(strong("stated, not proven"), f": storage verdict {stated[0]}, by the "
                       f"profile of entry {stated[1]} (its evidence is not in the file, or a "
                       "revoked key's)"))
    else:
        out.print(strong("recomputed here"), "from the signed telemetry in this file:")
        print_storage(storage)


def recompute(verified: Verified) -> StorageAnswer | None:
    """The verdict from the passport's own evidence; VerificationFailed when the maker stated
    another one.  None when the evidence is not all here, or a revoked key's: which of its records
    count, only the ledger knows."""
    held = verified.passport
    if held.verdict is None or not held.telemetry or verified.absent or verified.tainted:
        return None
    until_ms = verified.checkpoint.time_ms
    found = answer.storage_answer(verified.source, verified.view, held.item, until_ms)
    if found.stated() != held.verdict:
        raise VerificationFailed("passport.verdict", "verdict", "the evidence in the file comes to "
                                 "another verdict than its maker stated")
    return found


def _trust(path: Path) -> trust.Trust:
    try:
        return trust.decode(read_file(path))
    except WireError as error:
        raise UsageError(f"{path}: not a trust file ({error})") from error
