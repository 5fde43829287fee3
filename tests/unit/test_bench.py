"""Every benchmark runs at its smallest size."""

import pytest

from tests.bench.__main__ import benchmarks
from tests.bench.harness import Benchmark, result


@pytest.mark.parametrize("benchmark", list(benchmarks()), ids=lambda one: one.name)
def test_it_runs_at_its_smallest_size(benchmark: Benchmark) -> None:
    found = result(benchmark, benchmark.sizes[0])
    assert found["value"]
    assert found["reference_value"]
