"""Which symbols were scanned for the same purpose before: a repeat is told, not recorded twice."""

from firmware.device.shelf import KEY_BYTES, Shelf, key_of

BUCKETS = 128  # some hundred symbols: a long task on one handheld
FIRST, WITHIN, AFTER = 0, 1, 2
_TIME_BYTES = 6


class Rescans:
    """The last purpose (task and context) and time of each identity scanned."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._shelf = Shelf(BUCKETS, KEY_BYTES + _TIME_BYTES)

    def seen(self, identity: str, purpose: str, elapsed_ms: int) -> int:
        """FIRST for this purpose, WITHIN the window of the scan before, or AFTER it."""
        before = self._shelf.get(identity)
        if before is None or before[:KEY_BYTES] != key_of(purpose):
            return FIRST
        since_ms = elapsed_ms - int.from_bytes(before[KEY_BYTES:], "big")
        return WITHIN if since_ms < self._window_ms else AFTER

    def remember(self, identity: str, purpose: str, elapsed_ms: int) -> None:
        """The scan is durable."""
        self._shelf.put(identity, key_of(purpose) + elapsed_ms.to_bytes(_TIME_BYTES, "big"))

    def forget(self, purpose: str) -> None:
        """What was done for this purpose has been undone."""
        self._shelf.remove_all(key_of(purpose))
