"""Elapsed time of a board that sleeps: ticks while awake, held to the RTC's seconds.

During light sleep the ESP32 counts on an RC oscillator (100,000 ppm); the DS3231 is the oscillator
whose drift is enrolled.  Its whole seconds bound the ticks from both sides; time never goes back.
"""

from firmware.device import ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_STEP_MS = 1000  # what the RTC cannot tell


class Timebase:
    """`rtc` reads and writes whole seconds of unix time; `ticks_ms` has 30 bits."""

    def __init__(self, rtc: "Any", ticks_ms: "Callable[[], int]") -> None:
        self._rtc = rtc
        self._ticks_ms = ticks_ms
        self._last_ticks = ticks_ms()
        self._elapsed_ms = 0
        self._rtc_start_ms = rtc.read()  # unix time at elapsed 0, by the RTC

    def elapsed_ms(self) -> int:
        """Milliseconds since power-on; ask at least every six days."""
        now = self._ticks_ms()
        self._elapsed_ms += ticks.since(self._last_ticks, now)
        self._last_ticks = now
        return self._elapsed_ms

    def awake(self) -> None:
        """After a sleep: what the ticks have missed or gained is set right."""
        before_ms = self._elapsed_ms
        elapsed_ms = self.elapsed_ms()
        rtc_ms = self._rtc.read()
        if rtc_ms is None or self._rtc_start_ms is None:
            return
        true_ms = rtc_ms - self._rtc_start_ms
        self._elapsed_ms = max(before_ms, min(max(elapsed_ms, true_ms), true_ms + _STEP_MS))

    def read(self) -> "int | None":
        """The RTC's unix time."""
        return self._rtc.read()  # type: ignore[no-any-return]

    def write(self, unix_ms: int) -> None:
        """Set the RTC; elapsed time goes on unmoved."""
        self._rtc.write(unix_ms)
        written_ms = self._rtc.read()
        self._rtc_start_ms = None if written_ms is None else written_ms - self.elapsed_ms()
