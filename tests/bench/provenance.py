"""Questions at a million packs: what a trace, an excursion, a recall and a verdict cost then, and
what a pack costs to judge and to keep.

The quarter is loaded once a size, by a process of its own: its memory is then nobody else's.
"""

import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path

from ledger_client.core import answer, item, story, touched, whereabouts
from ledger_client.core.insides import Interval
from ledger_client.core.touched import Range
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource
from ledger_client.store.sqlite import SqliteStore
from tests.bench import supply
from tests.bench.harness import Benchmark, Measured, median_ns
from tests.bench.ledger import raw_verifications
from tests.bench.supply import DAY_MS, PACKS_A_LOT, WARM_DAY, Supply
from tests.world import GTIN, START_MS, World, pack

SMALL, FULL = 1_200, 1_000_000  # pallets are full
APART = 10_000  # packs loaded with and without telemetry, to tell what each costs on disk
ASKED = 200  # packs of a percentile
LOW_CDEG, HIGH_CDEG = 200, 800
VERIFIED = 1000


@dataclass(frozen=True)
class Loaded:
    """A ledger file, how long the rules took for it, and the most memory that the process had."""

    path: Path
    packs: int
    readings: int
    seconds: float
    memory_bytes: int

    def open(self) -> LedgerReader:
        return LedgerReader(SqliteStore(self.path, readonly=True))


def _load(path: Path, packs: int, measured: bool, told: Connection) -> None:
    world = World(store=SqliteStore.create(path)).found()
    quarter = Supply(world, packs, measured=measured)
    taken = 0.0
    for batch in quarter.batches():
        start = time.perf_counter()
        world.register(*batch)
        taken += time.perf_counter() - start
    assert world.rules_found() == []
    world.engine.close()
    told.send((quarter.readings, taken, _peak_bytes()))


def _peak_bytes() -> int:
    """Resident at most, of this program alone: what getrusage says begins with the parent's."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines()
               if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


@lru_cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Removed when the benchmarks end."""
    return tempfile.TemporaryDirectory(prefix="coldseal-bench-")


@lru_cache
def loaded(packs: int, measured: bool = True) -> Loaded:
    path = Path(_folder().name) / f"{packs}{'' if measured else '-apart'}.db"
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_load, args=(path, packs, measured, there))
    process.start()
    there.close()
    readings, seconds, memory_bytes = here.recv()
    process.join()
    return Loaded(path, packs, readings, seconds, memory_bytes)


# --- loading --------------------------------------------------------------------------------------


def load(packs: int) -> Measured:
    world = World().found()
    statements = [world.state("product", world.maker[1], "https://id.gs1.org/01/" + GTIN, [number])
                  for number in range(VERIFIED)]
    quarter = loaded(packs)
    return Measured(packs / quarter.seconds, raw_verifications(statements, world.maker[1]))


def load_growth(packs: int) -> Measured:
    quarter, small = loaded(packs), loaded(SMALL)
    return Measured(packs / quarter.seconds, SMALL / small.seconds)


def load_memory_mb(packs: int) -> Measured:
    return Measured(loaded(packs).memory_bytes / 1e6, loaded(SMALL).memory_bytes / 1e6)


def disk_bytes_a_pack(packs: int) -> Measured:
    """Everything but telemetry: its record in a block, its state, its chain, indexes."""
    bare = loaded(min(packs, APART), measured=False)
    scanned = 2 * len("01095060001341621" "17281231" "10LOT000" "21S0000000")
    return Measured(bare.path.stat().st_size / bare.packs, scanned)


def disk_bytes_a_reading(packs: int) -> Measured:
    """What telemetry adds, against the bytes of its signed records alone."""
    both, bare = loaded(min(packs, APART)), loaded(min(packs, APART), measured=False)
    added = both.path.stat().st_size - bare.path.stat().st_size
    world = World().found()
    logger = world.device("logger", world.maker, supply.giai(0))
    record = logger.measure([400 + at * 37 % 130 for at in range(supply.READINGS_A_DAY)])
    return Measured(added / both.readings, len(record) / supply.READINGS_A_DAY)


# --- questions ------------------------------------------------------------------------------------


def asked(packs: int) -> Iterator[str]:
    """Packs all over the quarter, the same every time."""
    draw = random.Random(packs)
    for _ in range(min(packs // 40, ASKED)):
        yield pack(supply.serial(draw.randrange(packs)))


def percentile_ms(call: Callable[[str], object], uris: Sequence[str], percent: int) -> float:
    """Of one call for each, nothing remembered between them."""
    taken = []
    for uri in uris:
        start = time.perf_counter_ns()
        call(uri)
        taken.append((time.perf_counter_ns() - start) / 1e6)
    return statistics.quantiles(taken, n=100, method="inclusive")[percent - 1]


def trace(reader: LedgerReader, uri: str) -> None:
    """Where it is, who held it, and its history."""
    source, view = LedgerSource(reader), reader.view()
    whereabouts.where(source, view, uri, 0)
    whereabouts.held(source, view, uri)
    story.tell(source, uri, lambda thumbprint: thumbprint.hex())


def trace_ms(packs: int, percent: int) -> Measured:
    reader = loaded(packs).open()
    uris = list(asked(packs))
    found = Measured(percentile_ms(lambda uri: trace(reader, uri), uris, percent),
                     percentile_ms(reader.store.events, uris, percent))
    reader.close()
    return found


def trace_growth(packs: int) -> Measured:
    return Measured(trace_ms(packs, 50).value, trace_ms(SMALL, 50).value)


def excursion_to_packs_ms(packs: int) -> Measured:
    """A warm logger in one week: the packs that were with it while it was too warm."""
    reader = loaded(packs).open()
    week = Interval(START_MS + (WARM_DAY - 3) * DAY_MS, START_MS + (WARM_DAY + 4) * DAY_MS)
    allowed = Range(LOW_CDEG, HIGH_CDEG)
    found = touched.by_logger(LedgerSource(reader), supply.giai(0), week, allowed)
    assert len(found) == 1 + supply.CRATES_A_PALLET + min(packs, supply.PACKS_A_PALLET)
    taken = median_ns(lambda: touched.by_logger(LedgerSource(reader), supply.giai(0), week,
                                                allowed))
    read = median_ns(lambda: [reader.store.events(one.item) for one in found])
    reader.close()
    return Measured(taken / 1e6, read / 1e6)


def recall_ms(packs: int) -> Measured:
    """A lot of ten thousand: each pack, where it is and who holds it."""
    reader = loaded(packs).open()
    lot = item.lot_uri(GTIN, supply.lot(0))

    def recalled() -> list[whereabouts.Where]:
        source, view = LedgerSource(reader), reader.view()
        return [whereabouts.now(view, uri) for uri, _ in source.linking(lot)]

    assert len(recalled()) == min(packs, PACKS_A_LOT)
    taken = median_ns(recalled)
    read = median_ns(lambda: list(reader.store.linking(lot)))
    reader.close()
    return Measured(taken / 1e6, read / 1e6)


def pack_verdict_ms(packs: int) -> Measured:
    """Sixteen days with a logger, a reading every five minutes, against a trace."""
    reader = loaded(packs).open()
    checkpoint = reader.checkpoint()
    assert checkpoint is not None
    until_ms = checkpoint.time_ms
    uris = list(asked(packs))[:20]
    taken = percentile_ms(lambda uri: answer.storage_answer(
        LedgerSource(reader), reader.view(), uri, until_ms), uris, 50)
    found = Measured(taken, percentile_ms(lambda uri: trace(reader, uri), uris, 50))
    reader.close()
    return found


SIZES = (SMALL, FULL)
BENCHMARKS = (
    Benchmark("load", "packs/s", "P-256 verifications/s by cryptography", SIZES, load),
    Benchmark("load_growth", "packs/s", "of 1,200 packs", SIZES, load_growth),
    Benchmark("load_memory", "MB", "for 1,200 packs", SIZES, load_memory_mb),
    Benchmark("disk_a_pack", "bytes", "of its symbol, scanned twice", SIZES, disk_bytes_a_pack),
    Benchmark("disk_a_reading", "bytes", "of its signed record", SIZES, disk_bytes_a_reading),
    Benchmark("trace_ms", "ms, 99th percentile", "its chain read by SQLite", SIZES,
              lambda packs: trace_ms(packs, 99)),
    Benchmark("trace_ms_p50", "ms, median", "its chain read by SQLite", SIZES,
              lambda packs: trace_ms(packs, 50)),
    Benchmark("trace_growth", "ms, median", "at 1,200 packs", SIZES, trace_growth),
    Benchmark("excursion_to_packs_ms", "ms", "the packs' chains read by SQLite", SIZES,
              excursion_to_packs_ms),
    Benchmark("recall_ms", "ms", "the lot's events read by SQLite", SIZES, recall_ms),
    Benchmark("pack_verdict_ms", "ms, median", "a trace", SIZES, pack_verdict_ms),
)
