"""The second opinion on passports: honest ones, damaged ones, and what a lying maker leaves out."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from ledger_client.core import state
from ledger_client.core.passport import Chain, Passport, StatePair
from ledger_client.core.trust import Trust
from ledger_client.second_opinion import Opinion, judge
from ledger_client.wire import cbor, codes, cose
from tests.unit import second_opinion_scenes as scenes
from tests.unit.second_opinion_scenes import ITEM, SCENES, WITNESS, Scene, opened, resigned
from tests.world import CRATE, LOGGER_GIAI, PHARMACY_PARTY, label, signer

FLIPS = 60  # a scene; each costs a few milliseconds
MADE = {name: make() for name, make in SCENES.items()}
FILES = {name: scene.passport() for name, scene in MADE.items()}
STATED = {"parties", "verdict"}


Part = TypeVar("Part")


def without(values: tuple[Part, ...], number: int) -> tuple[Part, ...]:
    return values[:number] + values[number + 1:]


def opinion_on(scene: Scene, content: Passport) -> Opinion:
    """Of what the maker, as the attacker, signs."""
    return judge(resigned(content, scene.world), scene.trust())


def signed_anew(data: bytes, payload: bytes, scene: Scene) -> bytes:
    """The file with another payload, signed by its maker."""
    protected = cose.decode_sign1(data).protected
    digest = cose.digest(protected, b"", payload)
    return cose.encode_sign1(protected, payload, scene.world.maker[1].sign(digest))


def flipped(data: bytes, bit: int) -> bytes:
    return data[:bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1:]


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
    assert opinion.recalled is False
    assert opinion.stated == ("parties", "verdict")
    assert judge(data, None) == replace(opinion, fingerprint=None)


def test_a_crate_has_a_passport_too() -> None:
    scene = MADE["pallet"]
    opinion = judge(scene.passport(item=CRATE), scene.trust())
    assert (opinion.valid, opinion.item, opinion.recalled) == (True, CRATE, None)


def test_absent_evidence_is_named() -> None:
    scene = MADE["shift"]
    opinion = judge(scene.passport(evidence=False), scene.trust())
    assert opinion.valid
    assert opinion.absent == (
        *[f"record of event {number} of {ITEM}" for number in range(4)],
        *[f"record of event {number} of {CRATE}" for number in range(1, 6)],
        f"telemetry of {LOGGER_GIAI} after epoch 1 seq 2", "product 09506000134352")


def test_a_revoked_signer_is_named() -> None:
    kid = MADE["revoked"].maker.signer.kid
    opinion = judge(FILES["revoked"], MADE["revoked"].trust())
    assert [text.split()[0] for text in opinion.revoked] == [kid.hex()]
    assert judge(FILES["shift"], None).revoked == ()


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


@pytest.mark.parametrize("field", sorted(
    {"version", "item", "ledger", "ledger_key", "checkpoint", "cosignatures", "revoked", "proofs",
     "signers", "chains", "maker_key", "keys", "records", "telemetry"} | STATED))
def test_no_field_may_be_missing_or_of_another_type(field: str) -> None:
    scene, data = MADE["shift"], FILES["shift"]
    content = cbor.decode(cose.decode_sign1(data).payload, utf8=True)
    assert isinstance(content, dict)
    rest = {key: value for key, value in content.items() if key != field}
    values: tuple[object, ...] = (True, 7, "x", b"x", [7], {})
    for changed in (rest, *({**rest, field: value} for value in values)):
        assert not judge(signed_anew(data, cbor.encode(changed, utf8=True), scene), None).valid \
            or (field == "verdict" and changed.get(field) == [7])


def omissions(content: Passport) -> Iterator[tuple[str, Passport]]:
    """(field that must be named, the passport without one thing that may not be left out)."""
    for number, chain in enumerate(content.chains):
        def put(changed: Chain, number: int = number) -> Passport:
            chains = list(content.chains)
            chains[number] = changed
            return replace(content, chains=tuple(chains))

        for at in range(len(chain.events)):
            yield "chains", put(replace(chain, events=without(chain.events, at)))
        head = state.next_head(chain.head, chain.events[0].encode())
        yield "chains", put(replace(chain, first=chain.first + 1, head=head,
                                    events=chain.events[1:]))
        yield "chains", replace(content, chains=without(content.chains, number))
    for number, pair in enumerate(content.proofs):
        if not pair.key.startswith((b"product/", b"profile/")):  # evidence: named when absent
            yield "", replace(content, proofs=without(content.proofs, number))
    for number, part in enumerate(content.telemetry):
        for at in range(len(part.records)):
            records = without(part.records, at)
            for first in (part.first, part.first + 1):
                parts = list(content.telemetry)
                parts[number] = replace(part, first=first, records=records)
                yield "telemetry", replace(content, telemetry=tuple(parts))


@pytest.mark.parametrize("name", SCENES)
def test_nothing_that_is_due_may_be_left_out(name: str) -> None:
    for field, content in omissions(opened(FILES[name])):
        opinion = opinion_on(MADE[name], content)
        assert not opinion.valid
        assert opinion.field.startswith(field), opinion.detail


def test_the_recall_proof_is_due() -> None:
    content = opened(FILES["shift"])
    proofs = tuple(pair for pair in content.proofs if not pair.key.startswith(b"recall/"))
    opinion = opinion_on(MADE["shift"], replace(content, proofs=proofs))
    assert (opinion.valid, opinion.field) == (False, "proofs")
    assert "recall/09506000134352/LOT42A" in opinion.detail


@pytest.mark.parametrize("name", ["gaps", "epochs"])
def test_an_epoch_in_the_way_may_not_be_left_out(name: str) -> None:
    content = opened(FILES[name])
    for number in range(len(content.telemetry)):
        left = replace(content, telemetry=without(content.telemetry, number))
        assert opinion_on(MADE[name], left).field.startswith("telemetry")


def test_a_device_record_left_out_is_named() -> None:
    content = opened(FILES["open_crate"])
    for number in range(len(content.records)):
        left = replace(content, records=without(content.records, number))
        opinion = opinion_on(MADE["open_crate"], left)
        assert opinion.valid
        assert len(opinion.absent) == 1
        assert opinion.absent[0].startswith("record of event")


def additions(content: Passport, scene: Scene) -> Iterator[tuple[str, Passport]]:
    """(field, the passport with something that nothing in it asks for, or twice)."""
    other = opened(FILES["shift"])
    mate = scenes.pack_of(scene, "S002")
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
            value["signers"] = [*value["signers"], b"\xff" * 32]
            data = signed_anew(data, cbor.encode(value, utf8=True), scene)
        opinion = judge(data, scene.trust())
        assert not opinion.valid, field
        assert opinion.field.startswith(field), opinion.detail


def test_a_record_that_the_ledger_did_not_take_is_refused() -> None:
    """Signed by the logger, with the right seq and prev: only the state tells."""
    scene = scenes.in_crate()
    seq, prev = scene.logger.seq, scene.logger.prev
    taken = scene.unsent_measure(500)
    after = scene.logger.seq, scene.logger.prev
    scene.world.block(taken)
    scene.logger.seq, scene.logger.prev = seq, prev
    fork = scene.unsent_measure(900)
    scene.world.block(fork)
    scene.logger.seq, scene.logger.prev = after
    scene.unsent_measure(505)
    scene.measure(510)
    content = opened(scene.passport())
    (part,) = content.telemetry
    assert opinion_on(scene, content).valid
    swapped = replace(part, records=(fork, *part.records[1:]))
    opinion = opinion_on(scene, replace(content, telemetry=(swapped,)))
    assert (opinion.field, opinion.valid) == ("telemetry[0].records[0]", False)


def completed(scene: Scene, *keys: bytes, chains: tuple[Chain, ...] = ()) -> Passport:
    """The scene's passport with these proofs and chains, if they are not in it."""
    content = opened(scene.passport())
    held = {pair.key for pair in content.proofs}
    prover = scene.world.engine.prover()
    proofs = [StatePair(key, *prover.prove(key)) for key in keys if key not in held]
    places = {(chain.item, chain.first) for chain in chains}
    kept = tuple(chain for chain in content.chains if (chain.item, chain.first) not in places)
    return replace(content, proofs=(*content.proofs, *proofs), chains=(*kept, *chains))


def test_a_pack_taken_out_of_a_crate_on_a_pallet_needs_the_pallets_state() -> None:
    scene = scenes.in_crate()
    scene.pack(label(CRATE), into=scenes.PALLET)
    scene.unpack(scenes.SYMBOL, of=CRATE)
    scene.scan(scene.maker, codes.ACTION_SHIP, label(scenes.PALLET), party=PHARMACY_PARTY)
    scene.scan(scene.pharmacy, codes.ACTION_RECEIVE, label(scenes.PALLET))
    scene.unpack(label(CRATE), of=scenes.PALLET, by=scene.pharmacy)
    content = completed(scene, state.item_key(scenes.PALLET))
    assert opinion_on(scene, content).valid
    proofs = tuple(one for one in content.proofs if one.key != state.item_key(scenes.PALLET))
    assert not opinion_on(scene, replace(content, proofs=proofs)).valid


def test_both_times_in_the_same_crate_count() -> None:
    scene = scenes.in_crate()
    scene.unpack(scenes.SYMBOL, of=CRATE)
    scene.pack(scenes.SYMBOL, into=CRATE)
    scene.scan(scene.maker, codes.ACTION_QUARANTINE, label(CRATE))
    scene.unpack(scenes.MATE, of=CRATE)
    content = completed(scene, state.item_key(CRATE), chains=(scenes.chain_of(scene, CRATE, 2),))
    assert opinion_on(scene, content).valid
    chains = tuple(chain for chain in content.chains if chain.item != CRATE)
    assert opinion_on(scene, replace(content, chains=chains)).field == "chains"


@pytest.mark.parametrize("skip", [1, 2])
def test_an_epoch_without_records_is_proven(skip: int) -> None:
    scene = scenes.in_crate()
    scene.new_epoch(1 + skip)
    scene.measure(500)
    scene.unpack(scenes.SYMBOL, of=CRATE)
    scene.measure(510)
    thumbprint = scene.world.thumbprint(scene.logger)
    keys = [state.head_key(thumbprint, epoch) for epoch in range(1, 1 + skip)]
    content = completed(scene, *keys)
    assert opinion_on(scene, content).valid
    for key in keys:
        proofs = tuple(pair for pair in content.proofs if pair.key != key)
        assert not opinion_on(scene, replace(content, proofs=proofs)).valid


def test_a_gap_right_after_attaching_is_proven() -> None:
    scene = scenes.in_crate()
    scene.unsent_measure(495)
    scene.measure(500)
    scene.unpack(scenes.SYMBOL, of=CRATE)
    scene.measure(510)
    key = state.head_key(scene.world.thumbprint(scene.logger), 1)
    content = completed(scene, key)
    assert opinion_on(scene, content).valid
    proofs = tuple(pair for pair in content.proofs if pair.key != key)
    assert opinion_on(scene, replace(content, proofs=proofs)).field == "telemetry[0]"
