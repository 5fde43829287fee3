"""`coldseal where`, `held`, `contents`, `touched`: one question each, in text or JSON."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from edge_gateway.commands.common import (
    Json,
    LedgerPath,
    canonical,
    out,
    print_json,
    reader,
    unix_ms,
    when,
)
from edge_gateway.commands.item import print_as_of
from edge_gateway.commands.screen import faint, joined, strong
from ledger_client import signer
from ledger_client.core import against, item
from ledger_client.core import storage_terms as say
from ledger_client.core.history import Moment
from ledger_client.core.identity import Organisation
from ledger_client.core.insides import During, Inside, Interval
from ledger_client.core.touched import ALWAYS, Range
from ledger_client.core.whereabouts import Where
from ledger_client.errors import UsageError
from ledger_client.node import question_forms as forms
from ledger_client.node.naming import printed
from ledger_client.node.questions import ByKey, Questions
from ledger_client.wire import cose, digital_link

Named = Annotated[str, typer.Argument(
    help="Digital Link, (01)...(21)..., (00)... or a place's (414)...", metavar="ITEM")]
At = Annotated[str | None, typer.Option(
    "--at", help="Then instead of now: 2026-05-28T20:26:40Z.", metavar="TIME")]


def where(named: Named, ledger: LedgerPath, at: At = None, as_json: Json = False) -> None:
    """Where a pack or crate is, or was: in what, at which place, held by whom."""
    questions = Questions(reader(ledger))
    at_ms = None if at is None else unix_ms(at)
    found = questions.where(canonical(named), at_ms)
    if as_json:
        print_json(forms.as_of(questions.checkpoint, forms.where(found, at_ms)))
        return
    for one in where_lines(found, past=at_ms is not None):
        out.print(one)
    print_as_of(questions.checkpoint)


def where_lines(found: Where, *, past: bool) -> list[Text]:
    """What a person wants to know, a line each."""
    lines = [joined(strong(printed(found.item)), f" {'was' if past else 'is'} "
                  f"{item.STATUS_NAMES[found.status]}"
                  + ("" if found.since is None else f", since {_moment(found.since)}"))]
    lines += [joined(one) for one in against.words(found.against or ())]
    lines += [joined(f"  in {printed(one)}") for one in found.inside]
    where = [] if found.place is None else [joined(f"  at {printed(found.place)}")]
    if found.destination is not None:
        where.append(joined(f"  on the way to {printed(found.destination)}"))
    where.append(joined("  nobody on this ledger holds it any more") if found.holder is None
                 else joined("  held by ", _organisation(found.holder)))
    if found.there_since is not None and (found.holder is not None or len(where) > 1):
        where[0] = joined(where[0], f", since {_moment(found.there_since)}")
    return lines + where


def held(named: Named, ledger: LedgerPath, as_json: Json = False) -> None:
    """Who held a pack or crate, from when to when."""
    questions = Questions(reader(ledger))
    uri = canonical(named)
    found = questions.held(uri)
    if as_json:
        print_json(forms.as_of(questions.checkpoint, forms.held(uri, found)))
        return
    out.print(strong(printed(uri)), "was held by")
    for one in found:
        until = "until now" if one.until is None else f"until {_moment(one.until)}"
        out.print(joined("  ", _organisation(one.holder)))
        out.print(f"    from {_moment(one.since)} {until}")
        if one.shipped is not None:
            to = "a party that is not at hand" if one.to is None else printed(one.to)
            out.print(f"    shipped {_moment(one.shipped)} to {to}")
    if not found:
        out.print("  nobody yet: it is printed, and not commissioned")
    print_as_of(questions.checkpoint)


def contents(named: Named, ledger: LedgerPath, at: At = None, as_json: Json = False) -> None:
    """What is in a crate or at a place, or was; at any depth."""
    questions = Questions(reader(ledger))
    uri = canonical(named)
    at_ms = None if at is None else unix_ms(at)
    found = list(questions.contents(uri, at_ms))
    if as_json:
        print_json(forms.as_of(questions.checkpoint, forms.contents(uri, found, at_ms)))
        return
    verb = "contains" if at_ms is None else "contained"
    out.print(strong(printed(uri)), f"{verb} {_count(one.item for one in found)}")
    for one in found:
        out.print(_inside_line(one))
    print_as_of(questions.checkpoint)


def _inside_line(one: Inside) -> Text:
    return joined("  " * len(one.path) + printed(one.item), faint(f" since {_moment(one.since)}"))


def touched(*, ledger: LedgerPath,
            logger: Annotated[str | None, typer.Option(
                help="What was with this logger: its label, (8004)...", metavar="LABEL")] = None,
            pack: Annotated[str | None, typer.Option(
                help="What shared this pack's excursions.", metavar="ITEM")] = None,
            key: Annotated[str | None, typer.Option(
                help="What this device, gateway or person had to do with: thumbprint in hex (eight "
                     "digits are enough), FILE.pub, or a logger's label.", metavar="KEY")] = None,
            since: Annotated[str | None, typer.Option(
                help="From this time on; by ledger time for a key.", metavar="TIME")] = None,
            until: Annotated[str | None, typer.Option(
                help="Up to this time, for a logger.", metavar="TIME")] = None,
            above: Annotated[str | None, typer.Option(
                help="Only while the logger showed more than this.", metavar="DEGC")] = None,
            below: Annotated[str | None, typer.Option(
                help="Only while the logger showed less than this.", metavar="DEGC")] = None,
            as_json: Json = False) -> None:
    """Every pack and crate touched: by a logger, by a pack's excursions, by a key."""
    if sum(one is not None for one in (logger, pack, key)) != 1:
        raise UsageError("touched by what? One of --logger, --pack and --key")
    if logger is None and (until, above, below) != (None, None, None):
        raise UsageError("--until, --above and --below are about a --logger")
    if pack is not None and since is not None:
        raise UsageError("a pack's excursions have their own times: leave --since out")
    questions = Questions(reader(ledger))
    since_ms = 0 if since is None else unix_ms(since)
    if key is not None:
        _print_by_key(questions, questions.touched_by_key(_key_name(key), since_ms), as_json)
        return
    if logger is not None:
        found = questions.touched_by_logger(
            canonical(logger), Interval(since_ms, None if until is None else unix_ms(until)),
            Range(low_cdeg=_cdeg(below), high_cdeg=_cdeg(above)))
    else:
        assert pack is not None
        found = questions.touched_by_excursions(canonical(pack))
    if as_json:
        print_json(forms.as_of(questions.checkpoint, forms.touched(found)))
        return
    _print_touched(questions, found)


def _print_touched(questions: Questions, found: list[During]) -> None:
    _print_during(found)
    number = questions.disbelieved(found)
    if number:
        out.print(f"! a logger's key is revoked: {say.count(number, 'reading')} of it "
                  "can be no evidence, and that time counts as touched")
    print_as_of(questions.checkpoint)


def _print_by_key(questions: Questions, found: ByKey, as_json: bool) -> None:
    if as_json:
        print_json(forms.as_of(questions.checkpoint, forms.touched_by_key(found)))
        return
    out.print(f"key {found.thumbprint.hex()[:16]} has events of "
              + _count(one.item for one in found.events))
    for one in found.events:
        out.print(f"  {printed(one.item)}",
                  faint(f"{one.events} of them, entries {one.first_entry} to {one.last_entry}"))
    if found.measured:
        out.print("and measured beside")
        _print_during(found.measured)
    print_as_of(questions.checkpoint)


def _print_during(found: list[During]) -> None:
    out.print(f"touched: {_count(one.item for one in found)}")
    for one in found:
        until = "until now" if one.interval.to_ms is None else f"to {when(one.interval.to_ms)}"
        since = "" if one.interval.from_ms == ALWAYS.from_ms else f"{when(one.interval.from_ms)} "
        out.print(f"  {printed(one.item)}", faint(since + until))


def _key_name(text: str) -> str:
    """A public key file, a label in brackets, or what is neither."""
    if text.startswith("(") or digital_link.is_web_address(text):
        return canonical(text)
    path = Path(text)
    return cose.thumbprint(signer.load_public(path)).hex() if path.suffix == ".pub" else text


def _cdeg(text: str | None) -> int | None:
    """Hundredths of a degree."""
    if text is None:
        return None
    try:
        value = Decimal(text) * 100
    except InvalidOperation as error:
        raise UsageError(f"{text}: not a temperature such as 8 or 2.5") from error
    if not value.is_finite() or value != int(value):
        raise UsageError(f"{text}: a temperature has at most two decimals")
    return int(value)


def _moment(moment: Moment) -> str:
    error_s = -(-moment.error_ms // 1000)
    return when(moment.unix_ms) + (f" ± {error_s} s" if error_s > 1 else "")


def _organisation(found: Organisation) -> Text:
    return joined(found.name, faint(f", {printed(found.party)}"))


_KINDS = {"01": ("pack", "packs"), "00": ("crate or pallet", "crates and pallets")}


def _count(uris: Iterable[str]) -> str:
    """How many of each kind."""
    counted = Counter(_KINDS.get(uri.split("/")[3], ("other", "others")) for uri in uris)
    return ", ".join(f"{number} {one if number == 1 else more}"
                     for (one, more), number in sorted(counted.items(), reverse=True)) or "nothing"
