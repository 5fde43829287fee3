"""Temperatures, durations, moments and rules as people say them; nothing is rounded to the better.

A duration "at least" loses what is less than its smallest unit, one "at most" gains it.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from ledger_client.core import profile
from ledger_client.core.profile import AlarmRule, Budget, Profile, Range

_SECOND_MS, _MINUTE_MS, _HOUR_MS, _DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEYOND = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below"}


def degrees(value_cdeg: int) -> str:
    """8.0 °C, 8.05 °C, -0.5 °C."""
    sign = "-" if value_cdeg < 0 else ""
    whole, rest = divmod(abs(value_cdeg), 100)
    return f"{sign}{whole}.{rest // 10 if rest % 10 == 0 else format(rest, '02')} °C"


def micro_degrees(value_udeg: int) -> str:
    """To a hundredth, upwards: a mean that prints as its limit is not above it."""
    return degrees(-(-value_udeg // 10_000))


def at_least(duration_ms: int) -> str:
    return _duration(duration_ms, up=False)


def at_most(duration_ms: int) -> str:
    return _duration(duration_ms, up=True)


def at_most_of(duration_ms: int, whole_ms: int) -> str:
    """A part, rounded up and yet never above the whole."""
    unit_ms = _HOUR_MS if duration_ms >= _DAY_MS else \
        _MINUTE_MS if duration_ms >= _MINUTE_MS else _SECOND_MS
    rounded_ms = _rounded(duration_ms, unit_ms, up=True) * unit_ms
    return exactly(whole_ms) if duration_ms <= whole_ms < rounded_ms else at_most(duration_ms)


def exactly(duration_ms: int) -> str:
    """What is no bound is not rounded: 2 d 23 min, 12.5 s."""
    parts = []
    for unit_ms, name in ((_DAY_MS, "d"), (_HOUR_MS, "h"), (_MINUTE_MS, "min")):
        whole, duration_ms = divmod(duration_ms, unit_ms)
        parts += [f"{whole} {name}"] if whole else []
    whole, rest = divmod(duration_ms, _SECOND_MS)
    seconds = f"{whole}" + (f".{rest:03}".rstrip("0") if rest else "")
    return " ".join([*parts, *([] if parts and seconds == "0" else [f"{seconds} s"])])


def _duration(duration_ms: int, *, up: bool) -> str:
    """Two units: 3 d 4 h, 6 h 40 min, 12 min, 40 s."""
    for unit_ms, name, small_ms, small in (
            (_DAY_MS, "d", _HOUR_MS, "h"), (_HOUR_MS, "h", _MINUTE_MS, "min")):
        if duration_ms >= unit_ms:
            whole, rest = divmod(_rounded(duration_ms, small_ms, up) * small_ms, unit_ms)
            return f"{whole} {name}" + (f" {rest // small_ms} {small}" if rest else "")
    if duration_ms >= _MINUTE_MS:
        return f"{_rounded(duration_ms, _MINUTE_MS, up)} min"
    return f"{_rounded(duration_ms, _SECOND_MS, up)} s"


def _rounded(duration_ms: int, unit_ms: int, up: bool) -> int:
    return -(-duration_ms // unit_ms) if up else duration_ms // unit_ms


def moment(unix_ms: int, zone: tzinfo) -> str:
    """2022-05-17 12:06 UTC."""
    local = _local(unix_ms, zone)
    if local is None:
        return f"{unix_ms} ms after 1970"
    return local.strftime("%Y-%m-%d %H:%M ") + (local.tzname() or "")


def _local(unix_ms: int, zone: tzinfo) -> datetime | None:
    try:
        return (_EPOCH + timedelta(milliseconds=unix_ms)).astimezone(zone)
    except OverflowError:
        return None


def span(first_ms: int, last_ms: int, zone: tzinfo) -> str:
    """at 2022-05-17 12:06 UTC; from 2022-05-17 12:06 to 14:36 UTC; a day's own when it is another
    one."""
    if first_ms == last_ms:
        return f"at {moment(first_ms, zone)}"
    first, last = _local(first_ms, zone), _local(last_ms, zone)
    if first is None or last is None or first.date() != last.date() or \
            first.tzname() != last.tzname():
        return f"from {moment(first_ms, zone)} to {moment(last_ms, zone)}"
    return f"from {first:%Y-%m-%d %H:%M} to {last:%H:%M} {last.tzname() or ''}"


def count(number: int, what: str) -> str:
    """1 reading, 2 readings."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def limits(one: Range) -> str:
    """2.0 to 8.0 °C, or one side of it."""
    if one.low_cdeg is None:
        return f"up to {degrees(one.high_cdeg or 0)}"
    if one.high_cdeg is None:
        return f"from {degrees(one.low_cdeg)}"
    return f"{degrees(one.low_cdeg).removesuffix(' °C')} to {degrees(one.high_cdeg)}"


def rule(one: AlarmRule) -> str:
    """above 8.0 °C for 10 h without interruption."""
    beyond = f"{_BEYOND[one.op]} {degrees(one.limit_cdeg)}"
    if one.mode == profile.CUMULATIVE:
        window = {profile.WINDOW_TRIP: "in all", profile.WINDOW_DAY: "within one day (UTC)"}.get(
            str(one.window), f"within {at_most(one.window)}" if isinstance(one.window, int) else "")
        return f"{beyond} for {_limit(one.duration_ms)} {window}"
    samples = f", {one.min_samples} readings in a row" if one.min_samples > 1 else ""
    if one.duration_ms == 0:
        return f"{beyond} at any time{samples}"
    return f"{beyond} for {_limit(one.duration_ms)} without interruption{samples}"


def _limit(duration_ms: int) -> str:
    """A rule one millisecond longer than a round figure means more than that figure."""
    if duration_ms % _SECOND_MS == 1:
        return f"more than {at_least(duration_ms)}"
    return at_least(duration_ms)


def band(by: Profile, number: int | None) -> str:
    """8.0 to 15.0 °C; None is what no band holds."""
    if number is None:
        return "outside every permitted band"
    one: Budget = by.budgets[number]
    if one.low_cdeg is None or one.high_cdeg is None:
        return limits(Range("", one.low_cdeg, "<", one.high_cdeg, ">")) \
            if one.low_cdeg is not one.high_cdeg else "anywhere outside the range"
    return f"{degrees(one.low_cdeg).removesuffix(' °C')} to {degrees(one.high_cdeg)}"
