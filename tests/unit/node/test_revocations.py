"""What rests on a revoked key: signed events, those of crates around, temperature, judgements."""

from collections.abc import Sequence

import pytest

from ledger_client.core import identity
from ledger_client.core.judgement import HOLD
from ledger_client.errors import UsageError
from ledger_client.node import revocations
from ledger_client.node.revocations import Doubtful
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes as c
from tests.circle import MAKER, PHARMACY, WHOLESALER, Circle
from tests.unit.logger_scenes import misdated
from tests.unit.second_opinion_scenes import FRIDGE, ITEM, MATE, PALLET, STEP_MS, SYMBOL, Scene
from tests.world import CRATE, LOGGER_GIAI, World, pack

MATE_ITEM = pack("S002")


def doubtful(world: World, key: SoftwareSigner, since: object, by: SoftwareSigner,
             looked: list[int] | None = None) -> Doubtful:
    """Revoke a key; what rests on it."""
    world.register(world.state("revoke", by, identity.statement_subject(key.public_key),
                               [1, key.kid, since, 1]))
    looked = [] if looked is None else looked
    return revocations.doubtful(world.engine, key.thumbprint, looked.append)


def items(found: Doubtful) -> list[str]:
    return [one.item for one in found.items]


def says(found: Doubtful, uri: str) -> Sequence[tuple[str, int | None]]:
    (one,) = [one for one in found.items if one.item == uri]
    return [(touch.where, touch.action) for touch in one.touches]


def test_who_left_the_crate_before_is_not_named() -> None:
    circle = Circle().found()
    circle.commissioned(ITEM, MATE_ITEM, CRATE, PALLET)
    circle.done(MAKER, c.ACTION_PACK, ITEM, MATE_ITEM, parent=CRATE)
    circle.done(MAKER, c.ACTION_UNPACK, ITEM, parent=CRATE)
    circle.done(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
    circle.wait(60_000)
    circle.delivered(PALLET, to=WHOLESALER)
    looked: list[int] = []
    found = doubtful(circle, circle.scanners[WHOLESALER].signer, 0, circle.keys[WHOLESALER][0],
                     looked)
    assert items(found) == [CRATE, PALLET, MATE_ITEM]
    assert says(found, MATE_ITEM) == [(PALLET, c.ACTION_RECEIVE)]
    assert found.statements == []
    assert looked == [1, 2, 3, 4]  # the pack that had left was looked at


def test_what_had_no_effect_is_not_named() -> None:
    circle = Circle().found()
    circle.commissioned(ITEM)
    circle.denied("C0.4", PHARMACY, c.ACTION_QUARANTINE, ITEM)
    assert items(doubtful(circle, circle.scanners[PHARMACY].signer, 0,
                          circle.keys[PHARMACY][0])) == []


def test_what_a_record_of_before_names_is_no_thiefs() -> None:
    circle = Circle().found()
    circle.commissioned(ITEM, MATE_ITEM)
    first = circle.record(MAKER, c.ACTION_PUT_AWAY, [ITEM])
    second = circle.record(MAKER, c.ACTION_PUT_AWAY, [MATE_ITEM])
    circle.seal(second)
    late = circle.block(first)
    assert circle.status(ITEM) == circle.status(MATE_ITEM) == "in stock"
    found = doubtful(circle, circle.scanners[MAKER].signer, late.entry_hash,
                     circle.keys[MAKER][0])
    assert items(found) == []


class TestLogger:
    def scene(self) -> Scene:
        """One pack leaves the fridge before the tainted readings, one comes."""
        scene = Scene()
        scene.commission(SYMBOL, MATE)
        scene.measure(500)
        scene.attach(FRIDGE)
        scene.put_away(SYMBOL, FRIDGE)
        scene.measure(510)
        scene.scan(scene.maker, c.ACTION_DISPENSE, SYMBOL)
        scene.pass_time(600_000)
        scene.put_away(MATE, FRIDGE)
        return scene

    def test_temperatures_of_who_was_there_then(self) -> None:
        scene = self.scene()
        since = scene.world.now_ms
        scene.measure(900)
        found = doubtful(scene.world, scene.logger.signer, since, scene.world.maker[0])
        assert items(found) == [MATE_ITEM, FRIDGE]
        assert says(found, MATE_ITEM) == [(LOGGER_GIAI, None)]

    def test_without_a_time_of_day_it_can_be_anybody(self) -> None:
        scene = self.scene()
        since = scene.world.now_ms
        scene.logger.source = c.SOURCE_NONE
        scene.measure(900)
        found = doubtful(scene.world, scene.logger.signer, since, scene.world.maker[0])
        assert items(found) == [ITEM, MATE_ITEM, FRIDGE]

    def test_a_clock_ahead_clears_nobody(self) -> None:
        scene = self.scene()
        since = scene.world.now_ms
        misdated(scene, 10 * STEP_MS, lambda: scene.logger.measure([900]))
        scene.measure(900)
        scene.scan(scene.maker, c.ACTION_DISPENSE, MATE)
        found = doubtful(scene.world, scene.logger.signer, since, scene.world.maker[0])
        assert items(found) == [MATE_ITEM, FRIDGE]

    def test_readings_registered_before_stand(self) -> None:
        scene = self.scene()
        found = doubtful(scene.world, scene.logger.signer, scene.world.now_ms + 1,
                         scene.world.maker[0])
        assert items(found) == []


def test_a_persons_hold_and_the_capture_of_a_key() -> None:
    circle = Circle().found()
    circle.commissioned(ITEM, MATE_ITEM)
    person = circle.person(MAKER, "quality assurance")
    assert circle.judge(person, circle.hold_about(ITEM), HOLD, None) is None
    found = doubtful(circle, person, 0, circle.keys[MAKER][0])
    assert says(found, ITEM) == [(ITEM, c.ACTION_QUARANTINE)]
    assert [(one.kind, one.subject) for one in found.statements] == [("judgement", "judgement")]


def test_a_gateway_sealed_blocks_and_vouches_for_nothing_in_them() -> None:
    circle = Circle().found()
    circle.commissioned(ITEM)
    found = doubtful(circle, circle.gateway.signer, 0, circle.keys[MAKER][0])
    assert (items(found), [one.kind for one in found.statements]) == ([], ["block"])


def test_only_of_a_revoked_key() -> None:
    world = World().found()
    with pytest.raises(UsageError, match="is not revoked"):
        revocations.doubtful(world.engine, world.maker[0].thumbprint)
