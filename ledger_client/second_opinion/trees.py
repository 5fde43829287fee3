"""The two kinds of Merkle tree: RFC 9162's of log and block, and the state's compact sparse one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ledger_client.wire.errors import WireError

_LEAF, _NODE = b"\x00", b"\x01"
_EMPTY = bytes(32)
_PATH_BITS = 256


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def list_root(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Root of the tree of `size` entries whose entry `index` is `entry` (RFC 9162 section
    2.1.3.2); WireError when `path` cannot belong to that place."""
    if index >= size:
        raise WireError("path", f"{index} is not below the tree's size {size}")
    at, last = index, size - 1
    found = sha256(_LEAF, entry)
    for sibling in path:
        if last == 0:
            raise WireError("path", "more hashes than the tree is high")
        if at & 1 or at == last:
            found = sha256(_NODE, sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = sha256(_NODE, found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise WireError("path", "fewer hashes than the tree is high")
    return found


@dataclass(frozen=True)
class StateProof:
    """`bitmap`: one byte for the depth, then a bit a level from the root, set where the sibling is
    not empty.  `other` is (path, value digest) of a leaf that stands in the way."""

    bitmap: bytes
    siblings: tuple[bytes, ...]
    other: tuple[bytes, bytes] | None


def state_root(key: bytes, value: bytes | None, proof: StateProof) -> bytes:
    """Root of the state in which `key` has `value` (None: no value); WireError for a proof that is
    not in its only form."""
    path = sha256(key)
    levels = _levels(proof)
    if value is not None:
        if proof.other is not None:
            raise WireError("proof", "a present key has no other leaf in its way")
        found = sha256(_LEAF, path, sha256(value))
    elif proof.other is not None:
        found = _other_leaf(path, proof.other, len(levels))
    else:
        found = _EMPTY
    bits = int.from_bytes(path, "big")
    for depth in range(len(levels) - 1, -1, -1):
        right = bits >> (_PATH_BITS - 1 - depth) & 1
        found = sha256(_NODE, levels[depth], found) if right else \
            sha256(_NODE, found, levels[depth])
    return found


def _other_leaf(path: bytes, other: tuple[bytes, bytes], depth: int) -> bytes:
    shift = _PATH_BITS - depth
    if other[0] == path or int.from_bytes(path, "big") >> shift != \
            int.from_bytes(other[0], "big") >> shift:
        raise WireError("proof", "the other leaf is not in the key's way")
    return sha256(_LEAF, *other)


def _levels(proof: StateProof) -> list[bytes]:
    """Siblings from the root downwards, empty ones filled in."""
    if not proof.bitmap:
        raise WireError("proof", "the bitmap is empty")
    depth, bits = proof.bitmap[0], proof.bitmap[1:]
    if len(bits) != (depth + 7) // 8:
        raise WireError("proof", f"{len(bits)} bytes of bits for {depth} levels")
    number = int.from_bytes(bits, "big")
    unused = 8 * len(bits) - depth
    if number & (1 << unused) - 1:
        raise WireError("proof", "bits below the last level are set")
    # A subtree with one leaf is that leaf: below an empty sibling there is no deeper level.
    if depth and not number >> unused & 1:
        raise WireError("proof", "the lowest sibling is empty")
    flags = [number >> (8 * len(bits) - 1 - level) & 1 for level in range(depth)]
    if sum(flags) != len(proof.siblings):
        raise WireError("proof", f"{len(proof.siblings)} siblings, {sum(flags)} announced")
    given = iter(proof.siblings)
    levels = [next(given) if flag else _EMPTY for flag in flags]
    if any(flag and level == _EMPTY for flag, level in zip(flags, levels, strict=True)):
        raise WireError("proof", "an empty sibling is announced as a full one")
    return levels
