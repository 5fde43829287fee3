"""When journal rows become a block.

A block is full at BLOCK_RECORDS or BLOCK_BYTES; it closes when the row that opened it is
`interval_ms` old.  The decision looks at rows and clock only, so the same rows give the same blocks
however they arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger_client.wire import codes

_PAIR_BYTES = 16  # CBOR around a record in a body: two heads, a time, and room to spare
_BODY_BYTES = 8  # head of the body's array


@dataclass(frozen=True)
class UnsealedRow:
    """A journal row that lies in no block yet."""

    number: int
    record_bytes: int
    received_ms: int


def cut(rows: Sequence[UnsealedRow], *, now_ms: int, interval_ms: int, flush: bool) -> int:
    """How many of the oldest rows the next block takes; 0: wait.  `flush` takes all there are."""
    if not rows:
        return 0
    taken, size = 0, _BODY_BYTES
    closes_ms = rows[0].received_ms + interval_ms
    for row in rows:
        size += row.record_bytes + _PAIR_BYTES
        if taken == codes.BLOCK_RECORDS or size > codes.BLOCK_BYTES:
            return taken
        if row.received_ms >= closes_ms:
            return taken
        taken += 1
    return taken if flush or now_ms >= closes_ms else 0
