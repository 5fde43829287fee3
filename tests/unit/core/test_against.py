"""What speaks against using an item: its own state, and that of what it is in, however deep."""

import pytest

from ledger_client.core import against, item, passport_verify
from ledger_client.wire import codes
from tests.unit.second_opinion_scenes import ITEM, PALLET, SYMBOL, Scene
from tests.world import CRATE, label


def told(scene: Scene) -> tuple[str, ...]:
    view = scene.world.engine.view()
    known = item.load(view, ITEM)
    assert known is not None
    return against.against(view, ITEM, known, scene.world.now_ms)


@pytest.mark.parametrize(("carrier", "action", "says"), [
    (CRATE, codes.ACTION_STOLEN, "reported stolen or lost"),
    (CRATE, codes.ACTION_QUARANTINE, "on hold"),
    (PALLET, codes.ACTION_STOLEN, "reported stolen or lost"),
    (PALLET, codes.ACTION_DISPENSE, "dispensed already"),
    (PALLET, codes.ACTION_DECOMMISSION, "decommissioned"),
    (PALLET, codes.ACTION_QUARANTINE, "on hold")])
def test_what_befalls_a_carrier_befalls_what_is_in_it(carrier: str, action: int,
                                                      says: str) -> None:
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE), label(PALLET))
    scene.pack(SYMBOL, into=CRATE)
    scene.pack(label(CRATE), into=PALLET)
    assert told(scene) == ()
    scene.scan(scene.maker, action, label(carrier))
    assert told(scene) == (f"{says} ({carrier}, which it is in)",)
    proven = passport_verify.verify(scene.passport(), None)
    assert tuple(against.outwards(proven.view, ITEM, proven.item, scene.world.now_ms)) == \
        told(scene)
