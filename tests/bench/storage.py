"""What a verdict and its plot cost, for a month of five-minute readings with an excursion a day."""

from datetime import UTC

from edge_gateway import item_verdict, plot
from edge_gateway.item_verdict import Asked
from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.storage_values import Exposure
from tests.bench.harness import Benchmark, Measured, median_ns
from tests.shift import PACKS, begin
from tests.storage_scenes import STEP, alone, readings
from tests.world import World, pack

RECORD = 72  # readings of a telemetry record: six hours
FULL = 10_653  # of the longest log at hand


def exposed(count: int) -> Exposure:
    return alone(readings([900 if 100 <= number % 288 < 120 else 400 + number * 37 % 130
                           for number in range(count)]))


def judge_rows(count: int) -> Measured:
    """Readings judged a second, with MKT, against without it."""
    exposure = exposed(count)
    rates = []
    for name in ("refrigerated-2-8", "who-e006-30dtr"):
        by = profile.decode(profiles.load(name))
        taken = median_ns(lambda by=by: storage.judge(  # type: ignore[misc]
            by, exposure, None, exposure.to_ms))
        rates.append(count / (taken / 1e9))
    return Measured(rates[0], rates[1])


def plot_ms(count: int) -> Measured:
    """Drawing against judging."""
    exposure = exposed(count)
    by = profile.decode(profiles.load("refrigerated-2-8"))
    verdict = storage.judge(by, exposure, None, exposure.to_ms)
    drawn = median_ns(lambda: plot.plot_svg(exposure, by, verdict, "pack"))
    judged = median_ns(lambda: storage.judge(by, exposure, None, exposure.to_ms))
    return Measured(drawn / 1e6, judged / 1e6)


def verdict_ms(count: int) -> Measured:
    """A pack's verdict from signed records on a ledger, with its words and what else it touched,
    against judging readings at hand."""
    world = World().found()
    shift = begin(world)
    world.product()
    world.block(shift.logger.boot(), *shift.commissioned(), *shift.packed())
    values = [one.value_cdeg for one in exposed(count).segments[0].readings]
    for first in range(0, count, RECORD):
        shift.wait(RECORD * STEP)
        world.now_ms += RECORD * STEP
        world.block(shift.logger.measure(values[first:first + RECORD]))
    judged, _ = item_verdict.judge(world.engine, Asked(pack(PACKS[0])), UTC)
    whole = median_ns(lambda: item_verdict.judge(world.engine, Asked(pack(PACKS[0])),
                                                 UTC)[0].words())
    alone_ns = median_ns(lambda: storage.judge(judged.profile, judged.exposure, None,
                                               judged.exposure.to_ms))
    return Measured(whole / 1e6, alone_ns / 1e6)


BENCHMARKS = (
    Benchmark("verdict_ms", "ms", "judging the same readings", (288, FULL), verdict_ms),
    Benchmark("judge_rows", "readings/s", "without MKT", (288, FULL), judge_rows),
    Benchmark("plot_ms", "ms", "judging the same readings", (288, FULL), plot_ms),
)
