"""History read from a passport's parts; a history.Source like a ledger's."""

from collections.abc import Iterator

from ledger_client.core import state
from ledger_client.core.history import LoggerRecord, Numbered
from ledger_client.core.identity import Key
from ledger_client.core.item import Event
from ledger_client.core.passport import Passport
from ledger_client.core.state import View
from ledger_client.wire import cose, record
from ledger_client.wire.values import Record


class PassportSource:
    """Parts that are not in the passport are simply not at hand."""

    def __init__(self, passport: Passport) -> None:
        self._passport = passport
        self._records = {one.digest: one for one in (record.decode(data, passport.ledger)
                                                     for data in passport.records)}
        values = {pair.key: pair.value for pair in passport.proofs}
        self._view = View(values.get)

    def chain(self, uri: str) -> list[Numbered]:
        found = {chain.first + at: event for chain in self._passport.chains if chain.item == uri
                 for at, event in enumerate(chain.events)}
        return [Numbered(number, found[number]) for number in sorted(found)]

    def record(self, event: Event) -> Record | None:
        return self._records.get(event.digest)

    def logger_records(self, giai: str, epoch: int, seq: int) -> Iterator[LoggerRecord]:
        for part in sorted(self._passport.telemetry, key=lambda one: (one.epoch, one.first)):
            if part.logger != giai or part.epoch < epoch:
                continue
            for data in part.records:
                parsed = record.decode(data, self._passport.ledger)
                if (parsed.epoch, parsed.seq) >= (epoch, seq):
                    yield LoggerRecord(parsed, (parsed.epoch, parsed.seq))

    def drift_ppm(self, giai: str) -> int:
        thumbprint = self._view.get(state.asset_key(giai))
        assert isinstance(thumbprint, bytes)
        key = self._view.load(Key, state.key_key(thumbprint))
        assert key is not None
        drift_ppm = key.details[1]
        assert isinstance(drift_ppm, int)
        return drift_ppm

    def key_of(self, kid: bytes) -> bytes | None:
        """Public key with this kid, as the passport carries it."""
        return next((key for key in self._passport.keys if cose.kid(key) == kid), None)
