"""Compact sparse Merkle tree that commits the ledger's state.

path = SHA-256(key); leaf = H(0x00 || path || SHA-256(value)); node = H(0x01 || left || right); an
empty subtree is 32 zero bytes; a subtree with one leaf is that leaf.  The root depends on the set
of pairs only.

The tree is cut at 16 bits: below, a bucket's few leaves are hashed anew from the store; above, the
upper nodes stay in memory.  Proof = [bitmap of non-empty siblings, siblings], both from the root
downwards; absence ends in an empty place or in another leaf that shares the walked prefix.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ledger_client.errors import VerificationFailed

EMPTY = bytes(32)
PREFIX_BITS = 16
BUCKETS = 1 << PREFIX_BITS
DEPTH_LIMIT = 256

# the leaves of one bucket as the store holds them: path -> leaf hash
BucketLeaves = Callable[[int], Mapping[bytes, bytes]]


def path_of(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def leaf_hash(path: bytes, value: bytes) -> bytes:
    return hashlib.sha256(b"\0" + path + hashlib.sha256(value).digest()).digest()


def prefix_of(path: bytes) -> int:
    """Number of the bucket a path lies in."""
    return int.from_bytes(path[:2], "big")


def _bit(path: bytes, depth: int) -> int:
    return path[depth >> 3] >> (7 - (depth & 7)) & 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def subtree(leaves: list[tuple[bytes, bytes]], depth: int) -> bytes:
    """Hash of the subtree at `depth` that holds these (path, leaf hash) pairs, sorted by path."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0][1]
    middle = _middle(leaves, depth)
    return _node(subtree(leaves[:middle], depth + 1), subtree(leaves[middle:], depth + 1))


def _middle(leaves: list[tuple[bytes, bytes]], depth: int) -> int:
    for at, (path, _) in enumerate(leaves):
        if _bit(path, depth):
            return at
    return len(leaves)


@dataclass(frozen=True)
class StateProof:
    """Siblings of a path; `other` is (path, SHA-256 of value) of the leaf in the way, when the
    key is absent and its place is taken."""

    bitmap: bytes
    siblings: tuple[bytes, ...]
    other: tuple[bytes, bytes] | None

    def as_list(self) -> list[object]:
        return [self.bitmap, list(self.siblings), None if self.other is None else list(self.other)]


class StateTree:
    """Upper 16 levels of the tree, kept in memory: 65,536 buckets with digest and leaf count."""

    def __init__(self, buckets: Iterable[tuple[int, bytes, int]] = ()) -> None:
        self._hashes = bytearray(32 * 2 * BUCKETS)  # heap order: node 1 is the root
        self._counts = array("I", bytes(array("I").itemsize * 2 * BUCKETS))
        self.put(buckets)

    def put(self, buckets: Iterable[tuple[int, bytes, int]]) -> None:
        """Take over buckets as (prefix, digest, count) that another tree's `update` returned."""
        touched = set()
        for prefix, digest, count in buckets:
            self._set(BUCKETS + prefix, digest, count)
            touched.add(BUCKETS + prefix)
        self._rehash(touched)

    def root(self) -> bytes:
        return self._get(1)

    def count(self) -> int:
        """How many pairs the tree commits."""
        return self._counts[1]

    def update(self, changes: Mapping[bytes, bytes | None],
               stored: BucketLeaves) -> list[tuple[int, bytes, int]]:
        """Put (path -> leaf hash) or remove (path -> None) and return the buckets that changed as
        (prefix, digest, count).  `stored` is asked for the leaves before the change."""
        by_bucket: dict[int, dict[bytes, bytes | None]] = {}
        for path, leaf in changes.items():
            by_bucket.setdefault(prefix_of(path), {})[path] = leaf
        rows = []
        for prefix, part in sorted(by_bucket.items()):
            merged: dict[bytes, bytes | None] = {**stored(prefix), **part}
            leaves = sorted((path, leaf) for path, leaf in merged.items() if leaf is not None)
            digest = subtree(leaves, PREFIX_BITS)
            self._set(BUCKETS + prefix, digest, len(leaves))
            rows.append((prefix, digest, len(leaves)))
        self._rehash({BUCKETS + prefix for prefix in by_bucket})
        return rows

    def prove(self, key: bytes, stored: BucketLeaves,
              value_digest: Callable[[bytes], bytes]) -> StateProof:
        """Membership or absence proof of `key`; `value_digest(path)` is SHA-256 of the value at a
        path that the store holds."""
        path = path_of(key)
        siblings: list[bytes] = []
        number = 1
        for depth in range(PREFIX_BITS):
            if self._counts[number] < 2:
                return self._end(path, self._only_leaf(number, stored), siblings, value_digest)
            number = 2 * number + _bit(path, depth)
            siblings.append(self._get(number ^ 1))
        leaves = sorted(stored(prefix_of(path)).items())
        for depth in range(PREFIX_BITS, DEPTH_LIMIT):
            if len(leaves) < 2:
                break
            middle = _middle(leaves, depth)
            left, right = leaves[:middle], leaves[middle:]
            leaves, aside = (right, left) if _bit(path, depth) else (left, right)
            siblings.append(subtree(aside, depth + 1))
        return self._end(path, leaves[0][0] if leaves else None, siblings, value_digest)

    def _only_leaf(self, number: int, stored: BucketLeaves) -> bytes | None:
        """Path of the one leaf below a node, None when there is none."""
        if self._counts[number] == 0:
            return None
        while number < BUCKETS:
            number = 2 * number + (self._counts[2 * number] == 0)
        return next(iter(stored(number - BUCKETS)))

    @staticmethod
    def _end(path: bytes, found: bytes | None, siblings: list[bytes],
             value_digest: Callable[[bytes], bytes]) -> StateProof:
        other = None if found is None or found == path else (found, value_digest(found))
        bits = "".join("0" if sibling == EMPTY else "1" for sibling in siblings)
        bitmap = int(bits.ljust(-(-len(bits) // 8) * 8, "0") or "0", 2)
        return StateProof(bytes([len(siblings)]) + bitmap.to_bytes(-(-len(bits) // 8), "big"),
                          tuple(one for one in siblings if one != EMPTY), other)

    def _get(self, number: int) -> bytes:
        return bytes(self._hashes[32 * number:32 * number + 32])

    def _set(self, number: int, digest: bytes, count: int) -> None:
        self._hashes[32 * number:32 * number + 32] = digest
        self._counts[number] = count

    def _rehash(self, touched: set[int]) -> None:
        while touched and touched != {1}:
            touched = {number >> 1 for number in touched}
            for number in touched:
                left, right = 2 * number, 2 * number + 1
                counts = self._counts[left], self._counts[right]
                if counts[0] + counts[1] < 2:
                    digest = self._get(left if counts[0] else right)
                else:
                    digest = _node(self._get(left), self._get(right))
                self._set(number, digest, counts[0] + counts[1])


def root_from_proof(key: bytes, value: bytes | None, proof: StateProof) -> bytes:
    """The root under which `key` has `value` (None: is absent), or VerificationFailed.

    The proof's form is checked: bitmap length, no trailing bits, 32-byte siblings.
    """
    path = path_of(key)
    siblings = _siblings(proof)
    depth = len(siblings)
    if value is not None:
        if proof.other is not None:
            raise VerificationFailed("state.proof", "proof", "a proof of absence with a value")
        computed = leaf_hash(path, value)
    elif proof.other is None:
        computed = EMPTY
    else:
        computed = _other_leaf(path, proof.other, depth)
    for level in range(depth - 1, -1, -1):
        sibling = siblings[level]
        pair = (sibling, computed) if _bit(path, level) else (computed, sibling)
        computed = _node(*pair)
    return computed


def _other_leaf(path: bytes, other: tuple[bytes, bytes], depth: int) -> bytes:
    other_path, digest = other
    if len(other_path) != 32 or len(digest) != 32 or other_path == path:
        raise VerificationFailed("state.proof", "proof", "no other leaf")
    if any(_bit(path, level) != _bit(other_path, level) for level in range(depth)):
        raise VerificationFailed("state.proof", "proof", "the other leaf lies elsewhere")
    return hashlib.sha256(b"\0" + other_path + digest).digest()


def _siblings(proof: StateProof) -> list[bytes]:
    """Siblings from the root downwards, empty ones filled in."""
    if not proof.bitmap:
        raise VerificationFailed("state.proof", "bitmap", "the bitmap is missing")
    depth, bitmap = proof.bitmap[0], proof.bitmap[1:]
    if len(bitmap) != -(-depth // 8):
        raise VerificationFailed("state.proof", "bitmap", "the bitmap has another length")
    bits = [bitmap[at >> 3] >> (7 - (at & 7)) & 1 for at in range(8 * len(bitmap))]
    if any(bits[depth:]):
        raise VerificationFailed("state.proof", "bitmap", "bits follow the last level")
    given = iter(proof.siblings)
    siblings = [next(given, b"") if bit else EMPTY for bit in bits[:depth]]
    if any(len(one) != 32 for one in siblings) or next(given, None) is not None:
        raise VerificationFailed("state.proof", "siblings", "not one 32-byte hash for each bit")
    if any(bit and one == EMPTY for bit, one in zip(bits, siblings, strict=False)):
        raise VerificationFailed("state.proof", "siblings", "an empty sibling is not left out")
    return siblings
