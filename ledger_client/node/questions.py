"""Questions of an open ledger, as the command line and the service ask them.

Every answer is as of one checkpoint, and the word of who has the ledger: a passport is what proves.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger_client.core import answer, identity, insides, item, statement, touched, whereabouts
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.insides import During, Inside, Interval
from ledger_client.core.touched import Range, Touched
from ledger_client.core.whereabouts import Held, Where
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes, digital_link

_PLACE, _PARTY, _ASSET = (f"{digital_link.STEM}/{ai}/" for ai in ("414", "417", "8004"))


@dataclass(frozen=True)
class ByKey:
    """What a key touched: items with events by it (through it, when it is a gateway's), and what
    was with it while it measured, when it is a logger's."""

    thumbprint: bytes
    role: int
    events: list[Touched]
    measured: list[During]


class Questions:
    """About a ledger as it is now; UsageError says what cannot be answered, and why."""

    def __init__(self, reader: LedgerReader) -> None:
        self._reader = reader
        self._source = LedgerSource(reader)
        self._view = reader.view()
        checkpoint = reader.checkpoint()
        assert checkpoint is not None
        self.checkpoint: Checkpoint = checkpoint

    def where(self, uri: str, at_ms: int | None = None) -> Where:
        """Now, or at a time of day."""
        if at_ms is None:
            return whereabouts.where(self._source, self._view, uri, self.checkpoint.time_ms)
        self._past(at_ms)
        return whereabouts.where_at(self._source, self._view, uri, at_ms)

    def held(self, uri: str) -> list[Held]:
        """Oldest first."""
        return whereabouts.held(self._source, self._view, uri)

    def contents(self, uri: str, at_ms: int | None = None) -> Iterator[Inside]:
        """Of a crate or a place, at any depth, now or at a time of day."""
        if uri.startswith(_ASSET):
            raise UsageError(f"{uri}: nothing is in a logger. `coldseal touched --logger` tells "
                             "what was with it")
        if uri.startswith(_PLACE):
            self._require_place(uri)
        else:
            whereabouts.known(self._view, uri)
        if at_ms is not None:
            self._past(at_ms)
        return insides.contents(self._source, uri, at_ms)

    def _require_place(self, uri: str) -> None:
        """Nothing put away there ever, and no logger, is not the same as an empty place."""
        if item.load(self._view, uri) is not None or any(self._source.linking(uri)):
            return
        party = _PARTY + uri.removeprefix(_PLACE)
        owner = next((one.name for one in (
            identity.require_organisation(self._view, root)
            for root in identity.members(self._view)) if one.party == party), None)
        raise UsageError(
            f"{uri}: nothing was ever put away at this place on this ledger. "
            + ("Is the GLN right?" if owner is None else
               f"What {owner} holds and put away at no place is at none: `coldseal where` tells "
               "who holds a pack or crate"))

    def touched_by_logger(self, giai: str, interval: Interval, allowed: Range) -> list[During]:
        """What was with a logger in that time, while it showed what is not allowed."""
        if interval.to_ms is not None and interval.to_ms < interval.from_ms:
            raise UsageError("the time ends before it begins")
        if allowed.low_cdeg is not None and allowed.high_cdeg is not None \
                and allowed.high_cdeg < allowed.low_cdeg:
            raise UsageError("what is above the one and below the other is everything: --above is "
                             "the upper limit, --below the lower")
        return touched.by_logger(self._source, giai, interval, allowed)

    def touched_by_excursions(self, uri: str) -> list[During]:
        """What was with a pack's loggers while they showed its excursions, by its own profile.
        InvalidData when no product is registered for it, UsageError when nothing measured it."""
        whereabouts.known(self._view, uri)
        found = answer.storage_answer(self._source, self._view, uri, self.checkpoint.time_ms)
        if not found.verdict.readings and not any(
                one.disbelieved for one in found.exposure.segments):
            why = "its loggers gave no reading" if found.exposure.segments \
                else "no logger was with it"
            raise UsageError(f"{uri}: {why}: nothing is known of its excursions")
        return touched.by_excursions(self._source, found.exposure, found.verdict.excursions)

    def disbelieved(self, found: Iterable[During]) -> int:
        """How many readings of the loggers that these were with are no evidence."""
        return touched.disbelieved(self._source, {one.path[0] for one in found})

    def touched_by_key(self, name: str, since_ms: int) -> ByKey:
        """By a device, gateway or person since a ledger time; `name` as touched.key_named."""
        keys = (key.removeprefix(b"key/") for key, _ in self._reader.store.keys(b"key/"))
        thumbprint = touched.key_named(self._view, keys, name)
        key = identity.require_key(self._view, thumbprint)
        first = touched.first_entry_since(self._view, self.checkpoint.size, since_ms)
        if key.role == codes.ROLE_DEVICE:
            entries = sorted({held.entry for held, _ in self._source.device_records(
                thumbprint, 0, 0) if held.entry >= first})
        else:
            entries = [number for number in range(first, self.checkpoint.size)
                       if statement.parse(self._reader.statement(number)).issuer == thumbprint]
        through = key.role == codes.ROLE_GATEWAY
        return ByKey(thumbprint, key.role, touched.by_entries(
            self._source, entries, lambda signer: through or signer == thumbprint),
            self._measured(key, since_ms))

    def _measured(self, key: identity.Key, since_ms: int) -> list[During]:
        giai = key.details[0] if key.role == codes.ROLE_DEVICE else None
        if not isinstance(giai, str) or not any(insides.travels(self._source, giai)):
            return []
        return touched.by_logger(self._source, giai, Interval(since_ms, None))

    def _past(self, at_ms: int) -> None:
        if at_ms > self.checkpoint.time_ms:
            raise UsageError(f"the ledger goes to {whereabouts.utc(self.checkpoint.time_ms)}: "
                             "leave the time out to ask for now")
