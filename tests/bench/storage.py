"""What a verdict and its plot cost, for a month of five-minute readings with an excursion a day."""

from time import perf_counter_ns

from edge_gateway import plot
from ledger_client import profiles
from ledger_client.core import profile, storage
from tests.storage_scenes import alone, readings

READINGS = 10_653  # of the longest log at hand
ROUNDS = 3


def main() -> None:
    """Milliseconds, the best of ROUNDS."""
    values = [900 if 100 <= number % 288 < 120 else 400 + number * 37 % 130
              for number in range(READINGS)]
    exposure = alone(readings(values))
    for name in ("who-e006-30dtr", "refrigerated-2-8"):  # without MKT and with it
        by = profile.decode(profiles.load(name))
        taken, drawn = [], []
        for _round in range(ROUNDS):
            start = perf_counter_ns()
            verdict = storage.judge(by, exposure, None, exposure.to_ms)
            judged = perf_counter_ns()
            svg = plot.plot_svg(exposure, by, verdict, name)
            taken.append(judged - start)
            drawn.append(perf_counter_ns() - judged)
        print(f"  {name}: judge {READINGS} readings {min(taken) // 10**6} ms, "
              f"plot {min(drawn) // 10**6} ms, {len(svg) // 1024} KiB")
