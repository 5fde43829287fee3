"""History read from a passport's parts; a history.Source like a ledger's."""

from collections.abc import Iterator

from ledger_client.core import state
from ledger_client.core.history import LoggerRecord, Numbered, Recorded
from ledger_client.core.identity import Key
from ledger_client.core.item import Event
from ledger_client.core.passport import Passport
from ledger_client.core.state import View
from ledger_client.errors import VerificationFailed
from ledger_client.wire import cose, record

# A pack's way is read a few times over.  Chains that nobody's ledger holds can name each other so
# that the ways through them multiply.
EVENTS_READ = 1 << 20


class PassportSource:
    """Parts that are not in the passport are simply not at hand."""

    def __init__(self, passport: Passport, view: View) -> None:
        self._passport = passport
        self._view = view
        self._records = {one.digest: one for one in (record.decode(data, passport.ledger)
                                                     for data in passport.records)}
        self._telemetry = {
            (run.thumbprint, run.epoch, run.first + at): data
            for run in passport.telemetry for at, data in enumerate(run.records)}
        self._keys = {cose.thumbprint(key): key for key in passport.keys}
        self._left = EVENTS_READ

    def chain(self, uri: str) -> list[Numbered]:
        """VerificationFailed when the ways through the chains are made to keep a verifier busy."""
        found = {chain.first + at: event for chain in self._passport.chains if chain.item == uri
                 for at, event in enumerate(chain.events)}
        self._left -= 1 + len(found)
        if self._left < 0:
            raise VerificationFailed("passport.chain", "chains", "the item's way takes more than "
                                     f"{EVENTS_READ} events to follow")
        return [Numbered(number, found[number]) for number in sorted(found)]

    def record(self, event: Event) -> Recorded | None:
        found = self._records.get(event.digest)
        return None if found is None else Recorded(found.clock, found.body)

    def declared_in_error(self, event: Event) -> int | None:
        """A passport does not carry the marks of corrections: ask the ledger."""
        return None

    def logger_records(self, thumbprint: bytes, epoch: int, seq: int) -> Iterator[LoggerRecord]:
        for place in sorted(place for place in self._telemetry if place[0] == thumbprint):
            if place[1:] >= (epoch, seq):
                yield self._opened(place)

    def earlier_records(self, thumbprint: bytes, epoch: int, seq: int) -> Iterator[LoggerRecord]:
        for place in sorted((place for place in self._telemetry
                             if place[:2] == (thumbprint, epoch) and place[2] <= seq),
                            reverse=True):
            yield self._opened(place)

    def _opened(self, place: tuple[bytes, int, int]) -> LoggerRecord:
        return LoggerRecord(record.decode(self._telemetry[place], self._passport.ledger), place[1:])

    def drift_ppm(self, thumbprint: bytes) -> int:
        key = self._view.load(Key, state.key_key(thumbprint))
        assert key is not None
        drift_ppm = key.details[1]
        assert isinstance(drift_ppm, int)
        return drift_ppm

    def key_of(self, thumbprint: bytes) -> bytes | None:
        """Public key with this thumbprint, as the passport carries it; a kid identifies none."""
        return self._keys.get(thumbprint)
