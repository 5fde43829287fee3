"""Which symbols were scanned for the same purpose before: a repeat is told, not recorded twice."""

REMEMBERED = 512  # identities: a long task on one handheld; the oldest is forgotten
FIRST, WITHIN, AFTER = 0, 1, 2


class Rescans:
    """The last purpose (task and context) and time of each identity scanned."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._last: "dict[str, tuple[str, int]]" = {}
        self._order: "list[str]" = []

    def seen(self, identity: str, purpose: str, elapsed_ms: int) -> int:
        """FIRST for this purpose, WITHIN the window of the scan before, or AFTER it."""
        before = self._last.get(identity)
        if before is None or before[0] != purpose:
            return FIRST
        return WITHIN if elapsed_ms - before[1] < self._window_ms else AFTER

    def remember(self, identity: str, purpose: str, elapsed_ms: int) -> None:
        """The scan is durable."""
        if identity not in self._last:
            self._order.append(identity)
            if len(self._order) > REMEMBERED:
                del self._last[self._order.pop(0)]
        self._last[identity] = (purpose, elapsed_ms)

    def forget(self, purpose: str) -> None:
        """What was done for this purpose has been undone."""
        for identity in [one for one in self._order if self._last[one][0] == purpose]:
            del self._last[identity]
            self._order.remove(identity)
