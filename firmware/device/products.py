"""The two products as the app sees them: recover, configure, work, close, and a text to show."""

from firmware.device import batch, memory, screen
from firmware.device.batch import Channel
from firmware.device.logger import Logger
from firmware.device.scanner import Scanner
from ledger_client.wire import codes, configuration
from ledger_client.wire.values import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from firmware.device.chain import Chain
    from firmware.device.scanner import Answer

    class Product(Protocol):
        @property
        def title(self) -> str: ...
        @property
        def text(self) -> str: ...
        @property
        def full(self) -> bool: ...
        def relabel(self, pending: "list[bytes]",
                    timebase: int) -> "tuple[Clock | None, list[bytes]]": ...
        def recover(self, pending: "list[bytes]") -> None: ...
        def configure(self, settings: "dict[str, object]", clock: Clock) -> None: ...
        def due_ms(self) -> "int | None": ...
        def key(self, name: str, clock: Clock) -> Answer: ...
        def run_due(self, clock: Clock) -> None: ...
        def take_scans(self, clock: Clock) -> "list[Answer]": ...
        def close(self, clock: Clock) -> bool: ...

_UNITS = {codes.QUANTITY_TEMPERATURE: "C", codes.QUANTITY_HUMIDITY: "%RH"}


class LoggerProduct:
    """Samples by itself; the screen shows the last reading and the alarms."""

    def __init__(self, chain: "Chain", channels: "list[Channel]", sensors: object) -> None:
        self._channels = channels
        self._logger = Logger(chain, channels, sensors.read)  # type: ignore[attr-defined]
        self.title = "LOGGER"

    @property
    def full(self) -> bool:
        return self._logger.full

    @property
    def text(self) -> str:
        parts = []
        for channel, (value, _) in zip(self._channels, self._logger.last):
            if value is None:
                parts.append("Sensor %d fails" % channel.number)
            else:
                parts.append(_decimal(value) + " " + _UNITS.get(channel.quantity, ""))
        for rule in range(configuration.ALARMS):
            if self._logger.alarms.raised >> rule & 1:
                parts.append("ALARM %d" % rule)
        return " ".join(parts)

    def relabel(self, pending: "list[bytes]",
                timebase: int) -> "tuple[Clock | None, list[bytes]]":
        """(clock of the first sample, the samples) in another timebase."""
        samples = []
        for slot in pending:
            clock, values = batch.decode_slot(slot)
            moved = Clock(clock.unix_ms, clock.source, clock.error_ms, timebase, clock.elapsed_ms)
            samples.append((moved, values))
        return samples[0][0], [batch.encode_slot(*sample) for sample in samples]

    def recover(self, pending: "list[bytes]") -> None:
        self._logger.recover(pending)

    def configure(self, settings: "dict[str, object]", clock: "Clock") -> None:
        self._logger.configure(settings, clock)

    def due_ms(self) -> "int | None":
        return self._logger.due_ms()

    def key(self, name: str, clock: "Clock") -> "Answer":
        return screen.NONE, self.text

    def run_due(self, clock: "Clock") -> None:
        self._logger.step(clock)

    def take_scans(self, clock: "Clock") -> "list[Answer]":
        return []

    def close(self, clock: "Clock") -> bool:
        if not self._logger.close():
            return False
        self._logger.say_discarded(clock)
        return True


class ScannerProduct:
    """Waits for keys and scans; the screen shows the answer to the last one."""

    def __init__(self, chain: "Chain", engine: object) -> None:
        self._chain = chain
        self._engine = engine
        self._memory = memory.Memory()
        memory.rebuild(self._memory, _records(chain), chain.ledger)
        self._pending: "list[bytes]" = []
        self.text = "Choose a task"

    @property
    def title(self) -> str:
        return self._scanner.title

    @property
    def full(self) -> bool:
        return self._scanner.full

    def relabel(self, pending: "list[bytes]",
                timebase: int) -> "tuple[Clock | None, list[bytes]]":
        """Drafts have no time."""
        return None, pending

    def recover(self, pending: "list[bytes]") -> None:
        """Drafts of an open crate stay drafts: only the person knows whether it is complete."""
        self._pending = pending

    def configure(self, settings: "dict[str, object]", clock: "Clock") -> None:
        self._scanner = Scanner(self._chain, self._memory,
                                settings["place"],  # type: ignore[arg-type]
                                settings["rescan_ms"])  # type: ignore[arg-type]
        self.text = self._scanner.recover(self._pending)

    def due_ms(self) -> "int | None":
        return None

    def key(self, name: str, clock: "Clock") -> "Answer":
        answer = self._scanner.key(name, clock)
        self.text = answer[1]
        return answer

    def run_due(self, clock: "Clock") -> None:
        """Nothing is scheduled on a handheld."""

    def take_scans(self, clock: "Clock") -> "list[Answer]":
        answers = [self._scanner.scan(aim, data, clock)
                   for aim, data in self._engine.read()]  # type: ignore[attr-defined]
        if answers:
            self.text = answers[-1][1]
        return answers

    def close(self, clock: "Clock") -> bool:
        return True


def _records(chain: "Chain") -> "Iterator[bytes]":
    """Every record in the ring, oldest first."""
    found = chain.journal.next_record(chain.journal.place_of(*chain.journal.first_held()))
    while found is not None:
        yield found[3]
        found = chain.journal.next_record(found[0])


def _decimal(value: int) -> str:
    """Hundredths as a person writes them: -5 is -0.05."""
    return "%s%d.%02d" % ("-" if value < 0 else "", abs(value) // 100, abs(value) % 100)
