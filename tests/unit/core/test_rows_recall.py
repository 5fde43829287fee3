"""Row 12: recalls, of a lot, of one thing, and of what is in it."""

import pytest

from ledger_client.core import contents, state
from ledger_client.core.judgement import RECALL, RELEASE
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes as c
from tests.circle import AUTHORITY, MAKER, PALLET, PHARMACY, Circle
from tests.world import CRATE, GS, GTIN, pack, pack_symbol

PACK, SECOND = pack("S1"), pack("S2")
LOT = ["]d2", b"01" + GTIN.encode() + b"10LOT42A" + GS]


def recalled(circle: Circle, chief: SoftwareSigner, thing: object) -> None:
    about = circle.denied("C12.1", MAKER, c.ACTION_RECALL, thing).about("C12.1")
    assert circle.judge(chief, about, RECALL) is None


def test_a_lot_is_one_key_whatever_its_size(circle: Circle,
                                            chief: SoftwareSigner) -> None:
    before = circle.item(PACK)
    recalled(circle, chief, LOT)
    assert list(dict(circle.store.keys(b"recall/"))) == [state.recall_key(GTIN, "LOT42A")]
    assert circle.item(PACK) == before
    circle.denied("C0.9", MAKER, c.ACTION_DISPENSE, PACK)
    circle.denied("C0.5", MAKER, c.ACTION_RECALL, LOT)


def test_what_is_commissioned_later_in_the_lot_is_recalled(circle: Circle,
                                                           chief: SoftwareSigner) -> None:
    recalled(circle, chief, LOT)
    circle.commissioned(pack("S9"), pack_symbol("S8", lot="OTHER"))
    circle.denied("C0.9", MAKER, c.ACTION_DISPENSE, pack("S9"))
    circle.done(MAKER, c.ACTION_DISPENSE, pack("S8"))


def test_a_lot_that_nobody_has_seen_yet(circle: Circle, chief: SoftwareSigner) -> None:
    recalled(circle, chief, ["]d2", b"01" + GTIN.encode() + b"10FUTURE" + GS])


def test_custody_does_not_move(circle: Circle, chief: SoftwareSigner) -> None:
    circle.delivered(PACK)
    recalled(circle, chief, LOT)
    recalled(circle, chief, PACK)
    assert (circle.status(PACK), circle.custodian(PACK)) == ("received", PHARMACY)


def test_one_serial(circle: Circle, chief: SoftwareSigner) -> None:
    circle.done(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
    recalled(circle, chief, PACK)
    circle.denied("C0.5", MAKER, c.ACTION_RECALL, PACK)
    circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
    circle.done(MAKER, c.ACTION_UNPACK, parent=CRATE)
    circle.denied("C0.9", MAKER, c.ACTION_DISPENSE, PACK)
    circle.done(MAKER, c.ACTION_DISPENSE, SECOND)


@pytest.mark.parametrize("outer", [CRATE, PALLET])
@pytest.mark.parametrize("whole", [True, False])
def test_a_crate_with_what_is_in_it(circle: Circle, chief: SoftwareSigner, outer: str,
                                    whole: bool) -> None:
    """Unpacking is no way out of it."""
    circle.commissioned(PALLET)
    circle.done(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
    circle.done(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
    recalled(circle, chief, outer)
    circle.done(MAKER, c.ACTION_UNPACK, *[] if whole else [PACK], parent=CRATE)
    circle.denied("C0.9", MAKER, c.ACTION_DISPENSE, PACK)
    assert circle.item(PACK).recalled


def test_a_case_of_a_recalled_lot_with_what_is_in_it(circle: Circle,
                                                     chief: SoftwareSigner) -> None:
    case = pack_symbol("CASE", lot="CASES")
    circle.commissioned(case)
    circle.done(MAKER, c.ACTION_PACK, PACK, parent=case)
    recalled(circle, chief, ["]d2", b"01" + GTIN.encode() + b"10CASES" + GS])
    circle.done(MAKER, c.ACTION_UNPACK, parent=case)
    circle.denied("C0.9", MAKER, c.ACTION_DISPENSE, PACK)


def test_what_had_left_the_crate_before_is_not_recalled(circle: Circle,
                                                        chief: SoftwareSigner) -> None:
    circle.done(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
    circle.done(MAKER, c.ACTION_UNPACK, parent=CRATE)
    recalled(circle, chief, CRATE)
    circle.done(MAKER, c.ACTION_DISPENSE, PACK)


def test_a_held_one_counts_once(circle: Circle, chief: SoftwareSigner,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    """On hold and recalled, beyond what a crate names."""
    monkeypatch.setattr(contents, "HELD", 0)
    circle.done(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
    circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
    recalled(circle, chief, PACK)
    circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
    circle.done(MAKER, c.ACTION_UNPACK, PACK, parent=CRATE)
    circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)


def test_what_is_held_in_a_recalled_crate_stays_held(circle: Circle,
                                                     chief: SoftwareSigner) -> None:
    circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
    circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
    recalled(circle, chief, CRATE)
    about = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, PACK).about("C10.1")
    assert circle.judge(chief, about, RELEASE) == "J4"


@pytest.mark.parametrize("thing", [PACK, LOT])
def test_only_the_owner_of_the_prefix_or_a_regulator(circle: Circle,
                                                     thing: object) -> None:
    circle.delivered(PACK)
    circle.denied("C12.2", PHARMACY, c.ACTION_RECALL, thing)
    circle.denied("C12.1", AUTHORITY, c.ACTION_RECALL, thing)


def test_what_the_recall_is_about_may_move_on(circle: Circle,
                                              chief: SoftwareSigner) -> None:
    about = circle.denied("C12.1", MAKER, c.ACTION_RECALL, PACK).about("C12.1")
    circle.delivered(PACK)
    assert circle.judge(chief, about, RECALL) is None
    assert circle.item(PACK).recalled


def test_what_has_ended_meanwhile_is_recalled_no_more(circle: Circle,
                                                      chief: SoftwareSigner) -> None:
    about = circle.denied("C12.1", MAKER, c.ACTION_RECALL, PACK).about("C12.1")
    circle.done(MAKER, c.ACTION_DISPENSE, PACK)
    assert circle.judge(chief, about, RECALL) == "J4"
