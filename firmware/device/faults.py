"""Sensor faults of one channel, said when they begin and end, but not FLAP times an hour.

A loose contact would fill the ring with events; beyond the limit nothing is said until the hour
allows it again, and the event then carries the count of all failed readings.
"""

from ledger_client.wire import codes

HOUR_MS = 3600 * 1000
BEGINS, ENDS = 1, 2


class FaultWatch:
    """`said`: has the fault been announced and not yet taken back?"""

    def __init__(self) -> None:
        self.said = False
        self._failed = 0  # readings since the last event 6
        self._changes_ms: "list[int]" = []  # when events of the last hour were said

    def sample(self, elapsed_ms: int, failed: bool) -> int:
        """BEGINS, ENDS or 0: what is to be said of this reading."""
        self._failed += failed
        if failed == self.said and (failed or not self._failed):
            return 0
        self._changes_ms = [one for one in self._changes_ms if elapsed_ms - one < HOUR_MS]
        if len(self._changes_ms) >= codes.FLAP_PER_HOUR:
            return 0
        self._changes_ms.append(elapsed_ms)
        self.said = failed
        return BEGINS if failed else ENDS

    def take_count(self) -> int:
        """Failed readings since the last time this was asked."""
        count, self._failed = self._failed, 0
        return count
