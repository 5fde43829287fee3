"""Rows 2 and 3: crates and what is in them (I2, I3)."""

import itertools
from collections.abc import Sequence

import pytest

from ledger_client.core import contents, item
from ledger_client.core.item import LINK_LOGGER, LINK_PARENT
from ledger_client.core.judgement import DESTROY, RECALL
from ledger_client.wire import codes as c
from tests.circle import (
    DAY_MS,
    MAKER,
    MINUTE_MS,
    PALLET,
    PHARMACY,
    STORE,
    Circle,
)
from tests.world import CRATE, LOGGER_GIAI, OTHER_CRATE, pack, pack_symbol

PACK, SECOND = pack("S1"), pack("S2")
SHELF = "https://id.gs1.org/414/9521321000018"


def sscc(number: int) -> str:
    """The id of a crate: 17 digits and the check digit."""
    digits = f"39506000134{number:06}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits))
    return f"https://id.gs1.org/00/{digits}{-total % 10}"


@pytest.fixture
def circle() -> Circle:
    circle = Circle().found()
    circle.commissioned(PACK, SECOND, CRATE, OTHER_CRATE, PALLET)
    return circle


@pytest.fixture
def logger(circle: Circle) -> str:
    circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
    return LOGGER_GIAI


def packed(circle: Circle, *things: str, into: str = CRATE) -> None:
    circle.done(MAKER, c.ACTION_PACK, *things, parent=into)


def links(circle: Circle, uri: str) -> Sequence[object]:
    return circle.chain(uri)[-1].links


class TestPack:
    def test_a_child_has_its_parent_and_links_its_chain(self, circle: Circle) -> None:
        packed(circle, PACK, SECOND)
        found, crate = circle.item(PACK), circle.item(CRATE)
        assert (found.status, found.parent, found.parent_generation) == (item.PACKED, CRATE, 0)
        assert links(circle, PACK) == [[LINK_PARENT, CRATE, [1, 0], crate.head]]
        inside = contents.of(circle.engine.view(), CRATE, crate)
        assert (inside.count, inside.lots, inside.units, inside.held, inside.more) == \
            (2, [["09506000134352", "LOT42A", "281231", 2]], [], [], 0)

    def test_what_joins_a_logger_links_it(self, circle: Circle, logger: str) -> None:
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        packed(circle, PACK)
        assert [row[:2] for row in circle.chain(PACK)[-1].links] == \
            [[LINK_PARENT, CRATE], [LINK_LOGGER, logger]]

    @pytest.mark.parametrize("stage", ["active", "received", "in stock"])
    def test_from_every_open_state(self, circle: Circle, stage: str) -> None:
        by = MAKER
        if stage != "active":
            by = PHARMACY
            circle.delivered(PACK)
            circle.delivered(CRATE)
        if stage == "in stock":
            circle.done(PHARMACY, c.ACTION_PUT_AWAY, PACK)
        assert circle.status(PACK) == stage
        circle.done(by, c.ACTION_PACK, PACK, parent=CRATE)

    def test_again_is_already_so(self, circle: Circle) -> None:
        packed(circle, PACK)
        circle.denied("C0.5", MAKER, c.ACTION_PACK, PACK, parent=CRATE)

    def test_the_wrong_crate(self, circle: Circle) -> None:
        """I2, I3: never a silent move."""
        packed(circle, PACK)
        circle.denied("C2.1", MAKER, c.ACTION_PACK, PACK, parent=OTHER_CRATE)
        assert circle.chain(PACK)[-1].outcome == "C2.1"

    def test_not_into_itself_or_what_it_holds(self, circle: Circle) -> None:
        circle.denied("C2.2", MAKER, c.ACTION_PACK, CRATE, parent=CRATE)
        packed(circle, CRATE, into=PALLET)
        circle.denied("C0.6", MAKER, c.ACTION_PACK, PALLET, parent=CRATE)

    def test_not_into_a_crate_on_a_pallet(self, circle: Circle) -> None:
        packed(circle, CRATE, into=PALLET)
        circle.denied("C0.6", MAKER, c.ACTION_PACK, PACK, parent=CRATE)

    def test_both_are_the_signers(self, circle: Circle) -> None:
        circle.delivered(CRATE)
        circle.denied("C0.4", MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.denied("C0.4", PHARMACY, c.ACTION_PACK, PACK, parent=CRATE)

    def test_both_are_in_the_same_place(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK, place=STORE)
        circle.denied("C2.3", MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_PUT_AWAY, CRATE, place=STORE)
        packed(circle, PACK)

    @pytest.mark.parametrize("action", [c.ACTION_SHIP, c.ACTION_QUARANTINE, c.ACTION_DECOMMISSION])
    def test_the_crate_is_open(self, circle: Circle, action: int) -> None:
        circle.done(MAKER, action, CRATE, to=PHARMACY)
        circle.denied("C2.4", MAKER, c.ACTION_PACK, PACK, parent=CRATE)

    def test_a_held_child(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        circle.denied("C0.3", MAKER, c.ACTION_PACK, PACK, parent=CRATE)

    def test_a_recalled_child(self, circle: Circle) -> None:
        said = circle.scan(MAKER, c.ACTION_RECALL, PACK)
        circle.judge(circle.person(MAKER, "responsible person"), said.about("C12.1"), RECALL)
        circle.denied("C0.9", MAKER, c.ACTION_PACK, PACK, parent=CRATE)

    def test_an_expired_child(self, circle: Circle) -> None:
        soon = pack_symbol("S9", expiry="260528")
        circle.commissioned(soon)
        circle.wait(DAY_MS)
        circle.denied("C0.7", MAKER, c.ACTION_PACK, soon, parent=CRATE)
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)

    def test_children_up_to_the_limit(self, circle: Circle,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contents, "CHILDREN", 1)
        packed(circle, PACK)
        circle.denied("C2.5", MAKER, c.ACTION_PACK, SECOND, parent=CRATE)

    def test_units_up_to_the_limit(self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        """A unit that is only counted would hide what is in it."""
        monkeypatch.setattr(contents, "UNITS", 1)
        packed(circle, CRATE, into=PALLET)
        circle.denied("C2.5", MAKER, c.ACTION_PACK, OTHER_CRATE, parent=PALLET)
        packed(circle, PACK, into=PALLET)

    def test_lots_beyond_the_limit_are_not_known(self, circle: Circle,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contents, "LOTS", 1)
        other = pack_symbol("S9", lot="OTHER")
        circle.commissioned(other)
        packed(circle, PACK)
        circle.done(MAKER, c.ACTION_PACK, other, parent=CRATE)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        circle.done(MAKER, c.ACTION_UNPACK, other, parent=CRATE)
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)

    def test_depth_up_to_the_limit(self, circle: Circle) -> None:
        units = [sscc(100 + at) for at in range(item.CONTAINMENT_DEPTH + 1)]
        circle.commissioned(*units)
        for inner, outer in itertools.pairwise(units[:-1]):
            packed(circle, inner, into=outer)
        circle.denied("C2.6", MAKER, c.ACTION_PACK, units[-2], parent=units[-1])
        view = circle.engine.view()
        assert item.top(view, units[0], circle.item(units[0]))[0] == units[-2]

    def test_a_scan_from_before_the_crate_was_emptied(self, circle: Circle) -> None:
        """I6: the pack went in and came out, and only now is it told."""
        late = circle.scanners[MAKER].now_ms
        circle.wait(MINUTE_MS)
        packed(circle, SECOND)
        circle.done(MAKER, c.ACTION_UNPACK, parent=CRATE)
        circle.scanners[MAKER].now_ms = late
        circle.denied("C0.8", MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.scanners[MAKER].now_ms = circle.now_ms
        packed(circle, PACK)


class TestUnpack:
    def test_one_child_takes_the_state_of_the_outermost_parent(self, circle: Circle) -> None:
        packed(circle, PACK, SECOND)
        packed(circle, CRATE, into=PALLET)
        circle.delivered(PALLET)
        circle.done(PHARMACY, c.ACTION_UNPACK, PACK, parent=CRATE)
        found = circle.item(PACK)
        assert (circle.status(PACK), found.parent, found.custodian) == \
            ("received", None, circle.root(PHARMACY))
        assert links(circle, PACK) == [[LINK_PARENT, CRATE, [2, 0], circle.item(CRATE).head]]
        assert circle.item(SECOND).parent == CRATE

    @pytest.mark.parametrize("stage", ["active", "received", "in stock"])
    def test_all_children_with_one_write(self, circle: Circle, stage: str) -> None:
        packed(circle, PACK, SECOND)
        by = MAKER
        if stage != "active":
            by = PHARMACY
            circle.delivered(CRATE)
        if stage == "in stock":
            circle.done(PHARMACY, c.ACTION_PUT_AWAY, CRATE, place=SHELF)
        circle.done(by, c.ACTION_UNPACK, parent=CRATE)
        crate = circle.item(CRATE)
        for one in (PACK, SECOND):
            found = circle.item(one)
            assert (circle.status(one), found.parent, found.custodian, found.place) == \
                (stage, None, circle.root(by), crate.place)
            assert [event.action for event in circle.chain(one)] == \
                [c.ACTION_COMMISSION, c.ACTION_PACK]
        assert crate.generation == 1
        assert list(circle.store.keys(b"contents/")) == []

    def test_again_is_already_so(self, circle: Circle) -> None:
        """I10."""
        packed(circle, PACK)
        circle.done(MAKER, c.ACTION_UNPACK, parent=CRATE)
        circle.denied("C0.5", MAKER, c.ACTION_UNPACK, parent=CRATE)
        packed(circle, PACK)
        circle.done(MAKER, c.ACTION_UNPACK, PACK, parent=CRATE)
        circle.denied("C0.5", MAKER, c.ACTION_UNPACK, parent=CRATE)

    def test_a_child_that_is_not_in_it(self, circle: Circle) -> None:
        packed(circle, PACK)
        circle.denied("C3.1", MAKER, c.ACTION_UNPACK, SECOND, parent=CRATE)
        circle.denied("C3.1", MAKER, c.ACTION_UNPACK, PACK, parent=OTHER_CRATE)

    def test_only_the_custodian(self, circle: Circle) -> None:
        packed(circle, PACK)
        for things in ([], [PACK]):
            circle.denied("C0.4", PHARMACY, c.ACTION_UNPACK, *things, parent=CRATE)
        assert circle.item(CRATE).sightings == 2

    @pytest.mark.parametrize("action", [c.ACTION_SHIP, c.ACTION_QUARANTINE, c.ACTION_DECOMMISSION])
    def test_not_while_the_outermost_parent_is_closed(self, circle: Circle, action: int) -> None:
        packed(circle, PACK)
        packed(circle, CRATE, into=PALLET)
        circle.done(MAKER, action, PALLET, to=PHARMACY)
        for things in ([], [PACK]):
            circle.denied("C0.3", MAKER, c.ACTION_UNPACK, *things, parent=CRATE)

    @pytest.mark.parametrize("whole", [True, False])
    def test_what_was_put_on_hold_inside_stays_on_hold(self, circle: Circle, whole: bool) -> None:
        packed(circle, PACK)
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        circle.done(MAKER, c.ACTION_UNPACK, *[] if whole else [PACK], parent=CRATE)
        assert (circle.status(PACK), circle.item(PACK).parent) == ("on hold", None)

    def test_a_crate_that_was_put_on_hold_inside_stays_closed(self, circle: Circle) -> None:
        """I7: on its pallet it would be no way out of the hold."""
        packed(circle, PACK)
        packed(circle, CRATE, into=PALLET)
        circle.done(MAKER, c.ACTION_QUARANTINE, CRATE)
        for things in ([], [PACK]):
            circle.denied("C0.3", MAKER, c.ACTION_UNPACK, *things, parent=CRATE)
        circle.done(MAKER, c.ACTION_UNPACK, parent=PALLET)
        circle.denied("C0.3", MAKER, c.ACTION_UNPACK, parent=CRATE)

    def test_what_was_found_illegitimate_inside_can_be_destroyed(self, circle: Circle) -> None:
        packed(circle, PACK)
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        judge = circle.person(MAKER, "quality assurance")
        assert circle.judge(judge, circle.scan(MAKER, c.ACTION_ILLEGITIMATE, PACK)
                            .about("C11.1"), 4) is None
        circle.done(MAKER, c.ACTION_UNPACK, PACK, parent=CRATE)
        said = circle.scan(MAKER, c.ACTION_DESTROY, PACK)
        assert circle.judge(judge, said.about("C17.1"), DESTROY) is None

    def test_a_stolen_pack_that_turns_up_in_its_crate_is_an_alert(self, circle: Circle) -> None:
        packed(circle, PACK)
        circle.done(MAKER, c.ACTION_STOLEN, PACK)
        circle.denied("C18.1", MAKER, c.ACTION_UNPACK, PACK, parent=CRATE)
        assert circle.chain(PACK)[-1].outcome == "C18.1"

    def test_a_scan_from_before_the_crate_moved_is_late(self, circle: Circle) -> None:
        packed(circle, PACK)
        late = circle.scanners[MAKER].now_ms
        circle.wait(MINUTE_MS)
        circle.done(MAKER, c.ACTION_PUT_AWAY, CRATE)
        circle.scanners[MAKER].now_ms = late
        circle.denied("C0.8", MAKER, c.ACTION_UNPACK, parent=CRATE)

    def test_a_pack_goes_in_again(self, circle: Circle) -> None:
        """A child counts as packed only in its parent's current generation."""
        packed(circle, PACK)
        circle.done(MAKER, c.ACTION_UNPACK, parent=CRATE)
        packed(circle, SECOND)
        assert circle.item(PACK).parent is None
        packed(circle, PACK)
        assert (circle.item(PACK).parent_generation, circle.item(CRATE).generation) == (1, 1)
        assert contents.of(circle.engine.view(), CRATE, circle.item(CRATE)).count == 2
