"""Everything that must survive a power loss beside records, samples and keys.

One value, written whole at the head of every journal segment and at every mark.
"""

from ledger_client.wire import cbor, record

_VERSION = 1


class State:
    """The fields in the order they are written."""

    def __init__(self) -> None:
        self.prev = record.FIRST_PREV  # digest of the last record
        self.timebase = 0  # of the last boot; the next one is larger
        self.cursor = (1, 1)  # (epoch, seq) of the lowest record that no gateway has acked
        self.registered = (1, 0)  # the highest one that the ledger is known to hold
        self.past: "list[tuple[int, int]]" = []  # (epoch, next_seq) of ended epochs still held
        self.acks: "list[tuple[bytes, bytes]]" = []  # (gateway kid, its best custody ack)
        self.broken: "list[tuple[bytes, bytes]]" = []  # (gateway kid, journal_id) said in event 14
        self.raised = 0  # bit n: alarm rule n is raised
        self.configuration = b""  # SHA-256 of the one last announced by event 10
        self.clock_since_ms: "int | None" = None  # unix time at which the RTC was last trusted
        self.beacon: "tuple[int, int] | None" = None  # (timebase, elapsed_ms) of the last event 15

    def encode(self) -> bytes:
        return cbor.encode([
            _VERSION, self.prev, self.timebase, self.cursor, self.registered, self.past, self.acks,
            self.broken, self.raised, self.configuration, self.clock_since_ms, self.beacon])

    def restore(self, data: bytes) -> None:
        """Take the fields from `encode`'s bytes; a CRC has vouched for them."""
        parts = cbor.decode(data)
        if type(parts) is not list or len(parts) != 12 or parts[0] != _VERSION:
            raise ValueError("the journal's state is of another firmware: provision the device "
                             "anew after its records are out")
        self.prev, self.timebase = parts[1], parts[2]
        self.cursor, self.registered = tuple(parts[3]), tuple(parts[4])
        self.past = [tuple(part) for part in parts[5]]
        self.acks = [tuple(part) for part in parts[6]]
        self.broken = [tuple(part) for part in parts[7]]
        self.raised, self.configuration, self.clock_since_ms = parts[8:11]
        self.beacon = None if parts[11] is None else tuple(parts[11])
