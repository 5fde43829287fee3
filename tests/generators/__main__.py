"""Run every generator of this folder: `make vectors`."""

import importlib
from pathlib import Path


def main() -> None:
    """Each module here but this one is a generator: its main() writes its files anew."""
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        print(f"vectors: {path.stem}")
        importlib.import_module(f"tests.generators.{path.stem}").main()


if __name__ == "__main__":
    main()
