"""The state's tree against its definition, for any changes, and against ICS 23 proofs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_client.core import state_tree
from ledger_client.core.state_tree import EMPTY, StateProof, StateTree, path_of, root_from_proof
from ledger_client.errors import VerificationFailed
from tests.shared_data import shared

# Keys of one bucket, for the levels below the sixteenth, and some of others.
ONE_BUCKET = (18588, 73530, 84144, 121095, 138309, 179946, 199989, 226635, 230047, 231082, 249983,
              290760, 294322, 305366, 328719, 335745, 339533, 363740, 372374, 386670, 419403)
KEYS = st.sampled_from([*ONE_BUCKET, *range(30)]).map(lambda number: b"key/%d" % number)
PAIRS = st.dictionaries(KEYS, st.binary(max_size=8), max_size=40)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def bits(path: bytes) -> str:
    return f"{int.from_bytes(path, 'big'):0256b}"


def tree_hash(leaves: list[tuple[str, bytes]], depth: int = 0) -> bytes:
    """The definition: leaves as (bits of the path, leaf hash), in any order."""
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return leaves[0][1]
    sides = [[leaf for leaf in leaves if leaf[0][depth] == side] for side in "01"]
    return sha256(b"\1" + tree_hash(sides[0], depth + 1) + tree_hash(sides[1], depth + 1))


def root_of(pairs: Mapping[bytes, bytes]) -> bytes:
    return tree_hash([(bits(sha256(key)), sha256(b"\0" + sha256(key) + sha256(value)))
                      for key, value in pairs.items()])


class Model:
    """Pairs in a dictionary, with the tree over them."""

    def __init__(self, pairs: Mapping[bytes, bytes] | None = None) -> None:
        self.pairs: dict[bytes, bytes] = {}
        self.tree = StateTree()
        self.put({} if pairs is None else dict(pairs))

    def bucket(self, prefix: int) -> dict[bytes, bytes]:
        return {path_of(key): state_tree.leaf_hash(path_of(key), value)
                for key, value in self.pairs.items()
                if state_tree.prefix_of(path_of(key)) == prefix}

    def put(self, changes: Mapping[bytes, bytes | None]) -> list[tuple[int, bytes, int]]:
        rows = self.tree.update(
            {path_of(key): None if value is None else state_tree.leaf_hash(path_of(key), value)
             for key, value in changes.items()}, self.bucket)
        self.pairs = {key: value for key, value in (self.pairs | dict(changes)).items()
                      if value is not None}
        return rows

    def prove(self, key: bytes) -> StateProof:
        digests = {path_of(one): sha256(value) for one, value in self.pairs.items()}
        return self.tree.prove(key, self.bucket, digests.__getitem__)


def test_the_keys_share_a_bucket() -> None:
    prefixes = {state_tree.prefix_of(path_of(b"key/%d" % number)) for number in ONE_BUCKET}
    assert len(prefixes) == 1


def test_the_empty_tree() -> None:
    model = Model()
    assert (model.tree.root(), model.tree.count()) == (EMPTY, 0)
    assert model.prove(b"key/1") == StateProof(b"\0", (), None)
    assert root_from_proof(b"key/1", None, model.prove(b"key/1")) == EMPTY


def test_one_pair_is_its_leaf() -> None:
    model = Model({b"a": b"1"})
    assert model.tree.root() == state_tree.leaf_hash(path_of(b"a"), b"1") == root_of({b"a": b"1"})


@given(PAIRS)
def test_the_root_is_that_of_the_definition(pairs: dict[bytes, bytes]) -> None:
    model = Model(pairs)
    assert model.tree.root() == root_of(pairs)
    assert model.tree.count() == len(pairs)


@given(st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=8), max_size=12), max_size=6))
def test_the_root_depends_on_the_pairs_only(batches: list[dict[bytes, bytes | None]]) -> None:
    model = Model()
    rows: dict[int, tuple[int, bytes, int]] = {}
    for changes in batches:
        rows |= {row[0]: row for row in model.put(changes)}
    assert model.tree.root() == root_of(model.pairs)
    assert StateTree(rows.values()).root() == model.tree.root()  # as a store keeps the buckets


@given(PAIRS, st.lists(KEYS, min_size=1, max_size=5))
def test_every_key_is_proven_present_or_absent(pairs: dict[bytes, bytes],
                                               keys: list[bytes]) -> None:
    model = Model(pairs)
    for key in [*pairs, *keys]:
        proof, root = model.prove(key), model.tree.root()
        assert root_from_proof(key, pairs.get(key), proof) == root
        other = b"other" if pairs.get(key) != b"other" else None
        assert not proves(key, other, proof, root)


def proves(key: bytes, value: bytes | None, proof: StateProof, root: bytes) -> bool:
    try:
        return root_from_proof(key, value, proof) == root
    except VerificationFailed:
        return False


@given(PAIRS.filter(lambda pairs: len(pairs) > 1), KEYS, st.data())
def test_a_changed_proof_proves_nothing(pairs: dict[bytes, bytes], key: bytes,
                                        draw: st.DataObject) -> None:
    model = Model(pairs)
    proof, root = model.prove(key), model.tree.root()
    changed = draw.draw(st.one_of(
        st.builds(lambda at: replace(proof, siblings=proof.siblings[:at] + proof.siblings[at + 1:]),
                  st.integers(0, 20)),
        st.binary(max_size=6).map(lambda bitmap: replace(proof, bitmap=bitmap)),
        st.tuples(st.integers(0, 8 * len(proof.bitmap) - 1)).map(lambda bit: replace(
            proof, bitmap=flipped(proof.bitmap, bit[0]))),
        st.permutations(proof.siblings).map(lambda some: replace(proof, siblings=tuple(some))),
        st.just(replace(proof, siblings=(*proof.siblings, bytes(32)))),
        st.just(replace(proof, other=None)),
        st.just(replace(proof, other=(path_of(key), sha256(b""))))))
    if changed != proof:
        assert not proves(key, pairs.get(key), changed, root)


def flipped(data: bytes, bit: int) -> bytes:
    number = int.from_bytes(data, "big") ^ 1 << bit
    return number.to_bytes(len(data), "big")


@pytest.mark.parametrize(("field", "proof"), [
    ("bitmap", StateProof(b"", (), None)), ("bitmap", StateProof(b"\1", (), None)),
    ("bitmap", StateProof(b"\1\x80\0", (b"\1" * 32,), None)),
    ("bitmap", StateProof(b"\1\xc0", (b"\1" * 32,) * 2, None)),  # a bit below the last level
    ("siblings", StateProof(b"\1\x80", (), None)),
    ("siblings", StateProof(b"\1\x80", (b"\1" * 31,), None)),
    ("siblings", StateProof(b"\1\0", (b"\1" * 32,), None)),
    ("siblings", StateProof(b"\1\x80", (EMPTY,), None)),
    ("proof", StateProof(b"\0", (), (bytes(31), bytes(32)))),
    ("proof", StateProof(b"\0", (), (path_of(b"k"), bytes(32)))),
    ("proof", StateProof(b"\1\x80", (b"\1" * 32,), (
        bytes((path_of(b"k")[0] ^ 0x80,)) + path_of(b"k")[1:], bytes(32))))])
def test_forms_that_are_no_proof_of_absence(field: str, proof: StateProof) -> None:
    with pytest.raises(VerificationFailed) as caught:
        root_from_proof(b"k", None, proof)
    assert (caught.value.rule, caught.value.field) == ("state.proof", field)


def test_a_value_has_no_other_leaf() -> None:
    with pytest.raises(VerificationFailed, match=r"state\.proof"):
        root_from_proof(b"k", b"v", StateProof(b"\0", (), (bytes(32), bytes(32))))


# --- ICS 23: the same hashing, in proofs of the Cosmos sparse Merkle tree

@dataclass(frozen=True)
class Existence:
    """An ICS 23 existence proof: siblings from the root down, None on the side of the child."""

    key: bytes
    value: bytes
    siblings: list[tuple[bytes, str]]  # with the side that the child is on

    def state_proof(self) -> StateProof:
        return proof_of([sibling for sibling, _ in self.siblings], None)


def proof_of(siblings: list[bytes], other: tuple[bytes, bytes] | None) -> StateProof:
    """Our form of a proof with these siblings, from the root down."""
    present = "".join("0" if one == EMPTY else "1" for one in siblings)
    size = -(-len(present) // 8)
    bitmap = int(present.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")
    return StateProof(bytes((len(siblings),)) + bitmap,
                      tuple(one for one in siblings if one != EMPTY), other)


def fields(data: bytes) -> list[tuple[int, Any]]:
    """(number, varint or bytes) of a protobuf message."""
    found: list[tuple[int, Any]] = []
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, at = varint(data, at)
        if tag & 7 == 2:
            found.append((tag >> 3, data[at:at + number]))
            at += number
        else:
            found.append((tag >> 3, number))
    return found


def varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return number, at


def existence(data: bytes) -> Existence:
    parts = fields(data)
    siblings = []
    for step in [dict(fields(value)) for number, value in parts if number == 4]:
        prefix, suffix = step.get(2, b""), step.get(3, b"")
        assert prefix[:1] == b"\1"
        assert (len(prefix), len(suffix)) in ((33, 0), (1, 32))
        siblings.append((prefix[1:] or suffix, "0" if suffix else "1"))
    named = dict(parts)
    return Existence(named[1], named[2], siblings[::-1])


def common_bits(one: bytes, other: bytes) -> int:
    same = [a == b for a, b in zip(bits(one), bits(other), strict=True)]
    return same.index(False)


def absence(path: bytes, neighbours: list[Existence]) -> StateProof:
    """Our proof that nothing lies at `path`, from the proofs of the leaves beside it."""
    nearest = max(neighbours, key=lambda one: common_bits(path, sha256(one.key)))
    shared_bits = common_bits(path, sha256(nearest.key))
    siblings = [sibling for sibling, _ in nearest.siblings]
    if shared_bits >= len(siblings):
        return proof_of(siblings, (sha256(nearest.key), sha256(nearest.value)))
    assert siblings[shared_bits] == EMPTY, "the place is not empty"
    below = state_tree.leaf_hash(sha256(nearest.key), nearest.value)
    for sibling, side in nearest.siblings[:shared_bits:-1]:
        below = sha256(b"\1" + (below + sibling if side == "0" else sibling + below))
    return proof_of([*siblings[:shared_bits], below], None)


def ics23(kind: str) -> list[dict[str, Any]]:
    folder = shared("ledger/ics23-smt")
    found = [json.loads(path.read_text()) for path in sorted(folder.glob(f"{kind}_*.json"))]
    assert found
    return found


def test_ics23_existence() -> None:
    for case in ics23("exist"):
        ((number, data),) = fields(bytes.fromhex(case["proof"]))
        proof = existence(data)
        assert number == 1
        assert (proof.key.hex(), proof.value.hex()) == (case["key"], case["value"])
        sides = "".join(side for _, side in proof.siblings)
        assert bits(path_of(proof.key)).startswith(sides)
        assert root_from_proof(proof.key, proof.value, proof.state_proof()).hex() == case["root"]
        assert root_from_proof(proof.key, b"", proof.state_proof()).hex() != case["root"]


def test_ics23_absence() -> None:
    """Their proof is that of the leaves on both sides; ours is the path to the empty place, which
    follows from it."""
    for case in ics23("nonexist"):
        ((number, data),) = fields(bytes.fromhex(case["proof"]))
        assert number == 2
        neighbours = [existence(value) for number, value in fields(data) if number in (2, 3)]
        root = bytes.fromhex(case["root"])
        for one in neighbours:
            assert root_from_proof(one.key, one.value, one.state_proof()) == root
        key = bytes.fromhex(case["key"])
        proof = absence(path_of(key), neighbours)
        assert root_from_proof(key, None, proof) == root
        assert not proves(key, b"", proof, root)
        for one in neighbours:
            assert not proves(one.key, None, proof, root)
