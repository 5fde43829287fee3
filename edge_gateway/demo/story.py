"""What happens in the demonstration: a fridge that fails, two shifts, three mistakes.

Stimuli are (unix_ms, words); the devices' own clocks run on them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

GTIN = "09506000134352"
LOT, EXPIRY = "LOT42A", "281231"
PACKS = tuple(f"S{number:04}" for number in range(1, 13))
IN_CRATE = 10  # packs in the crate that the logger travels with; the others go into the second
CRATE, OTHER_CRATE = "395060001340000018", "395060001340000025"
LOGGER = "9506000134L1"
MAKER_GLN, PHARMACY_GLN = "9506000134352", "9521321000018"
GS = b"\x1d"

START_MS = 1_777_874_400_000  # 2026-05-04T06:00:00Z: fixed, so that a seed repeats a run
INTERVAL_MS = 5 * MINUTE_MS
SHIFT_BEFORE_MS = 10 * MINUTE_MS  # the maker begins this long before the logger's first reading
COUNTER_MS = 5 * MINUTE_MS  # between what happens at the pharmacy's counter
SCAN_MS = 6_000  # a steady worker
RESCAN_MS = 30_000

Stimulus = tuple[int, list[str]]


@dataclass(frozen=True)
class Sample:
    """One value for the sensor; None: it fails."""

    unix_ms: int
    milli_degc: int | None


@dataclass(frozen=True)
class Journey:
    """What the logger lives through: it is set to `interval_ms`; `offline` is when its network is
    down."""

    samples: tuple[Sample, ...]
    interval_ms: int
    offline: tuple[int, int] | None = None

    @property
    def readings(self) -> int:
        """A sensor that fails gives none."""
        return sum(one.milli_degc is not None for one in self.samples)


def broker_port(seed: str) -> int:
    """A port below those that systems hand out by themselves (from 32768)."""
    return 20_000 + random.Random("broker " + seed).randrange(10_000)  # noqa: S311 (no secret)


def uri(ai: str, value: str) -> str:
    return f"https://id.gs1.org/{ai}/{value}"


def pack_uri(serial: str) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{serial}"


def pack_symbol(serial: str) -> tuple[str, bytes]:
    """GS1 DataMatrix of a pack."""
    return "]d2", f"01{GTIN}17{EXPIRY}10{LOT}".encode() + GS + f"21{serial}".encode()


def label(ai: str, value: str) -> tuple[str, bytes]:
    """GS1-128 label of a crate, party or asset."""
    return "]C1", (ai + value).encode()


class Shift:
    """Writes down what a worker does with a handheld."""

    def __init__(self, start_ms: int) -> None:
        self.now_ms = start_ms
        self.stimuli: list[Stimulus] = []

    def add(self, *words: str) -> None:
        self.stimuli.append((self.now_ms, list(words)))

    def key(self, name: str) -> None:
        self.now_ms += SCAN_MS // 2
        self.add("key", name)

    def scan(self, symbol: tuple[str, bytes]) -> None:
        self.now_ms += SCAN_MS
        self.add("scan", symbol[0], symbol[1].hex())

    def pause(self, duration_ms: int) -> None:
        self.now_ms += duration_ms


def maker_shift(start_ms: int) -> list[Stimulus]:
    """Commission, pack, attach the logger, ship; one pack scanned again, one into the wrong crate,
    one record delivered twice."""
    shift = Shift(start_ms)
    shift.add("start")
    shift.key("commission")
    for serial in PACKS:
        shift.scan(pack_symbol(serial))
    for crate in (CRATE, OTHER_CRATE):
        shift.scan(label("00", crate))
    shift.pause(2 * RESCAN_MS)
    shift.scan(pack_symbol(PACKS[2]))  # mistake: a pack scanned again after the window
    shift.key("pack")
    shift.scan(label("00", CRATE))
    for serial in PACKS[:IN_CRATE]:
        shift.scan(pack_symbol(serial))
    shift.key("ok")
    shift.scan(label("00", OTHER_CRATE))
    shift.scan(pack_symbol(PACKS[3]))  # mistake: a pack of the first crate
    for serial in PACKS[IN_CRATE:]:
        shift.scan(pack_symbol(serial))
    shift.key("ok")
    shift.key("attach")
    shift.scan(label("00", CRATE))
    shift.add("link", "repeat")
    shift.scan(label("8004", LOGGER))
    shift.key("ship")
    shift.scan(label("417", PHARMACY_GLN))
    for crate in (CRATE, OTHER_CRATE):
        shift.scan(label("00", crate))
    shift.add("wait")
    return shift.stimuli


def pharmacy_shift(start_ms: int) -> list[Stimulus]:
    """Receive, detach, unpack, put away, dispense; the same pack dispensed twice."""
    shift = Shift(start_ms)
    shift.add("start")
    shift.key("receive")
    for crate in (CRATE, OTHER_CRATE):
        shift.scan(label("00", crate))
    shift.key("detach")
    shift.scan(label("00", CRATE))
    shift.scan(label("8004", LOGGER))
    shift.key("unpack")
    for crate in (CRATE, OTHER_CRATE):
        shift.scan(label("00", crate))
        shift.key("ok")
    shift.key("putaway")
    for serial in PACKS:
        shift.scan(pack_symbol(serial))
    shift.pause(COUNTER_MS)
    shift.key("dispense")
    shift.scan(pack_symbol(PACKS[0]))
    shift.pause(COUNTER_MS)
    shift.scan(pack_symbol(PACKS[0]))  # mistake: dispensed twice
    shift.add("wait")
    return shift.stimuli


def fridge(seed: str) -> Journey:
    """A transport fridge; its network is down for some hours."""
    first, last = OFFLINE_HOURS
    return Journey(tuple(_fridge(seed)), INTERVAL_MS,
                   (START_MS + first * HOUR_MS, START_MS + last * HOUR_MS))


def _fridge(seed: str) -> Iterator[Sample]:
    """Two days in a transport fridge: a door left open, a night, and a compressor that stops for
    three hours; millidegrees, to the tenth that loggers print."""
    draw = random.Random(seed)  # noqa: S311 (weather, not a secret)
    temperature = 5000.0
    for step in range(2 * 24 * HOUR_MS // INTERVAL_MS + 1):
        hour = step * INTERVAL_MS / HOUR_MS
        target = 5000.0
        if 4.0 <= hour < 4.4:
            target = 9000.0  # the door is open
        if 26.0 <= hour < 29.0:
            target = 14000.0  # no compressor
        temperature += (target - temperature) * 0.12 + draw.uniform(-120, 120)
        yield Sample(START_MS + step * INTERVAL_MS, round(temperature / 100) * 100)


OFFLINE_HOURS = (24, 32)  # of the fridge model: the logger goes on without a network


def logger_stimuli(journey: Journey) -> Iterator[Stimulus]:
    """Sensor values for the logger; where the log has a gap of more than two intervals it was
    switched off: a power cut, and a new start."""
    before_ms: int | None = None
    link_up, offline = True, journey.offline
    for sample in journey.samples:
        if before_ms is None:
            yield sample.unix_ms, ["start"]
        elif sample.unix_ms - before_ms > 2 * journey.interval_ms:
            yield before_ms + 1000, ["power", "off"]
            yield sample.unix_ms, ["start"]
        if offline is not None:
            should = not offline[0] <= sample.unix_ms < offline[1]
            if should != link_up:
                link_up = should
                yield sample.unix_ms, ["link", "up" if link_up else "down"]
        value = "fail" if sample.milli_degc is None else str(sample.milli_degc)
        yield sample.unix_ms, ["sensor", "0", value]
        before_ms = sample.unix_ms
    assert before_ms is not None
    yield before_ms, ["wait"]
