"""Rows 1 and 21, and what every scan must keep: how a thing comes into being (I1)."""

import pytest

from ledger_client.core import item, state
from ledger_client.wire import codes as c
from tests.circle import (
    DAY_MS,
    MAKER,
    PARTIES,
    PHARMACY,
    STORE,
    WHOLESALER,
    Circle,
)
from tests.world import CRATE, GS, GTIN, LOGGER_GIAI, START_MS, pack, pack_symbol

PACK = pack("S1")
TODAY, YESTERDAY = "260528", "260527"


@pytest.fixture
def circle() -> Circle:
    return Circle().found()


def without(ai: bytes) -> list[object]:
    """The symbol of PACK without one of its elements."""
    elements = {b"01": GTIN.encode(), b"17": b"281231", b"10": b"LOT42A" + GS, b"21": b"S1"}
    return ["]d2", b"".join(key + value for key, value in elements.items() if key != ai)]


class TestCommission:
    def test_a_pack_has_its_lot_and_expiry(self, circle: Circle) -> None:
        said = circle.done(MAKER, c.ACTION_COMMISSION, PACK, place=STORE)
        found = circle.item(PACK)
        assert (found.status, found.custodian, found.lot, found.expiry, found.place, found.parent) \
            == (item.ACTIVE, circle.root(MAKER), "LOT42A", "281231", STORE, None)
        (event,) = circle.chain(PACK)
        assert (event.entry, event.leaf, event.action, event.outcome, event.links) == \
            (said.registered.number, 0, c.ACTION_COMMISSION, None, [])
        assert found.head == state.next_head(state.first_head(PACK), event.encode())

    @pytest.mark.parametrize("thing", [CRATE, LOGGER_GIAI])
    def test_a_crate_or_vehicle_needs_no_more_than_its_label(self, circle: Circle,
                                                             thing: str) -> None:
        circle.done(MAKER, c.ACTION_COMMISSION, thing)
        assert (circle.status(thing), circle.item(thing).lot) == ("active", None)

    def test_a_pallet_label_that_names_its_contents_is_no_packs(self, circle: Circle) -> None:
        """Else what is inside would not be looked at: I7 goes by units and lots."""
        circle.done(MAKER, c.ACTION_COMMISSION, [
            "]C1", b"00395060001340000018" + b"02" + GTIN.encode() + b"17281231"
            + b"3710" + GS + b"10LOT42A"])
        found = circle.item(CRATE)
        assert (found.lot, found.expiry) == (None, None)

    def test_the_same_again_is_already_so(self, circle: Circle) -> None:
        circle.commissioned(PACK)
        circle.denied("C0.5", MAKER, c.ACTION_COMMISSION, PACK)

    @pytest.mark.parametrize("symbol", [pack_symbol("S1", lot="OTHER"),
                                        pack_symbol("S1", expiry="290101")])
    def test_another_label_with_the_same_serial_may_be_a_copy(self, circle: Circle,
                                                              symbol: object) -> None:
        circle.commissioned(PACK)
        circle.denied("C1.1", MAKER, c.ACTION_COMMISSION, symbol)

    def test_never_again_in_its_life_or_after(self, circle: Circle) -> None:
        circle.commissioned(PACK)
        circle.done(MAKER, c.ACTION_DECOMMISSION, PACK)
        circle.denied("C0.5", MAKER, c.ACTION_COMMISSION, PACK)
        circle.denied("C1.1", MAKER, c.ACTION_COMMISSION, pack_symbol("S1", lot="NEW"))

    @pytest.mark.parametrize("by", [WHOLESALER, PHARMACY])
    def test_only_the_owner_of_the_prefix(self, circle: Circle, by: str) -> None:
        circle.denied("C1.2", by, c.ACTION_COMMISSION, PACK)
        circle.denied("C1.2", by, c.ACTION_COMMISSION, CRATE)

    @pytest.mark.parametrize("ai", [b"17", b"10"])
    def test_a_pack_without_lot_or_expiry(self, circle: Circle, ai: bytes) -> None:
        circle.denied("C1.3", MAKER, c.ACTION_COMMISSION, without(ai))

    def test_another_label_of_the_same_pack_counts_by_itself(self, circle: Circle) -> None:
        """A QR without lot and expiry beside the DataMatrix that has them."""
        said = circle.scan(MAKER, c.ACTION_COMMISSION, without(b"17"), PACK)
        assert said.rules == ["C1.3"]
        assert circle.status(PACK) == "active"

    @pytest.mark.parametrize("ai", [b"01", b"21"])
    def test_a_symbol_that_names_no_single_thing(self, circle: Circle, ai: bytes) -> None:
        circle.denied("C0.1", MAKER, c.ACTION_COMMISSION, without(ai))

    def test_expiry_is_the_end_of_the_day(self, circle: Circle) -> None:
        assert START_MS // DAY_MS == 20601  # 28 May 2026
        circle.denied("C1.4", MAKER, c.ACTION_COMMISSION, pack_symbol("S1", expiry=YESTERDAY))
        circle.done(MAKER, c.ACTION_COMMISSION, pack_symbol("S1", expiry=TODAY))

    @pytest.mark.parametrize("thing", [STORE, PARTIES[MAKER]])
    def test_a_place_or_a_party_is_no_thing(self, circle: Circle, thing: str) -> None:
        circle.denied("C0.11", MAKER, c.ACTION_COMMISSION, thing)
        circle.denied("C0.11", MAKER, c.ACTION_ALLOCATE, thing)


class TestAllocate:
    def test_a_printed_identifier_is_commissioned_later(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_ALLOCATE, PACK)
        assert circle.status(PACK) == "encoded"
        circle.commissioned(PACK)
        assert [event.action for event in circle.chain(PACK)] == \
            [c.ACTION_ALLOCATE, c.ACTION_COMMISSION]

    def test_again_and_too_late(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_ALLOCATE, PACK)
        circle.denied("C0.5", MAKER, c.ACTION_ALLOCATE, PACK)
        circle.commissioned(PACK)
        circle.denied("C1.1", MAKER, c.ACTION_ALLOCATE, PACK)

    def test_only_the_owner_of_the_prefix(self, circle: Circle) -> None:
        circle.denied("C1.2", PHARMACY, c.ACTION_ALLOCATE, PACK)


class TestEveryScan:
    @pytest.mark.parametrize("symbol", [
        ["]d2", b"\xff"], ["]d2", b"0109506000134353"], ["]d1", b"hello"], ["]X9", b"01"],
        ["]d2", b"17281331"], ["]Q1", b"https://example.org/"], ["]d2", b"\x00\x1d\x1d"]])
    def test_a_symbol_that_cannot_be_read(self, circle: Circle, symbol: object) -> None:
        circle.denied("C0.1", MAKER, c.ACTION_COMMISSION, symbol)
        circle.denied("C0.1", MAKER, c.ACTION_PACK, PACK, parent=symbol)

    @pytest.mark.parametrize("action", [0, 25, (1 << 53) - 1])
    def test_an_action_of_later_rules(self, circle: Circle, action: int) -> None:
        circle.denied("C0.10", MAKER, action, PACK)

    def test_what_the_handheld_refused_has_no_effect(self, circle: Circle) -> None:
        circle.denied("C0.12", MAKER, c.ACTION_COMMISSION, PACK, shown=c.SHOWN_REFUSED)
        circle.commissioned(PACK, CRATE)
        for action in (c.ACTION_PUT_AWAY, c.ACTION_DISPENSE, c.ACTION_QUARANTINE):
            circle.denied("C0.12", MAKER, action, PACK, shown=c.SHOWN_REFUSED)
        circle.denied("C0.12", MAKER, c.ACTION_PACK, PACK, parent=CRATE, shown=c.SHOWN_REFUSED)
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.denied("C0.12", MAKER, c.ACTION_UNPACK, parent=CRATE, shown=c.SHOWN_REFUSED)

    def test_what_the_handheld_refused_awaits_no_judgement(self, circle: Circle) -> None:
        circle.commissioned(PACK)
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        circle.denied("C0.12", MAKER, c.ACTION_RELEASE, PACK, shown=c.SHOWN_REFUSED)
        assert list(circle.store.keys(b"awaiting/")) == []

    def test_a_parent_is_needed(self, circle: Circle) -> None:
        circle.denied("C0.11", MAKER, c.ACTION_PACK, PACK)
        circle.denied("C0.11", MAKER, c.ACTION_ATTACH, LOGGER_GIAI)

    def test_one_bad_label_does_not_undo_its_neighbours(self, circle: Circle) -> None:
        said = circle.scan(MAKER, c.ACTION_COMMISSION, PACK, ["]d2", b"\xff"], PACK, CRATE)
        assert (said.rules, circle.status(PACK), circle.status(CRATE)) == \
            (["C0.1", "C0.5"], "active", "active")

    def test_a_partys_contradicted_scan_is_an_event_of_the_thing(self, circle: Circle) -> None:
        circle.commissioned(PACK)
        said = circle.denied("C0.3", MAKER, c.ACTION_CANCEL, PACK)
        assert [(event.action, event.outcome, event.entry) for event in circle.chain(PACK)[1:]] \
            == [(c.ACTION_CANCEL, "C0.3", said.registered.number)]
        assert circle.item(PACK).sightings == 0

    def test_a_strangers_is_a_sighting(self, circle: Circle) -> None:
        circle.commissioned(PACK)
        circle.denied("C0.4", PHARMACY, c.ACTION_PUT_AWAY, PACK)
        assert (len(circle.chain(PACK)), circle.item(PACK).sightings) == (1, 1)

    def test_inside_a_crate_the_parties_are_the_crates(self, circle: Circle) -> None:
        circle.commissioned(PACK, CRATE)
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        circle.denied("C0.6", PHARMACY, c.ACTION_RECEIVE, PACK)
        assert (len(circle.chain(PACK)), circle.item(PACK).sightings) == (3, 0)
        circle.done(PHARMACY, c.ACTION_RECEIVE, CRATE)
        circle.denied("C0.6", PHARMACY, c.ACTION_DISPENSE, PACK)
        circle.denied("C0.6", MAKER, c.ACTION_DISPENSE, PACK)
        assert (len(circle.chain(PACK)), circle.item(PACK).sightings) == (4, 1)

    def test_a_scan_from_before_the_last_transition_is_late(self, circle: Circle) -> None:
        """I6: its whole interval lies before; touching is not late."""
        circle.commissioned(PACK)
        scanner = circle.scanners[MAKER]
        since_ms = circle.item(PACK).since_ms
        assert since_ms is not None
        scanner.now_ms = since_ms - 1000 - 1
        circle.denied("C0.8", MAKER, c.ACTION_PUT_AWAY, PACK)
        scanner.now_ms = since_ms - 1000
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)

    def test_a_scan_of_unknown_time_is_judged_by_ledger_time(self, circle: Circle) -> None:
        circle.commissioned(PACK)
        since_ms = circle.item(PACK).since_ms
        circle.scanners[MAKER].source = c.SOURCE_NONE
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        assert circle.item(PACK).since_ms == since_ms
