"""What is fuzzed, and how seeds are damaged when no coverage-guided fuzzer is at hand."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cbor2

from ledger_client.errors import InvalidData, UsageError
from ledger_client.wire.errors import WireError

# What a reader may raise, whatever it is given; see the trees in the errors modules.
REFUSALS: tuple[type[Exception], ...] = (WireError, InvalidData)
FILE_REFUSALS = (*REFUSALS, UsageError)  # of files that a person names

LARGE = 1 << 17
_TOKEN = re.compile(rb'"[^"\n]*"|[-+.:0-9]+|[A-Za-z_]+|\[[^]\n]*\]')
_TOKENS = (b"0", b"-1", b"1.5", b"99999999999999999999", b"1e999", b"nan", b'""', b'"x"', b"x",
           b"true", b"null", b"[]", b"[[]]", b"{}", b'{"a": 1}', b"2026-02-30", b"2026-01-31",
           b"\xff", b"\xc3\xa9", b"\n", b"[x]\n", b"")
_NUMBERS = (0, 1, 23, 24, 255, 256, 65_535, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 53) - 1, 1 << 53,
            (1 << 63) - 1, (1 << 64) - 1, -1, -25, -(1 << 53), -(1 << 64))
_VALUES: tuple[object, ...] = (
    None, True, False, 1.5, cbor2.undefined, b"", b"\0" * 8, b"\0" * 32, b"\xff" * 64, "", "x",
    "x" * 65, "\u0000", "\u00e9", [], {}, [[]], {1: -7}, cbor2.CBORTag(18, []))
_BYTES = (0x00, 0x17, 0x18, 0x1B, 0x1F, 0x40, 0x5F, 0x60, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xD2, 0xF4,
          0xF6, 0xFB, 0xFF)


@dataclass(frozen=True)
class Target:
    """`read` takes any bytes: it returns, or raises one of `refuses`; an assertion in it is a
    property of what it has read."""

    name: str
    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    refuses: tuple[type[Exception], ...] = REFUSALS
    moment: int = 150  # inputs with every run of the tests

    def check(self, data: bytes) -> bool:
        """Whether `data` is read; anything but a refusal comes through."""
        try:
            self.read(data)
        except self.refuses:
            return False
        return True


def damaged(target: Target, count: int, seed: object) -> Iterator[bytes]:
    """`count` inputs made of the seeds of `target`, the same for the same `seed`."""
    chance = random.Random(f"{target.name} {seed}")
    for _ in range(count):
        data = chance.choice(target.seeds)
        for _ in range(chance.randint(1, 3)):
            data = chance.choice(_DAMAGE)(data, target.seeds, chance)
        yield data[:LARGE]


def _flipped(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes(one ^ 1 << chance.randrange(8) for one in data[at:at + 1]) \
        + data[at + 1:]


def _set(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes((chance.choice(_BYTES),)) + data[at + 1:]


def _cut(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    first, last = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice((data[:first], data[:first] + data[last:], data[first:]))


def _spliced(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(seeds)
    at, to = chance.randrange(len(data) + 1), chance.randrange(len(other) + 1)
    return data[:at] + other[to:to + chance.randint(1, 40)] + data[at:]


def _restructured(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Another value somewhere in the CBOR item, encoded as cbor2 does."""
    try:
        return cbor2.dumps(_replaced(cbor2.loads(data), chance))
    except (cbor2.CBORDecodeError, cbor2.CBOREncodeError, ValueError, TypeError):
        return _flipped(data, seeds, chance)


def _replaced(value: Any, chance: random.Random) -> Any:
    """`value` with one part replaced, removed, doubled or, in byte strings, restructured."""
    if isinstance(value, bytes) and value and chance.random() < 0.7:
        return _restructured(value, [value], chance)
    if isinstance(value, cbor2.CBORTag):
        return cbor2.CBORTag(value.tag, _replaced(value.value, chance))
    if isinstance(value, list | tuple) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        middle = chance.choice(([], [value[at]] * 2, [_replaced(value[at], chance)],
                                [_replaced(value[at], chance)], [_replaced(value[at], chance)]))
        return [*value[:at], *middle, *value[at + 1:]]
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        changed = {**value, name: _replaced(value[name], chance)}
        return chance.choice((changed, changed, {key: one for key, one in value.items()
                                                 if key != name}))
    return chance.choice((*_NUMBERS, *_VALUES))


def _retyped(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Another token in a text: a number or string of TOML or JSON, a field of a table."""
    found = list(_TOKEN.finditer(data))
    if not found:
        return _flipped(data, seeds, chance)
    one = chance.choice(found)
    return data[:one.start()] + chance.choice(_TOKENS) + data[one.end():]


_DAMAGE = (_flipped, _set, _cut, _spliced, _retyped, _retyped, _restructured, _restructured,
           _restructured)
