"""The logger as a process: real interpreter, real broker, a scripted gateway, virtual time."""

import shutil
from collections.abc import Callable

from ledger_client.wire import codes, console, event, telemetry
from ledger_client.wire.values import Record
from tests.unit.firmware.bench import START_MS
from tests.unit.firmware.conftest import Site

MINUTE_MS = 60_000
Start = Callable[[str], Site]


def checked(site: Site, duplicates: int = 0) -> list[Record]:
    """All records, in order; they verify, and the chain has no gap."""
    gateway = site.gateway
    assert gateway.refused == []
    assert gateway.duplicates == duplicates
    records = gateway.opened()
    for before, after in zip([None, *records], records, strict=False):
        expected = (1, bytes(32)) if before is None else (before.seq + 1, before.digest)
        assert (after.seq, after.prev) == expected
        assert after.epoch == 1
    assert event.decode(records[0].body)[0] == codes.EVENT_BOOT
    return records


def readings(records: list[Record]) -> list[tuple[int, int]]:
    """(unix_ms, 10^-2 degC) in order."""
    out = []
    for one in records:
        if one.kind == codes.KIND_TELEMETRY:
            assert one.clock.unix_ms is not None
            offset = one.clock.unix_ms - one.clock.elapsed_ms
            out += [(offset + reading.elapsed_ms, reading.value * 10 ** (reading.exponent + 2))
                    for reading in telemetry.expand(telemetry.decode(one.body), one.clock)]
    return out


def events(records: list[Record]) -> list[tuple[int, list[object]]]:
    return [event.decode(one.body) for one in records if one.kind == codes.KIND_EVENT]


def sensor(minute: int, cdeg: int) -> str:
    return f"{START_MS + minute * MINUTE_MS} sensor 0 {cdeg * 10}"


def test_every_stimulus_is_one_signed_reading(site: Start) -> None:
    one = site("logger")
    one.provision(alarms=[[0, 1, 800, 10 * MINUTE_MS]])
    values = [(minute, 500 + minute % 7 + (600 if 400 <= minute < 500 else 0))
              for minute in range(1500)]
    one.device.tell(f"{START_MS} start", *[sensor(*value) for value in values])
    one.device.tell(f"{START_MS + 1499 * MINUTE_MS} end")
    assert one.device.end() == 0
    records = checked(one)
    assert readings(records) == [(START_MS + minute * MINUTE_MS, cdeg) for minute, cdeg in values]
    assert [code for code, _ in events(records)] == [
        codes.EVENT_BOOT, codes.EVENT_CONFIGURATION, codes.EVENT_ALARM_RAISED,
        codes.EVENT_ALARM_CLEARED]
    raised = next(record for record in records if record.body[:2] == b"\x83\x0c")
    assert raised.clock.elapsed_ms == 410 * MINUTE_MS
    assert one.device.screen.read_text().endswith("end\n")
    assert one.device.log == []


def test_kill_in_the_middle_loses_nothing(site: Start) -> None:
    """kill -9 between any two things; then the same ring goes on in a new timebase."""
    one = site("logger")
    one.provision(telemetry_age_ms=20 * MINUTE_MS)
    one.device.tell(f"{START_MS} start", *[sensor(minute, 500 + minute) for minute in range(300)])
    one.gateway.until(lambda: len(one.gateway.records) >= 6)
    one.device.kill()
    one.device.forget_stimuli()
    shown = max(block[0] for block in one.device.blocks())
    before = one.gateway.duplicates
    one.device.start()
    one.device.tell(f"{START_MS + 500 * MINUTE_MS} start", sensor(500, 700), sensor(501, 701))
    one.device.tell(f"{START_MS + 501 * MINUTE_MS} end")
    assert one.device.end() == 0
    records = checked(one, before)
    got = readings(records)
    old = [reading for reading in got if reading[0] < START_MS + 400 * MINUTE_MS]
    assert old == [(START_MS + minute * MINUTE_MS, 500 + minute) for minute in range(len(old))]
    assert START_MS + len(old) * MINUTE_MS >= shown, "a sample of a moment that is over is lost"
    assert got[len(old):] == [(START_MS + 500 * MINUTE_MS, 700), (START_MS + 501 * MINUTE_MS, 701)]
    boots = [record for record in records if record.body[:2] == b"\x84\x01"]
    assert [boot.clock.timebase for boot in boots] == [1, 2]


def test_power_cut_signs_the_old_samples_first(site: Start) -> None:
    one = site("logger")
    one.provision()
    one.device.tell(f"{START_MS} start", *[sensor(minute, 500) for minute in range(10)])
    one.device.tell(f"{START_MS + 10 * MINUTE_MS} power off",
                    f"{START_MS + 60 * MINUTE_MS} start", sensor(60, 600),
                    f"{START_MS + 60 * MINUTE_MS} end")
    assert one.device.end() == 70
    one.device.start()
    assert one.device.end() == 0
    records = checked(one)
    assert [(record.kind, record.clock.timebase) for record in records] \
        == [(3, 1), (3, 1), (1, 1), (3, 2), (1, 2)]
    assert len(readings(records)) == 11


def test_link_faults(site: Start) -> None:
    """Down: records wait in the ring.  Repeat: the next PUBLISH arrives twice, once."""
    one = site("logger")
    one.provision(telemetry_age_ms=10 * MINUTE_MS)
    one.device.tell(f"{START_MS} start", *[sensor(minute, 500) for minute in range(30)])
    one.device.tell(f"{START_MS + 30 * MINUTE_MS} wait", f"{START_MS + 30 * MINUTE_MS} link down",
                    *[sensor(minute, 510) for minute in range(30, 120)])
    one.device.until_shown("OFFLINE 8 ")
    assert len(one.gateway.records) == 4
    assert one.device.ask(console.STATUS)[7] == 0
    one.device.tell(f"{START_MS + 120 * MINUTE_MS} link up", f"{START_MS + 120 * MINUTE_MS} wait")
    one.device.until_shown(f"idle {START_MS + 120 * MINUTE_MS}")
    one.device.tell(f"{START_MS + 120 * MINUTE_MS} link repeat",
                    *[sensor(minute, 520) for minute in range(120, 132)],
                    f"{START_MS + 131 * MINUTE_MS} end")
    assert one.device.end() == 0
    records = checked(one, duplicates=1)
    assert len(readings(records)) == 132


def test_sensor_fault_is_a_gap_and_two_events(site: Start) -> None:
    one = site("logger")
    one.provision()
    one.device.tell(f"{START_MS} start", sensor(0, -1234), f"{START_MS + MINUTE_MS} sensor 0 fail",
                    sensor(3, 12499), f"{START_MS + 4 * MINUTE_MS} end")
    assert one.device.end() == 0
    records = checked(one)
    assert readings(records) == [(START_MS, -1234), (START_MS + 3 * MINUTE_MS, 12499),
                                 (START_MS + 4 * MINUTE_MS, 12499)]
    assert events(records)[2:] == [(codes.EVENT_SENSOR_FAULT, [0, codes.FAULT_NO_ANSWER]),
                                   (codes.EVENT_SENSOR_RESTORED, [0, 2])]


def test_broken_custody_is_said_and_mended(site: Start) -> None:
    """A gateway restored from an old backup: event 14 with its promise, and all of it again."""
    one = site("logger")
    one.provision(telemetry_age_ms=10 * MINUTE_MS)
    one.device.tell(f"{START_MS} start", *[sensor(minute, 500) for minute in range(60)],
                    f"{START_MS + 60 * MINUTE_MS} wait", f"{START_MS + 60 * MINUTE_MS} link down")
    one.device.until_shown("idle")
    promised = one.gateway.held(1)[1]
    with one.gateway.changed:
        one.gateway.records = {number: one.gateway.records[number]
                               for number in list(one.gateway.records)[:3]}
        one.gateway.journal_id = b"restored"
    one.device.tell(f"{START_MS + 60 * MINUTE_MS} link up", f"{START_MS + 60 * MINUTE_MS} end")
    assert one.device.end() == 0
    records = checked(one)
    said = [detail for code, detail in events(records) if code == codes.EVENT_CUSTODY_BROKEN]
    assert len(said) == 1
    assert len(records) > promised


def test_time_of_a_gateway(site: Start) -> None:
    """Better than holdover: a signed step, the record before it closed; virtual time: no change."""
    one = site("logger")
    one.provision()
    one.gateway.time = (START_MS + 40_000, 20, codes.SOURCE_SNTP)
    one.device.tell(f"{START_MS} start", sensor(0, 500))
    one.gateway.until(lambda: len(one.gateway.records) >= 3)
    one.device.tell(f"{START_MS} end")
    assert one.device.end() == 0
    records = checked(one)
    steps = [(record, event.decode(record.body)[1]) for record in records
             if record.body[:2] == b"\x84\x03"]
    (record, detail), = steps
    assert detail[0] == START_MS
    assert abs(int(str(detail[1])) - (START_MS + 40_000)) < 5_000
    assert (record.clock.source, record.clock.unix_ms) == (codes.SOURCE_ACK, detail[1])


def test_a_checkpoint_becomes_one_beacon_a_day(site: Start) -> None:
    one = site("logger")
    one.provision(interval_ms=60 * MINUTE_MS, telemetry_age_ms=3 * 60 * MINUTE_MS)
    one.gateway.app_hash = bytes(range(32))
    hours = [(60 * hour, 500) for hour in range(72)]
    lines = [f"{START_MS} start"]
    for minute, cdeg in hours:
        lines += [sensor(minute, cdeg), f"{START_MS + minute * MINUTE_MS} wait"]
    one.device.tell(*lines, f"{START_MS + 71 * 60 * MINUTE_MS} end")
    assert one.device.end() == 0
    beacons = [detail for code, detail in events(checked(one)) if code == codes.EVENT_BEACON]
    assert beacons == [[bytes(range(32))]] * 3


def test_full_ring_waits_for_acks(site: Start) -> None:
    """Virtual time stands before anything would be discarded, and goes on with the acks."""
    one = site("logger")
    one.device.kill()
    (one.device.folder / "flash.img").write_bytes(b"\xff" * 6 * 16384)
    one.device.start()
    one.provision(telemetry_age_ms=MINUTE_MS)
    one.gateway.acking = False
    one.device.tell(f"{START_MS} start", *[sensor(minute, 500) for minute in range(600)])
    one.gateway.until(lambda: len(one.gateway.records) > 20)
    answers = [one.device.ask(console.STATUS) for _ in range(10)]
    while answers[1:] != answers[:-1]:  # a turn moves time or the queue, unless time stands
        answers = [*answers[1:], one.device.ask(console.STATUS)]
    assert answers[0][0] > 20
    assert answers[0][4] < START_MS + 500 * MINUTE_MS
    one.gateway.acking = True
    one.gateway.acknowledge()
    one.device.tell(f"{START_MS + 600 * MINUTE_MS} end")
    assert one.device.end() == 0
    records = checked(one, one.gateway.duplicates)
    assert len(readings(records)) == 601


def test_same_seed_same_bytes(site: Start) -> None:
    """A simulation can be repeated: same seed, same stimuli, same records."""
    images = []
    for _ in range(2):
        one = site("logger")
        one.provision()
        one.device.tell(f"{START_MS} start", sensor(0, 500), sensor(1, 501),
                        f"{START_MS + 2 * MINUTE_MS} end")
        assert one.device.end() == 0
        images.append([one.gateway.records[number] for number in sorted(one.gateway.records)])
        one.close()
        shutil.rmtree(one.device.folder)
    assert images[0] == images[1]
    assert len(images[0]) == 3
