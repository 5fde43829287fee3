"""A verdict on an item of a ledger, as of now or of an earlier checkpoint, and why they differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from edge_gateway.judged import Judged
from ledger_client.core import (
    against,
    answer,
    exposure,
    history,
    insides,
    item,
    rule_book,
    state,
    touched,
    verdict_difference,
    whereabouts,
)
from ledger_client.core import storage_terms as say
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.exposure import Span
from ledger_client.core.findings import Findings
from ledger_client.core.history import WHOLE
from ledger_client.core.insides import During
from ledger_client.core.profile import Profile
from ledger_client.core.rows_crates import ERROR_ALLOWED_MS, SEEN_AFTER_DETACHING
from ledger_client.core.state import View
from ledger_client.core.verdict_difference import Difference
from ledger_client.core.verdict_words import Naming
from ledger_client.errors import UsageError
from ledger_client.node import past
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.past import PastSource
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes

PACKS_SHOWN = 12  # in words; a crate can hold twenty thousand


@dataclass(frozen=True)
class Asked:
    """`profile` is for what is no pack; at_ms or the entry `as_of` name an earlier checkpoint."""

    uri: str
    profile: str | None = None
    at_ms: int | None = None
    as_of: int | None = None
    compare: bool = False


def judge(source: LedgerReader, asked: Asked, zone: tzinfo) -> tuple[Judged, Difference | None]:
    """The verdict as of the checkpoint asked for, and what has changed since."""
    view = source.view()
    known = item.load(view, asked.uri) or whereabouts.known(view, asked.uri)  # a room is judged too
    now = source.checkpoint()
    assert now is not None
    then = _checkpoint(source, asked) or now
    named = _profile_of(source, asked)
    known_then = _history(source, asked.uri, then)
    found = answer.storage_answer(known_then, known_then.view, asked.uri, then.time_ms, named)
    difference = None
    if asked.compare:
        newest = _history(source, asked.uri, now)
        difference = verdict_difference.difference(found, answer.storage_answer(
            newest, newest.view, asked.uri, now.time_ms, named), zone)
    others = [one for one in touched.by_excursions(known_then, found.exposure,
                                                   found.verdict.excursions)
              if one.item != asked.uri]
    return Judged(
        found.verdict, found.exposure, found.in_force.profile,
        Naming(found.in_force.name, found.in_force.version, zone), found.calibrations,
        {"profile_entry": found.in_force.entry, "checkpoint": then.number, "entries": then.size,
         "as_of_ms": then.time_ms, "touched": [one.item for one in others]},
        touched=tuple(_touched(others)),
        as_of=None if then == now else f"As the ledger was at {say.moment(then.time_ms, zone)}, "
        f"entry {then.size - 1}: not its newest word.",
        against=against.against(view, asked.uri, known, now.time_ms),
        lead=(*_doubts(known_then, view, asked.uri),
              *_ended_early(known_then, asked.uri, found.in_force.profile, zone))), difference


def _doubts(source: PastSource, view: View, uri: str) -> Iterator[str]:
    """Loggers that were taken off before records that they had made by then: what these records
    say is not in the verdict, and may belong there."""
    whole = Span(uri, None, None, None, WHOLE)
    steps = {(step.event.entry, step.event.leaf) for span in exposure.spans(source, uri, whole, 0)
             for step in history.steps(source, span.carrier, span.part)
             if step.effective and step.event.action == codes.ACTION_DETACH
             and (span.until is None or step.moment.unix_ms <= span.until.unix_ms)}
    for entry, leaf in sorted(steps):
        found = view.load(Findings, state.finding_key(entry, leaf))
        for rule, _, facts in [] if found is None else found.found:
            if rule == SEEN_AFTER_DETACHING and isinstance(facts, list):
                yield (f"! Entry {entry} leaf {leaf}, rule {rule}: "
                       f"{rule_book.sentence(rule, facts)}. What it made then is not in this "
                       f"verdict: {rule_book.RULES[rule].remedy}.")


def _ended_early(source: PastSource, uri: str, profile: Profile, zone: tzinfo) -> Iterator[str]:
    """Readings outside the range between when it was given out, by the scanner's clock, and when
    the ledger took that: a clock set back would leave them out."""
    end = exposure.ended_by(source, uri)
    if end is None:
        return
    until_ms = end.moment.unix_ms + min(end.moment.error_ms, ERROR_ALLOWED_MS)
    late = [one for attachment in exposure.travelled(source, uri)
            for one in exposure.segment(source, attachment).readings
            if until_ms < one.unix_ms <= end.event.time_ms
            and not profile.ranges[0].holds(one.value_cdeg)]
    if late:
        yield (f"! It ended {say.moment(end.moment.unix_ms, zone)} by its scanner's clock, and the "
               f"ledger took that {say.moment(end.event.time_ms, zone)}: "
               f"{say.count(len(late), 'reading')} in between, outside the range, can not be in "
               "this verdict. Look at the scanner's clock.")


def _checkpoint(source: LedgerReader, asked: Asked) -> Checkpoint | None:
    if asked.at_ms is not None and asked.as_of is not None:
        raise UsageError("--at or --as-of, not both")
    if asked.at_ms is not None:
        return past.checkpoint_at(source, asked.at_ms)
    if asked.as_of is not None:
        return past.checkpoint_of(source, asked.as_of)
    if asked.compare:
        raise UsageError("--compare with which earlier verdict? Say --at TIME or --as-of ENTRY")
    return None


def _history(source: LedgerReader, uri: str, as_of: Checkpoint) -> PastSource:
    found = PastSource(source, as_of)
    if not found.chain(uri):
        raise UsageError(f"{uri}: not on the ledger yet at entry {as_of.size - 1}")
    return found


def _profile_of(source: LedgerReader, asked: Asked) -> str | None:
    """None: the one of the pack's product.  Of anything else the one that was asked for, or that
    all products share that were ever in it."""
    if answer.gtin_of(asked.uri) is not None:
        if asked.profile is not None:
            raise UsageError("--profile: a pack is judged by the profile of its product")
        return None
    if asked.profile is not None:
        return asked.profile
    packs = (one.item for one in insides.during(LedgerSource(source), asked.uri, touched.ALWAYS))
    gtins = {gtin for uri in packs for gtin in [answer.gtin_of(uri)] if gtin is not None}
    inside = {answer.in_force(source.view(), f"https://id.gs1.org/01/{gtin}").name
              for gtin in gtins}
    if len(inside) != 1:
        raise UsageError(f"{asked.uri} holds products of {len(inside)} profiles"
                         f"{': ' * bool(inside)}{', '.join(sorted(inside))}. By which one? Say "
                         "--profile and the name of a registered one")
    return inside.pop()


def _touched(others: list[During]) -> Iterator[str]:
    """Packs counted and named, crates and places counted, of what was with the same loggers."""
    packs = [one.item for one in others if answer.gtin_of(one.item) is not None]
    rest = len(others) - len(packs)
    if packs:
        yield f"- {say.count(len(packs), 'pack')}: {', '.join(packs[:PACKS_SHOWN])}" \
            + (f" and {len(packs) - PACKS_SHOWN} more (--json names all)"
               if len(packs) > PACKS_SHOWN else "") + "."
    if rest:
        yield f"- {say.count(rest, 'crate or place')}."
