"""Passports judged by the first opinion: honest ones hold; whatever is left out, added or changed
is named, also when the maker is the attacker and signs the result."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger_client.core import item, passport, passport_verify, state, statement, trust
from ledger_client.core.passport import Passport
from ledger_client.core.passport_verify import Verified
from ledger_client.errors import VerificationFailed
from ledger_client.second_opinion import judge
from ledger_client.wire import codes
from tests.unit.crate_scenes import open_crate, single_unpack
from tests.unit.logger_scenes import anew, late_by_turns
from tests.unit.passport_lies import LIES
from tests.unit.passport_mutations import omissions
from tests.unit.passport_scenes import SCENES
from tests.unit.second_opinion_scenes import (
    FRIDGE,
    ITEM,
    PARTS,
    STEP_MS,
    SYMBOL,
    Scene,
    opened,
    resigned,
)
from tests.world import CRATE, LOGGER_GIAI, label

MADE: dict[str, Scene] = {name: make() for name, make in SCENES.items()}
FILES: dict[str, bytes] = {name: scene.passport() for name, scene in MADE.items()}
FLIPS = 120  # a scene


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


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_named(name: str) -> None:
    make, field = LIES[name]
    scene, content = make()
    with pytest.raises(VerificationFailed) as failed:
        passport_verify.verify(resigned(content, scene.world), None)
    assert failed.value.field.startswith(field), failed.value


def test_signers_are_those_of_the_events() -> None:
    scene, data = MADE["shift"], FILES["shift"]
    content = statement.parse(data, passport.PASSPORT_BYTES).content()
    assert isinstance(content, dict)
    signers = content[PARTS["signers"]]
    for changed in ([*signers, b"\xff" * 32], [*signers, signers[0]]):
        again = statement.build("passport", scene.world.maker[1], subject=ITEM, issued_s=1,
                                content={**content, PARTS["signers"]: changed},
                                ledger=scene.world.ledger)
        with pytest.raises(VerificationFailed) as failed:
            verified(scene, again)
        assert failed.value.field == "signers"


@pytest.mark.parametrize(("name", "status"), [
    ("crate_reused", item.ACTIVE), ("off_the_pallet", item.ACTIVE), ("open_crate", item.PACKED)])
def test_what_an_unpacked_crate_left_behind_is_not_packed(name: str, status: int) -> None:
    assert verified(MADE[name], FILES[name]).item.status == status


@pytest.mark.parametrize("name", ["shipment_cancelled", "crate_from_fridge"])
def test_leaving_a_place_is_no_arrival_there(name: str) -> None:
    """What happens there later is nobody's business here."""
    assert not any(pair.key == state.item_key(FRIDGE) for pair in opened(FILES[name]).proofs)


def test_a_gap_before_a_late_scan_hides_nothing_before_it() -> None:
    runs = opened(FILES["late_attach"]).telemetry
    assert [(run.first, run.last) for run in runs] == [(2, 4), (6, 9)]


def test_telemetry_of_a_revoked_logger_is_named() -> None:
    scene = single_unpack()
    scene.revoke(scene.logger, scene.world.now_ms - 5 * STEP_MS)
    tainted = verified(scene, scene.passport()).tainted
    assert [what for what, _ in tainted] == [f"telemetry of {LOGGER_GIAI}"]


@pytest.mark.parametrize(("make", "most"), [(anew, codes.EPOCHS), (late_by_turns, codes.GAPS)],
                         ids=["EPOCHS", "GAPS"])
def test_telemetry_that_nobody_could_follow_is_left_out(make: Callable[[int], Scene],
                                                        most: int) -> None:
    """The maker says so, and so does the passport; what else is in it stays."""
    whole = make(most)
    assert verified(whole, whole.passport()).absent == []
    scene = make(most + 1)
    data, (left_out,) = scene.made()
    assert left_out.startswith(f"telemetry of {LOGGER_GIAI}: ")
    assert verified(scene, data).absent == [f"telemetry of {LOGGER_GIAI}"]
    assert {run.thumbprint for run in opened(data).telemetry} == {
        run.thumbprint for run in opened(whole.passport()).telemetry
    } - {scene.logger.signer.thumbprint}


def test_one_scan_of_two_items_is_two_events() -> None:
    scene = open_crate()
    scene.scan(scene.maker, codes.ACTION_CANCEL, label(CRATE))
    scene.scan(scene.maker, codes.ACTION_QUARANTINE, SYMBOL, label(CRATE))
    assert verified(scene, scene.passport(evidence=False)).absent[0] == "device records of 7 events"


def test_a_recall_is_found_out() -> None:
    scene = single_unpack()
    assert verified(scene, scene.passport()).recalled is False
    scene.recall(SYMBOL)
    found = verified(scene, scene.passport())
    assert (found.recalled, judge(scene.passport(), scene.trust()).recalled) == (True, True)
