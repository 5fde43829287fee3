"""Alarms of a device's daily lines put together again: what goes on over midnight is one."""

from edge_gateway.replay import device_alarms
from edge_gateway.replay.device_alarms import DeviceAlarm
from edge_gateway.replay.sensor_log import AlarmSpan, Day, DayAlarm, SensorLog

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
START_MS = 1_700_006_400_000  # a midnight


def day(start_ms: int, beyond_h: int, triggered_h: int | None, slot: str = "1") -> Day:
    """Hours beyond the limit, and the hour at which the alarm was raised."""
    alarm = DayAlarm(slot, beyond_h * HOUR_MS,
                     None if triggered_h is None else start_ms + triggered_h * HOUR_MS)
    return Day("", start_ms, None, None, None, (alarm,), 0)


def of(*days: Day, alarms: tuple[AlarmSpan, ...] = ()) -> list[DeviceAlarm]:
    return device_alarms.alarms(SensorLog("f", "d", "s", (), days=days, alarms=alarms))


def at(number: int) -> int:
    return START_MS + number * DAY_MS


def test_days_that_carry_over_are_one_alarm() -> None:
    found = of(day(at(0), 3, 21), day(at(1), 24, 0), day(at(2), 5, 0), day(at(3), 0, None))
    assert found == [DeviceAlarm("1", at(0) + 21 * HOUR_MS, at(3), 3, 32 * HOUR_MS)]


def test_one_that_was_on_before_the_export_has_no_beginning() -> None:
    assert of(day(at(0), 24, 0), day(at(1), 2, 0)) == \
        [DeviceAlarm("1", None, at(2), 2, 26 * HOUR_MS)]


def test_a_day_later_is_another_alarm() -> None:
    found = of(day(at(0), 3, 21), day(at(1), 3, 9), day(at(2), 0, None), day(at(3), 3, 9))
    assert [one.days for one in found] == [1, 1, 1]
    assert [one.triggered_ms for one in found] == \
        [at(0) + 21 * HOUR_MS, at(1) + 9 * HOUR_MS, at(3) + 9 * HOUR_MS]


def test_a_day_that_is_missing_parts_them() -> None:
    found = of(day(at(0), 3, 21), day(at(2), 24, 0))
    assert [(one.triggered_ms is None, one.until_ms) for one in found] == \
        [(False, at(1)), (True, at(3))]


def test_a_day_has_an_hour_more_when_clocks_go_back() -> None:
    second = at(1) + HOUR_MS
    assert of(day(at(0), 3, 21), day(second, 24, 0)) == \
        [DeviceAlarm("1", at(0) + 21 * HOUR_MS, second + DAY_MS, 2, 27 * HOUR_MS)]


def test_limits_are_apart() -> None:
    both = Day("", at(0), None, None, None,
               day(at(0), 1, 2, "0").alarms + day(at(0), 3, 4, "1").alarms, 0)
    assert [(one.slot, one.beyond_ms // HOUR_MS) for one in of(both)] == [("0", 1), ("1", 3)]


def test_what_a_device_lists_stands_as_it_is() -> None:
    spans = (AlarmSpan("5", at(0), at(0) + HOUR_MS, 2 * HOUR_MS),
             AlarmSpan("1", at(1), at(1) + HOUR_MS, 3 * HOUR_MS))
    assert of(alarms=spans) == [
        DeviceAlarm("1", at(1) + HOUR_MS, at(1) + 3 * HOUR_MS, 1, 3 * HOUR_MS),
        DeviceAlarm("5", at(0) + HOUR_MS, at(0) + 2 * HOUR_MS, 1, 2 * HOUR_MS)]
