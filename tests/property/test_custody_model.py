"""Random histories: the rules and the independent model agree on who holds what, and why not.

`SOAK=<examples>` runs that many instead of the few that every run can afford (`make soak`).
"""

import copy
import os
from dataclasses import dataclass, replace

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from ledger_client.core import item, judgement, state
from ledger_client.node import reapply
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes as c
from tests.circle import (
    AUTHORITY,
    DAY_MS,
    MAKER,
    PALLET,
    PHARMACY,
    WHOLESALER,
    Circle,
    Said,
    symbol_of,
)
from tests.model.custody import Custody
from tests.model.custody_rows import AWAITS, EFFECT, FINDING, WAITS, Scan
from tests.world import CRATE, GS, GTIN, LOGGER_GIAI, OTHER_CRATE, pack, pack_symbol

EXAMPLES = int(os.environ.get("SOAK", "25"))
STEPS = 60

SOON_MS = 1_780_012_800_000  # 2026-05-29T00:00Z, four hours after a history begins
FAR_MS = 1_861_920_000_000  # 2029-01-01T00:00Z
PACKS = {pack("S1"): ("LOT42A", FAR_MS, "281231"), pack("S2"): ("B", FAR_MS, "281231"),
         pack("SOON"): ("B", SOON_MS, "260528"), pack("CASE"): ("CASES", FAR_MS, "281231")}
UNITS = [pack("CASE"), CRATE, OTHER_CRATE, PALLET]
THINGS = [*PACKS, CRATE, OTHER_CRATE, PALLET]
LOTS = sorted({lot for lot, _, _ in PACKS.values()})
LOGGERS = [LOGGER_GIAI, "https://id.gs1.org/8004/9506000134L2"]
ORGANISATIONS = [MAKER, WHOLESALER, PHARMACY]

ACTIONS = {
    "commission": c.ACTION_COMMISSION, "pack": c.ACTION_PACK, "unpack": c.ACTION_UNPACK,
    "unpack_all": c.ACTION_UNPACK, "ship": c.ACTION_SHIP, "cancel": c.ACTION_CANCEL,
    "receive": c.ACTION_RECEIVE, "refuse": c.ACTION_REFUSE, "put_away": c.ACTION_PUT_AWAY,
    "quarantine": c.ACTION_QUARANTINE, "release": c.ACTION_RELEASE,
    "illegitimate": c.ACTION_ILLEGITIMATE, "recall": c.ACTION_RECALL,
    "send_back": c.ACTION_RETURN, "verify_saleable": c.ACTION_SALEABLE,
    "dispense": c.ACTION_DISPENSE, "decommission": c.ACTION_DECOMMISSION,
    "destroy": c.ACTION_DESTROY, "stolen": c.ACTION_STOLEN, "sample": c.ACTION_SAMPLE,
    "undo": c.ACTION_UNDO, "attach": c.ACTION_ATTACH, "detach": c.ACTION_DETACH}
ONWARD = ["pack", "unpack", "unpack_all", "ship", "receive", "put_away", "put_away", "send_back",
          "verify_saleable", "quarantine", "release"]
MEANINGS = {"release": (judgement.RELEASE, "C10.1"),
            "illegitimate": (judgement.ILLEGITIMATE, "C11.1"),
            "recall": (judgement.RECALL, "C12.1"), "destroy": (judgement.DESTROY, "C17.1"),
            "undo": (judgement.UNDO, "C20.1")}

things = st.sampled_from(THINGS)


@dataclass
class Awaited:
    """A scan that a person may judge; `head` is the item's then."""

    one: Scan
    said: Said
    head: bytes | None


class Histories(RuleBasedStateMachine):
    """Three organisations and an authority, four packs, three crates, two loggers."""

    def __init__(self) -> None:
        super().__init__()
        self.circle = Circle().found()
        self.model = Custody(MAKER, AUTHORITY)
        self.persons: dict[str, SoftwareSigner] = {}
        self.awaited: list[Awaited] = []
        self.waited_ms = 0
        for name in (*ORGANISATIONS, AUTHORITY):
            for role in ("responsible person", "quality assurance"):
                self.persons[f"{name} {role}"] = self.circle.person(name, role)
        for giai in LOGGERS:
            self.circle.device(giai, self.circle.keys[MAKER], giai)

    # scans

    def say(self, one: Scan) -> None:
        """The same scan to both."""
        before, findings = self.circle.custody(), len(self.circle.rules_found())
        symbols: list[object] = [one.parent if one.action in ("attach", "detach") else one.item]
        parent = one.item if one.action in ("attach", "detach", "unpack_all") else one.parent
        if one.action == "recall" and one.lot is not None:
            symbols = [["]d2", b"01%s10%s%s" % (GTIN.encode(), one.lot.encode(), GS)]]
        if one.action == "commission" and one.item in PACKS:
            lot, _, expiry = PACKS[one.item]
            symbols = [pack_symbol(one.item.rsplit("/", 1)[1], lot, expiry)]
        said = self.circle.scan(one.by, ACTIONS[one.action],
                                *([] if one.action == "unpack_all" else map(symbol_of, symbols)),
                                to=one.party or None, parent=parent)
        assert said.effective == (self.circle.custody() != before)
        end = self.model.scan(one, self.circle.now_ms)
        assert self.end_of(said) == end, (one, said.rules)
        if end != FINDING and end != AWAITS:
            new = self.circle.rules_found()[findings:]
            assert said.rules in ([], ["C18.1" if one.action == "detach" else "C14.1"]), new
        if end == AWAITS:
            head = None if one.lot is not None else self.circle.item(one.item).head
            self.awaited.append(Awaited(one, said, head))

    def end_of(self, said: Said) -> str:
        if said.effective:
            return EFFECT
        if not said.rules:
            return WAITS
        return AWAITS if said.rules[0] in {rule for _, rule in MEANINGS.values()} else FINDING

    def options(self, action: str, thing: str) -> list[Scan]:
        """What its custodian, its receiver or its owner may say of a thing by an action."""
        found, at = self.model.items.get(thing), self.circle.now_ms
        mine = MAKER if found is None else self.model.custodian(thing)
        if action == "commission":
            lot, expires_ms, _ = PACKS.get(thing, (None, None, ""))
            return [Scan(MAKER, action, thing, lot=lot, expires_ms=expires_ms, at=at)]
        if action == "recall":
            lots = [Scan(AUTHORITY, action, "lot " + lot, lot=lot, at=at) for lot in LOTS]
            return [*lots, Scan(MAKER, action, thing, at=at)]
        parents = {"pack": UNITS, "unpack": UNITS, "attach": LOGGERS, "detach": LOGGERS}
        if action in parents:
            return [Scan(mine, action, thing, parent, at=at) for parent in parents[action]]
        if action in ("ship", "send_back"):
            return [Scan(mine, action, thing, party=party, at=at) for party in ORGANISATIONS]
        by = ORGANISATIONS if action in ("receive", "refuse") else [mine]
        return [Scan(one, action, thing, at=at) for one in by]

    def would(self, one: Scan) -> str:
        """What the model says would come of it."""
        return copy.deepcopy(self.model).scan(one, self.circle.now_ms)

    @initialize(count=st.sampled_from([0, 3, len(THINGS), len(THINGS), len(THINGS)]))
    def commissioned(self, count: int) -> None:
        for thing in THINGS[-count:] if count else []:
            self.say(self.options("commission", thing)[0])

    def fitting(self, data: st.DataObject, action: str) -> None:
        """A row that has its effect, on any thing where one has."""
        fit = [one for thing in THINGS for one in self.options(action, thing)
               if self.would(one) in (EFFECT, AWAITS)]
        if fit:
            self.say(data.draw(st.sampled_from(fit)))

    @rule(data=st.data(), action=st.sampled_from(sorted(ACTIONS)))
    def as_the_table_has_it(self, data: st.DataObject, action: str) -> None:
        self.fitting(data, action)

    @rule(data=st.data(), action=st.sampled_from(ONWARD))
    def onward(self, data: st.DataObject, action: str) -> None:
        """What happens every day: else most things end soon."""
        self.fitting(data, action)

    @rule(data=st.data(), action=st.sampled_from(sorted(ACTIONS)), thing=things,
          by=st.one_of(st.none(), st.sampled_from([*ORGANISATIONS, AUTHORITY])))
    def anything(self, data: st.DataObject, action: str, thing: str, by: str | None) -> None:
        """By anybody, too."""
        one = data.draw(st.sampled_from(self.options(action, thing)))
        self.say(one if by is None else replace(one, by=by))

    # persons and time

    @precondition(lambda self: self.awaited)
    @rule(data=st.data(), role=st.sampled_from(["responsible person", "responsible person",
                                                "quality assurance"]))
    def judge(self, data: st.DataObject, role: str) -> None:
        awaited = data.draw(st.sampled_from(self.awaited[-3:]))
        self.awaited.remove(awaited)
        one, person = awaited.one, f"{awaited.one.by} {role}"
        meaning, about = MEANINGS[one.action]
        fits = role == "responsible person" or one.action not in ("recall", "undo")
        current = one.action == "recall" or \
            self.circle.item(one.item).head == awaited.head
        said = self.circle.judge(self.persons[person], awaited.said.about(about), meaning)
        if not fits:
            assert said == "J2"
        elif not current:
            assert said == "J3"
        else:
            effect = self.model.judged(one, person, self.circle.now_ms)
            assert said == (None if effect else "J4"), one

    @rule(thing=things, name=st.sampled_from([*ORGANISATIONS, AUTHORITY]))
    def hold(self, thing: str, name: str) -> None:
        if thing in self.model.items:
            person = f"{name} quality assurance"
            said = self.circle.judge(self.persons[person], self.circle.hold_about(thing),
                                     judgement.HOLD)
            assert (said is None) == \
                self.model.hold(person, name, thing, self.circle.now_ms)

    @precondition(lambda self: self.waited_ms < 20 * DAY_MS)
    @rule(days=st.sampled_from([1, 1, 9]))
    def wait(self, days: int) -> None:
        """Short of the deadline of anything that waits."""
        self.circle.wait(days * DAY_MS)
        self.waited_ms += days * DAY_MS

    # what must hold

    @invariant()
    def they_agree(self) -> None:
        view = self.circle.engine.view()
        for thing in THINGS:
            found, known = item.load(view, thing), self.model.items.get(thing)
            if known is None:
                assert found is None or found.status == 0, thing
                continue
            assert found is not None
            assert (item.STATUS_NAMES[found.status], found.parent, found.recalled) == \
                (known.status, known.parent, known.recalled), thing
            assert self.circle.custodian(thing) == self.model.custodian(thing), thing
            assert sorted(found.loggers) == sorted(
                logger for logger, carrier in self.model.carried.items() if carrier == thing)
        assert len(list(self.circle.store.keys(b"parked/"))) == len(self.model.waiting)

    @invariant()
    def chains_hold(self) -> None:
        """I1, and every chain gives the head that the state has."""
        for thing in THINGS:
            found = item.load(self.circle.engine.view(), thing)
            chain = self.circle.store.events(thing)
            head = state.first_head(thing)
            for event in chain:
                head = state.next_head(head, event)
            if found is not None:
                assert (found.length, found.head) == (len(chain), head)
            born = [one for one in self.circle.chain(thing)
                    if (one.action, one.outcome) == (c.ACTION_COMMISSION, None)]
            assert len(born) <= 1

    @invariant()
    def nothing_is_inside_itself(self) -> None:
        """I2."""
        for thing in self.model.items:
            path = self.model.path(thing)
            assert len(path) == len(set(path)) <= item.CONTAINMENT_DEPTH

    def teardown(self) -> None:
        anew = reapply.reapply(self.circle.store)
        assert dict(anew.keys(b"")) == dict(self.circle.store.keys(b""))


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)

