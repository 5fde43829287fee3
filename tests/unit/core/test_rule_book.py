"""Every rule that a finding can name: how it comes about, and what a person reads."""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from ledger_client.core import item
from ledger_client.core.findings import Findings
from ledger_client.core.judgement import RECALL
from ledger_client.core.parking import FOR_ITEM, WAIT_MS
from ledger_client.core.rows_crates import LOGGERS
from ledger_client.core.rows_ends import UNDO_MS
from ledger_client.core.rule_book import RULES, sentence
from ledger_client.wire import cbor
from ledger_client.wire import codes as c
from ledger_client.wire.values import Clock
from tests.circle import DAY_MS, MAKER, MINUTE_MS, PALLET, PHARMACY, STORE, WHOLESALER, Circle
from tests.world import CRATE, GTIN, LOGGER_GIAI, OTHER_CRATE, Device, pack, pack_symbol, signer

PACK, SECOND, NEW = pack("S1"), pack("S2"), pack("NEW")
# Refusals: made in tests/generators/cases (S, K, J, B) and test_capture.py (E1 to E4); E5 is there.
ELSEWHERE = re.compile(r"[SKJB]\d+|E[1-5]")

Scene = Callable[[Circle], object]


def scan(by: str, action: int, *things: object, to: str | None = None, **more: object) -> Scene:
    return lambda circle: circle.scan(by, action, *things, to=to, **more)


def after(*scenes: Scene) -> Scene:
    return lambda circle: [scene(circle) for scene in scenes]


def wait(duration_ms: int) -> Scene:
    return lambda circle: circle.wait(duration_ms)


def turned_back(duration_ms: int) -> Scene:
    """The maker's clock."""
    def scene(circle: Circle) -> None:
        circle.scanners[MAKER].now_ms -= duration_ms
    return scene


def recalled(circle: Circle) -> None:
    said = circle.scan(MAKER, c.ACTION_RECALL, PACK)
    assert circle.judge(circle.person(MAKER, "responsible person"), said.about("C12.1"),
                        RECALL) is None


def in_vain(scene: Scene) -> Scene:
    """What waits, after its deadline."""
    return after(scene, wait(WAIT_MS[FOR_ITEM]),
                 lambda circle: circle.person(MAKER, "auditor"))


def nested(circle: Circle) -> None:
    cases = [pack(f"D{at}") for at in range(item.CONTAINMENT_DEPTH + 1)]
    circle.commissioned(*cases)
    for inner, outer in itertools.pairwise(cases):
        circle.scan(MAKER, c.ACTION_PACK, inner, parent=outer)


def crowded(circle: Circle) -> None:
    for at in range(LOGGERS + 1):
        giai = f"https://id.gs1.org/8004/9506000134N{at}"
        circle.device(giai, circle.keys[MAKER], giai)
        circle.scan(MAKER, c.ACTION_ATTACH, giai, parent=CRATE)


def packed_to_the_limit(circle: Circle) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger_client.core.contents.CHILDREN", 1)
        circle.scan(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)


def looked_into_enough(circle: Circle) -> None:
    circle.scan(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger_client.core.parking.LOOKS", 0)
        circle.scan(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY, shown=c.SHOWN_REFUSED)


def sealed(make: Callable[[Device, Circle], Sequence[bytes]]) -> Scene:
    """Records of the maker's scanner."""
    return lambda circle: circle.seal(*make(circle.scanners[MAKER], circle))


def forked(device: Device, circle: Circle) -> Sequence[bytes]:
    twin = replace(device)
    twin.now_ms -= 1
    return [device.boot(), twin.boot()]


def measured(circle: Circle) -> None:
    """The logger's record, and a scanner that stood still since the hour before."""
    circle.block(Device("logger", circle.ledger, signer("logger"), now_ms=circle.now_ms)
                 .measure([500]))
    circle.scanners[MAKER].now_ms -= 60 * MINUTE_MS


def spoilt(one: bytes) -> bytes:
    return one[:-1] + bytes([one[-1] ^ 1])


class NoClock(Device):
    """Counts its time from a timebase that does not exist."""

    def clock(self) -> Clock:
        return super().clock()._replace(timebase=0)


SCENES: dict[str, Scene] = {
    "C0.1": scan(MAKER, c.ACTION_PUT_AWAY, ["]d2", b"nonsense"]),
    "C0.2": scan(MAKER, c.ACTION_DISPENSE, NEW),
    "C0.3": scan(MAKER, c.ACTION_RELEASE, PACK),
    "C0.4": scan(PHARMACY, c.ACTION_PUT_AWAY, PACK),
    "C0.5": scan(MAKER, c.ACTION_COMMISSION, PACK),
    "C0.6": after(scan(MAKER, c.ACTION_PACK, PACK, parent=CRATE),
                  scan(MAKER, c.ACTION_PUT_AWAY, PACK)),
    "C0.7": after(scan(MAKER, c.ACTION_COMMISSION, pack_symbol("S9", expiry="260528")),
                  wait(DAY_MS), scan(MAKER, c.ACTION_DISPENSE, pack("S9"))),
    "C0.8": after(turned_back(10 * MINUTE_MS), scan(MAKER, c.ACTION_PUT_AWAY, PACK)),
    "C0.9": after(recalled, scan(MAKER, c.ACTION_DISPENSE, PACK)),
    "C0.10": scan(MAKER, 99, PACK),
    "C0.11": scan(MAKER, c.ACTION_COMMISSION, ["]C1", b"414" + GTIN[1:].encode()]),
    "C0.12": scan(MAKER, c.ACTION_DISPENSE, PACK, shown=c.SHOWN_REFUSED),
    "C1.1": scan(PHARMACY, c.ACTION_COMMISSION, PACK),
    "C1.2": scan(PHARMACY, c.ACTION_COMMISSION, NEW),
    "C1.3": scan(MAKER, c.ACTION_COMMISSION, ["]d2", b"01" + GTIN.encode() + b"21NEW"]),
    "C1.4": scan(MAKER, c.ACTION_COMMISSION, pack_symbol("NEW", expiry="200101")),
    "C2.1": after(scan(MAKER, c.ACTION_PACK, PACK, parent=CRATE),
                  scan(MAKER, c.ACTION_PACK, PACK, parent=OTHER_CRATE)),
    "C2.2": scan(MAKER, c.ACTION_PACK, CRATE, parent=CRATE),
    "C2.3": after(scan(MAKER, c.ACTION_PUT_AWAY, PACK, place=STORE),
                  scan(MAKER, c.ACTION_PACK, PACK, parent=CRATE)),
    "C2.4": after(scan(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY),
                  scan(MAKER, c.ACTION_PACK, PACK, parent=CRATE)),
    "C0.13": looked_into_enough,
    "C2.5": packed_to_the_limit,
    "C2.6": nested,
    "C3.1": scan(MAKER, c.ACTION_UNPACK, PACK, parent=CRATE),
    "C4.1": scan(MAKER, c.ACTION_SHIP, PACK),
    "C4.3": scan(MAKER, c.ACTION_SHIP, PACK, to=MAKER),
    "C4.2": scan(MAKER, c.ACTION_SHIP, PACK, to="https://id.gs1.org/417/4012345000009"),
    "C6.1": after(scan(MAKER, c.ACTION_SHIP, PACK, to=PHARMACY),
                  scan(WHOLESALER, c.ACTION_RECEIVE, PACK)),
    "C6.2": in_vain(scan(PHARMACY, c.ACTION_RECEIVE, PACK)),
    "C10.1": after(scan(MAKER, c.ACTION_QUARANTINE, PACK), scan(MAKER, c.ACTION_RELEASE, PACK)),
    "C11.1": after(scan(MAKER, c.ACTION_QUARANTINE, PACK),
                   scan(MAKER, c.ACTION_ILLEGITIMATE, PACK)),
    "C12.1": scan(MAKER, c.ACTION_RECALL, PACK),
    "C12.2": scan(PHARMACY, c.ACTION_RECALL, PACK),
    "C13.1": after(scan(MAKER, c.ACTION_PUT_AWAY, PACK),
                   scan(MAKER, c.ACTION_RETURN, PACK, to=PHARMACY)),
    "C14.1": after(lambda circle: circle.delivered(PACK), recalled,
                   scan(PHARMACY, c.ACTION_RETURN, PACK, to=MAKER),
                   scan(MAKER, c.ACTION_RECEIVE, PACK), scan(MAKER, c.ACTION_SALEABLE, PACK)),
    "C15.1": after(scan(MAKER, c.ACTION_DISPENSE, PACK), scan(MAKER, c.ACTION_DISPENSE, PACK)),
    "C17.1": after(scan(MAKER, c.ACTION_QUARANTINE, PACK), scan(MAKER, c.ACTION_DESTROY, PACK)),
    "C18.1": after(scan(MAKER, c.ACTION_STOLEN, PACK), scan(WHOLESALER, c.ACTION_CHECK, PACK)),
    "C20.1": after(scan(MAKER, c.ACTION_DISPENSE, PACK), scan(MAKER, c.ACTION_UNDO, PACK)),
    "C20.2": after(scan(MAKER, c.ACTION_DISPENSE, PACK),
                   scan(MAKER, c.ACTION_UNDO, PACK, place=STORE)),
    "C20.3": after(scan(MAKER, c.ACTION_DISPENSE, PACK), wait(UNDO_MS),
                   scan(MAKER, c.ACTION_UNDO, PACK)),
    "C23.1": after(scan(MAKER, c.ACTION_ATTACH, LOGGER_GIAI, parent=CRATE),
                   scan(MAKER, c.ACTION_ATTACH, LOGGER_GIAI, parent=OTHER_CRATE)),
    "C23.2": scan(MAKER, c.ACTION_ATTACH, "https://id.gs1.org/8004/9506000134XX", parent=CRATE),
    "C23.3": crowded,
    "C23.4": scan(PHARMACY, c.ACTION_ATTACH, LOGGER_GIAI, parent=STORE),
    "C24.2": scan(PHARMACY, c.ACTION_DETACH, LOGGER_GIAI, parent=STORE),
    "C24.3": after(scan(MAKER, c.ACTION_ATTACH, LOGGER_GIAI, parent=CRATE), wait(DAY_MS),
                   measured, scan(MAKER, c.ACTION_DETACH, LOGGER_GIAI, parent=CRATE)),
    "C24.1": scan(MAKER, c.ACTION_DETACH, LOGGER_GIAI, parent=CRATE),
    "R1": sealed(lambda device, circle: [b"\x00"]),
    "R2": sealed(lambda device, circle: [replace(device, signer=circle.gateway.signer).boot()]),
    "R3": sealed(lambda device, circle: [spoilt(device.boot())]),
    "R4": after(lambda circle: circle.expel(PHARMACY), scan(PHARMACY, c.ACTION_CHECK, PACK)),
    "R5": sealed(forked),
    "R6": sealed(lambda device, circle: [replace(device, prev=b"x" * 32).boot()]),
    "R7": sealed(lambda device, circle: [
        replace(device, epoch=2, seq=0, prev=bytes(32)).boot(), device.boot()]),
    "R8": sealed(lambda device, circle: [NoClock(**vars(device)).boot()]),
    "R9": sealed(lambda device, circle: [replace(device, now_ms=device.now_ms + 2000).boot()]),
    "R10": sealed(lambda device, circle: [device.sign(9, [])]),
    "R11": sealed(lambda device, circle: [device.sign(c.KIND_SCAN, {})]),
}
# Judgements name these in their refusal (J4), no finding does.
REFUSED_ONLY = {"C10.2"}


def test_the_list_is_whole() -> None:
    elsewhere = {rule for rule in RULES if ELSEWHERE.fullmatch(rule)}
    assert set(SCENES) | REFUSED_ONLY | elsewhere == set(RULES)


@pytest.mark.parametrize("rule", SCENES)
def test_every_finding_comes_about_and_can_be_read(rule: str) -> None:
    circle = Circle().found()
    circle.commissioned(PACK, SECOND, CRATE, OTHER_CRATE, PALLET)
    circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
    SCENES[rule](circle)
    found = [row for _, value in circle.store.keys(b"finding/")
             for row in Findings.of(cbor.decode(value, utf8=True)).found]
    said = [sentence(str(name), facts) for name, _, facts in found  # type: ignore[arg-type]
            if name == rule]
    assert len(said) == 1
    assert "None" not in said[0]
    assert "{" not in said[0]


@pytest.mark.parametrize("rule", sorted(REFUSED_ONLY))
def test_what_only_refuses_can_be_read(rule: str) -> None:
    assert PACK in sentence(rule, [PACK])


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_to_do(rule: str) -> None:
    book = RULES[rule]
    assert book.says
    assert book.remedy
    assert not book.says.endswith(".")
