"""Telemetry body: columns of readings, runs of timestamps and zigzag-varint deltas.

Body = [+ Series].  Times of readings are elapsed milliseconds of the record's timebase; `runs` hold
them relative to the record's clock.elapsed_ms.
"""

from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Reading, Series

_EXPONENT_LIMIT = 6


def encode_values(values: "list[int]") -> bytes:
    """Zigzag LEB128 deltas, the first against 0; each value below 2^31 in magnitude."""
    out = bytearray()
    before = 0
    for value in values:
        if not -codes.VALUE_LIMIT < value < codes.VALUE_LIMIT:
            raise WireError("telemetry.value", "%d is not below 2^31" % value)
        delta = value - before
        before = value
        rest = delta << 1 if delta >= 0 else (-delta << 1) - 1
        while rest > 127:
            out.append(rest & 127 | 128)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def decode_values(data: bytes, count: int) -> "list[int]":
    """The `count` values of a series; raise WireError unless the bytes hold exactly those."""
    ends = 0
    for byte in data:
        ends += byte < 128
    if ends != count or (data and data[-1] > 127):
        raise WireError("telemetry.count", "%d values for %d readings" % (ends, count))
    values = []
    value = at = 0
    while at < len(data):
        start, rest, shift = at, 0, 0
        while data[at] > 127:
            rest |= (data[at] & 127) << shift
            shift += 7
            at += 1
        rest |= data[at] << shift
        at += 1
        if at - start > codes.DELTA_BYTES or (at - start > 1 and data[at - 1] == 0):
            raise WireError("telemetry.varint", "a delta is not in its shortest form")
        value += -(rest + 1 >> 1) if rest & 1 else rest >> 1
        if not -codes.VALUE_LIMIT < value < codes.VALUE_LIMIT:
            raise WireError("telemetry.value", "a value is not below 2^31")
        values.append(value)
    return values


def pack_runs(times_ms: "list[int]", elapsed_ms: int) -> "list[list[int]]":
    """Runs for readings taken at `times_ms` (elapsed, ascending), record closed at `elapsed_ms`.

    Greedy: a run goes on while one whole interval keeps every reading within JITTER_MS of its
    decoded place; the interval is the rounded mean step, held to what fits.
    """
    runs = []
    at, base = 0, elapsed_ms
    while at < len(times_ms):
        start = times_ms[at]
        end, interval = _longest_run(times_ms, at)
        count = end - at
        runs.append([start - base, interval, count])
        base = start + interval * (count - 1)
        at = end
        if at < len(times_ms) and times_ms[at] <= base:
            raise WireError("telemetry.order", "readings must ascend")
    return runs


def _longest_run(times_ms: "list[int]", first: int) -> "tuple[int, int]":
    """(index after the run that starts at `first`, its interval_ms)."""
    start = times_ms[first]
    low, high = 1, codes.VALUE_LIMIT
    end = first + 1
    while end < len(times_ms):
        steps, span = end - first, times_ms[end] - start
        least = max(low, -((codes.JITTER_MS - span) // steps))  # ceil((span - JITTER) / steps)
        most = min(high, (span + codes.JITTER_MS) // steps)
        if least > most:
            break
        low, high = least, most
        end += 1
    while end - first > 1:
        steps = end - first - 1
        mean = (times_ms[end - 1] - start + steps // 2) // steps
        interval = min(max(mean, low), high)
        if end == len(times_ms) or start + interval * steps < times_ms[end]:
            return end, interval
        end -= 1  # the decoded end would pass the next reading
    return end, 0


def encode_series(channel: int, quantity: int, exponent: int, elapsed_ms: int,
                  readings: "list[tuple[int, int]]") -> "list[object]":
    """One series from (elapsed_ms, value) pairs in time order."""
    times = [reading[0] for reading in readings]
    values = [reading[1] for reading in readings]
    return [channel, quantity, exponent, pack_runs(times, elapsed_ms), encode_values(values)]


def decode(body: bytes) -> "list[Series]":
    """Series of a telemetry body, every rule checked except those that need the clock."""
    value = cbor.decode(body)
    if type(value) is not list or not 0 < len(value) <= codes.SERIES:
        raise WireError("telemetry.series", "not 1 to %d series" % codes.SERIES)
    series = [_series(part) for part in value]
    for before, after in zip(series, series[1:]):
        if after.channel <= before.channel:
            raise WireError("telemetry.channels", "channels do not ascend")
    if sum([run[2] for one in series for run in one.runs]) > codes.READINGS:
        raise WireError("telemetry.readings", "more than %d readings" % codes.READINGS)
    if sum([len(one.runs) for one in series]) > codes.RUNS:
        raise WireError("telemetry.runs", "more than %d runs" % codes.RUNS)
    return series


def _series(value: object) -> Series:
    channel, quantity, exponent, runs, values = check.array(value, 5, "telemetry.series")
    check.uint(channel, "telemetry.channel")
    if type(quantity) is not int or quantity not in codes.QUANTITIES:
        raise WireError("telemetry.quantity", "unknown quantity")
    if type(exponent) is not int or not -_EXPONENT_LIMIT <= exponent <= _EXPONENT_LIMIT:
        raise WireError("telemetry.exponent", "exponent is not in -6..6")
    if type(runs) is not list or not 0 < len(runs) <= codes.RUNS:
        raise WireError("telemetry.runs", "not 1 to %d runs" % codes.RUNS)
    for number, run in enumerate(runs):
        _check_run(run, number)
    if type(values) is not bytes:
        raise WireError("telemetry.count", "values are a byte string")
    return Series(channel, quantity, exponent, runs, values)  # type: ignore[arg-type]


def _check_run(run: object, number: int) -> None:
    start, interval, count = check.array(run, 3, "telemetry.run")
    if type(start) is not int:
        raise WireError("telemetry.run", "start_ms is not an integer")
    if check.uint(count, "telemetry.run") == 0:
        raise WireError("telemetry.run", "a run has at least one reading")
    if (check.uint(interval, "telemetry.run") == 0) != (count == 1):
        raise WireError("telemetry.run", "interval_ms is 0 exactly when count is 1")
    if number and start <= 0:
        raise WireError("telemetry.run", "a later run starts after the one before")


def expand(series: "list[Series]", clock: Clock) -> "list[Reading]":
    """Every reading of a record, channel by channel; raise WireError when one lies outside
    -JITTER_MS .. elapsed_ms + JITTER_MS or the values do not match the runs."""
    readings = []
    for one in series:
        places = _places(one.runs, clock.elapsed_ms)
        values = decode_values(one.values, len(places))
        for place, value in zip(places, values):
            readings.append(Reading(one.channel, one.quantity, one.exponent, place, value))
    return readings


def _places(runs: "list[list[int]]", elapsed_ms: int) -> "list[int]":
    base = elapsed_ms
    for start, interval, count in runs:  # ends first: nothing is expanded that is out of bounds
        first = base + start
        base = first + interval * (count - 1)
        if first < -codes.JITTER_MS or base > elapsed_ms + codes.JITTER_MS:
            raise WireError("telemetry.place", "a reading lies outside its timebase")
    places = []
    base = elapsed_ms
    for start, interval, count in runs:
        for step in range(count):
            places.append(base + start + interval * step)
        base = places[-1]
    return places


def reading_time(clock: Clock, elapsed_ms: int, drift_ppm: int) -> "tuple[int, int] | None":
    """(unix_ms, error_ms) of a reading, or None when the record has no time of day.

    error = the clock's error + drift over the distance + JITTER_MS, rounded up.
    """
    if clock.unix_ms is None or clock.error_ms is None:
        return None
    distance = clock.elapsed_ms - elapsed_ms
    drift = -(-drift_ppm * abs(distance) // 1000000)
    return clock.unix_ms - distance, clock.error_ms + drift + codes.JITTER_MS
