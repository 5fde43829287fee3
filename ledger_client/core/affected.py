"""What a revocation puts in doubt: the items whose history or temperature rests on a key's word
after it was tainted.

An event counts that the key signed and that had effect: one of the item's own, or of a crate or a
place while the item was with it.  So does telemetry of a tainted logger while it travelled with the
item.  Nothing is undone by this: it is the list of what people must look at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger_client.core import exposure
from ledger_client.core.device_chain import Registered
from ledger_client.core.exposure import Span
from ledger_client.core.history import WHOLE, LoggerRecord, Source
from ledger_client.core.item import Event
from ledger_client.wire import codes
from ledger_client.wire.values import Record


@dataclass(frozen=True)
class Taint:
    """A key's word from entry `first` on; of a device only these `records` as (entry, leaf).
    `readings_from_ms` is the earliest time of a reading in its tainted telemetry, None when there
    is none."""

    thumbprint: bytes
    first: int
    records: frozenset[tuple[int, int]] | None = None
    readings_from_ms: int | None = None

    def of(self, event: Event) -> bool:
        """Whether an event rests on it."""
        return event.signer == self.thumbprint and event.entry >= self.first and \
            event.outcome is None and (
                self.records is None or event.leaf is None
                or (event.entry, event.leaf) in self.records)


@dataclass(frozen=True)
class Touch:
    """An event of `where` (the item itself, or what it was in) that the key signed; `action` None:
    telemetry of the logger `where`."""

    where: str
    entry: int | None
    leaf: int | None
    action: int | None


@dataclass(frozen=True)
class Affected:
    """An item and every touch, in the order of the ledger; telemetry last."""

    item: str
    touches: tuple[Touch, ...]


def of_device(thumbprint: bytes, first: int, tainted: Sequence[tuple[Registered, Record | None]],
              ) -> Taint:
    """`tainted` are the device's records that are evidence no more, in order; None: not at hand."""
    places = frozenset((held.entry, held.leaf) for held, _ in tainted)
    telemetry = [record for held, record in tainted if held.kind == codes.KIND_TELEMETRY]
    return Taint(thumbprint, first, places, min(map(_begins_ms, telemetry), default=None))


def _begins_ms(record: Record | None) -> int:
    """The earliest that its first reading can be; 0 when its time is unknown."""
    begins_ms = None if record is None else exposure.begins_ms(LoggerRecord(record, (0, 0)))
    if record is None or begins_ms is None:
        return 0
    return max(0, begins_ms - (record.clock.error_ms or 0))


def affected(source: Source, taint: Taint, candidates: Iterable[str]) -> Iterator[Affected]:
    """Those of the candidates that rest on the tainted key."""
    for uri in candidates:
        touches = [*_signed(source, taint, uri), *_measured(source, taint, uri)]
        if touches:
            yield Affected(uri, tuple(dict.fromkeys(touches)))


def candidates(first: Iterable[str], inside: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Every item that may be affected: the `first`, then whatever was ever in those.  Yields an
    item as soon as it is found, each once."""
    frontier = sorted(set(first))
    seen = set(frontier)
    while frontier:
        uri = frontier.pop(0)
        yield uri
        further = sorted(set(inside(uri)) - seen)
        seen.update(further)
        frontier += further


def _signed(source: Source, taint: Taint, uri: str) -> list[Touch]:
    touches = [Touch(span.carrier, event.entry, event.leaf, event.action)
               for span in _spans(source, uri)
               for event in (one.event for one in source.chain(span.carrier)
                             if span.part.holds(one.number))
               if taint.of(event)]
    return sorted(touches, key=lambda one: (one.entry, one.leaf or 0))


def _spans(source: Source, uri: str) -> Iterator[Span]:
    """The item, and everything it was in, each for the time it was."""
    return exposure.spans(source, uri, Span(uri, None, None, None, WHOLE), 0)


def _measured(source: Source, taint: Taint, uri: str) -> list[Touch]:
    if taint.readings_from_ms is None:
        return []
    return [Touch(one.logger, None, None, None) for one in exposure.travelled(source, uri)
            if one.thumbprint == taint.thumbprint
            and (one.until is None
                 or one.until.unix_ms + one.until.error_ms >= taint.readings_from_ms)]
