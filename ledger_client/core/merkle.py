"""RFC 9162 Merkle tree over SHA-256, used for blocks and for the ledger's log alike.

An entry is 32 bytes (the SHA-256 of what it stands for); its leaf is H(0x00 || entry), a node is
H(0x01 || left || right).  Trees are read through `node(level, index)`, the hash of the complete
subtree of 2^level leaves that starts at leaf index * 2^level; the tree itself may lie in a list or
in a table.
"""

import hashlib
from collections.abc import Callable, Sequence

from ledger_client.errors import VerificationFailed

Node = Callable[[int, int], bytes]
HASH_BYTES = 32
PATH_LIMIT = 63  # a tree of 2^53 leaves has no longer path; two more hashes for consistency


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def list_node(entries: Sequence[bytes]) -> Node:
    """`node` over entries held in memory; complete subtrees are hashed once."""
    levels: list[list[bytes]] = [[leaf_hash(entry) for entry in entries]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def root(node: Node, size: int) -> bytes:
    """Merkle tree hash of the first `size` leaves; of none it is SHA-256 of nothing."""
    return hashlib.sha256(b"").digest() if size == 0 else _subtree(node, 0, size)


def _split(size: int) -> int:
    """Largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(node: Node, start: int, size: int) -> bytes:
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, start // size)
    left = _split(size)
    return node_hash(_subtree(node, start, left), _subtree(node, start + left, size - left))


def inclusion_path(node: Node, index: int, size: int) -> list[bytes]:
    """PATH(index, D_size) of RFC 9162 section 2.1.3.1, from the leaf upwards."""
    assert 0 <= index < size
    path: list[bytes] = []
    start = 0
    while size > 1:
        left = _split(size)
        if index - start < left:
            path.append(_subtree(node, start + left, size - left))
            size = left
        else:
            path.append(_subtree(node, start, left))
            start, size = start + left, size - left
    return path[::-1]


def root_from_inclusion(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that `path` proves for an entry; see root_from_leaf."""
    return root_from_leaf(leaf_hash(entry), index, size, path)


def root_from_leaf(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that `path` proves for a leaf's hash (RFC 9162 section 2.1.3.2); VerificationFailed
    when it cannot be a path of that tree.  An empty path is right for a tree of one leaf."""
    if not 0 <= index < size:
        raise VerificationFailed("merkle.index", "path", f"leaf {index} is not in {size} leaves")
    if len(leaf) != HASH_BYTES:
        raise VerificationFailed("merkle.hash", "leaf", "a hash has 32 bytes")
    _check_path(path)
    position, last = index, size - 1
    computed = leaf
    for sibling in path:
        if last == 0:
            raise VerificationFailed("merkle.path", "path", "the path is too long")
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise VerificationFailed("merkle.path", "path", "the path is too short")
    return computed


def consistency_path(node: Node, first: int, second: int) -> list[bytes]:
    """PROOF(first, D_second) of RFC 9162 section 2.1.4.1; empty when the sizes are equal."""
    assert 0 < first <= second
    path: list[bytes] = []
    start, size, known = 0, second, True
    while first != size:
        left = _split(size)
        if first <= left:
            path.append(_subtree(node, start + left, size - left))
            size = left
        else:
            path.append(_subtree(node, start, left))
            start, first, size, known = start + left, first - left, size - left, False
    if not known:
        path.append(_subtree(node, start, size))
    return path[::-1]


def check_consistency(first: int, second: int, first_root: bytes, second_root: bytes,
                      path: Sequence[bytes]) -> None:
    """VerificationFailed unless `path` shows that the tree of `first` leaves is the beginning of
    the tree of `second` (RFC 9162 section 2.1.4.2)."""
    if root_from_consistency(first, second, first_root, path) != second_root:
        raise VerificationFailed("merkle.consistency", "root",
                                 "the newer tree does not extend the older one")


def root_from_consistency(first: int, second: int, first_root: bytes,
                          path: Sequence[bytes]) -> bytes:
    """The newer root that `path` proves to extend the older one; VerificationFailed when it is no
    path between trees of these sizes, or begins at another root."""
    _check_path(path)
    if len(first_root) != HASH_BYTES:
        raise VerificationFailed("merkle.hash", "root", "a root has 32 bytes")
    if not 0 < first <= second:
        raise VerificationFailed("merkle.size", "size", f"{first} leaves do not precede {second}")
    if first == second:
        if path:
            raise VerificationFailed("merkle.path", "path", "equal sizes have an empty path")
        return first_root
    if not path:
        raise VerificationFailed("merkle.path", "path", "the path is empty")
    older, newer = _consistent_roots(first, second, first_root, list(path))
    if older != first_root:
        raise VerificationFailed("merkle.consistency", "root", "the path begins at another root")
    return newer


def _consistent_roots(first: int, second: int, first_root: bytes,
                      path: list[bytes]) -> tuple[bytes, bytes]:
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise VerificationFailed("merkle.path", "path", "the path is too long")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise VerificationFailed("merkle.path", "path", "the path is too short")
    return old, new


def _check_path(path: Sequence[bytes]) -> None:
    if len(path) > PATH_LIMIT:
        raise VerificationFailed("merkle.path", "path", "the path is too long")
    for number, sibling in enumerate(path):
        if len(sibling) != HASH_BYTES:
            raise VerificationFailed("merkle.hash", f"path[{number}]", "a hash has 32 bytes")
