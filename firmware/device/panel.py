"""What the display shows: redrawn when it changes, and whenever a signal is given."""

from firmware.device import screen
from ledger_client.wire import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from firmware.device.chain import Chain
    from ledger_client.wire.values import Clock

    class Display(Protocol):
        def show(self, unix_ms: "int | None", signal: str, rows: "list[str]") -> None: ...

AGE_STEP_MS = 60 * 1000  # the age of the queue is shown in minutes


class Panel:
    """One display, and the queue's age beside what the product says."""

    def __init__(self, display: "Display") -> None:
        self._display = display
        self._rows: "list[str]" = []
        self._shown: "tuple[object, ...]" = ()
        self._oldest: "tuple[tuple[int, int], Clock] | None" = None

    def show(self, clock: "Clock", signal: str, texts: "tuple[str, str]",
             chain: "Chain | None", link_up: bool) -> None:
        """`texts`: title and body; `chain` tells what waits, None on a device that has none."""
        title, text = texts
        depth = 0 if chain is None else chain.waiting()
        shown = (title, text, depth, link_up, clock.elapsed_ms // AGE_STEP_MS if depth else 0)
        if shown == self._shown and signal == screen.NONE:
            return
        self._shown = shown
        foot = "" if chain is None else \
            screen.queue(link_up, depth, self._age_ms(clock, chain, depth))
        rows = screen.layout(title, text, foot)
        if rows != self._rows or signal != screen.NONE:
            self._rows = rows
            self._display.show(clock.unix_ms, signal, rows)

    def _age_ms(self, clock: "Clock", chain: "Chain", depth: int) -> "int | None":
        """Since the oldest waiting record was made; None when no clock connects the two."""
        if not depth:
            return None
        cursor = chain.state.cursor
        if self._oldest is None or self._oldest[0] != cursor:
            data = chain.journal.find(*cursor)
            if data is None:
                return None
            self._oldest = (cursor, record.decode(data, chain.ledger).clock)
        made = self._oldest[1]
        if made.timebase == clock.timebase:
            return clock.elapsed_ms - made.elapsed_ms
        if made.unix_ms is None or clock.unix_ms is None:
            return None
        return max(0, clock.unix_ms - made.unix_ms)
