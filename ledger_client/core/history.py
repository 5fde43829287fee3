"""What happened to an item: its chain read back with the scans behind it.

Works over a Source, which a ledger or a passport can be; nothing here decides anything, it only
puts together what the rules kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ledger_client.core import item
from ledger_client.core.item import Event
from ledger_client.wire import cbor, check, codes, scan
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record, Scan


@dataclass(frozen=True)
class Numbered:
    """An event and its place on its item's chain."""

    number: int
    event: Event


class Source(Protocol):
    """Where history is read from."""

    def chain(self, uri: str) -> list[Numbered]:
        """Events of an item's chain that are at hand, in order."""

    def record(self, event: Event) -> Record | None:
        """The device record behind an event, None when it is not at hand."""

    def logger_records(self, giai: str, epoch: int, seq: int) -> Iterator["LoggerRecord"]:
        """Records of the logger with this label from (epoch, seq) on, as far as they are at hand,
        in order."""

    def drift_ppm(self, giai: str) -> int:
        """Of the logger's oscillator, as enrolled."""


@dataclass(frozen=True)
class LoggerRecord:
    """A logger's record and where it stands: (entry, leaf)."""

    record: Record
    where: tuple[int, int]


@dataclass(frozen=True)
class Moment:
    """When something happened: Unix ms and how far it may be off; by ledger time when the device
    had no time of day."""

    unix_ms: int
    error_ms: int


@dataclass(frozen=True)
class Step:
    """One event of an item with the scan behind it, None when that is not at hand."""

    number: int
    event: Event
    scan: Scan | None
    moment: Moment

    @property
    def effective(self) -> bool:
        return self.event.outcome is None


def decode_event(data: bytes) -> Event:
    """WireError for anything that Event.encode does not make."""
    rule = "event.chain"
    entry, leaf, time_ms, digest, signer, action, outcome, links = \
        check.array(cbor.decode(data), 8, rule)
    if type(links) is not list or any(type(link) is not list or len(link) != 4 for link in links):
        raise WireError(rule, "links are arrays of four")
    return Event(check.uint(entry, rule), check.uint_or_null(leaf, rule),
                 check.uint(time_ms, rule), check.sized(digest, 32, rule),
                 check.sized(signer, 32, rule), check.uint(action, rule),
                 None if outcome is None else check.text(outcome, codes.TEXT, rule), links)


def steps(source: Source, uri: str) -> list[Step]:
    """The item's chain with scans and times."""
    return [_step(source, numbered) for numbered in source.chain(uri)]


def _step(source: Source, numbered: Numbered) -> Step:
    event = numbered.event
    record = source.record(event)
    by_ledger = Moment(event.time_ms, 0)
    if record is None:
        return Step(numbered.number, event, None, by_ledger)
    clock = record.clock
    known = clock.unix_ms is not None and clock.error_ms is not None
    moment = Moment(clock.unix_ms, clock.error_ms) if known else by_ledger  # type: ignore[arg-type]
    return Step(numbered.number, event, scan.decode(record.body), moment)


@dataclass(frozen=True)
class Stay:
    """An item with a carrier, a parent or a place; `until` is None while it still is.  `first` and
    `last` are the numbers of the carrier's next events when the item came and went."""

    carrier: str
    since: Step
    until: Step | None
    first: int
    last: int | None


def stays(source: Source, uri: str) -> list[Stay]:
    """Every parent the item was in and every place it was put away at."""
    return parents(source, uri) + places(source, uri)


def parents(source: Source, uri: str) -> list[Stay]:
    """Every parent the item was in, in order."""
    found: list[Stay] = []
    inside: tuple[str, Step, int] | None = None
    for step in steps(source, uri):
        link = _link(step, item.LINK_PARENT)
        if link is None:
            continue
        parent, number = link
        if step.event.action == codes.ACTION_PACK:
            if inside is not None:
                found.append(_left_by_unpack_all(source, *inside))
            inside = (parent, step, number)
        elif inside is not None:
            found.append(Stay(inside[0], inside[1], step, inside[2], number))
            inside = None
    if inside is not None:
        found.append(_left_by_unpack_all(source, *inside))
    return found


def _left_by_unpack_all(source: Source, parent: str, since: Step, first: int) -> Stay:
    """A stay that no event of the item ended: the parent's next unpack-all did, if there is one."""
    for step in steps(source, parent):
        if step.number >= first and step.effective and not step.event.links \
                and step.event.action == codes.ACTION_UNPACK:
            return Stay(parent, since, step, first, step.number)
    return Stay(parent, since, None, first, None)


def places(source: Source, uri: str) -> list[Stay]:
    """Every place the item was put away at, until what next happened to it."""
    found: list[Stay] = []
    at: tuple[str, Step, int] | None = None
    for step in steps(source, uri):
        if not step.effective:
            continue
        if at is not None:
            found.append(Stay(at[0], at[1], step, at[2], None))
        link = _link(step, item.LINK_PLACE)
        at = None if link is None else (link[0], step, link[1])
    if at is not None:
        found.append(Stay(at[0], at[1], None, at[2], None))
    return found


def _link(step: Step, wanted: int) -> tuple[str, int] | None:
    """(other item, length of its chain) of an effective event's link."""
    if not step.effective:
        return None
    for kind, other, where, _ in step.event.links:
        if kind == wanted and isinstance(other, str) and isinstance(where, int):
            return other, where
    return None
