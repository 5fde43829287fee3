"""Rows 9 to 12, 15 to 20 and 22: holds, recalls, and how an item's life ends (I5).

Rows 10, 11, 12, 17 and 20 take effect only with a person's judgement: the scan is a finding
"awaiting judgement", `judged` brings the effect.
"""

from contextlib import suppress
from dataclasses import replace

from ledger_client.core import contents, identity, item, overlays, state
from ledger_client.core.item import Item
from ledger_client.core.row_checks import (
    Elements,
    already,
    born,
    held_by,
    in_status,
    known,
    known_now,
    name_of,
    outermost,
    unhindered,
    unhindered_inside,
)
from ledger_client.core.scene import Awaiting, Change, Denied, Scene
from ledger_client.wire import codes, digital_link, gs1

UNDO_MS = 10 * 24 * 3600 * 1000  # EU 2016/161: a decommissioning is reverted within ten days
ROLE_REGULATOR = 6


def quarantine(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 9."""
    found = known_now(uri, before)
    held_by(scene, uri, found)
    if item.on_hold(found):
        raise already(scene, uri)
    in_status(scene, uri, found, item.LIVE)
    return hold(scene, uri, found)


def hold(scene: Scene, uri: str, found: Item) -> Change:
    """Row 9's effect, for a scan and for a hold judgement alike."""
    contents.hold(scene.view, uri, found, True)
    return Change(replace(found, status=item.HELD, held_from=found.status, holder=scene.person))


def release(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 10, before the judgement."""
    found = known(uri, before)
    held_by(scene, uri, found)
    in_status(scene, uri, found, (item.HELD,))
    raise Awaiting("C10.1", uri)


def find_illegitimate(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 11, before the judgement."""
    found = known(uri, before)
    held_by(scene, uri, found)
    in_status(scene, uri, found, (item.HELD,))
    raise Awaiting("C11.1", uri)


def recall(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 12, before the judgement; by the owner of the prefix or a regulator."""
    if not gs1.gcp_owner(uri, scene.organisation.prefixes) and \
            ROLE_REGULATOR not in scene.organisation.roles:
        raise Denied("C12.2", uri)
    if is_lot(uri):
        if scene.view.read(state.recall_key(*gtin_and_lot(uri))) is not None:
            raise already(scene, uri)
    else:
        found = known(uri, before)
        if found.recalled:
            raise already(scene, uri)
        in_status(scene, uri, found, item.LIVE)
    raise Awaiting("C12.1", uri)


def dispense(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 15: once; a case is given out with what is in it."""
    found = known_now(uri, before)
    if found.status == item.DISPENSED:
        raise Denied("C15.1", uri)
    outermost(uri, found)
    held_by(scene, uri, found)
    in_status(scene, uri, found, (item.STOCK, item.ACTIVE))
    unhindered_inside(scene, uri, found)
    return Change(replace(found, status=item.DISPENSED))


def decommission(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 16: final."""
    found = known(uri, before)
    outermost(uri, found)
    held_by(scene, uri, found)
    if found.status == item.DECOMMISSIONED:
        raise already(scene, uri)
    in_status(scene, uri, found, (item.ACTIVE, item.STOCK))
    return Change(replace(found, status=item.DECOMMISSIONED))


def destroy(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 17, before the judgement of a witness."""
    found = known(uri, before)
    outermost(uri, found)
    held_by(scene, uri, found)
    if found.status == item.DESTROYED:
        raise already(scene, uri)
    _destroyable(scene, uri, found)
    raise Awaiting("C17.1", uri)


def _destroyable(scene: Scene, uri: str, found: Item) -> None:
    """From HELD, RECALLED, ILLEGITIMATE and EXPIRED: all that hinders."""
    hindered = any(overlays.own(scene.view, uri, found, scene.now_ms))
    in_status(scene, uri, found, (*item.LIVE, item.ILLEGITIMATE) if hindered else ())


def report_stolen(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 18: a later sighting is an alert, not a transition."""
    found = born(before)
    if found is not None and found.status == item.STOLEN and \
            found.custodian == scene.organisation.root:
        raise already(scene, uri)
    found = known(uri, before)
    held_by(scene, uri, found)
    in_status(scene, uri, found, item.LIVE)
    contents.hold(scene.view, uri, found, True)
    return Change(replace(found, status=item.STOLEN, before=found.status))


def sample(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 19: no longer viable (CBV)."""
    found = known(uri, before)
    outermost(uri, found)
    held_by(scene, uri, found)
    if found.status == item.SAMPLED:
        raise already(scene, uri)
    in_status(scene, uri, found, (item.STOCK,))
    return Change(replace(found, status=item.SAMPLED))


def undo(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 20, before the judgement."""
    found = known(uri, before)
    held_by(scene, uri, found)
    _undoable(scene, uri, found)
    raise Awaiting("C20.1", uri)


def _undoable(scene: Scene, uri: str, found: Item) -> None:
    """Same place, at most ten days, and not recalled or expired since."""
    in_status(scene, uri, found, (item.DISPENSED, item.DECOMMISSIONED))
    unhindered(scene, uri, found)
    if found.place != scene.scan.place:
        raise Denied("C20.2", uri, found.place or "no place")
    if found.since_ms is None or scene.now_ms - found.since_ms > UNDO_MS:
        raise Denied("C20.3", uri)


def check(scene: Scene, uri: str, elements: Elements, before: Item | None) -> None:
    """Row 22: a question changes nothing."""
    known_now(uri, before)


def judged(scene: Scene, uri: str, before: Item | None) -> Change | None:
    """What an approved judgement brings about; the scan is judged again, because time has passed
    since.  None: a recalled lot has no item."""
    action = scene.scan.action
    with suppress(Awaiting):
        _AWAITED[action](scene, uri, [], before)
    if action == codes.ACTION_RECALL and is_lot(uri):
        scene.view.put(state.recall_key(*gtin_and_lot(uri)),
                       [scene.entry.number, scene.organisation.root])
        return None
    assert before is not None
    if action == codes.ACTION_RECALL:
        contents.hold(scene.view, uri, before, True)
        return Change(replace(before, recalled=True))
    if action == codes.ACTION_RELEASE:
        return _released(scene, uri, before)
    status = {codes.ACTION_ILLEGITIMATE: item.ILLEGITIMATE, codes.ACTION_DESTROY: item.DESTROYED,
              codes.ACTION_UNDO: item.STOCK}[action]
    return Change(replace(before, status=status))


_AWAITED = {codes.ACTION_RELEASE: release, codes.ACTION_ILLEGITIMATE: find_illegitimate,
            codes.ACTION_RECALL: recall, codes.ACTION_DESTROY: destroy, codes.ACTION_UNDO: undo}


def _released(scene: Scene, uri: str, found: Item) -> Change:
    """By another person than the one who held it; what is recalled or expired stays held.  It is
    again what it was: on its way still, or to be looked at before it is sold again."""
    if found.holder is not None and scene.person is not None and \
            identity.same_holder(scene.view, found.holder, scene.person):
        raise Denied("C10.2", uri)
    status = item.after_release(found.held_from, found.destination)
    freed = replace(found, status=status, holder=None,
                    destination=found.destination if status == item.IN_TRANSIT else None)
    for hindrance in overlays.own(scene.view, uri, freed, scene.now_ms):
        raise Denied("C0.9", uri, hindrance, name_of(scene))
    contents.hold(scene.view, uri, found, False)
    return Change(freed)


def is_lot(uri: str) -> bool:
    """A GTIN with a lot names a class of packs, not one."""
    return "/10/" in uri and "/21/" not in uri


def gtin_and_lot(uri: str) -> tuple[str, str]:
    """Both as the state's recall keys spell them: the lot as in the symbol."""
    values = dict(digital_link.parse_digital_link(uri))
    return values["01"], values["10"]
