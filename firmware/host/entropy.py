"""Random bytes: the system's, or a repeatable stream for simulations."""

import hashlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def source(seed: "str | None") -> "Callable[[int], bytes]":
    """os.urandom; with a seed SHA-256(seed, counter), which is no secret at all."""
    return os.urandom if seed is None else _Stream(seed).take


class _Stream:
    def __init__(self, seed: str) -> None:
        self._seed = seed.encode() + b"\x00"
        self._count = 0

    def take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            self._count += 1
            data += hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return data[:size]
