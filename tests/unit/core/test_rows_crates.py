"""Rows 2, 3, 23 and 24: crates, what is in them, and loggers that travel with them (I2, I3)."""

import itertools
from collections.abc import Sequence

import pytest

from ledger_client.core import contents, device_chain, item, rows_crates, state
from ledger_client.core.item import LINK_LOGGER, LINK_PARENT
from ledger_client.core.judgement import DESTROY, RECALL
from ledger_client.wire import codes as c
from tests.circle import (
    AUTHORITY,
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
OFFICE = "https://id.gs1.org/414/9540000000019"  # of the authority, which has no prefix
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


class TestLoggers:
    def test_a_logger_is_attached_and_detached(self, circle: Circle, logger: str) -> None:
        before = circle.item(CRATE)
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        view = circle.engine.view()
        thumbprint = view.get(state.asset_key(logger))
        assert isinstance(thumbprint, bytes)
        head = device_chain.head(view, thumbprint, 0)
        assert circle.item(CRATE).loggers == [logger]
        assert links(circle, CRATE) == [[LINK_LOGGER, logger, [thumbprint, 0, 0], head.digest]]
        circle.done(MAKER, c.ACTION_DETACH, logger, parent=CRATE)
        after = circle.item(CRATE)
        assert (after.loggers, after.status, after.custodian, after.since_ms) == \
            ([], before.status, before.custodian, before.since_ms)
        assert circle.engine.view().get(state.attached_key(logger)) is None

    def test_a_place_is_its_owners(self, circle: Circle, logger: str) -> None:
        """By a GLN of its prefix, or by its own as a party."""
        room = ["]d2", b"4149540000000019254B1"]
        for by, place in ((MAKER, STORE), (AUTHORITY, OFFICE), (AUTHORITY, room)):
            circle.done(by, c.ACTION_ATTACH, logger, parent=place)
            circle.done(by, c.ACTION_DETACH, logger, parent=place)

    def test_nobody_brings_a_logger_to_anothers_place(self, circle: Circle, logger: str) -> None:
        """It would tell lies of a fridge, or fill it up."""
        own = "https://id.gs1.org/8004/9521321L1"
        circle.device("pharmacy logger", circle.keys[PHARMACY], own)
        circle.denied("C23.4", PHARMACY, c.ACTION_ATTACH, own, parent=STORE)

    def test_nobody_takes_a_logger_from_anothers_place(self, circle: Circle, logger: str) -> None:
        """What goes wrong there would no longer be seen."""
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=STORE)
        circle.denied("C24.2", PHARMACY, c.ACTION_DETACH, logger, parent=STORE)
        circle.denied("C24.2", PHARMACY, c.ACTION_DETACH, "https://id.gs1.org/8004/9521321L1",
                      parent=STORE)
        assert circle.item(STORE).loggers == [logger]

    def test_a_loggers_owner_takes_it_back_from_a_place(self, circle: Circle, logger: str) -> None:
        """Else whoever prints its label could tie it to a place of his own for ever."""
        circle.done(AUTHORITY, c.ACTION_ATTACH, logger, parent=OFFICE)
        circle.done(MAKER, c.ACTION_DETACH, logger, parent=OFFICE)

    def test_again_is_already_so(self, circle: Circle, logger: str) -> None:
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        circle.denied("C0.5", MAKER, c.ACTION_ATTACH, logger, parent=CRATE)

    def test_attached_to_nothing_else(self, circle: Circle, logger: str) -> None:
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        circle.denied("C23.1", MAKER, c.ACTION_ATTACH, logger, parent=OTHER_CRATE)

    def test_a_logger_in_standing(self, circle: Circle, logger: str) -> None:
        unknown = "https://id.gs1.org/8004/9506000134L2"
        circle.denied("C23.2", MAKER, c.ACTION_ATTACH, unknown, parent=CRATE)
        circle.device("its logger", circle.keys[PHARMACY], unknown)
        circle.expel(PHARMACY)
        circle.denied("C23.2", MAKER, c.ACTION_ATTACH, unknown, parent=CRATE)

    def test_only_the_custodian(self, circle: Circle, logger: str) -> None:
        circle.denied("C0.4", PHARMACY, c.ACTION_ATTACH, logger, parent=CRATE)
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        circle.denied("C0.4", PHARMACY, c.ACTION_DETACH, logger, parent=CRATE)

    def test_a_live_carrier(self, circle: Circle, logger: str) -> None:
        circle.done(MAKER, c.ACTION_DECOMMISSION, CRATE)
        circle.denied("C0.3", MAKER, c.ACTION_ATTACH, logger, parent=CRATE)

    def test_a_logger_comes_off_what_has_ended(self, circle: Circle, logger: str) -> None:
        """Row 24 asks for the logger only: else its exposure would never close."""
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        circle.done(MAKER, c.ACTION_DECOMMISSION, CRATE)
        circle.done(MAKER, c.ACTION_DETACH, logger, parent=CRATE)

    def test_a_logger_that_is_not_there(self, circle: Circle, logger: str) -> None:
        circle.denied("C24.1", MAKER, c.ACTION_DETACH, logger, parent=CRATE)

    def test_loggers_up_to_the_limit(self, circle: Circle, logger: str,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rows_crates, "LOGGERS", 1)
        other = "https://id.gs1.org/8004/9506000134L2"
        circle.device("other", circle.keys[MAKER], other)
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        circle.denied("C23.3", MAKER, c.ACTION_ATTACH, other, parent=CRATE)

    def test_attaching_makes_no_scan_late(self, circle: Circle, logger: str) -> None:
        """Rows 23 and 24 lead to the same state: nothing that happened before is contradicted."""
        early = circle.scanners[MAKER].now_ms
        circle.wait(MINUTE_MS)
        circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
        circle.scanners[MAKER].now_ms = early
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
