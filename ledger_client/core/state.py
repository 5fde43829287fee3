"""The ledger's state as (key, value) pairs, and a view that gathers changes over it.

Keys are bytes, a word and its parts; values are deterministic CBOR.  Rules read and write through a
View; a store keeps what a view gathered, or drops it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import NamedTuple, Self, TypeVar

from ledger_client.wire import cbor

VALUES_CACHED = 1024  # decoded; a scan reads its crate, and each of 64 things, several times


def _numbered(word: bytes, *numbers: int) -> bytes:
    """Deterministic CBOR integers sort as the numbers do, so a range of keys is one scan."""
    return word + b"".join(cbor.encode(number) for number in numbers)


def genesis_key() -> bytes:
    return b"genesis"


def founders_key() -> bytes:
    return b"founders"


def revoked_key() -> bytes:
    return b"revoked"


def members_key() -> bytes:
    return b"members"


def proposal_key(entry_hash: bytes) -> bytes:
    return b"proposal/" + entry_hash


def organisation_key(root: bytes) -> bytes:
    return b"organisation/" + root


def spent_key(root: bytes) -> bytes:
    return b"spent/" + root


def party_key(uri: str) -> bytes:
    return b"party/" + uri.encode()


def key_key(thumbprint: bytes) -> bytes:
    return b"key/" + thumbprint


def kid_key(kid: bytes) -> bytes:
    return b"kid/" + kid


def asset_key(giai: str) -> bytes:
    return b"asset/" + giai.encode()


def entry_key(entry_hash: bytes) -> bytes:
    return b"entry/" + entry_hash


def time_key(number: int) -> bytes:
    return _numbered(b"time/", number)


def gateway_key(thumbprint: bytes) -> bytes:
    return b"gateway/" + thumbprint


def device_key(thumbprint: bytes) -> bytes:
    return b"device/" + thumbprint


def head_key(thumbprint: bytes, epoch: int) -> bytes:
    return _numbered(b"head/" + thumbprint + b"/", epoch)


def record_key(thumbprint: bytes, epoch: int, seq: int) -> bytes:
    return _numbered(b"record/" + thumbprint + b"/", epoch, seq)


def item_key(uri: str) -> bytes:
    return b"item/" + uri.encode()


def attached_key(giai: str) -> bytes:
    """The carrier a logger travels with, and since when."""
    return b"attached/" + giai.encode()


def unpacked_key(parent: str, generation: int) -> bytes:
    return _numbered(b"unpacked/" + parent.encode() + b"/", generation)


def contents_key(parent: str, generation: int) -> bytes:
    return _numbered(b"contents/" + parent.encode() + b"/", generation)


def awaiting_key(entry: int, leaf: int) -> bytes:
    return _numbered(b"awaiting/", entry, leaf)


def source_key(root: bytes, source: bytes) -> bytes:
    """A document that an organisation captured."""
    return b"source/" + root + b"/" + source


def corrected_key(entry: int, leaf: int) -> bytes:
    """An event that was declared in error."""
    return _numbered(b"corrected/", entry, leaf)


def judgement_key(about: bytes) -> bytes:
    return b"judgement/" + about


def calibrations_key(giai: str) -> bytes:
    return b"calibrations/" + giai.encode()


def parking_key(queue: bytes) -> bytes:
    return b"parking/" + queue


def parked_key(queue: bytes, number: int) -> bytes:
    return _numbered(b"parked/" + queue + b"/", number)


def parked_for_key(what: str) -> bytes:
    return b"parked-for/" + what.encode()


def parked_count_key(root: bytes) -> bytes:
    return b"parked-count/" + root


def put_off_key(number: int) -> bytes:
    """An item whose waiting scans are to be judged again."""
    return _numbered(b"put-off/", number)


def is_put_off_key(what: str) -> bytes:
    """Where an item stands in that queue."""
    return b"put-off-item/" + what.encode()


def recall_key(gtin: str, lot: str) -> bytes:
    return b"recall/" + gtin.encode() + b"/" + lot.encode()


def registered_key(kind: str, subject: str) -> bytes:
    """Current entry of a versioned subject: a profile, a product, a calibration."""
    return kind.encode() + b"/" + subject.encode()


def finding_key(entry: int, leaf: int | None) -> bytes:
    return _numbered(b"finding/", entry, 0 if leaf is None else leaf + 1)


def describe(key: bytes) -> str:
    """A key for a person: its word, then text as it is and bytes in hex."""
    word, slash, rest = key.partition(b"/")
    return _shown(word) + ("/" if slash else "") + _shown(rest)


def _shown(part: bytes) -> str:
    return part.decode() if all(0x20 <= byte < 0x7F for byte in part) else part.hex()


@dataclass(frozen=True)
class Stored:
    """A value of the state: its fields in order are the CBOR array that is stored."""

    def as_list(self) -> list[object]:
        return [getattr(self, field.name) for field in fields(self)]

    @classmethod
    def of(cls, values: object) -> Self:
        assert isinstance(values, list)
        return cls(*values)


Value = TypeVar("Value", bound=Stored)


class Chained(NamedTuple):
    """An event on an item's chain as a store keeps it.  `entry` and `others`, the things that it
    links and the lot that it commissions from, are for finding it: they follow from the rest."""

    item: str
    number: int
    event: bytes
    entry: int
    others: tuple[str, ...]


class View:
    """Reads through to a store (or to another view) and keeps changes to itself.

    `changes` maps key to encoded value, None for a removed one; `events` are those of item chains,
    appended in order.
    """

    def __init__(self, read: Callable[[bytes], bytes | None]) -> None:
        self._read = read
        self.changes: dict[bytes, bytes | None] = {}
        self.events: list[Chained] = []

    def read(self, key: bytes) -> bytes | None:
        return self.changes[key] if key in self.changes else self._read(key)

    def get(self, key: bytes) -> object:
        """The decoded value, None when the key is absent."""
        data = self.read(key)
        return None if data is None else cbor.decode(data, utf8=True)

    def load(self, kind: type[Value], key: bytes) -> Value | None:
        data = self.read(key)
        return None if data is None else _decoded(kind, data)  # type: ignore[arg-type]

    def put(self, key: bytes, value: object) -> None:
        self.changes[key] = cbor.encode(value, utf8=True)

    def store(self, key: bytes, value: Stored) -> None:
        self.put(key, value.as_list())

    def remove(self, key: bytes) -> None:
        self.changes[key] = None

    def branch(self) -> "View":
        """A view over this one, to be merged or dropped."""
        return View(self.read)

    def merge(self, branch: "View") -> None:
        self.changes.update(branch.changes)
        self.events.extend(branch.events)


# What the same bytes decode to is the same value, and no rule changes a value in place.
@lru_cache(maxsize=VALUES_CACHED)
def _decoded(kind: type[Value], data: bytes) -> Value:
    return kind.of(cbor.decode(data, utf8=True))


def first_head(item: str) -> bytes:
    """head0 of an item's chain: SHA-256 of its canonical id."""
    return hashlib.sha256(item.encode()).digest()


def next_head(head: bytes, event: bytes) -> bytes:
    """head' = SHA-256(head || SHA-256(CBOR(Event)))."""
    return hashlib.sha256(head + hashlib.sha256(event).digest()).digest()
