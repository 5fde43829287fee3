"""The values that the wire formats carry: plain tuples, fields in wire order.

MicroPython has no typing module and drops annotations, so each shape stands twice: once for the
type checker, once for both interpreters.  A test compares the two.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Sign1(NamedTuple):
        """A COSE_Sign1 with an empty unprotected map."""

        protected: bytes
        payload: bytes
        signature: bytes  # r || s, 64 bytes

    class Clock(NamedTuple):
        """When, as far as a device knows."""

        unix_ms: "int | None"  # UTC
        source: int
        error_ms: "int | None"
        timebase: int
        elapsed_ms: int

    class Record(NamedTuple):
        """A device's signed message whose frame is good; `body` is still encoded."""

        kid: bytes
        digest: bytes  # SHA-256 of the Sig_structure: what is signed, and the next record's prev
        signature: bytes
        version: int
        epoch: int
        seq: int
        prev: bytes
        clock: Clock
        kind: int
        body: bytes

    class Series(NamedTuple):
        """One channel of a telemetry record."""

        channel: int
        quantity: int
        exponent: int
        runs: "list[list[int]]"  # [start_ms, interval_ms, count]
        values: bytes

    class Reading(NamedTuple):
        """One decoded reading; value * 10^exponent is in the quantity's unit."""

        channel: int
        quantity: int
        exponent: int
        elapsed_ms: int
        value: int

    class Scan(NamedTuple):
        """What a handheld recorded; symbols are (AIM identifier, raw bytes)."""

        action: int
        symbols: "list[list[object]]"
        parent: "list[object] | None"
        party: "str | None"
        place: "str | None"
        operator: "bytes | None"
        ref: "bytes | None"
        reason: "int | None"
        shown: int

    class Hello(NamedTuple):
        """A device to its gateway, unsigned, once per epoch held."""

        kid: bytes
        epoch: "int | None"
        first_seq: int
        next_seq: int
        best_ack: "bytes | None"
        nonce: bytes

    class Ack(NamedTuple):
        """Custody ack: from_seq..to_seq is on disk in this gateway's journal."""

        kid: bytes
        epoch: int
        from_seq: "int | None"
        to_seq: "int | None"
        digest: "bytes | None"
        registered_seq: "int | None"
        journal_id: bytes
        unix_ms: "int | None"
        error_ms: "int | None"
        source: int
        nonce: "bytes | None"
        app_hash: "bytes | None"

    class Command(NamedTuple):
        """An organisation's order to a device, relayed by a gateway."""

        kid: bytes
        counter: int
        not_after_ms: int
        code: int
        nonce: "bytes | None"
        detail: "list[object]"
else:
    from collections import namedtuple

    Sign1 = namedtuple("Sign1", ("protected", "payload", "signature"))
    Clock = namedtuple("Clock", ("unix_ms", "source", "error_ms", "timebase", "elapsed_ms"))
    Record = namedtuple("Record", ("kid", "digest", "signature", "version", "epoch", "seq", "prev",
                                   "clock", "kind", "body"))
    Series = namedtuple("Series", ("channel", "quantity", "exponent", "runs", "values"))
    Reading = namedtuple("Reading", ("channel", "quantity", "exponent", "elapsed_ms", "value"))
    Scan = namedtuple("Scan", ("action", "symbols", "parent", "party", "place", "operator", "ref",
                               "reason", "shown"))
    Hello = namedtuple("Hello", ("kid", "epoch", "first_seq", "next_seq", "best_ack", "nonce"))
    Ack = namedtuple("Ack", ("kid", "epoch", "from_seq", "to_seq", "digest", "registered_seq",
                             "journal_id", "unix_ms", "error_ms", "source", "nonce", "app_hash"))
    Command = namedtuple("Command", ("kid", "counter", "not_after_ms", "code", "nonce", "detail"))
