"""Writes firmware/device/p256_table.py: the comb table of the P-256 generator."""

import textwrap
from pathlib import Path

from firmware.device import p256

TARGET = Path("firmware/device/p256_table.py")


def main() -> None:
    table = p256.result(p256.comb_table_steps(*p256.GENERATOR))
    assert isinstance(table, list)
    data = b"".join(x.to_bytes(32, "big") + y.to_bytes(32, "big") for x, y in table)
    lines = textwrap.wrap(data.hex(), 88)
    body = "\n".join(f'    "{line}"' for line in lines)
    TARGET.write_text('"""Comb table of the P-256 generator: 32 points x || y.\n\n'
                      'Written by tests/generators/comb_table.py.\n"""\n\n'
                      f"GENERATOR_COMB = bytes.fromhex(\n{body})\n")


if __name__ == "__main__":
    main()
