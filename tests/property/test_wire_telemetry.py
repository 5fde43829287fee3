"""Telemetry for irregular times and any values."""

from hypothesis import given
from hypothesis import strategies as st

from ledger_client.wire import cbor, codes, telemetry
from ledger_client.wire.values import Clock, Series
from tests.device.wire_vectors import refusal

LIMIT = codes.VALUE_LIMIT - 1
VALUES = st.integers(-LIMIT, LIMIT) | st.integers(-4000, 4000)
# Steps between readings as they come: regular, late, after a gap, in a burst.
STEPS = st.one_of(
    st.integers(1, 3), st.integers(1, 2000), st.integers(299_000, 301_000), st.just(300_000),
    st.integers(1, 40 * 24 * 3600 * 1000))
TIMES = st.tuples(st.integers(0, 1 << 40), st.lists(STEPS, max_size=200)).map(
    lambda drawn: [drawn[0] + sum(drawn[1][:count]) for count in range(len(drawn[1]) + 1)])


@given(TIMES, st.integers(0, codes.JITTER_MS), st.data())
def test_every_reading_lies_near_its_place(times: list[int], later_ms: int,
                                           draw: st.DataObject) -> None:
    elapsed_ms = times[-1] + later_ms
    values = draw.draw(st.lists(VALUES, min_size=len(times), max_size=len(times)))
    encoded = telemetry.encode_series(1, 1, -2, elapsed_ms, list(zip(times, values, strict=True)))
    clock = Clock(None, 0, None, 1, elapsed_ms)
    found = telemetry.expand([Series(*encoded)], clock)  # type: ignore[arg-type]
    assert [one.value for one in found] == values
    assert all(abs(one.elapsed_ms - at) <= codes.JITTER_MS
               for one, at in zip(found, times, strict=True))
    runs = encoded[3]
    assert isinstance(runs, list)
    if len(runs) <= codes.RUNS:
        assert telemetry.expand(telemetry.decode(cbor.encode([encoded])), clock) == found


@given(TIMES)
def test_decoded_places_ascend_and_runs_do_not_overlap(times: list[int]) -> None:
    runs = telemetry.pack_runs(times, times[-1])
    assert sum(count for _, _, count in runs) == len(times)
    assert all(start > 0 for start, _, _ in runs[1:])
    assert all((interval == 0) == (count == 1) for _, interval, count in runs)


@given(st.lists(VALUES, max_size=100))
def test_values_are_read_back_in_their_shortest_form(values: list[int]) -> None:
    data = telemetry.encode_values(values)
    assert telemetry.decode_values(data, len(values)) == values
    assert len(data) <= codes.DELTA_BYTES * len(values)


@given(st.binary(max_size=40), st.integers(0, 40))
def test_any_bytes_are_values_in_one_way_or_refused(data: bytes, count: int) -> None:
    rule = refusal(telemetry.decode_values, data, count)
    assert rule in ("", "telemetry.count", "telemetry.varint", "telemetry.value")
    if not rule:
        assert telemetry.encode_values(telemetry.decode_values(data, count)) == data
