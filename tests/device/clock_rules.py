"""The device's clock: sources, error bounds, what a gateway's time may change, events."""

from firmware.device import ticks
from firmware.device.clock import RTC_STEP_MS, DeviceClock
from firmware.device.timekeeping import Timekeeper
from ledger_client.wire import codes, event, record
from ledger_client.wire.values import Ack
from tests.device import parts

DRIFT_PPM = 5
HOUR_MS = 3600000
DAY_MS = 24 * HOUR_MS
FLOOR_MS = parts.START_MS - DAY_MS


class FixedRtc:
    """An RTC's two ends."""

    def __init__(self, unix_ms: "int | None") -> None:
        self.unix_ms = unix_ms

    def read(self) -> "int | None":
        return self.unix_ms

    def write(self, unix_ms: int) -> None:
        self.unix_ms = unix_ms // 1000 * 1000


class Bench:
    """A clock just started, `closed` counting how often the open record was closed."""

    def __init__(self, rtc_ms: "int | None", since_ms: "int | None" = None) -> None:
        self.chain = parts.chain(parts.flash())
        self.chain.state.clock_since_ms = since_ms
        self.clock = DeviceClock(DRIFT_PPM)
        self.rtc = FixedRtc(rtc_ms)
        self.closed = 0
        self.keeper = Timekeeper(self.clock, self.rtc, self.chain, self.close)
        self.keeper.start(0, FLOOR_MS)

    def close(self) -> bool:
        self.closed += 1
        return True

    def ack(self, unix_ms: int, error_ms: int, source: int, elapsed_ms: int) -> str:
        """An answer that took 80 ms and was verified 20 ms after it came."""
        times = (None, None) if source == codes.SOURCE_NONE else (unix_ms, error_ms)
        ack = Ack(bytes(8), 1, None, None, None, None, bytes(8), times[0], times[1], source,
                  bytes(16), None)
        return self.keeper.take(ack, 80, 20, elapsed_ms, FLOOR_MS)

    def events(self) -> "list[object]":
        return [event.decode(one.body) for one in parts.records(self.chain)]


def check_start() -> None:
    """A believable RTC is holdover time; its error grows with its age."""
    bench = Bench(parts.START_MS)
    assert bench.clock.at(0) == (parts.START_MS, codes.SOURCE_HOLDOVER, RTC_STEP_MS, 1, 0)
    assert bench.clock.at(DAY_MS) == (parts.START_MS + DAY_MS, codes.SOURCE_HOLDOVER,
                                      RTC_STEP_MS + 432, 1, DAY_MS)
    record.check_clock(bench.clock.at(0))
    aged = Bench(parts.START_MS, parts.START_MS - 10 * DAY_MS)
    assert aged.clock.at(0).error_ms == RTC_STEP_MS + 4320
    for rtc_ms in (None, FLOOR_MS - 1):
        unknown = Bench(rtc_ms)
        assert unknown.clock.at(7) == (None, codes.SOURCE_NONE, None, 1, 7)
        record.check_clock(unknown.clock.at(7))
    assert bench.clock.timebase == 1
    bench.keeper.start(0, FLOOR_MS)
    assert bench.clock.timebase == bench.chain.state.timebase == 2


def check_set() -> None:
    """Unknown before: event 2, and the RTC is set."""
    bench = Bench(None)
    true_ms = parts.START_MS + 12345
    assert bench.ack(true_ms, 5, codes.SOURCE_SNTP, 1000) == ""
    assert bench.clock.at(1000) == (true_ms + 60, codes.SOURCE_ACK, 85, 1, 1000)
    assert bench.events() == [(codes.EVENT_CLOCK_SET, [])]
    assert bench.closed == 1
    assert bench.rtc.unix_ms == (true_ms + 60) // 1000 * 1000
    assert bench.chain.state.clock_since_ms == true_ms + 60


def check_step() -> None:
    """Better or contradicting time: a signed step.  Worse time that agrees: nothing."""
    bench = Bench(parts.START_MS)
    assert bench.ack(parts.START_MS + 700, 5, codes.SOURCE_ACK, 0) == ""
    assert bench.events() == [(codes.EVENT_CLOCK_STEP, [parts.START_MS, parts.START_MS + 760, 3])]
    assert bench.ack(parts.START_MS + 700, 5, codes.SOURCE_ACK, 0) == ""
    assert bench.ack(parts.START_MS + 640, 900, codes.SOURCE_HOLDOVER, 0) == ""
    assert len(bench.events()) == 1 and bench.closed == 1
    assert bench.ack(parts.START_MS + 2000, 900, codes.SOURCE_HOLDOVER, 0) == ""
    assert bench.events()[1] == (codes.EVENT_CLOCK_STEP,
                                 [parts.START_MS + 760, parts.START_MS + 2060, 1])
    assert bench.clock.source == codes.SOURCE_HOLDOVER


def check_refused() -> None:
    """No time from a gateway without one, before the floor, or too far from a valid time."""
    bench = Bench(parts.START_MS)
    before = bench.clock.at(0)
    assert bench.ack(0, 0, codes.SOURCE_NONE, 0) == ""
    assert "before this firmware" in bench.ack(FLOOR_MS - 1000, 5, codes.SOURCE_ACK, 0)
    for far_ms in (codes.STEP_MAX_MS, -codes.STEP_MAX_MS - 61):
        assert "300 s" in bench.ack(parts.START_MS + far_ms, 5, codes.SOURCE_ACK, 0)
    assert bench.clock.at(0) == before and not bench.events() and not bench.closed
    assert bench.ack(parts.START_MS + codes.STEP_MAX_MS - 60, 5, codes.SOURCE_ACK, 0) == ""


def check_network_time() -> None:
    bench = Bench(None)
    bench.keeper.take_network_time(None, 0, FLOOR_MS)
    bench.keeper.take_network_time(FLOOR_MS - 1, 0, FLOOR_MS)
    assert bench.clock.source == codes.SOURCE_NONE
    bench.keeper.take_network_time(parts.START_MS, 0, FLOOR_MS)
    assert bench.clock.at(0)[:3] == (parts.START_MS, codes.SOURCE_SNTP, 2000)
    assert bench.events() == [(codes.EVENT_CLOCK_SET, [])]


def check_ticks() -> None:
    """Durations and deadlines across the wrap."""
    for start in (0, 5, ticks.PERIOD_MS - 1, ticks.SPAN_MS):
        assert ticks.since(start, (start + 7) % ticks.PERIOD_MS) == 7
        assert ticks.reached(start, start)
        assert ticks.reached(start, (start + 60000) % ticks.PERIOD_MS)
        assert not ticks.reached((start + 60000) % ticks.PERIOD_MS, start)
        assert not ticks.reached(start + 1, start)


check_start()
check_set()
check_step()
check_refused()
check_network_time()
check_ticks()
