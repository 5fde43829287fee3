"""Everything touched: by a logger in some time, by a pack's excursions, by a key since some time.

Errs towards touched: a time is as wide as the clocks behind it allow, and time for which a logger
speaks under a revoked key counts, whatever it says.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger_client.core import exposure, identity, insides, state
from ledger_client.core.exposure import Attachment
from ledger_client.core.history import Moment
from ledger_client.core.insides import During, Index, Interval
from ledger_client.core.state import View
from ledger_client.core.storage_values import Exposure, Reading
from ledger_client.core.verdict import Excursion
from ledger_client.errors import UsageError

ALWAYS = Interval(0, None)


@dataclass(frozen=True)
class Range:
    """Temperatures that a logger may show, hundredths of a degree; None: no bound."""

    low_cdeg: int | None = None
    high_cdeg: int | None = None

    def left_by(self, reading: Reading) -> bool:
        return (self.low_cdeg is not None and reading.value_cdeg < self.low_cdeg) or \
            (self.high_cdeg is not None and reading.value_cdeg > self.high_cdeg)

    @property
    def bounded(self) -> bool:
        return self.low_cdeg is not None or self.high_cdeg is not None


def by_logger(index: Index, giai: str, interval: Interval,
              allowed: Range | None = None) -> list[During]:
    """What was with a logger in that time, or only while it showed what is not `allowed`.
    UsageError for a logger that was never attached to anything."""
    travels = list(insides.travels(index, giai))
    if not travels:
        raise UsageError(f"{giai}: no logger of that label was ever attached to anything here")
    found: list[During] = []
    for carrier, attachment in travels:
        for part in _parts(index, attachment, interval, allowed):
            found.append(During(carrier, (giai,), part))
            found += insides.during(index, carrier, part, (giai,))
    return merged(found)


def _parts(index: Index, attachment: Attachment, interval: Interval,
           allowed: Range | None) -> list[Interval]:
    cut = interval.cut(attachment.since, attachment.until)
    if cut is None or allowed is None or not allowed.bounded:
        return [] if cut is None else [cut]
    segment = exposure.segment(index, attachment)
    doubted = set(segment.disbelieved)
    return [one for one in runs(sorted((*segment.readings, *doubted), key=lambda one: one.unix_ms),
                                lambda one: one in doubted or allowed.left_by(one))
            if one.cut(Moment(cut.from_ms, 0),
                       None if cut.to_ms is None else Moment(cut.to_ms, 0)) is not None]


def runs(readings: Iterable[Reading], counts: Callable[[Reading], bool]) -> list[Interval]:
    """Runs of readings that count, each from its first to its last, by their clocks."""
    found: list[Interval] = []
    before = False
    for reading in readings:
        out = counts(reading)
        first_ms = reading.unix_ms - reading.error_ms
        last_ms = reading.unix_ms + reading.error_ms
        if out:
            found.append(Interval(found.pop().from_ms if before else first_ms, last_ms))
        before = out
    return found


def disbelieved(index: Index, giais: Iterable[str]) -> int:
    """How many readings of these loggers are no evidence, because their key is revoked."""
    return sum(len(exposure.segment(index, attachment).disbelieved)
               for giai in giais for _, attachment in insides.travels(index, giai))


def by_excursions(index: Index, exposed: Exposure,
                  excursions: Sequence[Excursion]) -> list[During]:
    """What was with the loggers of a pack while they showed its excursions, or spoke under a
    revoked key."""
    found: list[During] = []
    for giai in sorted({segment.logger for segment in exposed.segments}):
        spans = [Interval(one.first_ms, one.last_ms) for one in excursions
                 if not one.loggers or giai in one.loggers]
        spans += (one for segment in exposed.segments if segment.logger == giai
                  for one in runs(segment.disbelieved, lambda _: True))
        if spans:
            found += (one for whole in _with_logger(index, giai, _hull(spans))
                      for one in _while(whole, spans))
    return merged(found)


def _hull(spans: Sequence[Interval]) -> Interval:
    return Interval(min(one.from_ms for one in spans), max(one.to_ms or 0 for one in spans))


def _with_logger(index: Index, giai: str, interval: Interval) -> Iterator[During]:
    """Walked once, however many excursions there were."""
    for carrier, attachment in insides.travels(index, giai):
        cut = interval.cut(attachment.since, attachment.until)
        if cut is not None:
            yield During(carrier, (giai,), cut)
            yield from insides.during(index, carrier, cut, (giai,))


def _while(whole: During, spans: Sequence[Interval]) -> Iterator[During]:
    """From the first to the last of the spans that it was there for."""
    since, to_ms = Moment(whole.interval.from_ms, 0), whole.interval.to_ms
    parts = [part for one in spans
             for part in [one.cut(since, None if to_ms is None else Moment(to_ms, 0))] if part]
    if parts:
        yield During(whole.item, whole.path, _hull(parts))


def merged(found: Iterable[During]) -> list[During]:
    """Each item once with the whole of its time, by item; the path is its first."""
    by_item: dict[str, During] = {}
    for one in found:
        held = by_item.get(one.item)
        if held is None:
            by_item[one.item] = one
            continue
        ends = (held.interval.to_ms, one.interval.to_ms)
        by_item[one.item] = During(one.item, held.path, Interval(
            min(held.interval.from_ms, one.interval.from_ms),
            None if None in ends else max(end for end in ends if end is not None)))
    return [by_item[uri] for uri in sorted(by_item)]


@dataclass(frozen=True)
class Touched:
    """An item that a key had to do with: its first and last event by it, and how many."""

    item: str
    first_entry: int
    last_entry: int
    events: int


def by_entries(index: Index, entries: Iterable[int],
               counts: Callable[[bytes], bool]) -> list[Touched]:
    """Items with events in these entries by a signer that `counts`, by item."""
    found: dict[str, Touched] = {}
    for entry in entries:
        for uri, numbered in index.happened(entry):
            if counts(numbered.event.signer):
                held = found.get(uri)
                found[uri] = Touched(uri, entry, entry, 1) if held is None else \
                    Touched(uri, held.first_entry, entry, held.events + 1)
    return [found[uri] for uri in sorted(found)]


def first_entry_since(view: View, size: int, since_ms: int) -> int:
    """Number of the first entry that was registered at `since_ms` or later, by ledger time."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        time_ms = view.get(state.time_key(middle))
        assert isinstance(time_ms, int)
        low, high = (middle + 1, high) if time_ms < since_ms else (low, middle)
    return low


def key_named(view: View, keys: Iterator[bytes], name: str) -> bytes:
    """Thumbprint of the key that a person names: a logger's label, or its thumbprint in hex, of
    which eight digits are enough.  UsageError when there is none, or more than one."""
    if name.startswith("https://"):
        thumbprint = view.get(state.asset_key(name))
        if not isinstance(thumbprint, bytes):
            raise UsageError(f"{name}: no logger of that label is enrolled here")
        return thumbprint
    wanted = name.lower()
    if len(wanted) < 8 or any(one not in "0123456789abcdef" for one in wanted):
        raise UsageError(f"{name}: a key is named by eight or more hex digits of its thumbprint, "
                         "or by a logger's label")
    found = [one for one in keys if one.hex().startswith(wanted)]
    if len(found) != 1:
        raise UsageError(f"{name}: {len(found) or 'no'} keys of this ledger begin so")
    identity.require_key(view, found[0])
    return found[0]
