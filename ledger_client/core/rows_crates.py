"""Rows 2, 3, 23 and 24: what goes into a crate and comes out, loggers that travel with it (I2, I3).
"""

from collections.abc import Callable
from dataclasses import replace

from ledger_client.core import contents, device_chain, identity, item, overlays, state
from ledger_client.core.identity import Organisation
from ledger_client.core.item import Item
from ledger_client.core.row_checks import (
    OPEN,
    Elements,
    already,
    born,
    held_by,
    in_status,
    known,
    logger_link,
    logger_links,
    look_into,
    outermost,
    unhindered,
)
from ledger_client.core.scene import Change, Denied, Scene
from ledger_client.wire import codes, digital_link, gs1

_PLACE = f"{digital_link.STEM}/414/"
ERROR_ALLOWED_MS = codes.STEP_MAX_MS  # whoever claims a larger one could hide as much
LOGGERS = 32  # on one carrier: each is a link in the event of everything that joins it
SEEN_AFTER_DETACHING = "C24.3"

# judges one child: (scene, its id, its elements, its state before) -> change
Child = Callable[[Scene, str, Elements, Item | None], Change]
# attaches or detaches one logger: (scene, carrier, its state, asset label, thumbprint) -> its state
Act = Callable[[Scene, str, Item, str, bytes | None], Item]


def pack(scene: Scene, parent: str, before: Item | None) -> Child:
    """Row 2: parent and child commissioned, live, of the same custodian and place; the child has no
    open parent and nothing hinders it; the parent stands on its own."""
    crate = known(parent, before)
    held_by(scene, parent, crate)
    outermost(parent, crate)
    _not_emptied_since(scene, parent, crate)
    if crate.status not in OPEN:
        raise Denied("C2.4", parent, item.STATUS_NAMES[crate.status])

    def into(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
        child = known(uri, before)
        now = item.load(scene.view, parent)
        assert now is not None
        if child.parent == parent:
            raise already(scene, uri)
        if child.parent is not None:
            raise Denied("C2.1", uri, child.parent, parent)
        held_by(scene, uri, child)
        in_status(scene, uri, child, OPEN)
        unhindered(scene, uri, child)
        if child.place != now.place:
            raise Denied("C2.3", uri, parent)
        _fits(scene, uri, child, parent, now)
        contents.add(scene.view, parent, now, (uri, child))
        packed = replace(child, status=item.PACKED, parent=parent,
                         parent_generation=now.generation)
        return Change(packed, [item.parent_link(parent, now), *logger_links(scene, now)])

    return into


def _not_emptied_since(scene: Scene, parent: str, crate: Item) -> None:
    """I6: what went in before the crate was emptied came out with it."""
    if crate.generation:
        emptied = scene.view.load(item.UnpackedAll,
                                  state.unpacked_key(parent, crate.generation - 1))
        assert emptied is not None
        scene.check_not_before(parent, emptied.since_ms)


def _fits(scene: Scene, uri: str, child: Item, parent: str, crate: Item) -> None:
    """I2: no cycle; and the limits of depth and number."""
    if uri == parent:
        raise Denied("C2.2", uri)
    limit = contents.limit_reached(scene.view, parent, crate, (uri, child))
    if limit is not None:
        raise Denied("C2.5", parent, limit)
    for level, inside in look_into(scene, uri, child):
        packs = 1 if inside.count else 0
        if 1 + level + packs > item.CONTAINMENT_DEPTH:
            raise Denied("C2.6", uri, item.CONTAINMENT_DEPTH)


def unpack(scene: Scene, parent: str, before: Item | None) -> Child | None:
    """Row 3: children take the state of the outermost parent, and the recall of any; without
    symbols all of them do."""
    crate = known(parent, before)
    scene.check_not_late(parent, crate)
    held_by(scene, parent, crate)
    *inner, (_, outer) = item.path(scene.view, parent, crate)
    in_status(scene, parent, outer, OPEN)
    for uri, unit in inner:  # a hold inside is not opened either (I7)
        in_status(scene, uri, unit, (item.PACKED,))
    recalled = overlays.recalled_around(scene.view, parent, crate)
    if not scene.scan.symbols:
        _unpack_all(scene, parent, crate, (outer, recalled))
        return None

    def out(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
        child = known(uri, before)
        if child.parent != parent:
            raise Denied("C3.1", uri, parent, child.parent or "it stands on its own")
        now = item.load(scene.view, parent)
        assert now is not None
        contents.take(scene.view, parent, now, (uri, child))
        left = item.Unpacked(outer.status, outer.custodian, outer.place, outer.source,
                             child.since_ms, recalled)
        return Change(item.freed(child, left), [item.parent_link(parent, now)])

    return out


def _unpack_all(scene: Scene, parent: str, crate: Item, left: tuple[Item, bool]) -> None:
    """One write, however many children: the parent's generation ends.  `left` to them is the state
    of the outermost parent, and whether anything they were in is recalled."""
    outer, recalled = left
    if contents.of(scene.view, parent, crate).count == 0:
        raise already(scene, parent)
    contents.empty(scene.view, parent, crate)
    scene.keep(parent, Change(replace(crate, generation=crate.generation + 1)))
    after = scene.view.load(Item, state.item_key(parent))
    assert after is not None
    scene.view.store(state.unpacked_key(parent, crate.generation), item.UnpackedAll(
        outer.status, outer.custodian, outer.place, outer.source, scene.earliest_ms(),
        after.length, after.head, recalled))


def attach(scene: Scene, carrier: str, before: Item | None) -> Child:
    """Row 23: parent = carrier, symbols = the loggers' asset labels."""
    _check_carrier(scene, carrier, before)
    if not is_place(carrier):
        in_status(scene, carrier, known(carrier, before), item.LIVE)
    return _each_logger(carrier, _attach)


def detach(scene: Scene, carrier: str, before: Item | None) -> Child:
    """Row 24: closes the interval of exposure.  A logger's owner takes it off wherever it is."""
    found = born(before)
    if found is None or not any(_owns_logger(scene, giai) for giai in found.loggers):
        _check_carrier(scene, carrier, before)
    return _each_logger(carrier, _detach)


def _check_carrier(scene: Scene, carrier: str, before: Item | None) -> None:
    """What watches a crate is its custodian's matter, what watches a place its owner's: that is
    asked for each logger."""
    if not is_place(carrier):
        held_by(scene, carrier, known(carrier, before))


def _each_logger(carrier: str, act: Act) -> Child:
    def one(scene: Scene, giai: str, elements: Elements, _: Item | None) -> Change:
        now = item.load(scene.view, carrier) or item.unborn(carrier)
        thumbprint = scene.view.get(state.asset_key(giai))
        assert thumbprint is None or isinstance(thumbprint, bytes)
        after = act(scene, carrier, now, giai, thumbprint)
        assert thumbprint is not None
        return Change(after, [logger_link(scene, giai, thumbprint)])

    return one


def _owns_logger(scene: Scene, giai: str) -> bool:
    thumbprint = scene.view.get(state.asset_key(giai))
    return isinstance(thumbprint, bytes) and \
        identity.require_key(scene.view, thumbprint).organisation == scene.organisation.root


def _attach(scene: Scene, carrier: str, now: Item, giai: str, thumbprint: bytes | None) -> Item:
    if is_place(carrier) and not _owns_place(scene.organisation, carrier):
        raise Denied("C23.4", carrier)
    attached = scene.view.load(item.Attached, state.attached_key(giai))
    if attached is not None and attached.carrier == carrier:
        raise already(scene, giai)
    if attached is not None:
        raise Denied("C23.1", giai, attached.carrier)
    if thumbprint is None or not identity.in_standing(scene.view, thumbprint):
        raise Denied("C23.2", giai)
    if len(now.loggers) == LOGGERS:
        raise Denied("C23.3", carrier, LOGGERS)
    scene.view.store(state.attached_key(giai), item.Attached(carrier, scene.earliest_ms()))
    return replace(now, loggers=[*now.loggers, giai])


def _detach(scene: Scene, carrier: str, now: Item, giai: str, thumbprint: bytes | None) -> Item:
    if not _owns_logger(scene, giai):
        _check_watched(scene, carrier, now, giai)
    elif any(one.status == item.STOLEN for _, one in item.path(scene.view, carrier, now)):
        scene.find(carrier, Denied("C18.1", carrier))  # row 18: an alert all the same
    if giai not in now.loggers or thumbprint is None:
        raise Denied("C24.1", giai, carrier)
    attached = scene.view.load(item.Attached, state.attached_key(giai))
    assert attached is not None
    scene.check_not_before(giai, attached.since_ms)
    _tell_of_later_records(scene, carrier, giai, thumbprint)
    scene.view.remove(state.attached_key(giai))
    return replace(now, loggers=[one for one in now.loggers if one != giai])


def _check_watched(scene: Scene, carrier: str, now: Item, giai: str) -> None:
    if not is_place(carrier):
        held_by(scene, carrier, now)
    elif not _owns_place(scene.organisation, carrier):
        raise Denied("C24.2", giai, carrier)


def _tell_of_later_records(scene: Scene, carrier: str, giai: str, thumbprint: bytes) -> None:
    """What a logger saw after the detaching counts for nothing that was there.  Who says so when
    the ledger has it already is believed, because scans come late; but not without a word."""
    clock = scene.clock
    made_ms = device_chain.device(scene.view, thumbprint).made_ms
    if clock.unix_ms is None or clock.error_ms is None or made_ms is None:
        return
    if made_ms > clock.unix_ms + min(clock.error_ms, ERROR_ALLOWED_MS):
        scene.find(carrier, Denied(SEEN_AFTER_DETACHING, giai, carrier))


def is_place(uri: str) -> bool:
    """A room or vehicle: a GLN is nobody's custody."""
    return uri.startswith(_PLACE)


def _owns_place(organisation: Organisation, place: str) -> bool:
    """Its GLN is of the organisation's prefix, or the organisation's own as a party."""
    gln = place.removeprefix(_PLACE).partition("/")[0]
    return organisation.party == f"{digital_link.STEM}/417/{gln}" or \
        gs1.gcp_owner(place, organisation.prefixes) is not None
