"""Making a passport of an item from a ledger."""

from collections.abc import Iterator, Sequence

from ledger_client.core import (
    answer,
    block,
    exposure,
    history,
    identity,
    merkle,
    passport,
    state,
)
from ledger_client.core.answer import gtin_of
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.device_chain import Registered
from ledger_client.core.exposure import Attachment
from ledger_client.core.history import Stay
from ledger_client.core.item import Item
from ledger_client.core.passport import Chain, LogProof, Passport, RecordProof, StatePair, Telemetry
from ledger_client.core.signature import Signer
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource


class PassportMaker:
    """Collects the parts of one passport; `evidence` adds device records and telemetry."""

    def __init__(self, reader: LedgerReader, uri: str, *, evidence: bool) -> None:
        checkpoint = reader.checkpoint()
        known = reader.view().load(Item, state.item_key(uri))
        if checkpoint is None or known is None:
            raise UsageError(f"{uri}: this ledger knows no such item")
        self._reader = reader
        self._uri = uri
        self._evidence = evidence
        self._checkpoint: Checkpoint = checkpoint
        self._item: Item = known
        self._view = reader.view()
        self._source = LedgerSource(reader)
        self._keys: set[bytes] = {state.item_key(uri)}
        self._device_keys: set[bytes] = set()

    def make(self, maker: Signer, issued_s: int, verdict: list[object] | None = None) -> bytes:
        """The file, signed by `maker`."""
        chains = list(self._chains())
        travelled = exposure.travelled(self._source, self._uri)
        telemetry = [part for attachment in travelled for part in self._telemetry(attachment)] \
            if self._evidence else []
        records = self._records(chains) if self._evidence else []
        self._ask_for_answers()
        signed = self._reader.signed_checkpoint()
        return passport.encode(Passport(
            item=self._uri, ledger=self._checkpoint.ledger,
            ledger_key=self._reader.ledger_key().public_key, checkpoint=signed.statement,
            cosignatures=tuple(self._reader.store.cosignatures(self._checkpoint.number)),
            revoked=[(bytes(kid), int(number)) for kid, number in  # type: ignore[call-overload]
                     identity.revoked(self._view)],
            proofs=tuple(self._proofs()), chains=tuple(chains),
            parties=self._parties(chains), verdict=verdict, maker_key=maker.public_key,
            keys=tuple(sorted(self._device_keys)), records=tuple(records),
            telemetry=tuple(telemetry)), maker, issued_s)

    def _chains(self) -> Iterator[Chain]:
        yield self._chain(self._uri, 0, self._item.length)
        seen: set[tuple[str, int]] = set()
        yield from self._carriers(self._uri, seen)

    def _carriers(self, uri: str, seen: set[tuple[str, int]]) -> Iterator[Chain]:
        for stay in history.stays(self._source, uri):
            if (stay.carrier, stay.first) in seen:
                continue
            seen.add((stay.carrier, stay.first))
            length = self._end(stay)
            if length > stay.first:
                yield self._chain(stay.carrier, stay.first, length)
            yield from self._carriers(stay.carrier, seen)

    def _end(self, stay: Stay) -> int:
        """Where the carrier's part ends: at the link of an unpack, else at its own state."""
        ended_by_link = stay.until is not None and any(
            link[1] == stay.carrier for link in stay.until.event.links)
        if ended_by_link and stay.last is not None:
            return stay.last
        self._keys.add(state.item_key(stay.carrier))
        carrier = self._view.load(Item, state.item_key(stay.carrier))
        return 0 if carrier is None else carrier.length

    def _chain(self, uri: str, first: int, length: int) -> Chain:
        events = [history.decode_event(data) for data in self._reader.store.events(uri)]
        head = state.first_head(uri)
        for event in events[:first]:
            head = state.next_head(head, event.encode())
        return Chain(uri, first, head, tuple(events[first:length]))

    def _records(self, chains: Sequence[Chain]) -> list[bytes]:
        """The device records behind the events, each once."""
        found: dict[bytes, bytes] = {}
        for chain in chains:
            for event in chain.events:
                if event.leaf is not None:
                    found[event.digest] = self._source.leaf(event.entry, event.leaf).record
                    self._need_key(event.signer)
        return [found[digest] for digest in sorted(found)]

    def _need_key(self, thumbprint: bytes) -> None:
        self._device_keys.add(identity.require_key(self._view, thumbprint).public_key)

    def _telemetry(self, attachment: Attachment) -> Iterator[Telemetry]:
        """Records from the link at attaching to one at or after detaching, else to the head."""
        thumbprint = self._view.get(state.asset_key(attachment.logger))
        assert isinstance(thumbprint, bytes)
        self._keys |= {state.asset_key(attachment.logger), state.key_key(thumbprint),
                       state.calibrations_key(attachment.logger)}
        parts: dict[int, list[tuple[Registered, int]]] = {}
        reached = False
        for held, (epoch, seq) in self._source.device_records(thumbprint, attachment.epoch,
                                                              attachment.seq + 1):
            parts.setdefault(epoch, []).append((held, seq))
            unix_ms = self._source.record_at(held.entry, held.leaf).clock.unix_ms
            if attachment.until is not None and unix_ms is not None and \
                    unix_ms >= attachment.until.unix_ms:
                reached = True
                break
        for number, (epoch, rows) in enumerate(sorted(parts.items())):
            last = number == len(parts) - 1
            self._need_key(thumbprint)
            self._need_heads(thumbprint, epoch, rows, closed=reached and last)
            yield Telemetry(
                attachment.logger, epoch, rows[0][1],
                tuple(self._source.leaf(held.entry, held.leaf).record for held, _ in rows),
                self._record_proof(rows[-1][0]) if reached and last else None)

    def _need_heads(self, thumbprint: bytes, epoch: int, rows: list[tuple[Registered, int]],
                    closed: bool) -> None:
        gapless = rows[-1][1] - rows[0][1] == len(rows) - 1
        if not (closed and gapless):
            self._keys.add(state.head_key(thumbprint, epoch))
        if not closed:
            self._keys.add(state.device_key(thumbprint))

    def _record_proof(self, held: Registered) -> RecordProof:
        entry = self._reader.entry(held.entry)
        assert entry.body is not None
        leaves = block.decode_body(entry.body)
        node = merkle.list_node([leaf.entry() for leaf in leaves])
        return RecordProof(leaves[held.leaf], held.leaf,
                           tuple(merkle.inclusion_path(node, held.leaf, len(leaves))),
                           LogProof(held.entry, entry.statement, tuple(self._reader.inclusion_path(
                               held.entry, self._checkpoint.size))))

    def _ask_for_answers(self) -> None:
        """What every answer about a pack needs: recall, product, profile."""
        gtin = gtin_of(self._uri)
        if gtin is None:
            return
        if self._item.lot is not None:
            self._keys.add(state.recall_key(gtin, self._item.lot))
        if self._evidence:
            self._keys |= set(answer.profile_keys(self._view, self._uri))

    def _proofs(self) -> list[StatePair]:
        prover = self._reader.prover()
        return [StatePair(key, *prover.prove(key)) for key in sorted(self._keys)]

    def _parties(self, chains: Sequence[Chain]) -> list[list[object]]:
        """Who the signers are, as the maker states it."""
        roots = {identity.require_key(self._view, event.signer).organisation
                 for chain in chains for event in chain.events}
        found = [identity.require_organisation(self._view, root) for root in sorted(roots)]
        return [[one.root, one.name, one.party] for one in found]
