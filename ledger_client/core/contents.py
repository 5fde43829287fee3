"""What is inside a crate, summed up: enough to see at once whether anything in it must not move.

One value per crate and generation: how many children, which lots, which units to look into, which
children are on hold.  Recalls and expiry are looked up when the question is asked, so a recall
covers what is inside crates without touching them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ledger_client.core import item, state
from ledger_client.core.item import Item
from ledger_client.core.state import Stored, View

CHILDREN = 20_000  # of one parent: a full pallet of small packs
LOTS = 64  # different lots in one crate; more are counted and make the answer "unknown"
UNITS = 1024  # crates on one pallet
TREE_UNITS = 4096  # at any depth, all looked into at once: a container of 40 pallets of 100 cases
HELD = 64  # children on hold inside one crate that are named; more are counted
_MARKED = (item.HELD, item.ILLEGITIMATE, item.STOLEN)


@dataclass(frozen=True)
class Contents(Stored):
    """`lots` are [gtin, lot, expiry, count]; `units` the children to look into: logistic units, and
    cases that had children when they went in (a unit inside another takes no more); `held` children
    on hold, stolen or recalled by serial, `held_more` counts those beyond the limit; `more` counts
    children of lots beyond theirs; `nested` counts the units at any depth."""

    count: int
    lots: list[list[object]]
    units: list[str]
    held: list[str]
    more: int
    held_more: int
    nested: int


_NOTHING = Contents(0, [], [], [], 0, 0, 0)


def of(view: View, parent: str, known: Item) -> Contents:
    """What is inside now."""
    return view.load(Contents, state.contents_key(parent, known.generation)) or _NOTHING


def limit_reached(view: View, parent: str, known: Item, child: tuple[str, Item]) -> int | None:
    """The limit that one more child would pass.  Units are never only counted: what is in them
    could not be looked up any more."""
    before = of(view, parent, known)
    if before.count >= CHILDREN:
        return CHILDREN
    if not _is_unit(view, *child):
        return None
    if len(before.units) >= UNITS:
        return UNITS
    return TREE_UNITS if before.nested + _units_of(view, *child) > TREE_UNITS else None


def add(view: View, parent: str, known: Item, child: tuple[str, Item]) -> None:
    """A child goes in."""
    before = of(view, parent, known)
    uri, packed = child
    after = replace(before, count=before.count + 1)
    if _is_unit(view, uri, packed):
        after = replace(after, units=sorted([*before.units, uri]),
                        nested=before.nested + _units_of(view, *child))
    if packed.lot is not None:
        after = _counted(after, _lot_of(uri, packed), 1)
    view.store(state.contents_key(parent, known.generation), after)


def _is_unit(view: View, uri: str, child: Item) -> bool:
    return child.lot is None or of(view, uri, child).count > 0


def _units_of(view: View, uri: str, unit: Item) -> int:
    """A unit, and those in it."""
    return 1 + of(view, uri, unit).nested


def _fewer(view: View, parent: str, known: Item, units: int) -> None:
    """Units come out of a carrier, and so out of all that it is in."""
    for uri, carrier in item.path(view, parent, known) if units else []:
        before = of(view, uri, carrier)
        view.store(state.contents_key(uri, carrier.generation),
                   replace(before, nested=before.nested - units))


def take(view: View, parent: str, known: Item, child: tuple[str, Item]) -> None:
    """A child comes out."""
    uri, packed = child
    if uri in of(view, parent, known).units:
        _fewer(view, parent, known, _units_of(view, uri, packed))
    before = of(view, parent, known)
    after = replace(_without_held(before, uri) if _marked(packed) else before,
                    count=before.count - 1, units=[one for one in before.units if one != uri])
    if packed.lot is not None:
        after = _counted(after, _lot_of(uri, packed), -1)
    view.store(state.contents_key(parent, known.generation), after)


def empty(view: View, parent: str, known: Item) -> None:
    """Everything comes out."""
    _fewer(view, parent, known, of(view, parent, known).nested)
    key = state.contents_key(parent, known.generation)
    if view.read(key) is not None:
        view.remove(key)


def _marked(child: Item) -> bool:
    """Whether a child stands in `held`, or is counted beside it."""
    return child.recalled or child.status in _MARKED


def hold(view: View, uri: str, known: Item, held: bool) -> None:
    """A child inside a crate is put on hold, stolen or recalled by its serial, or released; `known`
    is the child before that."""
    if known.parent is None or _marked(known) == held:
        return
    parent = view.load(Item, state.item_key(known.parent))
    assert parent is not None
    before = of(view, known.parent, parent)
    after = _with_held(before, uri) if held else _without_held(before, uri)
    view.store(state.contents_key(known.parent, parent.generation), after)


def _with_held(before: Contents, uri: str) -> Contents:
    if len(before.held) == HELD:
        return replace(before, held_more=before.held_more + 1)
    return replace(before, held=sorted([*before.held, uri]))


def _without_held(before: Contents, uri: str) -> Contents:
    if uri not in before.held:
        return replace(before, held_more=before.held_more - 1)
    return replace(before, held=[one for one in before.held if one != uri])


def _lot_of(uri: str, packed: Item) -> list[object]:
    gtin = uri.split("/")[4]
    return [gtin, packed.lot, packed.expiry]


def _counted(before: Contents, lot: list[object], step: int) -> Contents:
    rows = [list(row) for row in before.lots]
    for row in rows:
        if row[:3] == lot:
            assert isinstance(row[3], int)
            row[3] += step
            return replace(before, lots=[one for one in rows if one[3]])
    if step < 0:
        return replace(before, more=max(0, before.more - 1))
    if len(rows) == LOTS:
        return replace(before, more=before.more + 1)
    return replace(before, lots=[*rows, [*lot, 1]])


def nested(view: View, parent: str, known: Item, level: int = 1) -> Iterator[tuple[int, Contents]]:
    """(level, contents) of a unit and of every unit inside it; the rules keep depth and number
    limited."""
    inside = of(view, parent, known)
    yield level, inside
    for uri in inside.units:
        unit = view.load(Item, state.item_key(uri))
        assert unit is not None
        yield from nested(view, uri, unit, level + 1)
