"""Verdicts against what the devices' own firmware reported, sampling every minute."""

import json
from typing import Any

import pytest

from edge_gateway import replay
from edge_gateway.replay.sensor_log import SensorLog
from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import Exposure
from ledger_client.core.verdict import AlarmEvent, Verdict
from tests.shared_data import shared
from tests.storage_scenes import DAY_MS, HOUR_MS, MINUTE_MS, make, rule

FRIDGE_2L = "FridgeTag_2L_130500109088_202206081014.txt"
FRIDGE_UL = "FridgeTag_UL_100800001215_202304201410.txt"
Q_TAG = "QTag_CLm_doc_LR_RCPJ00010_02_202211090128.txt"


def read(name: str) -> SensorLog:
    return replay.read(shared("compliance/berlinger") / name, zone="UTC")


def judged(log: SensorLog, by: Profile) -> Verdict:
    whole = replay.segment(log)
    assert whole.end_ms is not None
    return storage.judge(by, Exposure("item", whole.start_ms, whole.end_ms, (whole,)), None,
                         whole.end_ms)


def limits_of(log: SensorLog, *, step_min: int, **changes: Any) -> Profile:
    """The device's own limits, and each once more as accumulated time of a day."""
    rules = [rule(one.limit_cdeg, one.op, one.duration_ms, mode=one.mode,
                  window="none" if one.mode == "single" else "trip") for one in log.limits]
    days = [rule(one.limit_cdeg, one.op, 1, mode="cumulative", window="day") for one in log.limits]
    low = [one.limit_cdeg for one in log.limits if one.op == "<"]
    high = [one.limit_cdeg for one in log.limits if one.op == ">"]
    return make(*rules, *days, low=low[0], high=high[0], step_ms=step_min * MINUTE_MS, **changes)


def clock(unix_ms: int | None) -> str:
    return "-----" if unix_ms is None else \
        f"{unix_ms // HOUR_MS % 24:02}:{unix_ms // MINUTE_MS % 60:02}"


def certain(verdict: Verdict, number: int) -> list[AlarmEvent]:
    return [one for one in verdict.alarms[number].events if one.state == "certain"]


def accumulated(verdict: Verdict, number: int) -> dict[int, AlarmEvent]:
    """Day number -> the firing of a cumulative rule on that day."""
    return {one.possible_at_ms // DAY_MS: one for one in verdict.alarms[number].events}


@pytest.mark.parametrize(("name", "step_min"), [(FRIDGE_2L, 5), (FRIDGE_UL, 5)])
def test_minutes_beyond_a_limit_each_day_enclose_the_devices(name: str, step_min: int) -> None:
    log = read(name)
    verdict = judged(log, limits_of(log, step_min=step_min))
    outside = []
    for number, limit in enumerate(log.limits):
        ours = accumulated(verdict, len(log.limits) + number)
        for day in log.days:
            (device,) = [one for one in day.alarms if one.slot == limit.slot]
            event = ours.get(day.start_ms // DAY_MS)
            least, most = (event.at_least_ms, event.at_most_ms) if event else (0, 0)
            print(f"{day.date} {limit.op}{limit.limit_cdeg:6} device "
                  f"{device.accumulated_ms // MINUTE_MS:5} min, ours {least // MINUTE_MS:5} to "
                  f"{most // MINUTE_MS:5}")
            if not least <= device.accumulated_ms <= most:
                outside.append((day.date, limit.op, device.accumulated_ms // MINUTE_MS,
                                least // MINUTE_MS, most // MINUTE_MS))
    assert len(log.days) > 3
    assert outside == []


def test_fridge_tag_fires_when_the_device_did() -> None:
    log = read(FRIDGE_2L)
    verdict = judged(log, limits_of(log, step_min=5))
    fresh = carried = 0
    for number, limit in enumerate(log.limits):
        ours = certain(verdict, number)
        for day in log.days:
            (device,) = [one for one in day.alarms if one.slot == limit.slot]
            fired = [one.certain_at_ms for one in ours if one.certain_at_ms is not None
                     and day.start_ms <= one.certain_at_ms < day.start_ms + DAY_MS]
            over = [one for one in ours if one.certain_at_ms is not None and one.last_ms is not None
                    and one.certain_at_ms < day.start_ms <= one.last_ms]
            print(f"{day.date} {limit.op}{limit.limit_cdeg:5} device {clock(device.triggered_ms)}, "
                  f"ours {' '.join(map(clock, fired)) or '-----'}{' carried over' * bool(over)}")
            if device.triggered_ms is None:
                assert (fired, over) == ([], [])
            elif device.triggered_ms == day.start_ms:
                assert len(over) == 1, "one episode goes on over midnight"
                carried += 1
            else:
                assert 0 <= fired[0] - device.triggered_ms <= 4 * MINUTE_MS
                (event,) = [one for one in ours if one.certain_at_ms == fired[0]]
                assert event.possible_at_ms <= device.triggered_ms <= fired[0]
                fresh += 1
    assert (fresh, carried) == (10, 20)


# What the World Health Organization's limits give on this log, computed apart from this code.
WHO_HEAT = ["05-17 22:06", "05-25 01:41", "05-26 21:01"]
WHO_FREEZE = ["05-27 19:16", "05-28 17:16", "05-30 18:11", "05-31 12:46", "06-01 13:01",
              "06-02 16:26", "06-03 19:56"]


def day_clock(unix_ms: int | None) -> str:
    assert unix_ms is not None
    days = (unix_ms // DAY_MS) - 19113  # 2022-05-01
    return f"{5 + days // 31:02}-{days % 31 + 1:02} {clock(unix_ms)}"


def test_fridge_tag_under_the_limits_of_the_30_day_logger() -> None:
    verdict = judged(read(FRIDGE_2L), profile.decode(profiles.load("who-e006-30dtr")))
    assert [day_clock(one.certain_at_ms) for one in certain(verdict, 0)] == WHO_HEAT
    assert [day_clock(one.certain_at_ms) for one in certain(verdict, 1)] == WHO_FREEZE


def test_at_or_below_is_not_below() -> None:
    log = read(FRIDGE_2L)
    strict = judged(log, make(rule(-50, "<", HOUR_MS), rule(800, ">", 10 * HOUR_MS)))
    fired = [day_clock(one.certain_at_ms) for one in certain(strict, 0)]
    assert sum(one not in fired for one in WHO_FREEZE) == 4
    assert "06-01 13:41" in fired


def test_fridge_tag_gap_is_unknown_and_makes_alarms_possible_only() -> None:
    verdict = judged(read(FRIDGE_2L), limits_of(read(FRIDGE_2L), step_min=5))
    (gap,) = verdict.gaps
    assert (gap.to_ms - gap.from_ms, gap.why) == (352 * MINUTE_MS, "no readings")
    across = [one for one in verdict.alarms[0].events if one.first_ms is None]
    assert [(one.state, one.cause) for one in across] == [("possible", "gap")]
    assert verdict.times.unknown_ms == 352 * MINUTE_MS
    assert verdict.outcome == "hold"


def test_rows_cut_out_of_a_log_show_as_gaps() -> None:
    log = read("FridgeTag_2L_test.txt")
    verdict = judged(log, limits_of(log, step_min=5))
    lengths = [(one.to_ms - one.from_ms) // MINUTE_MS for one in verdict.gaps]
    assert lengths == [352, 14_505, 38_505]
    assert verdict.outcome == "hold"
    # The day summaries stand in the header still: 35 days of them have no reading left.
    assert any("35 of 38" in note for note in log.notes)
    # Each gap could hide an alarm of either side; the certain one is in the rows that are left.
    assert [one.state for one in verdict.alarms[:2]] == ["possible", "certain"]
    assert sum(one.cause == "gap" for one in verdict.alarms[0].events) == 3


def test_ultra_low_alarm_and_lost_sensor() -> None:
    log = read(FRIDGE_UL)
    verdict = judged(log, limits_of(log, step_min=5))
    (event,) = verdict.alarms[1].events
    device = [one.triggered_ms for day in log.days for one in day.alarms
              if one.slot == "1" and one.triggered_ms is not None]
    # The device knew the first quarter of an hour, of which it logged "--.-".
    assert event.certain_at_ms is not None
    assert 0 <= event.certain_at_ms - device[0] <= 15 * MINUTE_MS
    assert event.possible_at_ms <= device[0]
    assert [one.why for one in verdict.gaps] == ["sensor gave no value"] * 2


def test_fridge_tag_days_that_carry_over_are_one_alarm_of_the_device() -> None:
    """Sixty days in a row the device prints 00:00: an import must not make sixty alarms of it."""
    log = read("FridgeTag_2_130400191542_202302140605.txt")
    highs = [one for day in log.days for one in day.alarms if one.slot == "1"]
    assert len(highs) == 60
    assert all(one.triggered_ms == day.start_ms for one, day in zip(highs, log.days, strict=True))


def test_q_tag_alarms_enclose_the_devices() -> None:
    log = read(Q_TAG)
    verdict = judged(log, limits_of(log, step_min=10))
    slots = [one.slot for one in log.limits]
    single = [one for one in log.alarms if one.slot in ("1", "5")]
    for device in single:
        events = verdict.alarms[slots.index(device.slot)].events
        near = [one for one in events if one.first_ms is not None and one.last_ms is not None
                and abs(one.first_ms - device.start_ms) <= 10 * MINUTE_MS]
        print(device.slot, clock(device.start_ms), device.duration_ms // MINUTE_MS,
              [(one.state, one.at_least_ms // MINUTE_MS, one.at_most_ms // MINUTE_MS)
               for one in near])
        (event,) = near
        assert event.at_least_ms <= device.duration_ms <= event.at_most_ms
        assert event.possible_at_ms <= device.triggered_ms
        if event.certain_at_ms is not None:
            assert device.triggered_ms <= event.certain_at_ms
    assert len(single) == 4
    for device in (one for one in log.alarms if one.slot in ("2", "4")):
        alarm = verdict.alarms[slots.index(device.slot)]
        (event,) = alarm.events
        assert event.certain_at_ms is not None
        print(device.slot, device.duration_ms // MINUTE_MS, event.at_least_ms // MINUTE_MS,
              event.at_most_ms // MINUTE_MS, clock(event.possible_at_ms),
              clock(device.triggered_ms), clock(event.certain_at_ms))
        assert event.at_least_ms <= device.duration_ms <= event.at_most_ms
        assert event.possible_at_ms <= device.triggered_ms <= event.certain_at_ms


def test_q_tag_short_dips_are_possible_alarms() -> None:
    """Counting rows times interval would raise ten alarms; the device, between its rows, saw three.
    Three rows may or may not have lasted 30 minutes; four at least did, if the temperature did not
    return between two of them: in the one case here that is exactly as long, it had."""
    log = read(Q_TAG)
    events = judged(log, limits_of(log, step_min=10)).alarms[3].events
    naive = [one for one in events if one.at_least_ms + 10 * MINUTE_MS >= 30 * MINUTE_MS]
    assert (len(naive), len(events)) == (10, 17)
    sure = [one for one in events if one.state == "certain"]
    device = [one.start_ms for one in log.alarms if one.slot == "5"]
    alone = [one for one in sure if one.first_ms is not None
             and not any(abs(one.first_ms - start) <= 10 * MINUTE_MS for start in device)]
    assert (len(sure), len(device)) == (3, 3)
    assert [one.at_least_ms for one in alone] == [30 * MINUTE_MS]


def test_q_tag_mkt_is_the_devices() -> None:
    log = read(Q_TAG)
    results = dict(log.results)
    energy_j_mol = round(float(results["MKT Energy"]) * 1000)
    by = limits_of(log, step_min=10, mkt={
        "delta_h_j_mol": energy_j_mol, "gas_constant_uj_mol_k": 8_314_500, "window_ms": None,
        "limit_cdeg": 800, "coverage_min_permille": 900})
    mkt = judged(log, by).mkt
    assert mkt is not None
    assert mkt.mkt_udeg is not None
    device_udeg = round(float(results["MKT"]) * 1_000_000)
    print("device", device_udeg, "ours", mkt.mkt_udeg)
    assert 0 <= mkt.mkt_udeg - device_udeg < 150_000
    assert (mkt.coverage_permille, mkt.delta_h_j_mol) == (1000, 83_000)
    assert not mkt.passes


def test_readers_agree_with_the_extracted_summaries() -> None:
    """The same figures by another hand: the firmware's summaries as a table."""
    table = json.loads(shared("compliance/oracles/device_reported_summaries.json").read_text())
    days = 0
    for device in table["devices"]:
        log = replay.read(shared("compliance") / device["file"], zone="UTC")
        assert (log.device, log.serial) == (device["device"], device["serial"])
        by_date = {day.date: day for day in log.days}
        for theirs in device.get("days", []):
            ours = by_date[theirs["date"]]
            assert ours.min_cdeg == round(theirs["min_c"] * 100)
            assert ours.max_cdeg == round(theirs["max_c"] * 100)
            assert ours.mean_cdeg == round(theirs["avg_c"] * 100)
            for slot, name in (("0", "low"), ("1", "high")):
                (alarm,) = [one for one in ours.alarms if one.slot == slot]
                assert alarm.accumulated_ms == theirs["alarms"][name]["accumulated_min"] * MINUTE_MS
                at = theirs["alarms"][name]["triggered_at"]
                assert clock(alarm.triggered_ms) == (at or "-----")
            assert ours.sensor_timeout_ms == sum(theirs["sensor_timeout_min"].values()) * MINUTE_MS
            days += 1
    assert days >= 100


# scenario -> (codes in the records, state of HEAT, state of FRZE, state above 8 degC for any time)
SCENARIOS = {
    "mains_normal": ("", "none", "none", "none"),
    "solar_normal": ("", "none", "none", "none"),
    "busy_facility": ("", "none", "none", "none"),
    "power_outage": ("", "none", "none", "none"),
    "compressor_failure": ("", "none", "none", "none"),
    "stuck_door": ("DOOR", "none", "none", "certain"),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_simulated_faults_are_judged_by_their_temperature(name: str) -> None:
    codes, heat, freeze, warm = SCENARIOS[name]
    log = replay.read(shared(f"compliance/cce_simulated_faults/{name}.json"))
    assert {note.split(": ")[1] for note in log.notes} == ({codes} if codes else set())
    who = judged(log, profile.decode(profiles.load("who-e003-ems")))
    assert [one.state for one in who.alarms] == [heat, freeze]
    assert who.gaps == ()
    cold = judged(log, profile.decode(profiles.load("refrigerated-2-8")))
    assert [one.state for one in cold.alarms] == [warm, "none"]
    if name == "stuck_door":  # six hours: short of HEAT's ten, but outside all the time
        (stay,) = who.excursions
        assert (stay.rule, stay.side, stay.at_least_ms) == (None, "high", 23 * 15 * MINUTE_MS)
        assert who.alarms[0].at_most_ms < 10 * HOUR_MS
        (above,) = cold.excursions
        assert (above.rule, above.range) == (0, None)  # 16.2 degC: above the permitted 15
        assert [one.band for one in cold.budgets if one.state == "certain"] == [None]
