"""Exposure: the readings of whatever logger travelled with an item, over its whole way.

Exposure belongs to the pack, not to the logger: it follows the item through crates and places to
the loggers attached to them, cut to the times it was there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger_client.core import history, item
from ledger_client.core.history import LoggerRecord, Moment, Source, Step
from ledger_client.core.storage import Exposure, Reading, Segment
from ledger_client.wire import codes, telemetry
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock
from ledger_client.wire.values import Reading as WireReading


@dataclass(frozen=True)
class Span:
    """A carrier and when the item was with it; `until` None: it still is."""

    carrier: str
    since: Moment | None
    until: Moment | None


@dataclass(frozen=True)
class Attachment:
    """A logger on a carrier; (epoch, seq) is its head as the ledger held it at attaching."""

    logger: str
    since: Moment
    until: Moment | None
    epoch: int
    seq: int


def exposure(source: Source, uri: str, until_ms: int) -> Exposure:
    """Everything known about the temperature of an item until `until_ms`."""
    steps = [step for step in history.steps(source, uri) if step.effective]
    from_ms = steps[0].moment.unix_ms if steps else until_ms
    segments = [_segment(source, attachment, since, until)
                for span in spans(source, uri, Span(uri, None, None), 0)
                for attachment in attachments(source, span.carrier)
                for since, until in [_overlap(span, attachment)]
                if until is None or since.unix_ms < until.unix_ms]
    return Exposure(uri, from_ms, until_ms, tuple(sorted(segments, key=lambda one: one.start_ms)))


def spans(source: Source, uri: str, span: Span, depth: int) -> Iterator[Span]:
    """The item itself, its parents and places, each for the time the item was there."""
    yield span
    if depth == item.CONTAINMENT_DEPTH:
        return
    for stay in history.stays(source, uri):
        inner = _cut(span, stay.parent, stay.since.moment,
                     None if stay.until is None else stay.until.moment)
        if inner is not None:
            yield from spans(source, stay.parent, inner, depth + 1)
    for place, since, until in _places(source, uri):
        inner = _cut(span, place, since, until)
        if inner is not None:
            yield inner


def _places(source: Source, uri: str) -> Iterator[tuple[str, Moment, Moment | None]]:
    """Places where the item was put away, until its next effective event."""
    at: tuple[str, Moment] | None = None
    for step in history.steps(source, uri):
        if not step.effective:
            continue
        if at is not None:
            yield at[0], at[1], step.moment
            at = None
        for link in step.event.links:
            if link[0] == item.LINK_PLACE:
                at = (str(link[1]), step.moment)
    if at is not None:
        yield at[0], at[1], None


def attachments(source: Source, carrier: str) -> list[Attachment]:
    """Loggers that were attached to a carrier, in order of attaching."""
    found: list[Attachment] = []
    open_: dict[str, Step] = {}
    for step in history.steps(source, carrier):
        if not step.effective:
            continue
        for kind, logger, *_ in step.event.links:
            if kind != item.LINK_LOGGER:
                continue
            assert isinstance(logger, str)
            if step.event.action == codes.ACTION_ATTACH:
                open_[logger] = step
            elif logger in open_:
                found.append(_attachment(logger, open_.pop(logger), step.moment))
    found += [_attachment(logger, step, None) for logger, step in open_.items()]
    return found


def _attachment(logger: str, since: Step, until: Moment | None) -> Attachment:
    for link in since.event.links:
        if link[1] == logger:
            epoch, seq = link[2] if isinstance(link[2], list) else (0, 0)
            return Attachment(logger, since.moment, until, epoch, seq)
    raise AssertionError("an attach event links its logger")


def _cut(span: Span, carrier: str, since: Moment, until: Moment | None) -> Span | None:
    start = since if span.since is None or since.unix_ms > span.since.unix_ms else span.since
    end = _earlier(span.until, until)
    return None if end is not None and end.unix_ms <= start.unix_ms else Span(carrier, start, end)


def _overlap(span: Span, attachment: Attachment) -> tuple[Moment, Moment | None]:
    start = attachment.since
    if span.since is not None and span.since.unix_ms > start.unix_ms:
        start = span.since
    return start, _earlier(span.until, attachment.until)


def _earlier(one: Moment | None, other: Moment | None) -> Moment | None:
    if one is None or other is None:
        return one or other
    return one if one.unix_ms < other.unix_ms else other


def _segment(source: Source, attachment: Attachment, since: Moment,
             until: Moment | None) -> Segment:
    readings = tuple(_readings(source, attachment, since, until))
    return Segment(logger=attachment.logger, start_ms=since.unix_ms, start_error_ms=since.error_ms,
                   end_ms=None if until is None else until.unix_ms,
                   end_error_ms=0 if until is None else until.error_ms, readings=readings,
                   missing=())


def _readings(source: Source, attachment: Attachment, since: Moment,
              until: Moment | None) -> Iterator[Reading]:
    drift_ppm = source.drift_ppm(attachment.logger)
    records = source.logger_records(attachment.logger, attachment.epoch, attachment.seq + 1)
    for found in _with_time(records):
        clock = found.record.clock
        if until is not None and clock.unix_ms is not None and _begins_after(found, until):
            return
        for reading in _temperatures(found):
            placed = telemetry.reading_time(clock, reading.elapsed_ms, drift_ppm)
            if placed is None:
                continue
            unix_ms, error_ms = placed
            if since.unix_ms <= unix_ms and (until is None or unix_ms <= until.unix_ms):
                yield Reading(unix_ms, error_ms, _cdeg(reading.value, reading.exponent),
                              found.where)


def _begins_after(found: LoggerRecord, until: Moment) -> bool:
    """Whether the record's first reading is later than `until`: so is all that follows."""
    clock = found.record.clock
    readings = _temperatures(found)
    assert clock.unix_ms is not None
    return bool(readings) and \
        clock.unix_ms - (clock.elapsed_ms - readings[0].elapsed_ms) > until.unix_ms


def _temperatures(found: LoggerRecord) -> list[WireReading]:
    if found.record.kind != codes.KIND_TELEMETRY:
        return []
    try:
        readings = telemetry.expand(telemetry.decode(found.record.body), found.record.clock)
    except WireError:
        return []  # a broken body has no effect; the rules made it a finding
    return [one for one in readings if one.quantity == codes.QUANTITY_TEMPERATURE]


def _cdeg(value: int, exponent: int) -> int:
    """Hundredths of a degree; a finer value is rounded half away from zero."""
    shift = exponent + 2
    if shift >= 0:
        return int(value * 10 ** shift)
    unit = int(10 ** -shift)
    rounded = (abs(value) + unit // 2) // unit
    return rounded if value >= 0 else -rounded


def _with_time(records: Iterator[LoggerRecord]) -> Iterator[LoggerRecord]:
    """A record without time of day takes it from the next of the same epoch and timebase that has
    one; without such a one its time is unknown."""
    waiting: list[LoggerRecord] = []
    for found in records:
        clock = found.record.clock
        if waiting and not _same_timebase(waiting[0], found):
            yield from waiting
            waiting = []
        if clock.unix_ms is None:
            waiting.append(found)
            continue
        for earlier in waiting:
            yield _timed(earlier, clock)
        waiting = []
        yield found
    yield from waiting


def _same_timebase(one: LoggerRecord, other: LoggerRecord) -> bool:
    return (one.record.epoch, one.record.clock.timebase) == \
        (other.record.epoch, other.record.clock.timebase)


def _timed(earlier: LoggerRecord, known: Clock) -> LoggerRecord:
    """The same record with its time of day counted back from `known`, and that clock's error."""
    clock = earlier.record.clock
    assert known.unix_ms is not None
    mapped = clock._replace(unix_ms=known.unix_ms - (known.elapsed_ms - clock.elapsed_ms),
                            error_ms=known.error_ms, source=known.source)
    return LoggerRecord(earlier.record._replace(clock=mapped), earlier.where)
