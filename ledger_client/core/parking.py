"""Parked scans (I6, I9): one that needs something not registered yet waits for it, for a limited
time.

A handheld may have been offline, or its records come through another gateway.  Two queues: FOR_ITEM
waits for an item's commission or shipment, and becomes a finding at its deadline; FOR_DEVICE waits
for earlier records of the same device, and is judged all the same at its deadline, because what is
missing may never come.  Scans lie in a queue by number, and every delay of a queue is the same, so
deadlines fire in order without searching.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ledger_client.core import state
from ledger_client.core.state import Stored, View

FOR_ITEM, FOR_DEVICE = b"item", b"device"
WAIT_MS = {
    FOR_ITEM: 30 * 24 * 3600 * 1000,  # a handheld that is silent for longer is lost
    FOR_DEVICE: 24 * 3600 * 1000,  # a gateway that holds the missing records is back by then
}
PARKED_PER_ORGANISATION = 10_000


@dataclass(frozen=True)
class Parked(Stored):
    """A scan: who, where it stands, what it said, what it waits for.  `symbol` is one of its
    symbols, None the scan as a whole."""

    entry: int
    leaf: int
    seq: int
    digest: bytes
    signer: bytes
    organisation: bytes
    scan: bytes  # its body
    symbol: list[object] | None
    clock: list[object]
    waits_for: str
    rule: str
    deadline_ms: int


@dataclass(frozen=True)
class _Queue(Stored):
    """Numbers first .. next-1 may be parked."""

    first: int
    next: int


def count(view: View, root: bytes) -> int:
    value = view.get(state.parked_count_key(root))
    return value if isinstance(value, int) else 0


def park(view: View, queue: bytes, parked: Parked, number: int | None = None) -> bool:
    """Keep a scan; False when its organisation has too many waiting.  `number` is that of a scan
    that is parked again."""
    waiting = count(view, parked.organisation)
    if waiting >= PARKED_PER_ORGANISATION:
        return False
    if number is None:
        bounds = _bounds(view, queue)
        number = bounds.next
        view.store(state.parking_key(queue), replace(bounds, next=number + 1))
    view.store(state.parked_key(queue, number), parked)
    view.put(state.parked_count_key(parked.organisation), waiting + 1)
    key = state.parked_for_key(parked.waits_for)
    view.put(key, sorted([*_numbers(view, key), number]))
    return True


def waiting_for(view: View, queue: bytes, what: str) -> list[tuple[int, Parked]]:
    """Take out every scan that waits for an item or a device, in the order of parking."""
    key = state.parked_for_key(what)
    found = []
    for number in _numbers(view, key):
        parked = view.load(Parked, state.parked_key(queue, number))
        if parked is not None:
            _forget(view, queue, number, parked)
            found.append((number, parked))
    return found


def overdue(view: View, queue: bytes, now_ms: int) -> Iterator[Parked]:
    """Take out every scan whose deadline has passed."""
    bounds = _bounds(view, queue)
    first = bounds.first
    while first < bounds.next:
        parked = view.load(Parked, state.parked_key(queue, first))
        if parked is not None:
            if parked.deadline_ms > now_ms:
                break
            _forget(view, queue, first, parked)
            yield parked
        first += 1
    if first != bounds.first:
        view.store(state.parking_key(queue), replace(_bounds(view, queue), first=first))


def _bounds(view: View, queue: bytes) -> _Queue:
    return view.load(_Queue, state.parking_key(queue)) or _Queue(0, 0)


def _numbers(view: View, key: bytes) -> list[int]:
    numbers = view.get(key)
    return numbers if isinstance(numbers, list) else []


def _forget(view: View, queue: bytes, number: int, parked: Parked) -> None:
    view.remove(state.parked_key(queue, number))
    _put_or_remove(view, state.parked_count_key(parked.organisation),
                   count(view, parked.organisation) - 1)
    key = state.parked_for_key(parked.waits_for)
    _put_or_remove(view, key, [one for one in _numbers(view, key) if one != number])


def _put_or_remove(view: View, key: bytes, value: int | list[int]) -> None:
    if value:
        view.put(key, value)
    else:
        view.remove(key)
