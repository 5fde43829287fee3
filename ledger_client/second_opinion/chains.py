"""Chains of items: what the item's own chain and the links in it make necessary, no less, no more.

An item's chain ends at (length, head) of its proven state.  An event that packs an item or puts it
away links (length, head) of the carrier's chain; from there the carrier's events are due, until
the link of the event that unpacks the item again, else until the carrier's own proven state.  What
happened to a carrier in between makes its carriers' events due in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger_client.second_opinion.fault import Fault
from ledger_client.second_opinion.form import LINK_PARENT, LINK_PLACE, Chain, Event
from ledger_client.second_opinion.proven import State, first_head
from ledger_client.second_opinion.trees import sha256
from ledger_client.wire import codes

ChainEnd = tuple[int, bytes]  # (length, head)
Place = tuple[str, int]  # (item, number of the first event)


@dataclass(frozen=True)
class Stay:
    """An item with a carrier whose chain stood at (first, head) when it came.  `until` is the
    item's own event that ended it; `end` the carrier's chain then, if that event links it."""

    carrier: str
    first: int
    head: bytes
    since: Event
    until: Event | None
    end: ChainEnd | None
    is_parent: bool


def stays(events: Sequence[Event]) -> Iterator[Stay]:
    """Every carrier that the events tell of."""
    effective = [event for event in events if event.effective]
    yield from _parents(effective)
    yield from _places(effective)


def _parents(events: Sequence[Event]) -> Iterator[Stay]:
    since: Event | None = None
    for event in events:
        link = event.carrier_link()
        if link is None or link.kind != LINK_PARENT:
            continue
        if event.action == codes.ACTION_PACK:
            if since is not None:  # the parent was unpacked whole: no event of the item says so
                yield _stay(since, None, None)
            since = event
        elif since is not None:
            yield _stay(since, event, (link.where[0], link.digest))
            since = None
    if since is not None:
        yield _stay(since, None, None)


def _places(events: Sequence[Event]) -> Iterator[Stay]:
    for number, event in enumerate(events):
        link = event.carrier_link()
        if link is not None and link.kind == LINK_PLACE:
            yield _stay(event, events[number + 1] if number + 1 < len(events) else None, None)


def _stay(since: Event, until: Event | None, end: ChainEnd | None) -> Stay:
    link = since.carrier_link()
    assert link is not None
    if end is not None and until is not None:
        left = until.carrier_link()
        if left is None or left.other != link.other:
            raise Fault("chains", f"an item in {link.other} was unpacked from another carrier")
    return Stay(link.other, link.where[0], link.digest, since, until, end,
                link.kind == LINK_PARENT)


class Chains:
    """The chains of a passport, proven when this is made; Fault when they are not."""

    def __init__(self, item: str, chains: Sequence[Chain], state: State) -> None:
        self._state = state
        self._given: dict[Place, tuple[int, Chain]] = {}
        self._heads: dict[Place, list[bytes]] = {}
        self._reached: dict[Place, int] = {}
        for number, chain in enumerate(chains):
            if (chain.item, chain.first) in self._given:
                raise Fault(f"chains[{number}]", "it stands twice")
            self._given[chain.item, chain.first] = number, chain
        self._prove(item)
        for place, (number, chain) in self._given.items():
            due = self._reached.get(place, chain.first)
            if chain.first + len(chain.events) > due:
                raise Fault(f"chains[{number}]", f"events from number {due} on are not due")
            if not chain.events and place != (item, 0):
                raise Fault(f"chains[{number}]", "it has no events")

    def events(self, place: Place) -> tuple[Event, ...]:
        """The events that the passport has of this place."""
        return self._given[place][1].events if place in self._given else ()

    def all_events(self) -> Iterator[tuple[str, int, Event]]:
        """(item, number, event) of every chain."""
        for _, chain in self._given.values():
            for number, event in enumerate(chain.events, chain.first):
                yield chain.item, number, event

    def _prove(self, item: str) -> None:
        waiting = [(item, 0, first_head(item), self._own_end(item))]
        while waiting:
            carrier, first, head, end = waiting.pop()
            if self._check(carrier, first, head, end):
                waiting += [(stay.carrier, stay.first, stay.head,
                             stay.end or self._own_end(stay.carrier))
                            for stay in stays(self.events((carrier, first)))]

    def _own_end(self, uri: str) -> ChainEnd:
        """(length, head) of the item's chain as the state has it."""
        known = self._state.item(uri)
        return (0, first_head(uri)) if known is None else (known.length, known.head)

    def _check(self, item: str, first: int, head: bytes, end: ChainEnd) -> bool:
        """Prove the events of one place until `end`; whether the place was not seen before."""
        place = item, first
        number, chain = self._given.get(place, (None, Chain(item, first, head, ())))
        field = "chains" if number is None else f"chains[{number}]"
        if chain.head != head:
            raise Fault(field, f"{item}: the head before event {first} is another")
        heads = self._heads.setdefault(place, _heads(chain))
        length, end_head = end
        if not 0 <= length - first < len(heads):
            raise Fault(field, f"{item}: events {first} to {length} are due, there are "
                               f"{len(chain.events)}")
        if heads[length - first] != end_head:
            raise Fault(field, f"{item}: the events before {length} do not lead to its head")
        fresh = place not in self._reached
        self._reached[place] = max(length, self._reached.get(place, 0))
        return fresh


def _heads(chain: Chain) -> list[bytes]:
    """Head before the first event, and after each."""
    heads = [chain.head]
    for event in chain.events:
        heads.append(sha256(heads[-1], sha256(event.encoded)))
    return heads
