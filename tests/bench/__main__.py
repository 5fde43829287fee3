"""Run every benchmark of this folder: `make bench`."""

import importlib
from pathlib import Path


def main() -> None:
    """Each module here but this one is a benchmark: its main() prints figures with units."""
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        print(f"bench: {path.stem}")
        importlib.import_module(f"tests.bench.{path.stem}").main()


if __name__ == "__main__":
    main()
