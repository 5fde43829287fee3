"""Hostile records: whatever a scan says, nothing breaks, and what it adds to the state is bounded.

Everything here is signed by members: who forges or replays is turned away before (device chains).
"""

import hypothesis.strategies as st
from hypothesis import given, settings

from ledger_client.core.findings import FINDINGS_PER_LEAF, Findings
from ledger_client.core.parking import FOR_DEVICE, FOR_ITEM, WAIT_MS
from ledger_client.node import reapply
from ledger_client.wire import cbor
from ledger_client.wire import codes as c
from tests.circle import AUTHORITY, MAKER, MINUTE_MS, PALLET, PARTIES, PHARMACY, STORE, Circle
from tests.world import CRATE, GS, GTIN, LOGGER_GIAI, OTHER_CRATE, label, pack, pack_symbol

PACKS = [pack("S1"), pack("S2"), pack("CASE")]
FAR = (1 << 53) - 1
STATE_BYTES = 8  # for a byte of a record at most, and
STATE_BYTES_MIN = 32 * 1024  # whatever its size: 64 scans that wait, each by itself

SYMBOLS: list[list[object]] = [
    *[pack_symbol(uri.rsplit("/", 1)[1]) for uri in PACKS],
    pack_symbol("S1", lot="OTHER", expiry="000000"), pack_symbol("S1", expiry="991399"),
    pack_symbol("/10/A", lot="/21/B"), pack_symbol("%2F..%2F"), pack_symbol("X" * 20),
    *[label(uri) for uri in (CRATE, OTHER_CRATE, PALLET, STORE, LOGGER_GIAI, *PARTIES.values())],
    ["]d2", b"01" + GTIN.encode() + b"10LOT42A"], ["]d2", b"01" + GTIN.encode() + b"10/21/B"],
    ["]d2", b"01" + GTIN.encode()], ["]d2", b""], ["", b""], ["]d2", bytes(range(256))],
    ["]C1", b"00395060001340000018" + GS + b"01" + GTIN.encode() + b"21S1"],  # two identities
    ["]C1", b"00395060001340000019"],  # a wrong check digit
    ["]C1", b"00095060001340000011"], ["]e0", b"02" + GTIN.encode() + b"3712"],
    ["]d2", b"01" + GTIN.encode() + b"21S1" + GS + b"21S2"],
    ["]Q1", b"https://id.gs1.org/01/" + GTIN.encode() + b"/21/S1?17=281231"],
    ["]Q1", b"https://id.gs1.org/00/395060001340000018/../.."], ["]Q1", b"https://" + b"/" * 248]]

symbols = st.one_of(st.sampled_from(SYMBOLS), st.sampled_from(SYMBOLS[:14]),
                    st.tuples(st.sampled_from(["]d2", "]Q1", "]C1", "x"]),
                              st.binary(max_size=64)).map(list))
uris = st.one_of(st.none(), st.sampled_from([*PARTIES.values(), STORE, CRATE, ""]),
                 st.text(st.characters(max_codepoint=0x7E, min_codepoint=0x20), max_size=64))
bodies = st.tuples(
    st.one_of(st.integers(1, 24), st.sampled_from([0, 25, FAR])),
    st.one_of(st.lists(symbols, min_size=0, max_size=4), st.lists(symbols, max_size=c.SYMBOLS)),
    st.one_of(st.none(), symbols), uris, uris, st.none(), st.none(),
    st.one_of(st.none(), st.sampled_from([0, FAR])), st.integers(0, 3)).map(list)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-FAR, FAR), st.binary(max_size=40),
              st.text(st.characters(max_codepoint=0x7E, min_codepoint=0x20), max_size=40)),
    lambda inner: st.lists(inner, max_size=9), max_leaves=20)


def begun() -> Circle:
    circle = Circle().found()
    circle.device("logger", circle.keys[MAKER], LOGGER_GIAI)
    circle.commissioned(*PACKS, CRATE, OTHER_CRATE)
    circle.done(MAKER, c.ACTION_PACK, PACKS[0], parent=PACKS[2])
    circle.done(MAKER, c.ACTION_PACK, PACKS[2], parent=CRATE)
    return circle


def size(circle: Circle) -> int:
    return sum(len(key) + len(value) for key, value in circle.store.keys(b""))


@given(st.lists(st.tuples(st.sampled_from([MAKER, PHARMACY, AUTHORITY]), bodies, st.integers(0, 9)),
                min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_scan_of_any_member(said: list[tuple[str, list[object], int]]) -> None:
    circle = begun()
    for by, body, skipped in said:
        device = circle.scanners[by]
        for _ in range(skipped // 7):
            device.boot()  # never arrives: what follows waits for it
        device.now_ms += (skipped - 5) * MINUTE_MS
        one = device.sign(c.KIND_SCAN, body)
        if len(one) > c.RECORD_BYTES:
            continue
        before = size(circle)
        circle.block(one)
        grown = size(circle) - before
        assert grown <= STATE_BYTES_MIN + STATE_BYTES * len(one), (grown, len(one), body)
    for queue in (FOR_DEVICE, FOR_ITEM):  # what waited for its device may then wait for its item
        circle.wait(WAIT_MS[queue])
        circle.person(MAKER, "auditor", str(queue))
    assert list(circle.store.keys(b"parked")) == []
    assert dict(reapply.reapply(circle.store).keys(b"")) == dict(circle.store.keys(b""))


@given(st.sampled_from([c.KIND_SCAN, c.KIND_EVENT, c.KIND_TELEMETRY, 0, 9, FAR]), anything)
@settings(max_examples=100, deadline=None)
def test_any_body_at_all(kind: int, body: object) -> None:
    circle = Circle().found()
    before = circle.custody()
    circle.seal(circle.scanners[MAKER].sign(kind, body))
    assert circle.custody() == before
    assert set(circle.rules_found()) <= {"R10", "R11"}


def test_findings_of_a_record_are_limited_and_counted() -> None:
    circle = begun()
    said = circle.scan(MAKER, c.ACTION_DISPENSE, *[pack(f"F{at}") for at in range(c.SYMBOLS)])
    assert said.rules == ["C0.2"] * FINDINGS_PER_LEAF
    (value,) = [value for _, value in circle.store.keys(b"finding/")]
    assert Findings.of(cbor.decode(value)).more == c.SYMBOLS - FINDINGS_PER_LEAF


def test_what_waits_is_as_large_as_its_own_symbol() -> None:
    """A scan of 64 packs that all wait does not keep 64 times 64."""
    circle = Circle().found()
    circle.commissioned(CRATE)
    before = size(circle)
    circle.scan(MAKER, c.ACTION_PACK, *[pack(f"F{at}") for at in range(c.SYMBOLS)], parent=CRATE)
    assert len(list(circle.store.keys(b"parked/"))) == c.SYMBOLS
    assert size(circle) - before < STATE_BYTES_MIN


def test_the_same_thing_twice_in_a_scan() -> None:
    circle = begun()
    twice = [pack("T1"), pack("T1")]
    assert circle.scan(MAKER, c.ACTION_COMMISSION, *twice).rules == ["C0.5"]
    assert circle.scan(MAKER, c.ACTION_PACK, *twice, parent=OTHER_CRATE).rules == ["C0.5"]
    assert circle.scan(MAKER, c.ACTION_UNPACK, *twice, parent=OTHER_CRATE).rules == ["C3.1"]
    assert circle.scan(MAKER, c.ACTION_DISPENSE, *twice).rules == ["C15.1"]
    assert circle.status(pack("T1")) == "dispensed"


def test_a_ledger_clock_that_goes_back_stands_still() -> None:
    circle = begun()
    circle.wait(MINUTE_MS)
    circle.done(MAKER, c.ACTION_PUT_AWAY, pack("S2"))
    now_ms = circle.now_ms
    circle.now_ms -= 30 * MINUTE_MS
    circle.person(MAKER, "auditor")
    checkpoint = circle.engine.checkpoint()
    assert checkpoint is not None
    assert checkpoint.time_ms == now_ms
