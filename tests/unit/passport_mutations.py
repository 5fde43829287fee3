"""What a lying maker does to a passport before signing it: leaves out, adds, changes, swaps."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from ledger_client.core import state
from ledger_client.core.passport import Passport, Run
from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError

Part = TypeVar("Part")
LARGE = 1 << 52  # integers end a bit further


def without(values: tuple[Part, ...], number: int) -> tuple[Part, ...]:
    return values[:number] + values[number + 1:]


def put(values: tuple[Part, ...], number: int, *parts: Part) -> tuple[Part, ...]:
    """With `parts` in the place of one."""
    return (*values[:number], *parts, *values[number + 1:])


def flipped(data: bytes, bit: int) -> bytes:
    return data[:bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1:]


def omissions(content: Passport) -> Iterator[tuple[str, Passport]]:
    """(what, the passport without one thing that may not be left out)."""
    for number, pair in enumerate(content.proofs):
        if not pair.key.startswith((b"product/", b"profile/")):
            yield f"proof of {pair.key!r}", replace(content,
                                                    proofs=without(content.proofs, number))
    for number, chain in enumerate(content.chains):
        yield f"chain {number}", replace(content, chains=without(content.chains, number))
        for at in range(len(chain.events)):
            shorter = replace(chain, events=without(chain.events, at))
            yield f"event {number} {at}", replace(content,
                                                  chains=put(content.chains, number, shorter))
        if chain.events:
            head = state.next_head(chain.head, chain.events[0].encode())
            shorter = replace(chain, first=chain.first + 1, head=head, events=chain.events[1:])
            yield f"start {number}", replace(content, chains=put(content.chains, number, shorter))
    for number, run in enumerate(content.telemetry):
        others = without(content.telemetry, number)
        if any(one.thumbprint == run.thumbprint for one in others):
            yield f"run {number}", replace(content, telemetry=others)
        for at in range(len(run.records)):
            for way, runs in enumerate(_record_left_out(run, at)):
                yield f"record {number} {at} {way}", replace(
                    content, telemetry=put(content.telemetry, number, *runs))


def _record_left_out(run: Run, at: int) -> Iterator[list[Run]]:
    """In every way that a maker could write it down."""
    before, after = run.records[:at], run.records[at + 1:]
    later = replace(run, first=run.first + at + 1, records=after)
    if before and after:
        yield [replace(run, records=before + after)]
        yield [replace(run, records=before, end=None), later]
        yield [replace(run, records=before), later]
    elif before:
        yield [replace(run, records=before, end=None)]
        yield [replace(run, records=before)]
    elif after:
        yield [later]
        yield [replace(run, records=after)]


def changed(content: Passport, other: Passport, chance: random.Random) -> Passport:
    """One thing changed that keeps the form; `other` is another passport of the same ledger."""
    return chance.choice(_CHANGES)(content, other, chance)


def _proofs(content: Passport, other: Passport, chance: random.Random) -> Passport:
    proofs = list(content.proofs)
    number = chance.randrange(len(proofs))
    way = chance.randrange(4)
    if way == 0:
        proofs[number] = replace(proofs[number], value=None)
    elif way == 1:
        proofs[number] = replace(proofs[number], value=chance.choice(other.proofs).value)
    elif way == 2:
        proofs.insert(number, chance.choice(other.proofs))
    else:
        chance.shuffle(proofs)
    return replace(content, proofs=tuple(proofs))


def _chains(content: Passport, other: Passport, chance: random.Random) -> Passport:
    number = chance.randrange(len(content.chains))
    chain, way = content.chains[number], chance.randrange(4)
    if way == 0:
        return replace(content, chains=put(content.chains, number, chance.choice(other.chains)))
    if way == 1:
        return replace(content, chains=(*content.chains, chance.choice(other.chains)))
    if way == 2:
        events = chain.events + chance.choice(other.chains).events[:1]
        return replace(content, chains=put(content.chains, number, replace(chain, events=events)))
    return replace(content, chains=tuple(chance.sample(content.chains, len(content.chains))))


def _runs(content: Passport, other: Passport, chance: random.Random) -> Passport:
    if not content.telemetry:
        return replace(content, telemetry=other.telemetry)
    number = chance.randrange(len(content.telemetry))
    run, way = content.telemetry[number], chance.randrange(6)
    at = chance.randrange(len(run.records))
    if way == 0:
        return replace(content, telemetry=put(content.telemetry, number, replace(run, end=None)))
    if way == 1 and at:
        parts = (replace(run, records=run.records[:at], end=None),
                 replace(run, first=run.first + at, records=run.records[at:]))
        return replace(content, telemetry=put(content.telemetry, number, *parts))
    if way == 2:
        return replace(content, telemetry=without(content.telemetry, number))
    if way == 3:
        return replace(content, telemetry=tuple(
            one for one in content.telemetry if one.thumbprint != run.thumbprint))
    if way == 4 and other.telemetry:
        taken = chance.choice(other.telemetry)
        return replace(content, telemetry=chance.choice((
            put(content.telemetry, number, taken), (*content.telemetry, taken))))
    return replace(content, telemetry=tuple(
        chance.sample(content.telemetry, len(content.telemetry))))


def _loggers(content: Passport, other: Passport, chance: random.Random) -> Passport:
    """All telemetry, and with chance what goes with it, left out."""
    kept = [pair for pair in content.proofs if chance.randrange(8) == 0 or not pair.key.startswith(
        (b"key/", b"calibrations/", b"head/", b"device/"))]
    keys = tuple(key for key in content.keys if chance.randrange(4))
    return replace(content, telemetry=(), proofs=tuple(kept),
                   keys=keys if chance.randrange(2) else content.keys)


def _records(content: Passport, other: Passport, chance: random.Random) -> Passport:
    """Some left out, which is allowed, or one added."""
    kept = tuple(one for one in content.records if chance.randrange(4))
    added = other.records[:1] if chance.randrange(4) == 0 else ()
    return replace(content, records=(*kept, *added))


def _taken_over(content: Passport, other: Passport, chance: random.Random) -> Passport:
    name = chance.choice(("checkpoint", "cosignatures", "revoked", "keys", "records", "telemetry",
                          "chains", "proofs", "item"))
    return replace(content, **{name: getattr(other, name)})


_CHANGES: tuple[Callable[[Passport, Passport, random.Random], Passport], ...] = (
    _proofs, _chains, _runs, _runs, _loggers, _records, _taken_over)


def scrambled(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    """One value anywhere in the payload changed, whatever comes of it; `other` gives some."""
    content, donor = cbor.decode(payload, utf8=True), cbor.decode(other, utf8=True)
    holder, key = _anywhere(content, chance)
    given_by, at = _anywhere(donor, chance)
    way = chance.randrange(5)
    if way == 0:
        holder[key] = given_by[at]
    elif way == 1 and isinstance(holder, list):
        del holder[key]
    elif way == 2 and isinstance(holder, list):
        holder.insert(key, chance.choice(holder))
    else:
        holder[key] = _near(holder[key], chance)
    try:
        return cbor.encode(content, utf8=True)
    except WireError:  # too deep
        return scrambled(payload, other, chance)


def _anywhere(value: object, chance: random.Random):  # type: ignore[no-untyped-def]
    """(a map or array, a key or index of it)."""
    while True:
        assert isinstance(value, dict | list)
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        key = chance.choice(keys)
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or chance.randrange(8) == 0:
            return value, key
        value = inner


def _near(value: object, chance: random.Random) -> object:
    if isinstance(value, int):
        return chance.choice((max(0, value - 1), value + 1, 0, LARGE, None))
    if isinstance(value, bytes) and value:
        bit = chance.randrange(8 * len(value))
        return chance.choice((flipped(value, bit), flipped(value, bit), value[:bit // 8],
                              value + b"\0", None))
    if isinstance(value, str):
        return chance.choice((value + "x", value[:-1], None))
    return chance.choice((0, b"", [], {}, None))
