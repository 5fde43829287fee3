"""The custody state machine: what a scan does to packs, crates and loggers.

Findings, not gates: a scan that breaks a row stays in its block, has no effect and gets a finding.

Invariants
I1  an item is commissioned at most once, for ever
I2  an item has at most one open parent, and containment has no cycles
I3  inside a closed crate only the outermost parent is moved
I4  custody changes only by ship (A to B) and receive (B)
I5  terminal states: later events have no effect and are findings, except row 20
I6  scans apply in ledger order, per device in seq order; one that lies wholly before what changed
    the item is late
I7  hold, recall and expiry dominate, over the whole containment tree
I9  a scan that needs something not registered yet is parked, for a limited time
I10 a record that says the same again is a finding "already so", without a second effect
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from ledger_client.core import (
    identity,
    item,
    parking,
    rows_birth,
    rows_crates,
    rows_ends,
    rows_moves,
)
from ledger_client.core.entry import Entry
from ledger_client.core.item import Item
from ledger_client.core.parking import FOR_DEVICE, FOR_ITEM, WAIT_MS, Budget, Parked
from ledger_client.core.row_checks import Elements
from ledger_client.core.rows_crates import Child
from ledger_client.core.scene import Awaiting, Change, Denied, Later, Scene, Waits
from ledger_client.wire import codes, gs1, scan
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock

Alone = Callable[[Scene, str, Elements, Item | None], Change | None]
WithParent = Callable[[Scene, str, Item | None], Child | None]

SYMBOLS_CACHED = 4096  # a pack is commissioned and packed within the same blocks
PLACES = 65_536  # of a device's chain that one record can make whole; beyond, scans wait a day

# Denials that an earlier scan may lift which is not registered yet, or waits itself.
_FOR_WANT_OF_ANOTHER = frozenset(("C0.3", "C0.4", "C0.6", "C2.3", "C2.4", "C3.1", "C6.1",
                                  "C13.1"))

_ALONE: dict[int, Alone] = {
    codes.ACTION_COMMISSION: rows_birth.commission,
    codes.ACTION_SHIP: rows_moves.ship,
    codes.ACTION_CANCEL: rows_moves.cancel,
    codes.ACTION_RECEIVE: rows_moves.receive,
    codes.ACTION_REFUSE: rows_moves.refuse,
    codes.ACTION_PUT_AWAY: rows_moves.put_away,
    codes.ACTION_QUARANTINE: rows_ends.quarantine,
    codes.ACTION_RELEASE: rows_ends.release,
    codes.ACTION_ILLEGITIMATE: rows_ends.find_illegitimate,
    codes.ACTION_RECALL: rows_ends.recall,
    codes.ACTION_RETURN: rows_moves.send_back,
    codes.ACTION_SALEABLE: rows_moves.verify_saleable,
    codes.ACTION_DISPENSE: rows_ends.dispense,
    codes.ACTION_DECOMMISSION: rows_ends.decommission,
    codes.ACTION_DESTROY: rows_ends.destroy,
    codes.ACTION_STOLEN: rows_ends.report_stolen,
    codes.ACTION_SAMPLE: rows_ends.sample,
    codes.ACTION_UNDO: rows_ends.undo,
    codes.ACTION_ALLOCATE: rows_birth.allocate,
    codes.ACTION_CHECK: rows_ends.check,
}
_WITH_PARENT: dict[int, WithParent] = {
    codes.ACTION_PACK: rows_crates.pack,
    codes.ACTION_UNPACK: rows_crates.unpack,
    codes.ACTION_ATTACH: rows_crates.attach,
    codes.ACTION_DETACH: rows_crates.detach,
}


def apply_scan(scene: Scene) -> None:
    """Judge a scan, then the parked ones that it set in motion."""
    _apply(scene)
    settle(scene)


def _apply(scene: Scene) -> None:
    """Every symbol for itself: one bad label does not undo its neighbours."""
    action = scene.scan.action
    if action in _WITH_PARENT:
        _apply_with_parent(scene, _WITH_PARENT[action])
    elif action in _ALONE:
        for symbol in scene.scan.symbols:
            _apply_symbol(scene, symbol, _ALONE[action])
    else:
        scene.find(None, Denied("C0.10", action))


def _apply_symbol(scene: Scene, symbol: list[object], rule: Alone) -> None:
    try:
        uri, elements = read_symbol(symbol, lot=scene.scan.action == codes.ACTION_RECALL)
    except Denied as denied:
        scene.find(None, denied)
        return
    before = item.load(scene.view, uri)
    try:
        if before is not None:
            scene.check_not_late(uri, before)
        if (uri, *elements) in scene.denied:
            raise scene.denied[uri, *elements]
        trial = scene.on(scene.view.branch())  # what a rule writes beside the item goes with it
        change = rule(trial, uri, elements, before)
        if change is not None and scene.scan.shown == codes.SHOWN_REFUSED:
            raise Denied("C0.12", uri)
    except Waits as waits:
        _park(scene, symbol, uri, waits)
    except Denied as denied:
        scene.denied[uri, *elements] = denied
        _deny_or_park(scene, symbol, (uri, before), denied)
    else:
        scene.view.merge(trial.view)
        if change is not None:
            scene.keep(_changed_item(scene, uri), change)


def _changed_item(scene: Scene, uri: str) -> str:
    """Attaching a logger is an event of its carrier, everything else of the thing scanned."""
    if scene.scan.action in (codes.ACTION_ATTACH, codes.ACTION_DETACH):
        assert scene.scan.parent is not None
        return read_symbol(scene.scan.parent)[0]
    return uri


def _apply_with_parent(scene: Scene, rule: WithParent, only: list[object] | None = None) -> None:
    """All symbols of the scan, or the one that waited for itself."""
    symbols = scene.scan.symbols if only is None else [only]
    if scene.scan.parent is None:
        scene.find(None, Denied("C0.11", "nothing", "a parent"))
        return
    try:
        uri, _ = read_symbol(scene.scan.parent)
    except Denied as denied:
        scene.find(None, denied)
        return
    before = item.load(scene.view, uri)
    try:
        if scene.scan.shown == codes.SHOWN_REFUSED and not symbols:
            raise Denied("C0.12", uri)
        child = rule(scene, uri, before)
    except Waits as waits:
        _park(scene, only, uri, waits)
    except Denied as denied:
        _deny_or_park(scene, only, (uri, before), denied)
    else:
        each = scene if only is not None else scene.of_one()
        for symbol in symbols if child is not None else []:
            _apply_symbol(each, symbol, child)  # type: ignore[arg-type]


def read_symbol(symbol: list[object], lot: bool = False) -> tuple[str, Elements]:
    """(canonical id, elements) of a symbol; with `lot` a GTIN and lot name a class of packs."""
    aim, data = symbol
    assert isinstance(aim, str)
    assert isinstance(data, bytes)
    try:
        elements = _elements(aim, data)
    except WireError as error:
        raise Denied("C0.1", f"{error.rule} {error.detail}") from error
    uri = gs1.identity(elements, lot)
    if uri is None:
        raise Denied("C0.1", "the symbol names no single thing")
    return uri, elements


# The same symbol says the same thing, and no rule changes what it says.
@lru_cache(maxsize=SYMBOLS_CACHED)
def _elements(aim: str, data: bytes) -> Elements:
    return gs1.parse(aim, data)


def _deny_or_park(scene: Scene, symbol: list[object] | None, about: tuple[str, Item | None],
                  denied: Denied) -> None:
    """I6: a scan that waited already, or whose organisation has an earlier scan of the item or of
    its outermost parent waiting, waits for what is missing instead of being a finding."""
    uri, before = about
    if denied.rule in _FOR_WANT_OF_ANOTHER and before is not None and before.status in item.LIVE:
        outer, _ = item.top(scene.view, uri, before)
        root = scene.organisation.root
        if scene.parked is not None or \
                any(parking.has_waiting(scene.view, one, root) for one in {uri, outer}):
            _park(scene, symbol, uri, Waits(outer, denied.rule, *denied.facts))
            return
    refused = scene.scan.shown == codes.SHOWN_REFUSED and isinstance(denied, Awaiting)
    scene.deny(uri, before, Denied("C0.12", uri) if refused else denied)


def _park(scene: Scene, symbol: list[object] | None, uri: str, waits: Waits) -> None:
    """I9; a scan that an operator was refused waits for nothing, and none beyond its deadline."""
    number, deadline_ms = scene.parked or (None, None)
    if deadline_ms is None:
        deadline_ms = scene.now_ms + WAIT_MS[FOR_ITEM]
    parked = _parked(scene, symbol, waits.waits_for, deadline_ms)
    if scene.scan.shown == codes.SHOWN_REFUSED or deadline_ms <= scene.now_ms or \
            not parking.park(scene.view, FOR_ITEM, parked, number):
        scene.deny(uri, item.load(scene.view, uri), waits)
    elif isinstance(waits, Later):
        parking.put_off(scene.view, [waits.waits_for])


def _parked(scene: Scene, symbol: list[object] | None, waits_for: str,
            deadline_ms: int) -> Parked:
    assert scene.leaf is not None
    said = scene.scan if symbol is None else scene.scan._replace(symbols=[symbol])
    return Parked(scene.entry.number, scene.leaf, scene.seq, scene.digest, scene.signer,
                  scene.organisation.root, scan.encode(said), symbol is None, list(scene.clock),
                  waits_for, deadline_ms)


def settle(scene: Scene) -> None:
    """Parked scans whose item changed are judged again, in the order of parking."""
    _settle(scene.entry, list(scene.changed))


def _settle(entry: Entry, changed: list[str]) -> None:
    """As far as the entry's budget goes; the rest is left to the next entries."""
    while changed and entry.budget.affords(entry.view, changed[0]):
        again: list[str] = []
        for number, parked in parking.take_waiting(entry.view, FOR_ITEM, changed.pop(0),
                                                   entry.budget):
            again += _judge_again(entry, parked, number).changed
        changed += [one for one in dict.fromkeys(again) if one not in changed]
    parking.put_off(entry.view, changed)


def _judge_again(entry: Entry, parked: Parked, number: int) -> Scene:
    scene = _reopened(entry, parked, number)
    action = scene.scan.action
    only = None if parked.whole else scene.scan.symbols[0]
    if action in _ALONE:
        assert only is not None
        _apply_symbol(scene, only, _ALONE[action])
    else:
        _apply_with_parent(scene, _WITH_PARENT[action], only)
    return scene


def wait_for_device(scene: Scene, device: str) -> bool:
    """I6: hold back a scan while earlier records of its device are missing; False when too many
    wait already."""
    return parking.park(scene.view, FOR_DEVICE, _parked(
        scene, None, _place(device, scene.seq), scene.now_ms + WAIT_MS[FOR_DEVICE]))


def settle_device(entry: Entry, device: str, first: int, last: int) -> None:
    """Scans of a device that were held back, from seq `first` to `last`."""
    for seq in range(first, min(last + 1, first + PLACES)):
        for _, parked in parking.take_waiting(entry.view, FOR_DEVICE, _place(device, seq)):
            apply_scan(_reopened(entry, parked, None))


def _place(device: str, seq: int) -> str:
    return f"{device}/{seq}"


def _reopened(entry: Entry, parked: Parked, number: int | None) -> Scene:
    """The parked scan's own scene; its events bear its own entry and leaf, and ledger time now."""
    organisation = identity.require_organisation(entry.view, parked.organisation)
    own = Entry(parked.entry, entry.now_ms, entry.ledger, entry.statement, None, entry.view,
                entry.budget)
    unix_ms, source, error_ms, timebase, elapsed_ms = parked.clock
    return Scene(own, parked.leaf, scan.decode(parked.scan),
                 Clock(unix_ms, source, error_ms, timebase, elapsed_ms),  # type: ignore[arg-type]
                 organisation, parked.signer, parked.digest, parked.seq,
                 parked=None if number is None else (number, parked.deadline_ms))


def expire_parked(entry: Entry) -> None:
    """What waited until ledger time passed its deadline is judged as things are; then what earlier
    entries have put off, which may come again and again."""
    earlier = replace(entry, budget=Budget())
    budget = earlier.budget
    for _, parked in parking.take_overdue(entry.view, FOR_DEVICE, entry.now_ms, budget):
        apply_scan(_reopened(earlier, parked, None))
    for number, parked in parking.take_overdue(entry.view, FOR_ITEM, entry.now_ms, budget):
        settle(_judge_again(earlier, parked, number))
    for what in parking.take_put_off(entry.view, budget):
        _settle(earlier, [what])
