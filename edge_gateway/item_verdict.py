"""A verdict on an item of a ledger, as of now or of an earlier checkpoint, and why they differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from edge_gateway.judged import Judged
from ledger_client.core import answer, contents, item, verdict_difference
from ledger_client.core import storage_terms as say
from ledger_client.core.answer import StorageAnswer
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.item import Item
from ledger_client.core.verdict_difference import Difference
from ledger_client.core.verdict_words import Naming
from ledger_client.errors import UsageError
from ledger_client.node import past
from ledger_client.node.embedded import LedgerReader


@dataclass(frozen=True)
class Asked:
    """`profile` is for what is no pack; at_ms or the entry `as_of` name an earlier checkpoint."""

    uri: str
    profile: str | None
    at_ms: int | None
    as_of: int | None
    compare: bool


def judge(source: LedgerReader, asked: Asked, zone: tzinfo) -> tuple[Judged, Difference | None]:
    """The verdict as of the checkpoint asked for, and what has changed since."""
    known = item.load(source.view(), asked.uri)
    if known is None:
        raise UsageError(f"{asked.uri}: nobody commissioned it on this ledger. If it is in your "
                         "hand, quarantine it until its origin is known")
    now = source.checkpoint()
    assert now is not None
    then = _checkpoint(source, asked) or now
    named = _profile_of(source, asked, known)
    found = _answer(source, asked.uri, then, named)
    difference = None
    if asked.compare:
        difference = verdict_difference.difference(
            found, _answer(source, asked.uri, now, named), zone)
    naming = Naming(found.in_force.name, found.in_force.version, zone)
    return Judged(found.verdict, found.exposure, found.in_force.profile, naming,
                  found.calibrations, {
                      "profile_entry": found.in_force.entry, "checkpoint": then.number,
                      "entries": then.size, "as_of_ms": then.time_ms},
                  tuple(_inside(source, asked.uri, known)),
                  None if then == now else f"As the ledger was at {say.moment(then.time_ms, zone)},"
                  f" entry {then.size - 1}: not the newest word.",
                  ), difference


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


def _answer(source: LedgerReader, uri: str, as_of: Checkpoint, named: str | None) -> StorageAnswer:
    earlier = past.PastSource(source, as_of)
    if not earlier.chain(uri):
        raise UsageError(f"{uri}: not on the ledger yet at entry {as_of.size - 1}")
    return answer.storage_answer(earlier, earlier.view, uri, as_of.time_ms, named)


def _profile_of(source: LedgerReader, asked: Asked, known: Item) -> str | None:
    """None: the one of the pack's product.  Of anything else the one that all products in it share,
    or that was asked for."""
    if answer.gtin_of(asked.uri) is not None:
        if asked.profile is not None:
            raise UsageError("--profile: a pack is judged by the profile of its product")
        return None
    if asked.profile is not None:
        return asked.profile
    view = source.view()
    inside = {answer.in_force(view, f"https://id.gs1.org/01/{lot[0]}").name
              for one in contents.nested(view, asked.uri, known) for lot in one.lots}
    if len(inside) != 1:
        raise UsageError(f"{asked.uri} holds products of {len(inside)} profiles"
                         f"{': ' * bool(inside)}{', '.join(sorted(inside))}. By which one? Say "
                         "--profile and the name of a registered one")
    return inside.pop()


def _inside(source: LedgerReader, uri: str, known: Item) -> Iterator[str]:
    """Whom the verdict on a crate concerns."""
    for one in contents.nested(source.view(), uri, known):
        for gtin, lot, expiry, packs in one.lots:
            assert isinstance(packs, int)
            yield f"- In it now: {say.count(packs, 'pack')} of {gtin}, lot {lot}" \
                + (f", expiry {expiry}" if expiry else "") + "."
