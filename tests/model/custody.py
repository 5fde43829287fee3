"""Custody by the rows of the table, with what waits and what persons decide.

Written from the design and the decisions alone, to be compared with what the rules make of the same
history.
"""

from dataclasses import dataclass, field

from tests.model.custody_rows import (
    AWAITS,
    CLOCK_ERROR_MS,
    DECOMMISSIONED,
    DESTROYED,
    DISPENSED,
    EFFECT,
    ENDED,
    EXPIRED,
    FINAL,
    FINDING,
    HELD,
    ILLEGITIMATE,
    IN_TRANSIT,
    RECALLED,
    STOCK,
    UNDO_MS,
    WAITS,
    Missing,
    Rows,
    Scan,
    Wanting,
    Wrong,
)


@dataclass
class Custody(Rows):
    """`waiting` are (scan, what it waits for), in order."""

    waiting: list[tuple[Scan, str]] = field(default_factory=list)

    def scan(self, one: Scan, now: int) -> str:
        end, changed = self._apply(one, now, waited=False)
        self.settle(changed, now)
        return end

    def settle(self, changed: list[str], now: int) -> None:
        while changed:
            name = changed.pop(0)
            woken = [one for one, what in self.waiting if what == name]
            self.waiting = [row for row in self.waiting if row[1] != name]
            again = [more for one in woken for more in self._apply(one, now, waited=True)[1]]
            changed += [more for more in dict.fromkeys(again) if more not in changed]

    def _apply(self, one: Scan, now: int, waited: bool) -> tuple[str, list[str]]:
        left = self.items[one.item].parent if one.item in self.items else None
        try:
            self._check_late(one)
            end = getattr(self, "_" + one.action)(one, now) or EFFECT
        except Missing as missing:
            self.waiting.append((one, missing.args[0]))
            return WAITS, []
        except Wanting as wanting:
            return self._behind(one, wanting.args[0], waited), []
        except Wrong:
            return FINDING, []
        if end != EFFECT:
            return end, []
        if one.action not in ("attach", "detach") and one.item in self.items:
            self.items[one.item].since = min(one.at, now) - CLOCK_ERROR_MS
        after = self.items[one.item].parent
        return EFFECT, [one.item, *([left] if left not in (None, after) else [])]

    def _behind(self, one: Scan, about: str, waited: bool) -> str:
        """Decision 0007."""
        if self.items[about].status in ENDED:
            return FINDING
        outer = self.top(about)
        if not waited and not any(what in (about, outer) and before.by == one.by
                                  for before, what in self.waiting):
            return FINDING
        self.waiting.append((one, outer))
        return WAITS

    def hold(self, person: str, of: str, name: str, now: int) -> bool:
        """`of`: the organisation that the person belongs to."""
        item, top = self.items[name], self.items[self.top(name)]
        if item.status in ENDED or self._on_hold(item) or \
                of not in (top.custodian, self.regulator,
                           top.sent_to if top.status == IN_TRANSIT else None):
            return False
        item.status, item.held_from, item.held_by = HELD, item.status, person
        item.since = now
        self.settle([name], now)
        return True

    # rows 10 to 12, 17 and 20: the scan, and the judgement

    def _release(self, one: Scan, now: int) -> str:
        self._known(one.item)
        self._mine(one, one.item)
        self._in(one.item, HELD)
        return AWAITS

    _illegitimate = _release

    def _recall(self, one: Scan, now: int) -> str:
        if one.by not in (self.owner, self.regulator):
            raise Wrong
        if one.lot is not None:
            if one.lot in self.lots:
                raise Wrong
            return AWAITS
        if self._known(one.item).recalled:
            raise Wrong
        self._alive(one.item)
        return AWAITS

    def _destroy(self, one: Scan, now: int) -> str:
        item = self._known(one.item)
        self._outermost(one.item)
        self._mine(one, one.item)
        if not self.overlays(one.item, now) or item.status in FINAL:
            raise Wanting(one.item)
        return AWAITS

    def _undo(self, one: Scan, now: int) -> str:
        item = self._known(one.item)
        self._mine(one, one.item)
        self._in(one.item, DISPENSED, DECOMMISSIONED)
        if self.overlays(one.item, now) or now - item.since > UNDO_MS:
            raise Wrong
        return AWAITS

    def judged(self, one: Scan, person: str, now: int) -> bool:
        """The scan of row 10, 11, 12, 17 or 20 that a fitting person has confirmed."""
        try:
            getattr(self, "_" + one.action)(one, now)
        except (Wrong, Wanting, Missing):
            return False
        if one.action == "recall" and one.lot is not None:
            self.lots.add(one.lot)
            return True
        item = self.items[one.item]
        if one.action == "release":
            if item.held_by == person or {RECALLED, EXPIRED} & set(self.overlays(one.item, now)):
                return False
            item.held_by = ""
            over = item.held_from == IN_TRANSIT and not item.sent_to
            item.status = STOCK if over else item.held_from
            if item.status != IN_TRANSIT:
                item.sent_to = ""
        elif one.action == "recall":
            item.recalled = True
        else:
            item.status = {"illegitimate": ILLEGITIMATE, "destroy": DESTROYED,
                           "undo": STOCK}[one.action]
        self.settle([one.item], now)
        return True
