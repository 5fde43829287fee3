"""One target under atheris: `python -m tests.fuzz.guided <target> <libFuzzer arguments>`."""

import sys

import atheris

with atheris.instrument_imports(include=["ledger_client", "edge_gateway"]):
    from tests.fuzz.targets import all_targets


def main() -> None:
    target = all_targets()[sys.argv[1]]

    def one(data: bytes) -> None:
        target.check(data)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
