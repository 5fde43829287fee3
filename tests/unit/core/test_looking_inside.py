"""Everything in a crate is asked about (I7): how much that may be, and when."""

import pytest

from ledger_client.core import contents, parking
from ledger_client.core.parking import FOR_ITEM, WAIT_MS
from ledger_client.wire import codes as c
from tests.circle import MAKER, PALLET, PHARMACY, Circle
from tests.world import CRATE, OTHER_CRATE, pack

PACK = pack("S1")
THIRD_CRATE, LAST_CRATE, SECOND_PALLET, CONTAINER = (
    f"https://id.gs1.org/00/{number}" for number in (
        "395060001340000216", "395060001340000223", "395060001340000230", "395060001340000247"))


@pytest.fixture
def circle() -> Circle:
    return Circle().found()


@pytest.fixture
def pallets(circle: Circle) -> Circle:
    """A crate on each, and two more on the first, with a pack in its first crate."""
    circle.commissioned(PACK, CRATE, OTHER_CRATE, THIRD_CRATE, LAST_CRATE)
    circle.commissioned(PALLET, SECOND_PALLET)
    circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
    circle.done(MAKER, c.ACTION_PACK, CRATE, OTHER_CRATE, THIRD_CRATE, parent=PALLET)
    circle.done(MAKER, c.ACTION_PACK, LAST_CRATE, parent=SECOND_PALLET)
    return circle


def packed(circle: Circle, *things: str, into: str = CRATE) -> None:
    circle.done(MAKER, c.ACTION_PACK, *things, parent=into)


def bookkeeping(circle: Circle) -> None:
    """A later entry, which judges what waits."""
    circle.wait(1)
    circle.person(MAKER, "auditor", f"auditor {circle.now_ms}")


def parked(circle: Circle) -> int:
    return len(list(circle.store.keys(b"parked/")))


def is_quiet(circle: Circle) -> bool:
    """Nothing waits, and nothing was found."""
    left = [key for word in (b"parked", b"put-off") for key, _ in circle.store.keys(word)]
    return not left and circle.rules_found() == []


def afford(monkeypatch: pytest.MonkeyPatch, *, most: int, looks: int) -> None:
    """No tree has more than `most` units, and an entry has that many `looks`."""
    monkeypatch.setattr(contents, "TREE_UNITS", most)
    monkeypatch.setattr(parking, "LOOKS", looks)


def test_units_at_any_depth_up_to_the_limit(
        circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ships the outermost one asks what is in all of them."""
    monkeypatch.setattr(contents, "TREE_UNITS", 2)
    inner, more, outer = THIRD_CRATE, LAST_CRATE, CONTAINER
    circle.commissioned(PACK, CRATE, OTHER_CRATE, PALLET, inner, more, outer)
    packed(circle, inner)
    packed(circle, CRATE, into=PALLET)
    circle.denied("C2.5", MAKER, c.ACTION_PACK, OTHER_CRATE, parent=PALLET)
    circle.denied("C2.5", MAKER, c.ACTION_PACK, PALLET, parent=outer)
    packed(circle, PACK, into=PALLET)
    circle.done(MAKER, c.ACTION_UNPACK, inner, parent=CRATE)
    packed(circle, OTHER_CRATE, into=PALLET)
    circle.denied("C2.5", MAKER, c.ACTION_PACK, more, parent=PALLET)


def test_what_is_emptied_inside_makes_room(
        circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "TREE_UNITS", 3)
    inner = [THIRD_CRATE, LAST_CRATE, CONTAINER]
    circle.commissioned(CRATE, OTHER_CRATE, PALLET, *inner)
    packed(circle, *inner[:2])
    packed(circle, CRATE, into=PALLET)
    circle.denied("C2.5", MAKER, c.ACTION_PACK, OTHER_CRATE, parent=PALLET)
    circle.done(MAKER, c.ACTION_UNPACK, parent=CRATE)
    packed(circle, OTHER_CRATE, inner[0], into=PALLET)
    circle.denied("C2.5", MAKER, c.ACTION_PACK, inner[1], parent=PALLET)
    circle.done(MAKER, c.ACTION_UNPACK, CRATE, parent=PALLET)
    packed(circle, inner[1], into=PALLET)
    circle.denied("C2.5", MAKER, c.ACTION_PACK, inner[2], parent=PALLET)


def test_what_is_not_looked_into_waits_for_the_next_entries(
        pallets: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    afford(monkeypatch, most=3, looks=3)
    pallets.done(MAKER, c.ACTION_SHIP, PALLET, SECOND_PALLET, to=PHARMACY)
    assert (pallets.status(PALLET), pallets.status(SECOND_PALLET)) == ("in transit", "active")
    bookkeeping(pallets)
    assert pallets.status(SECOND_PALLET) == "in transit"
    assert is_quiet(pallets)


def test_packing_looks_inside_too(
        pallets: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    pallets.commissioned(CONTAINER)
    afford(monkeypatch, most=6, looks=8)
    pallets.done(MAKER, c.ACTION_PACK, PALLET, SECOND_PALLET, parent=CONTAINER)
    assert [pallets.item(one).parent for one in (PALLET, SECOND_PALLET)] == [CONTAINER, None]
    bookkeeping(pallets)
    assert pallets.item(SECOND_PALLET).parent == CONTAINER


def test_the_first_hindrance_is_enough(
        pallets: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    pallets.done(MAKER, c.ACTION_QUARANTINE, PACK)
    afford(monkeypatch, most=3, looks=5)
    said = pallets.scan(MAKER, c.ACTION_SHIP, PALLET, SECOND_PALLET, to=PHARMACY)
    assert (said.rules, pallets.status(SECOND_PALLET)) == (["C0.9"], "in transit")


def test_a_scan_that_repeats_a_symbol_looks_once(
        pallets: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    pallets.done(MAKER, c.ACTION_QUARANTINE, PACK)
    afford(monkeypatch, most=3, looks=5)
    said = pallets.scan(MAKER, c.ACTION_SHIP, *[PALLET] * 3, SECOND_PALLET, to=PHARMACY)
    assert (said.rules, pallets.status(SECOND_PALLET)) == (["C0.9"] * 3, "in transit")


def test_a_deadline_waits_for_an_entry_that_can_look(
        pallets: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what waited would be denied for want of a look."""
    monkeypatch.setattr(parking, "LOOKS", 0)
    assert pallets.scan(MAKER, c.ACTION_SHIP, SECOND_PALLET, to=PHARMACY).rules == []
    pallets.wait(WAIT_MS[FOR_ITEM])
    bookkeeping(pallets)
    assert (pallets.rules_found(), parked(pallets)) == ([], 1)
    monkeypatch.undo()
    bookkeeping(pallets)
    assert pallets.status(SECOND_PALLET) == "in transit"
