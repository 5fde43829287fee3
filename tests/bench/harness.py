"""Benchmarks: each beside its reference in the same run, so that a ratio travels between machines.

A module of this folder has BENCHMARKS; each measures at a size, the smallest of which `make test`
runs.
"""

import json
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

OUTPUT = Path("build") / "bench.json"
SAMPLES = 5


@dataclass(frozen=True)
class Measured:
    """A figure and the reference it is compared with, both in `unit`."""

    value: float
    reference_value: float


@dataclass(frozen=True)
class Benchmark:
    """`measure(size)`; sizes are (smallest, full)."""

    name: str
    unit: str
    reference: str
    sizes: tuple[int, int]
    measure: Callable[[int], Measured]


def median_ns(call: Callable[[], object], samples: int = SAMPLES) -> float:
    """Nanoseconds of a call, the median of some."""
    taken = []
    for _ in range(samples):
        start = perf_counter_ns()
        call()
        taken.append(perf_counter_ns() - start)
    return statistics.median(taken)


def per_second(count: int, call: Callable[[], object]) -> float:
    """How many of `count` things a second a call does."""
    start = perf_counter_ns()
    call()
    return count / ((perf_counter_ns() - start) / 1e9)


def result(benchmark: Benchmark, size: int) -> dict[str, object]:
    """A benchmark's entry in bench.json."""
    measured = benchmark.measure(size)
    ratio = measured.value / measured.reference_value if measured.reference_value else 0.0
    return {"value": round(measured.value, 3), "unit": benchmark.unit, "size": size,
            "reference": benchmark.reference, "reference_value": round(measured.reference_value, 3),
            "ratio": round(ratio, 3)}


def run(benchmarks: Iterator[Benchmark]) -> None:
    """Run them at full size, or the one that ONLY names, and write each result at once."""
    only = os.environ.get("ONLY")
    OUTPUT.parent.mkdir(exist_ok=True)
    results = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    for benchmark in benchmarks:
        if only and benchmark.name != only:
            continue
        found = result(benchmark, benchmark.sizes[1])
        results[benchmark.name] = found
        OUTPUT.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
        print(f"{benchmark.name:28} {found['value']} {benchmark.unit}, {benchmark.reference} "
              f"{found['reference_value']}, ratio {found['ratio']}", flush=True)
