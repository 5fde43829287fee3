"""The whole device cut off at every flash operation, cleanly and in its midst, then started again.

Runs on MicroPython only: it uses the very ports of the unix port, with the flash in memory.
"""

import io
import os
import sys

from ledger_client.wire import codes, configuration, event, record, telemetry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.device.app import App
    from firmware.device.provisioning import Provision
    from firmware.host.flash import Flash
    from firmware.host.hal import HostHal
    from ledger_client.wire.values import Record

MINUTE_MS = 60000
START_MS = 1760000000000
SAMPLES = 24
ROOM_BYTES = 1500  # left in the first segment, so that the next one is entered on the way
SEGMENTS = 6
DIRECTORY = "/tmp/coldseal-power-cuts-%d" % (os.urandom(1)[0] << 16 | os.urandom(1)[0] << 8
                                             | os.urandom(1)[0])
SETTINGS = configuration.encode({
    "alarms": [[0, 1, 800, 0]], "broker": ["127.0.0.1", 1, 0], "giai": None,
    "interval_ms": MINUTE_MS, "party": "p", "place": None, "rescan_ms": 0,
    "telemetry_age_ms": 7 * MINUTE_MS})


def write_stimuli(first_minute: int) -> None:
    """A reading a minute, a sensor fault, an alarm; the last line only lets time reach it."""
    with open(DIRECTORY + "/stimuli", "w") as file:
        file.write("%d start\n" % (START_MS + first_minute * MINUTE_MS))
        for minute in range(first_minute, first_minute + SAMPLES):
            value = "fail" if minute % 20 == 13 else str(9000 if minute % 20 == 17 else 5000)
            file.write("%d sensor 0 %s\n" % (START_MS + minute * MINUTE_MS, value))
        file.write("%d link down\n" % (START_MS + (first_minute + SAMPLES) * MINUTE_MS))


def started(memory: "Flash") -> "tuple[App, HostHal]":
    """The device after power-on, over this flash."""
    from firmware.boards import logger
    from firmware.device.app import App
    from firmware.host.hal import HostHal
    hal = HostHal(logger, DIRECTORY)
    hal.flash = memory
    hal.network.link = False
    return App(hal), hal


def provision() -> "Provision":
    from firmware.device import provisioning
    from tests.device import parts
    arguments = [parts.LEDGER, bytes(32), codes.ROLE_DEVICE, SETTINGS,
                 [parts.GATEWAYS[0].public_key], None]
    return provisioning.read(arguments, "logger")


def run(app: "App", hal: "HostHal") -> None:
    """Until the stimuli are used up."""
    due = False
    while hal._stimuli.peek() is not None or not app.booted:
        app.step(due)
        due = hal.wait(app)


def opened(app: "App") -> "list[Record]":
    """All that the ring holds; the chain is whole."""
    assert app.chain is not None
    out: "list[Record]" = []
    journal = app.chain.journal
    found = journal.next_record(journal.place_of(*journal.first_held()))
    while found is not None:
        one = record.decode(found[3], app.chain.ledger)
        assert one.epoch == 1, "the last seq was in doubt"
        assert one.seq == len(out) + 1, "a record is missing"
        assert one.prev == (out[-1].digest if out else record.FIRST_PREV)
        out.append(one)
        found = journal.next_record(found[0])
    return out


def minutes(records: "list[Record]") -> "list[int]":
    """When readings were taken, in minutes of virtual time."""
    out = []
    for one in records:
        if one.kind == codes.KIND_TELEMETRY:
            offset = (one.clock.unix_ms or 0) - one.clock.elapsed_ms - START_MS
            for reading in telemetry.expand(telemetry.decode(one.body), one.clock):
                out.append((offset + reading.elapsed_ms) // MINUTE_MS)
    return out


def expected(first: int, end: int) -> "list[int]":
    return [minute for minute in range(first, end) if minute % 20 != 13]


def cut_once(cut_at: int, torn_bytes: int) -> bool:
    """False when the device did all its work before that operation."""
    from firmware.device.journal import SEGMENT_BYTES, SEGMENT_SECTORS
    from firmware.host.flash import Flash, PowerCut
    size = SEGMENTS * SEGMENT_BYTES
    memory = Flash(io.BytesIO(b"\xff" * size), size)
    for name in os.listdir(DIRECTORY):
        os.unlink(DIRECTORY + "/" + name)
    write_stimuli(0)
    app, hal = started(memory)
    app.take_provision(provision())
    assert app.chain is not None
    while app.chain.journal._offset < SEGMENT_BYTES - ROOM_BYTES:
        app.chain.journal.mark()
    memory.cut_at, memory.torn_bytes = memory.operations + cut_at, torn_bytes
    try:
        run(app, hal)
        assert memory.erases > SEGMENT_SECTORS, "no second segment was entered"
        return False
    except PowerCut:
        memory.cut_at = 0
    reached = hal.elapsed_ms() // MINUTE_MS
    write_stimuli(100)
    app, hal = started(memory)
    run(app, hal)
    assert app.hand_over()
    check(opened(app), reached)
    return True


def check(records: "list[Record]", reached: int) -> None:
    """At most the sample in whose midst the power failed is lost."""
    taken = minutes(records)
    old = [minute for minute in taken if minute < 100]
    assert old in (expected(0, reached), expected(0, reached + 1)), old
    assert taken[len(old):] == expected(100, 100 + SAMPLES)
    boots = [one for one in records if one.kind == codes.KIND_EVENT
             and event.decode(one.body)[0] == codes.EVENT_BOOT]
    timebases = [one.clock.timebase for one in boots]
    assert timebases in ([1], [1, 2]), timebases
    assert len(timebases) == 2 or not old


def check_crash() -> None:
    """An error that nobody foresaw is signed, in the printable part of its text."""
    from firmware.device.journal import SEGMENT_BYTES
    from firmware.host.flash import Flash
    size = SEGMENTS * SEGMENT_BYTES
    write_stimuli(200)
    app, hal = started(Flash(io.BytesIO(b"\xff" * size), size))
    app.report_crash(KeyError("before anything works: nothing to sign with"))
    os.unlink(DIRECTORY + "/provision")
    app, hal = started(hal.flash)
    app.take_provision(provision())
    run(app, hal)
    app.report_crash(ValueError("odd\x07 text of " + "x" * 100))
    last = opened(app)[-1]
    assert event.decode(last.body) == (codes.EVENT_CRASH,
                                       ["ValueError", ("odd? text of " + "x" * 100)[:codes.TEXT]])


def main() -> None:
    os.mkdir(DIRECTORY)
    os.putenv("COLDSEAL_STIMULI", DIRECTORY + "/stimuli")
    os.putenv("COLDSEAL_SEED", "cuts")
    cut_at, points = 1, 0
    while cut_once(cut_at, 0) and cut_once(cut_at, 24):
        cut_at += 1
        points += 2
    assert points > 80, "only %d cut points" % points
    check_crash()
    for name in os.listdir(DIRECTORY):
        os.unlink(DIRECTORY + "/" + name)
    os.rmdir(DIRECTORY)


if sys.implementation.name == "micropython":
    main()
