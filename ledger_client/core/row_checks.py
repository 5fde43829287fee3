"""What several rows of the state machine ask; each raises Denied, or Waits when it may still come.
"""

from collections.abc import Collection, Iterator

from ledger_client.core import contents, device_chain, item, overlays, state
from ledger_client.core.contents import Contents
from ledger_client.core.item import Item
from ledger_client.core.scene import Denied, Later, Links, Scene, Waits
from ledger_client.wire import codes

Elements = list[tuple[str, str]]

OPEN = (item.ACTIVE, item.RECEIVED, item.STOCK)

ACTION_NAMES = {
    codes.ACTION_COMMISSION: "commission", codes.ACTION_PACK: "pack",
    codes.ACTION_UNPACK: "unpack", codes.ACTION_SHIP: "ship", codes.ACTION_CANCEL: "cancel",
    codes.ACTION_RECEIVE: "receive", codes.ACTION_REFUSE: "refuse",
    codes.ACTION_PUT_AWAY: "put away", codes.ACTION_QUARANTINE: "quarantine",
    codes.ACTION_RELEASE: "release", codes.ACTION_ILLEGITIMATE: "find illegitimate",
    codes.ACTION_RECALL: "recall", codes.ACTION_RETURN: "return",
    codes.ACTION_SALEABLE: "verify saleable", codes.ACTION_DISPENSE: "dispense",
    codes.ACTION_DECOMMISSION: "decommission", codes.ACTION_DESTROY: "destroy",
    codes.ACTION_STOLEN: "report stolen or lost", codes.ACTION_SAMPLE: "sample",
    codes.ACTION_UNDO: "undo", codes.ACTION_ALLOCATE: "allocate", codes.ACTION_CHECK: "check",
    codes.ACTION_ATTACH: "attach logger", codes.ACTION_DETACH: "detach logger",
}


def name_of(scene: Scene) -> str:
    return ACTION_NAMES[scene.scan.action]


def born(before: Item | None) -> Item | None:
    """The item if it was ever commissioned."""
    return before if before is not None and before.status not in (0, item.ENCODED) else None


def known(uri: str, before: Item | None) -> Item:
    """Commissioned here; else its commission may still come from an offline handheld (I9)."""
    found = born(before)
    if found is None:
        raise Waits(uri, "C0.2", uri)
    return _not_stolen(uri, found)


def known_now(uri: str, before: Item | None) -> Item:
    """Commissioned here, and no waiting: what was never commissioned must not be given out."""
    found = born(before)
    if found is None:
        raise Denied("C0.2", uri)
    return _not_stolen(uri, found)


def _not_stolen(uri: str, found: Item) -> Item:
    """Row 18: a sighting is an alert, whoever sees it, never a transition."""
    if found.status == item.STOLEN:
        raise Denied("C18.1", uri)
    return found


def held_by(scene: Scene, uri: str, found: Item) -> None:
    """The signer is the custodian of the outermost parent, and nothing around it was stolen."""
    path = item.path(scene.view, uri, found)
    for _, one in path:
        _not_stolen(uri, one)
    _, outer = path[-1]
    if outer.custodian != scene.organisation.root:
        raise Denied("C0.4", uri)


def outermost(uri: str, found: Item) -> None:
    """I3."""
    if found.parent is not None:
        raise Denied("C0.6", uri, found.parent)


def in_status(scene: Scene, uri: str, found: Item, allowed: Collection[int]) -> None:
    if found.status not in allowed:
        raise Denied("C0.3", uri, item.STATUS_NAMES[found.status], name_of(scene))


def unhindered(scene: Scene, uri: str, found: Item) -> None:
    """I7: the item itself is not held, recalled or expired."""
    for hindrance in overlays.own(scene.view, uri, found, scene.now_ms):
        if hindrance == overlays.EXPIRED:
            raise Denied("C0.7", uri, found.expiry)
        raise Denied("C0.9", uri, hindrance, name_of(scene))


def unhindered_inside(scene: Scene, uri: str, found: Item) -> None:
    """I7 over the whole containment tree."""
    unhindered(scene, uri, found)
    for hindrance in overlays.inside(scene.view, look_into(scene, uri, found), scene.now_ms):
        raise Denied("C0.9", uri, hindrance, name_of(scene))


def look_into(scene: Scene, uri: str, found: Item) -> Iterator[tuple[int, Contents]]:
    """contents.nested, at the cost of the entry's budget: the units in it, and every lot."""
    budget = scene.entry.budget
    for level, inside in contents.nested(scene.view, uri, found):
        if level == 1 and inside.count and budget.is_spent():
            raise Later(uri, "C0.13", uri)
        budget.looks -= (level > 1) + len(inside.lots)
        yield level, inside


def already(scene: Scene, uri: str) -> Denied:
    """I10."""
    return Denied("C0.5", uri, name_of(scene))


def logger_links(scene: Scene, carrier: Item) -> Links:
    """The loggers that travel with a carrier already: what joins it is exposed to what they saw."""
    links = []
    for giai in carrier.loggers:
        thumbprint = scene.view.get(state.asset_key(giai))
        assert isinstance(thumbprint, bytes)
        links.append(logger_link(scene, giai, thumbprint))
    return links


def logger_link(scene: Scene, giai: str, thumbprint: bytes) -> list[object]:
    """[kind, asset label, [thumbprint, epoch, seq], digest]: the logger's chain as the ledger holds
    it now."""
    epoch = device_chain.device(scene.view, thumbprint).epoch
    head = device_chain.head(scene.view, thumbprint, epoch)
    return [item.LINK_LOGGER, giai, [thumbprint, epoch, head.seq], head.digest]
