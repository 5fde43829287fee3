"""Every row of the state machine from every state: where it has effect, and what is found else."""

from collections.abc import Callable

import pytest

from ledger_client.core import item
from ledger_client.core.item import (
    ACTIVE,
    DECOMMISSIONED,
    DESTROYED,
    DISPENSED,
    ENCODED,
    HELD,
    IN_TRANSIT,
    PACKED,
    RECEIVED,
    RETURNED,
    SAMPLED,
    STOCK,
    STOLEN,
)
from ledger_client.core.item import ILLEGITIMATE as FOUND_ILLEGITIMATE
from ledger_client.core.judgement import DESTROY, ILLEGITIMATE
from ledger_client.wire import codes as c
from tests.circle import MAKER, PALLET, PHARMACY, Circle
from tests.world import CRATE, pack

PACK = pack("S1")


def allocated(circle: Circle) -> None:
    circle.done(MAKER, c.ACTION_ALLOCATE, PACK)


def received(circle: Circle) -> None:
    circle.commissioned(PACK)
    circle.delivered(PACK)


def stocked(circle: Circle) -> None:
    received(circle)
    circle.done(PHARMACY, c.ACTION_PUT_AWAY, PACK)


def held(circle: Circle) -> None:
    stocked(circle)
    circle.done(PHARMACY, c.ACTION_QUARANTINE, PACK)


def judged(action: int, rule: str, meaning: int) -> Callable[[Circle], None]:
    def stage(circle: Circle) -> None:
        held(circle)
        said = circle.scan(PHARMACY, action, PACK)
        judge = circle.person(PHARMACY, "quality assurance")
        assert circle.judge(judge, said.about(rule), meaning) is None
    return stage


def returned(circle: Circle) -> None:
    stocked(circle)
    circle.done(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER)
    circle.done(MAKER, c.ACTION_RECEIVE, PACK)


def packed(circle: Circle) -> None:
    circle.commissioned(PACK, CRATE)
    circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)


def ended(action: int) -> Callable[[Circle], None]:
    def stage(circle: Circle) -> None:
        stocked(circle)
        circle.done(PHARMACY, action, PACK)
    return stage


def shipped(circle: Circle) -> None:
    circle.commissioned(PACK)
    circle.done(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY)


# status -> (who holds the pack, how it came there)
STAGES: dict[int, tuple[str, Callable[[Circle], None]]] = {
    0: (MAKER, lambda circle: None),
    ENCODED: (MAKER, allocated),
    ACTIVE: (MAKER, lambda circle: circle.commissioned(PACK)),
    PACKED: (MAKER, packed),
    IN_TRANSIT: (MAKER, shipped),
    RECEIVED: (PHARMACY, received),
    STOCK: (PHARMACY, stocked),
    HELD: (PHARMACY, held),
    FOUND_ILLEGITIMATE: (PHARMACY, judged(c.ACTION_ILLEGITIMATE, "C11.1", ILLEGITIMATE)),
    RETURNED: (MAKER, returned),
    DISPENSED: (PHARMACY, ended(c.ACTION_DISPENSE)),
    DECOMMISSIONED: (PHARMACY, ended(c.ACTION_DECOMMISSION)),
    DESTROYED: (PHARMACY, judged(c.ACTION_DESTROY, "C17.1", DESTROY)),
    STOLEN: (PHARMACY, ended(c.ACTION_STOLEN)),
    SAMPLED: (PHARMACY, ended(c.ACTION_SAMPLE)),
}

UNBORN = 0
FINAL = (DISPENSED, DECOMMISSIONED, DESTROYED, STOLEN, SAMPLED)
AT_MAKER = (ACTIVE, PACKED, IN_TRANSIT, RETURNED)
AT_PHARMACY = (RECEIVED, STOCK, HELD, FOUND_ILLEGITIMATE, *FINAL)

# action -> what is found from a status: "" where the row has effect, None where the scan waits;
# from every other status it is C0.3
ROWS: dict[int, dict[int, str | None]] = {
    c.ACTION_COMMISSION: {UNBORN: "", ENCODED: "", **dict.fromkeys(AT_MAKER, "C0.5"),
                          **dict.fromkeys(AT_PHARMACY, "C1.1")},
    c.ACTION_ALLOCATE: {UNBORN: "", ENCODED: "C0.5",
                        **dict.fromkeys((*AT_MAKER, *AT_PHARMACY), "C1.1")},
    c.ACTION_PACK: {ACTIVE: "", RECEIVED: "", STOCK: "", PACKED: "C2.1"},
    c.ACTION_UNPACK: {**dict.fromkeys((*AT_MAKER, *AT_PHARMACY), "C3.1"), PACKED: "",
                      STOLEN: "C18.1"},
    c.ACTION_SHIP: {ACTIVE: "", STOCK: "", PACKED: "C0.6", IN_TRANSIT: "C0.5"},
    c.ACTION_CANCEL: {IN_TRANSIT: ""},
    c.ACTION_RECEIVE: {ACTIVE: None, PACKED: None, IN_TRANSIT: "", RECEIVED: "C0.5",
                       RETURNED: None},
    c.ACTION_REFUSE: {ACTIVE: None, PACKED: None, IN_TRANSIT: "", RETURNED: None},
    c.ACTION_PUT_AWAY: {ACTIVE: "", PACKED: "C0.6", RECEIVED: "", STOCK: "C0.5"},
    c.ACTION_QUARANTINE: {ACTIVE: "", PACKED: "", IN_TRANSIT: "", RECEIVED: "", STOCK: "",
                          RETURNED: "", HELD: "C0.5"},
    c.ACTION_RELEASE: {HELD: "C10.1"},
    c.ACTION_ILLEGITIMATE: {HELD: "C11.1"},
    c.ACTION_RECALL: dict.fromkeys((*AT_MAKER, RECEIVED, STOCK, HELD), "C12.1"),
    c.ACTION_RETURN: {STOCK: "", HELD: "", PACKED: "C0.6"},
    c.ACTION_SALEABLE: {RETURNED: ""},
    c.ACTION_DISPENSE: {ACTIVE: "", STOCK: "", PACKED: "C0.6", DISPENSED: "C15.1"},
    c.ACTION_DECOMMISSION: {ACTIVE: "", STOCK: "", PACKED: "C0.6", DECOMMISSIONED: "C0.5"},
    c.ACTION_DESTROY: {HELD: "C17.1", FOUND_ILLEGITIMATE: "C17.1", PACKED: "C0.6",
                       DESTROYED: "C0.5"},
    c.ACTION_STOLEN: {ACTIVE: "", PACKED: "", IN_TRANSIT: "", RECEIVED: "", STOCK: "", HELD: "",
                      RETURNED: "", STOLEN: "C0.5"},
    c.ACTION_SAMPLE: {STOCK: "", PACKED: "C0.6", SAMPLED: "C0.5"},
    c.ACTION_UNDO: {DISPENSED: "C20.1", DECOMMISSIONED: "C20.1"},
    c.ACTION_CHECK: {**dict.fromkeys((*AT_MAKER, *AT_PHARMACY), ""), STOLEN: "C18.1"},
}
AT_ONCE = (c.ACTION_DISPENSE, c.ACTION_QUARANTINE, c.ACTION_CHECK)  # do not wait for a commission


def staged(status: int) -> tuple[Circle, str]:
    circle = Circle().found()
    who, stage = STAGES[status]
    circle.commissioned(PALLET)
    circle.delivered(PALLET, who) if who != MAKER else None
    stage(circle)
    found = item.load(circle.engine.view(), PACK)
    assert (found.status if found else 0) == status
    return circle, who


def expected(action: int, status: int) -> str | None:
    """The rule that is found; "" for the effect, None for a scan that waits."""
    row = ROWS.get(action, {})
    if status in row:
        return row[status]
    if status in (UNBORN, ENCODED):
        return "C0.2" if action in AT_ONCE else None
    return "C18.1" if status == STOLEN else "C0.3"


def arguments(action: int, status: int, who: str) -> tuple[str, dict[str, str]]:
    """Who scans, and what the scan names beside the pack, for nothing else to stand in the way."""
    partner = PHARMACY if who == MAKER else MAKER
    if action in (c.ACTION_COMMISSION, c.ACTION_ALLOCATE, c.ACTION_RECALL):
        return MAKER, {}
    if action in (c.ACTION_RECEIVE, c.ACTION_REFUSE):
        return PHARMACY, {}
    if action in (c.ACTION_SHIP, c.ACTION_RETURN):
        return who, {"to": partner}
    if action in (c.ACTION_PACK, c.ACTION_UNPACK):
        unpacks = (action, status) == (c.ACTION_UNPACK, PACKED)
        return who, {"parent": CRATE if unpacks else PALLET}
    return who, {}


@pytest.mark.parametrize("status", STAGES, ids=lambda one: item.STATUS_NAMES.get(one, "unborn"))
def test_every_row_from_every_state(status: int) -> None:
    circle, who = staged(status)
    for action in ROWS:
        by, more = arguments(action, status, who)
        rule = expected(action, status)
        effect = rule == "" and action != c.ACTION_CHECK
        found = [rule] if rule else []
        assert circle.trial(by, action, PACK, **more) == (found, effect), action


def test_the_table_is_whole() -> None:
    """Every status has a stage, every action of one item a row; the others have tests of theirs."""
    assert set(STAGES) == {0, *item.STATUS_NAMES}
    assert set(range(1, 25)) - set(ROWS) == {c.ACTION_ATTACH, c.ACTION_DETACH}
    assert {UNBORN, ENCODED, *AT_MAKER, *AT_PHARMACY} == set(STAGES)
