"""`make bench`: every benchmark of this folder, or the one that ONLY= names."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from tests.bench.harness import Benchmark, run


def benchmarks() -> Iterator[Benchmark]:
    """Each module with BENCHMARKS."""
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        module = importlib.import_module(f"tests.bench.{path.stem}")
        yield from getattr(module, "BENCHMARKS", ())


if __name__ == "__main__":
    run(benchmarks())
