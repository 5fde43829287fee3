"""What holds of every verdict: splitting, more good data, less certain clocks, any valid input."""

import dataclasses
import gc
import itertools
import time
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.profile import OUTCOMES, Profile
from ledger_client.core.storage_values import Calibration, Exposure, Reading, Segment
from ledger_client.core.verdict import STATES, Verdict
from ledger_client.wire import cbor
from tests.storage_scenes import MINUTE_MS, START_MS, alone, make, readings, rule

STEP = 5 * MINUTE_MS
RULES = make(
    rule(800, ">", 0), rule(800, ">", 30 * MINUTE_MS), rule(200, "<=", 20 * MINUTE_MS),
    rule(800, ">", 40 * MINUTE_MS, mode="cumulative", window="trip"),
    rule(800, ">=", 30 * MINUTE_MS, mode="cumulative", window="day"),
    rule(200, "<", 25 * MINUTE_MS, mode="cumulative", window=90 * MINUTE_MS),
    rule(900, ">", 10 * MINUTE_MS, min_samples=3),
    freeze_sensitive=True,
    mkt={"delta_h_j_mol": 83_144, "gas_constant_uj_mol_k": 8_314_400, "window_ms": 60 * MINUTE_MS,
         "limit_cdeg": 800, "coverage_min_permille": 800},
    budgets=[{"low_cdeg": 800, "high_cdeg": 1500, "max_total_ms": 60 * MINUTE_MS,
              "max_single_ms": 30 * MINUTE_MS, "max_events": 2, "severity": "critical"}])
SHIPPED = [profile.decode(profiles.load(name)) for name in profiles.names()]

value = st.sampled_from([-300, -50, 0, 150, 200, 201, 500, 799, 800, 801, 950, 1600])
values = st.lists(st.one_of(value, value, value, st.none()), min_size=1, max_size=60) \
    .filter(lambda some: some[0] is not None and some[-1] is not None)
travel = values.filter(lambda some: len(some) > 1)  # an exposure of some length


def judge(exposure: Exposure, by: Profile = RULES) -> Verdict:
    return storage.judge(by, exposure, None, exposure.to_ms)


def ranks(verdict: Verdict) -> list[int]:
    return [STATES.index(one.state) for one in verdict.alarms]


@given(travel, st.data())
@settings(deadline=None)
def test_splitting_into_segments_changes_no_duration(some: list[int | None],
                                                     data: st.DataObject) -> None:
    taken = readings(some)
    whole = alone(taken)
    cuts = sorted(data.draw(st.sets(st.integers(whole.from_ms, whole.to_ms), max_size=4)))
    names = data.draw(st.sampled_from([("L1",), ("L1", "L2"), ("L1", "L2", "L3")]))
    bounds = [whole.from_ms, *cuts, whole.to_ms]
    segments = tuple(
        Segment(names[number % len(names)], start, end, readings=tuple(
            one for one in taken if start <= one.unix_ms < end or
            (end == whole.to_ms and one.unix_ms == end)))
        for number, (start, end) in enumerate(itertools.pairwise(bounds))
        if start < end)
    split = judge(Exposure("item", whole.from_ms, whole.to_ms, segments))
    single = judge(whole)
    assert split.times == single.times
    assert split.alarms == single.alarms
    assert split.budgets == single.budgets
    assert split.freezing == single.freezing
    assert split.mkt == single.mkt
    assert split.outcome == single.outcome
    assert [replace(one, loggers=()) for one in split.excursions] == \
        [replace(one, loggers=()) for one in single.excursions]


@given(values, st.lists(st.integers(0, 60 * 5), max_size=30))
@settings(deadline=None)
def test_more_good_readings_never_worsen(some: list[int | None], places: list[int]) -> None:
    """A reading inside the range, anywhere: no alarm becomes graver, no duration longer.  (A number
    of events is another matter: a good reading between two bad ones shows that they were two.)"""
    taken = readings(some)
    by = replace(RULES, budgets=tuple(replace(one, max_events=None) for one in RULES.budgets))
    before = judge(alone(taken), by)
    held = {one.unix_ms for one in taken}
    more = tuple(Reading(at, 0, 500) for at in {START_MS + place * MINUTE_MS for place in places}
                 if at not in held and at <= taken[-1].unix_ms)
    after = judge(alone(tuple(sorted(taken + more, key=lambda one: one.unix_ms))), by)
    assert all(now <= then for now, then in zip(ranks(after), ranks(before), strict=True))
    assert after.times.outside_at_most_ms + after.times.unknown_ms <= \
        before.times.outside_at_most_ms + before.times.unknown_ms
    assert after.times.outside_at_least_ms <= before.times.outside_at_least_ms
    for now, then in zip(after.budgets, before.budgets, strict=True):
        # A good reading in a gap beside a bad one makes unknown time perhaps outside: where gaps
        # are not charged, that is news.
        assert now.at_most_ms <= then.at_most_ms or now.band is None
        assert STATES.index(now.state) <= STATES.index(then.state)


@given(values, st.integers(0, 30 * MINUTE_MS), st.integers(0, 30 * MINUTE_MS))
@settings(deadline=None)
def test_a_less_certain_clock_turns_certain_into_possible_never_none(
        some: list[int | None], error_ms: int, hand_over_error_ms: int) -> None:
    taken = readings(some)
    sharp = alone(taken)
    before = judge(sharp)
    (segment,) = sharp.segments
    blurred = replace(sharp, segments=(replace(
        segment, start_error_ms=hand_over_error_ms, end_error_ms=hand_over_error_ms,
        readings=tuple(replace(one, error_ms=error_ms) for one in taken)),))
    after = judge(blurred)
    for now, then in zip(after.alarms, before.alarms, strict=True):
        assert then.state == "none" or now.state != "none"
        assert now.at_least_ms <= then.at_least_ms
    for used, unused in zip(after.budgets, before.budgets, strict=True):
        assert unused.state == "none" or used.state != "none"
    if before.freezing:
        assert after.freezing
    if before.outcome == "hold":
        assert after.outcome != "release"


calibrations = st.one_of(
    st.none(),
    st.builds(Calibration, st.just("C"), st.integers(0, START_MS), st.integers(START_MS, 2**52),
              st.lists(st.tuples(st.integers(-5000, 5000), st.integers(-200, 200)), min_size=1,
                       max_size=5, unique_by=lambda point: point[0])
              .map(lambda points: tuple(sorted(points))), st.integers(0, 100)))
instant = st.integers(START_MS - 10**8, START_MS + 10**8)
segments = st.builds(
    Segment, st.sampled_from(["A", "B", "C"]), instant, st.one_of(st.none(), instant),
    st.integers(0, 10**7), st.integers(0, 10**7),
    st.lists(st.builds(Reading, instant, st.integers(0, 10**7), st.integers(-2**31, 2**31),
                       st.none()), max_size=20).map(tuple),
    st.lists(st.tuples(instant, instant, st.just("lost")), max_size=4).map(tuple))


@given(st.sampled_from([RULES, *SHIPPED]), instant, st.integers(0, 10**8),
       st.lists(segments, max_size=5).map(tuple), calibrations, instant)
@settings(max_examples=300, deadline=None)
def test_judge_takes_whatever_its_types_allow(by: Profile, from_ms: int, length_ms: int,
                                              some: tuple[Segment, ...],
                                              calibration: Calibration | None,
                                              now_ms: int) -> None:
    exposure = Exposure("item", from_ms, from_ms + length_ms, some)
    verdict = storage.judge(by, exposure, calibration, now_ms)
    assert verdict.outcome in OUTCOMES
    assert (verdict.outcome == "release") <= (verdict.readings > 0)
    for stay in verdict.excursions:
        assert 0 <= stay.at_least_ms <= stay.at_most_ms
    for alarm in verdict.alarms:
        assert alarm.at_least_ms <= alarm.at_most_ms
        assert (alarm.state == "none") == (alarm.events == ())
    for use in verdict.budgets:
        assert 0 <= use.at_least_ms <= use.at_most_ms
    listed = verdict.as_list()
    assert cbor.decode(cbor.encode(listed, True), True) == listed
    assert storage.judge(by, exposure, calibration, now_ms) == verdict


def long_exposure(count: int) -> Exposure:
    """A reading in five is bad: many excursions."""
    return alone(readings([(500, 500, 500, 500, 900)[number % 5] for number in range(count)]))


def peak_bytes(count: int) -> int:
    exposure = long_exposure(count)
    tracemalloc.start()
    judge(exposure)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_grows_with_the_readings_not_faster() -> None:
    small, large = peak_bytes(2_000), peak_bytes(8_000)
    assert large < 5 * small


def seconds(count: int) -> float:
    """Of this process alone, the quickest of five: other work on the machine only adds, and so
    does collecting what other tests left."""
    exposure = long_exposure(count)
    taken = []
    gc.disable()
    for _attempt in range(5):
        start = time.process_time()
        judge(exposure)
        taken.append(time.process_time() - start)
    gc.enable()
    return min(taken)


def test_time_grows_with_the_readings_not_faster() -> None:
    """Quadratic work would take sixteen times as long."""
    assert seconds(12_000) < 10 * seconds(3_000)


def test_values_are_frozen() -> None:
    taken = readings([500, 500])
    verdict = judge(alone(taken))
    for one in (taken[0], alone(taken), alone(taken).segments[0], RULES, verdict):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, dataclasses.fields(one)[0].name, 1)
