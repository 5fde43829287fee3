"""Alarms as a logger's own firmware counts them, put together again.

A daily summary prints 00:00 where an alarm went on over midnight, so one alarm of a month is thirty
lines.  Here it is one: taking each day for itself would make thirty of it.
"""

from dataclasses import dataclass, replace

from edge_gateway.replay.sensor_log import Day, DayAlarm, SensorLog

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class DeviceAlarm:
    """One alarm of one limit.  triggered_ms is None when it was on before the export begins;
    until_ms is the end of its last day, beyond_ms the time past the limit on its days, `days` how
    many they are."""

    slot: str
    triggered_ms: int | None
    until_ms: int
    days: int
    beyond_ms: int


def alarms(log: SensorLog) -> list[DeviceAlarm]:
    """By limit, then by time.  A firing that a device lists with its duration stands as it is; days
    are joined where the next one says 00:00."""
    listed = [DeviceAlarm(one.slot, one.triggered_ms, one.start_ms + one.duration_ms, 1,
                          one.duration_ms) for one in log.alarms]
    slots = sorted({one.slot for day in log.days for one in day.alarms})
    return sorted(listed, key=lambda one: (one.slot, one.until_ms)) + [
        alarm for slot in slots for alarm in _of_days(log.days, slot)]


def _of_days(days: tuple[Day, ...], slot: str) -> list[DeviceAlarm]:
    found: list[DeviceAlarm] = []
    for number, day in enumerate(days):
        end_ms = _end_ms(day, days[number + 1:number + 2])
        for one in day.alarms:
            if one.slot != slot or one.triggered_ms is None:
                continue
            carried = one.triggered_ms == day.start_ms
            if carried and found and found[-1].until_ms == day.start_ms:
                found[-1] = _longer(found[-1], one, end_ms)
            else:
                found.append(DeviceAlarm(slot, None if carried else one.triggered_ms, end_ms, 1,
                                         one.accumulated_ms))
    return found


def _end_ms(day: Day, following: tuple[Day, ...]) -> int:
    """Where the next day begins: a local day has an hour more or less when clocks change."""
    for one in following:
        if abs(one.start_ms - day.start_ms - DAY_MS) <= HOUR_MS:
            return one.start_ms
    return day.start_ms + DAY_MS


def _longer(before: DeviceAlarm, more: DayAlarm, end_ms: int) -> DeviceAlarm:
    return replace(before, until_ms=end_ms, days=before.days + 1,
                   beyond_ms=before.beyond_ms + more.accumulated_ms)
