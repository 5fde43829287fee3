"""The RFC 9162 tree against its definition, and against vectors of other people."""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_client.core import merkle
from ledger_client.errors import VerificationFailed
from tests.shared_data import shared

SIZE = 33  # past a power of two, with every shape of right edge below it
ENTRIES = [hashlib.sha256(bytes((number,))).digest() for number in range(SIZE)]
NODE = merkle.list_node(ENTRIES)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tree_hash(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1, word by word."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\0" + entries[0])
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return sha256(b"\1" + tree_hash(entries[:half]) + tree_hash(entries[half:]))


ROOTS = [tree_hash(ENTRIES[:size]) for size in range(SIZE + 1)]


def test_roots_of_all_sizes() -> None:
    assert [merkle.root(NODE, size) for size in range(SIZE + 1)] == ROOTS


def test_the_root_of_nothing() -> None:
    assert merkle.root(NODE, 0).hex() == \
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_every_leaf_is_proven_and_no_other(size: int) -> None:
    for index in range(size):
        path = merkle.inclusion_path(NODE, index, size)
        assert merkle.root_from_inclusion(ENTRIES[index], index, size, path) == ROOTS[size]
        assert merkle.root_from_inclusion(bytes(32), index, size, path) != ROOTS[size]
        for other in range(size):
            if other != index:
                assert root_or_none(ENTRIES[index], other, size, path) != ROOTS[size]


def root_or_none(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    try:
        return merkle.root_from_inclusion(entry, index, size, path)
    except VerificationFailed:
        return None


@pytest.mark.parametrize("second", range(1, SIZE + 1))
def test_every_older_tree_is_proven(second: int) -> None:
    for first in range(1, second + 1):
        path = merkle.consistency_path(NODE, first, second)
        merkle.check_consistency(first, second, ROOTS[first], ROOTS[second], path)
        assert merkle.root_from_consistency(first, second, ROOTS[first], path) == ROOTS[second]
        for wrong in ((bytes(32), ROOTS[second]), (ROOTS[first], bytes(32))):
            with pytest.raises(VerificationFailed):
                merkle.check_consistency(first, second, *wrong, path)


@given(st.integers(1, SIZE), st.data())
def test_a_changed_path_proves_nothing(size: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(NODE, index, size)
    changed = draw.draw(st.one_of(
        st.just([*path, bytes(32)]), st.just(path[1:]), st.just(path[:-1]), st.just(path[::-1]),
        st.lists(st.sampled_from([*path, bytes(32)]), max_size=8)))
    if changed != path:
        assert root_or_none(ENTRIES[index], index, size, changed) != ROOTS[size]


@pytest.mark.parametrize(("rule", "index", "size", "path"), [
    ("merkle.index", 5, 5, []), ("merkle.index", -1, 5, []), ("merkle.index", 0, 0, []),
    ("merkle.path", 0, 1, [bytes(32)]), ("merkle.path", 0, 2, []),
    ("merkle.path", 0, 2, [bytes(32)] * 64), ("merkle.path", 0, 1 << 64, [bytes(32)] * 64),
    ("merkle.hash", 0, 2, [bytes(31)])])
def test_no_path_of_such_a_tree(rule: str, index: int, size: int, path: list[bytes]) -> None:
    with pytest.raises(VerificationFailed) as caught:
        merkle.root_from_inclusion(bytes(32), index, size, path)
    assert caught.value.rule == rule


@pytest.mark.parametrize(("rule", "first", "second", "root", "path"), [
    ("merkle.size", 0, 1, bytes(32), []), ("merkle.size", 2, 1, bytes(32), []),
    ("merkle.path", 1, 2, bytes(32), []), ("merkle.path", 1, 1, bytes(32), [bytes(32)]),
    ("merkle.hash", 1, 2, bytes(31), [bytes(32)]), ("merkle.hash", 1, 2, bytes(32), [b""]),
    ("merkle.path", 1, 2, bytes(32), [bytes(32)] * 2),
    ("merkle.path", 1, 8, bytes(32), [bytes(32)]),
    ("merkle.consistency", 3, 5, bytes(32), [bytes(32)] * 4)])
def test_no_path_between_such_trees(rule: str, first: int, second: int, root: bytes,
                                    path: list[bytes]) -> None:
    with pytest.raises(VerificationFailed) as caught:
        merkle.root_from_consistency(first, second, root, path)
    assert caught.value.rule == rule


def test_the_longest_path_is_that_of_no_tree_here() -> None:
    """63 hashes are looked at; a log of 2^53 entries has 53."""
    assert len(merkle.root_from_inclusion(bytes(32), 0, 1 << 63, [bytes(32)] * 63)) == 32


def test_a_leaf_of_another_size_is_no_hash() -> None:
    with pytest.raises(VerificationFailed, match=r"merkle\.hash"):
        merkle.root_from_leaf(b"", 0, 1, [])


# --- vectors of transparency-dev/merkle: proofs, and everything that can be changed in one

def vectors(folder: str) -> list[tuple[str, dict[str, Any]]]:
    root = shared(f"ledger/transparency-dev-merkle/testdata/{folder}")
    found = [(path.relative_to(root).as_posix(), json.loads(path.read_text()))
             for path in sorted(root.rglob("*.json"))]
    assert found
    return found


def decoded(case: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(case[name] or "")


def path_of(case: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(one) for one in case["proof"] or []]


def included(case: dict[str, Any], index: int, size: int) -> bool:
    try:
        return merkle.root_from_leaf(decoded(case, "leafHash"), index, size,
                                     path_of(case)) == decoded(case, "root")
    except VerificationFailed:
        return False


def consistent(case: dict[str, Any], first: int, second: int) -> bool:
    try:
        merkle.check_consistency(first, second, decoded(case, "root1"), decoded(case, "root2"),
                                 path_of(case))
    except VerificationFailed:
        return False
    return True


def no_hash(case: dict[str, Any]) -> bool:
    """A vector may have other bytes for its roots; here a root has 32."""
    return len(decoded(case, "root1")) != 32 or len(decoded(case, "root2")) != 32


def test_inclusion_vectors() -> None:
    for name, case in vectors("inclusion"):
        assert included(case, case["leafIdx"], case["treeSize"]) != case["wantErr"], name


def test_consistency_vectors() -> None:
    """All but one, which has equal sizes and, for its equal roots, twelve bytes of text."""
    strict = 0
    for name, case in vectors("consistency"):
        accepted = consistent(case, case["size1"], case["size2"])
        if not case["wantErr"] and no_hash(case):
            strict += 1
            assert not accepted, name
        else:
            assert accepted != case["wantErr"], name
    assert strict <= 1


def is_subtree(start: int, end: int) -> bool:
    """Whether leaves start..end are a complete part of the tree, or its right edge."""
    return start < end and start % (1 << (end - start - 1).bit_length()) == 0


def test_subtree_inclusion_vectors() -> None:
    """A subtree that begins at a multiple of its size is a tree of its own."""
    for name, case in vectors("subtreeinclusion"):
        start, end = case["start"], case["end"]
        accepted = is_subtree(start, end) and included(case, case["leafIdx"] - start, end - start)
        assert accepted != case["wantErr"], name


def test_subtree_consistency_vectors() -> None:
    """Those that begin at leaf 0 say that an older log is the beginning of a newer one; others are
    about parts of a tree, which nothing here asks for."""
    cases = [(name, case) for name, case in vectors("subtreeconsistency") if case["start"] == 0]
    assert cases
    for name, case in cases:
        accepted = consistent(case, case["end"], case["size"])
        assert accepted != (case["wantErr"] or no_hash(case)), name
