"""The handheld: keys choose a task, scans become signed records, the person is told at once.

Decided here and now, without a network: every answer is one of the four signals of screen.py, and
nothing is answered with `accepted` that is not in flash.  The ledger judges again by itself; what
contradicts it is recorded and shown, never moved silently.
"""

from firmware.device import rescans, screen, symbols, tasks
from firmware.device.journal import JournalFull
from firmware.device.memory import Memory
from firmware.device.symbols import CRATE, PACK, PARTY, Symbol, short
from ledger_client.wire import cbor, codes
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.device.chain import Chain

    Answer = tuple[str, str]

CRATE_BYTES = 6000  # of symbols in one pack record: frame and clock fit beside it
_SIGNALS = (screen.ACCEPTED, screen.ALREADY, screen.WARNED, screen.REFUSED)  # by `shown`
_FULL = (screen.REFUSED, "Memory full: connect to the gateway, then scan again")


class Scanner:
    """`scan` and `key` answer (signal, text for the screen)."""

    def __init__(self, chain: "Chain", memory: Memory, place: "str | None",
                 rescan_ms: int) -> None:
        self._chain = chain
        self._memory = memory
        self._place = place
        self._rescans = rescans.Rescans(rescan_ms)
        self._task_name = ""
        self._task: "tasks.Task | None" = None
        self._crate: "Symbol | None" = None  # open crate, or carrier
        self._inside: "list[Symbol]" = []  # scanned for the open crate, in flash as drafts
        self._party: "str | None" = None
        self.full = False

    @property
    def title(self) -> str:
        return "READY" if self._task is None else self._task.title

    def recover(self, drafts: "list[bytes]") -> str:
        """Open the crate again that was open when the power failed; the text to show."""
        for draft in drafts:
            parts = cbor.decode(draft)
            assert type(parts) is list
            name, aim, data = parts
            symbol = symbols.read(aim, data)
            if self._crate is None:
                self._choose(name)
                self._crate = symbol
            else:
                self._inside.append(symbol)
        if self._crate is None:
            return "Choose a task"
        return "Crate %s still open: %d inside" % (short(self._crate.identity), len(self._inside))

    # --- keys ----------------------------------------------------------------------------------

    def key(self, name: str, clock: Clock) -> "Answer":
        if name == tasks.CONFIRM:
            return self._confirm(clock)
        if self._inside:
            return screen.REFUSED, "%d inside: press ok to close crate %s" \
                % (len(self._inside), short(self._crate.identity))  # type: ignore[union-attr]
        if self._crate is not None:
            self._chain.journal.drop_pending()
            self._chain.journal.mark()
        self._choose("" if name == tasks.BACK else name)
        if self._task is None:
            return screen.NONE, "Choose a task"
        return screen.NONE, tasks.prompt(self._task, False)

    def _choose(self, name: str) -> None:
        self._task_name, self._task = name, tasks.TASKS.get(name)
        self._crate = self._party = None
        self._inside = []

    def _confirm(self, clock: Clock) -> "Answer":
        if self._task is None or self._task.form != tasks.CONTAINER or self._crate is None:
            return screen.REFUSED, "Nothing to close"
        packs, unpacking = len(self._inside), self._task.action == codes.ACTION_UNPACK
        if not packs and not unpacking:
            return screen.REFUSED, "Crate is empty: scan packs or press back"
        crate = short(self._crate.identity)
        if not self._close_crate(clock):
            return _FULL
        self._crate = None
        if unpacking:
            return screen.ACCEPTED, "%s out of crate %s" % (packs or "All", crate)
        return screen.ACCEPTED, "Crate %s closed: %d packs" % (crate, packs)

    # --- scans ---------------------------------------------------------------------------------

    def scan(self, aim: str, data: bytes, clock: Clock) -> "Answer":
        if self._task is None:
            return screen.REFUSED, "Choose a task first"
        if not 0 < len(data) <= codes.SYMBOL_BYTES:
            return screen.REFUSED, "Symbol of %d bytes: too long" % len(data)
        try:
            symbol = symbols.read(aim, data)
        except WireError as error:
            return screen.REFUSED, "Not readable: " + error.detail
        handle = {tasks.SINGLE: self._single, tasks.CONTAINER: self._container,
                  tasks.TRANSFER: self._transfer, tasks.ATTACHMENT: self._attachment}
        return handle[self._task.form](self._task, symbol, clock)

    def _single(self, task: tasks.Task, symbol: Symbol, clock: Clock) -> "Answer":
        refusal = _unfit(task, symbol)
        if refusal:
            return screen.REFUSED, refusal
        if task.action == codes.ACTION_DISPENSE and clock.unix_ms is None:
            return screen.REFUSED, "Clock not set: connect before dispensing"
        signal, text = self._record_scan(task, symbol, clock, task.title)
        if signal == screen.ACCEPTED and task.action == codes.ACTION_DISPENSE:
            self._memory.dispense(symbol.identity)
        if signal == screen.ACCEPTED and task.action == codes.ACTION_CHECK:
            text = self._what_is_known(symbol)
        return signal, text

    def _transfer(self, task: tasks.Task, symbol: Symbol, clock: Clock) -> "Answer":
        if symbol.kind == PARTY:
            self._party = symbol.identity
            return screen.ACCEPTED, "Partner %s. %s" % (short(symbol.identity),
                                                        tasks.prompt(task, True))
        if self._party is None and task.action == codes.ACTION_SHIP:
            return screen.REFUSED, "Scan the partner label first"
        refusal = _unfit(task, symbol)
        if refusal:
            return screen.REFUSED, refusal
        return self._record_scan(task, symbol, clock, self._party or "")

    def _attachment(self, task: tasks.Task, symbol: Symbol, clock: Clock) -> "Answer":
        if symbol.kind == CRATE:
            self._crate = symbol
            return screen.ACCEPTED, "Carrier %s. Scan a logger label" % short(symbol.identity)
        if self._crate is None:
            return screen.REFUSED, "Scan the carrier first"
        refusal = _unfit(task, symbol)
        if refusal:
            return screen.REFUSED, refusal
        answer = self._record_scan(task, symbol, clock, self._crate.identity)
        if answer[0] == screen.ACCEPTED:
            self._crate = None
        return answer

    def _container(self, task: tasks.Task, symbol: Symbol, clock: Clock) -> "Answer":
        if self._crate is None:
            if symbol.kind != CRATE:
                return screen.REFUSED, "Scan the crate first"
            return self._open_crate(task, symbol)
        if symbol.identity == self._crate.identity:
            return screen.ALREADY, "This crate is open: scan packs, then ok"
        refusal = _unfit(task, symbol)
        if refusal:
            return screen.REFUSED, refusal
        if task.action == codes.ACTION_PACK and self._contradicts(task, symbol):
            return self._record_scan(task, symbol, clock, self._crate.identity)
        return self._draft(task, symbol, clock)

    def _contradicts(self, task: tasks.Task, symbol: Symbol) -> bool:
        """Does what this handheld remembers speak against packing it here?"""
        return self._judge(task, symbol, rescans.FIRST)[0] != codes.SHOWN_ACCEPTED

    def _open_crate(self, task: tasks.Task, symbol: Symbol) -> "Answer":
        if not self._keep(symbol):
            return _FULL
        self._crate = symbol
        return screen.ACCEPTED, "Crate %s. %s" % (short(symbol.identity), tasks.prompt(task, True))

    def _draft(self, task: tasks.Task, symbol: Symbol, clock: Clock) -> "Answer":
        crate = self._crate
        assert crate is not None
        purpose = self._purpose(crate.identity)
        seen = self._rescans.seen(symbol.identity, purpose, clock.elapsed_ms)
        inside = symbol.identity in [one.identity for one in self._inside]
        if seen == rescans.WITHIN:
            return screen.ALREADY, "Already in crate %s" % short(crate.identity)
        if inside:
            return self._record_scan(task, symbol, clock, crate.identity)
        if not self._room_inside(symbol, clock) or not self._keep(symbol):
            return _FULL
        self._inside.append(symbol)
        self._rescans.remember(symbol.identity, purpose, clock.elapsed_ms)
        return screen.ACCEPTED, "%d in crate %s" % (len(self._inside), short(crate.identity))

    def _room_inside(self, symbol: Symbol, clock: Clock) -> bool:
        """A crate larger than one record is signed in parts, and stays open."""
        size = sum([len(one.data) for one in self._inside]) + len(symbol.data)
        if len(self._inside) < codes.SYMBOLS and size + 8 * len(self._inside) < CRATE_BYTES:
            return True
        return self._close_crate(clock) and self._keep(self._crate)  # type: ignore[arg-type]

    # --- records -------------------------------------------------------------------------------

    def _record_scan(self, task: tasks.Task, symbol: Symbol, clock: Clock,
                     context: str) -> "Answer":
        """One record of one symbol, unless the same was scanned a moment ago."""
        purpose = self._purpose(context)
        seen = self._rescans.seen(symbol.identity, purpose, clock.elapsed_ms)
        if seen == rescans.WITHIN:
            return screen.ALREADY, "Already scanned: %s" % short(symbol.identity)
        shown, text = self._judge(task, symbol, seen)
        if not self._write(clock, [symbol], shown):
            return _FULL
        self._rescans.remember(symbol.identity, purpose, clock.elapsed_ms)
        return _SIGNALS[shown], text

    def _judge(self, task: tasks.Task, symbol: Symbol, seen: int) -> "tuple[int, str]":
        """(shown, text) by what this handheld remembers."""
        name = short(symbol.identity)
        if task.action not in tasks.AFTER_DISPENSING and self._memory.dispensed(symbol.identity):
            return codes.SHOWN_REFUSED, "Refused: %s was dispensed before" % name
        if task.action == codes.ACTION_PACK:
            crate = self._crate.identity  # type: ignore[union-attr]
            other = self._memory.crate_name(symbol.identity)
            if self._memory.in_crate(symbol.identity, crate):
                return codes.SHOWN_ALREADY, "Already in crate %s" % short(crate)
            if other is not None:
                return codes.SHOWN_WARNED, "Wrong crate: expected %s, scanned into %s" \
                    % (other, short(crate))
        if seen == rescans.AFTER:
            return codes.SHOWN_ALREADY, "Already so: %s" % name
        return codes.SHOWN_ACCEPTED, "OK: %s" % name

    def _close_crate(self, clock: Clock) -> bool:
        """Sign what is in the open crate; False: no room, and everything stays as it is."""
        assert self._task is not None
        assert self._crate is not None
        if not self._write(clock, self._inside, codes.SHOWN_ACCEPTED, closing=True):
            return False
        packs = [one.identity for one in self._inside]
        if self._task.action == codes.ACTION_PACK:
            self._memory.pack(packs, self._crate.identity)
        else:
            self._memory.unpack(packs, self._crate.identity)
            if not packs:  # all of them may be packed again at once
                self._rescans.forget("pack " + self._crate.identity)
        self._inside = []
        return True

    def _write(self, clock: Clock, inside: "list[Symbol]", shown: int,
               closing: bool = False) -> bool:
        assert self._task is not None
        parent = None if self._crate is None else [self._crate.aim, self._crate.data]
        body = [self._task.action, [[one.aim, one.data] for one in inside], parent, self._party,
                self._place, None, None, None, shown]
        try:
            self._chain.write(clock, codes.KIND_SCAN, body, closing)
        except JournalFull:
            self.full = True
            return False
        self.full = False
        return True

    def _keep(self, symbol: Symbol) -> bool:
        """Put a scan for the open crate into flash, before anyone hears a beep."""
        draft = cbor.encode([self._task_name, symbol.aim, symbol.data])
        try:
            self._chain.journal.append_pending(draft)
        except JournalFull:
            self.full = True
            return False
        self.full = False
        return True

    def _purpose(self, context: str) -> str:
        return self._task_name + " " + context

    def _what_is_known(self, symbol: Symbol) -> str:
        crate = self._memory.crate_name(symbol.identity)
        if self._memory.dispensed(symbol.identity):
            return "%s: dispensed here" % short(symbol.identity)
        if crate is not None:
            return "%s: packed here into %s" % (short(symbol.identity), crate)
        return "%s: nothing known here, ask the ledger" % short(symbol.identity)


def _unfit(task: tasks.Task, symbol: Symbol) -> str:
    """Why this symbol cannot be taken, or "".  A lost GS cannot be repaired: nothing is guessed."""
    if symbol.missing and symbol.kind == PACK:
        return "Missing on pack: " + ", ".join(symbol.missing)
    if not symbol.identity or symbol.kind not in task.kinds:
        return "Scan %s, not this" % tasks.expected(task)
    return ""
