"""Two opinions on every passport: what one calls valid the other does, and they conclude alike."""

import random
from collections.abc import Callable, Iterator

import pytest

from ledger_client import second_opinion
from ledger_client.core import passport_verify, trust
from ledger_client.errors import VerificationFailed
from ledger_client.wire import cose
from tests.unit.crate_scenes import in_crate, single_unpack
from tests.unit.passport_mutations import changed, flipped, omissions, scrambled
from tests.unit.passport_scenes import SCENES
from tests.unit.second_opinion_scenes import (
    ITEM,
    OTHER_GIAI,
    PALLET,
    STEP_MS,
    Scene,
    opened,
    resigned,
    signed_anew,
)
from tests.world import CRATE

LIES = 12  # of each kind, a scene
MADE = {name: make() for name, make in SCENES.items()}
FILES = {name: scene.passport() for name, scene in MADE.items()}


def conclusions(scene: Scene, data: bytes) -> tuple[object, object]:
    """What both opinions come to; None: it is not valid."""
    trusted = scene.trust()
    second = second_opinion.judge(data, trusted)
    said = (second.item, second.fingerprint, second.as_of_ms, second.status, second.recalled,
            list(second.absent), list(second.tainted)) if second.valid else None
    try:
        first = passport_verify.verify(data, trust.decode(trusted))
    except VerificationFailed:
        return None, said
    return (first.passport.item, first.fingerprint, first.checkpoint.time_ms, first.item.status,
            first.recalled, first.absent, first.tainted), said


def revoked() -> Scene:
    """Scanner and logger were revoked before they signed all of it."""
    scene = single_unpack()
    for device in (scene.maker, scene.logger):
        scene.revoke(device, scene.world.now_ms - 6 * STEP_MS)
    return scene


def unheard() -> Scene:
    """Of one logger the ledger has nothing."""
    scene = in_crate()
    scene.attach(CRATE, OTHER_GIAI)
    return scene


@pytest.mark.parametrize("scene", [*MADE.values(), revoked(), unheard()],
                         ids=[*MADE, "revoked", "unheard"])
def test_both_conclude_the_same(scene: Scene) -> None:
    view = scene.world.engine.view()
    for uri in (ITEM, CRATE, PALLET):
        if view.read(b"item/" + uri.encode()) is not None:
            for evidence in (True, False):
                first, second = conclusions(scene, scene.passport(item=uri, evidence=evidence))
                assert first == second
                assert first is not None


def lies(name: str) -> Iterator[tuple[str, bytes]]:
    """(what was done, the file that the maker signed afterwards)."""
    data, scene, chance = FILES[name], MADE[name], random.Random(name)
    payload, content = cose.decode_sign1(data).payload, opened(data)
    for what, less in omissions(content):
        yield what, resigned(less, scene.world)
    others = [FILES[chance.choice(list(FILES))] for _ in range(LIES)]
    for number, other in enumerate(others):
        given = cose.decode_sign1(other).payload
        again = changed(content, opened(other), chance)
        kinds: dict[str, Callable[[], bytes]] = {
            "changed": lambda again=again: resigned(again, scene.world),  # type: ignore[misc]
            "scrambled": lambda given=given: signed_anew(  # type: ignore[misc]
                data, scrambled(payload, given, chance), scene),
            "flipped": lambda: flipped(data, chance.randrange(8 * len(data))),
            "payload flipped": lambda: signed_anew(
                data, flipped(payload, chance.randrange(8 * len(payload))), scene)}
        for kind, make in kinds.items():
            yield f"{kind} {number}", make()


@pytest.mark.parametrize("name", SCENES)
def test_no_lie_divides_them(name: str) -> None:
    for what, data in lies(name):
        first, second = conclusions(MADE[name], data)
        assert first == second, what
