"""A logger's records are followed until an attachment is behind, whichever one clock is wrong."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_client.core import exposure, passport_verify
from ledger_client.core.history import Moment
from ledger_client.core.logger_walk import Walk
from ledger_client.node.source import LedgerSource
from ledger_client.second_opinion import walk as second
from ledger_client.wire import cbor, codes, telemetry
from ledger_client.wire.values import Clock, Record
from tests.unit import logger_scenes
from tests.unit.logger_scenes import FROZEN_CDEG
from tests.unit.second_opinion_scenes import ITEM, Scene, opened

ZERO_MS = 1_780_000_000_000  # when the timebase began
STEP_MS = 60_000
MOMENT = Moment(ZERO_MS + 10 * STEP_MS, 1000)


def made(seq: int, elapsed_ms: int, *, unix_ms: int | None = None, kind: int = codes.KIND_TELEMETRY,
         timebase: int = 1, source: int = codes.SOURCE_SNTP) -> Record:
    """A record with one reading, at its clock; by default the clock is right."""
    body = cbor.encode([telemetry.encode_series(1, codes.QUANTITY_TEMPERATURE, -2, elapsed_ms,
                                                [(elapsed_ms, 500)])])
    if source == codes.SOURCE_NONE:
        clock = Clock(None, source, None, timebase, elapsed_ms)
    else:
        clock = Clock(ZERO_MS + elapsed_ms if unix_ms is None else unix_ms, source, 1000, timebase,
                      elapsed_ms)
    return Record(bytes(8), bytes(32), bytes(64), codes.VERSION, 1, seq, bytes(32), clock, kind,
                  body)


def minutes(*at: int) -> list[Record]:
    return [made(seq, minute * STEP_MS) for seq, minute in enumerate(at, 1)]


def ended(walk: Walk, records: Sequence[Record]) -> int | None:
    """Seq of the record that ends the walk."""
    return next((one.seq for one in records if walk.ends_with(one)), None)


def forward(records: Sequence[Record]) -> int | None:
    return ended(Walk.forward(MOMENT), records)


def back(records: Sequence[Record]) -> int | None:
    return ended(Walk.back(MOMENT), records)


def test_the_second_record_past_the_moment_ends_it() -> None:
    assert forward(minutes(8, 9, 10, 11, 12)) == 4
    assert back(minutes(12, 11, 10, 9, 8)) == 4
    assert forward(minutes(8, 9, 10)) is None


def test_without_a_moment_it_goes_on() -> None:
    assert ended(Walk.forward(None), minutes(8, 9, 10, 11, 12)) is None


def test_clocks_ahead_are_held_against_those_before() -> None:
    wrong = [made(seq, minute * STEP_MS, unix_ms=ZERO_MS + (minute + 60) * STEP_MS)
             for seq, minute in enumerate(range(3, 9), 3)]
    assert forward([*minutes(1, 2), *wrong]) is None


def test_clocks_behind_are_held_against_those_after() -> None:
    wrong = [made(seq, minute * STEP_MS, unix_ms=ZERO_MS + (minute - 60) * STEP_MS)
             for seq, minute in enumerate(range(17, 11, -1), 3)]
    assert back([*minutes(19, 18), *wrong]) is None


def test_one_clock_that_was_wrong_does_not_keep_it_going() -> None:
    behind = made(9, 8 * STEP_MS, unix_ms=0)
    ahead = made(9, 12 * STEP_MS, unix_ms=2 * ZERO_MS)
    assert forward([behind, *minutes(9, 10, 11, 12)]) == 3
    assert back([ahead, *minutes(11, 10, 9, 8)]) == 3


@pytest.mark.parametrize("odd", [
    made(9, 70 * STEP_MS, kind=codes.KIND_EVENT),
    made(9, 70 * STEP_MS, source=codes.SOURCE_NONE),
    made(9, 70 * STEP_MS)._replace(body=b"\x80")], ids=["an event", "no time", "a broken body"])
def test_what_says_nothing_neither_ends_nor_interrupts_it(odd: Record) -> None:
    assert forward([odd, odd, *minutes(8, 10), odd]) is None
    assert forward([*minutes(8, 10), odd, made(3, 11 * STEP_MS)]) == 3


def test_another_timebase_has_clocks_of_its_own() -> None:
    ahead = made(1, STEP_MS, unix_ms=ZERO_MS - 60 * STEP_MS)
    later = [made(seq, seq * STEP_MS, unix_ms=MOMENT.unix_ms + seq, timebase=2) for seq in (2, 3)]
    assert forward([ahead, *later]) == 3


WRONG_MS = st.integers(-100 * STEP_MS, 100 * STEP_MS) | st.integers(-ZERO_MS, ZERO_MS)
RIDE_END = 120  # minute
AFTER = 5  # records that a walk takes after the ride, at most, with one of them wrong
MINUTES = st.lists(st.integers(100, 140), min_size=1, max_size=12, unique=True).map(sorted)
TIMEBASES = st.lists(st.integers(1, 4), min_size=12, max_size=12).map(sorted)


@given(MINUTES, TIMEBASES, st.data(), WRONG_MS, WRONG_MS)
def test_no_single_clock_decides_where_it_ends(
        at: list[int], timebases: list[int], data: st.DataObject, unix_ms: int, elapsed_ms: int,
        ) -> None:
    """It neither leaves out a record of the ride nor takes more than a few after it."""
    wrong = data.draw(st.integers(0, len(at) - 1))
    moment = Moment(ZERO_MS + RIDE_END * STEP_MS, 1000)
    for way, walk in ((1, Walk.forward(moment)), (-1, Walk.back(moment))):
        times = [minute * STEP_MS for minute in at][::way]
        records = [made(seq, one, timebase=timebase)
                   for seq, (one, timebase) in enumerate(zip(times, timebases, strict=False))]
        records[wrong] = made(wrong, max(0, times[wrong] + elapsed_ms), timebase=timebases[wrong],
                              unix_ms=max(0, ZERO_MS + times[wrong] + unix_ms))
        end = ended(walk, records)
        past = [seq for seq, one in enumerate(times) if way * (one - RIDE_END * STEP_MS) >= 0]
        assert end is None or set(range(end + 1, len(times))) <= set(past)
        assert len(past) < AFTER or (end is not None and end <= past[AFTER - 1])


@st.composite
def any_record(draw: st.DrawFn) -> Record:
    elapsed_ms = draw(st.integers(0, 20)) * STEP_MS
    return made(draw(st.integers(1, 9)), elapsed_ms, timebase=draw(st.integers(1, 2)),
                unix_ms=ZERO_MS + draw(st.integers(-1, 1)) * STEP_MS + elapsed_ms,
                kind=draw(st.sampled_from([codes.KIND_TELEMETRY] * 3 + [codes.KIND_EVENT])))


@given(st.lists(any_record(), max_size=12))
def test_the_second_opinion_ends_it_there_too(records: list[Record]) -> None:
    for first, other in ((Walk.forward(MOMENT), second.Walk.on(MOMENT.unix_ms)),
                         (Walk.back(MOMENT), second.Walk.back(MOMENT.unix_ms))):
        for one in records:
            over = first.ends_with(one)
            assert other.is_over(second.readings(one)) == over
            if over:
                break


@pytest.mark.parametrize("make", [logger_scenes.clock_ahead, logger_scenes.boot_ahead,
                                  logger_scenes.clock_behind])
def test_what_froze_beside_a_wrong_clock_is_known(make: Callable[[], Scene]) -> None:
    scene = make()
    passport = passport_verify.verify(scene.passport(), None)
    by_ledger, by_passport = (
        exposure.exposure(source, ITEM, scene.world.now_ms)
        for source in (LedgerSource(scene.world.engine, devices_only=True), passport.source))
    assert by_ledger == by_passport
    (segment,) = by_ledger.segments
    assert [one.value_cdeg for one in segment.readings].count(FROZEN_CDEG) == 2


def test_a_passport_does_not_grow_with_what_is_measured_after_a_wrong_clock() -> None:
    """Two records before the ride, four of it, two after it."""
    (run,) = opened(logger_scenes.clocks_set_wrong().passport()).telemetry
    assert len(run.records) == 2 + 4 + 2
