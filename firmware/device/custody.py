"""Who holds what: the custody acks of gateways and the cursor that they move (wire.md, Session).

Invariants
1. The cursor moves only by an ack of a listed gateway, verified, for this device, whose digest is
   that of our own record, with from_seq <= cursor <= to_seq.
2. Only the answer to our own hello can show that a gateway lost what it had acked; that is said
   once per (gateway, journal_id) and the ring is sent again.
3. Time is taken only from the answer to our own fresh nonce.
"""

from ledger_client.wire import codes, record, session
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Ack, Clock, Hello

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.device.chain import Chain

MARK_RECORDS = 32  # acked since the last mark of the cursor: so many are sent again at worst
MARK_IDLE_RECORDS = 8  # the same when nothing else is waiting
BROKEN_KEPT = 16  # (gateway, journal_id) pairs; the oldest would be said a second time


class Answer:
    """A custody ack as it came: form checked, signature not yet."""

    def __init__(self, data: bytes, ledger: bytes) -> None:
        """Raises WireError for what is no ack."""
        self.data = data
        self.gateway, self.digest, self.signature, payload = session.open1(
            codes.PURPOSE_ACK, ledger, data)
        self.ack: Ack = session.decode_ack(payload)


class Custody:
    """Rules over the state's cursor and acks; `chain` knows what this device has signed."""

    def __init__(self, chain: "Chain", entropy: "Callable[[int], bytes]") -> None:
        self._chain = chain
        self._entropy = entropy
        self._nonces: "dict[int, bytes]" = {}  # epoch -> nonce of the hello that is out
        self._unmarked = 0  # records acked since the last mark
        self._resent_ms: "int | None" = None  # elapsed time of the last resend by age
        self.hello_at = 0  # ticks: half of the round trip is the age of the time in its answer

    # --- hello ---------------------------------------------------------------------------------

    def hellos(self, now: int) -> "list[Hello]":
        """One for each epoch held, oldest first, each with a new nonce; `now` in ticks."""
        self.hello_at = now
        chain = self._chain
        first = chain.journal.first_held()
        held = [one for one in chain.state.past if one[0] >= first[0]]
        self._nonces = {}
        out = []
        for epoch, next_seq in held + [(chain.epoch, chain.next_seq)]:
            self._nonces[epoch] = self._entropy(session.NONCE_BYTES)
            first_seq = first[1] if epoch == first[0] else 1
            out.append(Hello(chain.kid, epoch, first_seq, next_seq, self._best(epoch),
                             self._nonces[epoch]))
        return out

    def awaited(self) -> bool:
        """Is a hello unanswered?"""
        return bool(self._nonces)

    def stop_waiting(self) -> None:
        """The connection is gone, and with it the nonces' freshness."""
        self._nonces = {}

    def answers_hello(self, ack: Ack) -> bool:
        return ack.nonce is not None and self._nonces.get(ack.epoch) == ack.nonce

    def _best(self, epoch: int) -> "bytes | None":
        best, best_seq = None, 0
        for _, data in self._chain.state.acks:
            ack = Answer(data, self._chain.ledger).ack
            if ack.epoch == epoch and ack.to_seq is not None and ack.to_seq > best_seq:
                best, best_seq = data, ack.to_seq
        return best

    # --- acks ----------------------------------------------------------------------------------

    def read(self, data: bytes, gateways: "list[bytes]") -> Answer:
        """An ack worth verifying; raises WireError for any other.

        `gateways`: the kids on this device's list.
        """
        answer = Answer(data, self._chain.ledger)
        if answer.gateway not in gateways:
            raise WireError("ack.gateway", "the gateway is not on this device's list")
        if answer.ack.kid != self._chain.kid:
            raise WireError("ack.kid", "the ack is for another device")
        if not self.answers_hello(answer.ack) and not self._advances(answer.ack):
            raise WireError("ack.old", "the ack says nothing new")
        return answer

    def _advances(self, ack: Ack) -> bool:
        epoch, seq = self._chain.state.cursor
        if ack.registered_seq is not None \
                and (ack.epoch, ack.registered_seq) > self._chain.state.registered:
            return True
        return ack.epoch == epoch and ack.from_seq is not None and ack.to_seq is not None \
            and ack.from_seq <= seq <= ack.to_seq

    def take(self, answer: Answer, say_broken: "Callable[[bytes], None]") -> bool:
        """Apply a verified ack.  True: a gateway lost what it had acked, the ring is sent again.

        `say_broken(its earlier ack)` writes event 14, before the ring is locked again.
        Raises WireError when the gateway holds something else than this device signed, and
        JournalFull when event 14 finds no room.
        """
        ack, state = answer.ack, self._chain.state
        self._check_digest(ack)
        if ack.registered_seq is not None:
            state.registered = max(state.registered, (ack.epoch, ack.registered_seq))
        broken = None
        if self.answers_hello(ack):
            broken = self._find_broken(answer)
            if broken is not None:
                say_broken(broken)
                state.broken = state.broken[1 - BROKEN_KEPT:] + [(answer.gateway, ack.journal_id)]
            del self._nonces[ack.epoch]
        self._keep_best(answer, broken is not None)
        if broken is not None:
            self.rewind((ack.epoch, 1))
        if self._advances(ack) and ack.to_seq is not None:
            self._move((ack.epoch, ack.to_seq + 1))
        return broken is not None

    def _check_digest(self, ack: Ack) -> None:
        """to_seq must be our own record.  One no longer in the ring was acked before: no matter."""
        if ack.to_seq is None:
            return
        ends = dict(self._chain.state.past + [(self._chain.epoch, self._chain.next_seq)])
        if ack.to_seq >= ends.get(ack.epoch, 0):
            raise WireError("ack.seq", "the gateway holds a record this device never signed")
        data = self._chain.journal.find(ack.epoch, ack.to_seq)
        if data is not None and record.decode(data, self._chain.ledger).digest != ack.digest:
            raise WireError("ack.digest", "the gateway holds another record %d" % ack.to_seq)

    def _find_broken(self, answer: Answer) -> "bytes | None":
        state = self._chain.state
        before = dict(state.acks).get(answer.gateway)
        if before is None:
            return None
        old, new = Answer(before, self._chain.ledger).ack, answer.ack
        if old.epoch != new.epoch or old.to_seq is None \
                or (new.to_seq is not None and new.to_seq >= old.to_seq):
            return None
        return None if (answer.gateway, new.journal_id) in state.broken else before

    def _keep_best(self, answer: Answer, broken: bool) -> None:
        """The newest promise of each gateway: what event 14 would hold against it."""
        state, new = self._chain.state, answer.ack
        before = dict(state.acks).get(answer.gateway)
        if before is not None and not broken:
            old = Answer(before, self._chain.ledger).ack
            if (new.epoch, new.to_seq or 0) <= (old.epoch, old.to_seq or 0):
                return
        others = [one for one in state.acks if one[0] != answer.gateway]
        kept = [] if new.to_seq is None else [(answer.gateway, answer.data)]
        state.acks = (others + kept)[-codes.GATEWAYS:]

    # --- what is acked but not registered ------------------------------------------------------

    def resend_overdue(self, clock: Clock) -> bool:
        """Send again what the ledger has not registered in RESEND_AGE; False: nothing is so old.

        At most once in RESEND_AGE.
        """
        if self._resent_ms is not None \
                and clock.elapsed_ms - self._resent_ms < codes.RESEND_AGE_MS:
            return False
        epoch, seq = self._chain.state.registered
        found = self._chain.journal.next_record(self._chain.journal.place_of(epoch, seq + 1))
        while found is not None and found[1:3] <= (epoch, seq):
            found = self._chain.journal.next_record(found[0])
        if found is None or found[1:3] >= self._chain.state.cursor:
            return False
        made = record.decode(found[3], self._chain.ledger).clock
        if not _older(made, clock, codes.RESEND_AGE_MS):
            return False
        self._resent_ms = clock.elapsed_ms
        self.rewind(found[1:3])
        return True

    def skip_unreadable(self, number: "tuple[int, int]") -> None:
        """Flash has lost what lies before `number`: no gateway can ever ack it (a gap, to all)."""
        self._set_cursor(number)
        self._chain.journal.mark()

    # --- the cursor ----------------------------------------------------------------------------

    def rewind(self, number: "tuple[int, int]") -> None:
        """Send again from here, as far as the ring still holds it."""
        cursor = max(number, self._chain.journal.first_held())
        if cursor < self._chain.state.cursor:
            self._set_cursor(cursor)
            self._chain.journal.mark()

    def _move(self, number: "tuple[int, int]") -> None:
        state = self._chain.state
        self._unmarked += number[1] - state.cursor[1]
        for epoch, next_seq in state.past:
            if number == (epoch, next_seq):  # that epoch is delivered: on to the next one
                following = [one for one, _ in state.past if one > epoch] + [self._chain.epoch]
                number = (following[0], 1)
        self._set_cursor(number)
        idle = self._chain.waiting() == 0
        if self._unmarked >= (MARK_IDLE_RECORDS if idle else MARK_RECORDS):
            self.mark()

    def _set_cursor(self, number: "tuple[int, int]") -> None:
        self._chain.state.cursor = number
        self._chain.journal.cursor = number

    def mark(self) -> None:
        """Make the cursor durable."""
        if self._unmarked:
            self._chain.journal.mark()
            self._unmarked = 0


def _older(made: Clock, now: Clock, age_ms: int) -> bool:
    """Is it longer ago than `age_ms`?  What no clock connects is from before a power loss: yes."""
    if made.timebase == now.timebase:
        return now.elapsed_ms - made.elapsed_ms > age_ms
    if made.unix_ms is None or now.unix_ms is None:
        return True
    return now.unix_ms - made.unix_ms > age_ms
