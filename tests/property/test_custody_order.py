"""What order does to custody: records come through two gateways, late, twice, or out of order.

A history here is what happens every day and breaks no rule; every scan's clock says when it was.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis import given, settings

from ledger_client.core.findings import Findings
from ledger_client.core.history import decode_event
from ledger_client.core.parking import FOR_DEVICE, FOR_ITEM, WAIT_MS, Parked
from ledger_client.wire import cbor
from ledger_client.wire import codes as c
from tests.circle import MAKER, MINUTE_MS, PALLET, PHARMACY, STORE, WHOLESALER, Circle
from tests.world import CRATE, LOGGER_GIAI, OTHER_CRATE, Gateway, pack

PACKS = [pack(f"S{number}") for number in range(4)]
SHELF = "https://id.gs1.org/414/9521321000018"
SEVERAL = settings(max_examples=20, deadline=None)


@dataclass(frozen=True)
class Step:
    """A scan to come."""

    by: str
    action: int
    things: Sequence[str]
    to: str | None = None
    parent: str | None = None
    place: str | None = None


def beginning(pallet: bool) -> list[Step]:
    """Everything is commissioned and packed at the maker's."""
    crates = [CRATE, OTHER_CRATE]
    steps = [Step(MAKER, c.ACTION_COMMISSION, [one]) for one in (*PACKS, *crates, PALLET)]
    steps += [Step(MAKER, c.ACTION_PACK, PACKS[:2], parent=CRATE),
              Step(MAKER, c.ACTION_PACK, PACKS[2:], parent=OTHER_CRATE),
              Step(MAKER, c.ACTION_ATTACH, [LOGGER_GIAI], parent=CRATE)]
    return [*steps, Step(MAKER, c.ACTION_PACK, crates, parent=PALLET)] if pallet else steps


def travel(tops: list[str], hands: list[str]) -> list[Step]:
    """From hand to hand; whoever is between stores what comes."""
    steps = []
    for sender, receiver in itertools.pairwise(hands):
        steps += [Step(sender, c.ACTION_SHIP, tops, to=receiver),
                  Step(receiver, c.ACTION_RECEIVE, tops)]
        if receiver != hands[-1]:
            steps.append(Step(receiver, c.ACTION_PUT_AWAY, tops))
    return steps


def arrival(by: str, pallet: bool, whole: bool) -> list[Step]:
    steps = [Step(by, c.ACTION_DETACH, [LOGGER_GIAI], parent=CRATE)]
    if pallet:
        steps.append(Step(by, c.ACTION_UNPACK, [] if whole else [CRATE, OTHER_CRATE],
                          parent=PALLET))
    for crate, inside in ((CRATE, PACKS[:2]), (OTHER_CRATE, PACKS[2:])):
        steps.append(Step(by, c.ACTION_UNPACK, [] if whole else inside, parent=crate))
    return [*steps, *[Step(by, c.ACTION_PUT_AWAY, [one], place=SHELF) for one in PACKS]]


@st.composite
def histories(draw: st.DrawFn, between: bool = True) -> list[Step]:
    pallet, whole = draw(st.booleans()), draw(st.booleans())
    hands = [MAKER, *draw(st.sampled_from([[], [WHOLESALER]] if between else [[]])), PHARMACY]
    steps = [*beginning(pallet), *travel([PALLET] if pallet else [CRATE, OTHER_CRATE], hands),
             *arrival(PHARMACY, pallet, whole)]
    if draw(st.booleans()):  # one pack goes back
        steps += [Step(PHARMACY, c.ACTION_RETURN, PACKS[:1], to=hands[-2]),
                  Step(hands[-2], c.ACTION_RECEIVE, PACKS[:1], place=STORE),
                  Step(hands[-2], c.ACTION_SALEABLE, PACKS[:1], place=STORE)]
    return steps


class Told:
    """A circle whose devices have made the records of a history; nothing is sealed yet."""

    def __init__(self, steps: list[Step]) -> None:
        self.circle = Circle().found()
        self.circle.device("logger", self.circle.keys[MAKER], LOGGER_GIAI)
        self.records: list[tuple[str, bytes]] = []
        for one in steps:
            self.circle.wait(MINUTE_MS)
            self.records.append((one.by, self.circle.record(
                one.by, one.action, one.things, to=one.to, parent=one.parent, place=one.place)))

    def sealed(self, order: Sequence[bytes], size: int = 1) -> "Told":
        for at in range(0, len(order), size):
            self.circle.block(*order[at:at + size])
        return self

    def custody(self) -> dict[bytes, object]:
        """Without heads, which name entries."""
        return {key: value[:5] if key.startswith(b"unpacked/") else value  # type: ignore[index]
                for key, value in self.circle.custody().items()}

    def waiting(self) -> int:
        return len(list(self.circle.store.keys(b"parked/")))


def packed(steps: list[Step]) -> int:
    """How many steps it takes until everything is packed."""
    return next(at for at, one in enumerate(steps) if one.action == c.ACTION_SHIP)


def in_order(steps: list[Step]) -> Told:
    told = Told(steps)
    return told.sealed([record for _, record in told.records])


@given(histories(), st.integers(1, 64))
@SEVERAL
def test_a_clean_history_has_no_findings(steps: list[Step], size: int) -> None:
    """However its records lie in blocks."""
    told = Told(steps)
    told.sealed([record for _, record in told.records], size)
    assert (told.circle.rules_found(), told.waiting()) == ([], 0)
    assert {told.circle.status(one) for one in PACKS} == {"in stock"}
    assert told.custody() == in_order(steps).custody()


@given(histories(between=False), st.data())
@SEVERAL
def test_two_gateways_in_any_interleaving(steps: list[Step], data: st.DataObject) -> None:
    """Every device's records in their order, but one organisation's before or among another's.
    What was packed where is known before."""
    told, begun = Told(steps), packed(steps)
    queues = {by: [record for who, record in told.records[begun:] if who == by]
              for by in dict(told.records)}
    order = [record for _, record in told.records[:begun]]
    while any(queues.values()):
        by = data.draw(st.sampled_from([by for by, queue in queues.items() if queue]))
        count = data.draw(st.integers(1, len(queues[by])))
        order += queues[by][:count]
        del queues[by][:count]
    told.sealed(order)
    assert (told.circle.rules_found(), told.waiting()) == ([], 0)
    assert told.custody() == in_order(steps).custody()


@given(histories(between=False), st.randoms(use_true_random=False), st.integers(1, 5))
@SEVERAL
def test_records_in_any_order(steps: list[Step], shuffled: object, size: int) -> None:
    """Not even a device's own order is kept."""
    told, begun = Told(steps), packed(steps)
    late = [record for _, record in told.records[begun:]]
    shuffled.shuffle(late)  # type: ignore[attr-defined]
    told.sealed([*[record for _, record in told.records[:begun]], *late], size)
    assert (told.circle.rules_found(), told.waiting()) == ([], 0)
    assert told.custody() == in_order(steps).custody()


@given(histories(), st.randoms(use_true_random=False))
@SEVERAL
def test_nothing_is_lost(steps: list[Step], shuffled: object) -> None:
    """Whatever comes of it, every symbol of every scan is an event, a finding, or waits."""
    told = Told(steps)
    kept = [record for _, record in told.records]
    shuffled.shuffle(kept)  # type: ignore[attr-defined]
    del kept[::7]  # never come
    told.sealed(kept, 3)
    for by in (MAKER, PHARMACY):  # a day and a month later
        told.circle.wait(WAIT_MS[FOR_DEVICE])
        told.circle.person(by, "auditor")
        assert accounted(told.circle) == len(kept)
        told.circle.wait(WAIT_MS[FOR_ITEM])
    told.circle.person(WHOLESALER, "auditor")
    assert (told.waiting(), accounted(told.circle)) == (0, len(kept))


def accounted(circle: Circle) -> int:
    """Records that are an event of some item, a finding, or wait."""
    where: set[object] = set()
    for one in circle.store.items():  # type: ignore[attr-defined]
        where |= {(event.entry, event.leaf) for event in map(decode_event,
                                                              circle.store.events(one))}
    for _, value in circle.store.keys(b"parked/"):
        waiting = Parked.of(cbor.decode(value, utf8=True))
        where.add((waiting.entry, waiting.leaf))
    for key, value in circle.store.keys(b"finding/"):
        assert Findings.of(cbor.decode(value, utf8=True)).found
        entry, at = cbor.read(key, len(b"finding/"))
        leaf, _ = cbor.read(key, at)
        assert isinstance(leaf, int)
        where.add((entry, leaf - 1))
    return len(where)


@given(histories(), st.data())
@SEVERAL
def test_the_same_records_again_are_nothing(steps: list[Step], data: st.DataObject) -> None:
    """I10: through another gateway, in another order, in blocks of their own."""
    told = in_order(steps)
    before = told.custody()
    again = data.draw(st.lists(st.sampled_from([record for _, record in told.records]),
                               min_size=1, max_size=20))
    told.circle.gateway = Gateway(told.circle.ledger, told.circle.enrol(
        c.ROLE_GATEWAY, "other gateway", told.circle.keys[PHARMACY], [False]))
    told.sealed(again, 4)
    assert (told.circle.rules_found(), told.custody()) == ([], before)


@given(st.data())
@SEVERAL
def test_records_of_different_devices_that_share_no_item_commute(data: st.DataObject) -> None:
    """Right or wrong: their items, findings and waiting scans are the same in both orders."""
    actions = [one for one in range(1, 25) if one not in (c.ACTION_ATTACH, c.ACTION_DETACH)]
    shares = {MAKER: ([PACKS[0]], CRATE), PHARMACY: ([PACKS[1]], OTHER_CRATE)}
    steps = [Step(MAKER, c.ACTION_COMMISSION, [one]) for one in
             data.draw(st.lists(st.sampled_from([*PACKS[:2], CRATE, OTHER_CRATE]), unique=True))]
    loose = [Step(by, data.draw(st.sampled_from(actions)), things, parent=crate,
                  to=data.draw(st.sampled_from([MAKER, PHARMACY])))
             for by, (things, crate) in shares.items() for _ in range(data.draw(
                 st.integers(1, 5)))]
    told, other = Told([*steps, *loose]), Told([*steps, *loose])
    begun = len(steps)
    first = [record for _, record in told.records]
    second = [*[record for _, record in other.records[:begun]],
              *[record for by, record in other.records[begun:] if by == PHARMACY],
              *[record for by, record in other.records[begun:] if by == MAKER]]
    told.sealed(first)
    other.sealed(second)
    assert told.custody() == other.custody()
    assert sorted(told.circle.rules_found()) == sorted(other.circle.rules_found())
    assert told.waiting() == other.waiting()
