"""One scan while it is judged: who scanned, when, in which entry, and how its outcome is kept."""

from dataclasses import dataclass, field, replace

from ledger_client.core import findings, item, state
from ledger_client.core.entry import Entry
from ledger_client.core.findings import Finding
from ledger_client.core.identity import Organisation
from ledger_client.core.item import Item
from ledger_client.core.state import View
from ledger_client.wire import codes
from ledger_client.wire.values import Clock, Scan

Links = list[list[object]]

_NO_TRANSITIONS = (codes.ACTION_ATTACH, codes.ACTION_DETACH)  # rows 23 and 24 go to the same state


class Denied(Exception):
    """A rule of the state machine does not hold: no effect, and a finding."""

    def __init__(self, rule: str, *facts: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = list(facts)


class Waits(Denied):
    """What the scan needs is not registered yet: it is parked until `waits_for` changes."""

    def __init__(self, waits_for: str, rule: str, *facts: object) -> None:
        super().__init__(rule, *facts)
        self.waits_for = waits_for


class Later(Waits):
    """The entry has looked into as much as it may: one of the next ones judges the scan."""


class Awaiting(Denied):
    """The row takes effect only with a person's judgement."""


@dataclass(frozen=True)
class Change:
    """A new state of the item, and the links of the event that brings it."""

    item: Item
    links: Links = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """`organisation` owned the device at this entry; `digest` is the record's, `seq` its place.
    `person` judges or captures, None for a device.  `parked` is (number, deadline) of a scan that
    was parked, both None for one symbol of it; `changed` gathers the items that changed, `denied`
    what a symbol was denied for: one that the scan repeats is not looked into again."""

    entry: Entry
    leaf: int | None
    scan: Scan
    clock: Clock
    organisation: Organisation
    signer: bytes
    digest: bytes
    seq: int = 0
    person: bytes | None = None
    parked: tuple[int, int] | tuple[None, None] | None = None
    changed: list[str] = field(default_factory=list)
    denied: dict[tuple[object, ...], Denied] = field(default_factory=dict)

    @property
    def view(self) -> View:
        return self.entry.view

    def on(self, view: View) -> "Scene":
        """The same scene over another view."""
        return replace(self, entry=replace(self.entry, view=view))

    def of_one(self) -> "Scene":
        """The same scene for one symbol of a scan: if the scan waited, the symbol waits on its own
        account, because one number is one thing that waits."""
        return self if self.parked is None else replace(self, parked=(None, None))

    @property
    def now_ms(self) -> int:
        return self.entry.now_ms

    @property
    def party(self) -> str:
        return self.organisation.party

    def earliest_ms(self) -> int | None:
        """Beginning of the time interval in which the scan happened, None when unknown.  It has
        happened by ledger time, whatever its clock says: else nothing could follow it."""
        if self.clock.unix_ms is None or self.clock.error_ms is None:
            return None
        return max(0, min(self.clock.unix_ms - self.clock.error_ms, self.now_ms))

    def check_not_late(self, uri: str, before: Item) -> None:
        """I6: a scan that lies wholly before the item's last effective transition is late."""
        self.check_not_before(uri, before.since_ms)

    def check_not_before(self, uri: str, since_ms: int | None) -> None:
        if since_ms is None or self.clock.unix_ms is None or self.clock.error_ms is None:
            return
        if self.clock.unix_ms + self.clock.error_ms < since_ms:
            raise Denied("C0.8", uri)

    def find(self, uri: str | None, denied: Denied) -> None:
        findings.add(self.view, self.entry.number, self.leaf,
                     Finding(denied.rule, uri, denied.facts), self.organisation.root)

    def keep(self, uri: str, change: Change) -> None:
        """An effective event: the item's new state and one more element of its chain."""
        after, before = change.item, item.load(self.view, uri)
        links = item.leaving_links(self.view, before, after) + change.links
        earliest_ms = self.earliest_ms()
        if earliest_ms is not None and self.scan.action not in _NO_TRANSITIONS:
            after = replace(after, since_ms=earliest_ms)
        item.save(self.view, uri, item.append(self.view, uri, after, self._event(None, links)))
        self.changed.append(uri)
        if before is not None and before.parent not in (None, after.parent):
            self.changed.append(before.parent)  # what waits for a child waits for its parent

    def deny(self, uri: str, before: Item | None, denied: Denied) -> None:
        """A finding; and a party's contradicted scan is an event of the item, a stranger's raises
        its counter of sightings."""
        self.find(uri, denied)
        head = None if before is None else self._contradict(uri, before, denied.rule)
        if isinstance(denied, Awaiting):
            self._await(uri, head)

    def is_party(self, uri: str, known: Item) -> bool:
        """Whether the organisation is the item's custodian, or whom it is on its way to: who has
        refused it has no part in it any more, and else could keep a release from taking effect."""
        _, outer = item.top(self.view, uri, known)
        return self.organisation.root == outer.custodian or \
            (outer.status == item.IN_TRANSIT and self.party == outer.destination)

    def _contradict(self, uri: str, before: Item, rule: str) -> bytes:
        """The item's head after a scan that was denied."""
        if self.is_party(uri, before):
            after = item.append(self.view, uri, before, self._event(rule, []))
        else:
            after = replace(before, sightings=before.sightings + 1)
        item.save(self.view, uri, after)
        return after.head

    def _await(self, uri: str, head: bytes | None) -> None:
        """Remember what a person's judgement of this scan will bring about.  What a recall is about
        may go on moving; everything else must then still be as it was (`head`)."""
        assert self.leaf is not None
        key = state.awaiting_key(self.entry.number, self.leaf)
        rows = self.view.get(key)
        others = [row for row in rows if row[1] != uri] if isinstance(rows, list) else []
        moves = self.scan.action == codes.ACTION_RECALL
        self.view.put(key, [*others, [self.scan.action, uri, self.scan.place,
                                      self.organisation.root, self.person,
                                      None if moves else head]])

    def _event(self, outcome: str | None, links: Links) -> item.Event:
        return item.Event(self.entry.number, self.leaf, self.now_ms, self.digest, self.signer,
                          self.scan.action, outcome, links)
