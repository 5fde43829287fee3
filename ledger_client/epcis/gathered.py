"""What a ledger knows of an item or a shipment, gathered for export: effective events, each with
the things of that history that it was about, in ledger order."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger_client.core import custody, history, identity, item, state
from ledger_client.core.history import Moment, Stay, Step
from ledger_client.core.identity import Organisation
from ledger_client.core.item import Item
from ledger_client.core.scene import Denied
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes
from ledger_client.wire.values import Scan

Order = tuple[int, int]  # entry, leaf (-1: a judgement)


@dataclass(frozen=True)
class Happening:
    """`things` are ids, none when a parent was emptied; `lot` and `expiry` (AI 17) are a
    commissioning's; `counterparty` is the other side of a hand-over; `in_error` is the entry that
    declares it in error."""

    order: Order
    action: int
    things: tuple[str, ...]
    parent: str | None
    organisation: Organisation
    moment: Moment
    digest: bytes
    place: str | None
    counterparty: str | None
    lot: str | None
    expiry: str | None
    in_error: int | None


class Gathering:
    """Reads one ledger."""

    def __init__(self, reader: LedgerReader) -> None:
        self._reader = reader
        self._view = reader.view()
        self.source = LedgerSource(reader)

    def of(self, uri: str) -> list[Happening]:
        """Of an item, its crates while it was inside, and everything that was inside it."""
        if self._view.load(Item, state.item_key(uri)) is None:
            raise UsageError(f"{uri}: this ledger knows no such item")
        rows: dict[tuple[str, int], Step] = {}
        self._inside(uri, None, rows, 0)
        for stay in history.parents(self.source, uri):
            self._take(stay.carrier, history.steps(self.source, stay.carrier, stay.part), rows)
        return self._grouped(rows)

    def _inside(self, uri: str, until: Order | None, rows: dict[tuple[str, int], Step],
                depth: int) -> None:
        """An item until it left, and its children until they left it."""
        steps = history.steps(self.source, uri)
        self._take(uri, [step for step in steps if until is None or _order(step) <= until], rows)
        if depth == item.CONTAINMENT_DEPTH:
            return
        for child, stay in self._children(uri):
            if until is None or _order(stay.since) <= until:
                ends = [one for one in (until, stay.until and _order(stay.until)) if one]
                self._inside(child, min(ends, default=None), rows, depth + 1)

    def _children(self, uri: str) -> Iterator[tuple[str, Stay]]:
        for child in sorted({child for child, *_ in self._reader.store.linking(uri)}):
            for stay in history.parents(self.source, child):
                if stay.carrier == uri:
                    yield child, stay

    @staticmethod
    def _take(uri: str, steps: list[Step], rows: dict[tuple[str, int], Step]) -> None:
        rows.update({(uri, step.number): step for step in steps if step.effective})

    def _grouped(self, rows: dict[tuple[str, int], Step]) -> list[Happening]:
        """One record about several things is one happening."""
        groups: dict[tuple[object, ...], list[tuple[str, Step]]] = {}
        for (uri, _), step in sorted(rows.items(), key=lambda row: (_order(row[1]), row[0])):
            key = (_order(step), step.event.action, _parent(uri, step), *_born(uri, step))
            groups.setdefault(key, []).append((uri, step))
        return [self._happening(group) for group in groups.values()]

    def _happening(self, group: list[tuple[str, Step]]) -> Happening:
        uri, step = group[0]
        event = step.event
        lot, expiry = _born(uri, step)
        return Happening(
            _order(step), event.action, tuple(sorted({thing for one, at in group
                                                      for thing in _things(one, at)})),
            _parent(uri, step), self._organisation(event.signer), step.moment, event.digest,
            None if step.scan is None else step.scan.place, self._counterparty(uri, step), lot,
            expiry, step.in_error)

    def _organisation(self, signer: bytes) -> Organisation:
        root = identity.require_key(self._view, signer).organisation
        return identity.require_organisation(self._view, root)

    def _counterparty(self, uri: str, step: Step) -> str | None:
        """Whom it went to; of a receipt, who had shipped it."""
        if step.event.action in (codes.ACTION_SHIP, codes.ACTION_RETURN):
            return None if step.scan is None else step.scan.party
        if step.event.action not in (codes.ACTION_RECEIVE, codes.ACTION_REFUSE):
            return None
        shipped = [one for one in history.steps(self.source, uri) if one.effective
                   and one.number < step.number
                   and one.event.action in (codes.ACTION_SHIP, codes.ACTION_RETURN)]
        return self._organisation(shipped[-1].event.signer).party if shipped else None


def _order(step: Step) -> Order:
    return step.event.entry, -1 if step.event.leaf is None else step.event.leaf


def _parent(uri: str, step: Step) -> str | None:
    if step.event.action in (codes.ACTION_ATTACH, codes.ACTION_DETACH):
        return uri
    if step.event.action not in (codes.ACTION_PACK, codes.ACTION_UNPACK):
        return None
    linked = [str(other) for kind, other, *_ in step.event.links if kind == item.LINK_PARENT]
    return linked[0] if linked else uri


def _things(uri: str, step: Step) -> list[str]:
    """Loggers, or the item; of a parent that was emptied, nothing."""
    if step.event.action in (codes.ACTION_ATTACH, codes.ACTION_DETACH):
        return [str(other) for kind, other, *_ in step.event.links if kind == item.LINK_LOGGER]
    return [] if _parent(uri, step) == uri else [uri]


def _born(uri: str, step: Step) -> tuple[str | None, str | None]:
    """Lot and expiry on the label that was commissioned."""
    if step.event.action != codes.ACTION_COMMISSION or step.scan is None:
        return None, None
    values = dict(_elements(uri, step.scan))
    return values.get("10"), values.get("17")


def _elements(uri: str, scan: Scan) -> list[tuple[str, str]]:
    for symbol in scan.symbols:
        try:
            named, elements = custody.read_symbol(symbol)
        except Denied:
            continue  # a bad label beside good ones: it had no effect
        if named == uri:
            return elements
    return []
