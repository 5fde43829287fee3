"""The handheld: what each scan answers, what is signed, what survives a power cut."""

from firmware.device import memory, screen, tasks
from firmware.device.scanner import Scanner
from firmware.device.shelf import WAYS, Shelf
from ledger_client.wire import scan
from ledger_client.wire.gs1_linters import check_digit
from tests.device import parts

PLACE = "https://id.gs1.org/414/4012345000009"
PARTY = "https://id.gs1.org/417/9506000134376"
WINDOW_MS = 5000
ACCEPTED, ALREADY, WARNED, REFUSED = (screen.ACCEPTED, screen.ALREADY, screen.WARNED,
                                      screen.REFUSED)
NONE = screen.NONE


def pack(number: int) -> "tuple[str, bytes]":
    return "]d2", b"010847000699154121S%04d\x1d1730123110LOT1" % number


def crate(number: int) -> "tuple[str, bytes]":
    digits = "1061414%010d" % number
    return "]C1", ("00" + digits + check_digit(digits)).encode()


PARTNER = ("]C1", b"4179506000134376")
LOGGER = ("]C1", b"80049506000134LOGGER7")


class Bench:
    """A handheld over a ring; time goes on a second a step."""

    def __init__(self) -> None:
        self.memory = parts.flash()
        self.elapsed_ms = 0
        self.known = True
        self.text = ""
        self.start()

    def start(self) -> str:
        """As after power-on; the text shown."""
        self.chain = parts.chain(self.memory)
        recovery = self.chain.journal.mount()
        remembered = memory.Memory()
        memory.rebuild(remembered, self.ring(), self.chain.ledger)
        self.scanner = Scanner(self.chain, remembered, PLACE, WINDOW_MS)
        return self.scanner.recover([] if recovery is None else recovery.pending)

    def ring(self) -> "list[bytes]":
        return [self.chain.journal.find(one.epoch, one.seq)  # type: ignore[misc]
                for one in parts.records(self.chain)]

    def do(self, what: "str | tuple[str, bytes]", after_ms: int = 1000) -> str:
        """Press a key or scan a symbol; the signal."""
        self.elapsed_ms += after_ms
        clock = parts.clock(self.elapsed_ms) if self.known else parts.unknown_clock(self.elapsed_ms)
        if isinstance(what, str):
            signal, self.text = self.scanner.key(what, clock)
        else:
            signal, self.text = self.scanner.scan(what[0], what[1], clock)
        return signal

    def scans(self) -> "list[tuple[object, ...]]":
        """(action, symbols, parent, shown) of every record."""
        out: "list[tuple[object, ...]]" = []
        for one in parts.records(self.chain):
            body = scan.decode(one.body)
            assert body.place == PLACE and body.operator is None and body.ref is None
            symbols = [(aim, data) for aim, data in body.symbols]
            parent = None if body.parent is None else tuple(body.parent)
            out.append((body.action, symbols, parent, body.shown))
        return out


def signals(bench: Bench, steps: "list[object]") -> "list[str]":
    return [bench.do(step) for step in steps]  # type: ignore[arg-type]


def check_single() -> None:
    """One record an accepted scan; inside the window none; after it one with shown 1."""
    for name, action in (("commission", 1), ("putaway", 8), ("quarantine", 9), ("check", 22)):
        bench = Bench()
        assert signals(bench, [name, pack(1), pack(1), pack(2)]) \
            == [NONE, ACCEPTED, ALREADY, ACCEPTED]
        assert bench.do(pack(1), WINDOW_MS) == ALREADY
        assert bench.scans() == [(action, [pack(1)], None, 0), (action, [pack(2)], None, 0),
                                 (action, [pack(1)], None, 1)]


def check_window_edge() -> None:
    bench = Bench()
    bench.do("putaway")
    bench.do(pack(1))
    bench.do(pack(1), WINDOW_MS - 1)
    assert len(bench.scans()) == 1
    bench.do(pack(2), 0)
    bench.do(pack(1), 1)
    assert len(bench.scans()) == 3


def check_dispense() -> None:
    """Twice is refused and recorded; without a time it is not done at all."""
    bench = Bench()
    bench.known = False
    assert signals(bench, ["dispense", pack(1)]) == [NONE, REFUSED]
    assert "Clock" in bench.text and not bench.scans()
    bench.known = True
    assert signals(bench, [pack(1), pack(1), crate(1)]) == [ACCEPTED, ALREADY, REFUSED]
    assert bench.do(pack(1), WINDOW_MS) == REFUSED
    assert "dispensed before" in bench.text
    assert bench.scans() == [(15, [pack(1)], None, 0), (15, [pack(1)], None, 3)]
    bench.start()
    assert signals(bench, ["putaway", pack(1), "quarantine", pack(1), "pack", crate(1), pack(1)]) \
        == [NONE, REFUSED, NONE, ACCEPTED, NONE, ACCEPTED, REFUSED]
    assert bench.scans()[2:] == [(8, [pack(1)], None, 3), (9, [pack(1)], None, 0),
                                 (2, [pack(1)], crate(1), 3)]


def check_pack() -> None:
    """Crate, packs, ok: one record; a pack of another crate is warned of at once."""
    bench = Bench()
    assert signals(bench, ["pack", pack(1), crate(1), pack(1), pack(1), pack(2), "ship", "ok"]) \
        == [NONE, REFUSED, ACCEPTED, ACCEPTED, ALREADY, ACCEPTED, REFUSED, ACCEPTED]
    assert bench.scans() == [(2, [pack(1), pack(2)], crate(1), 0)]
    assert signals(bench, [crate(2), pack(1), pack(3), "ok", crate(3), "ok", "back"]) \
        == [ACCEPTED, WARNED, ACCEPTED, ACCEPTED, ACCEPTED, REFUSED, NONE]
    assert bench.scans()[1:] == [(2, [pack(1)], crate(2), 2), (2, [pack(3)], crate(2), 0)]
    signals(bench, ["pack", crate(2)])
    bench.do(pack(1), WINDOW_MS)
    assert bench.text == "Wrong crate: expected ..00000010, scanned into ..00000027"
    assert bench.do(pack(3), WINDOW_MS) == ALREADY
    assert bench.scans()[3:] == [(2, [pack(1)], crate(2), 2), (2, [pack(3)], crate(2), 1)]
    bench.start()
    signals(bench, ["back", "pack", crate(3), pack(1)])
    assert "expected ..00000010" in bench.text, "a warned scan moved the pack"


def check_rescan_in_crate() -> None:
    bench = Bench()
    signals(bench, ["pack", crate(1), pack(1)])
    assert bench.do(pack(1), WINDOW_MS) == ALREADY
    assert bench.do(crate(1)) == ALREADY
    assert bench.scans() == [(2, [pack(1)], crate(1), 1)]
    bench.do("ok")
    assert bench.scans()[1:] == [(2, [pack(1)], crate(1), 0)]


def check_unpack() -> None:
    """All of a crate, or some; afterwards they may be packed again, also at once."""
    bench = Bench()
    signals(bench, ["pack", crate(1), pack(1), pack(2), "ok"])
    assert signals(bench, ["unpack", "ok", crate(1), pack(1), "ok", crate(1), "ok", "ok"]) \
        == [NONE, REFUSED, ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED, REFUSED]
    assert bench.scans()[1:] == [(3, [pack(1)], crate(1), 0), (3, [], crate(1), 0)]
    assert signals(bench, ["pack", crate(1), pack(1), pack(2), "ok"])[2:] == [ACCEPTED] * 3
    bench.start()
    assert signals(bench, ["pack", crate(2), pack(1)])[2] == WARNED


def check_transfer() -> None:
    """Shipping needs the partner, receiving does not; one record a crate."""
    bench = Bench()
    assert signals(bench, ["ship", crate(1), PARTNER, crate(1), crate(1), crate(2), pack(1)]) \
        == [NONE, REFUSED, ACCEPTED, ACCEPTED, ALREADY, ACCEPTED, ACCEPTED]
    assert signals(bench, ["receive", crate(1), PARTNER, crate(2), LOGGER]) \
        == [NONE, ACCEPTED, ACCEPTED, ACCEPTED, REFUSED]
    parties = [scan.decode(one.body).party for one in parts.records(bench.chain)]
    assert parties == [PARTY] * 3 + [None, PARTY]
    assert [one[0] for one in bench.scans()] == [4, 4, 4, 6, 6]


def check_attachment() -> None:
    bench = Bench()
    assert signals(bench, ["attach", LOGGER, crate(1), LOGGER, LOGGER, "detach", crate(1), LOGGER,
                           "attach", crate(1), LOGGER, crate(1), LOGGER]) \
        == [NONE, REFUSED, ACCEPTED, ACCEPTED, REFUSED, NONE, ACCEPTED, ACCEPTED,
            NONE, ACCEPTED, ACCEPTED, ACCEPTED, ALREADY]
    assert bench.scans() == [(23, [LOGGER], crate(1), 0), (24, [LOGGER], crate(1), 0),
                             (23, [LOGGER], crate(1), 0)]


UNFIT = ((("]d2", b"0108470006991541" + b"21S1"), "Missing on pack: lot, expiry"),
         (("]d2", b"0108470006991541" + b"1730123110LOT1"), "Missing on pack: serial"),
         (("]d2", b"0108470006991542" + b"21S1"), "Not readable"),
         (("]d1", b"hello"), "Not readable"),
         (PARTNER, "not this"), (LOGGER, "not this"), (("]d2", b""), "too long"),
         (("]d2", b"0" * 257), "too long"))


def check_unfit() -> None:
    """Refused on the screen with what is missing, and nothing recorded."""
    bench = Bench()
    assert bench.do(pack(1)) == REFUSED, "no task was chosen"
    bench.do("commission")
    for symbol, text in UNFIT:
        assert bench.do(symbol) == REFUSED
        assert text in bench.text, bench.text
    assert bench.scans() == []


def check_power_cut() -> None:
    """An open crate is open again, with what was inside; an abandoned one is not."""
    bench = Bench()
    signals(bench, ["pack", crate(1), pack(1), pack(2)])
    assert "2 inside" in bench.start()
    assert signals(bench, [pack(3), "ok"]) == [ACCEPTED, ACCEPTED]
    assert bench.scans() == [(2, [pack(1), pack(2), pack(3)], crate(1), 0)]
    assert bench.start() == "Choose a task"
    signals(bench, ["unpack", crate(1), "back"])
    assert bench.start() == "Choose a task"
    signals(bench, ["unpack", crate(1)])
    bench.start()
    assert bench.do("ok") == ACCEPTED
    assert bench.scans()[1:] == [(3, [], crate(1), 0)]


def check_large_crate() -> None:
    """More than fits one record is signed in parts; the crate stays open, nothing is lost."""
    bench = Bench()
    signals(bench, ["pack", crate(1)])
    for number in range(100):
        assert bench.do(pack(number)) == ACCEPTED
    assert bench.do("ok") == ACCEPTED
    packed = [symbol for one in bench.scans() for symbol in one[1]]  # type: ignore[attr-defined]
    assert packed == [pack(number) for number in range(100)]
    assert [one[2] for one in bench.scans()] == [crate(1)] * len(bench.scans())


def check_full() -> None:
    """A full memory refuses, and says so; no beep without a record."""
    bench = Bench()
    bench.do("putaway")
    number = 0
    while bench.do(pack(number % 10000), 10 * WINDOW_MS) != REFUSED:
        number += 1
    assert "Memory full" in bench.text and bench.scanner.full
    assert bench.chain.waiting() == number and bench.chain.journal.first_held() == (1, 1)
    bench.chain.journal.cursor = bench.chain.state.cursor = (1, number + 1)
    assert bench.do(pack(9999)) == ACCEPTED


def check_shelf() -> None:
    """The oldest of a full bucket is forgotten, and only it."""
    shelf = Shelf(1, 2)
    for number in range(WAYS):
        shelf.put("pack %d" % number, b"%02d" % number)
    shelf.put("pack 0", b"00")
    shelf.put("one more", b"11")
    assert [shelf.get("pack %d" % number) for number in range(WAYS)] \
        == [b"00", None] + [b"%02d" % number for number in range(2, WAYS)]
    shelf.remove("pack 2")
    shelf.remove_all(b"1")
    assert [shelf.get(one) for one in ("pack 0", "pack 2", "pack 3", "one more")] \
        == [b"00", None, b"03", None]


def check_screen() -> None:
    text = "Wrong crate: expected ..00000010, scanned into ..00000027"
    assert screen.wrap(text) == ["Wrong crate:", "expected", "..00000010,", "scanned into",
                                 "..00000027"]
    assert screen.wrap("a " + "x" * 35) == ["a", "x" * 16, "x" * 16, "xxx"]
    rows = screen.layout("PACK", text, screen.queue(False, 12, 59 * 60000))
    assert len(rows) == screen.ROWS and rows[-1] == "OFFLINE 12 59min"
    assert max([len(row) for row in rows]) <= screen.COLUMNS
    assert screen.queue(True, 0, None) == "all delivered"
    assert screen.queue(True, 3, 200 * 60000) == "waiting 3 3h"
    assert len(screen.BEEPS) == 4 == len(set(screen.BEEPS.values()))
    for name in tasks.TASKS:
        for begun in (False, True):
            assert len(screen.wrap(tasks.prompt(tasks.TASKS[name], begun))) <= screen.ROWS - 2


check_single()
check_window_edge()
check_dispense()
check_pack()
check_rescan_in_crate()
check_unpack()
check_transfer()
check_attachment()
check_unfit()
check_power_cut()
check_large_crate()
check_full()
check_shelf()
check_screen()
