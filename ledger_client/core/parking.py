"""Parked scans (I6, I9): one that needs something not registered yet waits for it, for a limited
time.

A handheld may have been offline, or its records come through another gateway.  Two queues: FOR_ITEM
waits for an item to change, FOR_DEVICE waits for earlier records of the same device.  At its
deadline a scan is judged as things are, because what is missing may never come.  Scans lie in a
queue by number, and every delay of a queue is the same, so deadlines fire in order without
searching.  An entry judges a limited number again; items whose turn has not come stand in a queue
for the next entries, each once, so it is never longer than what waits.  What an entry changes has a
budget of its own, or whoever fills the queue would hold up everybody's scans.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ledger_client.core import contents, state
from ledger_client.core.state import Stored, View

FOR_ITEM, FOR_DEVICE = b"item", b"device"
WAIT_MS = {
    FOR_ITEM: 30 * 24 * 3600 * 1000,  # a handheld that is silent for longer is lost
    FOR_DEVICE: 24 * 3600 * 1000,  # a gateway that holds the missing records is back by then
}
PARKED_PER_ORGANISATION = 10_000
PARKED_FOR_ONE = 64  # of an organisation for one item: all are judged again when it changes
# Parked scans that an entry judges again of what it changed itself, and as many of what earlier
# entries left to it: together they take as long as a block's records.
SETTLED = 500
# Units and lots inside what is scanned that an entry asks about: two for each symbol of a block.
LOOKS = 65_536
_PUT_OFF = b"put-off"


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


@dataclass
class Budget:
    """Parked scans that may still be judged again; looks into what is scanned."""

    left: int = field(default_factory=lambda: SETTLED)
    looks: int = field(default_factory=lambda: LOOKS)

    def is_spent(self) -> bool:
        """Whether the units inside something could not be looked at to the end any more; their
        lots, which nobody counts before, then still are."""
        return self.looks < contents.TREE_UNITS

    def affords(self, view: View, what: str) -> bool:
        """Whether what waits for an item can be judged now.  A whole budget affords a part of any
        number, or it would never come to an end."""
        return self.left == SETTLED or self.left >= _number_waiting(view, what)


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


def _number_waiting(view: View, what: str) -> int:
    return sum(map(len, _waiters(view, what).values()))


def take_waiting(view: View, queue: bytes, what: str,
                 budget: Budget | None = None) -> list[tuple[int, Parked]]:
    """Take out the scans that wait for something, in the order of parking, as many as the budget
    has left."""
    waiters = _waiters(view, what)
    if not waiters:
        return []
    numbers = sorted(one for numbers in waiters.values() for one in numbers)
    whole = len(numbers)
    if budget is not None:
        numbers = numbers[:budget.left]
        budget.left -= len(numbers)
    taken = set(numbers)
    _put_waiters(view, what, {root: [one for one in waiting if one not in taken]
                              for root, waiting in waiters.items()})
    if len(numbers) < whole:
        put_off(view, [what])
    return [(number, _take(view, queue, number)) for number in numbers]


def put_off(view: View, whats: list[str]) -> None:
    """Leave items that have changed to the next entries."""
    for what in whats:
        standing = state.is_put_off_key(what)
        if _waiters(view, what) and view.read(standing) is None:
            bounds = _bounds(view, _PUT_OFF)
            view.put(standing, bounds.next)
            view.put(state.put_off_key(bounds.next), what)
            view.store(state.parking_key(_PUT_OFF), replace(bounds, next=bounds.next + 1))


def take_put_off(view: View, budget: Budget) -> Iterator[str]:
    """Take out the items that earlier entries have put off, as long as the budget affords it; one
    for which nothing waits any more costs as much as one scan."""
    while (bounds := _bounds(view, _PUT_OFF)).first < bounds.next and budget.left \
            and not budget.is_spent():
        key = state.put_off_key(bounds.first)
        what = view.get(key)
        assert isinstance(what, str)
        if not budget.affords(view, what):
            return
        view.remove(key)
        view.remove(state.is_put_off_key(what))
        view.store(state.parking_key(_PUT_OFF), replace(bounds, first=bounds.first + 1))
        if _waiters(view, what):
            yield what
        else:
            budget.left -= 1


def take_overdue(view: View, queue: bytes, now_ms: int,
                 budget: Budget) -> Iterator[tuple[int, Parked]]:
    """Take out scans whose deadline has passed, as many as the budget has left."""
    bounds = _bounds(view, queue)
    first = bounds.first
    while first < bounds.next and budget.left and not budget.is_spent():
        parked = view.load(Parked, state.parked_key(queue, first))
        if parked is not None:
            if parked.deadline_ms > now_ms:
                break
            budget.left -= 1
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
