"""When the device's clock is set, and what is signed about it (wire.md, Time).

Order of trust: the RTC that kept running, then the time in a gateway's answer to our own nonce.
Never below the floor, never more than STEP_MAX from a valid time.
"""

from ledger_client.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from firmware.device.chain import Chain
    from firmware.device.clock import DeviceClock
    from ledger_client.wire.values import Ack

    class Rtc(Protocol):
        def read(self) -> "int | None": ...
        def write(self, unix_ms: int) -> None: ...

NETWORK_TIME_ERROR_MS = 2000  # whole seconds, and an answer within one more
NETWORK_TIME_RETRY_MS = 10 * 60 * 1000


class Timekeeper:
    """`close()` ends the open record: a record lies in one setting of the clock."""

    def __init__(self, clock: "DeviceClock", rtc: "Rtc", chain: "Chain",
                 close: "Callable[[], bool]") -> None:
        self._clock = clock
        self._rtc = rtc
        self._chain = chain
        self._close = close

    def start(self, elapsed_ms: int, floor_ms: int) -> None:
        """A new timebase, with the RTC's time when it has a believable one."""
        state = self._chain.state
        state.timebase += 1
        self._clock.timebase = state.timebase
        unix_ms = self._rtc.read()
        if unix_ms is None or unix_ms < floor_ms:
            return
        self._clock.set_from_rtc(elapsed_ms, unix_ms, state.clock_since_ms)
        if state.clock_since_ms is None:
            state.clock_since_ms = unix_ms

    def take_network_time(self, unix_ms: "int | None", elapsed_ms: int, floor_ms: int) -> None:
        """SNTP, which nobody signs: only for a clock that knows nothing at all."""
        if unix_ms is None or unix_ms < floor_ms:
            return
        self._clock.set(elapsed_ms, unix_ms, NETWORK_TIME_ERROR_MS, codes.SOURCE_SNTP)
        self._chain.state.clock_since_ms = unix_ms
        self._rtc.write(unix_ms)
        self._chain.event(self._clock.at(elapsed_ms), codes.EVENT_CLOCK_SET)

    def take(self, ack: "Ack", round_trip_ms: int, age_ms: int, elapsed_ms: int,
             floor_ms: int) -> str:
        """Use the time of an answer to our hello that came `age_ms` ago; "" or why not.

        Raises JournalFull when the step finds no room; then the clock stays.
        """
        if ack.source == codes.SOURCE_NONE or ack.unix_ms is None or ack.error_ms is None:
            return ""
        unix_ms = ack.unix_ms + round_trip_ms // 2 + age_ms
        error_ms = ack.error_ms + round_trip_ms
        before = self._clock.at(elapsed_ms)
        if unix_ms < floor_ms:
            return "a gateway tells a time before this firmware was made: set its clock"
        if before.unix_ms is not None and abs(unix_ms - before.unix_ms) > codes.STEP_MAX_MS:
            return "a gateway's time is more than %d s from ours: check both clocks" \
                % (codes.STEP_MAX_MS // 1000)
        if not self._clock.better(before, unix_ms, error_ms):
            return ""
        if not self._close():
            return "the memory is full: the clock stays as it is"
        source = codes.SOURCE_HOLDOVER if ack.source == codes.SOURCE_HOLDOVER else codes.SOURCE_ACK
        self._clock.set(elapsed_ms, unix_ms, error_ms, source)
        self._chain.state.clock_since_ms = unix_ms
        self._rtc.write(unix_ms)
        now = self._clock.at(elapsed_ms)
        if before.unix_ms is None:
            self._chain.event(now, codes.EVENT_CLOCK_SET)
        else:
            self._chain.event(now, codes.EVENT_CLOCK_STEP, before.unix_ms, unix_ms, source)
        return ""
