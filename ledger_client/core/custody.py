"""The custody state machine: what a scan does to packs, crates and loggers.

Findings, not gates: a scan that breaks a row stays in its block, has no effect and gets a finding.

Invariants
I1  an item is commissioned at most once, for ever
I2  an item has at most one open parent, and containment has no cycles
I3  inside a closed crate only the outermost parent is moved
I4  custody changes only by ship (A to B) and receive (B)
I5  terminal states: later events have no effect and are findings
I6  scans apply in ledger order; one that lies wholly before what changed the item is late
I10 a record that says the same again is a finding "already so", without a second effect
"""

import datetime
from collections.abc import Callable
from dataclasses import replace

from ledger_client.core import device_chain, identity, item, state
from ledger_client.core.item import Item
from ledger_client.core.scene import Denied, Scene
from ledger_client.wire import codes, gs1
from ledger_client.wire.errors import WireError

Elements = list[tuple[str, str]]
Change = tuple[Item, list[list[object]]]  # new state, links of the event
DAY_MS = 24 * 3600 * 1000


def apply_scan(scene: Scene) -> None:
    """Every symbol for itself: one bad label does not undo its neighbours."""
    action = scene.scan.action
    if action in _WITH_PARENT:
        _apply_with_parent(scene, _WITH_PARENT[action])
    elif action in _ALONE:
        for aim, data in scene.scan.symbols:
            _apply_symbol(scene, aim, data, _ALONE[action])
    else:
        scene.find(None, Denied("C0.10", action))


def _apply_symbol(scene: Scene, aim: object, data: object,
                  rule: Callable[[Scene, str, Elements, Item | None], Change | None]) -> None:
    try:
        uri, elements = _read(aim, data)
    except Denied as denied:
        scene.find(None, denied)
        return
    before = item.load(scene.entry.view, uri)
    try:
        if before is not None:
            scene.check_not_late(uri, before)
        change = rule(scene, uri, elements, before)
        if change is not None and scene.scan.shown == codes.SHOWN_REFUSED:
            raise Denied("C0.12", uri)
    except Denied as denied:
        scene.deny(uri, before, denied)
        return
    if change is not None:
        scene.keep(uri, *change)


def _apply_with_parent(scene: Scene, rule: Callable[[Scene, str, Item | None], None]) -> None:
    if scene.scan.parent is None:
        scene.find(None, Denied("C0.11", "nothing", "a parent"))
        return
    try:
        uri, _ = _read(*scene.scan.parent)
    except Denied as denied:
        scene.find(None, denied)
        return
    before = item.load(scene.entry.view, uri)
    try:
        rule(scene, uri, before)
    except Denied as denied:
        scene.deny(uri, before, denied)


def _read(aim: object, data: object) -> tuple[str, Elements]:
    """(canonical id, elements) of a symbol."""
    assert isinstance(aim, str)
    assert isinstance(data, bytes)
    try:
        elements = gs1.parse(aim, data)
    except WireError as error:
        raise Denied("C0.1", f"{error.rule} {error.detail}") from error
    uri = gs1.identity(elements)
    if uri is None:
        raise Denied("C0.1", "the symbol names no single thing")
    return uri, elements


# what several rows ask


def _known(uri: str, before: Item | None) -> Item:
    if before is None or before.status == 0:
        raise Denied("C0.2", uri)
    return before


def _held_by(scene: Scene, uri: str, known: Item) -> None:
    _, outer = item.top(scene.entry.view, uri, known)
    if outer.custodian != scene.organisation.root:
        raise Denied("C0.4", uri)


def _outermost(uri: str, known: Item) -> None:
    if known.parent is not None:
        raise Denied("C0.6", uri, known.parent)


def _in_status(scene: Scene, uri: str, known: Item, allowed: tuple[int, ...]) -> None:
    if known.status not in allowed:
        raise Denied("C0.3", uri, item.STATUS_NAMES[known.status], _ACTION_NAMES[
            scene.scan.action])


def _not_expired(scene: Scene, uri: str, known: Item) -> None:
    if known.expiry is not None and expired(known.expiry, scene.entry.now_ms):
        raise Denied("C0.7", uri, known.expiry)


def expired(expiry: str, now_ms: int) -> bool:
    """Whether the day of an AI(17) text is over at ledger time `now_ms`."""
    today = datetime.date.fromordinal(datetime.date(1970, 1, 1).toordinal() + now_ms // DAY_MS)
    year, month, day, _ = gs1.expiry_day(expiry, today.year)
    return datetime.date(year, month, day) < today


def _already(scene: Scene, uri: str) -> Denied:
    return Denied("C0.5", uri, _ACTION_NAMES[scene.scan.action])


# rows of the state machine


def _commission(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 1, I1."""
    values = dict(elements)
    if before is not None and before.status != 0:
        same = before.custodian == scene.organisation.root and \
            (before.lot, before.expiry) == (values.get("10"), values.get("17"))
        raise _already(scene, uri) if same else Denied("C1.1", uri)
    if not gs1.gcp_owner(uri, scene.organisation.prefixes):
        raise Denied("C1.2", uri)
    if "01" in values:
        missing = gs1.missing_for_pack(elements)
        if missing:
            raise Denied("C1.3", uri, ", ".join(missing))
        if expired(values["17"], scene.entry.now_ms):
            raise Denied("C1.4", uri, values["17"])
    born = replace(before or item.unborn(uri), status=item.ACTIVE, place=scene.scan.place,
                   custodian=scene.organisation.root, lot=values.get("10"),
                   expiry=values.get("17"))
    return born, []


def _pack(scene: Scene, parent_uri: str, parent: Item | None) -> None:
    """Row 2, I2: each child for itself; the children link the parent's chain."""
    crate = _known(parent_uri, parent)
    _held_by(scene, parent_uri, crate)
    _outermost(parent_uri, crate)
    if crate.status not in _OPEN:
        raise Denied("C2.4", parent_uri, item.STATUS_NAMES[crate.status])

    def into(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
        child = _known(uri, before)
        if child.parent == parent_uri:
            raise _already(scene, uri)
        if child.parent is not None:
            raise Denied("C2.1", uri, child.parent, parent_uri)
        _held_by(scene, uri, child)
        _in_status(scene, uri, child, _OPEN)
        _not_expired(scene, uri, child)
        if child.place != crate.place:
            raise Denied("C2.3", uri, parent_uri)
        _check_no_cycle(scene, uri, parent_uri, crate)
        packed = replace(child, status=item.PACKED, parent=parent_uri,
                         parent_generation=crate.generation)
        return packed, [item.parent_link(parent_uri, crate), *_logger_links(scene, crate)]

    for aim, data in scene.scan.symbols:
        _apply_symbol(scene, aim, data, into)


def _check_no_cycle(scene: Scene, uri: str, parent_uri: str, crate: Item) -> None:
    outer_uri: str | None = parent_uri
    outer: Item | None = crate
    for _ in range(item.CONTAINMENT_DEPTH):
        if outer_uri == uri:
            raise Denied("C2.2", uri)
        if outer is None or outer.parent is None:
            return
        outer_uri = outer.parent
        outer = item.load(scene.entry.view, outer_uri)
    raise Denied("C2.2", uri)


def _unpack(scene: Scene, parent_uri: str, parent: Item | None) -> None:
    """Row 3: children take the state of the outermost parent; without symbols all of them do."""
    crate = _known(parent_uri, parent)
    scene.check_not_late(parent_uri, crate)
    _held_by(scene, parent_uri, crate)
    _, outer = item.top(scene.entry.view, parent_uri, crate)
    _in_status(scene, parent_uri, outer, _OPEN)
    if not scene.scan.symbols:
        _unpack_all(scene, parent_uri, crate, outer)
        return

    def out(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
        child = _known(uri, before)
        if child.parent != parent_uri:
            raise Denied("C3.1", uri, parent_uri, child.parent or "it stands on its own")
        freed = replace(child, status=outer.status, parent=None, custodian=outer.custodian,
                        place=outer.place)
        return freed, [item.parent_link(parent_uri, crate)]

    for aim, data in scene.scan.symbols:
        _apply_symbol(scene, aim, data, out)


def _unpack_all(scene: Scene, parent_uri: str, crate: Item, outer: Item) -> None:
    left = item.Unpacked(outer.status, outer.custodian, outer.place, crate.length,
                         scene.earliest_ms())
    scene.entry.view.store(state.unpacked_key(parent_uri, crate.generation), left)
    scene.keep(parent_uri, replace(crate, generation=crate.generation + 1), [])


def _ship(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 4, I3, I4."""
    known = _known(uri, before)
    party = scene.scan.party
    if party is None:
        raise Denied("C4.1", uri)
    if known.status == item.IN_TRANSIT and known.destination == party:
        raise _already(scene, uri)
    _outermost(uri, known)
    _held_by(scene, uri, known)
    _in_status(scene, uri, known, (item.ACTIVE, item.STOCK))
    _not_expired(scene, uri, known)
    if identity.organisation_of_party(scene.entry.view, party) is None:
        raise Denied("C4.2", party)
    return replace(known, status=item.IN_TRANSIT, destination=party, before=known.status), []


def _receive(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 6, I4: custody moves to the signer here, only here."""
    known = _known(uri, before)
    if known.status == item.RECEIVED and known.custodian == scene.organisation.root:
        raise _already(scene, uri)
    _outermost(uri, known)
    _in_status(scene, uri, known, (item.IN_TRANSIT,))
    if known.destination != scene.party:
        raise Denied("C6.1", uri, known.destination)
    return replace(known, status=item.RECEIVED, custodian=scene.organisation.root,
                   place=scene.scan.place, destination=None), []


def _put_away(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 8; the event links the place's chain."""
    known = _known(uri, before)
    _outermost(uri, known)
    _held_by(scene, uri, known)
    if known.status == item.STOCK and known.place == scene.scan.place:
        raise _already(scene, uri)
    _in_status(scene, uri, known, _OPEN)
    links: list[list[object]] = []
    if scene.scan.place is not None:
        place_uri = scene.scan.place
        place = item.load(scene.entry.view, place_uri) or item.unborn(place_uri)
        links = [item.place_link(place_uri, place), *_logger_links(scene, place)]
    return replace(known, status=item.STOCK, place=scene.scan.place), links


def _quarantine(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 9."""
    known = _known(uri, before)
    _held_by(scene, uri, known)
    if known.status == item.HELD:
        raise _already(scene, uri)
    _in_status(scene, uri, known, tuple(item.LIVE))
    return replace(known, status=item.HELD, before=known.status), []


def _dispense(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 15: once."""
    known = _known(uri, before)
    if known.status == item.DISPENSED:
        raise Denied("C15.1", uri)
    _outermost(uri, known)
    _held_by(scene, uri, known)
    _in_status(scene, uri, known, (item.STOCK, item.ACTIVE))
    _not_expired(scene, uri, known)
    return replace(known, status=item.DISPENSED), []


def _check(scene: Scene, uri: str, elements: Elements, before: Item | None) -> None:
    """Row 22: a question changes nothing."""
    _known(uri, before)


def _attach(scene: Scene, carrier_uri: str, carrier: Item | None) -> None:
    """Row 23: parent = carrier, symbols = the loggers' asset labels."""
    known = _known(carrier_uri, carrier)
    _held_by(scene, carrier_uri, known)
    for giai in _loggers(scene):
        view = scene.entry.view
        attached = view.get(state.attached_key(giai))
        thumbprint = view.get(state.asset_key(giai))
        if attached == carrier_uri:
            raise Denied("C0.5", giai, _ACTION_NAMES[codes.ACTION_ATTACH])
        if attached is not None:
            raise Denied("C23.1", giai, attached)
        if not isinstance(thumbprint, bytes) or \
                not identity.require_key(view, thumbprint).in_standing():
            raise Denied("C23.2", giai)
        view.put(state.attached_key(giai), carrier_uri)
        known = replace(item.load(view, carrier_uri) or known,
                        loggers=[*known.loggers, giai])
        scene.keep(carrier_uri, known, [_logger_link(scene, giai, thumbprint)])


def _detach(scene: Scene, carrier_uri: str, carrier: Item | None) -> None:
    """Row 24: closes the interval of exposure."""
    known = _known(carrier_uri, carrier)
    _held_by(scene, carrier_uri, known)
    for giai in _loggers(scene):
        view = scene.entry.view
        thumbprint = view.get(state.asset_key(giai))
        if giai not in known.loggers or not isinstance(thumbprint, bytes):
            raise Denied("C24.1", giai, carrier_uri)
        view.remove(state.attached_key(giai))
        known = replace(item.load(view, carrier_uri) or known,
                        loggers=[one for one in known.loggers if one != giai])
        scene.keep(carrier_uri, known, [_logger_link(scene, giai, thumbprint)])


def _loggers(scene: Scene) -> list[str]:
    return [_read(aim, data)[0] for aim, data in scene.scan.symbols]


def _logger_links(scene: Scene, carrier: Item) -> list[list[object]]:
    """The loggers that travel with a carrier already: what joins it is exposed to what they saw."""
    links = []
    for giai in carrier.loggers:
        thumbprint = scene.entry.view.get(state.asset_key(giai))
        assert isinstance(thumbprint, bytes)
        links.append(_logger_link(scene, giai, thumbprint))
    return links


def _logger_link(scene: Scene, giai: str, thumbprint: bytes) -> list[object]:
    """Link to the logger's chain as the ledger holds it now."""
    epoch = device_chain.device(scene.entry.view, thumbprint).epoch
    head = device_chain.head(scene.entry.view, thumbprint, epoch)
    return [item.LINK_LOGGER, giai, [epoch, head.seq], head.digest]


_OPEN = (item.ACTIVE, item.RECEIVED, item.STOCK)
_ALONE: dict[int, Callable[[Scene, str, Elements, Item | None], Change | None]] = {
    codes.ACTION_COMMISSION: _commission,
    codes.ACTION_SHIP: _ship,
    codes.ACTION_RECEIVE: _receive,
    codes.ACTION_PUT_AWAY: _put_away,
    codes.ACTION_QUARANTINE: _quarantine,
    codes.ACTION_DISPENSE: _dispense,
    codes.ACTION_CHECK: _check,
}
_WITH_PARENT: dict[int, Callable[[Scene, str, Item | None], None]] = {
    codes.ACTION_PACK: _pack,
    codes.ACTION_UNPACK: _unpack,
    codes.ACTION_ATTACH: _attach,
    codes.ACTION_DETACH: _detach,
}
_ACTION_NAMES = {
    codes.ACTION_COMMISSION: "commission", codes.ACTION_PACK: "pack",
    codes.ACTION_UNPACK: "unpack", codes.ACTION_SHIP: "ship", codes.ACTION_CANCEL: "cancel",
    codes.ACTION_RECEIVE: "receive", codes.ACTION_REFUSE: "refuse",
    codes.ACTION_PUT_AWAY: "put away", codes.ACTION_QUARANTINE: "quarantine",
    codes.ACTION_DISPENSE: "dispense", codes.ACTION_CHECK: "check",
    codes.ACTION_ATTACH: "attach logger", codes.ACTION_DETACH: "detach logger",
}
