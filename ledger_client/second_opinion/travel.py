"""Which loggers travelled with an item, from which of their records on, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger_client.second_opinion.chains import Chains, Place, Stay, stays
from ledger_client.second_opinion.evidence import Moment, Scans
from ledger_client.second_opinion.fault import Fault
from ledger_client.second_opinion.form import LINK_LOGGER, Event, Link
from ledger_client.wire import codes

_DEPTH = 8  # containment has no more levels
_INTERVALS = 4096  # bounds the pairing with parts of telemetry
_EVENTS_READ = 1 << 20  # a way that needs more is made to keep a verifier busy


@dataclass(frozen=True)
class Interval:
    """A logger that the item was exposed to: its records after (epoch, seq, digest) are due until
    one at or after `until_ms`, or until its newest (None)."""

    logger: str
    epoch: int
    seq: int
    digest: bytes
    until_ms: int | None


@dataclass(frozen=True)
class _Span:
    """A carrier while the item was with it: from its events at `place` to before number `last`.
    The item was there after all of `since` and before all of `until`."""

    place: Place
    last: int | None
    origin: Event | None
    since: tuple[Moment, ...]
    until: tuple[Moment, ...]


class Travel:
    """Reads intervals out of proven chains, cut to the times that the item was there."""

    def __init__(self, chains: Chains, scans: Scans) -> None:
        self._chains = chains
        self._scans = scans
        self._left = _EVENTS_READ

    def intervals(self, item: str) -> list[Interval]:
        """Those that last any time at all, each once."""
        spans = self._spans(_Span((item, 0), None, None, (), ()), 0)
        found = list(dict.fromkeys(one for span in spans for one in self._on_carrier(span)))
        if len(found) > _INTERVALS:
            raise Fault("chains", f"{len(found)} intervals with loggers, more than {_INTERVALS}")
        return found

    def _spans(self, span: _Span, depth: int) -> Iterator[_Span]:
        yield span
        if depth == _DEPTH:
            return
        for stay in stays(self._read(span.place)):
            inner = self._inner(span, stay)
            if not _is_empty(inner.since, inner.until):
                yield from self._spans(inner, depth + 1)

    def _read(self, place: Place) -> tuple[Event, ...]:
        events = self._chains.events(place)
        self._left -= 1 + len(events)
        if self._left < 0:
            raise Fault("chains", f"the way takes more than {_EVENTS_READ} events to follow")
        return events

    def _inner(self, span: _Span, stay: Stay) -> _Span:
        place = stay.carrier, stay.first
        last, until = None if stay.end is None else stay.end[0], stay.until
        if stay.is_parent and until is None:
            last, until = self._unpacked_whole(place)
        return _Span(place, last, stay.since, (*span.since, self._scans.moment(stay.since)),
                     (*span.until, *([] if until is None else [self._scans.moment(until)])))

    def _unpacked_whole(self, place: Place) -> tuple[int | None, Event | None]:
        """(number, event) of the carrier's next unpacking of all its content."""
        for number, event in enumerate(self._read(place), place[1]):
            if event.effective and event.action == codes.ACTION_UNPACK and not event.links:
                return number, event
        return None, None

    def _on_carrier(self, span: _Span) -> Iterator[Interval]:
        """Loggers that were on the carrier when the item came, and those attached since."""
        attached: dict[str, tuple[Link, tuple[Moment, ...]]] = {}
        if span.origin is not None:
            attached = {link.other: (link, span.since) for link in _loggers(span.origin)}
        for number, event in enumerate(self._read(span.place), span.place[1]):
            if not event.effective or (span.last is not None and number >= span.last):
                continue
            moment = self._scans.moment(event)
            for link in _loggers(event):
                if event.action == codes.ACTION_ATTACH:
                    attached[link.other] = link, (*span.since, moment)
                elif event.action == codes.ACTION_DETACH and link.other in attached:
                    yield from _interval(*attached.pop(link.other), (*span.until, moment))
        for link, since in attached.values():
            yield from _interval(link, since, span.until)


def _interval(link: Link, since: tuple[Moment, ...],
              until: tuple[Moment, ...]) -> Iterator[Interval]:
    if not _is_empty(since, until):
        epoch, seq = link.where
        yield Interval(link.other, epoch, seq, link.digest,
                       min((moment.unix_ms for moment in until), default=None))


def _is_empty(since: tuple[Moment, ...], until: tuple[Moment, ...]) -> bool:
    return any(end.not_after(start) for start in since for end in until)


def _loggers(event: Event) -> list[Link]:
    return [link for link in event.links if link.kind == LINK_LOGGER]
