"""Rows 4 to 8, 13 and 14: how custody moves, only by a pair of ship and receive (I4)."""

import pytest

from ledger_client.core import item
from ledger_client.core.item import LINK_LOGGER, LINK_PLACE
from ledger_client.core.judgement import ILLEGITIMATE, RECALL
from ledger_client.wire import codes as c
from tests.circle import (
    DAY_MS,
    MAKER,
    PALLET,
    PARTIES,
    PHARMACY,
    STORE,
    WHOLESALER,
    Circle,
)
from tests.world import CRATE, GS, GTIN, LOGGER_GIAI, pack, pack_symbol

PACK, SECOND = pack("S1"), pack("S2")
LOT = ["]d2", b"01" + GTIN.encode() + b"10LOT42A" + GS]


@pytest.fixture
def circle() -> Circle:
    circle = Circle().found()
    circle.commissioned(PACK, SECOND, CRATE, PALLET)
    circle.done(MAKER, c.ACTION_PACK, SECOND, parent=CRATE)
    circle.done(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
    return circle


def recalled(circle: Circle, *things: object) -> None:
    said = circle.scan(MAKER, c.ACTION_RECALL, *things)
    person = circle.person(MAKER, "responsible person")
    assert circle.judge(person, said.about("C12.1"), RECALL) is None


class TestShip:
    @pytest.mark.parametrize("stored", [True, False])
    def test_a_unit_goes_to_a_member(self, circle: Circle, stored: bool) -> None:
        if stored:
            circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        before = circle.item(PACK)
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        found = circle.item(PACK)
        assert (found.status, found.destination, found.custodian, found.before) == \
            (item.IN_TRANSIT, PARTIES[PHARMACY], circle.root(MAKER), before.status)

    def test_again_is_already_so(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.denied("C0.5", MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.denied("C0.3", MAKER, c.ACTION_SHIP, PACK, to=WHOLESALER)
        circle.denied("C0.3", MAKER, c.ACTION_RETURN, PACK, to=PHARMACY)

    def test_the_outermost_unit_only(self, circle: Circle) -> None:
        """I3."""
        circle.denied("C0.6", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        circle.denied("C0.6", MAKER, c.ACTION_SHIP, SECOND, to=PHARMACY)

    def test_only_the_custodian(self, circle: Circle) -> None:
        circle.denied("C0.4", WHOLESALER, c.ACTION_SHIP, PACK, to=PHARMACY)

    def test_the_party_is_named(self, circle: Circle) -> None:
        circle.denied("C4.1", MAKER, c.ACTION_SHIP, PACK)

    def test_the_party_is_a_member(self, circle: Circle) -> None:
        circle.denied("C4.2", MAKER, c.ACTION_SHIP, PACK, to="https://id.gs1.org/417/4012345000009")
        circle.denied("C4.2", MAKER, c.ACTION_SHIP, PACK, to="anything")
        circle.expel(PHARMACY)
        circle.denied("C4.2", MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)

    def test_not_to_the_organisation_itself(self, circle: Circle) -> None:
        """It would be the party that it came from: what it holds would come back released."""
        circle.denied("C4.3", MAKER, c.ACTION_SHIP, PACK, to=MAKER)
        circle.delivered(PACK)
        circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)
        circle.denied("C4.3", PHARMACY, c.ACTION_RETURN, PACK, to=PHARMACY)

    def test_nothing_received_is_shipped_on_unseen(self, circle: Circle) -> None:
        circle.delivered(PACK)
        circle.denied("C0.3", PHARMACY, c.ACTION_SHIP, PACK, to=MAKER)

    def test_nothing_held_at_any_depth(self, circle: Circle) -> None:
        """I7."""
        circle.done(MAKER, c.ACTION_QUARANTINE, SECOND)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)

    @pytest.mark.parametrize("lot", [True, False])
    def test_nothing_recalled_at_any_depth(self, circle: Circle, lot: bool) -> None:
        recalled(circle, LOT if lot else SECOND)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        if lot:
            circle.denied("C0.9", MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)

    def test_nothing_expired_at_any_depth(self, circle: Circle) -> None:
        soon, loose = pack_symbol("S9", expiry="260528"), pack_symbol("S8", expiry="260528")
        circle.commissioned(soon, loose)
        circle.done(MAKER, c.ACTION_UNPACK, parent=PALLET)
        circle.done(MAKER, c.ACTION_PACK, soon, parent=CRATE)
        circle.done(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
        circle.wait(DAY_MS)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        circle.denied("C0.7", MAKER, c.ACTION_SHIP, loose, to=PHARMACY)


class TestCancel:
    @pytest.mark.parametrize("stage", [item.ACTIVE, item.STOCK])
    def test_gives_the_state_before_back(self, circle: Circle, stage: int) -> None:
        if stage == item.STOCK:
            circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.done(MAKER, c.ACTION_CANCEL, PACK)
        found = circle.item(PACK)
        assert (found.status, found.destination) == (stage, None)
        circle.denied("C0.3", MAKER, c.ACTION_CANCEL, PACK)

    def test_only_the_shipper(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.denied("C0.4", PHARMACY, c.ACTION_CANCEL, PACK)
        circle.denied("C0.4", WHOLESALER, c.ACTION_CANCEL, PACK)

    def test_not_once_it_was_received(self, circle: Circle) -> None:
        circle.delivered(PACK)
        circle.denied("C0.4", MAKER, c.ACTION_CANCEL, PACK)
        circle.denied("C0.3", PHARMACY, c.ACTION_CANCEL, PACK)

    def test_lifts_no_hold(self, circle: Circle) -> None:
        """Row 10 needs a judgement: what was refused, or held on its way, stays on hold."""
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.done(PHARMACY, c.ACTION_REFUSE, PACK)
        circle.denied("C0.3", MAKER, c.ACTION_CANCEL, PACK)
        circle.done(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        circle.done(MAKER, c.ACTION_QUARANTINE, PALLET)
        circle.denied("C0.3", MAKER, c.ACTION_CANCEL, PALLET)

    def test_a_cancelled_return_is_on_hold_as_before(self, circle: Circle) -> None:
        circle.delivered(PACK)
        circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.done(PHARMACY, c.ACTION_CANCEL, PACK)
        assert (circle.status(PACK), circle.item(PACK).returning) == ("on hold", False)


class TestReceive:
    def test_custody_moves_here_and_only_here(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        assert circle.custodian(SECOND) == MAKER
        circle.done(PHARMACY, c.ACTION_RECEIVE, PALLET, place=STORE)
        found = circle.item(PALLET)
        assert (found.status, found.custodian, found.source, found.destination, found.place) == \
            (item.RECEIVED, circle.root(PHARMACY), PARTIES[MAKER], None, STORE)
        assert circle.custodian(SECOND) == PHARMACY
        assert circle.status(SECOND) == "packed"

    def test_again_is_already_so(self, circle: Circle) -> None:
        circle.delivered(PACK)
        circle.denied("C0.5", PHARMACY, c.ACTION_RECEIVE, PACK)

    def test_only_the_named_destination(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        said = circle.denied("C6.1", WHOLESALER, c.ACTION_RECEIVE, PACK)
        assert (len(circle.chain(PACK)), circle.item(PACK).sightings) == (2, 1)
        assert said.registered.number > 0

    def test_the_outermost_unit_only(self, circle: Circle) -> None:
        """I3, I4."""
        circle.done(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        circle.denied("C0.6", PHARMACY, c.ACTION_RECEIVE, SECOND)

    def test_not_what_lies_here_already(self, circle: Circle) -> None:
        circle.denied("C0.3", MAKER, c.ACTION_RECEIVE, PACK)

    def test_an_expired_or_recalled_unit_is_received_all_the_same(self, circle: Circle) -> None:
        """The goods are there: I7 blocks shipping and dispensing."""
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        recalled(circle, LOT)
        circle.done(PHARMACY, c.ACTION_RECEIVE, PACK)


class TestRefuse:
    def test_the_unit_is_on_hold_and_stays_with_the_shipper(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.done(PHARMACY, c.ACTION_REFUSE, PACK, reason=31)
        assert (circle.status(PACK), circle.custodian(PACK)) == ("on hold", MAKER)

    def test_again_is_already_so(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.done(PHARMACY, c.ACTION_REFUSE, PACK)
        circle.denied("C0.5", PHARMACY, c.ACTION_REFUSE, PACK)
        circle.denied("C0.3", PHARMACY, c.ACTION_RECEIVE, PACK)

    def test_only_the_named_destination(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.denied("C6.1", WHOLESALER, c.ACTION_REFUSE, PACK)
        circle.done(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        circle.denied("C0.6", WHOLESALER, c.ACTION_REFUSE, SECOND)


class TestPutAway:
    @pytest.mark.parametrize("thing", [PACK, PALLET])
    def test_a_unit_is_stock_at_its_place(self, circle: Circle, thing: str) -> None:
        circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
        circle.done(MAKER, c.ACTION_ATTACH, LOGGER_GIAI, parent=STORE)
        circle.done(MAKER, c.ACTION_PUT_AWAY, thing, place=STORE)
        found = circle.item(thing)
        assert (found.status, found.place) == (item.STOCK, STORE)
        place, carried = circle.chain(thing)[-1].links
        assert (place[:3], carried[:2]) == ([LINK_PLACE, STORE, 1], [LINK_LOGGER, LOGGER_GIAI])

    def test_leaving_a_place_links_it(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK, place=STORE)
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        assert [row[:2] for row in circle.chain(PACK)[-1].links] == [[LINK_PLACE, STORE]]

    def test_again_is_already_so_and_elsewhere_it_is_not(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        circle.denied("C0.5", MAKER, c.ACTION_PUT_AWAY, PACK)
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK, place=STORE)

    def test_the_outermost_unit_by_its_custodian(self, circle: Circle) -> None:
        circle.denied("C0.6", MAKER, c.ACTION_PUT_AWAY, SECOND)
        circle.denied("C0.4", PHARMACY, c.ACTION_PUT_AWAY, PACK)

    def test_a_place_may_be_any_text(self, circle: Circle) -> None:
        """It is the device's word, and only links what has that name."""
        for place in (PACK, CRATE, "x" * 64, ""):
            circle.done(MAKER, c.ACTION_PUT_AWAY, PACK, place=place)


class TestReturn:
    def stock(self, circle: Circle) -> None:
        circle.delivered(PACK)
        circle.done(PHARMACY, c.ACTION_PUT_AWAY, PACK)

    def test_goes_back_where_it_came_from(self, circle: Circle) -> None:
        self.stock(circle)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.denied("C0.5", PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.done(MAKER, c.ACTION_RECEIVE, PACK)
        assert (circle.status(PACK), circle.custodian(PACK)) == ("returned", MAKER)
        circle.denied("C0.5", MAKER, c.ACTION_RECEIVE, PACK)

    def test_what_is_held_arrives_on_hold(self, circle: Circle) -> None:
        """Row 10 alone ends a hold."""
        self.stock(circle)
        circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.done(MAKER, c.ACTION_RECEIVE, PACK)
        assert (circle.status(PACK), circle.custodian(PACK)) == ("on hold", MAKER)
        circle.denied("C0.3", MAKER, c.ACTION_SALEABLE, PACK)
        circle.denied("C0.5", MAKER, c.ACTION_RECEIVE, PACK)

    def test_what_is_recalled_goes_back_at_once(self, circle: Circle) -> None:
        """Row 13 from RECALLED: nobody puts a recalled pack away first."""
        circle.delivered(PACK)
        circle.denied("C0.3", PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        recalled(circle, LOT)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)

    def test_to_nobody_else(self, circle: Circle) -> None:
        self.stock(circle)
        circle.denied("C13.1", PHARMACY, c.ACTION_RETURN, PACK, to=WHOLESALER)
        circle.denied("C4.1", PHARMACY, c.ACTION_RETURN, PACK)
        circle.denied("C4.2", PHARMACY, c.ACTION_RETURN, PACK, to="nobody")

    def test_not_what_was_commissioned_here(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        circle.denied("C13.1", MAKER, c.ACTION_RETURN, PACK, to=PHARMACY)

    def test_by_the_custodian_and_outermost(self, circle: Circle) -> None:
        self.stock(circle)
        circle.denied("C0.4", MAKER, c.ACTION_RETURN, PACK, to=PHARMACY)
        circle.denied("C0.6", MAKER, c.ACTION_RETURN, SECOND, to=PHARMACY)


class TestVerifySaleable:
    def back(self, circle: Circle, thing: object = PACK) -> None:
        circle.delivered(thing)
        circle.done(PHARMACY, c.ACTION_PUT_AWAY, thing)
        circle.done(PHARMACY, c.ACTION_RETURN, thing, to=MAKER)
        circle.done(MAKER, c.ACTION_RECEIVE, thing)

    def test_a_return_is_stock_again(self, circle: Circle) -> None:
        self.back(circle)
        circle.done(MAKER, c.ACTION_SALEABLE, PACK)
        assert circle.status(PACK) == "in stock"
        circle.denied("C0.3", MAKER, c.ACTION_SALEABLE, PACK)

    @pytest.mark.parametrize("thing", [PACK, PALLET])
    def test_a_recalled_return_is_held(self, circle: Circle, thing: str) -> None:
        """The one finding that comes with an effect: row 14, "else HELD"."""
        self.back(circle, thing)
        recalled(circle, LOT)
        said = circle.scan(MAKER, c.ACTION_SALEABLE, thing)
        assert (said.rules, circle.status(thing)) == (["C14.1"], "on hold")

    def test_an_expired_return_is_held(self, circle: Circle) -> None:
        soon = pack_symbol("S9", expiry="260528")
        circle.commissioned(soon)
        self.back(circle, soon)
        circle.wait(DAY_MS)
        said = circle.scan(MAKER, c.ACTION_SALEABLE, soon)
        assert (said.rules, circle.status(pack("S9"))) == (["C14.1"], "on hold")

    def test_only_the_custodian(self, circle: Circle) -> None:
        self.back(circle)
        circle.denied("C0.4", PHARMACY, c.ACTION_SALEABLE, PACK)


def test_what_is_illegitimate_goes_nowhere(circle: Circle) -> None:
    """Row 11: only destruction follows."""
    circle.delivered(PACK)
    circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)
    said = circle.scan(PHARMACY, c.ACTION_ILLEGITIMATE, PACK)
    person = circle.person(PHARMACY, "quality assurance")
    assert circle.judge(person, said.about("C11.1"), ILLEGITIMATE) is None
    circle.denied("C0.3", PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
