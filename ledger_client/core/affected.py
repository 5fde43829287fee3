"""What a revocation puts in doubt: the items whose history or temperature rests on a key's word
after it was tainted.

An event counts that the key signed and that had effect: one of the item's own, or of a crate or a
place while the item was with it.  So does telemetry of a tainted logger while it travelled with the
item.  Nothing is undone by this: it is the list of what people must look at.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ledger_client.core import exposure
from ledger_client.core.device_chain import Registered
from ledger_client.core.exposure import Span
from ledger_client.core.history import WHOLE, Source
from ledger_client.wire import codes


@dataclass(frozen=True)
class Taint:
    """A key's word from entry `first` on.  `readings_from_ms` is the earliest time of a reading in
    its tainted telemetry, None when there is none."""

    thumbprint: bytes
    first: int
    readings_from_ms: int | None


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


def taint_of(source: Source, thumbprint: bytes, first: int,
             registered: Iterable[tuple[Registered, tuple[int, int]]]) -> Taint:
    """`registered` are the key's records in order, none when it is no device's."""
    where = next((place for record, place in registered
                  if record.entry >= first and record.kind == codes.KIND_TELEMETRY), None)
    if where is None:
        return Taint(thumbprint, first, None)
    found = next(source.logger_records(thumbprint, *where), None)
    begins_ms = None if found is None else exposure.begins_ms(found)
    if found is None or begins_ms is None:
        return Taint(thumbprint, first, 0)  # its time is unknown: any
    return Taint(thumbprint, first, max(0, begins_ms - (found.record.clock.error_ms or 0)))


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
               if event.signer == taint.thumbprint and event.entry >= taint.first
               and event.outcome is None]
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
