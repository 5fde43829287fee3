"""One scan while it is judged: who scanned, when, in which entry, and how its outcome is kept."""

from dataclasses import dataclass, field, replace

from ledger_client.core import findings, item, state
from ledger_client.core.entry import Entry
from ledger_client.core.findings import Finding
from ledger_client.core.identity import Organisation
from ledger_client.core.item import Item
from ledger_client.core.state import View
from ledger_client.wire.values import Clock, Scan

Links = list[list[object]]


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
    was parked; `changed` gathers the items that changed."""

    entry: Entry
    leaf: int | None
    scan: Scan
    clock: Clock
    organisation: Organisation
    signer: bytes
    digest: bytes
    seq: int = 0
    person: bytes | None = None
    parked: tuple[int, int] | None = None
    changed: list[str] = field(default_factory=list)

    @property
    def view(self) -> View:
        return self.entry.view

    def on(self, view: View) -> "Scene":
        """The same scene over another view."""
        return replace(self, entry=replace(self.entry, view=view))

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
        if before.since_ms is None or self.clock.unix_ms is None or self.clock.error_ms is None:
            return
        if self.clock.unix_ms + self.clock.error_ms < before.since_ms:
            raise Denied("C0.8", uri)

    def find(self, uri: str | None, denied: Denied) -> None:
        findings.add(self.view, self.entry.number, self.leaf,
                     Finding(denied.rule, uri, denied.facts))

    def keep(self, uri: str, change: Change) -> None:
        """An effective event: the item's new state and one more element of its chain."""
        after = change.item
        links = item.leaving_links(self.view, item.load(self.view, uri), after) + change.links
        earliest_ms = self.earliest_ms()
        if earliest_ms is not None:
            after = replace(after, since_ms=earliest_ms)
        item.save(self.view, uri, item.append(self.view, uri, after, self._event(None, links)))
        self.changed.append(uri)

    def deny(self, uri: str, before: Item | None, denied: Denied) -> None:
        """A finding; and a party's contradicted scan is an event of the item, a stranger's raises
        its counter of sightings."""
        self.find(uri, denied)
        if isinstance(denied, Awaiting):
            self._await(uri)
        if before is None:
            return
        if self.organisation.root == before.custodian or self.party == before.destination:
            after = item.append(self.view, uri, before, self._event(denied.rule, []))
        else:
            after = replace(before, sightings=before.sightings + 1)
        item.save(self.view, uri, after)

    def _await(self, uri: str) -> None:
        """Remember what a person's judgement of this scan will bring about."""
        assert self.leaf is not None
        key = state.awaiting_key(self.entry.number, self.leaf)
        rows = self.view.get(key)
        self.view.put(key, [*(rows if isinstance(rows, list) else []),
                            [self.scan.action, uri, self.scan.place, self.organisation.root,
                             self.person]])

    def _event(self, outcome: str | None, links: Links) -> item.Event:
        return item.Event(self.entry.number, self.leaf, self.now_ms, self.digest, self.signer,
                          self.scan.action, outcome, links)
