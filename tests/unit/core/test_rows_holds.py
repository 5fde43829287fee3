"""Rows 9 and 10: what is put on hold, and released."""

import pytest

from ledger_client.core import contents, item
from ledger_client.core.judgement import HOLD, RECALL, RELEASE
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes as c
from tests.circle import MAKER, PHARMACY, Circle
from tests.world import CRATE, GS, GTIN, pack

PACK, SECOND = pack("S1"), pack("S2")
LOT = ["]d2", b"01" + GTIN.encode() + b"10LOT42A" + GS]


class TestQuarantine:
    def test_only_the_custodian(self, circle: Circle) -> None:
        circle.denied("C0.4", PHARMACY, c.ACTION_QUARANTINE, PACK)

    def test_what_nobody_commissioned_is_stopped_now(self, circle: Circle) -> None:
        circle.denied("C0.2", MAKER, c.ACTION_QUARANTINE, pack("FALSE"))

    def test_a_child_is_held_inside_its_crate(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK, reason=2)
        found = circle.item(PACK)
        assert (found.status, found.parent, found.holder) == (item.HELD, CRATE, None)


class TestRelease:
    def held(self, circle: Circle, thing: str = PACK) -> list[object]:
        circle.done(MAKER, c.ACTION_QUARANTINE, thing)
        return circle.denied("C10.1", MAKER, c.ACTION_RELEASE, thing).about("C10.1")

    def released(self, circle: Circle, chief: SoftwareSigner, thing: str = PACK) -> None:
        about = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, thing).about("C10.1")
        assert circle.judge(chief, about, RELEASE) is None

    def test_a_judgement_makes_it_what_it_was(self, circle: Circle,
                                              chief: SoftwareSigner) -> None:
        for stage in ("active", "in stock"):
            assert circle.status(PACK) == stage
            circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
            self.released(circle, chief)
            assert circle.status(PACK) == stage
            circle.scan(MAKER, c.ACTION_PUT_AWAY, PACK)

    def test_on_its_way_it_is_on_its_way_again(self, circle: Circle,
                                               chief: SoftwareSigner) -> None:
        for by in (MAKER, PHARMACY):
            circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
            assert circle.judge(circle.person(by, "quality assurance"), circle.hold_about(PACK),
                                HOLD, None) is None
            circle.denied("C0.3", PHARMACY, c.ACTION_RECEIVE, PACK)
            circle.denied("C0.3", PHARMACY, c.ACTION_REFUSE, PACK)
            self.released(circle, chief)
            if by == MAKER:
                circle.done(MAKER, c.ACTION_CANCEL, PACK)
                assert circle.status(PACK) == "active"
        circle.done(PHARMACY, c.ACTION_RECEIVE, PACK)

    def test_of_more_than_a_crate_names(self, circle: Circle, chief: SoftwareSigner,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contents, "HELD", 1)
        inside = [PACK, SECOND, pack("S3")]
        circle.commissioned(inside[-1])
        circle.done(MAKER, c.ACTION_PACK, *inside, parent=CRATE)
        circle.done(MAKER, c.ACTION_QUARANTINE, *inside)
        circle.scan(MAKER, c.ACTION_QUARANTINE, *inside)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        self.released(circle, chief)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        circle.done(MAKER, c.ACTION_UNPACK, SECOND, parent=CRATE)
        self.released(circle, chief, inside[-1])
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)

    def test_what_was_refused_is_in_stock(self, circle: Circle, chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.done(PHARMACY, c.ACTION_REFUSE, PACK)
        self.released(circle, chief)
        assert (circle.status(PACK), circle.item(PACK).destination) == ("in stock", None)

    def test_who_refused_it_does_not_stand_in_the_way(self, circle: Circle,
                                                      chief: SoftwareSigner) -> None:
        """Its scans are a stranger's: sightings, that leave the head which is judged."""
        circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)
        circle.done(PHARMACY, c.ACTION_REFUSE, PACK)
        about = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, PACK).about("C10.1")
        circle.denied("C0.4", PHARMACY, c.ACTION_DISPENSE, PACK)
        assert circle.judge(chief, about, RELEASE) is None

    def test_what_was_not_saleable_is_looked_at_again(self, circle: Circle,
                                                      chief: SoftwareSigner) -> None:
        """Row 14: a release is no verification."""
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.delivered(CRATE)
        circle.done(PHARMACY, c.ACTION_PUT_AWAY, CRATE)
        circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)
        circle.done(PHARMACY, c.ACTION_RETURN, CRATE, to=MAKER)
        circle.done(MAKER, c.ACTION_RECEIVE, CRATE)
        assert circle.scan(MAKER, c.ACTION_SALEABLE, CRATE).rules == ["C14.1"]
        self.released(circle, chief, CRATE)
        assert circle.status(CRATE) == "returned"

    def test_of_a_shipment_that_was_cancelled_since(self, circle: Circle,
                                                    chief: SoftwareSigner) -> None:
        circle.delivered(PACK)
        circle.done(PHARMACY, c.ACTION_PUT_AWAY, PACK)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        assert circle.judge(chief, circle.hold_about(PACK), HOLD, None) is None
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.done(PHARMACY, c.ACTION_CANCEL, PACK)
        about = circle.denied("C10.1", PHARMACY, c.ACTION_RELEASE, PACK).about("C10.1")
        assert circle.judge(circle.person(PHARMACY, "quality assurance"), about, RELEASE) is None
        assert circle.status(PACK) == "in stock"

    def going_back(self, circle: Circle) -> tuple[SoftwareSigner, SoftwareSigner]:
        """The person who held it, and another one."""
        first = circle.person(PHARMACY, "responsible person")
        circle.delivered(PACK)
        assert circle.judge(first, circle.hold_about(PACK), HOLD, None) is None
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        return first, circle.person(PHARMACY, "quality assurance")

    @pytest.mark.parametrize("action", [c.ACTION_REFUSE, c.ACTION_CANCEL])
    def test_what_comes_back_unreceived_is_held_by_the_same_person(self, circle: Circle,
                                                                   action: int) -> None:
        holder, other = self.going_back(circle)
        circle.done(MAKER if action == c.ACTION_REFUSE else PHARMACY, action, PACK)
        if action == c.ACTION_REFUSE:
            circle.denied("C0.5", MAKER, action, PACK)
        about = circle.denied("C10.1", PHARMACY, c.ACTION_RELEASE, PACK).about("C10.1")
        assert circle.judge(holder, about, RELEASE) == "J4"
        assert circle.judge(other, about, RELEASE) is None
        found = circle.item(PACK)
        assert (circle.status(PACK), found.holder, found.destination) == ("received", None, None)

    def test_what_was_held_on_its_way_and_came_back_twice_is_in_stock(self,
                                                                      circle: Circle) -> None:
        """No shipment goes on that was refused, be it the one before."""
        circle.delivered(PACK)
        circle.done(PHARMACY, c.ACTION_PUT_AWAY, PACK)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)
        circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        circle.done(MAKER, c.ACTION_REFUSE, PACK)
        about = circle.denied("C10.1", PHARMACY, c.ACTION_RELEASE, PACK).about("C10.1")
        assert circle.judge(circle.person(PHARMACY, "quality assurance"), about, RELEASE) is None
        assert circle.status(PACK) == "in stock"

    def test_what_arrived_on_hold_is_looked_at_once_released(self, circle: Circle,
                                                             chief: SoftwareSigner) -> None:
        """Row 14: a release is no verification."""
        holder, _ = self.going_back(circle)
        circle.done(MAKER, c.ACTION_RECEIVE, PACK)
        assert (circle.status(PACK), circle.item(PACK).holder) == ("on hold", holder.thumbprint)
        self.released(circle, chief)
        assert circle.status(PACK) == "returned"
        circle.done(MAKER, c.ACTION_SALEABLE, PACK)

    def test_what_goes_back_on_hold_is_not_held_again(self, circle: Circle,
                                                      chief: SoftwareSigner) -> None:
        """A hold of the hold would forget who held first."""
        self.going_back(circle)
        circle.denied("C0.5", PHARMACY, c.ACTION_QUARANTINE, PACK)
        assert circle.judge(chief, circle.hold_about(PACK), HOLD, None) == "J4"

    def test_a_judgement_is_an_event(self, circle: Circle, chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        self.released(circle, chief)
        event = circle.chain(PACK)[-1]
        assert (event.action, event.leaf, event.outcome, event.signer) == \
            (c.ACTION_RELEASE, None, None, chief.thumbprint)

    def test_inside_a_crate_it_is_packed_again(self, circle: Circle,
                                               chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        about = self.held(circle)
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        assert circle.judge(chief, about, RELEASE) is None
        assert circle.status(PACK) == "packed"
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)

    def test_only_the_custodian(self, circle: Circle) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        circle.denied("C0.4", PHARMACY, c.ACTION_RELEASE, PACK)

    def test_a_scan_from_before_a_hold_by_judgement_is_late(self, circle: Circle,
                                                            chief: SoftwareSigner) -> None:
        """I6: whoever released it has not seen why it was held."""
        scanned = circle.record(MAKER, c.ACTION_RELEASE, [PACK])
        circle.wait(60_000)
        qa = circle.person(MAKER, "quality assurance")
        assert circle.judge(qa, circle.hold_about(PACK), HOLD, None) is None
        (said,) = circle.seal(scanned)
        assert (said.rules, circle.status(PACK)) == (["C0.8"], "on hold")
        self.released(circle, chief)
        assert circle.status(PACK) == "active"

    def test_a_recalled_pack_stays_held(self, circle: Circle, chief: SoftwareSigner) -> None:
        """I7."""
        about = self.held(circle)
        recall = circle.scan(MAKER, c.ACTION_RECALL, LOT).about("C12.1")
        assert circle.judge(chief, recall, RECALL) is None
        assert circle.judge(chief, about, RELEASE) == "J4"
        assert circle.status(PACK) == "on hold"

    def test_an_expired_pack_stays_held(self, circle: Circle, chief: SoftwareSigner) -> None:
        about = self.held(circle, circle.expired())
        assert circle.judge(chief, about, RELEASE) == "J4"
