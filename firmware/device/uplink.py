"""Getting records to a gateway: connect, hello, records in seq order, back-off.

A PUBACK only opens the window; the cursor moves in custody.py.  Any error closes the socket, and
the next connection starts from the cursor.
"""

from firmware.device import mqtt, ticks
from firmware.device.connection import Connection
from ledger_client.wire import codes, session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from firmware.device.chain import Chain
    from firmware.device.connection import Message, Stream
    from firmware.device.custody import Custody

    class Network(Protocol):
        def up(self) -> bool: ...
        def connect(self, host: str, port: int, tls: bool) -> Stream: ...

BATCH_BYTES = 16 * 1024  # of one PUBLISH: a quarter of PAYLOAD_BYTES, for the device's heap
HELLO_WAIT_MS = 2000  # for the answer to a hello: nothing is sent that the gateway already holds
BACKOFF_MS_MIN, BACKOFF_MS_MAX = 500, 60 * 1000


class Uplink:
    """`pump` once a turn returns what arrived; `trouble` is the last error, for a person."""

    def __init__(self, chain: "Chain", custody: "Custody", network: "Network",
                 entropy: "Callable[[int], bytes]") -> None:
        self._chain = chain
        self._custody = custody
        self._network = network
        self._entropy = entropy
        self._connection: "Connection | None" = None
        self._broker = ("", 0, False)
        self._retry_at: "int | None" = None
        self._backoff_ms = BACKOFF_MS_MIN
        self._hello_at: "int | None" = None
        self._place = (0, 0)  # in the ring: where to read on
        self._next = (0, 0)  # number of the record to send next
        self._published = (0, 0)  # highest number ever sent: again means DUP
        self._cursor = (0, 0)  # as last seen: a change is progress
        self._progress_at = self._busy_at = 0
        self.trouble = ""

    def configure(self, broker: "list[object]") -> None:
        """Talk to [host, port, tls 0 / 1] from now on."""
        host, port, tls = broker
        self._broker = (host, port, tls == 1)  # type: ignore[assignment]
        self._drop("")
        self._retry_at = None

    @property
    def up(self) -> bool:
        return self._connection is not None and self._connection.ready

    def pump(self, now: int) -> "list[Message]":
        """Move bytes; publish what there is, as far as the window has room."""
        if not self._network.up():
            self._drop("")
            self._retry_at, self._backoff_ms = None, BACKOFF_MS_MIN
            return []
        try:
            if self._connection is not None:
                return self._serve(self._connection, now)
            if self._retry_at is None or ticks.reached(self._retry_at, now):
                self._connect(now)
        except (OSError, ValueError, mqtt.MqttError) as error:  # TLS raises ValueError
            self._drop("broker %s:%d: %r; trying again" % (self._broker[0], self._broker[1], error))
            self._wait(now)
        return []

    def send_again(self) -> None:
        """Start again from the cursor."""
        self._next = self._cursor = self._chain.state.cursor
        self._place = self._chain.journal.place_of(*self._next)

    def quiet(self, now: int) -> bool:
        """Has nothing waited on an open session for ACK_WAIT?  True once in that time."""
        if not self.up or ticks.since(self._busy_at, now) < codes.ACK_WAIT_MS:
            return False
        self._busy_at = now
        return True

    def _connect(self, now: int) -> None:
        kid = self._chain.kid
        stream = self._network.connect(*self._broker)
        topics = [session.topic(kid, "ack"), session.topic(kid, "cmd")]
        self._connection = Connection(stream, kid.hex(), topics, now)

    def _drop(self, reason: str) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._hello_at = None
        self._custody.stop_waiting()
        self.trouble = reason

    def _wait(self, now: int) -> None:
        """Back off: the pause doubles and is jittered, so that a fleet does not return as one."""
        part = int.from_bytes(self._entropy(2), "big")
        self._retry_at = now + self._backoff_ms // 2 + self._backoff_ms * part // 131072
        self._backoff_ms = min(2 * self._backoff_ms, BACKOFF_MS_MAX)

    def _serve(self, connection: Connection, now: int) -> "list[Message]":
        messages = connection.pump(now)
        if connection.ready:
            if self._hello_at is None:
                self._greet(connection, now)
            if not self._custody.awaited() \
                    or ticks.since(self._hello_at or 0, now) >= HELLO_WAIT_MS:
                self._publish(connection, now)
        return messages

    def _greet(self, connection: Connection, now: int) -> None:
        self.trouble = ""
        self._backoff_ms = BACKOFF_MS_MIN
        self._hello_at = self._progress_at = self._busy_at = now
        self.send_again()
        for hello in self._custody.hellos(now):
            connection.publish(session.topic(self._chain.kid, "hello"),
                               session.encode_hello(hello), now)

    def _publish(self, connection: Connection, now: int) -> None:
        self._watch_progress(connection, now)
        while connection.room() and self._next < (self._chain.epoch, self._chain.next_seq):
            payload, first = self._gather()
            if not payload:
                break
            connection.publish_acknowledged(session.topic(self._chain.kid, "up"), payload,
                                            first <= self._published, now)
            self._published = max(self._published, (self._next[0], self._next[1] - 1))

    def _gather(self) -> "tuple[bytes, tuple[int, int]]":
        """The records from `_next` on, up to BATCH_BYTES: (CBOR sequence, number of the first)."""
        parts: "list[bytes]" = []
        size, first = 0, (0, 0)
        while True:
            found = self._chain.journal.next_record(self._place)
            if found is None:
                if not parts:  # the rest of an ended epoch is no longer in the ring
                    self._next = (self._chain.epoch, self._chain.next_seq)
                break
            place, epoch, seq, data = found
            if parts and size + len(data) > BATCH_BYTES:
                break
            if (epoch, seq) > self._next and not self._pass_gap((epoch, seq), bool(parts)):
                break
            self._place = place
            if (epoch, seq) >= self._next:
                first = first if parts else (epoch, seq)
                self._next = (epoch, seq + 1)
                parts.append(data)
                size += len(data)
        return b"".join(parts), first

    def _pass_gap(self, number: "tuple[int, int]", begun: bool) -> bool:
        """What lies between `_next` and `number` cannot be read.  Once all before it is acked it
        is given up; a message never goes over a gap, for its ack could not move the cursor.
        """
        if begun or self._next != self._chain.state.cursor:
            return False
        self._custody.skip_unreadable(number)
        self._cursor = number
        self.trouble = "flash is damaged: record %d of epoch %d is the next one that can be read" \
            % (number[1], number[0])
        return True

    def _watch_progress(self, connection: Connection, now: int) -> None:
        """No progress in ACK_WAIT: send again from the cursor (wire.md, Ack)."""
        cursor = self._chain.state.cursor
        if self._chain.waiting():
            self._busy_at = now
        if cursor != self._cursor or self._next <= cursor:  # progress, or nothing is out
            self._progress_at, self._cursor = now, cursor
            if self._next < cursor:  # another gateway had it already
                self.send_again()
        elif ticks.since(self._progress_at, now) >= codes.ACK_WAIT_MS:
            if connection.in_flight:
                raise mqtt.MqttError("no PUBACK in %d s" % (codes.ACK_WAIT_MS // 1000))
            self.send_again()
            self._progress_at = now
