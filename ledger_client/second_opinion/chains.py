"""Chains of items: what the item's own chain and the links in it make necessary, no less, no more.

An item's chain ends at (length, head) of its proven state.  An event that packs an item or puts it
away links (length, head) of the carrier's chain; from there the carrier's events are due until
- a parent's: the link of the event that unpacks the item; else, proven by the state, the end of the
  parent's generation; else the parent's own state, still of that generation;
- a place's: the link of the event that leaves it; else the place's own state.
What those events say of the carrier's carriers makes parts of their chains due in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger_client.second_opinion.fault import Fault
from ledger_client.second_opinion.form import LINK_PARENT, LINK_PLACE, Chain, Event, Link
from ledger_client.second_opinion.proven import State, first_head
from ledger_client.second_opinion.trees import sha256
from ledger_client.wire import codes

DEPTH = 8  # containment has no more levels
_EVENTS_READ = 1 << 20  # a way that needs more is made to keep a verifier busy

ChainEnd = tuple[int, bytes]  # (length, head)


class Part(NamedTuple):
    """Events first <= number < last of an item's chain."""

    item: str
    first: int
    last: int


@dataclass(frozen=True)
class Stay:
    """An item with a carrier, whose chain during it is `part`; the event that began it, and the one
    that ended it, None while it lasts."""

    part: Part
    since: Event
    until: Event | None


class _Given(NamedTuple):
    """A chain of the passport, where it stands, and the head after its last event."""

    field: str
    chain: Chain
    head_after: bytes


class Chains:
    """The chains of a passport, proven when this is made; Fault when they are not.  `whole` is the
    item's own."""

    def __init__(self, item: str, chains: Sequence[Chain], state: State) -> None:
        self._state = state
        self._given: dict[Part, _Given] = {}
        self._stays: dict[Part, list[Stay]] = {}
        self._left = _EVENTS_READ
        for number, chain in enumerate(chains):
            part = Part(chain.item, chain.first, chain.first + len(chain.events))
            if part in self._given:
                raise Fault(f"chains[{number}]", "it stands twice")
            self._given[part] = _Given(f"chains[{number}]", chain, _head_after(chain))
        self.whole = self._part(item, 0, first_head(item), self._own_end(item))
        self._follow()
        for part, given in self._given.items():
            if part not in self._stays or (part.first == part.last and part != self.whole):
                raise Fault(given.field, "nothing makes it due")

    def read(self, part: Part) -> tuple[Event, ...]:
        """The events of a part that is proven."""
        events = self._given[part].chain.events if part in self._given else ()
        self._left -= 1 + len(events)
        if self._left < 0:
            raise Fault("chains", f"the way takes more than {_EVENTS_READ} events to follow")
        return events

    def stays(self, part: Part) -> list[Stay]:
        """With whom the item was during a part of its chain."""
        return self._stays.get(part, [])

    def all_events(self) -> dict[tuple[str, int], Event]:
        """(item, number) -> event, of all chains: two of them can overlap."""
        return {(part.item, number): event for part, given in self._given.items()
                for number, event in enumerate(given.chain.events, part.first)}

    def _follow(self) -> None:
        """Prove what the item's chain makes due, level by level of containment."""
        level = [self.whole]
        for _ in range(DEPTH):
            inner = []
            for part in level:
                if part not in self._stays:
                    events = [event for event in self.read(part) if event.effective]
                    self._stays[part] = [*self._in_parents(events), *self._at_places(events)]
                    inner += [stay.part for stay in self._stays[part]]
            level = inner
        for part in level:
            self._stays.setdefault(part, [])

    def _in_parents(self, events: list[Event]) -> Iterator[Stay]:
        since: tuple[Event, Link] | None = None
        for event in events:
            for link in event.linked(LINK_PARENT):
                packed = event.action == codes.ACTION_PACK
                if since is not None:
                    yield self._unended(*since) if packed else \
                        self._unpacked(*since, event, link)
                since = (event, link) if packed else None
        if since is not None:
            yield self._unended(*since)

    def _unpacked(self, since: Event, link: Link, until: Event, left: Link) -> Stay:
        if left.other != link.other:
            raise Fault("chains", f"an item in {link.other} was unpacked from another carrier")
        return Stay(self._from(link, (left.where[0], left.digest)), since, until)

    def _unended(self, since: Event, link: Link) -> Stay:
        """No event of the item ends it: its parent was unpacked whole, or it is there still."""
        generation = link.where[1]
        end = self._state.unpacked(link.other, generation)
        if end is not None:
            part = self._from(link, (end.length, end.head))
            if part.first == part.last:
                raise Fault("chains", f"{link.other} was unpacked before it was packed")
            return Stay(part, since, self.read(part)[-1])
        known = self._state.item(link.other)
        if known is None or known.generation != generation:
            raise Fault("proofs", f"{link.other} was unpacked whole since, and its chain's end "
                                  "then is not proven")
        return Stay(self._from(link, (known.length, known.head)), since, None)

    def _at_places(self, events: list[Event]) -> Iterator[Stay]:
        """Put-away begins a stay.  A link to where the item is ends it; one to where no put-away
        brought it ends nothing: it was in stock there by another way."""
        since: tuple[Event, Link] | None = None
        for event in events:
            for link in event.linked(LINK_PLACE):
                if since is not None and since[1].other == link.other:
                    end = link.where[0], link.digest
                    yield Stay(self._from(since[1], end), since[0], event)
                    since = None
                elif event.action == codes.ACTION_PUT_AWAY:
                    if since is not None:
                        yield self._still_at(*since)
                    since = event, link
        if since is not None:
            yield self._still_at(*since)

    def _still_at(self, since: Event, link: Link) -> Stay:
        return Stay(self._from(link, self._own_end(link.other)), since, None)

    def _own_end(self, uri: str) -> ChainEnd:
        """(length, head) of the item's chain as the state has it."""
        known = self._state.item(uri)
        return (0, first_head(uri)) if known is None else (known.length, known.head)

    def _from(self, link: Link, end: ChainEnd) -> Part:
        return self._part(link.other, link.where[0], link.digest, end)

    def _part(self, item: str, first: int, head: bytes, end: ChainEnd) -> Part:
        """A part whose events lead from `head` to `end`."""
        last, end_head = end
        part = Part(item, first, last)
        given = self._given.get(part)
        if given is None and first != last:
            raise Fault("chains", f"{item}: events {first} to before {last} are due")
        before, after = (head, head) if given is None else (given.chain.head, given.head_after)
        if (before, after) != (head, end_head):
            raise Fault("chains" if given is None else given.field,
                        f"{item}: the events {first} to before {last} do not lead from head to "
                        "head")
        return part


def _head_after(chain: Chain) -> bytes:
    head = chain.head
    for event in chain.events:
        head = sha256(head, sha256(event.encoded))
    return head
