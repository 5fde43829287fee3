"""Exposure: the readings of whatever logger travelled with an item, over its whole way.

Exposure belongs to the pack, not to the logger: it follows the item through crates and places to
the loggers attached to them, cut to the times it was there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ledger_client.core import history, item
from ledger_client.core.history import WHOLE, LoggerRecord, Moment, Part, Source, Step
from ledger_client.core.logger_walk import Walk, readings_of
from ledger_client.core.storage_values import Exposure, Reading, Segment
from ledger_client.wire import codes, telemetry
from ledger_client.wire.values import Clock
from ledger_client.wire.values import Reading as WireReading

REVOKED = "the logger's key was revoked or its owner expelled: what it says proves nothing"


@dataclass(frozen=True)
class Span:
    """A carrier and when the item was with it (None: from its beginning, still).  `origin` is the
    item's own event that began it; `part` is the carrier's chain during it."""

    carrier: str
    since: Moment | None
    until: Moment | None
    origin: Step | None
    part: Part


@dataclass(frozen=True)
class Attachment:
    """A logger on a carrier; (epoch, seq, digest) is its head as the ledger held it when the attach
    scan, or the item's own event, was registered."""

    logger: str
    thumbprint: bytes
    since: Moment
    until: Moment | None
    epoch: int
    seq: int
    digest: bytes


def exposure(source: Source, uri: str, until_ms: int) -> Exposure:
    """Everything known about the temperature of an item until `until_ms`, or until it was given
    out or destroyed: what became of it after that is nobody's storage."""
    steps = [step for step in history.steps(source, uri) if step.effective]
    from_ms = min(steps[0].moment.unix_ms if steps else until_ms, until_ms)
    end = ended_by(source, uri)
    life = Span(uri, None, None if end is None else end.moment, None, WHOLE)
    segments = [segment(source, cut) for attachment in travelled(source, uri)
                for cut in [_cut_attachment(life, attachment)] if cut is not None]
    to_ms = until_ms if end is None else max(from_ms, min(until_ms, end.moment.unix_ms))
    return Exposure(uri, from_ms, to_ms, tuple(sorted(segments, key=lambda one: one.start_ms)),
                    None if end is None else item.STATUS_NAMES[item.ENDS[end.event.action]])


def ended_by(source: Source, uri: str) -> Step | None:
    """The step that ended the item's life: its own, or that of a case which it was in (row 15).
    None while it lasts, or when the step was undone."""
    ends = [end for span in spans(source, uri, Span(uri, None, None, None, WHOLE), 0)
            if span.until is None  # what becomes of a case that it has left is not its end
            for end in [_last_end(source, span)] if end is not None]
    return min(ends, key=lambda step: step.moment.unix_ms, default=None)


def _last_end(source: Source, span: Span) -> Step | None:
    end: Step | None = None
    for step in history.steps(source, span.carrier, span.part):
        if step.effective and step.event.action in item.ENDS:
            end = step
        elif step.effective and step.event.action == codes.ACTION_UNDO:
            end = None
    return end


def travelled(source: Source, uri: str) -> list[Attachment]:
    """Every logger that travelled with the item, cut to the time the item was there."""
    return [cut for span in spans(source, uri, Span(uri, None, None, None, WHOLE), 0)
            for attachment in attachments(source, span)
            for cut in [_cut_attachment(span, attachment)] if cut is not None]


def spans(source: Source, uri: str, span: Span, depth: int) -> Iterator[Span]:
    """The item itself, its parents and places, each for the time the item was there."""
    yield span
    if depth == item.CONTAINMENT_DEPTH:
        return
    for stay in history.stays(source, uri, span.part):
        since = _later(span.since, stay.since.moment)
        end = _earlier(span.until, None if stay.until is None else stay.until.moment)
        if end is None or since is None or since.unix_ms < end.unix_ms:
            inner = Span(stay.carrier, since, end, stay.since, stay.part)
            yield from spans(source, stay.carrier, inner, depth + 1)


def attachments(source: Source, span: Span) -> list[Attachment]:
    """Loggers on the carrier: those that were there when the item came, by the links of the event
    that brought it, and those attached since."""
    found: list[Attachment] = []
    open_: dict[str, Attachment] = {}
    if span.origin is not None:
        open_ = dict(attached_by(span.origin))
    for step in history.steps(source, span.carrier, span.part):
        if not step.effective:
            continue
        for logger, attached in attached_by(step):
            if step.event.action == codes.ACTION_ATTACH:
                open_[logger] = attached
            elif step.event.action == codes.ACTION_DETACH and logger in open_:
                found.append(replace(open_.pop(logger), until=step.moment))
    return found + list(open_.values())


def attached_by(step: Step) -> Iterator[tuple[str, Attachment]]:
    """Loggers that an event links, with their heads."""
    for kind, logger, where, digest in step.event.links:
        if kind == item.LINK_LOGGER and isinstance(where, list):
            thumbprint, epoch, seq = where
            assert isinstance(logger, str)
            assert isinstance(digest, bytes)
            yield logger, Attachment(logger, thumbprint, step.moment, None, epoch, seq, digest)


def _cut_attachment(span: Span, attachment: Attachment) -> Attachment | None:
    since = _later(span.since, attachment.since)
    until = _earlier(span.until, attachment.until)
    assert since is not None
    if until is not None and until.unix_ms <= since.unix_ms:
        return None
    return replace(attachment, since=since, until=until)


def _later(one: Moment | None, other: Moment | None) -> Moment | None:
    if one is None or other is None:
        return one or other
    return one if one.unix_ms > other.unix_ms else other


def _earlier(one: Moment | None, other: Moment | None) -> Moment | None:
    if one is None or other is None:
        return one or other
    return one if one.unix_ms < other.unix_ms else other


def segment(source: Source, attachment: Attachment) -> Segment:
    """What the logger says of the time that it was attached, in order of time: records need not be,
    when a clock was wrong."""
    since, until = attachment.since, attachment.until
    readings: list[Reading] = []
    disbelieved: list[Reading] = []
    for reading, tainted in _readings(source, attachment):
        (disbelieved if tainted else readings).append(reading)
    return Segment(logger=attachment.logger, start_ms=since.unix_ms, start_error_ms=since.error_ms,
                   end_ms=None if until is None else until.unix_ms,
                   end_error_ms=0 if until is None else until.error_ms,
                   readings=tuple(sorted(readings, key=lambda one: one.unix_ms)),
                   missing=tuple((one.unix_ms, one.unix_ms + 1, REVOKED) for one in disbelieved),
                   disbelieved=tuple(sorted(disbelieved, key=lambda one: one.unix_ms)))


def needed(source: Source, attachment: Attachment) -> Iterator[LoggerRecord]:
    """Every record that may hold a reading of the attachment, in order: a scan that was registered
    late links a head that is later than the attaching."""
    linked = attachment.epoch, attachment.seq
    walk = Walk.forward(attachment.until)
    for found in source.logger_records(attachment.thumbprint, attachment.epoch,
                                       _first_needed(source, attachment)):
        yield found
        if found.where >= linked and walk.ends_with(found.record):
            return


def _first_needed(source: Source, attachment: Attachment) -> int:
    """Seq of the first one, in the attachment's epoch."""
    first = max(attachment.seq, 1)
    walk = Walk.back(attachment.since)
    for found in source.earlier_records(attachment.thumbprint, attachment.epoch, attachment.seq):
        first = found.where[1]
        if walk.ends_with(found.record):
            break
    return first


def begins_ms(found: LoggerRecord) -> int | None:
    """Time of a record's first reading, or of the event that it is."""
    clock = found.record.clock
    if clock.unix_ms is None:
        return None
    elapsed = [one.elapsed_ms for one in readings_of(found.record)]
    return clock.unix_ms - (clock.elapsed_ms - min(elapsed, default=clock.elapsed_ms))


def _readings(source: Source, attachment: Attachment) -> Iterator[tuple[Reading, bool]]:
    """Each with whether its record is tainted."""
    drift_ppm = source.drift_ppm(attachment.thumbprint)
    since, until = attachment.since, attachment.until
    for found in _with_time(needed(source, attachment)):
        for reading in _temperatures(found):
            placed = telemetry.reading_time(found.record.clock, reading.elapsed_ms, drift_ppm)
            if placed is None:
                continue
            unix_ms, error_ms = placed
            if since.unix_ms <= unix_ms and (until is None or unix_ms <= until.unix_ms):
                value_cdeg = _cdeg(reading.value, reading.exponent)
                yield Reading(unix_ms, error_ms, value_cdeg, found.where), found.tainted


def _temperatures(found: LoggerRecord) -> list[WireReading]:
    return [one for one in readings_of(found.record)
            if one.quantity == codes.QUANTITY_TEMPERATURE]


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
    return replace(earlier, record=earlier.record._replace(clock=mapped))
