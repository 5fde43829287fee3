"""The logger: sample, keep, judge, and close a telemetry record when wire.md says so."""

from firmware.device import faults
from firmware.device.alarms import Alarms
from firmware.device.batch import FAILED, Batch, Channel, decode_slot, encode_slot
from firmware.device.journal import JournalFull
from ledger_client.wire import codes
from ledger_client.wire.values import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.device.chain import Chain

    Sample = list[tuple[int | None, int]]

INTERVAL_MS_MIN = 1000  # below two JITTER_MS a reading could not be told from its neighbour


class Logger:
    """`read()` gives (value, 0) or (None, fault) for each channel, in their order."""

    def __init__(self, chain: "Chain", channels: "list[Channel]",
                 read: "Callable[[], Sample]") -> None:
        self._chain = chain
        self._channels = channels
        self._read = read
        self._batch = Batch(channels)
        self._watches = [faults.FaultWatch() for _ in channels]
        self._discarded: "list[int]" = []  # [from_elapsed_ms, to_elapsed_ms, count] of event 9
        self._next_ms = 0
        self._interval_ms = self._age_ms = 0
        self.alarms = Alarms([], 0)
        self.last: "Sample" = []  # for the display
        self.full = False

    def configure(self, settings: "dict[str, object]", clock: Clock) -> None:
        """Begin to sample by these settings, now."""
        self.close()
        self._interval_ms = settings["interval_ms"]  # type: ignore[assignment]
        self._age_ms = settings["telemetry_age_ms"]  # type: ignore[assignment]
        self.alarms = Alarms(settings["alarms"],  # type: ignore[arg-type]
                             self._chain.state.raised)
        self._next_ms = clock.elapsed_ms

    def recover(self, pending: "list[bytes]") -> None:
        """Sign what was sampled before the power failed, with its own time."""
        for slot in pending:
            clock, values = decode_slot(slot)
            self._batch.add(clock, values)
        self.close()

    def due_ms(self) -> int:
        """Elapsed time of the next thing to do."""
        if self._batch.clock is None or self.full:
            return self._next_ms
        return min(self._next_ms, self._batch.first_elapsed_ms + self._age_ms)

    def step(self, clock: Clock) -> None:
        """Do what is due at `clock`: close by age, take one sample."""
        batch = self._batch
        if batch.clock is not None and clock.elapsed_ms - batch.first_elapsed_ms >= self._age_ms:
            self.close()
        if clock.elapsed_ms >= self._next_ms:
            late_ms = clock.elapsed_ms - self._next_ms
            self._next_ms += self._interval_ms * (1 + late_ms // self._interval_ms)
            self.last = self._read()
            try:
                self._sample(clock)
            except JournalFull:
                self._discard(clock)

    def close(self) -> bool:
        """Sign the open record, if there is one; False when the ring has no room even for that."""
        if self._batch.clock is None:
            return True
        body = self._batch.body()
        try:
            if body:
                self._chain.write(self._batch.clock, codes.KIND_TELEMETRY, body,
                                  closing=True, reserve=True)
            else:
                self._chain.journal.drop_pending()
        except JournalFull:
            self.full = True
            return False
        self._batch.clear()
        return True

    def _sample(self, clock: Clock) -> None:
        self._make_room(clock)
        for channel, watch, reading in zip(self._channels, self._watches, self.last):
            self._watch(clock, channel, watch, reading)
        values = [FAILED if value is None else value for value, _ in self.last]
        self._chain.journal.append_pending(encode_slot(clock, values))
        self._batch.add(clock, values)
        self._judge(clock, values)
        if self._batch.full():
            self.close()

    def _watch(self, clock: Clock, channel: Channel, watch: faults.FaultWatch,
               reading: "tuple[int | None, int]") -> None:
        change = watch.sample(clock.elapsed_ms, reading[0] is None)
        if not change:
            return
        self.close()
        if change == faults.BEGINS:
            self._chain.event(clock, codes.EVENT_SENSOR_FAULT, channel.number, reading[1])
        else:
            self._chain.event(clock, codes.EVENT_SENSOR_RESTORED, channel.number,
                              watch.take_count())

    def _judge(self, clock: Clock, values: "list[int]") -> None:
        changes = []
        for channel, value in zip(self._channels, values):
            if value != FAILED:
                changes += self.alarms.sample(clock.elapsed_ms, channel.number, value)
        if not changes:
            return
        self.close()
        for number, rule, raised in changes:
            if raised:
                self._chain.event(clock, codes.EVENT_ALARM_RAISED, number, rule)
            else:
                self._chain.event(clock, codes.EVENT_ALARM_CLEARED, number, rule, 0, None)
        self._chain.state.raised = self.alarms.raised
        self._chain.journal.mark()

    def _discard(self, clock: Clock) -> None:
        """The ring is full: close what is open, count what is lost (wire.md, event 9)."""
        self.full = True
        if not self._discarded:
            self.close()
            self._discarded = [clock.elapsed_ms, clock.elapsed_ms, 0]
        self._discarded[1] = clock.elapsed_ms
        self._discarded[2] += len(self._channels)

    def _make_room(self, clock: Clock) -> None:
        """Close what can take no more; once there is room again, say what was discarded.

        Raises JournalFull while there is none.
        """
        if (self.full and not self._chain.journal.has_room()) \
                or (self._batch.full() and not self.close()):
            raise JournalFull("the next sample has no place")
        self.say_discarded(clock)
        self.full = False

    def say_discarded(self, clock: Clock) -> None:
        """Event 9, if there is anything to say; the journal's reserve is for it."""
        if self._discarded:
            self._chain.event(clock, codes.EVENT_DISCARDED, *self._discarded)
            self._discarded = []
