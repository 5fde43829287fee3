"""Hold, recall and expiry dominate (I7): they are looked up when something is about to happen,
over the whole containment tree, and block it."""

import datetime
from collections.abc import Iterable, Iterator

from ledger_client.core import item, state
from ledger_client.core.contents import Contents
from ledger_client.core.item import Item
from ledger_client.core.state import View
from ledger_client.wire import gs1
from ledger_client.wire.errors import WireError

DAY_MS = 24 * 3600 * 1000
# A passport of somebody's own ledger can be from any time; calendars end, a century after this.
_LAST_DAY = datetime.date(9899, 12, 31).toordinal()
HELD, RECALLED, EXPIRED, UNKNOWN = "on hold", "recalled", "expired", "more than is known of"


def expired(expiry: str, now_ms: int) -> bool:
    """Whether the day of an AI(17) text is over at ledger time `now_ms`; a date that cannot be
    read is over."""
    last = last_day(expiry, now_ms)
    return last is None or last < _today(now_ms)


def last_day(expiry: str, now_ms: int) -> datetime.date | None:
    """The last good day by an AI(17) text, as read at ledger time `now_ms`; None: that is no date.
    """
    try:
        year, month, day, _ = gs1.expiry_day(expiry, _today(now_ms).year)
    except WireError:
        return None
    return datetime.date(year, month, day)


def _today(now_ms: int) -> datetime.date:
    day = min(datetime.date(1970, 1, 1).toordinal() + now_ms // DAY_MS, _LAST_DAY)
    return datetime.date.fromordinal(day)


def expired_since(expiry: str | None, then_ms: int, now_ms: int) -> bool:
    """Whether its last day is over now and was not then: a proof of that time cannot know."""
    return expiry is not None and not expired(expiry, then_ms) and expired(expiry, now_ms)


def recalled(view: View, gtin: str, lot: str) -> bool:
    return view.read(state.recall_key(gtin, lot)) is not None


def recalled_itself(view: View, uri: str, known: Item) -> bool:
    """By its serial, with its lot, or with something that it was taken out of."""
    return known.recalled or \
        (known.lot is not None and recalled(view, uri.split("/")[4], known.lot))


def recalled_around(view: View, uri: str, known: Item) -> bool:
    """Itself, or with anything that it is in: who recalls a crate means what is in it."""
    return any(recalled_itself(view, *one) for one in item.path(view, uri, known))


def own(view: View, uri: str, known: Item, now_ms: int) -> Iterator[str]:
    """What hinders the item itself."""
    if known.status in (item.HELD, item.ILLEGITIMATE):
        yield HELD
    if recalled_around(view, uri, known):
        yield RECALLED
    if known.expiry is not None and expired(known.expiry, now_ms):
        yield EXPIRED


def inside(view: View, tree: Iterable[tuple[int, Contents]], now_ms: int) -> Iterator[str]:
    """What hinders anything in a crate, however deep; `tree` is its contents.nested."""
    for _, found in tree:
        if found.held:
            yield f"{HELD} ({found.held[0]})"
        elif found.held_more:
            yield f"{HELD} ({found.held_more} children)"
        for gtin, lot, expiry, _ in found.lots:
            assert isinstance(gtin, str)
            assert isinstance(lot, str)
            if recalled(view, gtin, lot):
                yield f"{RECALLED} (lot {lot} of {gtin})"
            if isinstance(expiry, str) and expired(expiry, now_ms):
                yield f"{EXPIRED} (lot {lot} of {gtin})"
        if found.more:
            yield f"{UNKNOWN} ({found.more} children)"
