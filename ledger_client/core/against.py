"""What speaks against using an item: what custody knows of it, however well it was stored."""

from collections.abc import Iterator, Sequence

from ledger_client.core import contents, item, overlays
from ledger_client.core.item import Item
from ledger_client.core.state import View

_STATUS = {
    item.ENCODED: "printed, and not commissioned", item.ILLEGITIMATE: "found illegitimate",
    item.RETURNED: "returned, and not verified saleable", item.DISPENSED: "dispensed already",
    item.DECOMMISSIONED: "decommissioned", item.DESTROYED: "destroyed",
    item.STOLEN: "reported stolen or lost", item.SAMPLED: "taken as a sample",
}


def against(view: View, uri: str, known: Item, now_ms: int) -> tuple[str, ...]:
    """Of the item, of what it is in and of anything in it, as of ledger time `now_ms`."""
    return tuple(dict.fromkeys([*outwards(view, uri, known, now_ms),
                                *overlays.inside(view, contents.nested(view, uri, known),
                                                 now_ms)]))


def outwards(view: View, uri: str, known: Item, now_ms: int) -> Iterator[str]:
    """Of the item and of what it is in, however deep: all that a passport proves.  What is in a
    stolen crate is stolen; that it is in a recalled one is its own recall."""
    for carrier, outer in item.path(view, uri, known):
        for what in _own(view, carrier, outer, now_ms):
            if carrier == uri:
                yield what
            elif what != overlays.RECALLED:
                yield f"{what} ({carrier}, which it is in)"


def _own(view: View, uri: str, known: Item, now_ms: int) -> Iterator[str]:
    for hindrance in overlays.own(view, uri, known, now_ms):
        if hindrance != overlays.HELD or known.status != item.ILLEGITIMATE:
            yield hindrance
    if known.status in _STATUS:
        yield _STATUS[known.status]


def words(found: Sequence[str]) -> list[str]:
    """One line, or none; nothing that is known is not the same as nothing."""
    return [f"! AGAINST USING IT: {'; '.join(found)}"] if found else []
