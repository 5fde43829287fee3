"""The second opinion: whose word it takes, which signatures, with what code and how much work."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import astuple, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import item, state, statement
from ledger_client.core.checkpoint import Checkpoint, Cosignature
from ledger_client.core.item import Event
from ledger_client.core.passport import Chain, Passport, StatePair
from ledger_client.core.state_tree import StateProof
from ledger_client.core.trust import Trust
from ledger_client.second_opinion import judge
from ledger_client.second_opinion.form import PASSPORT_BYTES
from ledger_client.wire import cbor, codes, cose, record
from tests.tidy.imports import imports
from tests.tidy.sources import modules
from tests.unit import crate_scenes as scenes
from tests.unit.second_opinion_scenes import ITEM, WITNESS, opened, resigned
from tests.world import CRATE, signer

SCENE = scenes.shift()
FILE = SCENE.passport()
CONTENT = opened(FILE)
LEDGER = SCENE.world.ledger
LEDGER_KEY = SCENE.world.ledger_signer
NOBODY = signer("nobody")
PACKAGE = "ledger_client.second_opinion"
BUSY_S = 30


def high_s(data: bytes) -> bytes:
    """The same message with the other form of its signature, which ends it."""
    s = cose.P256_ORDER - int.from_bytes(data[-32:], "big")
    return data[:-32] + s.to_bytes(32, "big")


def wrong(data: bytes) -> bytes:
    """The same message with a signature of good form that is nobody's."""
    return data[:-1] + bytes([data[-1] ^ 1])


def trust_file(ledger: bytes = LEDGER, key: bytes = LEDGER_KEY.public_key,
               witnesses: tuple[tuple[bytes, int], ...] = (), threshold: int = 0) -> bytes:
    return Trust("Circle", ledger, key, witnesses, threshold).encode()


def judged(content: Passport, trust: bytes | None) -> str:
    """Field of what does not hold."""
    return judge(resigned(content, SCENE.world), trust).field


@pytest.mark.parametrize(("trust", "field"), [
    (trust_file(ledger=bytes(32)), "ledger"),
    (trust_file(key=NOBODY.public_key), "ledger_key"),
    (trust_file(threshold=1), "cosignatures"),
    (b"", "trust"),
    (FILE, "trust"),
    (trust_file()[:-1], "trust"),
    (trust_file() + b"\0", "trust"),
    (trust_file(key=bytes(64)), "trust"),
    (trust_file(key=b"\xff" * 64), "trust"),
    (trust_file(witnesses=((bytes(63) + b"\1", 1),)), "trust"),
    (trust_file(witnesses=tuple((signer(str(n)).public_key, 1) for n in range(65))), "trust"),
    (bytes(70_000), "trust"),
])
def test_another_trust_file_is_refused(trust: bytes, field: str) -> None:
    opinion = judge(FILE, trust)
    assert (opinion.valid, opinion.field) == (False, field)


def test_a_passport_that_names_its_own_ledger_key_is_self_consistent_only() -> None:
    signed = SCENE.world.engine.checkpoint()
    assert signed is not None
    content = replace(CONTENT, ledger_key=NOBODY.public_key,
                      checkpoint=checkpoints.sign(signed, NOBODY))
    assert judged(content, None) == ""
    assert judged(content, trust_file()) == "ledger_key"
    assert judged(replace(content, ledger_key=LEDGER_KEY.public_key), trust_file()) == "checkpoint"


def cosignature(level: int = 1, app_hash: bytes | None = None, by: str = "witness") -> bytes:
    signed = SCENE.world.engine.checkpoint()
    assert signed is not None
    return checkpoints.cosign(Cosignature(app_hash or signed.app_hash(), level, 5), LEDGER,
                              signer(by))


@pytest.mark.parametrize(("cosignatures", "holds"), [
    ((), False),
    ((cosignature(),), True),
    ((cosignature(2),), True),
    ((cosignature(0),), False),
    ((cosignature(by="stranger"),), False),
    ((cosignature(by="stranger"), cosignature()), True),
    ((wrong(cosignature()),), False),
    ((cosignature(), wrong(cosignature())), False),
    ((cosignature(), high_s(cosignature())), False),
    ((cosignature(), cosignature(app_hash=bytes(32))), False),
    ((cosignature(), cosignature(app_hash=bytes(32), by="stranger")), False),
    ((cosignature(), CONTENT.checkpoint), False),
])
def test_enough_witnesses_of_the_trust_file(cosignatures: tuple[bytes, ...],
                                            holds: bool) -> None:
    trust = trust_file(witnesses=((WITNESS.public_key, 1),), threshold=1)
    field = judged(replace(CONTENT, cosignatures=cosignatures), trust)
    assert field == "" if holds else field.startswith("cosignatures")


def test_a_witness_counts_once() -> None:
    witnesses = ((WITNESS.public_key, 1), (signer("other witness").public_key, 1))
    content = replace(CONTENT, cosignatures=(cosignature(), cosignature(2)))
    assert judged(content, trust_file(witnesses=witnesses, threshold=2)) == "cosignatures"
    content = replace(CONTENT, cosignatures=(cosignature(), cosignature(by="other witness")))
    assert judged(content, trust_file(witnesses=witnesses, threshold=2)) == ""


@pytest.mark.parametrize("spoil", [high_s, wrong])
def test_every_signature_counts_and_has_low_s(spoil: Callable[[bytes], bytes]) -> None:
    part = CONTENT.telemetry[0]
    assert not judge(spoil(FILE), None).valid
    assert judged(replace(CONTENT, checkpoint=spoil(CONTENT.checkpoint)), None) == "checkpoint"
    for number, data in enumerate(CONTENT.records):
        records = [*CONTENT.records]
        records[number] = spoil(data)
        assert judged(replace(CONTENT, records=tuple(records)), None) == f"records[{number}]"
    for number, data in enumerate(part.records[:-1]):
        readings = [*part.records]
        readings[number] = spoil(data)
        spoilt = replace(part, records=tuple(readings))
        assert judged(replace(CONTENT, telemetry=(spoilt,)), None) == \
            f"telemetry[0].records[{number}]"


@pytest.mark.parametrize(("changes", "field"), [
    ({"kind": "block"}, "passport"), ({"subject": "another"}, "proofs"),
    ({"issued_s": None}, "passport"), ({"ledger": bytes(32)}, "checkpoint"),
    ({"ledger": None}, "passport"), ({}, "")])
def test_the_makers_statement(changes: dict[str, object], field: str) -> None:
    arguments = {"kind": "passport", "signer": SCENE.world.maker[1], "subject": ITEM,
                 "content": cbor.decode(cose.decode_sign1(FILE).payload, utf8=True),
                 "ledger": LEDGER, "issued_s": 1, **changes}
    assert judge(statement.build(**arguments), None).field == field  # type: ignore[arg-type]


def test_the_maker_is_the_key_that_it_names() -> None:
    content = cbor.decode(cose.decode_sign1(FILE).payload, utf8=True)
    data = statement.build("passport", NOBODY, subject=ITEM, content=content, ledger=LEDGER,
                           issued_s=1)
    assert judge(data, None).field == "maker_key"


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400), trust=st.none() | st.binary(max_size=100))
def test_it_never_raises_on_random_bytes(data: bytes, trust: bytes | None) -> None:
    assert not judge(data, trust).valid


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_it_never_raises_on_changed_content(data: st.DataObject) -> None:
    """Any value in any place, signed by the maker: form checks are all there is."""
    content = cbor.decode(cose.decode_sign1(FILE).payload, utf8=True)
    place = content
    while True:
        assert isinstance(place, dict | list)
        if not place:
            break
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict)
                                        else range(len(place))))
        if isinstance(place[key], dict | list) and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(VALUES)
        break
    signed = statement.build("passport", SCENE.world.maker[1], subject=ITEM, content=content,
                             ledger=LEDGER, issued_s=1)
    judge(signed, None)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 2 ** 53 - 1) | st.binary(max_size=80)
    | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30),
    lambda inner: st.lists(inner, max_size=3), max_leaves=4)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_it_never_raises_on_damaged_files(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(FILE)))
    end = data.draw(st.integers(start, min(len(FILE), start + 40)))
    damaged = FILE[:start] + data.draw(st.binary(max_size=40)) + FILE[end:]
    assert judge(damaged, None).valid == (damaged == FILE)


def two_leaves(pairs: list[tuple[bytes, bytes]]) -> tuple[bytes, list[StatePair]]:
    """(root, proofs) of a state of two pairs: one sibling, where the paths part."""
    paths = [hashlib.sha256(key).digest() for key, _ in pairs]
    leaves = [hashlib.sha256(b"\0" + path + hashlib.sha256(value).digest()).digest()
              for path, (_, value) in zip(paths, pairs, strict=True)]
    first, second = (int.from_bytes(path, "big") for path in paths)
    depth = next(level for level in range(256) if (first ^ second) >> (255 - level)) + 1
    left, right = leaves if first < second else reversed(leaves)
    root = hashlib.sha256(b"\1" + left + right).digest()
    for level in range(depth - 2, -1, -1):
        sides = (bytes(32), root) if first >> (255 - level) & 1 else (root, bytes(32))
        root = hashlib.sha256(b"\1" + sides[0] + sides[1]).digest()
    size = (depth + 7) // 8
    bitmap = bytes([depth]) + (1 << 8 * size - depth).to_bytes(size, "big")
    return root, [StatePair(key, value, StateProof(bitmap, (other,), None))
                  for (key, value), other in zip(pairs, reversed(leaves), strict=True)]


def circle(events_each: int, *more: object) -> bytes:
    """Of a ledger of the maker's own, which keeps `more` about an item: two items packed into each
    other over and over."""
    chains, pairs = [], []
    for at, (uri, other) in enumerate(((ITEM, CRATE), (CRATE, ITEM))):
        link: list[object] = [item.LINK_PARENT, other, [0, 0], state.first_head(other)]
        events = tuple(Event(2 * number + at, None, 1, bytes(32), bytes(32), codes.ACTION_PACK,
                             None, [link]) for number in range(events_each))
        head = state.first_head(uri)
        for event in events:
            head = state.next_head(head, event.encode())
        chains.append(Chain(uri, 0, state.first_head(uri), events))
        known = replace(item.unborn(uri), length=events_each, head=head)
        pairs.append((state.item_key(uri), cbor.encode([*astuple(known), *more])))
    root, proofs = two_leaves(pairs)
    signed = checkpoints.sign(Checkpoint(LEDGER, 0, bytes(32), 1, 1, bytes(32), root,
                                         checkpoints.revoked_hash([])), NOBODY)
    return resigned(replace(
        CONTENT, checkpoint=signed, ledger_key=NOBODY.public_key, revoked=[],
        proofs=tuple(proofs), chains=tuple(chains), keys=(), records=(), telemetry=()),
        SCENE.world)


def test_carriers_in_a_circle_end() -> None:
    assert judge(circle(1), None).valid
    assert judge(circle(1, b"new", 7), None).field.startswith("proofs")
    began = time.monotonic()
    opinion = judge(circle(40), None)
    assert (opinion.valid, opinion.field) == (False, "chains")
    assert "events to follow" in opinion.detail
    assert time.monotonic() - began < BUSY_S


def test_sizes_and_counts_are_bounded() -> None:
    assert judge(bytes(PASSPORT_BYTES + 1), None).field == "passport"
    items = statement.build("passport", NOBODY, subject=ITEM, ledger=LEDGER, issued_s=1,
                            content=[None] * (1 << 20))
    assert "items" in judge(items, None).detail
    long_record = record.encode(SCENE.maker.signer.kid, b"", bytes(31) + b"\1" + bytes(31) + b"\1")
    spoilt = replace(CONTENT, records=(long_record + bytes(codes.RECORD_BYTES),))
    assert judged(spoilt, None) == "records[0]"


def test_it_imports_the_standard_library_ecdsa_and_wire_only() -> None:
    own = [module for module in modules() if module.within(PACKAGE)]
    assert len(own) > 1
    for module in own:
        for one in imports(module):
            assert one.target.split(".")[0] in {*sys.stdlib_module_names, "ecdsa"} \
                or one.target.startswith(("ledger_client.wire.", PACKAGE + ".")), one


def test_it_runs_with_nothing_else_loaded() -> None:
    code = ("import sys; from ledger_client.second_opinion import judge; "
            "print(judge(sys.stdin.buffer.read(), None).valid, "
            "*{name.split('.')[0] for name in sys.modules} & {'cryptography', 'cbor2'}, "
            "*[name for name in sys.modules if name.startswith('ledger_client.core')])")
    done = subprocess.run([sys.executable, "-c", code], input=FILE, capture_output=True, check=True)
    assert done.stdout.split() == [b"True"]
