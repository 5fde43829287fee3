"""What is or was in a crate, at a place, or with a logger, at any depth.

An index leads from a carrier to the events that link it; what counts is the events.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from ledger_client.core import exposure, history, item
from ledger_client.core.exposure import Attachment
from ledger_client.core.history import Moment, Numbered, Source, Step
from ledger_client.wire import codes


class Index(Source, Protocol):
    """A source that finds events also by what they link, and by their entry."""

    def linking(self, other: str) -> Iterator[tuple[str, Numbered]]:
        """(item, event) of every event that links a thing, by item and number."""

    def happened(self, entry: int) -> Iterator[tuple[str, Numbered]]:
        """(item, event) of every event that an entry brought, by item and number."""


@dataclass(frozen=True)
class Inside:
    """An item in a carrier: `path` leads from the carrier that was asked about to its own.  `until`
    None: still."""

    item: str
    path: tuple[str, ...]
    since: Moment
    until: Moment | None


def ever(index: Index, carrier: str) -> Iterator[Inside]:
    """Every stay of an item in a crate or at a place, by item."""
    ends: list[Step] | None = None
    for uri, rows in groupby(index.linking(carrier), key=lambda row: row[0]):
        open_: tuple[Step, int | None] | None = None
        for _, numbered in rows:
            linked = _link(numbered, carrier)
            if linked is None:
                continue
            step = history.step_of(index, numbered)
            if open_ is not None:
                until = step.moment
                if linked.packed:  # it came back: unpacking all had let it out before
                    ends = _emptyings(index, carrier) if ends is None else ends
                    until = _moment_of_end(ends, open_[1]) or until
                yield Inside(uri, (carrier,), open_[0].moment, until)
            open_ = (step, linked.generation) if linked.enters(open_ is not None) else None
        if open_ is not None:
            ends = _emptyings(index, carrier) if ends is None else ends
            yield Inside(uri, (carrier,), open_[0].moment, _moment_of_end(ends, open_[1]))


@dataclass(frozen=True)
class _Link:
    """What an event says of a carrier; `generation` is None at a place."""

    action: int
    generation: int | None

    @property
    def packed(self) -> bool:
        return self.action == codes.ACTION_PACK

    def enters(self, was_inside: bool) -> bool:
        """A place is linked by the event that comes and by the one that leaves."""
        return self.packed or (self.action == codes.ACTION_PUT_AWAY and not was_inside)


def _link(numbered: Numbered, carrier: str) -> _Link | None:
    event = numbered.event
    for kind, other, where, _ in event.links if event.outcome is None else []:
        if other == carrier and kind == item.LINK_PARENT:
            assert isinstance(where, list)
            return _Link(event.action, where[1])
        if other == carrier and kind == item.LINK_PLACE:
            return _Link(event.action, None)
    return None


def _emptyings(index: Index, carrier: str) -> list[Step]:
    """Each unpacking of the whole: the ends of the carrier's generations, in order."""
    return [step for step in history.steps(index, carrier)
            if step.effective and step.event.action == codes.ACTION_UNPACK
            and all(kind != item.LINK_PARENT for kind, *_ in step.event.links)]


def _moment_of_end(ends: list[Step], generation: int | None) -> Moment | None:
    return None if generation is None or generation >= len(ends) else ends[generation].moment


def contents(index: Index, carrier: str, at_ms: int | None = None) -> Iterator[Inside]:
    """What is inside now, or at a time of day, at any depth: each carrier before what is in it."""
    yield from _contents(index, carrier, at_ms, ())


def _contents(index: Index, carrier: str, at_ms: int | None,
              path: tuple[str, ...]) -> Iterator[Inside]:
    if len(path) > item.CONTAINMENT_DEPTH:
        return
    for one in ever(index, carrier):
        if _is_in(one, at_ms):
            yield replace(one, path=(*path, carrier))
            yield from _contents(index, one.item, at_ms, (*path, carrier))


def _is_in(one: Inside, at_ms: int | None) -> bool:
    if at_ms is None:
        return one.until is None
    return one.since.unix_ms <= at_ms and (one.until is None or at_ms < one.until.unix_ms)


@dataclass(frozen=True)
class Interval:
    """Unix ms, both ends included; `to_ms` None: without end."""

    from_ms: int
    to_ms: int | None

    def cut(self, since: Moment | None, until: Moment | None) -> "Interval | None":
        """The part within a stay, as long as clocks allow: what may have been there, was."""
        from_ms, ends = self.from_ms, [] if self.to_ms is None else [self.to_ms]
        if since is not None:
            from_ms = max(from_ms, since.unix_ms - since.error_ms)
        if until is not None:
            ends.append(until.unix_ms + until.error_ms)
        to_ms = min(ends, default=None)
        return None if to_ms is not None and to_ms < from_ms else Interval(from_ms, to_ms)


@dataclass(frozen=True)
class During:
    """An item that was in a carrier for the part of a time; `path` as of Inside."""

    item: str
    path: tuple[str, ...]
    interval: Interval


def during(index: Index, carrier: str, interval: Interval,
           path: tuple[str, ...] = ()) -> Iterator[During]:
    """What was inside at any moment of a time, at any depth."""
    if len(path) > item.CONTAINMENT_DEPTH:
        return
    for one in ever(index, carrier):
        cut = interval.cut(one.since, one.until)
        if cut is not None:
            yield During(one.item, (*path, carrier), cut)
            yield from during(index, one.item, cut, (*path, carrier))


def travels(index: Index, giai: str) -> Iterator[tuple[str, Attachment]]:
    """(carrier, attachment) of a logger, by carrier."""
    for carrier, rows in groupby(index.linking(giai), key=lambda row: row[0]):
        attached: Attachment | None = None
        for _, numbered in rows:
            action = numbered.event.action
            if numbered.event.outcome is not None or \
                    action not in (codes.ACTION_ATTACH, codes.ACTION_DETACH):
                continue
            step = history.step_of(index, numbered)
            if action == codes.ACTION_ATTACH:
                attached = dict(exposure.attached_by(step))[giai]
            elif attached is not None:
                yield carrier, replace(attached, until=step.moment)
                attached = None
        if attached is not None:
            yield carrier, attached
