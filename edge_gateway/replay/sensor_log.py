"""What every sensor-log reader gives: rows, what the device says of itself, and its signature.

Nothing is guessed.  What a file leaves open (a zone, the order of day and month, a unit) raises
Question, which names the option to answer it with; a line that breaks its format raises BadLog with
its number.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger_client.core.storage_values import Reading, Segment
from ledger_client.errors import InvalidData, UsageError

Row = tuple[int, int | None]  # (unix_ms, value_cdeg); None: the device had no value to log

NO_VALUE = "sensor gave no value"


class Question(UsageError):
    """The file can be read in more than one way; the message asks, and names the option."""


class BadLog(InvalidData):
    """A line that its format does not allow."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__("log", f"line {line}: {detail}")
        self.line = line


@dataclass(frozen=True)
class Limit:
    """An alarm limit that the device was set to; `op` as it flags its own rows."""

    slot: str
    op: str
    limit_cdeg: int
    duration_ms: int
    mode: str


@dataclass(frozen=True)
class DayAlarm:
    """Of one limit on one day: minutes beyond it, and when it fired (local; 00:00 = carried over
    from the day before), None when it did not."""

    slot: str
    accumulated_ms: int
    triggered_ms: int | None


@dataclass(frozen=True)
class Day:
    """What the device's firmware sums up for a local day that begins at start_ms."""

    date: str
    start_ms: int
    min_cdeg: int | None
    max_cdeg: int | None
    mean_cdeg: int | None
    alarms: tuple[DayAlarm, ...]
    sensor_timeout_ms: int


@dataclass(frozen=True)
class AlarmSpan:
    """One firing that the device lists."""

    slot: str
    start_ms: int
    triggered_ms: int
    duration_ms: int


@dataclass(frozen=True)
class VendorSignature:
    """The maker's signature as printed: opaque, because what it covers is not published.  Kept and
    hashed, so that the file is bound; it is never said to be verified."""

    file_sha256: bytes
    certificate: tuple[tuple[str, str], ...]
    text: str


@dataclass(frozen=True)
class SensorLog:
    """An export.  `rows` can be walked again and again, in time order.

    started_ms and stopped_ms are when it began and ceased to log, where it says so.  `results` are
    figures that the device states (such as its MKT), as it prints them; `notes` are for a person.
    """

    format: str
    device: str
    serial: str
    rows: Iterable[Row]
    interval_ms: int | None = None
    started_ms: int | None = None
    stopped_ms: int | None = None
    limits: tuple[Limit, ...] = ()
    days: tuple[Day, ...] = ()
    alarms: tuple[AlarmSpan, ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    signature: VendorSignature | None = None


def segment(log: SensorLog, *, error_ms: int = 0) -> Segment:
    """The whole log as the time that an item travelled with the logger.

    error_ms is how far the log's clock may be off; a minute-exact export read on a good clock has
    the seconds of its minutes as error.
    """
    readings: list[Reading] = []
    missing: list[tuple[int, int, str]] = []
    for unix_ms, value_cdeg in log.rows:
        if value_cdeg is not None:
            readings.append(Reading(unix_ms, error_ms, value_cdeg))
        else:
            missing.append((unix_ms, unix_ms + 1, NO_VALUE))
    times = [one.unix_ms for one in readings] + [one[0] for one in missing]
    if not times:
        raise InvalidData("log", f"{log.device} {log.serial}: the log has no rows")
    start_ms = min(times) if log.started_ms is None else min(log.started_ms, *times)
    end_ms = max(times) if log.stopped_ms is None else max(log.stopped_ms, *times)
    return Segment(log.serial or log.device, start_ms, end_ms, readings=tuple(readings),
                   missing=tuple(missing))
