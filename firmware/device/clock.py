"""The device's clock: what time it is, where that came from, how wrong it can be.

Time of day is kept as an offset to elapsed time, which alone orders readings.  Every error bound
grows with drift_ppm from the moment the time was taken.
"""

from ledger_client.wire import codes
from ledger_client.wire.values import Clock

RTC_STEP_MS = 1000  # an RTC tells whole seconds


class DeviceClock:
    """Time of day over a monotonic `elapsed_ms` of one timebase."""

    def __init__(self, drift_ppm: int) -> None:
        self._drift_ppm = drift_ppm
        self.timebase = 0
        self.source = codes.SOURCE_NONE
        self._unix_ms = 0  # at _set_at_ms
        self._set_at_ms = 0
        self._error_ms = 0

    def set(self, elapsed_ms: int, unix_ms: int, error_ms: int, source: int) -> None:
        self._set_at_ms, self._unix_ms = elapsed_ms, unix_ms
        self._error_ms, self.source = error_ms, source

    def set_from_rtc(self, elapsed_ms: int, unix_ms: int, since_ms: "int | None") -> None:
        """An RTC that kept running; it was right at `since_ms` (None: taken as right now)."""
        age_ms = 0 if since_ms is None else max(0, unix_ms - since_ms)
        self.set(elapsed_ms, unix_ms, RTC_STEP_MS + self._drift(age_ms), codes.SOURCE_HOLDOVER)

    def at(self, elapsed_ms: int) -> Clock:
        if self.source == codes.SOURCE_NONE:
            return Clock(None, codes.SOURCE_NONE, None, self.timebase, elapsed_ms)
        distance = elapsed_ms - self._set_at_ms
        return Clock(self._unix_ms + distance, self.source, self._error_ms + self._drift(distance),
                     self.timebase, elapsed_ms)

    def better(self, clock: Clock, unix_ms: int, error_ms: int) -> bool:
        """Is a time worth a step?  Unknown before, shown wrong, or twice as exact."""
        if clock.unix_ms is None or clock.error_ms is None:
            return True
        return abs(unix_ms - clock.unix_ms) > clock.error_ms or 2 * error_ms < clock.error_ms

    def _drift(self, distance_ms: int) -> int:
        return -(-self._drift_ppm * abs(distance_ms) // 1000000)
