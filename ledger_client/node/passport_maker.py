"""Making a passport of an item from a ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ledger_client.core import (
    answer,
    block,
    exposure,
    history,
    identity,
    item,
    merkle,
    passport,
    passport_verify,
    state,
)
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.device_chain import Registered
from ledger_client.core.history import WHOLE, Part, Stay
from ledger_client.core.identity import Key
from ledger_client.core.item import Event, Item, UnpackedAll
from ledger_client.core.passport import (
    Chain,
    LogProof,
    Party,
    Passport,
    RecordProof,
    Run,
    StatePair,
)
from ledger_client.core.passport_telemetry import NotWhole
from ledger_client.core.passport_view import AskedView
from ledger_client.core.signature import Signer
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource
from ledger_client.node.telemetry_runs import TelemetryRuns
from ledger_client.wire import codes, cose


class PassportMaker:
    """Collects the parts of one passport; `evidence` adds device records and telemetry.  What is
    left out of that, since no verifier could follow it, stands in `left_out` with the reason."""

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
        self._source = LedgerSource(reader, devices_only=True)
        self.left_out: list[str] = []

    def make(self, maker: Signer, issued_s: int, verdict: list[object] | None = None) -> bytes:
        """The file, signed by `maker`; UsageError unless that is a member's operations key."""
        self._check_maker(maker)
        chains = list(self._chains())
        telemetry = self._telemetry() if self._evidence else []
        records = self._records(chains)
        signed = self._reader.signed_checkpoint()
        unproven = Passport(
            item=self._uri, ledger=self._checkpoint.ledger,
            ledger_key=self._reader.ledger_key().public_key, checkpoint=signed.statement,
            cosignatures=tuple(self._reader.store.cosignatures(self._checkpoint.number)),
            revoked=[(bytes(kid), int(number)) for kid, number in  # type: ignore[call-overload]
                     identity.revoked(self._view)],
            proofs=(), chains=tuple(chains), parties=self._parties(chains), verdict=verdict,
            maker_key=maker.public_key, keys=self._keys(chains, telemetry),
            records=tuple(records), telemetry=tuple(telemetry))
        whole, asked = self._whole(unproven)
        return passport.encode(replace(whole, proofs=self._proofs(asked)), maker, issued_s)

    def _check_maker(self, maker: Signer) -> None:
        """Whoever reads the passport asks the maker about names and verdict."""
        thumbprint = cose.thumbprint(maker.public_key)
        key = self._view.load(Key, state.key_key(thumbprint))
        if key is None or key.role != codes.ROLE_OPERATIONS \
                or not identity.in_standing(self._view, thumbprint):
            raise UsageError(f"the key {thumbprint.hex()[:16]} is no operations key in "
                             "standing on this ledger; name your organisation's operations key")

    def _chains(self) -> Iterator[Chain]:
        """The item's whole chain, and its carriers' during its stays."""
        yield self._chain(self._uri, Part(0, self._item.length))
        seen: set[tuple[str, Part]] = set()
        for uri, part in self._carried(self._uri, WHOLE, 0):
            if (uri, part) not in seen and part.first != part.last:
                seen.add((uri, part))
                yield self._chain(uri, part)

    def _carried(self, uri: str, part: Part, depth: int) -> Iterator[tuple[str, Part]]:
        if depth == item.CONTAINMENT_DEPTH:
            return
        for stay in history.stays(self._source, uri, part):
            during = Part(stay.part.first, self._end(stay))
            yield stay.carrier, during
            yield from self._carried(stay.carrier, during, depth + 1)

    def _end(self, stay: Stay) -> int:
        """Where the carrier's part ends for the item: at the link of its own event, at the
        carrier's unpack-all, else at the carrier's own state."""
        if stay.until is not None and stay.part.last is not None and any(
                other == stay.carrier for _, other, *_ in stay.until.event.links):
            return stay.part.last
        if stay.generation is not None:
            ended = self._view.load(UnpackedAll,
                                    state.unpacked_key(stay.carrier, stay.generation))
            if ended is not None:
                return ended.length
        carrier = self._view.load(Item, state.item_key(stay.carrier))
        return 0 if carrier is None else carrier.length

    def _chain(self, uri: str, part: Part) -> Chain:
        events = [history.decode_event(data) for data in self._reader.store.events(uri)]
        head = state.first_head(uri)
        for event in events[:part.first]:
            head = state.next_head(head, event.encode())
        return Chain(uri, part.first, head, tuple(events[part.first:part.last]))

    def _records(self, chains: Sequence[Chain]) -> list[bytes]:
        """The device records behind the events, each once."""
        found = {event.digest: self._source.leaf(event.entry, leaf).record
                 for event, leaf in self._recorded(chains)}
        return [found[digest] for digest in sorted(found)]

    def _recorded(self, chains: Sequence[Chain]) -> Iterator[tuple[Event, int]]:
        """Events whose device record belongs into the passport, each with its leaf."""
        for chain in chains if self._evidence else ():
            for event in chain.events:
                if event.leaf is not None and self._source.has_body(event.entry):
                    yield event, event.leaf

    def _keys(self, chains: Sequence[Chain], telemetry: Sequence[Run]) -> tuple[bytes, ...]:
        """Public keys of whoever signed a record in the passport."""
        signers = {event.signer for event, _ in self._recorded(chains)} | {
            run.thumbprint for run in telemetry}
        return tuple(sorted(identity.require_key(self._view, one).public_key for one in signers))

    def _telemetry(self) -> list[Run]:
        """Runs of every logger that travelled along, each record once."""
        runs = TelemetryRuns(self._source)
        for attachment in exposure.travelled(self._source, self._uri):
            runs.need(attachment)
        made = []
        for thumbprint, epoch, rows in runs.runs():
            made.append(Run(thumbprint, epoch, rows[0][0],
                            tuple(self._source.leaf(held.entry, held.leaf).record
                                  for _, held in rows), self._record_proof(rows[-1][1])))
        return made

    def _record_proof(self, held: Registered) -> RecordProof:
        entry = self._reader.entry(held.entry)
        assert entry.body is not None
        leaves = block.decode_body(entry.body)
        node = merkle.list_node([leaf.entry() for leaf in leaves])
        return RecordProof(leaves[held.leaf], held.leaf,
                           tuple(merkle.inclusion_path(node, held.leaf, len(leaves))),
                           LogProof(held.entry, entry.statement, tuple(self._reader.inclusion_path(
                               held.entry, self._checkpoint.size))))

    def _whole(self, unproven: Passport) -> tuple[Passport, set[bytes]]:
        """Without the telemetry that no verifier could follow, and the state keys that a verifier
        will ask for; by the verifier's own check."""
        while True:
            view = AskedView(self._reader.store.get)
            try:
                passport_verify.check_history(unproven, self._checkpoint, view)
            except NotWhole as why:
                self.left_out.append(f"telemetry of {why.attachment.logger}: {why.reason}")
                telemetry = tuple(run for run in unproven.telemetry
                                  if run.thumbprint != why.attachment.thumbprint)
                unproven = replace(unproven, telemetry=telemetry,
                                   keys=self._keys(unproven.chains, telemetry))
            else:
                return unproven, set(view.asked)

    def _proofs(self, asked: set[bytes]) -> tuple[StatePair, ...]:
        """Exactly what a verifier asks for, and what recomputes the verdict."""
        keys = asked.copy()
        if self._evidence and answer.gtin_of(self._uri) is not None:
            keys |= set(answer.profile_keys_of(self._view, self._uri))
        prover = self._reader.prover()
        return tuple(StatePair(key, *prover.prove(key)) for key in sorted(keys))

    def _parties(self, chains: Sequence[Chain]) -> tuple[Party, ...]:
        """Whose the signers are, as the maker states it."""
        owned: dict[bytes, list[bytes]] = {}
        for signer in sorted({event.signer for chain in chains for event in chain.events}):
            root = identity.require_key(self._view, signer).organisation
            owned.setdefault(root, []).append(signer)
        found = [(identity.require_organisation(self._view, root), signers)
                 for root, signers in sorted(owned.items())]
        return tuple(Party(one.name, one.party, tuple(signers)) for one, signers in found)
