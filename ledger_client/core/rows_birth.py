"""Rows 1 and 21: how an item comes into being (I1)."""

from dataclasses import replace

from ledger_client.core import item, overlays
from ledger_client.core.item import Item
from ledger_client.core.row_checks import Elements, already, born, name_of
from ledger_client.core.scene import Change, Denied, Scene
from ledger_client.wire import digital_link, gs1

_NO_THINGS = tuple(f"{digital_link.STEM}/{ai}/" for ai in ("414", "417"))  # places and parties


def commission(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 1: never seen before; the signer owns the prefix; a pack has lot and expiry to come.
    What a crate's label says of a lot is about its contents, which are told by packing."""
    values = dict(elements)
    found = born(before)
    if found is not None:
        same = found.custodian == scene.organisation.root and \
            (found.lot, found.expiry) == (values.get("10"), values.get("17"))
        raise already(scene, uri) if same else Denied("C1.1", uri)
    _owned(scene, uri)
    pack = "01" in values
    if pack:
        missing = gs1.missing_for_pack(elements)
        if missing:
            raise Denied("C1.3", uri, ", ".join(missing))
        if overlays.expired(values["17"], scene.now_ms):
            raise Denied("C1.4", uri, values["17"])
    return Change(replace(before or item.unborn(uri), status=item.ACTIVE,
                          custodian=scene.organisation.root, place=scene.scan.place,
                          lot=values["10"] if pack else None,
                          expiry=values["17"] if pack else None))


def allocate(scene: Scene, uri: str, elements: Elements, before: Item | None) -> Change:
    """Row 21: an identifier that is printed, and not yet a thing."""
    if before is not None and before.status == item.ENCODED:
        raise already(scene, uri)
    if born(before) is not None:
        raise Denied("C1.1", uri)
    _owned(scene, uri)
    return Change(replace(before or item.unborn(uri), status=item.ENCODED,
                          custodian=scene.organisation.root))


def _owned(scene: Scene, uri: str) -> None:
    if uri.startswith(_NO_THINGS):
        raise Denied("C0.11", uri, name_of(scene))
    if not gs1.gcp_owner(uri, scene.organisation.prefixes):
        raise Denied("C1.2", uri)
