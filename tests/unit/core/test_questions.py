"""Where, when, with whom, inside what: the answers agree with the state, now and at every past
moment, whatever happened."""

import random
from dataclasses import dataclass, field

import pytest

from ledger_client.core import insides, item, touched, whereabouts
from ledger_client.core.insides import Interval
from ledger_client.core.judgement import RELEASE, UNDO
from ledger_client.core.touched import Range
from ledger_client.core.whereabouts import Where
from ledger_client.errors import UsageError
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes
from tests.circle import MAKER, MINUTE_MS, PALLET, PHARMACY, STORE, WHOLESALER, Circle
from tests.world import CRATE, LOGGER_GIAI, OTHER_CRATE, START_MS, label, pack

PACKS = [pack(f"S{number}") for number in range(4)]
THINGS = [*PACKS, CRATE, OTHER_CRATE, PALLET]
HOUR_MS = 60 * MINUTE_MS


@dataclass
class Asked:
    """A circle and the questions about it."""

    circle: Circle = field(default_factory=lambda: Circle().found())

    @property
    def source(self) -> LedgerSource:
        return LedgerSource(self.circle.engine)

    def now(self, uri: str) -> Where:
        return whereabouts.now(self.circle.engine.view(), uri)

    def at(self, uri: str, at_ms: int) -> Where:
        return whereabouts.where_at(self.source, self.circle.engine.view(), uri, at_ms)

    def contents(self, carrier: str, at_ms: int | None = None) -> set[str]:
        return {one.item for one in insides.contents(self.source, carrier, at_ms)}

    def holders(self, uri: str) -> list[str]:
        return [one.holder.name for one in
                whereabouts.held(self.source, self.circle.engine.view(), uri)]


def facts(found: Where) -> tuple[object, ...]:
    """All but since when, which the state does not know."""
    return (found.item, found.status, found.inside, found.holder and found.holder.name,
            found.place, found.destination)


def hours(found: Where) -> tuple[int, int]:
    """Since when it has its status, and since when it is there."""
    assert found.since is not None
    assert found.there_since is not None
    return tuple((one.unix_ms - START_MS) // HOUR_MS  # type: ignore[return-value]
                 for one in (found.since, found.there_since))


@pytest.fixture(scope="module")
def way() -> Asked:
    """Packed, shipped by way of a wholesaler, received, put away, unpacked, dispensed; an hour
    between; the logger on the crate until it arrives."""
    asked = Asked()
    circle = asked.circle
    logger = circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
    circle.block(logger.boot())
    circle.done(MAKER, codes.ACTION_COMMISSION, *PACKS[:3], CRATE)
    circle.done(MAKER, codes.ACTION_PACK, *PACKS[:2], parent=CRATE)
    circle.done(MAKER, codes.ACTION_ATTACH, label(LOGGER_GIAI), parent=CRATE)
    circle.done(MAKER, codes.ACTION_SHIP, CRATE, to=PHARMACY)
    for values in ([500] * 12, [900] * 12, [500] * 12):
        circle.wait(HOUR_MS)
        logger.now_ms = circle.now_ms
        circle.block(logger.measure(values))
    circle.done(PHARMACY, codes.ACTION_RECEIVE, CRATE)
    circle.wait(HOUR_MS)
    circle.done(PHARMACY, codes.ACTION_PUT_AWAY, CRATE, place=STORE)
    circle.wait(10 * MINUTE_MS)
    circle.done(PHARMACY, codes.ACTION_DETACH, label(LOGGER_GIAI), parent=CRATE)
    circle.wait(HOUR_MS - 10 * MINUTE_MS)
    circle.done(PHARMACY, codes.ACTION_UNPACK, parent=CRATE)
    circle.wait(HOUR_MS)
    circle.done(PHARMACY, codes.ACTION_DISPENSE, PACKS[0])
    return asked


class TestOneWay:
    def test_where_it_is_and_was(self, way: Asked) -> None:
        assert way.now(PACKS[0]).holder is None
        found = [way.at(PACKS[0], START_MS + hours * HOUR_MS + 5 * MINUTE_MS)
                 for hours in (0, 3, 4, 5, 6)]
        assert [item.STATUS_NAMES[one.status] for one in found] == \
            ["packed", "packed", "packed", "in stock", "dispensed"]
        assert [one.place for one in found] == [None, None, STORE, STORE, STORE]
        assert found[0].inside == (CRATE,)
        assert found[3].inside == ()
        assert [one.holder and one.holder.name for one in found] == \
            ["maker", "pharmacy", "pharmacy", "pharmacy", None]

    def test_since_when(self, way: Asked) -> None:
        found = whereabouts.where(way.source, way.circle.engine.view(), PACKS[1],
                                  way.circle.now_ms)
        assert hours(found) == (5, 4)  # unpacked; where the crate was put away

    @pytest.mark.parametrize(("uri", "hour", "expected"), [
        (CRATE, 3, (3, 3)), (CRATE, 4, (4, 4)), (CRATE, 5, (4, 4)), (PACKS[0], 1, (0, 0)),
        (PACKS[0], 3, (0, 3)), (PACKS[0], 4, (0, 4)), (PACKS[0], 6, (6, 4)), (PACKS[2], 6, (0, 0))])
    def test_since_what_changed_it_not_since_its_logger_came(
            self, way: Asked, uri: str, hour: int, expected: tuple[int, int]) -> None:
        assert hours(way.at(uri, START_MS + hour * HOUR_MS + 5 * MINUTE_MS)) == expected

    def test_before_it_was(self, way: Asked) -> None:
        with pytest.raises(UsageError, match="it then; that was at 2026-05-28T20:26:40Z"):
            way.at(PACKS[0], START_MS - MINUTE_MS)

    def test_what_nobody_knows(self, way: Asked) -> None:
        with pytest.raises(UsageError, match="quarantine it"):
            way.now(pack("NONE"))

    def test_who_held_it(self, way: Asked) -> None:
        first, second = whereabouts.held(way.source, way.circle.engine.view(), PACKS[0])
        assert (first.holder.name, second.holder.name) == ("maker", "pharmacy")
        assert (first.since.unix_ms, first.shipped and first.shipped.unix_ms) == \
            (START_MS, START_MS)
        assert first.until == second.since
        assert second.until is not None
        assert second.until.unix_ms == START_MS + 6 * HOUR_MS

    def test_what_was_in_it(self, way: Asked) -> None:
        assert way.contents(CRATE) == set()
        assert way.contents(CRATE, START_MS + HOUR_MS) == set(PACKS[:2])
        assert way.contents(STORE, START_MS + 4 * HOUR_MS) == {CRATE, *PACKS[:2]}

    @pytest.mark.parametrize(("allowed", "expected"), [
        (None, {CRATE, *PACKS[:2]}), (Range(high_cdeg=800), {CRATE, *PACKS[:2]}),
        (Range(low_cdeg=200), set()), (Range(), {CRATE, *PACKS[:2]})])
    def test_what_a_logger_touched(self, way: Asked, allowed: Range | None,
                                   expected: set[str]) -> None:
        found = touched.by_logger(way.source, LOGGER_GIAI, touched.ALWAYS, allowed)
        assert {one.item for one in found} == expected
        if allowed == Range(high_cdeg=800):
            assert {(one.interval.from_ms // MINUTE_MS, (one.interval.to_ms or 0) // MINUTE_MS)
                    for one in found} == {((START_MS + HOUR_MS) // MINUTE_MS + 5,
                                           (START_MS + 2 * HOUR_MS) // MINUTE_MS)}

    def test_when_it_touched_nothing(self, way: Asked) -> None:
        late = Interval(START_MS + 5 * HOUR_MS, START_MS + 6 * HOUR_MS)
        assert touched.by_logger(way.source, LOGGER_GIAI, late) == []
        with pytest.raises(UsageError, match="ever attached"):
            touched.by_logger(way.source, LOGGER_GIAI + "X", late)


def test_judgements_count_too() -> None:
    asked = Asked()
    circle = asked.circle
    chief = circle.person(MAKER, "responsible person")
    seen: dict[int, list[tuple[object, ...]]] = {}

    def look() -> None:
        seen[circle.now_ms] = [facts(asked.now(uri)) for uri in PACKS[:2]]
        circle.wait(MINUTE_MS)

    circle.done(MAKER, codes.ACTION_COMMISSION, *PACKS[:2], CRATE)
    circle.done(MAKER, codes.ACTION_PACK, PACKS[0], parent=CRATE)
    circle.done(MAKER, codes.ACTION_QUARANTINE, PACKS[0])
    look()
    about = circle.denied("C10.1", MAKER, codes.ACTION_RELEASE, PACKS[0]).about("C10.1")
    assert circle.judge(chief, about, RELEASE) is None
    look()
    circle.done(MAKER, codes.ACTION_PUT_AWAY, PACKS[1], place=STORE)
    circle.done(MAKER, codes.ACTION_DISPENSE, PACKS[1], place=STORE)
    look()
    about = circle.denied("C20.1", MAKER, codes.ACTION_UNDO, PACKS[1], place=STORE).about("C20.1")
    assert circle.judge(chief, about, UNDO) is None
    look()
    for at_ms, expected in seen.items():
        assert [facts(asked.at(uri, at_ms)) for uri in PACKS[:2]] == expected
    assert [rows[1][1] for rows in seen.values()] == \
        [item.ACTIVE, item.ACTIVE, item.DISPENSED, item.STOCK]
    assert asked.holders(PACKS[1]) == ["maker"]


def test_what_went_back_on_hold_is_on_hold_where_it_is() -> None:
    asked = Asked()
    circle = asked.circle
    chief = circle.person(MAKER, "responsible person")
    seen: list[tuple[int, tuple[object, ...]]] = []
    circle.done(MAKER, codes.ACTION_COMMISSION, PACKS[0])
    circle.delivered(PACKS[0])
    circle.done(PHARMACY, codes.ACTION_QUARANTINE, PACKS[0])
    for end in (codes.ACTION_REFUSE, codes.ACTION_RECEIVE):
        circle.done(PHARMACY, codes.ACTION_RETURN, PACKS[0], to=MAKER)
        circle.done(MAKER, end, PACKS[0])
        seen.append((circle.now_ms, facts(asked.now(PACKS[0]))))
        circle.wait(MINUTE_MS)
    about = circle.denied("C10.1", MAKER, codes.ACTION_RELEASE, PACKS[0]).about("C10.1")
    assert circle.judge(chief, about, RELEASE) is None
    seen.append((circle.now_ms, facts(asked.now(PACKS[0]))))
    assert [asked.at(PACKS[0], at_ms).status for at_ms, _ in seen] == \
        [item.HELD, item.HELD, item.RETURNED]
    assert [facts(asked.at(PACKS[0], at_ms)) for at_ms, _ in seen] == [now for _, now in seen]


PARTIES = (MAKER, WHOLESALER, PHARMACY)


def anything(draw: random.Random, circle: Circle) -> None:
    """A scan that may have effect; things move together, as they do."""
    by, thing = draw.choice(PARTIES), draw.choice(THINGS)
    action = draw.choice((codes.ACTION_COMMISSION, codes.ACTION_PACK, codes.ACTION_PACK,
                          codes.ACTION_PACK, codes.ACTION_UNPACK, codes.ACTION_UNPACK,
                          codes.ACTION_SHIP, codes.ACTION_RECEIVE, codes.ACTION_PUT_AWAY,
                          codes.ACTION_CANCEL, codes.ACTION_QUARANTINE, codes.ACTION_REFUSE,
                          codes.ACTION_RETURN, codes.ACTION_SALEABLE, codes.ACTION_STOLEN,
                          codes.ACTION_SAMPLE, codes.ACTION_DISPENSE))
    if action in (codes.ACTION_STOLEN, codes.ACTION_SAMPLE, codes.ACTION_DISPENSE,
                  codes.ACTION_QUARANTINE) and draw.random() < 0.8:
        return
    parent = draw.choice((CRATE, OTHER_CRATE, PALLET))
    if action == codes.ACTION_UNPACK:
        circle.scan(by, action, *draw.choice(([], [thing])), parent=parent)
    elif action == codes.ACTION_PACK:
        circle.scan(by, action, thing, parent=parent)
    elif action in (codes.ACTION_SHIP, codes.ACTION_RETURN):
        circle.scan(by, action, thing, to=draw.choice(PARTIES))
    else:
        circle.scan(by, action, thing, place=draw.choice((None, STORE))
                    if action == codes.ACTION_PUT_AWAY else None)


@pytest.mark.parametrize("seed", range(4))
def test_the_past_played_again_is_what_the_state_was(seed: int) -> None:
    draw = random.Random(seed)
    asked = Asked()
    circle = asked.circle
    circle.done(MAKER, codes.ACTION_COMMISSION, *THINGS)
    seen: dict[int, tuple[list[tuple[object, ...]], dict[str, set[str]]]] = {}
    for _ in range(90):
        circle.wait(MINUTE_MS)
        anything(draw, circle)
        nows = {uri: asked.now(uri) for uri in THINGS}
        seen[circle.now_ms] = ([facts(nows[uri]) for uri in THINGS],
                               {carrier: {uri for uri in THINGS if carrier in nows[uri].inside}
                                for carrier in (CRATE, OTHER_CRATE, PALLET)})
    for at_ms, (expected, inside) in seen.items():
        assert [facts(asked.at(uri, at_ms)) for uri in THINGS] == expected, (seed, at_ms)
        assert {carrier: asked.contents(carrier, at_ms) for carrier in inside} == inside, \
            (seed, at_ms)
    assert {carrier: asked.contents(carrier) for carrier in inside} == inside
    for uri in THINGS:
        holder = asked.now(uri).holder
        assert holder is None or asked.holders(uri)[-1] == holder.name
