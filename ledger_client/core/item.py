"""Items: packs, crates, pallets, places; their state, containment and chains.

An item's chain makes its history provable: head' = SHA-256(head || SHA-256(CBOR(Event))), Event =
[entry, leaf, time_ms, digest, signer thumbprint, action, outcome, links].  A child counts as packed
only in its parent's current generation, so unpacking all is one write however many children.
"""

from dataclasses import dataclass, replace

from ledger_client.core import state
from ledger_client.core.state import Chained, Stored, View
from ledger_client.wire import cbor, codes, digital_link

ENCODED, ACTIVE, PACKED, IN_TRANSIT, RECEIVED, STOCK, HELD = 1, 2, 3, 4, 5, 6, 7
ILLEGITIMATE, RETURNED, DISPENSED, DECOMMISSIONED, DESTROYED, STOLEN, SAMPLED = \
    8, 9, 10, 11, 12, 13, 14
STATUS_NAMES = {
    ENCODED: "encoded", ACTIVE: "active", PACKED: "packed", IN_TRANSIT: "in transit",
    RECEIVED: "received", STOCK: "in stock", HELD: "on hold", ILLEGITIMATE: "illegitimate",
    RETURNED: "returned", DISPENSED: "dispensed", DECOMMISSIONED: "decommissioned",
    DESTROYED: "destroyed", STOLEN: "stolen or lost", SAMPLED: "sampled",
}
ENDS = {codes.ACTION_DISPENSE: DISPENSED, codes.ACTION_DECOMMISSION: DECOMMISSIONED,
        codes.ACTION_DESTROY: DESTROYED}
LIVE = frozenset((ACTIVE, PACKED, IN_TRANSIT, RECEIVED, STOCK, HELD, RETURNED))

LINK_PARENT, LINK_PLACE, LINK_LOGGER = 1, 2, 3
CONTAINMENT_DEPTH = 8  # pack, bundle, case, pallet, container and three more


@dataclass(frozen=True)
class Item(Stored):
    """State of an item; empty fields of a place or an unborn item are None or 0.

    `parent_generation` is the parent's generation at packing; `before` the status that a shipment
    interrupted, `held_from` what a release gives back; `source` the party custody came from;
    `recalled` is this serial's own recall, or that of something it was in when it was taken out;
    `holder` the person who held it, None when a device did; `since_ms` the earliest time of day of
    its last effective transition.
    """

    status: int
    parent: str | None
    parent_generation: int
    custodian: bytes | None
    place: str | None
    length: int
    head: bytes
    sightings: int
    generation: int
    lot: str | None
    expiry: str | None
    destination: str | None
    source: str | None
    returning: bool
    before: int
    loggers: list[str]
    recalled: bool
    holder: bytes | None
    since_ms: int | None
    held_from: int


@dataclass(frozen=True)
class Unpacked:
    """What a child becomes when it is unpacked; `recalled`: something that it was in is."""

    status: int
    custodian: bytes | None
    place: str | None
    source: str | None
    since_ms: int | None
    recalled: bool


@dataclass(frozen=True)
class UnpackedAll(Stored):
    """The end of a parent's generation: what its children became, and the parent's chain just after
    the event."""

    status: int
    custodian: bytes | None
    place: str | None
    source: str | None
    since_ms: int | None
    length: int
    head: bytes
    recalled: bool

    def left(self) -> "Unpacked":
        return Unpacked(self.status, self.custodian, self.place, self.source, self.since_ms,
                        self.recalled)


@dataclass(frozen=True)
class Attached(Stored):
    """The carrier that a logger travels with; `since_ms` is the earliest time of day at which it
    was attached, None when the scanner had none."""

    carrier: str
    since_ms: int | None


@dataclass(frozen=True)
class Event:
    """One element of an item's chain; outcome is None, or the rule that denied it effect."""

    entry: int
    leaf: int | None
    time_ms: int
    digest: bytes
    signer: bytes
    action: int
    outcome: str | None
    links: list[list[object]]

    def encode(self) -> bytes:
        return cbor.encode([self.entry, self.leaf, self.time_ms, self.digest, self.signer,
                            self.action, self.outcome, self.links])


def status_words(status: int) -> str:
    """Of places, which have none, and of what was never commissioned, the number."""
    return STATUS_NAMES.get(status, f"of status {status}")


def unborn(uri: str) -> Item:
    """An item nobody commissioned; places stay so for ever."""
    return Item(status=0, parent=None, parent_generation=0, custodian=None, place=None, length=0,
                head=state.first_head(uri), sightings=0, generation=0, lot=None, expiry=None,
                destination=None, source=None, returning=False, before=0, loggers=[],
                recalled=False, holder=None, since_ms=None, held_from=0)


def load(view: View, uri: str) -> Item | None:
    """The item with its containment resolved: children that an unpack-all left behind stand on
    their own."""
    item = view.load(Item, state.item_key(uri))
    if item is None or item.parent is None:
        return item
    parent = view.load(Item, state.item_key(item.parent))
    assert parent is not None
    if parent.generation == item.parent_generation:
        return item
    left = view.load(UnpackedAll, state.unpacked_key(item.parent, item.parent_generation))
    assert left is not None
    return freed(item, left.left())


def freed(item: Item, left: Unpacked) -> Item:
    """A child on its own again; what was put on hold or recalled inside stays so."""
    packed = item.status == PACKED
    return replace(item, status=left.status if packed else item.status, parent=None,
                   held_from=item.held_from if packed else left.status, custodian=left.custodian,
                   place=left.place, source=left.source, since_ms=left.since_ms,
                   recalled=item.recalled or left.recalled)


def after_release(held_from: int, destination: str | None) -> int:
    """Status of an item whose hold ends: what the hold interrupted; a shipment that was cancelled
    since is over."""
    return STOCK if held_from == IN_TRANSIT and destination is None else held_from


def after_refusal(before: int, held_from: int) -> int:
    """What a release gives back of a refused shipment, which is over: stock, or what the item was
    when the hold began that it left with."""
    return STOCK if before != HELD or held_from == IN_TRANSIT else held_from


def on_hold(item: Item) -> bool:
    """Also while it goes back on hold: it arrives, or comes back, as it left."""
    return item.status == HELD or (item.status == IN_TRANSIT and item.before == HELD)


def save(view: View, uri: str, item: Item) -> None:
    view.store(state.item_key(uri), item)


def append(view: View, uri: str, item: Item, event: Event) -> Item:
    """The item with `event` at the end of its chain."""
    data = event.encode()
    view.events.append(Chained(uri, item.length, data, event.entry, others(uri, item.lot, event)))
    return replace(item, length=item.length + 1, head=state.next_head(item.head, data))


def others(uri: str, lot: str | None, event: Event) -> tuple[str, ...]:
    """What an item's event is to be found under besides its own item and entry."""
    linked = {str(link[1]) for link in event.links}
    if lot is not None and event.action == codes.ACTION_COMMISSION and event.outcome is None:
        linked.add(lot_uri(uri.split("/")[4], lot))
    return tuple(sorted(linked))


def lot_uri(gtin: str, lot: str) -> str:
    """The Digital Link of a class of packs."""
    return f"{digital_link.STEM}/01/{gtin}/10/{digital_link.encoded(lot)}"


def path(view: View, uri: str, item: Item) -> list[tuple[str, Item]]:
    """The item and its open parents, the outermost last."""
    found = [(uri, item)]
    while item.parent is not None:
        uri = item.parent
        parent = load(view, uri)
        assert parent is not None
        item = parent
        found.append((uri, item))
    return found


def top(view: View, uri: str, item: Item) -> tuple[str, Item]:
    """The outermost open parent, or the item itself."""
    return path(view, uri, item)[-1]


def parent_link(uri: str, parent: Item) -> list[object]:
    """[kind, parent, [length of its chain, its generation], head]."""
    return [LINK_PARENT, uri, [parent.length, parent.generation], parent.head]


def place_link(uri: str, place: Item) -> list[object]:
    """[kind, place, length of its chain, head]; the event that leaves the place has one too."""
    return [LINK_PLACE, uri, place.length, place.head]


def leaving_links(view: View, before: Item | None, after: Item) -> list[list[object]]:
    """The link to a place's chain at the moment the item leaves it."""
    if before is None or before.status != STOCK or before.place is None or \
            (after.status == STOCK and after.place == before.place):
        return []
    place = load(view, before.place) or unborn(before.place)
    return [place_link(before.place, place)]
