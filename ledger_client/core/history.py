"""What happened to an item: its chain read back with the scans behind it.

Works over a Source, which a ledger or a passport can be; nothing here decides anything, it only
puts together what the rules kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from ledger_client.core import item
from ledger_client.core.item import Event
from ledger_client.wire import cbor, check, codes, scan
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Record, Scan

SCANS_CACHED = 256  # a pallet's packs are in fewer

@dataclass(frozen=True)
class Numbered:
    """An event and its place on its item's chain."""

    number: int
    event: Event


@dataclass(frozen=True)
class Recorded:
    """What was stated behind an event: the clock and the body of a scan."""

    clock: Clock
    body: bytes


class Source(Protocol):
    """Where history is read from."""

    def chain(self, uri: str) -> list[Numbered]:
        """Events of an item's chain that are at hand, in order."""

    def record(self, event: Event) -> Recorded | None:
        """The device record or captured event behind an event, None when it is not at hand."""

    def declared_in_error(self, event: Event) -> int | None:
        """The entry by which the event's own organisation declared it in error, as far as known."""

    def logger_records(self, thumbprint: bytes, epoch: int, seq: int) -> Iterator["LoggerRecord"]:
        """Records of a logger from (epoch, seq) on, as far as they are at hand, in order."""

    def earlier_records(self, thumbprint: bytes, epoch: int, seq: int) -> Iterator["LoggerRecord"]:
        """Records of one epoch of a logger from `seq` back, as far as they are at hand."""

    def drift_ppm(self, thumbprint: bytes) -> int:
        """Of the logger's oscillator, as enrolled."""


@dataclass(frozen=True)
class LoggerRecord:
    """A logger's record; `where` = (epoch, seq).  `tainted`: its key is revoked, and nothing shows
    that it was made before."""

    record: Record
    where: tuple[int, int]
    tainted: bool = False


@dataclass(frozen=True)
class Moment:
    """When something happened: Unix ms and how far it may be off; by ledger time when the device
    had no time of day."""

    unix_ms: int
    error_ms: int


@dataclass(frozen=True)
class Step:
    """One event of an item with the scan behind it, None when that is not at hand.  `in_error` is
    the entry that declares it in error."""

    number: int
    event: Event
    scan: Scan | None
    moment: Moment
    in_error: int | None

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
    for kind, other, where, head in links:
        _check_link(kind, other, where, head)
    return Event(check.uint(entry, rule), check.uint_or_null(leaf, rule),
                 check.uint(time_ms, rule), check.sized(digest, 32, rule),
                 check.sized(signer, 32, rule), check.uint(action, rule),
                 None if outcome is None else check.text(outcome, codes.TEXT, rule), links)


def _check_link(kind: object, other: object, where: object, head: object) -> None:
    rule = "event.link"
    check.text(other, 128, rule)
    check.sized(head, 32, rule)
    if check.uint(kind, rule) == item.LINK_PLACE:
        check.uint(where, rule)
    elif kind == item.LINK_PARENT:
        for number in check.array(where, 2, rule):
            check.uint(number, rule)
    elif kind == item.LINK_LOGGER:
        thumbprint, epoch, seq = check.array(where, 3, rule)
        check.sized(thumbprint, 32, rule)
        check.uint(epoch, rule)
        check.uint(seq, rule)
    else:
        raise WireError(rule, "an unknown kind of link")


@dataclass(frozen=True)
class Part:
    """The events of an item from number `first` to before `last`; None: to the end."""

    first: int = 0
    last: int | None = None

    def holds(self, number: int) -> bool:
        return number >= self.first and (self.last is None or number < self.last)


WHOLE = Part()


def steps(source: Source, uri: str, part: Part = WHOLE) -> list[Step]:
    """The item's chain, or a part of it, with scans and times."""
    return [step_of(source, numbered) for numbered in source.chain(uri)
            if part.holds(numbered.number)]


def step_of(source: Source, numbered: Numbered) -> Step:
    """An event with what was stated behind it."""
    event = numbered.event
    record = source.record(event)
    by_ledger = Moment(event.time_ms, 0)
    in_error = source.declared_in_error(event)
    if record is None:
        return Step(numbered.number, event, None, by_ledger, in_error)
    clock = record.clock
    known = clock.unix_ms is not None and clock.error_ms is not None
    moment = Moment(clock.unix_ms, clock.error_ms) if known else by_ledger  # type: ignore[arg-type]
    return Step(numbered.number, event, _scan(record.body), moment, in_error)


# One scan is behind an event of each of its things; nobody changes it.
@lru_cache(maxsize=SCANS_CACHED)
def _scan(body: bytes) -> Scan:
    return scan.decode(body)


@dataclass(frozen=True)
class Stay:
    """An item with a carrier, a parent or a place.  `until` is the event that ended it, None while
    it lasts or when nothing in the part that was looked at ends it.  `part` is the carrier's chain
    during the stay, its end None when no link tells it; `generation` is a parent's."""

    carrier: str
    since: Step
    until: Step | None
    part: Part
    generation: int | None


def stays(source: Source, uri: str, part: Part = WHOLE) -> list[Stay]:
    """Every parent the item was in and every place it was put away at."""
    return parents(source, uri, part) + places(source, uri, part)


def parents(source: Source, uri: str, part: Part = WHOLE) -> list[Stay]:
    """Every parent the item was in, in order."""
    found: list[Stay] = []
    inside: Stay | None = None
    for step in steps(source, uri, part):
        link = _parent_link(step)
        if link is None:
            continue
        parent, length, generation = link
        if step.event.action == codes.ACTION_PACK:
            if inside is not None:
                found.append(_unpacked_with_all(source, inside))
            inside = Stay(parent, step, None, Part(length), generation)
        elif inside is not None:
            found.append(replace(inside, until=step, part=Part(inside.part.first, length)))
            inside = None
    if inside is not None:
        found.append(_unpacked_with_all(source, inside))
    return found


def _unpacked_with_all(source: Source, stay: Stay) -> Stay:
    """A stay that no event of the item ended: unpacking the parent whole did, if it was."""
    for step in steps(source, stay.carrier, stay.part):
        if step.effective and step.event.action == codes.ACTION_UNPACK and \
                _parent_link(step) is None:
            return replace(stay, until=step, part=Part(stay.part.first, step.number + 1))
    return stay


def places(source: Source, uri: str, part: Part = WHOLE) -> list[Stay]:
    """Every place the item was put away at, until it left.  What is in stock again without being
    put away (a shipment cancelled) leaves a place without having come to it."""
    found: list[Stay] = []
    at: Stay | None = None
    for step in steps(source, uri, part):
        links = [(other, where) for kind, other, where, _ in step.event.links
                 if kind == item.LINK_PLACE and step.effective]
        for place, length in links:
            assert isinstance(place, str)
            assert isinstance(length, int)
            if at is not None and at.carrier == place:
                found.append(replace(at, until=step, part=Part(at.part.first, length)))
                at = None
            elif step.event.action == codes.ACTION_PUT_AWAY:
                at = Stay(place, step, None, Part(length), None)
    return found if at is None else [*found, at]


def _parent_link(step: Step) -> tuple[str, int, int] | None:
    """(parent, length of its chain, its generation) of an effective pack or unpack."""
    if not step.effective:
        return None
    for kind, other, where, _ in step.event.links:
        if kind == item.LINK_PARENT and isinstance(other, str) and isinstance(where, list):
            length, generation = where
            return other, length, generation
    return None
