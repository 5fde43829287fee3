"""Rows 23 and 24: loggers that travel with crates, or watch places."""

from collections.abc import Sequence

import pytest

from ledger_client.core import device_chain, rows_crates, state
from ledger_client.core.item import LINK_LOGGER
from ledger_client.wire import codes as c
from ledger_client.wire.values import Clock
from tests.circle import (
    AUTHORITY,
    DAY_MS,
    MAKER,
    MINUTE_MS,
    PHARMACY,
    STORE,
    WHOLESALER,
    Circle,
)
from tests.world import BOOT_MS, CRATE, LOGGER_GIAI, OTHER_CRATE

OFFICE = "https://id.gs1.org/414/9540000000019"  # of the authority, which has no prefix


@pytest.fixture
def circle() -> Circle:
    circle = Circle().found()
    circle.commissioned(CRATE, OTHER_CRATE)
    return circle


@pytest.fixture
def logger(circle: Circle) -> str:
    circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
    return LOGGER_GIAI


def links(circle: Circle, uri: str) -> Sequence[object]:
    return circle.chain(uri)[-1].links


def test_a_logger_is_attached_and_detached(circle: Circle, logger: str) -> None:
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


def test_a_place_is_its_owners(circle: Circle, logger: str) -> None:
    """By a GLN of its prefix, or by its own as a party."""
    room = ["]d2", b"4149540000000019254B1"]
    for by, place in ((MAKER, STORE), (AUTHORITY, OFFICE), (AUTHORITY, room)):
        circle.done(by, c.ACTION_ATTACH, logger, parent=place)
        circle.done(by, c.ACTION_DETACH, logger, parent=place)


def test_nobody_brings_a_logger_to_anothers_place(circle: Circle, logger: str) -> None:
    """It would tell lies of a fridge, or fill it up."""
    own = "https://id.gs1.org/8004/9521321L1"
    circle.device("pharmacy logger", circle.keys[PHARMACY], own)
    circle.denied("C23.4", PHARMACY, c.ACTION_ATTACH, own, parent=STORE)


def test_nobody_takes_a_logger_from_anothers_place(circle: Circle, logger: str) -> None:
    """What goes wrong there would no longer be seen."""
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=STORE)
    circle.denied("C24.2", PHARMACY, c.ACTION_DETACH, logger, parent=STORE)
    circle.denied("C24.2", PHARMACY, c.ACTION_DETACH, "https://id.gs1.org/8004/9521321L1",
                  parent=STORE)
    assert circle.item(STORE).loggers == [logger]


def test_a_loggers_owner_takes_it_back_from_a_place(circle: Circle, logger: str) -> None:
    """Else whoever prints its label could tie it to a place of his own for ever."""
    circle.done(AUTHORITY, c.ACTION_ATTACH, logger, parent=OFFICE)
    circle.done(MAKER, c.ACTION_DETACH, logger, parent=OFFICE)


def tied(circle: Circle, logger: str) -> None:
    """To a crate of the wholesaler's, who keeps it."""
    circle.delivered(CRATE, to=WHOLESALER)
    circle.done(WHOLESALER, c.ACTION_ATTACH, logger, parent=CRATE)


def test_a_loggers_owner_takes_it_back_from_a_crate(circle: Circle, logger: str) -> None:
    """Else it would be lost to whoever prints its label."""
    tied(circle, logger)
    circle.done(MAKER, c.ACTION_DETACH, logger, parent=CRATE)
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=OTHER_CRATE)


def test_a_loggers_owner_takes_nobody_elses_off(circle: Circle, logger: str) -> None:
    own = "https://id.gs1.org/8004/9530000L1"
    circle.device("its own", circle.keys[WHOLESALER], own)
    tied(circle, logger)
    circle.done(WHOLESALER, c.ACTION_ATTACH, own, parent=CRATE)
    circle.denied("C0.4", MAKER, c.ACTION_DETACH, own, parent=CRATE)
    circle.done(WHOLESALER, c.ACTION_DETACH, logger, own, parent=CRATE)


def test_from_a_stolen_crate_too_which_is_an_alert(circle: Circle, logger: str) -> None:
    tied(circle, logger)
    circle.done(WHOLESALER, c.ACTION_STOLEN, CRATE)
    circle.denied("C18.1", WHOLESALER, c.ACTION_DETACH, logger, parent=CRATE)
    said = circle.scan(MAKER, c.ACTION_DETACH, logger, parent=CRATE)
    assert (said.rules, said.effective) == (["C18.1"], True)
    assert circle.item(CRATE).loggers == []


def test_from_a_crate_that_has_ended_too(circle: Circle, logger: str) -> None:
    tied(circle, logger)
    circle.done(WHOLESALER, c.ACTION_PUT_AWAY, CRATE)
    circle.done(WHOLESALER, c.ACTION_DISPENSE, CRATE)
    circle.done(MAKER, c.ACTION_DETACH, logger, parent=CRATE)


def test_again_is_already_so(circle: Circle, logger: str) -> None:
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.denied("C0.5", MAKER, c.ACTION_ATTACH, logger, parent=CRATE)


def test_attached_to_nothing_else(circle: Circle, logger: str) -> None:
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.denied("C23.1", MAKER, c.ACTION_ATTACH, logger, parent=OTHER_CRATE)


def test_a_logger_in_standing(circle: Circle, logger: str) -> None:
    unknown = "https://id.gs1.org/8004/9506000134L2"
    circle.denied("C23.2", MAKER, c.ACTION_ATTACH, unknown, parent=CRATE)
    circle.device("its logger", circle.keys[PHARMACY], unknown)
    circle.expel(PHARMACY)
    circle.denied("C23.2", MAKER, c.ACTION_ATTACH, unknown, parent=CRATE)


def test_only_the_custodian(circle: Circle, logger: str) -> None:
    circle.denied("C0.4", PHARMACY, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.denied("C0.4", PHARMACY, c.ACTION_DETACH, logger, parent=CRATE)


def test_a_live_carrier(circle: Circle, logger: str) -> None:
    circle.done(MAKER, c.ACTION_DECOMMISSION, CRATE)
    circle.denied("C0.3", MAKER, c.ACTION_ATTACH, logger, parent=CRATE)


def test_a_logger_comes_off_what_has_ended(circle: Circle, logger: str) -> None:
    """Row 24 asks for the logger only: else its exposure would never close."""
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.done(MAKER, c.ACTION_DECOMMISSION, CRATE)
    circle.done(MAKER, c.ACTION_DETACH, logger, parent=CRATE)


def test_a_logger_that_is_not_there(circle: Circle, logger: str) -> None:
    circle.denied("C24.1", MAKER, c.ACTION_DETACH, logger, parent=CRATE)


def test_it_comes_off_after_it_was_attached(circle: Circle, logger: str) -> None:
    """I6: else one scan would take away all that it saw."""
    early = circle.scanners[MAKER].now_ms
    circle.wait(MINUTE_MS)
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.scanners[MAKER].now_ms = early
    circle.denied("C0.8", MAKER, c.ACTION_DETACH, logger, parent=CRATE)
    assert circle.item(CRATE).loggers == [logger]


@pytest.mark.parametrize("error_ms", [1000, DAY_MS])
def test_what_it_had_seen_after_it_came_off_is_told(circle: Circle, error_ms: int,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever error the scanner claims."""
    device = circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
    circle.done(MAKER, c.ACTION_ATTACH, LOGGER_GIAI, parent=CRATE)
    circle.wait(2 * MINUTE_MS)
    early = circle.now_ms
    circle.wait(10 * MINUTE_MS)
    device.now_ms = circle.now_ms
    circle.block(device.measure([-1500]))
    scanner = circle.scanners[MAKER]
    scanner.now_ms = early
    monkeypatch.setattr(scanner, "clock", lambda: Clock(
        early, c.SOURCE_SNTP, error_ms, 1, early - BOOT_MS))
    said = circle.scan(MAKER, c.ACTION_DETACH, LOGGER_GIAI, parent=CRATE)
    assert (said.rules, said.effective) == (["C24.3"], True)
    assert circle.item(CRATE).loggers == []


def test_what_it_sees_until_it_comes_off_is_not_told(circle: Circle) -> None:
    """Within what both clocks may be off; an older record that comes late changes nothing."""
    device = circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
    circle.done(MAKER, c.ACTION_ATTACH, LOGGER_GIAI, parent=CRATE)
    circle.wait(MINUTE_MS)
    device.now_ms = circle.now_ms + 2000
    circle.block(device.measure([500]))
    circle.done(MAKER, c.ACTION_DETACH, LOGGER_GIAI, parent=CRATE)


def test_loggers_up_to_the_limit(circle: Circle, logger: str,
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_crates, "LOGGERS", 1)
    other = "https://id.gs1.org/8004/9506000134L2"
    circle.device("other", circle.keys[MAKER], other)
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.denied("C23.3", MAKER, c.ACTION_ATTACH, other, parent=CRATE)


def test_attaching_makes_no_scan_late(circle: Circle, logger: str) -> None:
    """Rows 23 and 24 lead to the same state: nothing that happened before is contradicted."""
    early = circle.scanners[MAKER].now_ms
    circle.wait(MINUTE_MS)
    circle.done(MAKER, c.ACTION_ATTACH, logger, parent=CRATE)
    circle.scanners[MAKER].now_ms = early
    circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
