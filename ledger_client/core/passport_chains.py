"""Chains in a passport: what the item's own chain and the links in it ask for, no less, no more."""

from collections.abc import Iterator

from ledger_client.core import history, item, state
from ledger_client.core.history import Part, Stay
from ledger_client.core.item import Item, UnpackedAll
from ledger_client.core.passport import Chain, Passport
from ledger_client.core.passport_source import PassportSource
from ledger_client.core.passport_view import AskedView
from ledger_client.errors import VerificationFailed


class Chains:
    """Every chain in the passport is asked for by the item's state, and every one that is asked
    for is there, from the link that begins it to the link or state that ends it."""

    def __init__(self, held: Passport, view: AskedView, source: PassportSource) -> None:
        self._view = view
        self._source = source
        self._chains = {(chain.item, chain.first, chain.first + len(chain.events)): (number, chain)
                        for number, chain in enumerate(held.chains)}
        self._checked: set[int] = set()
        self._item = held.item
        self._total = len(held.chains)

    def check(self, known: Item) -> None:
        whole = Part(0, known.length)
        self._segment(self._item, whole, state.first_head(self._item), known.head)
        self._follow([(self._item, whole)])
        for number in range(self._total):
            if number not in self._checked:
                raise VerificationFailed("passport.chain", f"chains[{number}]",
                                         "nothing in the item's history asks for it")

    def _follow(self, level: list[tuple[str, Part]]) -> None:
        """Carriers of an item during a part of its chain, up to the outermost; a part that several
        ways lead to is followed once."""
        followed: set[tuple[str, Part]] = set()
        for _ in range(item.CONTAINMENT_DEPTH):
            followed.update(level)
            outer = dict.fromkeys(one for uri, part in level for one in self._carriers(uri, part))
            level = [one for one in outer if one not in followed]

    def _carriers(self, uri: str, part: Part) -> Iterator[tuple[str, Part]]:
        for stay in history.stays(self._source, uri, part):
            head = _link_head(stay.since.event, stay.carrier, last=True)
            assert head is not None
            length, end = self._end(stay)
            during = Part(stay.part.first, length)
            self._segment(stay.carrier, during, head, end)
            yield stay.carrier, during

    def _end(self, stay: Stay) -> tuple[int, bytes]:
        """Length and head of the carrier's chain where the stay ends for the item: at the link of
        its own event, at the carrier's unpack-all, else at the carrier's own state."""
        linked = None if stay.until is None else _link_head(stay.until.event, stay.carrier)
        if linked is not None and stay.part.last is not None:
            return stay.part.last, linked
        if stay.generation is not None:
            key = state.unpacked_key(stay.carrier, stay.generation)
            if self._view.holds(key):
                ended = self._view.load(UnpackedAll, key)
                if ended is not None:
                    return ended.length, ended.head
        carrier = self._view.load(Item, state.item_key(stay.carrier)) or item.unborn(stay.carrier)
        if stay.generation is not None and carrier.generation != stay.generation:
            self._view.read(state.unpacked_key(stay.carrier, stay.generation))
            raise VerificationFailed("passport.chain", f"chain of {stay.carrier}", "the item's "
                                     "generation in it has ended, and no event says how")
        return carrier.length, carrier.head

    def _segment(self, uri: str, part: Part, head: bytes, end: bytes) -> None:
        first, length = part.first, part.last
        assert length is not None
        if first == length:
            if head != end:
                raise VerificationFailed("passport.chain", f"chain of {uri}",
                                         "no event lies between two different heads")
            return
        found = self._chains.get((uri, first, length))
        if found is None:
            raise VerificationFailed("passport.left-out", "chains", f"events {first} to "
                                     f"{length - 1} of {uri} are left out")
        number, chain = found
        if chain.head != head or fold(chain) != end:
            raise VerificationFailed("passport.chain", f"chains[{number}] ({uri})", "its events do "
                                     "not come to the head that the ledger holds: one was changed, "
                                     "added or left out")
        self._checked.add(number)


def fold(chain: Chain) -> bytes:
    """Head of a chain after its events."""
    head = chain.head
    for event in chain.events:
        head = state.next_head(head, event.encode())
    return head


def _link_head(event: item.Event, carrier: str, last: bool = False) -> bytes | None:
    """Head of the carrier's chain that an event links; its last such link begins a stay."""
    heads = [head for kind, other, _, head in event.links
             if kind in (item.LINK_PARENT, item.LINK_PLACE) and other == carrier]
    head = heads[-1 if last else 0] if heads else None
    return head if isinstance(head, bytes) else None
