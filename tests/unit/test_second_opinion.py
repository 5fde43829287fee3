"""The second opinion on passports: honest ones, damaged ones, and what a lying maker leaves out."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ledger_client.core import item, state
from ledger_client.core.passport import Chain, Passport, StatePair
from ledger_client.core.trust import Trust
from ledger_client.second_opinion import Opinion, judge, words
from ledger_client.wire import cbor, codes, cose
from tests.unit import crate_scenes as scenes
from tests.unit.passport_lies import LIES
from tests.unit.passport_mutations import flipped, omissions, put, without
from tests.unit.passport_scenes import SCENES
from tests.unit.second_opinion_scenes import (
    ITEM,
    LOT,
    OTHER_GIAI,
    PALLET,
    PARTS,
    SYMBOL,
    WITNESS,
    Scene,
    opened,
    pack_of,
    resigned,
    signed_anew,
)
from tests.world import CRATE, LOGGER_GIAI, label, signer

FLIPS = 40  # a scene; each costs a few milliseconds
MADE = {name: make() for name, make in SCENES.items()}
RECALLED = ("recalled_pallet", "out_of_recalled_pallet", "out_of_recalled_crate")
FILES = {name: scene.passport() for name, scene in MADE.items()}
OPTIONAL = {"verdict", "records"}  # without which there is less to say, and it holds
STATED = {PARTS["parties"], PARTS["verdict"]}


def opinion_on(scene: Scene, content: Passport) -> Opinion:
    """Of what the maker, as the attacker, signs."""
    return judge(resigned(content, scene.world), scene.trust())


@pytest.mark.parametrize("name", SCENES)
def test_an_honest_passport_is_valid(name: str) -> None:
    scene, data = MADE[name], FILES[name]
    trust = scene.trust()
    opinion = judge(data, trust)
    assert (opinion.valid, opinion.field, opinion.detail) == (True, "", "")
    assert opinion.item == ITEM
    signed = scene.world.engine.checkpoint()
    assert signed is not None
    assert opinion.as_of_ms == signed.time_ms
    assert opinion.fingerprint == Trust(
        "Circle", scene.world.ledger, scene.world.ledger_signer.public_key,
        ((WITNESS.public_key, 1),), 0).fingerprint()
    assert opinion.absent == ()
    assert opinion.recalled is (name in RECALLED)
    assert opinion.verdict == ("RELEASE", 5, 1_780_000_000_000)
    assert judge(data, None) == replace(opinion, fingerprint=None)


def test_a_crate_has_a_passport_too() -> None:
    scene = MADE["pallet"]
    opinion = judge(scene.passport(item=CRATE), scene.trust())
    assert (opinion.valid, opinion.item, opinion.recalled) == (True, CRATE, None)


def test_absent_evidence_is_named() -> None:
    scene = MADE["shift"]
    opinion = judge(scene.passport(evidence=False), scene.trust())
    assert opinion.valid
    assert opinion.absent == ("device records of 9 events", f"telemetry of {LOGGER_GIAI}")


def test_what_was_signed_after_a_revocation_is_named() -> None:
    assert judge(FILES["revoked"], MADE["revoked"].trust()).tainted == ()
    scene = scenes.single_unpack()
    packed_ms = next(told.unix_ms for told in judge(scene.passport(), scene.trust()).told
                     if told.action == codes.ACTION_PACK)
    scene.revoke(scene.maker, packed_ms)
    scene.revoke(scene.logger, packed_ms)
    opinion = judge(scene.passport(), scene.trust())
    assert opinion.valid
    assert [what for what, _ in opinion.tainted] == [
        f"{ITEM} event 1", f"{ITEM} event 2", f"{CRATE} event 1", f"telemetry of {LOGGER_GIAI}"]
    packed = next(told for told in opinion.told if told.action == codes.ACTION_PACK)
    assert {since for _, since in opinion.tainted} == {packed.entry}
    said = list(words.lines(opinion))
    assert (f"! {ITEM} event 1 rests on a key that its owner declared not to be believed from "
            f"entry {packed.entry} on") in said


@pytest.mark.parametrize("symbol", [SYMBOL, LOT], ids=["pack", "lot"])
def test_a_recall_is_told(symbol: list[object]) -> None:
    scene = scenes.single_unpack()
    scene.recall(symbol)
    opinion = judge(scene.passport(), scene.trust())
    assert (opinion.valid, opinion.recalled) == (True, True)


def test_the_proof_of_a_carrier_around_is_due() -> None:
    content = opened(FILES["recalled_pallet"])
    key = b"item/" + PALLET.encode()
    proofs = tuple(pair for pair in content.proofs if pair.key != key)
    assert len(proofs) == len(content.proofs) - 1
    opinion = judge(resigned(replace(content, proofs=proofs), MADE["recalled_pallet"].world), None)
    assert (opinion.valid, opinion.field) == (False, "proofs")


def test_it_tells_the_way_by_time() -> None:
    opinion = judge(FILES["single_unpack"], None)
    assert [(told.action, told.item) for told in opinion.told] == [
        (codes.ACTION_COMMISSION, ITEM), (codes.ACTION_PACK, ITEM), (codes.ACTION_ATTACH, CRATE),
        (codes.ACTION_UNPACK, ITEM)]
    assert opinion.names == ("Maker",)
    assert {told.name for told in opinion.told} == {"Maker"}
    assert [link.other for told in opinion.told for link in told.links] == [
        CRATE, LOGGER_GIAI, CRATE]


@pytest.mark.parametrize(("name", "status"), [
    ("shift", item.DISPENSED), ("open_crate", item.PACKED), ("crate_reused", item.ACTIVE),
    ("open_pallet", item.PACKED), ("same_crate_again", item.PACKED),
    ("second_place", item.DISPENSED), ("still_in_fridge", item.STOCK)])
def test_what_an_unpacked_crate_left_behind_is_not_packed(name: str, status: int) -> None:
    assert judge(FILES[name], None).status == status


@pytest.mark.parametrize("name", SCENES)
def test_no_bit_may_flip(name: str) -> None:
    data, chance = FILES[name], random.Random(name)
    for bit in chance.sample(range(8 * len(data)), FLIPS):
        opinion = judge(flipped(data, bit), MADE[name].trust())
        assert not opinion.valid, bit
        assert opinion.field


@pytest.mark.parametrize("name", SCENES)
def test_no_bit_may_flip_before_the_maker_signs(name: str) -> None:
    """But in what is only stated."""
    data, chance = FILES[name], random.Random(name)
    payload = cose.decode_sign1(data).payload
    honest = cbor.decode(payload, utf8=True)
    assert isinstance(honest, dict)
    for bit in chance.sample(range(8 * len(payload)), FLIPS):
        changed = flipped(payload, bit)
        if judge(signed_anew(data, changed, MADE[name]), MADE[name].trust()).valid:
            after = cbor.decode(changed, utf8=True)
            assert isinstance(after, dict)
            assert {key for key in after if after[key] != honest[key]} <= STATED, bit


@pytest.mark.parametrize("field", PARTS)
def test_no_field_may_be_missing_or_of_another_type(field: str) -> None:
    scene, data = MADE["shift"], FILES["shift"]
    content = cbor.decode(cose.decode_sign1(data).payload, utf8=True)
    assert isinstance(content, dict)
    rest = {key: value for key, value in content.items() if key != PARTS[field]}
    values: tuple[object, ...] = (True, 7, "x", b"x", [], [7], {})
    for changed in (rest, *({**rest, PARTS[field]: value} for value in values)):
        assert not judge(signed_anew(data, cbor.encode(changed, utf8=True), scene), None).valid \
            or (changed == rest and (field not in opened_parts(data) or field in OPTIONAL))


def opened_parts(data: bytes) -> set[str]:
    """Parts that are in a file."""
    content = cbor.decode(cose.decode_sign1(data).payload, utf8=True)
    assert isinstance(content, dict)
    return {name for name, key in PARTS.items() if key in content}


@pytest.mark.parametrize("value", [[], [[True, 0]], [["Maker", "https://id.gs1.org/417/1", [0, 0]]],
                                   [["Maker", "https://id.gs1.org/417/1", [99]]]])
def test_every_signer_is_one_partys(value: list[object]) -> None:
    scene, data = MADE["shift"], FILES["shift"]
    content = cbor.decode(cose.decode_sign1(data).payload, utf8=True)
    assert isinstance(content, dict)
    changed = cbor.encode({**content, PARTS["parties"]: value}, utf8=True)
    opinion = judge(signed_anew(data, changed, scene), None)
    assert (opinion.valid, opinion.field[:7]) == (False, "parties")


@pytest.mark.parametrize("name", SCENES)
def test_nothing_that_is_due_may_be_left_out(name: str) -> None:
    for what, content in omissions(opened(FILES[name])):
        opinion = opinion_on(MADE[name], content)
        assert not opinion.valid, what
        assert opinion.field


def test_the_recall_proof_is_due() -> None:
    content = opened(FILES["shift"])
    proofs = tuple(pair for pair in content.proofs if not pair.key.startswith(b"recall/"))
    opinion = opinion_on(MADE["shift"], replace(content, proofs=proofs))
    assert (opinion.valid, opinion.field) == (False, "proofs")
    assert "recall/09506000134352/LOT42A" in opinion.detail


def test_a_device_record_left_out_is_named() -> None:
    content = opened(FILES["open_crate"])
    for number in range(len(content.records)):
        left = replace(content, records=without(content.records, number))
        opinion = opinion_on(MADE["open_crate"], left)
        assert opinion.valid
        assert opinion.absent == ("device records of 1 events",)


def additions(content: Passport, scene: Scene) -> Iterator[tuple[str, Passport]]:
    """(field, the passport with something that nothing in it asks for, or twice)."""
    other = opened(FILES["shift"])
    mate = pack_of(scene, "S002")
    genesis = StatePair(b"genesis", *scene.world.engine.prover().prove(b"genesis"))
    yield "proofs", replace(content, proofs=(*content.proofs, content.proofs[0]))
    yield "chains", replace(content, chains=(*content.chains, content.chains[0]))
    yield "keys", replace(content, keys=(*content.keys, content.keys[0]))
    yield "records", replace(content, records=(*content.records, content.records[0]))
    yield "telemetry", replace(content, telemetry=(*content.telemetry, content.telemetry[0]))
    yield "proofs", replace(content, proofs=(*content.proofs, genesis))
    yield "chains", replace(content, chains=(*content.chains, mate.chains[0]))
    yield "records", replace(content, records=(*content.records, other.records[0]))
    yield "keys", replace(content, keys=(*content.keys, signer("nobody").public_key))
    yield "telemetry", replace(content, telemetry=(*content.telemetry, other.telemetry[0]))
    yield "chains", replace(content, chains=(*content.chains, Chain(CRATE, 7, bytes(32), ())))
    yield "revoked", replace(content, revoked=[*content.revoked, (bytes(8), 1)])
    yield "cosignatures", replace(content, cosignatures=(b"none",))
    yield "signers", content


@pytest.mark.parametrize("name", ["single_unpack", "open_crate", "pallet"])
def test_nothing_superfluous(name: str) -> None:
    scene = MADE[name]
    for field, content in additions(opened(FILES[name]), scene):
        data = resigned(content, scene.world)
        if field == "signers":
            value = cbor.decode(cose.decode_sign1(data).payload, utf8=True)
            assert isinstance(value, dict)
            value[PARTS["signers"]] = [*value[PARTS["signers"]], b"\xff" * 32]
            data = signed_anew(data, cbor.encode(value, utf8=True), scene)
        opinion = judge(data, scene.trust())
        assert not opinion.valid, field
        assert opinion.field.startswith(field), opinion.detail


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_named(name: str) -> None:
    make, field = LIES[name]
    scene, content = make()
    opinion = judge(resigned(content, scene.world), None)
    assert not opinion.valid
    assert opinion.field.startswith(field), opinion.detail


def test_one_scan_of_two_items_is_two_events() -> None:
    scene = scenes.open_crate()
    scene.scan(scene.maker, codes.ACTION_CANCEL, label(CRATE))
    scene.scan(scene.maker, codes.ACTION_QUARANTINE, SYMBOL, label(CRATE))
    opinion = judge(scene.passport(evidence=False), None)
    assert opinion.absent[0] == "device records of 7 events"


def test_a_logger_of_which_there_is_nothing_is_named() -> None:
    scene = scenes.in_crate()
    scene.attach(CRATE, OTHER_GIAI)
    opinion = judge(scene.passport(), scene.trust())
    assert opinion.valid
    assert opinion.absent == (f"telemetry of {OTHER_GIAI}",)


def test_the_proven_head_of_an_epoch_proves_its_last_record() -> None:
    content = opened(FILES["gaps"])
    for number, run in enumerate(content.telemetry):
        by_paths = state.record_key(run.thumbprint, run.epoch, run.last)
        by_head = replace(content, telemetry=put(content.telemetry, number, replace(run, end=None)),
                          proofs=tuple(one for one in content.proofs if one.key != by_paths))
        newest = number in (1, 3)  # of epoch 1, of epoch 2
        assert opinion_on(MADE["gaps"], by_head).valid is newest
