"""Telemetry: runs, jitter, deltas, and every limit at its value and one beyond."""

from ledger_client.wire import cbor, codes, telemetry
from tests.device.wire_vectors import SERIES, named
from tests.generators.cases.common import Case, Subject, invalid, refused_value, valid

ELAPSED_MS = 86_400_000
_STEP_MS = 300_000
Run = list[int]
Series = tuple[int, int, int, list[Run], list[int]]  # channel, quantity, exponent, runs, values


def _places(runs: list[Run], elapsed_ms: int) -> list[int]:
    """Where the readings of runs lie, spelled out one by one."""
    places: list[int] = []
    for start, interval, count in runs:
        base = (places[-1] if places else elapsed_ms) + start
        places += [base + interval * step for step in range(count)]
    return places


def _encoded(series: list[Series]) -> list[list[object]]:
    return [[channel, quantity, exponent, runs, telemetry.encode_values(values)]
            for channel, quantity, exponent, runs, values in series]


def _fields(series: list[Series], elapsed_ms: int) -> dict[str, object]:
    return {
        "series": [named(SERIES, one) for one in _encoded(series)],
        "readings": [[channel, place, value] for channel, _, _, runs, values in series
                     for place, value in zip(_places(runs, elapsed_ms), values, strict=True)]}


def _case(name: str, *series: Series, elapsed_ms: int = ELAPSED_MS) -> Case:
    body = cbor.encode(_encoded(list(series)))
    return valid(name, "telemetry", body, {}, elapsed_ms=elapsed_ms) | {
        "fields": _fields(list(series), elapsed_ms)}


def _regular(count: int, channel: int = 1, start_ms: int | None = None) -> Series:
    """`count` readings, the last now."""
    first = -_STEP_MS * (count - 1) if start_ms is None else start_ms
    runs = [[first, _STEP_MS if count > 1 else 0, count]]
    return channel, codes.QUANTITY_TEMPERATURE, -2, runs, [500 + step % 7 for step in range(count)]


def _single_runs(count: int, channel: int = 1) -> Series:
    """As many runs of one reading each."""
    runs = [[-1000 * count, 0, 1], *[[1000, 0, 1]] * (count - 1)]
    return channel, codes.QUANTITY_TEMPERATURE, -2, runs, [0] * count


def _one(**other: object) -> list[object]:
    """A series of one reading with other parts."""
    parts: dict[str, object] = {"channel": 1, "quantity": 1, "exponent": -2, "runs": [[0, 0, 1]],
                                "values": b"\x02"}
    return [(parts | other)[name] for name in SERIES]


def _packing(name: str, readings: list[list[int]], runs: list[Run]) -> Case:
    """Readings as [elapsed_ms, value] and the runs that our packer makes of them."""
    series: Series = (1, codes.QUANTITY_TEMPERATURE, -2, runs, [value for _, value in readings])
    more = {"elapsed_ms": ELAPSED_MS, "series": list(series[:3]), "readings": readings}
    return valid(name, "telemetry packing", cbor.encode(_encoded([series])), {}, **more) | {
        "fields": _fields([series], ELAPSED_MS)}


def _packings() -> list[Case]:
    regular = [ELAPSED_MS - _STEP_MS * step for step in (3, 2, 1, 0)]

    def moved(by_ms: list[int]) -> list[list[int]]:
        return [[place + by, 500] for place, by in zip(regular, by_ms, strict=True)]

    start = -3 * _STEP_MS
    return [
        _packing("one reading", [[ELAPSED_MS, -5]], [[0, 0, 1]]),
        _packing("regular readings", moved([0, 0, 0, 0]), [[start, _STEP_MS, 4]]),
        _packing("within the jitter", moved([0, 400, -400, 0]), [[start, _STEP_MS, 4]]),
        _packing("jitter of 500 ms", moved([0, 500, 0, 0]), [[start, _STEP_MS, 4]]),
        _packing("jitter beyond 500 ms", moved([0, -1001, 0, 0]),
                 [[start, _STEP_MS - 1001, 2], [_STEP_MS + 1001, _STEP_MS, 2]]),
        _packing("an hour without readings", [[0, 1], [_STEP_MS, 1], [13 * _STEP_MS, 1]],
                 [[-ELAPSED_MS, _STEP_MS, 2], [12 * _STEP_MS, 0, 1]]),
        _packing("the mean step, rounded up", [[0, 1], [1000, 1], [2001, 1]],
                 [[-ELAPSED_MS, 1001, 3]]),
        _packing("the mean step, rounded down", [[0, 1], [1001, 1], [2003, 1], [3004, 1]],
                 [[-ELAPSED_MS, 1001, 4]])]


def _valid() -> list[Case]:
    limit = codes.VALUE_LIMIT - 1
    run = [[-1000, 0, 1]]
    return [
        _case("one reading now", _regular(1)),
        _case("a day of readings every five minutes", _regular(288)),
        _case("temperature and humidity", _regular(3), (2, codes.QUANTITY_HUMIDITY, -1,
                                                        [[-900_000, 450_000, 3]], [450, 0, 1000])),
        _case("three runs, a gap and a single reading", (
            1, 1, -2, [[-7_200_000, _STEP_MS, 3], [3_600_000, 0, 1], [60_001, 1, 2]],
            [210, 215, 190, -40, -41, -40])),
        *[_case(f"quantity {quantity}", (1, quantity, 0, run, [7])) for quantity in
          codes.QUANTITIES],
        *[_case(f"exponent {exponent}", (1, 1, exponent, run, [7])) for exponent in (-6, 6)],
        *[_case(f"{size} bytes a delta", (1, 1, 0, [[-5000, 1000, 2]], [-value, value]))
          for size, value in ((1, 15), (2, 1000), (3, 100_000), (4, 10_000_000), (5, limit))],
        _case("the largest and smallest values", (1, 1, 0, [[-5000, 1000, 3]],
                                                  [limit, -limit, 0])),
        _case("deltas beside one and two bytes", (1, 1, 0, [[-5000, 1000, 4]],
                                                  [63, -1, 63, -1])),
        _case("runs a millisecond apart", (1, 1, 0, [[-9, 0, 1], [1, 0, 1]], [0, 0])),
        _case("500 ms before the timebase", (1, 1, 0, [[-5500, 0, 1]], [0]), elapsed_ms=5000),
        _case("500 ms after the clock", (1, 1, 0, [[500, 0, 1]], [0])),
        _case("8 series", *[(channel, 1, 0, run, [channel]) for channel in range(8)]),
        _case("64 runs", _single_runs(64)),
        _case("64 runs in two series", _single_runs(32), _single_runs(32, channel=2)),
        _case("2048 readings", _regular(2048), elapsed_ms=10 * ELAPSED_MS),
        _case("2048 readings in two series", _regular(1024), _regular(1024, channel=2),
              elapsed_ms=10 * ELAPSED_MS),
        *_packings()]


def _runs(*runs: object) -> object:
    return [_one(runs=list(runs), values=b"\0" * 3)]


def _over(series: list[Series]) -> object:
    return _encoded(series)


def _bodies() -> list[tuple[str, object, str]]:
    return [
        ("no series", [], "telemetry.series"), ("a map", {}, "telemetry.series"),
        ("9 series", [_one(channel=channel) for channel in range(9)], "telemetry.series"),
        ("a series of four", [_one()[:4]], "telemetry.series"),
        ("a series is a number", [5], "telemetry.series"),
        ("the same channel twice", [_one(), _one()], "telemetry.channels"),
        ("channels descend", [_one(channel=2), _one()], "telemetry.channels"),
        ("channel below 0", [_one(channel=-1)], "telemetry.channel"),
        ("channel is text", [_one(channel="1")], "telemetry.channel"),
        ("quantity 0", [_one(quantity=0)], "telemetry.quantity"),
        ("quantity 7", [_one(quantity=7)], "telemetry.quantity"),
        ("quantity true", [_one(quantity=True)], "telemetry.quantity"),
        ("exponent 7", [_one(exponent=7)], "telemetry.exponent"),
        ("exponent -7", [_one(exponent=-7)], "telemetry.exponent"),
        ("exponent false", [_one(exponent=False)], "telemetry.exponent"),
        *_bad_runs(), *_bad_places(), *_values()]


def _bad_runs() -> list[tuple[str, object, str]]:
    return [
        ("no runs", [_one(runs=[])], "telemetry.runs"),
        ("runs null", [_one(runs=None)], "telemetry.runs"),
        ("65 runs", _over([_single_runs(65)]), "telemetry.runs"),
        ("65 runs in two series", _over([_single_runs(33), _single_runs(32, channel=2)]),
         "telemetry.runs"),
        ("a run of two", _runs([0, 0]), "telemetry.run"),
        ("start is text", _runs(["0", 0, 1]), "telemetry.run"),
        ("start true", _runs([True, 0, 1]), "telemetry.run"),
        ("count 0", _runs([0, 0, 0]), "telemetry.run"),
        ("count below 0", _runs([0, 0, -1]), "telemetry.run"),
        ("interval 0 with two readings", _runs([0, 0, 2]), "telemetry.run"),
        ("interval 5 with one reading", _runs([0, 5, 1]), "telemetry.run"),
        ("interval below 0", _runs([0, -5, 2]), "telemetry.run"),
        ("a later run at the same time", _runs([-9, 0, 1], [0, 0, 1]), "telemetry.run"),
        ("a later run before the one before", _runs([-9, 0, 1], [-1, 0, 1]), "telemetry.run"),
        ("2049 readings", _over([_regular(2049)]), "telemetry.readings"),
        ("2049 readings in two series", _over([_regular(1025), _regular(1024, channel=2)]),
         "telemetry.readings"),
        ("2^53 - 1 readings announced", _runs([0, 1, (1 << 53) - 1]), "telemetry.readings")]


def _bad_places() -> list[tuple[str, object, str]]:
    return [
        ("501 ms after the clock", [_one(runs=[[501, 0, 1]])], "telemetry.place"),
        ("501 ms before the timebase", [_one(runs=[[-ELAPSED_MS - 501, 0, 1]])],
         "telemetry.place"),
        ("the last run ends after the clock", [_one(runs=[[-9, 0, 1], [510, 0, 1]],
                                                    values=b"\0\0")], "telemetry.place"),
        ("an interval beyond the clock", [_one(runs=[[0, (1 << 53) - 1, 2]], values=b"\0\0")],
         "telemetry.place")]


def _values() -> list[tuple[str, object, str]]:
    limit = codes.VALUE_LIMIT
    return [
        ("values null", [_one(values=None)], "telemetry.count"),
        ("no values", [_one(values=b"")], "telemetry.count"),
        ("a value too many", [_one(values=b"\0\0")], "telemetry.count"),
        ("a value too few", [_one(runs=[[-9, 1, 2]], values=b"\0")], "telemetry.count"),
        ("the last delta is cut off", [_one(values=b"\x80")], "telemetry.count"),
        ("a continuation after the last delta", [_one(values=b"\0\x80")], "telemetry.count"),
        ("0 in two bytes", [_one(values=b"\x80\x00")], "telemetry.varint"),
        ("1 in five bytes", [_one(values=b"\x82\x80\x80\x80\x00")], "telemetry.varint"),
        ("a delta of six bytes", [_one(values=b"\x80\x80\x80\x80\x80\x01")], "telemetry.varint"),
        ("a delta of 60 bytes", [_one(values=b"\x80" * 59 + b"\x01")], "telemetry.varint"),
        ("2^31", [_one(values=_varint(2 * limit))], "telemetry.value"),
        ("-2^31", [_one(values=_varint(2 * limit - 1))], "telemetry.value"),
        ("2^31 as a sum", [_one(runs=[[-9, 1, 2]], values=_varint(2 * limit - 2) + b"\x02")],
         "telemetry.value")]


def _varint(zigzag: int) -> bytes:
    out = []
    while zigzag > 127:
        out.append(zigzag & 127 | 128)
        zigzag >>= 7
    return bytes([*out, zigzag])


def _invalid() -> list[Case]:
    refused: list[tuple[str, list[list[int]], str]] = [
        ("readings at the same time, an hour after the first",
         [[0, 1], [3_600_000, 1], [3_600_000, 2], [3_600_000, 3], [3_599_000, 4]],
         "telemetry.order"),
        ("readings that go back", [[60_000, 1], [0, 2]], "telemetry.order"),
        ("2^31 to encode", [[0, codes.VALUE_LIMIT]], "telemetry.value"),
        ("-2^31 to encode", [[0, -codes.VALUE_LIMIT]], "telemetry.value")]
    return [*[invalid(name, "telemetry", cbor.encode(body), rule, elapsed_ms=ELAPSED_MS)
              for name, body, rule in _bodies()],
            *[refused_value(name, "telemetry readings", readings, rule)
              for name, readings, rule in refused]]


SUBJECT = Subject(
    "Bodies of telemetry in a record whose clock says elapsed_ms; readings are [channel, "
    "elapsed_ms, value].  Cases of the format \"telemetry packing\" also say what our packer "
    "makes of readings [elapsed_ms, value]", _valid(), _invalid())
