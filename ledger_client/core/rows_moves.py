"""Rows 4 to 8, 13 and 14: how custody moves, only by a pair of ship and receive (I4)."""

from dataclasses import replace
from itertools import chain

from ledger_client.core import identity, item, overlays
from ledger_client.core.item import Item
from ledger_client.core.row_checks import (
    OPEN,
    Elements,
    already,
    held_by,
    in_status,
    known,
    logger_links,
    look_into,
    outermost,
    unhindered_inside,
)
from ledger_client.core.scene import Change, Denied, Links, Scene, Waits


def ship(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 4: the outermost unit, by its custodian, to a member; nothing in it hinders."""
    found, party = _leaving(scene, uri, before, returning=False)
    in_status(scene, uri, found, (item.ACTIVE, item.STOCK))
    unhindered_inside(scene, uri, found)
    return Change(replace(found, status=item.IN_TRANSIT, destination=party, before=found.status,
                          returning=False))


def send_back(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 13: to the party it came from; what is held or recalled may go back."""
    found, party = _leaving(scene, uri, before, returning=True)
    recalled = overlays.RECALLED in overlays.own(scene.view, uri, found, scene.now_ms)
    in_status(scene, uri, found, (*OPEN, item.HELD) if recalled else (item.STOCK, item.HELD))
    if party != found.source:
        raise Denied("C13.1", uri, party, found.source or "nobody: it was commissioned here")
    return Change(replace(found, status=item.IN_TRANSIT, destination=party, before=found.status,
                          returning=True))


def _leaving(scene: Scene, uri: str, before: Item | None, *,
             returning: bool) -> tuple[Item, str]:
    found, party = known(uri, before), scene.scan.party
    if party is None:
        raise Denied("C4.1", uri)
    if (found.status, found.destination, found.returning) == (item.IN_TRANSIT, party, returning):
        raise already(scene, uri)
    outermost(uri, found)
    held_by(scene, uri, found)
    if party == scene.party:  # custody would move from it to itself, and it would be the source
        raise Denied("C4.3", uri)
    destination = identity.organisation_of_party(scene.view, party)
    if destination is None or not destination.member:
        raise Denied("C4.2", party)
    return found, party


def cancel(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 5: by the shipper, while it was neither received nor refused."""
    found = known(uri, before)
    held_by(scene, uri, found)
    in_status(scene, uri, found, (item.IN_TRANSIT,))
    return Change(replace(found, status=found.before, destination=None, returning=False))


def receive(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 6: the signer is the named destination; custody moves here, only here."""
    found = known(uri, before)
    if found.custodian == scene.organisation.root and (
            found.status in (item.RECEIVED, item.RETURNED) or
            (found.status, found.held_from) == (item.HELD, item.RETURNED)):
        raise already(scene, uri)
    _in_transit_to(scene, uri, found)
    assert found.custodian is not None
    source = identity.require_organisation(scene.view, found.custodian).party
    return Change(replace(_arrived(found), custodian=scene.organisation.root,
                          place=scene.scan.place, destination=None, source=source,
                          returning=False))


def _arrived(found: Item) -> Item:
    """What left on hold is on hold, by the same person, until row 10; then it is a return."""
    if item.on_hold(found):
        return replace(found, status=item.HELD, held_from=item.RETURNED)
    return replace(found, status=item.RETURNED if found.returning else item.RECEIVED)


def refuse(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 7: the named destination does not take it; custody stays with the shipper.  A return
    that left on hold is so again, by the same person."""
    found = known(uri, before)
    if (found.status, found.destination) == (item.HELD, scene.party) and \
            found.held_from != item.IN_TRANSIT:
        raise already(scene, uri)
    _in_transit_to(scene, uri, found)
    return Change(replace(found, status=item.HELD, held_from=item.after_refusal(
        found.before, found.held_from)))


def _in_transit_to(scene: Scene, uri: str, found: Item) -> None:
    """What lies with another organisation may still be shipped by it, and what the signer has
    shipped may be back with it: such a scan waits (I9), for the outermost parent."""
    outer_uri, outer = item.top(scene.view, uri, found)
    own = outer.custodian == scene.organisation.root
    elsewhere = outer.status in (*OPEN, item.RETURNED) and not own
    back = outer.status == item.IN_TRANSIT and own and outer.destination != scene.party
    if elsewhere or back:
        raise Waits(outer_uri, "C6.2" if elsewhere else "C6.1", uri, outer.destination)
    outermost(uri, found)
    in_status(scene, uri, found, (item.IN_TRANSIT,))
    if found.destination != scene.party:
        raise Denied("C6.1", uri, found.destination)


def put_away(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 8; the event links the place's chain and the loggers that are there."""
    found = known(uri, before)
    outermost(uri, found)
    held_by(scene, uri, found)
    if found.status == item.STOCK and found.place == scene.scan.place:
        raise already(scene, uri)
    in_status(scene, uri, found, OPEN)
    links: Links = []
    place_uri = scene.scan.place
    if place_uri is not None:
        place = item.load(scene.view, place_uri) or item.unborn(place_uri)
        links = [item.place_link(place_uri, place), *logger_links(scene, place)]
    return Change(replace(found, status=item.STOCK, place=place_uri), links)


def verify_saleable(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 14: a return that may be sold again; else it is held."""
    found = known(uri, before)
    held_by(scene, uri, found)
    in_status(scene, uri, found, (item.RETURNED,))
    hindrance = next(chain(
        overlays.own(scene.view, uri, found, scene.now_ms),
        overlays.inside(scene.view, look_into(scene, uri, found), scene.now_ms)), None)
    if hindrance is not None:
        scene.find(uri, Denied("C14.1", uri, hindrance))
        return Change(replace(found, status=item.HELD, held_from=found.status, holder=None))
    return Change(replace(found, status=item.STOCK))
