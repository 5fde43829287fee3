"""Which loggers travelled with an item, from when until when, and what the ledger knew of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger_client.second_opinion.chains import DEPTH, Chains, Part
from ledger_client.second_opinion.evidence import Scans
from ledger_client.second_opinion.fault import Fault
from ledger_client.second_opinion.form import LINK_LOGGER, Event, Link
from ledger_client.wire import codes

_ATTACHMENTS = 4096  # bounds the pairing with telemetry


@dataclass(frozen=True)
class Attachment:
    """A logger that the item was exposed to, from `since_ms` to before `until_ms` (None: still).
    (epoch, seq, digest) was its newest record when the ledger took the event that says so; epoch 0:
    none was known."""

    label: str
    thumbprint: bytes
    since_ms: int
    until_ms: int | None
    epoch: int
    seq: int
    digest: bytes


@dataclass(frozen=True)
class _Span:
    """A carrier while the item was with it; `origin` is the event that began it, None for the item
    itself."""

    part: Part
    origin: Event | None
    since_ms: int | None
    until_ms: int | None

    def cut(self, since_ms: int, until_ms: int | None) -> tuple[int, int | None] | None:
        """What of a time lies in the span; None: nothing."""
        since_ms = since_ms if self.since_ms is None else max(since_ms, self.since_ms)
        ends = [end for end in (until_ms, self.until_ms) if end is not None]
        return None if ends and min(ends) <= since_ms else (since_ms, min(ends, default=None))


class Travel:
    """Reads attachments out of proven chains, cut to the times that the item was there."""

    def __init__(self, chains: Chains, scans: Scans) -> None:
        self._chains = chains
        self._scans = scans

    def attachments(self) -> list[Attachment]:
        """Those that last any time at all."""
        spans = self._spans(_Span(self._chains.whole, None, None, None), 0)
        found = [one for span in spans for one in self._on_carrier(span)]
        if len(found) > _ATTACHMENTS:
            raise Fault("chains", f"{len(found)} attachments of loggers, more than {_ATTACHMENTS}")
        return found

    def _spans(self, span: _Span, depth: int) -> Iterator[_Span]:
        yield span
        if depth == DEPTH:
            return
        for stay in self._chains.stays(span.part):
            until_ms = None if stay.until is None else self._scans.unix_ms(stay.until)
            during = span.cut(self._scans.unix_ms(stay.since), until_ms)
            if during is not None:
                yield from self._spans(_Span(stay.part, stay.since, *during), depth + 1)

    def _on_carrier(self, span: _Span) -> Iterator[Attachment]:
        """Loggers that were on the carrier when the item came, and those attached since."""
        attached: dict[str, tuple[Link, Event]] = {}
        if span.origin is not None:
            attached = {link.other: (link, span.origin)
                        for link in span.origin.linked(LINK_LOGGER)}
        for event in self._chains.read(span.part):
            if not event.effective:
                continue
            for link in event.linked(LINK_LOGGER):
                if event.action == codes.ACTION_ATTACH:
                    attached[link.other] = link, event
                elif event.action == codes.ACTION_DETACH and link.other in attached:
                    yield from self._attachment(span, *attached.pop(link.other), event)
        for link, since in attached.values():
            yield from self._attachment(span, link, since, None)

    def _attachment(self, span: _Span, link: Link, since: Event,
                    until: Event | None) -> Iterator[Attachment]:
        until_ms = None if until is None else self._scans.unix_ms(until)
        during = span.cut(self._scans.unix_ms(since), until_ms)
        if during is not None:
            epoch, seq = link.where
            yield Attachment(link.other, link.thumbprint, *during, epoch, seq, link.digest)
