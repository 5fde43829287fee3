"""The device's own chain: every record is made, signed and put into flash here, in one order.

seq grows by one and `prev` names the record before, so no record can be left out unseen.  A record
is in flash before anyone hears of it, and never written again.
"""

from ledger_client.wire import codes, record
from ledger_client.wire.values import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.device.ecdsa import Signer
    from firmware.device.journal import Journal, Recovery
    from firmware.device.state import State

PAST_EPOCHS = 8  # ended epochs whose records may still be in the ring; the oldest is forgotten


class Chain:
    """The next record has number (`epoch`, `next_seq`)."""

    def __init__(self, signer: "Signer", ledger: bytes, journal: "Journal", state: "State") -> None:
        self._signer = signer
        self.ledger = ledger
        self.journal = journal
        self.state = state
        self.epoch, self.next_seq = 1, 1

    @property
    def kid(self) -> bytes:
        return self._signer.kid

    def begin(self, epoch: int) -> None:
        """A new epoch: the one before is over, or what it held cannot be told.

        Raises JournalFull when un-acked records fill even the reserve.
        """
        if self.journal.holds_records():
            self.state.past.append((self.epoch, self.next_seq))
            del self.state.past[:-PAST_EPOCHS]
        else:
            self.state.past = []
            self.state.cursor = (epoch, 1)
        self.state.prev = record.FIRST_PREV
        self.state.timebase = 0
        self.epoch, self.next_seq = epoch, 1
        self.journal.format(epoch)

    def resume(self, recovery: "Recovery") -> None:
        """Go on where the ring ends."""
        self.epoch, self.next_seq = recovery.epoch, recovery.next_seq
        if recovery.last_record is not None:
            last = record.decode(recovery.last_record, self.ledger)
            self.state.prev = last.digest
            self.state.timebase = max(self.state.timebase, last.clock.timebase)

    def write(self, clock: Clock, kind: int, body: object, closing: bool = False,
              reserve: bool = False) -> None:
        """Sign and store one record; raises JournalFull, and then nothing has happened."""
        content = record.content(self.epoch, self.next_seq, self.state.prev, clock, kind, body)
        digest = record.digest(self.kid, self.ledger, content)
        data = record.encode(self.kid, content, self._signer.sign(digest))
        self.journal.append_record((self.epoch, self.next_seq), data, closing, reserve)
        self.state.prev = digest
        self.next_seq += 1

    def event(self, clock: Clock, code: int, *details: object) -> None:
        """Store a device event; events may use the journal's reserve."""
        self.write(clock, codes.KIND_EVENT, [code] + list(details), reserve=True)

    def waiting(self) -> int:
        """How many records no gateway has acked."""
        epoch, seq = self.state.cursor
        if epoch == self.epoch:
            return self.next_seq - seq
        ends = [(e, n) for e, n in self.state.past if e >= epoch]
        count = self.next_seq - 1
        for ended, next_seq in ends:
            count += next_seq - (seq if ended == epoch else 1)
        return count
