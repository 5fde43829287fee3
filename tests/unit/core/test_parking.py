"""Scans that wait (I6, I9): for an item, behind earlier scans of it, for their device."""

import pytest

from ledger_client.core import custody, parking, state
from ledger_client.core.findings import Findings
from ledger_client.core.parking import FOR_DEVICE, FOR_ITEM, WAIT_MS, Budget
from ledger_client.core.rule_book import sentence
from ledger_client.core.state import View
from ledger_client.wire import cbor
from ledger_client.wire import codes as c
from tests.circle import DAY_MS, MAKER, MINUTE_MS, PALLET, PHARMACY, WHOLESALER, Circle
from tests.world import CRATE, Device, label, pack, pack_symbol

PACK, SECOND = pack("S1"), pack("S2")
FAR = (1 << 53) - 1


@pytest.fixture
def circle() -> Circle:
    return Circle().found()


@pytest.fixture
def packed(circle: Circle) -> Circle:
    """Two packs in a crate at the maker's."""
    circle.commissioned(PACK, SECOND, CRATE)
    circle.done(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
    return circle


def waits(circle: Circle, by: str, action: int, *things: object, **more: object) -> None:
    said = circle.scan(by, action, *things, **more)  # type: ignore[arg-type]
    assert (said.rules, said.effective) == ([], False)
    assert parked(circle) > 0


def parked(circle: Circle) -> int:
    return len(list(circle.store.keys(b"parked/")))


def is_quiet(circle: Circle) -> bool:
    """Nothing waits, nothing of it is left, and nothing was found."""
    left = [key for key, _ in circle.store.keys(b"parked")]
    return not left and circle.rules_found() == []


def bookkeeping(circle: Circle) -> None:
    """A later entry, by which time what is overdue has been judged."""
    circle.person(MAKER, "auditor", f"auditor {circle.now_ms}")


class TestForItem:
    def test_packing_waits_for_its_packs_and_for_its_crate(self, circle: Circle) -> None:
        waits(circle, MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
        waits(circle, MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        circle.commissioned(PACK)
        assert parked(circle) == 2
        # the crate comes before its second pack, and leaves without it, as the scans have it
        circle.done(MAKER, c.ACTION_COMMISSION, CRATE)
        assert (circle.status(PACK), circle.status(CRATE)) == ("packed", "in transit")
        circle.done(MAKER, c.ACTION_COMMISSION, SECOND)
        assert (circle.status(SECOND), parked(circle)) == ("active", 1)

    def test_every_pack_of_a_scan_that_waited_for_its_crate_waits_for_itself(
            self, circle: Circle) -> None:
        waits(circle, MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
        circle.commissioned(CRATE)
        assert parked(circle) == 2
        circle.wait(WAIT_MS[FOR_ITEM] - 1)
        circle.scanners[MAKER].now_ms -= WAIT_MS[FOR_ITEM] - 1
        for one in (PACK, SECOND):
            circle.done(MAKER, c.ACTION_COMMISSION, one)
            assert circle.status(one) == "packed"
        assert is_quiet(circle)

    def test_a_pack_that_waits_does_not_repeat_its_neighbour(self, circle: Circle) -> None:
        """I10: the crate is on its way when the second pack of the scan is told."""
        circle.commissioned(PACK, CRATE)
        assert circle.scan(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE).effective
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        circle.commissioned(SECOND)
        assert parked(circle) == 1
        circle.done(MAKER, c.ACTION_CANCEL, CRATE)
        assert (circle.status(SECOND), is_quiet(circle)) == ("packed", True)

    def test_what_was_shipped_and_is_back_waits_for_its_return(self, packed: Circle) -> None:
        packed.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        waits(packed, MAKER, c.ACTION_RECEIVE, PACK)
        packed.done(PHARMACY, c.ACTION_RECEIVE, CRATE)
        packed.done(PHARMACY, c.ACTION_UNPACK, parent=CRATE)
        packed.done(PHARMACY, c.ACTION_PUT_AWAY, PACK)
        packed.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
        assert (packed.status(PACK), packed.custodian(PACK)) == ("returned", MAKER)
        assert is_quiet(packed)

    def test_the_event_bears_its_own_entry_and_the_time_it_took_effect(
            self, circle: Circle) -> None:
        said = circle.scan(MAKER, c.ACTION_PUT_AWAY, PACK)
        circle.wait(MINUTE_MS)
        circle.commissioned(PACK)
        event = circle.chain(PACK)[-1]
        assert (event.entry, event.leaf, event.time_ms, event.action) == \
            (said.registered.number, 0, circle.now_ms, c.ACTION_PUT_AWAY)

    def test_a_clock_ahead_of_ledger_time_is_not_believed_later_either(
            self, circle: Circle) -> None:
        """Else what truly happened in between would be late."""
        scanner, told_ms = circle.scanners[MAKER], circle.now_ms
        scanner.now_ms += DAY_MS
        assert circle.scan(MAKER, c.ACTION_PUT_AWAY, PACK).rules == ["R9"]
        circle.wait(2 * DAY_MS)
        scanner.now_ms = told_ms
        circle.commissioned(PACK)
        assert (circle.status(PACK), circle.item(PACK).since_ms) == ("in stock", told_ms)

    def test_an_evening_at_the_pharmacy_before_the_shipment_is_known(
            self, packed: Circle) -> None:
        waits(packed, PHARMACY, c.ACTION_RECEIVE, CRATE)
        waits(packed, PHARMACY, c.ACTION_UNPACK, parent=CRATE)
        waits(packed, PHARMACY, c.ACTION_PUT_AWAY, PACK, SECOND)
        waits(packed, PHARMACY, c.ACTION_DISPENSE, PACK)
        packed.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        assert (packed.status(PACK), packed.status(SECOND)) == ("dispensed", "in stock")
        assert is_quiet(packed)

    def test_before_anything_of_it_is_known(self, circle: Circle) -> None:
        waits(circle, PHARMACY, c.ACTION_RECEIVE, CRATE)
        waits(circle, PHARMACY, c.ACTION_UNPACK, PACK, parent=CRATE)
        waits(circle, PHARMACY, c.ACTION_PUT_AWAY, PACK)
        circle.commissioned(PACK, CRATE)
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        assert (circle.status(PACK), circle.custodian(PACK)) == ("in stock", PHARMACY)
        assert is_quiet(circle)

    def test_through_the_hands_of_somebody_else(self, packed: Circle) -> None:
        waits(packed, PHARMACY, c.ACTION_RECEIVE, CRATE)
        packed.done(MAKER, c.ACTION_SHIP, CRATE, to=WHOLESALER)
        packed.done(WHOLESALER, c.ACTION_RECEIVE, CRATE)
        packed.done(WHOLESALER, c.ACTION_PUT_AWAY, CRATE)
        packed.done(WHOLESALER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        assert packed.custodian(PACK) == PHARMACY
        assert is_quiet(packed)

    def test_what_waits_for_a_crate_learns_that_its_pack_came_out(self, packed: Circle) -> None:
        packed.done(MAKER, c.ACTION_UNPACK, SECOND, parent=CRATE)
        waits(packed, PHARMACY, c.ACTION_RECEIVE, CRATE)
        waits(packed, PHARMACY, c.ACTION_PUT_AWAY, PACK)
        packed.done(MAKER, c.ACTION_UNPACK, PACK, parent=CRATE)
        packed.delivered(PACK)
        assert packed.status(PACK) == "in stock"

    def test_others_are_told_at_once(self, packed: Circle) -> None:
        waits(packed, PHARMACY, c.ACTION_RECEIVE, CRATE)
        packed.denied("C0.4", WHOLESALER, c.ACTION_PUT_AWAY, CRATE)
        packed.denied("C0.4", PHARMACY, c.ACTION_PUT_AWAY, packed_elsewhere(packed))

    @pytest.mark.parametrize("action", [c.ACTION_DISPENSE, c.ACTION_QUARANTINE, c.ACTION_CHECK])
    def test_what_was_never_commissioned_is_stopped_at_once(self, circle: Circle,
                                                            action: int) -> None:
        waits(circle, PHARMACY, c.ACTION_RECEIVE, PACK)
        circle.denied("C0.2", PHARMACY, action, PACK)

    def test_what_has_ended_waits_for_nothing(self, circle: Circle) -> None:
        waits(circle, PHARMACY, c.ACTION_PUT_AWAY, PACK)
        circle.commissioned(PACK)
        circle.done(MAKER, c.ACTION_DISPENSE, PACK)
        assert (circle.rules_found(), parked(circle)) == (["C0.4"], 0)

    def test_what_the_operator_was_refused_waits_for_nothing(self, packed: Circle) -> None:
        packed.denied("C0.2", MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY, shown=c.SHOWN_REFUSED)
        waits(packed, PHARMACY, c.ACTION_RECEIVE, CRATE)
        packed.denied("C0.4", PHARMACY, c.ACTION_PUT_AWAY, CRATE, shown=c.SHOWN_REFUSED)


def packed_elsewhere(circle: Circle) -> str:
    circle.commissioned(PALLET)
    return PALLET


class TestDeadlines:
    @pytest.mark.parametrize(("action", "things", "parent", "rule"), [
        (c.ACTION_RECEIVE, [CRATE], None, "C6.2"), (c.ACTION_PUT_AWAY, [pack("S9")], None, "C0.2"),
        (c.ACTION_PACK, [PACK], PALLET, "C0.2")])
    def test_what_waited_in_vain_becomes_a_finding(self, packed: Circle, action: int,
                                                   things: list[str], parent: str | None,
                                                   rule: str) -> None:
        waits(packed, PHARMACY, action, *things, parent=parent)
        packed.wait(WAIT_MS[FOR_ITEM] - 1)
        bookkeeping(packed)
        assert (packed.rules_found(), parked(packed)) == ([], 1)
        packed.wait(1)
        bookkeeping(packed)
        assert (packed.rules_found(), parked(packed)) == ([rule], 0)

    def test_what_waited_behind_it_says_why_in_words(self, packed: Circle) -> None:
        waits(packed, PHARMACY, c.ACTION_RECEIVE, CRATE)
        waits(packed, PHARMACY, c.ACTION_UNPACK, PACK, parent=CRATE)
        waits(packed, PHARMACY, c.ACTION_PUT_AWAY, CRATE)
        before = packed.custody()
        packed.wait(WAIT_MS[FOR_ITEM])
        bookkeeping(packed)
        assert packed.rules_found() == ["C6.2", "C0.4", "C0.4"]
        said = [sentence(str(rule), facts)  # type: ignore[arg-type]
                for _, value in packed.store.keys(b"finding/")
                for rule, _, facts in Findings.of(cbor.decode(value)).found]
        assert all(CRATE in one for one in said)
        assert packed.custody() == before
        assert packed.item(CRATE).sightings == 3

    def test_a_scan_after_a_gap_waits_a_day_and_is_judged_as_it_is(self, circle: Circle) -> None:
        lost = circle.record(MAKER, c.ACTION_COMMISSION, [PACK])
        waits(circle, MAKER, c.ACTION_COMMISSION, SECOND)
        waits(circle, MAKER, c.ACTION_PUT_AWAY, SECOND)
        circle.wait(WAIT_MS[FOR_DEVICE] - 1)
        bookkeeping(circle)
        assert parked(circle) == 2
        circle.wait(1)
        bookkeeping(circle)
        assert circle.status(SECOND) == "in stock"
        assert is_quiet(circle)
        circle.seal(lost)
        assert circle.status(PACK) == "active"


class TestLimits:
    def test_of_an_organisation(self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parking, "PARKED_PER_ORGANISATION", 2)
        for thing in (PACK, SECOND):
            waits(circle, MAKER, c.ACTION_PUT_AWAY, thing)
        circle.denied("C0.2", MAKER, c.ACTION_PUT_AWAY, CRATE)
        waits(circle, PHARMACY, c.ACTION_PUT_AWAY, CRATE)
        circle.commissioned(PACK)
        waits(circle, MAKER, c.ACTION_PUT_AWAY, CRATE)

    def test_for_one_item(self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parking, "PARKED_FOR_ONE", 2)
        for _ in range(2):
            waits(circle, MAKER, c.ACTION_RECEIVE, PACK)
        circle.denied("C0.2", MAKER, c.ACTION_RECEIVE, PACK)
        waits(circle, PHARMACY, c.ACTION_RECEIVE, PACK)
        waits(circle, MAKER, c.ACTION_RECEIVE, SECOND)

    def test_of_a_device_what_cannot_wait_is_judged_as_it_is(
            self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parking, "PARKED_PER_ORGANISATION", 1)
        first, *rest = [circle.record(MAKER, c.ACTION_COMMISSION, [one])
                        for one in (CRATE, PACK, SECOND)]
        circle.seal(*rest)
        assert (circle.status(SECOND), parked(circle)) == ("active", 1)
        circle.seal(first)
        assert circle.status(PACK) == "active"
        assert is_quiet(circle)

    def test_one_entry_sets_a_limited_number_in_motion(self, circle: Circle,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
        """However many of its records do; what it did not reach, the next entries do."""
        things = (CRATE, PACK, SECOND)
        for one in things:
            waits(circle, MAKER, c.ACTION_PUT_AWAY, one)
        monkeypatch.setattr(parking, "SETTLED", 1)
        circle.seal(*[circle.record(MAKER, c.ACTION_COMMISSION, [one]) for one in things])
        for done in range(1, len(things) + 1):
            assert [circle.status(one) for one in things] == \
                ["in stock"] * done + ["active"] * (len(things) - done)
            circle.wait(1)
            bookkeeping(circle)
        assert is_quiet(circle)
        assert list(circle.store.keys(b"put-off")) == []

    def test_what_waits_for_one_thing_is_judged_to_the_last(
            self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also when more waits for it than one entry judges."""
        for _ in range(3):
            waits(circle, MAKER, c.ACTION_PUT_AWAY, CRATE)
        monkeypatch.setattr(parking, "SETTLED", 1)
        circle.seal(circle.record(MAKER, c.ACTION_COMMISSION, [CRATE]))
        for _ in range(3):
            bookkeeping(circle)
            circle.wait(1)
        assert (parked(circle), circle.status(CRATE)) == (0, "in stock")

    def test_what_is_put_off_again_stands_in_the_queue_once(
            self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is as long as the things that somebody waits for, however often they change."""
        filled(circle, monkeypatch)
        assert len(list(circle.store.keys(b"put-off/"))) == 3
        for _ in range(3):
            bookkeeping(circle)
            circle.wait(1)
        assert list(circle.store.keys(b"put-off")) == []

    def test_a_long_queue_holds_up_nobody_else(self, circle: Circle,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
        """What an entry changes itself does not stand behind what others have changed."""
        circle.commissioned(CRATE)
        waits(circle, PHARMACY, c.ACTION_RECEIVE, CRATE)
        filled(circle, monkeypatch)
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        assert circle.status(CRATE) == "received"

    def test_a_long_queue_puts_off_no_deadline(self, circle: Circle,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
        waits(circle, PHARMACY, c.ACTION_PUT_AWAY, CRATE)
        circle.wait(WAIT_MS[FOR_ITEM] - 1)
        filled(circle, monkeypatch)
        circle.wait(1)
        bookkeeping(circle)
        assert "C0.2" in circle.rules_found()

    def test_what_waits_no_more_costs_as_much_as_a_scan(self) -> None:
        """Else an entry could find any number of such things in the queue."""
        view = View(lambda key: None)
        for one in (PACK, SECOND):
            view.put(state.parked_for_key(one), [[bytes(32), [0]]])
        parking.put_off(view, [PACK, SECOND])
        for one in (PACK, SECOND):
            view.remove(state.parked_for_key(one))
        assert list(parking.take_put_off(view, Budget(left=1))) == []
        assert view.read(state.is_put_off_key(PACK)) is None
        assert view.read(state.is_put_off_key(SECOND)) is not None

    def test_more_for_one_item_than_an_entry_judges(self, circle: Circle,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
        """The rest is judged with its next change, or when its time is up."""
        for _ in range(2):
            waits(circle, MAKER, c.ACTION_PUT_AWAY, PACK)
        monkeypatch.setattr(parking, "SETTLED", 1)
        circle.commissioned(PACK)
        assert (circle.status(PACK), parked(circle)) == ("in stock", 1)
        bookkeeping(circle)
        assert (circle.rules_found(), parked(circle)) == (["C0.5"], 0)

    def test_one_entry_judges_a_limited_number_whose_time_is_up(
            self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        for one in (CRATE, PACK):
            waits(circle, MAKER, c.ACTION_PUT_AWAY, one)
        monkeypatch.setattr(parking, "SETTLED", 1)
        circle.wait(WAIT_MS[FOR_ITEM])
        for found in (1, 2):
            circle.wait(1)
            bookkeeping(circle)
            assert circle.rules_found() == ["C0.2"] * found
        assert parked(circle) == 0

    def test_a_jump_over_forgotten_gaps_costs_a_limited_time(
            self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        """More gaps than are remembered, the last one as wide as numbers go."""
        monkeypatch.setattr(custody, "PLACES", 100)
        scanner = circle.scanners[MAKER]
        gaps = [at(scanner, 2 * one) for one in range(1, c.GAPS + 1)]
        circle.seal(*gaps, at(scanner, FAR))
        circle.seal(*[at(scanner, 2 * one - 1) for one in range(1, c.GAPS + 1)])
        circle.wait(WAIT_MS[FOR_DEVICE])
        bookkeeping(circle)
        assert parked(circle) == 0


def filled(circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue of three packs that go on their way and back, whose receipts by somebody else wait,
    while an entry judges only one."""
    circle.commissioned(PACK, SECOND, pack("S3"))
    circle.done(MAKER, c.ACTION_SHIP, PACK, SECOND, pack("S3"), to=WHOLESALER)
    for one in (PACK, SECOND, pack("S3")):
        waits(circle, MAKER, c.ACTION_RECEIVE, one)
    monkeypatch.setattr(parking, "SETTLED", 1)
    for _ in range(3):
        circle.seal(*[circle.record(MAKER, action, [PACK, SECOND, pack("S3")], to=to)
                      for action, to in ((c.ACTION_CANCEL, None), (c.ACTION_SHIP, WHOLESALER))])


def at(device: Device, seq: int) -> bytes:
    """A scan with any seq."""
    device.seq = seq - 1
    return device.scan(c.ACTION_COMMISSION, [label(CRATE), pack_symbol(f"P{seq}")])
