"""`make fuzz`: atheris for SECONDS with each target, or one of them (ARGS="<name>").

The corpora grow in build/corpus.  What breaks a parser is written beside them and its bytes are
printed: it becomes a seed of the target, or a vector.  Where atheris has no wheel, the seeds are
damaged without looking at coverage, and that is said.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests import side_packages
from tests.fuzz.target import LARGE, Target, damaged
from tests.fuzz.targets import all_targets

_CORPUS = Path(__file__).resolve().parent.parent.parent / "build" / "corpus"
_SLOWEST_S = 10  # for one input
_CHUNK = 500  # inputs between two looks at the clock


def main(names: list[str]) -> int:
    targets = all_targets()
    unknown = [name for name in names if name not in targets]
    if unknown:
        print(f"no such target: {', '.join(unknown)}; there are: {', '.join(targets)}")
        return 2
    seconds = int(os.environ.get("SECONDS_EACH", "20"))
    try:
        packages = side_packages.installed("fuzz")
    except side_packages.NotInstalled as error:
        print(f"fuzz: no atheris ({error}): seeds are damaged without looking at coverage")
        return max(_damage(targets[name], seconds) for name in names or targets)
    broken = [name for name in names or targets
              if _child(packages, name, targets[name], seconds) != 0]
    print(f"fuzz: {len(names or targets)} targets, broken: {', '.join(broken) or 'none'}")
    return 1 if broken else 0


def _damage(target: Target, seconds: int) -> int:
    count = 0
    for data in _endless(target, time.monotonic() + seconds):
        count += 1
        try:
            target.check(data)
        except Exception as error:
            print(f"{target.name}: {type(error).__name__}: {error}\n{data.hex()}")
            return 1
    print(f"{target.name}: {count} inputs")
    return 0


def _endless(target: Target, end_s: float) -> Iterator[bytes]:
    seed = 0
    while time.monotonic() < end_s:
        yield from damaged(target, _CHUNK, seed)
        seed += 1


def _child(packages: Path, name: str, target: Target, seconds: int) -> int:
    """A process each: libFuzzer ends its process, and counts coverage for one target."""
    corpus = _CORPUS / name.replace(" ", "-").replace("'", "")
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    print(f"fuzz: {name}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, str(corpus),
         f"-max_total_time={seconds}", f"-max_len={LARGE}", f"-timeout={_SLOWEST_S}",
         f"-artifact_prefix={corpus}.", "-print_final_stats=0", "-verbosity=0"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(Path.cwd()), str(packages)))},
        capture_output=True, text=True)
    if done.returncode:
        print("".join(line for line in (done.stdout + done.stderr).splitlines(keepends=True)
                      if not line.startswith("INFO: ")))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
