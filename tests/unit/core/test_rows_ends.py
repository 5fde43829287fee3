"""Rows 11, 15 to 20 and 22: how a life ends (I5)."""

import pytest

from ledger_client.core.judgement import DESTROY, ILLEGITIMATE, RECALL, RELEASE, UNDO
from ledger_client.core.rows_ends import UNDO_MS
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes as c
from tests.circle import DAY_MS, MAKER, PALLET, PHARMACY, STORE, WHOLESALER, Circle
from tests.world import CRATE, GS, GTIN, pack, pack_symbol

PACK, SECOND = pack("S1"), pack("S2")
LOT = ["]d2", b"01" + GTIN.encode() + b"10LOT42A" + GS]
SHELF = "https://id.gs1.org/414/9521321000018"


class TestIllegitimate:
    def test_a_judgement_leaves_only_destruction(self, circle: Circle,
                                                 chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        about = circle.denied("C11.1", MAKER, c.ACTION_ILLEGITIMATE, PACK).about("C11.1")
        assert circle.judge(chief, about, ILLEGITIMATE) is None
        assert circle.status(PACK) == "illegitimate"
        circle.denied("C0.3", MAKER, c.ACTION_RELEASE, PACK)
        about = circle.denied("C17.1", MAKER, c.ACTION_DESTROY, PACK).about("C17.1")
        assert circle.judge(chief, about, DESTROY) is None
        assert circle.status(PACK) == "destroyed"

    def test_only_the_custodian(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        circle.denied("C0.4", PHARMACY, c.ACTION_ILLEGITIMATE, PACK)


class TestDispense:
    @pytest.mark.parametrize("stored", [True, False])
    def test_once(self, circle: Circle, stored: bool) -> None:
        if stored:
            circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        circle.done(MAKER, c.ACTION_DISPENSE, PACK)
        said = circle.denied("C15.1", MAKER, c.ACTION_DISPENSE, PACK)
        assert (circle.chain(PACK)[-1].outcome, said.leaf) == ("C15.1", 0)
        circle.denied("C15.1", PHARMACY, c.ACTION_DISPENSE, PACK)
        assert circle.item(PACK).sightings == 1

    def test_what_nobody_commissioned_is_stopped_now(self, circle: Circle) -> None:
        circle.denied("C0.2", PHARMACY, c.ACTION_DISPENSE, pack("FALSE"))

    def test_by_the_custodian_and_out_of_its_crate(self, circle: Circle) -> None:
        circle.denied("C0.4", PHARMACY, c.ACTION_DISPENSE, PACK)
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.denied("C0.6", MAKER, c.ACTION_DISPENSE, PACK)

    def test_not_expired(self, circle: Circle) -> None:
        circle.denied("C0.7", MAKER, c.ACTION_DISPENSE, circle.expired())

    def test_on_its_last_day(self, circle: Circle) -> None:
        circle.commissioned(pack_symbol("S9", expiry="260528"))
        circle.done(MAKER, c.ACTION_DISPENSE, pack("S9"))


class TestDecommissionAndSample:
    def test_out_of_its_crate_by_the_custodian(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        for action in (c.ACTION_DECOMMISSION, c.ACTION_SAMPLE):
            circle.denied("C0.4", PHARMACY, action, PACK)
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        for action in (c.ACTION_DECOMMISSION, c.ACTION_SAMPLE):
            circle.denied("C0.6", MAKER, action, PACK)

    def test_a_recalled_pack_may_leave_for_good(self, circle: Circle,
                                                chief: SoftwareSigner) -> None:
        """Row 16 asks for the state only: a lost label is lost in a recall, too."""
        about = circle.denied("C12.1", MAKER, c.ACTION_RECALL, PACK).about("C12.1")
        assert circle.judge(chief, about, RECALL) is None
        circle.done(MAKER, c.ACTION_DECOMMISSION, PACK)


class TestDestroy:
    def test_what_hinders_lets_destroy(self, circle: Circle, chief: SoftwareSigner) -> None:
        circle.denied("C0.3", MAKER, c.ACTION_DESTROY, PACK)
        recall = circle.denied("C12.1", MAKER, c.ACTION_RECALL, PACK).about("C12.1")
        assert circle.judge(chief, recall, RECALL) is None
        circle.done(MAKER, c.ACTION_QUARANTINE, SECOND)
        for thing in (PACK, SECOND, circle.expired()):
            about = circle.denied("C17.1", MAKER, c.ACTION_DESTROY, thing).about("C17.1")
            assert circle.judge(chief, about, DESTROY) is None
            assert circle.status(thing) == "destroyed"
            circle.denied("C0.5", MAKER, c.ACTION_DESTROY, thing)

    def test_by_the_custodian_and_out_of_its_crate(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        circle.denied("C0.6", MAKER, c.ACTION_DESTROY, PACK)
        circle.done(MAKER, c.ACTION_QUARANTINE, SECOND)
        circle.denied("C0.4", PHARMACY, c.ACTION_DESTROY, SECOND)


class TestStolen:
    @pytest.mark.parametrize("inside", [True, False])
    def test_every_later_sighting_is_an_alert(self, circle: Circle, inside: bool) -> None:
        if inside:
            circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_STOLEN, PACK)
        for by in (MAKER, PHARMACY, WHOLESALER):
            for action in (c.ACTION_PUT_AWAY, c.ACTION_RECEIVE, c.ACTION_DISPENSE, c.ACTION_CHECK,
                           c.ACTION_QUARANTINE):
                circle.denied("C18.1", by, action, PACK)
            circle.denied("C18.1", by, c.ACTION_SHIP, PACK, to=PHARMACY)
        assert circle.item(PACK).sightings == 12

    def test_a_stolen_crate_takes_its_packs_along(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_STOLEN, CRATE)
        circle.denied("C18.1", MAKER, c.ACTION_UNPACK, parent=CRATE)
        circle.denied("C18.1", PHARMACY, c.ACTION_QUARANTINE, PACK)

    def test_a_stolen_crate_on_a_pallet_does_so_too(self, circle: Circle) -> None:
        circle.commissioned(PALLET)
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
        circle.done(MAKER, c.ACTION_STOLEN, CRATE)
        for action in (c.ACTION_QUARANTINE, c.ACTION_STOLEN):
            circle.denied("C18.1", MAKER, action, PACK)

    def test_only_the_custodian_and_once(self, circle: Circle) -> None:
        circle.denied("C0.4", PHARMACY, c.ACTION_STOLEN, PACK)
        circle.done(MAKER, c.ACTION_STOLEN, PACK)
        circle.denied("C0.5", MAKER, c.ACTION_STOLEN, PACK)
        circle.denied("C18.1", PHARMACY, c.ACTION_STOLEN, PACK)

    def test_it_hinders_its_crate(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_STOLEN, PACK)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)


class TestUndo:
    """EU: at the same place, within ten days, never from what hinders."""

    def given_out(self, circle: Circle, action: int = c.ACTION_DISPENSE) -> None:
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK, place=STORE)
        circle.done(MAKER, action, PACK, place=STORE)

    def undo(self, circle: Circle, by: str = MAKER, place: str | None = STORE) -> list[object]:
        return circle.denied("C20.1", by, c.ACTION_UNDO, PACK, place=place).about("C20.1")

    @pytest.mark.parametrize("action", [c.ACTION_DISPENSE, c.ACTION_DECOMMISSION])
    def test_a_judgement_brings_it_back(self, circle: Circle, chief: SoftwareSigner,
                                        action: int) -> None:
        self.given_out(circle, action)
        assert circle.judge(chief, self.undo(circle), UNDO) is None
        assert circle.status(PACK) == "in stock"
        circle.done(MAKER, c.ACTION_DISPENSE, PACK)

    def test_only_the_custodian(self, circle: Circle) -> None:
        self.given_out(circle)
        circle.denied("C0.4", PHARMACY, c.ACTION_UNDO, PACK, place=STORE)

    @pytest.mark.parametrize("place", [None, SHELF])
    def test_only_at_the_same_place(self, circle: Circle, place: str | None) -> None:
        self.given_out(circle)
        circle.denied("C20.2", MAKER, c.ACTION_UNDO, PACK, place=place)

    def test_up_to_ten_days(self, circle: Circle, chief: SoftwareSigner) -> None:
        self.given_out(circle)
        circle.wait(UNDO_MS - 1000)  # its earliest moment is a second before
        about = self.undo(circle)
        circle.wait(1)
        circle.denied("C20.3", MAKER, c.ACTION_UNDO, PACK, place=STORE)
        assert circle.judge(chief, about, UNDO) in ("J3", "J4")

    def test_a_judgement_ten_days_late(self, circle: Circle, chief: SoftwareSigner) -> None:
        self.given_out(circle)
        about = self.undo(circle)
        circle.wait(UNDO_MS)
        assert circle.judge(chief, about, UNDO) == "J4"

    def test_attaching_a_logger_gains_no_time(self, circle: Circle) -> None:
        circle.device("logger", circle.keys[MAKER], "https://id.gs1.org/8004/9506000134L1")
        self.given_out(circle)
        circle.wait(UNDO_MS)
        circle.denied("C0.3", MAKER, c.ACTION_ATTACH, "https://id.gs1.org/8004/9506000134L1",
                      parent=PACK)
        circle.denied("C20.3", MAKER, c.ACTION_UNDO, PACK, place=STORE)

    @pytest.mark.parametrize("how", ["lot", "expiry"])
    def test_not_what_is_recalled_or_expired_since(self, circle: Circle, chief: SoftwareSigner,
                                                   how: str) -> None:
        if how == "lot":
            self.given_out(circle)
            about = circle.denied("C12.1", MAKER, c.ACTION_RECALL, LOT).about("C12.1")
            assert circle.judge(chief, about, RECALL) is None
            circle.denied("C0.9", MAKER, c.ACTION_UNDO, PACK, place=STORE)
        else:
            circle.commissioned(pack_symbol("S9", expiry="260528"))
            circle.done(MAKER, c.ACTION_DISPENSE, pack("S9"))
            circle.wait(DAY_MS)
            circle.denied("C0.7", MAKER, c.ACTION_UNDO, pack("S9"))


class TestCheck:
    def test_a_question_changes_nothing(self, circle: Circle) -> None:
        before = dict(circle.store.keys(b"item/"))
        for by in (MAKER, PHARMACY):
            assert circle.scan(by, c.ACTION_CHECK, PACK, CRATE).rules == []
        assert dict(circle.store.keys(b"item/")) == before

    def test_what_nobody_commissioned_is_known_now(self, circle: Circle) -> None:
        circle.denied("C0.2", PHARMACY, c.ACTION_CHECK, pack("FALSE"))


@pytest.mark.parametrize(("action", "rule", "meaning"), [
    (c.ACTION_RELEASE, "C10.1", RELEASE), (c.ACTION_ILLEGITIMATE, "C11.1", ILLEGITIMATE),
    (c.ACTION_DESTROY, "C17.1", DESTROY)])
class TestAwaited:
    """What lies between the scan and its judgement."""

    def test_nothing_that_has_left_our_custody(self, circle: Circle, action: int, rule: str,
                                               meaning: int) -> None:
        circle.delivered(PACK)
        circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)
        about = circle.denied(rule, PHARMACY, action, PACK).about(rule)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.done(MAKER, c.ACTION_RECEIVE, PACK)
        before = circle.custody()
        person = circle.person(PHARMACY, "responsible person")
        assert circle.judge(person, about, meaning) == "J3"
        assert circle.custody() == before

    def test_nothing_that_left_inside_its_crate(self, circle: Circle, action: int, rule: str,
                                                meaning: int) -> None:
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        rules, _ = circle.trial(MAKER, action, PACK)
        if rule == "C17.1":
            assert rules == ["C0.6"]
            return
        about = circle.denied(rule, MAKER, action, PACK).about(rule)
        circle.done(PHARMACY, c.ACTION_RECEIVE, CRATE)
        before = circle.custody()
        person = circle.person(MAKER, "responsible person")
        assert circle.judge(person, about, meaning) == "J4"
        assert circle.custody() == before

    def test_a_judgement_that_was_withheld_is_not_about_a_later_hold(
            self, circle: Circle, chief: SoftwareSigner, action: int, rule: str,
            meaning: int) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        withheld = circle.denied(rule, MAKER, action, PACK).about(rule)
        release = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, PACK).about("C10.1")
        assert circle.judge(chief, release, RELEASE) is None
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        assert circle.judge(chief, withheld, meaning) == "J3"
        assert circle.status(PACK) == "on hold"
