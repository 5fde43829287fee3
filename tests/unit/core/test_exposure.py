"""How long an item's temperature is its storage: from its beginning to its end."""

from dataclasses import replace

import pytest

from ledger_client.core import exposure, identity, passport_verify
from ledger_client.core.judgement import APPROVED, UNDO
from ledger_client.core.storage_values import Exposure
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes
from tests.unit.crate_scenes import in_crate, shift
from tests.unit.second_opinion_scenes import FRIDGE, ITEM, PALLET, SYMBOL, Scene
from tests.world import CRATE, LOGGER_GIAI, label

DAY_MS = 24 * 3600 * 1000


def of(scene: Scene) -> Exposure:
    return exposure.exposure(LedgerSource(scene.world.engine), ITEM, scene.world.now_ms)


def in_fridge() -> Scene:
    """With a logger on the pack itself, which goes on."""
    scene = Scene()
    scene.world.product()
    scene.commission(SYMBOL)
    scene.pass_time()
    scene.world.block(scene.maker.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=SYMBOL))
    scene.measure(500)
    scene.put_away(SYMBOL, FRIDGE)
    return scene


@pytest.mark.parametrize(("action", "word"), [(codes.ACTION_DISPENSE, "dispensed"),
                                              (codes.ACTION_DECOMMISSION, "decommissioned")])
def test_it_ends_when_the_item_is_given_out(action: int, word: str) -> None:
    scene = in_fridge()
    assert of(scene).ended is None
    scene.scan(scene.maker, action, SYMBOL, place=FRIDGE)
    ended_ms = scene.world.now_ms
    scene.pass_time(DAY_MS)
    scene.measure(2500)
    found = of(scene)
    assert (found.ended, found.to_ms) == (word, ended_ms)
    assert [one.value_cdeg for segment in found.segments for one in segment.readings] == [500]


def test_it_goes_on_when_that_is_undone() -> None:
    scene = in_fridge()
    scene.scan(scene.maker, codes.ACTION_DISPENSE, SYMBOL, place=FRIDGE)
    block = scene.world.block(scene.unsent(scene.maker, codes.ACTION_UNDO, SYMBOL, place=FRIDGE))
    assert of(scene).ended == "dispensed"
    person = scene.world.enrol(
        codes.ROLE_PERSON, "takes back", scene.world.maker,
        [[identity.PERSON_ROLES["responsible person"]], bytes(32)])
    scene.world.register(scene.world.state("judgement", person, "judgement", [
        1, [block.entry_hash, 0, "C20.1"], UNDO, APPROVED, None, None, None]))
    found = of(scene)
    assert (found.ended, found.to_ms) == (None, scene.world.now_ms)


def test_it_ends_with_the_case_that_it_is_in() -> None:
    scene = in_crate()
    scene.scan(scene.maker, codes.ACTION_DISPENSE, label(CRATE))
    ended_ms = scene.world.now_ms
    scene.pass_time(DAY_MS)
    found = of(scene)
    assert (found.ended, found.to_ms) == ("dispensed", ended_ms)


def test_a_ledger_and_a_passport_agree_on_the_end() -> None:
    scene = shift()
    scene.pass_time(DAY_MS)
    proven = passport_verify.verify(scene.passport(), None).source
    found = exposure.exposure(proven, ITEM, scene.world.now_ms)
    assert found == replace(of(scene), segments=found.segments)
    assert (found.ended, [len(one.readings) for one in found.segments]) == \
        ("dispensed", [len(one.readings) for one in of(scene).segments])


def test_what_becomes_of_a_pallet_that_it_has_left_is_not_its_end() -> None:
    """Nothing inside the crate's part says when the crate itself left the pallet."""
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE), label(PALLET))
    scene.pack(SYMBOL, into=CRATE)
    scene.pack(label(CRATE), into=PALLET)
    scene.unpack(SYMBOL, of=CRATE)
    scene.scan(scene.maker, codes.ACTION_DISPENSE, label(PALLET))
    assert of(scene).ended is None


def test_what_it_is_in_ends_it() -> None:
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE), label(PALLET))
    scene.pack(SYMBOL, into=CRATE)
    scene.pack(label(CRATE), into=PALLET)
    scene.scan(scene.maker, codes.ACTION_DISPENSE, label(PALLET))
    assert of(scene).ended == "dispensed"
