"""Verifying custody acks in slices, when nothing else is to do.

Acks are cumulative: a newer one replaces one that still waits, but never the answer to a hello,
which alone can tell the time and that custody is broken.
"""

from firmware.device import ecdsa, p256, ticks
from ledger_client.wire import cose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware.device.custody import Answer

    Arrival = tuple[Answer, int, int]

SLICE_MS = 10  # at a time: a person's scan is never kept waiting


class AckVerifier:
    """An arrival is (ack, ticks and elapsed_ms when it came)."""

    def __init__(self, ticks_ms: "Callable[[], int]") -> None:
        self._ticks_ms = ticks_ms
        self._keys: "dict[bytes, bytes]" = {}
        self._tables: "dict[bytes, p256.Table]" = {}
        self._answer: "Arrival | None" = None  # to our hello
        self._newest: "Arrival | None" = None
        self._current: "Arrival | None" = None
        self._steps: "Iterator[bool | None] | None" = None
        self.refused = 0  # acks with a bad signature

    def configure(self, gateways: "list[bytes]") -> None:
        """The public keys (x || y) that count."""
        self._keys = {cose.kid(key): key for key in gateways}
        self._tables = {}

    def kids(self) -> "list[bytes]":
        return list(self._keys)

    def offer(self, arrival: "Arrival", answers_hello: bool) -> None:
        if answers_hello:
            self._answer = arrival
        else:
            self._newest = arrival

    def idle(self) -> bool:
        return self._current is None and self._answer is None and self._newest is None

    def work(self) -> "Arrival | None":
        """Verify for at most SLICE_MS; an arrival that has just proved good, or None."""
        if self._steps is None and not self._begin():
            return None
        started = self._ticks_ms()
        assert self._steps is not None
        for verdict in self._steps:
            if verdict is not None:
                return self._finish(verdict)
            if ticks.since(started, self._ticks_ms()) >= SLICE_MS:
                break
        return None

    def _begin(self) -> bool:
        if self._answer is not None:
            self._current, self._answer = self._answer, None
        elif self._newest is not None:
            self._current, self._newest = self._newest, None
        else:
            return False
        self._steps = self._verify(self._current[0])
        return True

    def _finish(self, good: bool) -> "Arrival | None":
        arrival, self._current, self._steps = self._current, None, None
        if good:
            return arrival
        self.refused += 1
        return None

    def _verify(self, ack: "Answer") -> "Iterator[bool | None]":
        key = self._keys.get(ack.gateway)
        if key is None:  # taken off the list while it waited
            yield False
            return
        table = self._tables.get(ack.gateway)
        if table is None:  # once a gateway: then two combs instead of a double-and-add
            for step in p256.comb_table_steps(*ecdsa.read_public_key(key)):
                table = step
                yield None
            assert table is not None
            self._tables[ack.gateway] = table
        for verdict in ecdsa.verify_steps(table, ack.digest, ack.signature):
            yield verdict
