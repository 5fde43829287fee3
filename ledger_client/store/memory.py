"""A store in memory: the twin that tests and re-application use."""

import bisect
import hashlib
from collections.abc import Iterator, Mapping

from ledger_client.core import state_tree
from ledger_client.core.entry import Submission
from ledger_client.store.interface import Commit, Signed


class MemoryStore:
    """Everything in dictionaries; a commit cannot fail half-way."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._leaves: dict[int, dict[bytes, bytes]] = {}
        self._value_digests: dict[bytes, bytes] = {}
        self._buckets: dict[int, tuple[bytes, int]] = {}
        self._entries: list[Submission] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._events: dict[str, list[bytes]] = {}
        self._linking: dict[str, list[tuple[str, int]]] = {}
        self._happened: dict[int, list[tuple[str, int]]] = {}
        self._checkpoints: list[Signed] = []
        self._sizes: list[int] = []
        self._cosignatures: dict[int, dict[bytes, bytes]] = {}

    def commit(self, commit: Commit) -> None:
        assert commit.first_entry == len(self._entries)
        self._entries.extend(commit.entries)
        self._nodes.update({(level, index): digest for level, index, digest in commit.nodes})
        for key, value in commit.changes.items():
            self._put(key, value)
        self._buckets.update({prefix: (digest, count) for prefix, digest, count in commit.buckets})
        for item, number, event, entry, others in commit.events:
            chain = self._events.setdefault(item, [])
            assert number == len(chain)
            chain.append(event)
            self._happened.setdefault(entry, []).append((item, number))
            for other in others:
                self._linking.setdefault(other, []).append((item, number))
        self._checkpoints.append(commit.signed)
        self._sizes.append(commit.size)

    def _put(self, key: bytes, value: bytes | None) -> None:
        path = state_tree.path_of(key)
        leaves = self._leaves.setdefault(state_tree.prefix_of(path), {})
        if value is None:
            self._values.pop(key, None)
            leaves.pop(path, None)
            return
        self._values[key] = value
        leaves[path] = state_tree.leaf_hash(path, value)
        self._value_digests[path] = hashlib.sha256(value).digest()

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def keys(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key in sorted(key for key in self._values if key.startswith(prefix)):
            yield key, self._values[key]

    def bucket(self, prefix: int) -> Mapping[bytes, bytes]:
        return self._leaves.get(prefix, {})

    def buckets(self) -> Iterator[tuple[int, bytes, int]]:
        for prefix, (digest, count) in sorted(self._buckets.items()):
            yield prefix, digest, count

    def value_digest(self, path: bytes) -> bytes:
        return self._value_digests[path]

    def entry(self, number: int) -> Submission | None:
        return self._entries[number] if 0 <= number < len(self._entries) else None

    def node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def events(self, item: str, first: int = 0, count: int | None = None) -> list[bytes]:
        return self._events.get(item, [])[first:None if count is None else first + count]

    def linking(self, other: str) -> Iterator[tuple[str, int, bytes]]:
        for item, number in sorted(self._linking.get(other, [])):
            yield item, number, self._events[item][number]

    def happened(self, entry: int) -> Iterator[tuple[str, int, bytes]]:
        for item, number in sorted(self._happened.get(entry, [])):
            yield item, number, self._events[item][number]

    def nodes(self) -> Iterator[tuple[int, int, bytes]]:
        """Every complete subtree of the log as (level, index, hash)."""
        for (level, index), digest in self._nodes.items():
            yield level, index, digest

    def linked(self) -> list[str]:
        """Everything that an event links, and every item."""
        return sorted(self._linking.keys() | self._events.keys())

    def items(self) -> list[str]:
        """Every item that has a chain."""
        return sorted(self._events)

    def checkpoint(self, number: int | None = None) -> Signed | None:
        if number is None:
            number = len(self._checkpoints) - 1
        return self._checkpoints[number] if 0 <= number < len(self._checkpoints) else None

    def checkpoint_covering(self, entry: int) -> Signed | None:
        return self.checkpoint(bisect.bisect_right(self._sizes, entry))

    def counts(self) -> dict[str, int]:
        return {"entries": len(self._entries), "checkpoints": len(self._checkpoints),
                "log nodes": len(self._nodes), "chains": sum(map(len, self._events.values())),
                "values": len(self._values), "names": len(self.linked()),
                "links": sum(map(len, self._linking.values())),
                "happenings": sum(map(len, self._happened.values())),
                "cosignatures": sum(map(len, self._cosignatures.values()))}

    def check_form(self) -> None:
        """A dictionary has no other."""

    def add_cosignature(self, number: int, witness: bytes, statement: bytes) -> None:
        self._cosignatures.setdefault(number, {})[witness] = statement

    def cosignatures(self, number: int) -> list[bytes]:
        return [data for _, data in sorted(self._cosignatures.get(number, {}).items())]

    def cosignature(self, number: int, witness: bytes) -> bytes | None:
        return self._cosignatures.get(number, {}).get(witness)

    def prune(self, number: int) -> bool:
        pruned = self._entries[number].body is not None
        self._entries[number] = Submission(self._entries[number].statement)
        return pruned

    def close(self) -> None:
        """Nothing to give up."""
