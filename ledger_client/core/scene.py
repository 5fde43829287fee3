"""One scan while it is judged: who scanned, when, in which entry, and how its outcome is kept."""

from dataclasses import dataclass, replace

from ledger_client.core import findings, item
from ledger_client.core.entry import Entry
from ledger_client.core.findings import Finding
from ledger_client.core.identity import Organisation
from ledger_client.core.item import Item
from ledger_client.wire.values import Clock, Scan


class Denied(Exception):
    """A rule of the state machine does not hold: no effect, and a finding."""

    def __init__(self, rule: str, *facts: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = list(facts)


@dataclass(frozen=True)
class Scene:
    """`organisation` owned the device at this entry; `digest` is the record's."""

    entry: Entry
    leaf: int
    scan: Scan
    clock: Clock
    organisation: Organisation
    signer: bytes
    digest: bytes

    @property
    def party(self) -> str:
        return self.organisation.party

    def earliest_ms(self) -> int | None:
        """Beginning of the time interval in which the scan happened, None when unknown."""
        if self.clock.unix_ms is None or self.clock.error_ms is None:
            return None
        return self.clock.unix_ms - self.clock.error_ms

    def check_not_late(self, uri: str, before: Item) -> None:
        """I6: a scan that lies wholly before the item's last effective transition is late."""
        if before.since_ms is None or self.clock.unix_ms is None or self.clock.error_ms is None:
            return
        if self.clock.unix_ms + self.clock.error_ms < before.since_ms:
            raise Denied("C0.8", uri)

    def find(self, uri: str | None, denied: Denied) -> None:
        findings.add(self.entry.view, self.entry.number, self.leaf,
                     Finding(denied.rule, uri, denied.facts))

    def keep(self, uri: str, after: Item, links: list[list[object]]) -> None:
        """An effective event: the item's new state and one more element of its chain."""
        earliest_ms = self.earliest_ms()
        if earliest_ms is not None:
            after = replace(after, since_ms=earliest_ms)
        item.save(self.entry.view, uri,
                  item.append(self.entry.view, uri, after, self._event(None, links)))

    def deny(self, uri: str, before: Item | None, denied: Denied) -> None:
        """A finding; and a party's contradicted scan is an event of the item, a stranger's raises
        its counter of sightings."""
        self.find(uri, denied)
        if before is None:
            return
        if self.organisation.root == before.custodian or self.party == before.destination:
            after = item.append(self.entry.view, uri, before, self._event(denied.rule, []))
        else:
            after = replace(before, sightings=before.sightings + 1)
        item.save(self.entry.view, uri, after)

    def _event(self, outcome: str | None, links: list[list[object]]) -> item.Event:
        return item.Event(self.entry.number, self.leaf, self.entry.now_ms, self.digest,
                          self.signer, self.scan.action, outcome, links)
