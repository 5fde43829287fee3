"""Where an item is or was, in what, and who held it.

Now is read from the state; the past is played again from the item's chain and those of what it was
in, by the time of day that the scans themselves give.  What a scan without effect says is left out.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ledger_client.core import against, history, identity, item, state
from ledger_client.core.findings import Findings
from ledger_client.core.history import WHOLE, Moment, Part, Source, Stay, Step
from ledger_client.core.identity import Organisation
from ledger_client.core.item import Item
from ledger_client.core.state import View
from ledger_client.errors import UsageError
from ledger_client.wire import codes, digital_link

_PLACE, _PARTY, _ASSET = (f"{digital_link.STEM}/{ai}/" for ai in ("414", "417", "8004"))


@dataclass(frozen=True)
class Where:
    """`inside` are what it is in, its own crate first; `holder` has the custody of the outermost.
    `place` and `destination` (while it is in transit) are Digital Links, None when unsaid.  `since`
    is when its status began, `there_since` when it came there, to that holder or on its way;
    `against` what speaks against its use now; None when that was not looked at.
    """

    item: str
    status: int
    inside: tuple[str, ...]
    holder: Organisation | None
    place: str | None
    destination: str | None
    since: Moment | None = None
    there_since: Moment | None = None
    against: tuple[str, ...] | None = None

    @property
    def outermost(self) -> str:
        return self.inside[-1] if self.inside else self.item


@dataclass(frozen=True)
class Held:
    """One organisation's custody.  `shipped` is when it sent the item away to `to`, though it kept
    custody until it was received; `until` None: still."""

    holder: Organisation
    since: Moment
    until: Moment | None
    shipped: Moment | None
    to: str | None


def known(view: View, uri: str) -> Item:
    """UsageError for what is no pack or crate, and when nobody commissioned it here."""
    if uri.startswith(_PLACE):
        raise UsageError(f"{uri}: a place is where it is. `coldseal contents` tells what is there")
    if uri.startswith(_PARTY):
        raise UsageError(f"{uri}: an organisation is not a thing. `coldseal held` tells who held a "
                         "pack or crate")
    if uri.startswith(_ASSET):
        attached = view.load(item.Attached, state.attached_key(uri))
        raise UsageError(f"{uri}: a logger is where its carrier is, "
                         + ("and it has none now" if attached is None else attached.carrier))
    found = item.load(view, uri)
    if found is None:
        raise UsageError(f"{uri}: nobody commissioned it on this ledger. If it is in your hand, "
                         "quarantine it until its origin is known")
    return found


def now(view: View, uri: str) -> Where:
    """From the state alone; UsageError for an unknown item."""
    found = known(view, uri)
    inside: list[str] = []
    outer = found
    while outer.parent is not None and len(inside) < item.CONTAINMENT_DEPTH:
        inside.append(outer.parent)
        outer = known(view, outer.parent)
    holder = None if outer.custodian is None or found.status in _GONE \
        else identity.require_organisation(view, outer.custodian)
    moving = outer.status == item.IN_TRANSIT
    return Where(uri, found.status, tuple(inside), holder, None if moving else outer.place,
                 outer.destination if moving else None)


def where(source: Source, view: View, uri: str, now_ms: int) -> Where:
    """Now, that is at ledger time `now_ms`, and since when; UsageError for an unknown item."""
    found = now(view, uri)
    played = _Player(source, view, lambda step: True).where(uri)
    return replace(found, since=played.since, there_since=played.there_since,
                   against=against.against(view, uri, known(view, uri), now_ms))


def where_at(source: Source, view: View, uri: str, at_ms: int) -> Where:
    """At a time of day.  UsageError for an unknown item, or for a time before it was."""
    known(view, uri)
    found = _Player(source, view, lambda step: step.moment.unix_ms <= at_ms).where(uri)
    if found.status == 0:
        first = next((step for step in history.steps(source, uri) if step.effective), None)
        later = "" if first is None else f"; that was at {utc(first.moment.unix_ms)}"
        raise UsageError(f"{uri}: nobody had commissioned it then{later}")
    return found


def utc(unix_ms: int) -> str:
    """To the second."""
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=unix_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def held(source: Source, view: View, uri: str) -> list[Held]:
    """Every custody of an item, oldest first; UsageError for an unknown item."""
    known(view, uri)
    found: list[Held] = []
    for step in sorted(_ways(source, uri, WHOLE, 0), key=_order):
        action, moment = step.event.action, step.moment
        if action in _BEGINS:
            if found:
                found[-1] = replace(found[-1], until=moment)
            found.append(Held(organisation_of(view, step), moment, None, None, None))
        elif action in _SENDS and found:
            found[-1] = replace(found[-1], shipped=moment, to=_party(step))
        elif action == codes.ACTION_CANCEL and found:
            found[-1] = replace(found[-1], shipped=None, to=None)
        elif action in item.ENDS and found:
            found[-1] = replace(found[-1], until=moment)
        elif action == codes.ACTION_UNDO and found:
            found[-1] = replace(found[-1], until=None)
    return found


_SENDS = (codes.ACTION_SHIP, codes.ACTION_RETURN)
_BEGINS = (codes.ACTION_COMMISSION, codes.ACTION_RECEIVE)
_HOLDS = (codes.ACTION_QUARANTINE, codes.ACTION_REFUSE, codes.ACTION_RELEASE)
_GONE = (item.DISPENSED, item.DECOMMISSIONED, item.DESTROYED)
_BECOMES = {
    codes.ACTION_ALLOCATE: item.ENCODED, codes.ACTION_COMMISSION: item.ACTIVE,
    codes.ACTION_PACK: item.PACKED, codes.ACTION_SHIP: item.IN_TRANSIT,
    codes.ACTION_RETURN: item.IN_TRANSIT, codes.ACTION_RECEIVE: item.RECEIVED,
    codes.ACTION_PUT_AWAY: item.STOCK,
    codes.ACTION_ILLEGITIMATE: item.ILLEGITIMATE, codes.ACTION_SALEABLE: item.STOCK,
    **item.ENDS, codes.ACTION_STOLEN: item.STOLEN,
    codes.ACTION_SAMPLE: item.SAMPLED, codes.ACTION_UNDO: item.STOCK,
}

Cut = Callable[[Step], bool]


def organisation_of(view: View, step: Step) -> Organisation:
    """Whose key signed a step."""
    return identity.require_organisation(
        view, identity.require_key(view, step.event.signer).organisation)


def _order(step: Step) -> tuple[int, int, int]:
    """Ledger order; a scan that was parked took effect when its time came."""
    event = step.event
    return event.time_ms, event.entry, -1 if event.leaf is None else event.leaf


def _party(step: Step) -> str | None:
    return None if step.scan is None else step.scan.party


def _ways(source: Source, uri: str, part: Part, depth: int) -> Iterator[Step]:
    """Effective steps of an item and, while it was inside, of what it was in."""
    yield from (step for step in history.steps(source, uri, part) if step.effective)
    if depth < item.CONTAINMENT_DEPTH:
        for stay in history.parents(source, uri, part):
            yield from (step for step in _ways(source, stay.carrier, stay.part, depth + 1)
                        if stay.until is None or _order(step) <= _order(stay.until))


@dataclass(frozen=True)
class _State:
    """Of an item by itself; what it is in says more while it is inside.  `before` is what a
    shipment interrupted, `held_from` what a hold did; `moved` is when it came to its parent, holder
    or place, or on its way."""

    status: int = 0
    parent: str | None = None
    holder: Organisation | None = None
    place: str | None = None
    destination: str | None = None
    returning: bool = False
    before: int = 0
    held_from: int = 0
    since: Moment | None = None
    moved: Moment | None = None

    def changed_from(self, before: "_State", at: Moment) -> "_State":
        """With the moment on what changed: a logger that comes or goes changes neither."""
        after = self
        if self.status != before.status:
            after = replace(after, since=at)
        if (self.parent, self.holder, self.place, self.destination) != \
                (before.parent, before.holder, before.place, before.destination):
            after = replace(after, moved=at)
        return after


def _later(one: Moment | None, other: Moment | None) -> Moment | None:
    return max((each for each in (one, other) if each is not None),
               key=lambda each: each.unix_ms, default=None)


class _Player:
    """Plays chains again: every effective step that `cut` lets pass."""

    def __init__(self, source: Source, view: View, cut: Cut) -> None:
        self._source = source
        self._view = view
        self._cut = cut

    def where(self, uri: str) -> Where:
        own = self.state(uri)
        inside, outer = self._outermost(own)
        moving = outer.status == item.IN_TRANSIT
        return Where(uri, own.status, tuple(inside), None if own.status in _GONE else outer.holder,
                     None if moving else outer.place, outer.destination if moving else None,
                     own.since, outer.moved)

    def state(self, uri: str) -> _State:
        at = _State()
        for step, left in self._changes(uri):
            if left is not None:
                before = _Player(self._source, self._view, _until(step))
                _, outer = before._outermost(replace(at, parent=left.carrier))
                packed = at.status == item.PACKED
                after = replace(at, status=outer.status if packed else at.status, parent=None,
                                held_from=at.held_from if packed else outer.status,
                                holder=outer.holder, place=outer.place)
                at = replace(after.changed_from(at, step.moment), moved=outer.moved)
            else:
                at = self._after(at, uri, step).changed_from(at, step.moment)
        return at

    def _outermost(self, own: _State) -> tuple[list[str], _State]:
        """All that it is in, and the last of these, come there when whatever moved last did."""
        inside: list[str] = []
        outer = own
        while outer.parent is not None and len(inside) < item.CONTAINMENT_DEPTH:
            inside.append(outer.parent)
            carrier = self.state(outer.parent)
            outer = replace(carrier, moved=_later(outer.moved, carrier.moved))
        return inside, outer

    def _changes(self, uri: str) -> list[tuple[Step, Stay | None]]:
        """The item's effective steps in order, and where it left what it was in, with its stay
        there; an unpack-all is the parent's step and stands where it fell."""
        ends = [(stay.until, stay) for stay in history.parents(self._source, uri) if stay.until]
        own = {until.number: stay for until, stay in ends if _of_child(until)}
        changes: list[tuple[Step, Stay | None]] = [
            (step, own.get(step.number) if step.event.action == codes.ACTION_UNPACK else None)
            for step in history.steps(self._source, uri) if step.effective
            and (step.event.action != codes.ACTION_UNPACK or step.number in own)]
        for until, stay in ends:
            if not _of_child(until):
                at = sum(_order(step) < _order(until) for step, _ in changes)
                changes.insert(at, (until, stay))
        return [(step, stay) for step, stay in changes if self._cut(step)]

    def _after(self, at: _State, uri: str, step: Step) -> _State:
        action, scan = step.event.action, step.scan
        if action == codes.ACTION_CANCEL:
            return replace(at, status=at.before, destination=None, returning=False)
        if action in _HOLDS:
            return _held(at, action)
        if action not in _BECOMES:
            return at
        after = replace(at, status=_BECOMES[action], before=at.status)
        if action in _BEGINS or action == codes.ACTION_ALLOCATE:
            if action == codes.ACTION_RECEIVE and at.returning:
                held = at.before == item.HELD
                after = replace(after, status=item.HELD if held else item.RETURNED,
                                held_from=item.RETURNED if held else at.held_from)
            return replace(after,
                           holder=organisation_of(self._view, step), destination=None,
                           returning=False, place=None if scan is None else scan.place)
        if action in _SENDS:
            return replace(after, destination=_party(step),
                           returning=action == codes.ACTION_RETURN)
        if action == codes.ACTION_PACK:
            return replace(after, parent=_linked(step, item.LINK_PARENT))
        if action == codes.ACTION_PUT_AWAY:
            return replace(after, place=None if scan is None else scan.place)
        if action == codes.ACTION_SALEABLE and self._hindered(uri, step):
            return replace(after, status=item.HELD, held_from=at.status)
        return after

    def _hindered(self, uri: str, step: Step) -> bool:
        """Whether a returned pack was found unfit to be sold again (row 14)."""
        found = self._view.load(Findings, state.finding_key(step.event.entry, step.event.leaf))
        return found is not None and ["C14.1", uri] in [row[:2] for row in found.found]


def _held(at: _State, action: int) -> _State:
    if action == codes.ACTION_RELEASE:
        return replace(at, status=item.after_release(at.held_from, at.destination))
    refused = action == codes.ACTION_REFUSE
    return replace(at, status=item.HELD, held_from=item.after_refusal(at.before, at.held_from)
                   if refused else at.status)


def _until(end: Step) -> Cut:
    return lambda step: _order(step) < _order(end)


def _of_child(step: Step) -> bool:
    """Whether an unpack is the child's own event, not its parent's."""
    return _linked(step, item.LINK_PARENT) is not None


def _linked(step: Step, wanted: int) -> str | None:
    return next((str(other) for kind, other, *_ in step.event.links if kind == wanted), None)
