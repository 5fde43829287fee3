"""Proofs: paths in a log or block, values and absences in the state."""

import hashlib

from ledger_client.core import merkle, state_tree
from ledger_client.core.state_tree import EMPTY, StateProof, StateTree, path_of
from ledger_client.wire import cbor
from tests.generators.cases.common import Case, Subject, invalid, valid

_ENTRIES = [hashlib.sha256(bytes((number,))).digest() for number in range(7)]
_NODE = merkle.list_node(_ENTRIES)
_PAIRS = {b"key/%d" % number: b"value %d" % number for number in range(64)}
_ABSENT = [b"key/%d" % number for number in range(100, 140)]


def _path(index: int, size: int) -> Case:
    path = merkle.inclusion_path(_NODE, index, size)
    return valid(f"leaf {index} of {size}", "path", cbor.encode([index, path]),
                 {"root": merkle.root(_NODE, size)}, size=size, entry=_ENTRIES[index])


def _leaves(prefix: int) -> dict[bytes, bytes]:
    return {path_of(key): state_tree.leaf_hash(path_of(key), value)
            for key, value in _PAIRS.items() if state_tree.prefix_of(path_of(key)) == prefix}


def _tree() -> StateTree:
    tree = StateTree()
    tree.update({path_of(key): state_tree.leaf_hash(path_of(key), value)
                 for key, value in _PAIRS.items()}, lambda prefix: {})
    return tree


_TREE = _tree()
_DIGESTS = {path_of(key): hashlib.sha256(value).digest() for key, value in _PAIRS.items()}


def _proof(key: bytes) -> StateProof:
    return _TREE.prove(key, _leaves, _DIGESTS.__getitem__)


def _state(name: str, key: bytes) -> Case:
    return valid(name, "state proof", cbor.encode(_proof(key).as_list()),
                 {"root": _TREE.root()}, key=key, value=_PAIRS.get(key))


def _invalid() -> list[Case]:
    path = merkle.inclusion_path(_NODE, 2, 7)
    paths: list[tuple[str, object, str]] = [
        ("an index beyond the size", [7, path], "merkle.index"),
        ("an index below 0", [-1, path], "merkle.index"),
        ("a path too short", [2, path[:-1]], "merkle.path"),
        ("a path too long", [2, [*path, bytes(32)]], "merkle.path"),
        ("64 hashes", [2, [bytes(32)] * 64], "merkle.path"),
        ("a hash of 31 bytes", [2, [*path[:-1], bytes(31)]], "merkle.hash")]
    hash_ = _ENTRIES[0]
    states: list[tuple[str, list[object], bytes | None]] = [
        ("no bitmap", [b"", [], None], None), ("a bitmap too short", [b"\1", [], None], None),
        ("a bitmap too long", [b"\1\x80\0", [hash_], None], None),
        ("a bit below the last level", [b"\1\xc0", [hash_, hash_], None], None),
        ("a sibling missing", [b"\1\x80", [], None], None),
        ("a sibling too many", [b"\1\0", [hash_], None], None),
        ("a sibling of 31 bytes", [b"\1\x80", [hash_[:31]], None], None),
        ("an empty sibling written out", [b"\1\x80", [EMPTY], None], None),
        ("the key itself in its way", [b"\0", [], [path_of(b"key"), hash_]], None),
        ("a leaf of another place", [b"\1\x80", [hash_], [
            bytes((path_of(b"key")[0] ^ 0x80,)) + path_of(b"key")[1:], hash_]], None),
        ("a leaf in the way of a value", [b"\0", [], [hash_, hash_]], b"value")]
    return [*[invalid(name, "path", cbor.encode(value), rule, size=7, entry=_ENTRIES[2])
              for name, value, rule in paths],
            *[invalid(name, "state proof", cbor.encode(value), "state.proof", key=b"key",
                      value=stored) for name, value, stored in states]]


def _valid() -> list[Case]:
    empty = next(key for key in _ABSENT if _proof(key).other is None)
    taken = next(key for key in _ABSENT if _proof(key).other is not None)
    return [
        *[_path(index, 7) for index in (0, 2, 6)], _path(0, 1),
        *[_state(f"a value: {key.decode()}", key) for key in (b"key/0", b"key/63")],
        _state("an absence, the place is empty", empty),
        _state("an absence, another leaf is in the place", taken)]


SUBJECT = Subject(
    "Paths [index, hashes] to the root of a tree of `size` entries, and proofs [bitmap, siblings, "
    "other] that a state key has a value, or none", _valid(), _invalid())
