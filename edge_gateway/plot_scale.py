"""Scales and ticks of a plot: temperatures upwards, time to the right in a given zone."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_TIME_STEPS = [_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 3 * _HOUR,
               6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 5 * _DAY, 10 * _DAY]
_MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120]
_MONTH = 30 * _DAY
_VALUE_STEPS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]
TICK_PX = 78  # a tick label with its date needs so much
VALUE_TICK_PX = 34


@dataclass(frozen=True)
class Box:
    """The plotting area in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


@dataclass(frozen=True)
class Scale:
    """Milliseconds and cdeg to pixels of a box."""

    box: Box
    from_ms: int
    to_ms: int
    low_cdeg: int
    high_cdeg: int

    def x(self, unix_ms: int) -> float:
        share = (unix_ms - self.from_ms) / (self.to_ms - self.from_ms)
        return self.box.left + min(1.0, max(0.0, share)) * self.box.width

    def y(self, value_cdeg: int) -> float:
        share = (value_cdeg - self.low_cdeg) / (self.high_cdeg - self.low_cdeg)
        return self.box.bottom - min(1.0, max(0.0, share)) * self.box.height

    def shows(self, value_cdeg: int) -> bool:
        return self.low_cdeg <= value_cdeg <= self.high_cdeg


def scale(box: Box, period: tuple[int, int], values: Sequence[int]) -> Scale:
    """A scale that shows all values, a little beyond, between round figures."""
    low, high = min(values, default=0), max(values, default=1000)
    step = _step(_VALUE_STEPS, max(high - low, 100) * VALUE_TICK_PX / box.height)
    margin = step // 4
    return Scale(box, period[0], max(period[1], period[0] + 1),
                 (low - margin) // step * step, -((-high - margin) // step) * step)


def _step(steps: Sequence[int], least: float) -> int:
    return next((one for one in steps if one >= least), steps[-1])


def value_ticks(of: Scale) -> list[int]:
    step = _step(_VALUE_STEPS, (of.high_cdeg - of.low_cdeg) * VALUE_TICK_PX / of.box.height)
    return list(range(-(-of.low_cdeg // step) * step, of.high_cdeg + 1, step))


def time_ticks(of: Scale, zone: tzinfo) -> list[tuple[int, str, str]]:
    """(unix_ms, label, second line): round local times; below them the date, or the year, where it
    begins."""
    least = (of.to_ms - of.from_ms) * TICK_PX / of.box.width
    step = _step(_TIME_STEPS, least)
    moments = _months(of, zone, least) if step < least else _steps(of, zone, step)
    ticks = []
    before = ""
    for unix_ms, moment in moments:
        date = f"{moment.day} {moment:%b}"
        label, below = (date, f"{moment:%Y}") if step >= _DAY else (
            f"{moment:%H:%M}", f"{date} {moment:%Y}")
        ticks.append((unix_ms, label, "" if below == before else below))
        before = below
    return ticks


def _steps(of: Scale, zone: tzinfo, step: int) -> Iterator[tuple[int, datetime]]:
    """Wall-clock steps from the midnight before."""
    midnight = local(of.from_ms, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in itertools.count():
        moment = midnight + timedelta(milliseconds=number * step)
        unix_ms = _unix_ms(moment)
        if unix_ms > of.to_ms:
            return
        if unix_ms >= of.from_ms:
            yield unix_ms, moment


def _months(of: Scale, zone: tzinfo, least: float) -> Iterator[tuple[int, datetime]]:
    """First days of months."""
    step = next((one for one in _MONTH_STEPS if one * _MONTH >= least), _MONTH_STEPS[-1])
    start = local(of.from_ms, zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for number in itertools.count(0, step):
        year, month = divmod(start.month - 1 + number, 12)
        moment = start.replace(year=start.year + year, month=month + 1)
        unix_ms = _unix_ms(moment)
        if unix_ms > of.to_ms:
            return
        if unix_ms >= of.from_ms:
            yield unix_ms, moment


def _unix_ms(moment: datetime) -> int:
    return round((moment.astimezone(UTC) - _EPOCH) / timedelta(milliseconds=1))


def local(unix_ms: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=unix_ms)).astimezone(zone)
