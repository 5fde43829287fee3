"""The scanner as a process: keys and scans in, records and screens out."""

from collections.abc import Callable

from ledger_client.wire import codes, scan
from ledger_client.wire.values import Scan
from tests.unit.firmware.bench import START_MS
from tests.unit.firmware.conftest import Site

Start = Callable[[str], Site]
PACK = b"010847000699154121S1\x1d1730123110LOT1"
OTHER = b"010847000699154121S2\x1d1730123110LOT1"
CRATE = b"00106141400000000010"
SECOND_CRATE = b"00106141400000000027"


class Script:
    """Stimuli a second apart."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self.lines = [f"{START_MS} start"]

    def key(self, name: str) -> None:
        self._add(f"key {name}")

    def scan(self, aim: str, data: bytes, after_ms: int = 1000) -> None:
        self._add(f"scan {aim} {data.hex()}", after_ms)

    def _add(self, what: str, after_ms: int = 1000) -> None:
        self.now_ms += after_ms
        self.lines.append(f"{self.now_ms} {what}")

    def take(self, last: str) -> list[str]:
        """Everything so far, and `last` at the same time."""
        lines, self.lines = [*self.lines, f"{self.now_ms} {last}"], []
        return lines


def scans(site: Site) -> list[Scan]:
    assert (site.gateway.refused, site.gateway.duplicates) == ([], 0)
    return [scan.decode(one.body) for one in site.gateway.opened() if one.kind == codes.KIND_SCAN]


def test_signals_and_records(site: Start) -> None:
    """Each scan is answered at its own time; what is accepted is signed."""
    one = site("scanner")
    one.provision(interval_ms=0, rescan_ms=3000)
    script = Script()
    script.key("pack")
    script.scan("]C1", CRATE)
    script.scan("]d2", PACK)
    script.scan("]d2", PACK)
    script.scan("]d2", b"0108470006991541")
    script.key("ok")
    script.scan("]C1", SECOND_CRATE)
    script.scan("]d2", PACK)
    one.device.tell(*script.take("end"))
    assert one.device.end() == 0
    assert [(one.action, len(one.symbols), one.shown) for one in scans(one)] \
        == [(2, 1, 0), (2, 1, 2)]
    answers = [(at - START_MS, shown) for at, shown, _ in one.device.blocks() if shown != "-"]
    assert answers == [(2000, "accepted"), (3000, "accepted"), (4000, "already"),
                       (5000, "refused"), (6000, "accepted"), (7000, "accepted"), (8000, "warned")]
    rows = next(rows for _, shown, rows in one.device.blocks() if shown == "warned").splitlines()
    assert rows[:6] == ["PACK", "Wrong crate:", "expected", "..00000010,", "scanned into",
                        "..00000027"]
    assert all(len(row) <= 16 for row in rows)


def test_open_crate_survives_a_power_cut(site: Start) -> None:
    one = site("scanner")
    one.provision(interval_ms=0)
    script = Script()
    script.key("pack")
    script.scan("]C1", CRATE)
    script.scan("]d2", PACK)
    one.device.tell(*script.take("power off"))
    assert one.device.end() == 70
    one.device.start()
    script.lines = [f"{script.now_ms + 1000} start"]
    script.scan("]d2", OTHER, 2000)
    script.key("ok")
    one.device.tell(*script.take("end"))
    assert one.device.end() == 0
    packed, = scans(one)
    assert (packed.action, packed.parent) == (codes.ACTION_PACK, ["]C1", CRATE])
    assert packed.symbols == [["]d2", PACK], ["]d2", OTHER]]
    assert "Crate ..00000010\nstill open: 1\ninside" in one.device.screen.read_text()


def test_memory_is_rebuilt_from_the_ring(site: Start) -> None:
    """Packed before the restart: known afterwards."""
    one = site("scanner")
    one.provision(interval_ms=0)
    script = Script()
    script.key("pack")
    script.scan("]C1", CRATE)
    script.scan("]d2", PACK)
    script.key("ok")
    script.key("dispense")
    script.scan("]d2", OTHER)
    one.device.tell(*script.take("end"))
    assert one.device.end() == 0
    one.device.start()
    script.lines = [f"{script.now_ms + 1000} start"]
    script.key("pack")
    script.scan("]C1", SECOND_CRATE, 2000)
    script.scan("]d2", PACK)
    script.scan("]d2", OTHER)
    one.device.tell(*script.take("end"))
    assert one.device.end() == 0
    assert [one.shown for one in scans(one)] == [0, 0, 2, 3]


def test_queue_is_shown_while_offline(site: Start) -> None:
    one = site("scanner")
    one.provision(interval_ms=0)
    script = Script()
    script.lines.append(f"{START_MS} link down")
    script.key("putaway")
    script.scan("]d2", PACK)
    script.scan("]d2", OTHER, 3 * 60_000)
    script.key("handover")
    one.device.tell(*script.take("link up"), f"{script.now_ms} wait", f"{script.now_ms} end")
    assert one.device.end() == 0
    rows = [rows.splitlines()[-1] for _, shown, rows in one.device.blocks() if shown == "accepted"]
    assert rows == ["OFFLINE 3 0min", "OFFLINE 4 3min", "OFFLINE 4 3min"]
    assert "Handed over" in one.device.screen.read_text()
    last = one.device.blocks()[-1][2].splitlines()[-1]
    assert last == "all delivered"
    assert one.device.screen.read_text().endswith(f"idle {script.now_ms}\nend\n")
