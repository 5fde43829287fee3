"""Recalls on an open ledger: the statements that bring one about, the list of what it covers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ledger_client.core import (
    capture,
    identity,
    item,
    judgement,
    rule_book,
    rules,
    state,
    statement,
)
from ledger_client.core import recall_list as lists
from ledger_client.core.capture import Capture, CapturedEvent
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.entry import Submission
from ledger_client.core.findings import FINDINGS_PER_LEAF, Findings
from ledger_client.core.item import Item
from ledger_client.core.recall_list import Proven, Recalled, RecallList, Unit, Where
from ledger_client.core.signature import Signer
from ledger_client.core.state import View
from ledger_client.errors import Refused, UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import codes, cose, digital_link, gs1, gs1_elements
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Scan

AWAITING = "C12.1"
_AIM = "]d2"  # a symbol that was typed: a GS1 DataMatrix would say the same
_THINGS_A_SCAN = FINDINGS_PER_LEAF  # so that every finding of a scan is kept

Progress = Callable[[int], None]


class Stateful(Protocol):
    """An open ledger, or a client of one."""

    def view(self) -> View:
        """The state as of the newest checkpoint."""

    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint."""


@dataclass(frozen=True)
class Recall:
    """What is recalled: (GTIN, lot) pairs and items by their ids."""

    lots: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()

    def symbols(self) -> list[list[object]]:
        """As scanned labels would say it; UsageError for what is no GTIN, lot or id."""
        elements = [[("01", gtin), ("10", lot)] for gtin, lot in self.lots]
        try:
            elements += [digital_link.parse_digital_link(uri) for uri in self.items]
            found: list[list[object]] = [[_AIM, gs1_elements.to_element_string(one)]
                                         for one in elements]
            for aim, data in found:
                gs1.parse(str(aim), data)  # type: ignore[arg-type]
        except WireError as error:
            raise UsageError(f"it cannot be recalled: {error}") from error
        return found


def not_yet(reader: Stateful, recall: Recall) -> Recall:
    """What of it is not in force already; UsageError for an item that nobody commissioned."""
    view = reader.view()
    known = {uri: item.load(view, uri) for uri in recall.items}
    for uri, one in known.items():
        if one is None:
            raise UsageError(f"{uri}: nobody commissioned it on this ledger. Recall its lot")
    return Recall(tuple(one for one in recall.lots if view.read(state.recall_key(*one)) is None),
                  tuple(uri for uri, one in known.items() if one is not None
                        and not one.recalled))


def require_known_lots(reader: Stateful, recall: Recall) -> None:
    """UsageError for a lot of which no pack is known: mistyped, it would be recalled for ever, and
    the packs that were meant would go on."""
    rest = "A recall cannot be taken back: is it written as on the label? --unknown-lot recalls " \
        "it as it stands"
    for gtin, lot in recall.lots:
        if not isinstance(reader, LedgerReader):
            raise UsageError(f"lot {lot} of {gtin}: a service does not say which packs a lot has. "
                             + rest)
        if not any(_packs(reader, reader.view(), gtin, lot)):
            raise UsageError(f"lot {lot} of {gtin}: no pack of it is known here. " + rest)


def _packs(reader: LedgerReader, view: View, gtin: str, lot: str) -> Iterator[str]:
    """What was commissioned with a lot."""
    for uri, _, _ in reader.store.linking(item.lot_uri(gtin, lot)):
        known = item.load(view, uri)
        if known is not None and known.lot == lot:
            yield uri


def statements(reader: Stateful, recall: Recall, by: Signer, now_ms: int,
               reason: int | None = None) -> list[Submission]:
    """A person's capture of the recall and the same person's judgements of it, for one batch.
    Refused, with nothing registered, when the rules would not bring it into force."""
    symbols = recall.symbols()
    chunks = [symbols[at:at + _THINGS_A_SCAN] for at in range(0, len(symbols), _THINGS_A_SCAN)]
    if len(chunks) > capture.EVENTS:
        raise UsageError(f"{len(symbols)} things at once, more than "
                         f"{capture.EVENTS * _THINGS_A_SCAN}: recall the lot, or in parts")
    checkpoint = reader.checkpoint()
    assert checkpoint is not None
    stated = Capture(tuple(CapturedEvent(now_ms, 0, Scan(
        codes.ACTION_RECALL, chunk, None, None, None, None, None, reason,
        codes.SHOWN_ACCEPTED)) for chunk in chunks))
    first = statement.build("capture", by, subject=capture.SUBJECT, content=stated.as_list(),
                            ledger=checkpoint.ledger)
    found = [first, *(statement.build(
        "judgement", by, subject=judgement.SUBJECT, ledger=checkpoint.ledger,
        content=[codes.VERSION, [statement.entry_hash(first), leaf, AWAITING], judgement.RECALL,
                 judgement.APPROVED, reason, None, None]) for leaf in range(len(chunks)))]
    submissions = [Submission(one) for one in found]
    _try(reader, submissions, len(chunks), now_ms)
    return submissions


def _try(reader: Stateful, submissions: Sequence[Submission], leaves: int,
         now_ms: int) -> None:
    """Judge them without keeping anything: half a recall would be worse than none."""
    view, checkpoint = reader.view(), reader.checkpoint()
    assert checkpoint is not None
    outcomes = rules.apply(view, submissions, ledger=checkpoint.ledger, size=checkpoint.size,
                           now_ms=max(now_ms, checkpoint.time_ms))
    if not isinstance(outcomes[0], Refused):
        for leaf in range(leaves):
            found = view.load(Findings, state.finding_key(checkpoint.size, leaf))
            for rule, _, facts in [] if found is None else found.found:
                if rule != AWAITING:
                    raise Refused(str(rule), rule_book.sentence(str(rule), facts))  # type: ignore[arg-type]
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise outcome


def require_list_maker(view: View, thumbprint: bytes) -> None:
    """UsageError unless it is the operations key, in standing, of a member: whoever is given the
    list would take no other's word."""
    name = thumbprint.hex()[:16]
    if view.read(state.key_key(thumbprint)) is None:
        raise UsageError(f"the key {name}, which is to sign the list, is unknown on this ledger. "
                         "Give your organisation's operations key")
    if identity.require_key(view, thumbprint).role != codes.ROLE_OPERATIONS:
        raise UsageError(f"the key {name}, which is to sign the list, is no operations key. "
                         "Give your organisation's operations key")
    if not identity.in_standing(view, thumbprint):
        raise UsageError(f"the operations key {name}, which is to sign the list, was replaced or "
                         "revoked, or its organisation has left. Give the one that is in standing")


@dataclass
class ListMaker:
    """Gathers what a recall covers now.  `progress` is told how many packs have their place."""

    reader: LedgerReader
    progress: Progress = lambda done: None
    _units: dict[str, int] = field(default_factory=dict)
    _rows: list[Unit] = field(default_factory=list)
    _parties: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._view = self.reader.view()

    def found(self, recall: Recall) -> dict[str, int | None]:
        """Every thing that is recalled, with the number of its lot."""
        things: dict[str, int | None] = {}
        for uri in recall.items:
            things.update(dict.fromkeys(self._with_contents(uri)))
        for number, (gtin, lot) in enumerate(recall.lots):
            for uri in _packs(self.reader, self._view, gtin, lot):
                for inside in self._with_contents(uri):
                    things.setdefault(inside, None)
                things[uri] = number
        return things

    def _with_contents(self, uri: str) -> Iterable[str]:
        """With what is in it, and what was when it was recalled: that stays recalled."""
        found, waiting = {uri}, [uri]
        while waiting:
            outer = waiting.pop()
            for child in {child for child, _, _ in self.reader.store.linking(outer)} - found:
                known = item.load(self._view, child)
                if known is not None and (known.parent == outer or known.recalled):
                    found.add(child)
                    waiting.append(child)
        return found

    def make(self, recall: Recall, things: dict[str, int | None], maker: Signer,
             issued_s: int) -> bytes:
        """The signed list, as of the newest checkpoint."""
        recalled = []
        for done, (uri, lot) in enumerate(sorted(things.items()), 1):
            known = item.load(self._view, uri)
            assert known is not None
            recalled.append(Recalled(uri, lot, self._where(known)))
            self.progress(done)
        signed, checkpoint = self.reader.signed_checkpoint(), self.reader.checkpoint()
        assert checkpoint is not None
        held = RecallList(
            self.reader.ledger_key().public_key, signed.statement,
            tuple(self.reader.store.cosignatures(checkpoint.number)), maker.public_key, (),
            recall.lots, recall.items,
            tuple(lists.holder_of(self._view, root) for root in self._parties),
            tuple(self._rows), tuple(recalled))
        return lists.encode(self._with_proofs(held, maker), checkpoint.ledger, maker, issued_s)

    def _with_proofs(self, held: RecallList, maker: Signer) -> RecallList:
        thumbprint = cose.thumbprint(maker.public_key)
        owner = identity.require_key(self._view, thumbprint).organisation
        prover, proofs = self.reader.prover(), []
        for key in lists.needed(held, thumbprint, owner):
            value, proof = prover.prove(key)
            if value is None:
                raise UsageError(f"{state.describe(key)} is not recalled: recall it first")
            proofs.append(Proven(key, value, proof))
        return replace(held, proofs=tuple(proofs))

    def _where(self, known: Item) -> Where:
        if known.parent is not None:
            return Where(known.status, self._unit(known.parent), None, None, None)
        return Where(known.status, None, self._party(known.custodian), known.place,
                     known.destination if known.status == item.IN_TRANSIT else None)

    def _unit(self, uri: str) -> int:
        if uri not in self._units:
            known = item.load(self._view, uri)
            assert known is not None
            where = self._where(known)  # the outer ones first
            self._units[uri] = len(self._rows)
            self._rows.append(Unit(uri, where))
        return self._units[uri]

    def _party(self, root: bytes | None) -> int | None:
        return None if root is None else self._parties.setdefault(root, len(self._parties))
