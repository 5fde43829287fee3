"""Passports judged by the first opinion: honest ones hold; whatever is left out, added or changed
is named, also when the maker is the attacker and signs the result."""

import random
from dataclasses import replace

import pytest

from ledger_client.core import passport_verify, trust
from ledger_client.core.passport import Passport
from ledger_client.core.passport_verify import Verified
from ledger_client.errors import VerificationFailed
from tests.unit.passport_mutations import omissions
from tests.unit.second_opinion_scenes import SCENES, Scene, opened, resigned

MADE: dict[str, Scene] = {name: make() for name, make in SCENES.items()}
FILES: dict[str, bytes] = {name: scene.passport() for name, scene in MADE.items()}
FLIPS = 120  # a scene
ONLY_STATED = {"parties", "verdict"}  # the maker's word; its signature covers it


def verified(scene: Scene, data: bytes) -> Verified:
    return passport_verify.verify(data, trust.decode(scene.trust()))


def refused(scene: Scene, content: Passport) -> VerificationFailed | None:
    """What is wrong with a content that its maker signs; None when nothing is."""
    try:
        verified(scene, resigned(content, scene.world))
    except VerificationFailed as error:
        return error
    return None


@pytest.mark.parametrize("name", SCENES)
def test_an_honest_passport_holds(name: str) -> None:
    found = verified(MADE[name], FILES[name])
    assert found.fingerprint is not None
    assert found.absent == []


@pytest.mark.parametrize("name", SCENES)
def test_without_a_trust_file_it_is_self_consistent_only(name: str) -> None:
    assert passport_verify.verify(FILES[name], None).fingerprint is None


@pytest.mark.parametrize("name", SCENES)
def test_a_flipped_bit_is_named(name: str) -> None:
    draw = random.Random(name)
    data = FILES[name]
    for _ in range(FLIPS):
        bit = draw.randrange(8 * len(data))
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationFailed) as failed:
            verified(MADE[name], bytes(changed))
        assert failed.value.field


@pytest.mark.parametrize("name", SCENES)
def test_nothing_that_is_due_may_be_left_out(name: str) -> None:
    scene = MADE[name]
    content = opened(FILES[name])
    assert refused(scene, content) is None
    for what, less in omissions(content):
        assert refused(scene, less) is not None, what


@pytest.mark.parametrize("name", SCENES)
def test_nothing_may_stand_there_twice_or_unasked(name: str) -> None:
    scene = MADE[name]
    content = opened(FILES[name])
    doubled = [replace(content, records=(*content.records, content.records[0])),
               replace(content, keys=(*content.keys, content.keys[0])),
               replace(content, chains=(*content.chains, content.chains[0])),
               replace(content, proofs=(*content.proofs, content.proofs[0])),
               replace(content, cosignatures=(b"junk",))]
    if content.telemetry:
        doubled.append(replace(content, telemetry=(*content.telemetry, content.telemetry[0])))
    for more in doubled:
        assert refused(scene, more) is not None


def test_a_passport_of_another_ledger_is_refused() -> None:
    first, *_ = MADE.values()
    other = trust.decode(first.trust())
    foreign = replace(other, ledger=bytes(32))
    with pytest.raises(VerificationFailed, match="another ledger"):
        passport_verify.verify(FILES[next(iter(MADE))], foreign)
