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
    """Of the item, of anything in it and of what it is in, as of ledger time `now_ms`."""
    found = [*by_itself(view, uri, known, now_ms),
             *overlays.inside(view, contents.nested(view, uri, known), now_ms)]
    for carrier, outer in item.path(view, uri, known)[1:]:
        found += [f"{what} ({carrier}, which it is in)"
                  for what in overlays.own(view, carrier, outer, now_ms)]
    return tuple(dict.fromkeys(found))


def by_itself(view: View, uri: str, known: Item, now_ms: int) -> Iterator[str]:
    """Of the item alone: all that a passport proves."""
    for hindrance in overlays.own(view, uri, known, now_ms):
        if hindrance != overlays.HELD or known.status != item.ILLEGITIMATE:
            yield hindrance
    if known.status in _STATUS:
        yield _STATUS[known.status]


def words(found: Sequence[str]) -> list[str]:
    """One line, or none; nothing that is known is not the same as nothing."""
    return [f"! AGAINST USING IT: {'; '.join(found)}"] if found else []
