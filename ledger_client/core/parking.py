"""Parked scans (I6, I9): one that needs something not registered yet waits for it, for a limited
time.

A handheld may have been offline, or its records come through another gateway.  Two queues: FOR_ITEM
waits for an item to change, FOR_DEVICE waits for earlier records of the same device.  At its
deadline a scan is judged as things are, because what is missing may never come.  Scans lie in a
queue by number, and every delay of a queue is the same, so deadlines fire in order without
searching.
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
PARKED_FOR_ONE = 1000  # of an organisation for one item: all are judged again when it changes


@dataclass(frozen=True)
class Parked(Stored):
    """A scan: who, where it stands, what it said, the item or the place in a device's chain that it
    waits for.  `whole`, or the scan with one of its symbols."""

    entry: int
    leaf: int
    seq: int
    digest: bytes
    signer: bytes
    organisation: bytes
    scan: bytes  # its body
    whole: bool
    clock: list[object]
    waits_for: str
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
    waiting, waiters = count(view, parked.organisation), _waiters(view, parked.waits_for)
    numbers = waiters.setdefault(parked.organisation, [])
    if waiting >= PARKED_PER_ORGANISATION or len(numbers) >= PARKED_FOR_ONE:
        return False
    if number is None:
        bounds = _bounds(view, queue)
        number = bounds.next
        view.store(state.parking_key(queue), replace(bounds, next=number + 1))
    view.store(state.parked_key(queue, number), parked)
    view.put(state.parked_count_key(parked.organisation), waiting + 1)
    numbers.append(number)
    _put_waiters(view, parked.waits_for, waiters)
    return True


def has_waiting(view: View, what: str, root: bytes) -> bool:
    """Whether a scan of an organisation waits for an item."""
    return root in _waiters(view, what)


def take_waiting(view: View, queue: bytes, what: str) -> list[tuple[int, Parked]]:
    """Take out every scan that waits for something, in the order of parking."""
    waiters = _waiters(view, what)
    if waiters:
        view.remove(state.parked_for_key(what))
    return [(number, _take(view, queue, number))
            for number in sorted(one for numbers in waiters.values() for one in numbers)]


def take_overdue(view: View, queue: bytes, now_ms: int) -> Iterator[tuple[int, Parked]]:
    """Take out every scan whose deadline has passed."""
    bounds = _bounds(view, queue)
    first = bounds.first
    while first < bounds.next:
        parked = view.load(Parked, state.parked_key(queue, first))
        if parked is not None:
            if parked.deadline_ms > now_ms:
                break
            _take(view, queue, first)
            waiters = _waiters(view, parked.waits_for)
            waiters[parked.organisation].remove(first)
            _put_waiters(view, parked.waits_for, waiters)
            yield first, parked
        first += 1
    if first != bounds.first:
        view.store(state.parking_key(queue), replace(_bounds(view, queue), first=first))


def _bounds(view: View, queue: bytes) -> _Queue:
    return view.load(_Queue, state.parking_key(queue)) or _Queue(0, 0)


def _take(view: View, queue: bytes, number: int) -> Parked:
    key = state.parked_key(queue, number)
    parked = view.load(Parked, key)
    assert parked is not None
    view.remove(key)
    left = count(view, parked.organisation) - 1
    if left:
        view.put(state.parked_count_key(parked.organisation), left)
    else:
        view.remove(state.parked_count_key(parked.organisation))
    return parked


def _waiters(view: View, what: str) -> dict[bytes, list[int]]:
    """Numbers of the scans that wait for something, by organisation."""
    rows = view.get(state.parked_for_key(what))
    return {root: list(numbers) for root, numbers in rows} if isinstance(rows, list) else {}


def _put_waiters(view: View, what: str, waiters: dict[bytes, list[int]]) -> None:
    rows = [[root, numbers] for root, numbers in waiters.items() if numbers]
    key = state.parked_for_key(what)
    if rows:
        view.put(key, rows)
    else:
        view.remove(key)
