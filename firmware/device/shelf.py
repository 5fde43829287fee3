"""A bounded memory of texts with small values, in one block that is allocated once.

MicroPython's heap is never compacted: thousands of small objects that live long, scattered over
it, leave no room for a larger block however much is free.  So what is remembered of many symbols
is kept here: a text by the first bytes of its SHA-256, in buckets of WAYS places; in a full bucket
the oldest is forgotten.
"""

import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WAYS = 4
KEY_BYTES = 8  # of SHA-256: two texts are taken for one with a chance of 2^-40 among 2^12
_STAMP_BYTES = 4


class Shelf:
    """`buckets` of WAYS values of `value_bytes` each."""

    def __init__(self, buckets: int, value_bytes: int) -> None:
        self._buckets = buckets
        self._value_bytes = value_bytes
        self._place_bytes = KEY_BYTES + _STAMP_BYTES + value_bytes
        self._data = bytearray(buckets * WAYS * self._place_bytes)
        self._stamp = 0  # counts what was put; a place with stamp 0 is free

    def get(self, text: str) -> "bytes | None":
        at = self._find(key_of(text))
        return None if at is None else self._value(at)

    def put(self, text: str, value: bytes) -> None:
        assert len(value) == self._value_bytes
        key = key_of(text)
        at = self._find(key)
        if at is None:
            at = min(self._places(key), key=self._stamp_at)
        self._stamp += 1
        self._data[at:at + self._place_bytes] = \
            key + self._stamp.to_bytes(_STAMP_BYTES, "big") + value

    def remove(self, text: str) -> None:
        at = self._find(key_of(text))
        if at is not None:
            self._free(at)

    def remove_all(self, start: bytes) -> None:
        """Everything whose value begins with `start`."""
        for at in range(0, len(self._data), self._place_bytes):
            if self._stamp_at(at) and self._value(at)[:len(start)] == start:
                self._free(at)

    def _places(self, key: bytes) -> "Iterator[int]":
        first = int.from_bytes(key[:4], "big") % self._buckets * WAYS
        for way in range(first, first + WAYS):
            yield way * self._place_bytes

    def _find(self, key: bytes) -> "int | None":
        for at in self._places(key):
            if self._data[at:at + KEY_BYTES] == key and self._stamp_at(at):
                return at
        return None

    def _stamp_at(self, at: int) -> int:
        at += KEY_BYTES
        return int.from_bytes(self._data[at:at + _STAMP_BYTES], "big")

    def _value(self, at: int) -> bytes:
        at += KEY_BYTES + _STAMP_BYTES
        return bytes(self._data[at:at + self._value_bytes])

    def _free(self, at: int) -> None:
        self._data[at:at + self._place_bytes] = bytes(self._place_bytes)


def key_of(text: str) -> bytes:
    """What stands for a text: as a key, or inside a value."""
    return hashlib.sha256(text.encode()).digest()[:KEY_BYTES]
