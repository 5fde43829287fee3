"""The gateway's time of day: the system's, or virtual time that follows the records."""

import time
from pathlib import Path
from typing import Protocol

from edge_gateway.core.custody import NO_TIME, GatewayTime
from ledger_client.wire import codes

# systemd-timesyncd makes this file once it has synchronised (systemd-timesyncd.service(8))
_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
_SYNCHRONIZED_ERROR_MS = 100
_HOLDOVER_ERROR_MS = 60_000  # a Pi without RTC that was off: what is known is little
_FLOOR_MS = 1_767_225_600_000  # 2026-01-01: a system clock before this was never set


class Clock(Protocol):
    """Time of day in Unix milliseconds."""

    def now_ms(self) -> int | None:
        """Now, or None when the clock was never set."""

    def observe(self, unix_ms: int | None) -> None:
        """A record's clock says this."""

    def reached_ms(self, due_ms: int, now_ms: int) -> int:
        """When something is done that was due at `due_ms`."""

    def for_ack(self) -> GatewayTime:
        """What an ack says of the time."""


class SystemClock:
    """The operating system's clock."""

    def now_ms(self) -> int | None:
        now_ms = time.time_ns() // 1_000_000
        return now_ms if now_ms >= _FLOOR_MS else None

    def observe(self, unix_ms: int | None) -> None:
        """A device's clock does not move the system's."""

    def reached_ms(self, due_ms: int, now_ms: int) -> int:
        """Real time has gone on since."""
        return now_ms

    def for_ack(self) -> GatewayTime:
        now_ms = self.now_ms()
        if now_ms is None:
            return NO_TIME
        if _SYNCHRONIZED.exists():
            return GatewayTime(now_ms, _SYNCHRONIZED_ERROR_MS, codes.SOURCE_SNTP)
        return GatewayTime(now_ms, _HOLDOVER_ERROR_MS, codes.SOURCE_HOLDOVER)


class VirtualClock:
    """Simulation: the newest time any record told; acks carry no time, or they would set the
    devices' clocks."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int | None:
        return self._now_ms

    def observe(self, unix_ms: int | None) -> None:
        if unix_ms is not None:
            self._now_ms = max(self._now_ms, unix_ms)

    def reached_ms(self, due_ms: int, now_ms: int) -> int:
        """At once: virtual time has no haste, and a seed repeats a run whatever the machine does
        meanwhile."""
        return due_ms

    def for_ack(self) -> GatewayTime:
        return NO_TIME
