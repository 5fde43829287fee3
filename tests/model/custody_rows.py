"""The rows of the state machine table, written from the table: a second opinion on who holds what.

Kept as plain as the table is: no bytes, no chains, no keys.  A scan has one symbol here; a scan of
several is several in order.  All is one place.  A row raises before it changes anything.
"""

from dataclasses import dataclass, field

ACTIVE, PACKED, IN_TRANSIT, RECEIVED, STOCK, HELD, RETURNED = (
    "active", "packed", "in transit", "received", "in stock", "on hold", "returned")
ILLEGITIMATE, RECALLED, EXPIRED = "illegitimate", "recalled", "expired"
DISPENSED, DECOMMISSIONED, DESTROYED, STOLEN, SAMPLED = FINAL = (
    "dispensed", "decommissioned", "destroyed", "stolen or lost", "sampled")
OPEN = (ACTIVE, RECEIVED, STOCK)
ENDED = (*FINAL, ILLEGITIMATE)  # not live: only row 17 follows ILLEGITIMATE

EFFECT, FINDING, AWAITS, WAITS = "effect", "finding", "awaits judgement", "waits"
CLOCK_ERROR_MS = 1000
UNDO_MS = 10 * 24 * 3600 * 1000


class Wrong(Exception):
    """A row does not hold, whatever else may still be registered."""


class Wanting(Exception):
    """A row does not hold now; an earlier scan may still come that makes it hold."""


class Missing(Exception):
    """The scan needs `args[0]` to change first."""


@dataclass
class Item:
    """A pack or a crate; `before` is the status that a cancelled shipment gives back, `held_from`
    the one that a release does, `since` the earliest moment of its last transition."""

    custodian: str
    lot: str | None
    expires_ms: int | None
    since: int
    status: str = ACTIVE
    parent: str | None = None
    before: str = ACTIVE
    held_from: str = ""
    sent_to: str = ""
    came_from: str = ""
    returned: bool = False
    held_by: str = ""
    recalled: bool = False


@dataclass(frozen=True)
class Scan:
    """Who (organisation) says what about which item, at what time.  Of a recall by lot the item is
    the lot; `parent` is the crate of rows 2 and 3, the logger of rows 23 and 24."""

    by: str
    action: str
    item: str
    parent: str | None = None
    party: str = ""
    lot: str | None = None
    expires_ms: int | None = None
    at: int = 0


@dataclass
class Rows:
    """`owner` owns every prefix and logger, `regulator` may recall beside it."""

    owner: str
    regulator: str
    items: dict[str, Item] = field(default_factory=dict)
    lots: set[str] = field(default_factory=set)  # recalled
    carried: dict[str, str] = field(default_factory=dict)  # logger to carrier
    attached: dict[str, int] = field(default_factory=dict)  # logger to the time of its attaching
    emptied: dict[str, int] = field(default_factory=dict)  # crate to the time of its last emptying

    # what is where

    def path(self, name: str) -> list[str]:
        parent = self.items[name].parent
        return [name] if parent is None else [name, *self.path(parent)]

    def top(self, name: str) -> str:
        return self.path(name)[-1]

    def custodian(self, name: str) -> str:
        """Inside a crate the custodian is the outermost crate's."""
        return self.items[self.top(name)].custodian

    def children(self, name: str) -> list[str]:
        return [child for child, one in self.items.items() if one.parent == name]

    def tree(self, name: str) -> list[str]:
        return [name, *[below for child in self.children(name) for below in self.tree(child)]]

    def overlays(self, name: str, now: int) -> list[str]:
        """Hold, recall, expiry of the item itself (I7), recall of what it is in too; what was
        stolen inside a crate stays a reason to look into it."""
        one, found = self.items[name], []
        if one.status in (HELD, ILLEGITIMATE, STOLEN):
            found.append(one.status)
        if self.called_back(name):
            found.append(RECALLED)
        if one.expires_ms is not None and one.expires_ms <= now:
            found.append(EXPIRED)
        return found

    def called_back(self, name: str) -> bool:
        return any(self.items[one].recalled or self.items[one].lot in self.lots
                   for one in self.path(name))

    def dominated(self, name: str, now: int) -> bool:
        return any(self.overlays(below, now) for below in self.tree(name))

    # what several rows ask

    def _check_late(self, one: Scan) -> None:
        """I6."""
        about = self.items.get(one.item) if one.action not in ("attach", "detach") else None
        if about is not None and one.at + CLOCK_ERROR_MS < about.since:
            if one.action in ("pack", "unpack"):
                assert one.parent is not None
                self._known(one.parent)
                getattr(self, f"_{one.action}_parent")(one, one.parent)
            raise Wrong

    def _known(self, name: str) -> Item:
        if name not in self.items:
            raise Missing(name)
        if self.items[name].status == STOLEN:
            raise Wrong  # row 18: an alert
        return self.items[name]

    def _born(self, name: str) -> Item:
        """Whatever is given out, held or asked for does not wait for its commission."""
        if name not in self.items:
            raise Wrong
        return self._known(name)

    def _outermost(self, name: str) -> None:
        if self.items[name].parent is not None:
            raise Wanting(name)

    def _mine(self, one: Scan, name: str) -> None:
        if any(self.items[outer].status == STOLEN for outer in self.path(name)):
            raise Wrong
        if self.custodian(name) != one.by:
            raise Wanting(name)

    def _in(self, name: str, *states: str) -> None:
        if self.items[name].status not in states:
            raise Wanting(name)

    def _alive(self, name: str) -> None:
        if self.items[name].status in ENDED:
            raise Wanting(name)

    # rows 1 to 3

    def _commission(self, one: Scan, now: int) -> None:
        expired = one.expires_ms is not None and one.expires_ms <= now
        if one.item in self.items or one.by != self.owner or expired:
            raise Wrong
        self.items[one.item] = Item(one.by, one.lot, one.expires_ms, 0)

    def _pack_parent(self, one: Scan, parent: str) -> None:
        self._known(parent)
        self._mine(one, parent)
        self._outermost(parent)
        if one.at + CLOCK_ERROR_MS < self.emptied.get(parent, 0):
            raise Wrong
        self._in(parent, *OPEN)

    def _pack(self, one: Scan, now: int) -> None:
        assert one.parent is not None
        self._pack_parent(one, one.parent)
        child = self._known(one.item)
        if child.parent is not None:
            raise Wrong
        self._mine(one, one.item)
        self._in(one.item, *OPEN)
        if self.overlays(one.item, now) or one.item == one.parent:
            raise Wrong
        child.status, child.parent = PACKED, one.parent

    def _unpack_parent(self, one: Scan, parent: str) -> None:
        crate = self._known(parent)
        if one.at + CLOCK_ERROR_MS < crate.since:
            raise Wrong
        self._mine(one, parent)
        *inner, outer = [self.items[name].status for name in self.path(parent)]
        if outer not in OPEN or any(status != PACKED for status in inner):
            raise Wanting(parent)

    def _unpack(self, one: Scan, now: int) -> None:
        assert one.parent is not None
        self._unpack_parent(one, one.parent)
        if self._known(one.item).parent != one.parent:
            raise Wanting(one.item)
        self._take_out(one.item)

    def _unpack_all(self, one: Scan, now: int) -> None:
        self._unpack_parent(one, one.item)
        inside = self.children(one.item)
        if not inside:
            raise Wrong
        for child in inside:
            self._take_out(child)
            self.items[child].since = min(one.at, now) - CLOCK_ERROR_MS
        self.emptied[one.item] = min(one.at, now) - CLOCK_ERROR_MS

    def _take_out(self, name: str) -> None:
        item, top = self.items[name], self.items[self.top(name)]
        assert item.parent is not None
        item.recalled |= self.called_back(item.parent)
        item.parent, item.custodian, item.came_from = None, top.custodian, top.came_from
        if item.status == PACKED:
            item.status = top.status
        else:
            item.held_from = top.status

    # rows 4 to 8, 13 and 14

    def _leaves(self, one: Scan, back: bool) -> Item:
        item = self._known(one.item)
        if (item.status, item.sent_to, item.returned) == (IN_TRANSIT, one.party, back):
            raise Wrong
        self._outermost(one.item)
        self._mine(one, one.item)
        if one.party == one.by:
            raise Wrong
        return item

    def _ship(self, one: Scan, now: int) -> None:
        item = self._leaves(one, back=False)
        self._in(one.item, ACTIVE, STOCK)
        if self.dominated(one.item, now):
            raise Wrong
        item.before, item.status, item.sent_to, item.returned = (
            item.status, IN_TRANSIT, one.party, False)

    def _send_back(self, one: Scan, now: int) -> None:
        item = self._leaves(one, back=True)
        recalled = RECALLED in self.overlays(one.item, now)
        self._in(one.item, *(OPEN if recalled else (STOCK,)), HELD)
        if one.party != item.came_from:
            raise Wanting(one.item)
        item.before, item.status, item.sent_to, item.returned = (
            item.status, IN_TRANSIT, one.party, True)

    def _cancel(self, one: Scan, now: int) -> None:
        item = self._known(one.item)
        self._mine(one, one.item)
        self._in(one.item, IN_TRANSIT)
        item.status, item.sent_to, item.returned = item.before, "", False

    def _arrives(self, one: Scan) -> Item:
        item, top = self.items[one.item], self.items[self.top(one.item)]
        if top.custodian != one.by and top.status in (*OPEN, RETURNED):
            raise Missing(self.top(one.item))  # its custodian may have shipped it
        if top.custodian == one.by and top.status == IN_TRANSIT and top.sent_to != one.by:
            raise Missing(self.top(one.item))  # it may have come back
        self._outermost(one.item)
        self._in(one.item, IN_TRANSIT)
        if item.sent_to != one.by:
            raise Wanting(one.item)
        return item

    def _receive(self, one: Scan, now: int) -> None:
        item = self._known(one.item)
        here = item.status in (RECEIVED, RETURNED) or (item.status, item.held_from) == (
            HELD, RETURNED)
        if here and item.custodian == one.by:
            raise Wrong
        self._arrives(one)
        if self._on_hold(item):
            item.status, item.held_from = HELD, RETURNED
        else:
            item.status = RETURNED if item.returned else RECEIVED
        item.came_from, item.custodian = item.custodian, one.by
        item.sent_to, item.returned = "", False

    def _refuse(self, one: Scan, now: int) -> None:
        item = self._known(one.item)
        if (item.status, item.sent_to) == (HELD, one.by) and item.held_from != IN_TRANSIT:
            raise Wrong
        self._arrives(one)
        if item.before != HELD or item.held_from == IN_TRANSIT:
            item.held_from = STOCK
        item.status = HELD

    def _put_away(self, one: Scan, now: int) -> None:
        item = self._known(one.item)
        self._outermost(one.item)
        self._mine(one, one.item)
        if item.status == STOCK:
            raise Wrong
        self._in(one.item, ACTIVE, RECEIVED)
        item.status = STOCK

    def _verify_saleable(self, one: Scan, now: int) -> None:
        item = self._known(one.item)
        self._mine(one, one.item)
        self._in(one.item, RETURNED)
        if self.dominated(one.item, now):
            item.status, item.held_from, item.held_by = HELD, RETURNED, ""
        else:
            item.status = STOCK

    # rows 9, 15, 16, 18 and 19

    def _on_hold(self, item: Item) -> bool:
        """Decision 0015: also while it goes back on hold."""
        return item.status == HELD or (item.status == IN_TRANSIT and item.before == HELD)

    def _quarantine(self, one: Scan, now: int) -> None:
        item = self._born(one.item)
        self._mine(one, one.item)
        if self._on_hold(item):
            raise Wrong
        self._alive(one.item)
        item.status, item.held_from, item.held_by = HELD, item.status, ""

    def _dispense(self, one: Scan, now: int) -> None:
        if self._born(one.item).status == DISPENSED:
            raise Wrong
        self._end(one, (STOCK, ACTIVE), DISPENSED)
        if self.dominated(one.item, now):
            raise Wrong
        self.items[one.item].status = DISPENSED

    def _decommission(self, one: Scan, now: int) -> None:
        self._end(one, (ACTIVE, STOCK), DECOMMISSIONED)
        self.items[one.item].status = DECOMMISSIONED

    def _sample(self, one: Scan, now: int) -> None:
        self._end(one, (STOCK,), SAMPLED)
        self.items[one.item].status = SAMPLED

    def _end(self, one: Scan, start: tuple[str, ...], end: str) -> None:
        item = self._known(one.item)
        self._outermost(one.item)
        self._mine(one, one.item)
        if item.status == end:
            raise Wrong
        self._in(one.item, *start)

    def _stolen(self, one: Scan, now: int) -> None:
        item = self._known(one.item)
        self._mine(one, one.item)
        self._alive(one.item)
        item.status = STOLEN

    # rows 23 and 24

    def _carrier(self, one: Scan) -> None:
        self._known(one.item)
        self._mine(one, one.item)

    def _attach(self, one: Scan, now: int) -> None:
        assert one.parent is not None
        self._carrier(one)
        self._alive(one.item)
        if one.parent in self.carried:
            raise Wrong
        self.carried[one.parent] = one.item
        self.attached[one.parent] = min(one.at, now) - CLOCK_ERROR_MS

    def _detach(self, one: Scan, now: int) -> None:
        assert one.parent is not None
        if one.by != self.owner or one.item not in self.carried.values():
            self._carrier(one)
        if self.carried.get(one.parent) != one.item or \
                one.at + CLOCK_ERROR_MS < self.attached[one.parent]:
            raise Wrong
        del self.carried[one.parent]
