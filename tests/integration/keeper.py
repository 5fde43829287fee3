"""A device in Python that keeps its records and follows the rules of custody (wire.md, Session).

It sends from its cursor, moves that only on its gateway's signed ack for what it holds itself, says
hello when it connects, and when the answer is below an earlier ack it says so in event 14 and sends
everything again.
"""

import os
import queue
import threading
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ledger_client.core import signature
from ledger_client.wire import codes, record, session
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Ack, Hello
from tests.world import Device, pack_symbol

STEP_S = 0.05
HELLO_WAIT_STEPS = 40  # 2 s, as the firmware: nothing is sent that the gateway already holds
ACK_WAIT_STEPS = 60  # 3 s without progress: send again; the firmware waits 30 s
WINDOW = 16


@dataclass
class Keeper:
    """Records are kept for ever: `ring[seq - 1]`."""

    device: Device
    port: int
    gateway_key: bytes
    ring: list[bytes] = field(default_factory=list)
    cursor: int = 1
    registered: int = 0
    best: tuple[Ack, bytes] | None = None
    broken: list[bytes] = field(default_factory=list)  # journal ids whose loss was said

    def __post_init__(self) -> None:
        self._acks: queue.Queue[bytes] = queue.Queue()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._client: paho.Client | None = None
        self._nonce: bytes | None = None
        self._sent = 0
        self._idle = 0
        self.delivered = threading.Event()
        self.connect()
        self._thread = threading.Thread(target=self._run, name=self.device.name)
        self._thread.start()

    # --- what a test does ---------------------------------------------------------------------

    def measure(self, count: int) -> None:
        """So many records more."""
        with self._lock:
            for _ in range(count):
                number = self.device.seq
                self.ring.append(self.device.scan(codes.ACTION_COMMISSION, [
                    pack_symbol(f"{self.device.signer.kid.hex()[:6]}{number:05}")]))
            self.delivered.clear()

    def connect(self) -> None:
        """A new connection, and a hello on it."""
        self.disconnect()
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        client.on_message = lambda client, userdata, message: self._acks.put(
            bytes(message.payload))
        subscribed = threading.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", self.port)
        client.subscribe(session.topic(self.device.signer.kid, "ack"))
        client.loop_start()
        assert subscribed.wait(10)
        with self._lock:
            self._client = client
            self._say_hello()

    def disconnect(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.disconnect()

    # --- the device's own thread --------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                data = self._acks.get(timeout=STEP_S)
            except queue.Empty:
                data = None
            with self._lock:
                if data is not None:
                    self._take(data)
                self._send()

    def _say_hello(self) -> None:
        assert self._client is not None
        self._nonce = os.urandom(session.NONCE_BYTES)
        self._idle = 0
        self._client.publish(session.topic(self.device.signer.kid, "hello"), session.encode_hello(
            Hello(self.device.signer.kid, 1, 1, len(self.ring) + 1,
                  None if self.best is None else self.best[1], self._nonce)))

    def _send(self) -> None:
        self._idle += 1
        if self._client is None:
            return
        if self._nonce is not None:
            if self._idle < HELLO_WAIT_STEPS:
                return
            self._nonce = None
        if self._idle >= ACK_WAIT_STEPS:
            self._sent, self._idle = self.cursor - 1, 0
        upto = min(len(self.ring), self.cursor - 1 + WINDOW)
        if self._sent < upto:
            self._client.publish(session.topic(self.device.signer.kid, "up"),
                                 b"".join(self.ring[self._sent:upto]), qos=1)
            self._sent, self._idle = upto, 0

    def _take(self, data: bytes) -> None:
        _, digest, signed, payload = session.open1(codes.PURPOSE_ACK, self.device.ledger, data)
        signature.verify(self.gateway_key, digest, signed)
        ack = session.decode_ack(payload)
        assert ack.kid == self.device.signer.kid
        self._check_digest(ack)
        self.registered = max(self.registered, ack.registered_seq or 0)
        answered = ack.nonce is not None and ack.nonce == self._nonce
        if answered:
            self._nonce = None
            if self._is_broken(ack):
                self._say_broken(ack)
        if ack.to_seq is not None and (self.best is None or answered
                                       or ack.to_seq > (self.best[0].to_seq or 0)):
            self.best = ack, data
        if ack.from_seq is not None and ack.to_seq is not None \
                and ack.from_seq <= self.cursor <= ack.to_seq:
            self.cursor = ack.to_seq + 1
            self._sent = max(self._sent, ack.to_seq)
            self._idle = 0
        if self.cursor > len(self.ring):
            self.delivered.set()

    def _check_digest(self, ack: Ack) -> None:
        if ack.to_seq is None:
            return
        own = record.decode(self.ring[ack.to_seq - 1], self.device.ledger).digest
        if own != ack.digest:
            raise WireError("ack.digest", f"the gateway holds another record {ack.to_seq}")

    def _is_broken(self, ack: Ack) -> bool:
        return self.best is not None and (ack.to_seq or 0) < (self.best[0].to_seq or 0) \
            and ack.journal_id not in self.broken

    def _say_broken(self, ack: Ack) -> None:
        """Event 14 with the gateway's own promise, and the whole ring again."""
        assert self.best is not None
        self.ring.append(self.device.sign(codes.KIND_EVENT, [codes.EVENT_CUSTODY_BROKEN,
                                                             self.best[1]]))
        self.broken.append(ack.journal_id)
        self.best = None
        self.cursor, self._sent = 1, 0
        self.delivered.clear()
