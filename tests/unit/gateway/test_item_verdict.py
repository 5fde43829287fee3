"""What a verdict on an item says beside its outcome."""

from datetime import UTC

from edge_gateway import item_verdict
from edge_gateway.item_verdict import Asked
from ledger_client.wire import codes
from tests.unit.second_opinion_scenes import FRIDGE, ITEM, SYMBOL, Scene
from tests.world import LOGGER_GIAI, label

HOUR_MS = 3600 * 1000


def told(scene: Scene) -> tuple[str, ...]:
    judged, _ = item_verdict.judge(scene.world.engine, Asked(ITEM), UTC)
    assert judged.exposure.ended == "dispensed"
    return judged.lead


def warm(back_ms: int) -> Scene:
    """In a fridge that got warm; then dispensed, by a scanner whose clock is set back."""
    scene = Scene()
    scene.world.product()
    scene.commission(SYMBOL)
    scene.put_away(SYMBOL, FRIDGE)
    scene.world.block(scene.maker.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=SYMBOL))
    scene.measure(500)
    scene.pass_time(HOUR_MS)
    scene.measure(2500)
    scene.pass_time()
    scene.maker.now_ms -= back_ms
    scene.world.block(scene.maker.scan(codes.ACTION_DISPENSE, [SYMBOL], place=FRIDGE))
    return scene


def test_what_it_was_exposed_to_after_it_is_said_to_have_ended_is_told() -> None:
    (said,) = told(warm(back_ms=HOUR_MS // 2))
    assert "1 reading in between, outside the range" in said


def test_nothing_is_told_of_a_clock_that_is_right() -> None:
    assert told(warm(back_ms=0)) == ()
