"""Cases that are trade items themselves: an SGTIN with a lot of its own, and packs inside."""

import itertools

import pytest

from ledger_client.core import item
from ledger_client.core.judgement import RECALL
from ledger_client.wire import codes as c
from tests.circle import DAY_MS, MAKER, PALLET, PHARMACY, Circle
from tests.world import CRATE, GS, GTIN, pack, pack_symbol

CASE, PACK, LATER = pack("CASE"), pack("S1"), pack("S2")
CASE_SYMBOL = pack_symbol("CASE", lot="CASES", expiry="291231")
LOT = ["]d2", b"01" + GTIN.encode() + b"10LOT42A" + GS]
CASES = ["]d2", b"01" + GTIN.encode() + b"10CASES" + GS]


@pytest.fixture
def circle() -> Circle:
    """A pack in a case, the case on a pallet."""
    circle = Circle().found()
    circle.commissioned(CASE_SYMBOL, PACK, CRATE, PALLET)
    circle.done(MAKER, c.ACTION_PACK, PACK, parent=CASE)
    circle.done(MAKER, c.ACTION_PACK, CASE, parent=PALLET)
    return circle


def recalled(circle: Circle, thing: object) -> None:
    said = circle.denied("C12.1", MAKER, c.ACTION_RECALL, thing)
    chief = circle.person(MAKER, "responsible person")
    assert circle.judge(chief, said.about("C12.1"), RECALL) is None


@pytest.mark.parametrize("lot", [LOT, CASES])
def test_a_recalled_lot_is_found_in_a_case_on_a_pallet(circle: Circle, lot: object) -> None:
    """I7: at any depth, the lots of the packs and the case's own."""
    recalled(circle, lot)
    circle.denied("C0.9", MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)


def test_a_pack_on_hold_is_found_in_a_case_on_a_pallet(circle: Circle) -> None:
    circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
    circle.denied("C0.9", MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)


def test_an_expired_pack_is_found_in_a_case_on_a_pallet(circle: Circle) -> None:
    circle.commissioned(pack_symbol("S9", expiry="260528"), pack_symbol("CASE2", lot="CASES"))
    circle.done(MAKER, c.ACTION_PACK, pack("S9"), parent=pack("CASE2"))
    circle.done(MAKER, c.ACTION_PACK, pack("CASE2"), parent=PALLET)
    circle.wait(DAY_MS)
    circle.denied("C0.9", MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
    circle.done(MAKER, c.ACTION_UNPACK, pack("CASE2"), parent=PALLET)
    circle.done(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)


def test_what_a_recalled_lot_was_taken_out_of_may_move(circle: Circle) -> None:
    recalled(circle, LOT)
    circle.done(MAKER, c.ACTION_UNPACK, PACK, parent=CASE)
    circle.done(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)


def test_a_case_given_out_is_looked_into(circle: Circle) -> None:
    """I7 names dispensing, too."""
    circle.done(MAKER, c.ACTION_UNPACK, CASE, parent=PALLET)
    recalled(circle, LOT)
    circle.denied("C0.9", MAKER, c.ACTION_DISPENSE, CASE)
    circle.done(MAKER, c.ACTION_UNPACK, PACK, parent=CASE)
    circle.done(MAKER, c.ACTION_DISPENSE, CASE)


def test_a_recall_finds_what_is_commissioned_later(circle: Circle) -> None:
    """Neither alone nor in a case does it leave."""
    recalled(circle, LOT)
    circle.commissioned(LATER, pack_symbol("CASE2", lot="CASES"))
    circle.denied("C0.9", MAKER, c.ACTION_PACK, LATER, parent=pack("CASE2"))
    circle.denied("C0.9", MAKER, c.ACTION_SHIP, LATER, to=PHARMACY)


def test_cases_in_cases_are_as_deep_as_crates(circle: Circle) -> None:
    """I2: the limit of depth holds whatever the labels say; custody is the outermost one's."""
    cases = [pack(f"D{at}") for at in range(item.CONTAINMENT_DEPTH + 1)]
    circle.commissioned(*cases)
    for inner, outer in itertools.pairwise(cases[:-1]):
        circle.done(MAKER, c.ACTION_PACK, inner, parent=outer)
    circle.denied("C2.6", MAKER, c.ACTION_PACK, cases[-2], parent=cases[-1])


def test_a_stolen_unit_is_no_sighting_when_its_carrier_moves(circle: Circle) -> None:
    """Row 2 asks for the child itself; what is in it is looked at when it is shipped."""
    circle.done(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
    circle.done(MAKER, c.ACTION_STOLEN, CASE)
    outer = pack("OUTER")
    circle.commissioned(outer)
    circle.done(MAKER, c.ACTION_PACK, PALLET, parent=outer)
    circle.denied("C0.9", MAKER, c.ACTION_SHIP, outer, to=PHARMACY)
