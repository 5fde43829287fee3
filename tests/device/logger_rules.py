"""The logger over a real ring: when records close, alarms, faults, power loss, a full ring."""

from firmware.device.alarms import Alarms
from firmware.device.batch import FAILED, Batch, Channel, decode_slot, encode_slot, shortest
from firmware.device.faults import BEGINS, ENDS, FaultWatch
from firmware.device.logger import Logger
from ledger_client.wire import cbor, codes, event, telemetry
from ledger_client.wire.values import Clock
from tests.device import parts

MINUTE_MS = 60000
CHANNELS = [Channel(0, codes.QUANTITY_TEMPERATURE, -2)]
TWO_CHANNELS = CHANNELS + [Channel(3, codes.QUANTITY_HUMIDITY, -2)]
SETTINGS = {"alarms": [[0, 0, 200, 2 * MINUTE_MS], [0, 1, 800, 0]], "interval_ms": MINUTE_MS,
            "telemetry_age_ms": 60 * MINUTE_MS}


class Bench:
    """A logger, its chain, and the readings it will see, one a sample."""

    def __init__(self, channels: "list[Channel]", changes: "dict[str, object]",
                 segments: int = 8) -> None:
        self.memory = parts.flash(segments)
        self.channels = channels
        self.settings = dict(SETTINGS)
        self.settings.update(changes)
        self.values: "list[object]" = []
        self.elapsed_ms = 0
        self.timebase = 1
        self.start()

    def start(self) -> None:
        """As after power-on: what the ring holds is signed first."""
        self.chain = parts.chain(self.memory)
        self.logger = Logger(self.chain, self.channels, self.read)
        recovery = self.chain.journal.mount()
        self.logger.recover([] if recovery is None else recovery.pending)
        self.logger.configure(self.settings, self.clock())

    def clock(self) -> Clock:
        return parts.clock(self.elapsed_ms, self.timebase)

    def read(self) -> "list[tuple[int | None, int]]":
        value = self.values.pop(0)
        if value is None:
            return [(None, codes.FAULT_CHECKSUM)] * len(self.channels)
        return [(value, 0)] * len(self.channels)  # type: ignore[list-item]

    def run(self, values: "list[object]") -> None:
        """One sample an interval."""
        self.values = list(values)
        while self.values:
            self.elapsed_ms = self.logger.due_ms()
            self.logger.step(self.clock())

    def said(self) -> "list[object]":
        """Readings of telemetry as (first, count), events as they are."""
        out: "list[object]" = []
        for one in parts.records(self.chain):
            if one.kind == codes.KIND_EVENT:
                out.append(event.decode(one.body))
            else:
                readings = telemetry.expand(telemetry.decode(one.body), one.clock)
                assert readings[-1].elapsed_ms == one.clock.elapsed_ms
                out.append((readings[0].elapsed_ms // MINUTE_MS, len(readings)))
        return out


def check_age() -> None:
    """A record holds the readings of its age, and closes without a further one."""
    bench = Bench(CHANNELS, {})
    bench.run([500 + one % 3 for one in range(150)])
    assert bench.said() == [(0, 60), (60, 60)]
    bench.logger.close()
    assert bench.said()[2:] == [(120, 30)]
    bench.logger.close()
    assert len(bench.said()) == 3, "nothing open, nothing signed"


def check_values() -> None:
    """Lossless: hundredths stay, tenths take the larger exponent."""
    assert shortest(-2, [450, -30, 0]) == (-1, [45, -3, 0])
    assert shortest(-2, [450, -31]) == (-2, [450, -31])
    bench = Bench(TWO_CHANNELS, {})
    bench.run([450, -31, 0])
    bench.logger.close()
    series = telemetry.decode(parts.records(bench.chain)[0].body)
    assert [(one.channel, one.quantity, one.exponent) for one in series] == [(0, 1, -2), (3, 2, -2)]
    assert telemetry.decode_values(series[1].values, 3) == [450, -31, 0]


def check_count() -> None:
    """TELEMETRY_READINGS over all channels, and irregular steps, close in time."""
    bench = Bench(TWO_CHANNELS, {"telemetry_age_ms": 99999 * MINUTE_MS, "alarms": []})
    bench.run([500 + one for one in range(600)])
    assert bench.said() == [(0, codes.TELEMETRY_READINGS)]
    jumpy, elapsed_ms = Batch(TWO_CHANNELS), 0
    while not jumpy.full():
        elapsed_ms += MINUTE_MS + jumpy.readings ** 2 % 7 * 1000
        jumpy.add(parts.clock(elapsed_ms), [500, 501])
    runs = [len(one.runs) for one in telemetry.decode(cbor.encode(jumpy.body()))]
    assert 20 < sum(runs) <= codes.RUNS, runs
    steep, value = Batch(CHANNELS), 1
    while not steep.full():
        value = -value * 3 % 2147483647
        steep.add(parts.clock(steep.readings * MINUTE_MS), [value])
    assert 4000 < len(cbor.encode(steep.body())) < codes.RECORD_BYTES - 200


def check_alarms() -> None:
    """Strictly beyond, for the whole duration; raised and cleared close the record."""
    bench = Bench(CHANNELS, {})
    bench.run([200, 199, 199, 200, 199, 199, 199, 199, 200, 801, 800])
    assert bench.said() == [
        (0, 7), (codes.EVENT_ALARM_RAISED, [0, 0]),
        (7, 2), (codes.EVENT_ALARM_CLEARED, [0, 0, 0, None]),
        (9, 1), (codes.EVENT_ALARM_RAISED, [0, 1]),
        (10, 1), (codes.EVENT_ALARM_CLEARED, [0, 1, 0, None])]


def check_alarm_survives() -> None:
    """Raised before the power loss: not raised again, cleared when it is over."""
    bench = Bench(CHANNELS, {})
    bench.run([801])
    bench.elapsed_ms, bench.timebase = 0, 2
    bench.start()
    bench.run([801, 500])
    assert bench.said()[1:] == [(codes.EVENT_ALARM_RAISED, [0, 1]), (0, 2),
                                (codes.EVENT_ALARM_CLEARED, [0, 1, 0, None])]
    other = Alarms([[7, 1, 800, 0]], 0)
    assert other.sample(0, 0, 900) == [], "a rule of another channel"


def check_faults() -> None:
    """A break in the runs and two events, never an invented value."""
    bench = Bench(CHANNELS, {})
    bench.run([500, 500, None, None, 510, 510])
    bench.logger.close()
    assert bench.said() == [(0, 2), (codes.EVENT_SENSOR_FAULT, [0, codes.FAULT_CHECKSUM]),
                            (codes.EVENT_SENSOR_RESTORED, [0, 2]), (4, 2)]


def check_flap() -> None:
    """At most FLAP events an hour; then one with the count of all."""
    watch = FaultWatch()
    said = []
    for minute in range(65):
        change = watch.sample(minute * MINUTE_MS, minute % 2 == 1 and minute < 60)
        if change:
            said.append((minute, change, watch.take_count() if change == ENDS else 0))
    assert len(said) == codes.FLAP_PER_HOUR + 1
    assert said[:2] == [(1, BEGINS, 0), (2, ENDS, 1)]
    assert said[-1] == (61, ENDS, 24), "the count is said once the hour allows it"


def check_power_loss() -> None:
    """What was sampled is signed with its own clock, before anything else."""
    bench = Bench(CHANNELS, {})
    bench.run([500, 501, None, 503])
    before = len(parts.records(bench.chain))
    bench.elapsed_ms, bench.timebase = 0, 2
    bench.start()
    records = parts.records(bench.chain)
    assert len(records) == before + 1
    last = records[-1]
    assert last.kind == codes.KIND_TELEMETRY
    assert last.clock == parts.clock(3 * MINUTE_MS)
    assert [one.value for one in telemetry.expand(telemetry.decode(last.body), last.clock)] == [503]
    bench.run([600])
    bench.start()
    assert parts.records(bench.chain)[-1].clock.timebase == 2


def check_slots() -> None:
    for clock in (parts.clock(1 << 47, (1 << 24) - 1), parts.unknown_clock(5)):
        for values in ([0], [FAILED, 2147483647, -2147483647]):
            assert decode_slot(encode_slot(clock, values)) == (clock, values)


def check_full() -> None:
    """Samples that find no room are counted and said in event 9; nothing older is lost."""
    bench = Bench(CHANNELS, {"telemetry_age_ms": 5 * MINUTE_MS, "alarms": []}, 6)
    taken = 0
    while not bench.logger.full:
        bench.run([500])
        taken += 1
    bench.run([500] * 9)
    assert bench.logger.full
    seqs = [one.seq for one in parts.records(bench.chain)]
    assert seqs == list(range(1, len(seqs) + 1)), "un-acked records were overwritten"
    cursor = (1, len(seqs) + 1)
    bench.chain.state.cursor = bench.chain.journal.cursor = cursor
    bench.run([500, 500])
    assert not bench.logger.full
    discarded = [one for one in bench.said() if one[0] == codes.EVENT_DISCARDED]
    first_ms, last_ms, count = discarded[0][1]
    assert count == 10
    assert last_ms - first_ms == 9 * MINUTE_MS
    assert first_ms == (taken - 1) * MINUTE_MS


def check_late() -> None:
    """A sample that comes late is taken once, and the grid stays."""
    bench = Bench(CHANNELS, {})
    bench.run([500])
    bench.values, bench.elapsed_ms = [501, 502], 5 * MINUTE_MS + 7
    bench.logger.step(bench.clock())
    assert bench.values == [502]
    assert bench.logger.due_ms() == 6 * MINUTE_MS


check_age()
check_values()
check_count()
check_alarms()
check_alarm_survives()
check_faults()
check_flap()
check_power_loss()
check_slots()
check_full()
check_late()
