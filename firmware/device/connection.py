"""One MQTT connection over one stream: handshake, window, keep-alive, deadlines.

A stream has .read() -> bytes (b"" when nothing is there), .write(data) -> bytes taken, .close();
each raises OSError when it is over.  Any error ends the connection; nothing is resumed on it.
"""

from firmware.device import mqtt, ticks
from firmware.device.mqtt import MqttError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Stream(Protocol):
        def read(self) -> bytes: ...
        def write(self, data: bytes) -> int: ...
        def close(self) -> None: ...

    Message = tuple[str, bytes]

WINDOW = 8  # QoS 1 messages in flight: 64 gave no more, 1 a fraction (measured)
ANSWER_MS = 10 * 1000  # a broker that takes longer for CONNACK, SUBACK, PUBACK, PINGRESP is gone
KEEPALIVE_S = 60
PING_MS = KEEPALIVE_S * 1000 // 2
_SUBSCRIBE_ID = 1
_CONNECTING, _SUBSCRIBING, _READY = 0, 1, 2


class Connection:
    """`pump` moves bytes and returns what arrived; `acknowledged` collects PUBACKed ids."""

    def __init__(self, stream: "Stream", client_id: str, topics: "list[str]", now: int) -> None:
        self._stream = stream
        self._topics = topics
        self._parser = mqtt.Parser()
        self._out = mqtt.connect(client_id, KEEPALIVE_S)
        self._state = _CONNECTING
        self._packet_id = _SUBSCRIBE_ID
        self._deadline: "int | None" = now + ANSWER_MS
        self._sent_at = now
        self.in_flight: "list[int]" = []  # packet ids, oldest first

    @property
    def ready(self) -> bool:
        return self._state == _READY

    def close(self) -> None:
        self._stream.close()

    def room(self) -> bool:
        """May another QoS 1 message be sent?"""
        return self.ready and len(self.in_flight) < WINDOW and not self._out

    def publish(self, topic: str, payload: bytes, now: int) -> None:
        """QoS 0."""
        self._send(mqtt.publish(topic, payload), now)

    def publish_acknowledged(self, topic: str, payload: bytes, dup: bool, now: int) -> int:
        """QoS 1; returns the packet id."""
        self._packet_id = mqtt.next_packet_id(self._packet_id)
        self.in_flight.append(self._packet_id)
        self._expect(now)
        self._send(mqtt.publish(topic, payload, self._packet_id, dup), now)
        return self._packet_id

    def pump(self, now: int) -> "list[Message]":
        """Send what waits, read what came; raises OSError or MqttError, and then close it."""
        self._flush(now)
        data = self._stream.read()
        messages = []
        if data:
            self._parser.feed(data)
            while True:
                packet = self._parser.next()
                if packet is None:
                    break
                message = self._take(packet[0], packet[1], now)
                if message is not None:
                    messages.append(message)
        if self._deadline is not None and ticks.reached(self._deadline, now):
            raise MqttError("the broker does not answer")
        if self._deadline is None and ticks.since(self._sent_at, now) >= PING_MS:
            self._expect(now)
            self._send(mqtt.PING, now)
        return messages

    def _take(self, first: int, body: bytes, now: int) -> "Message | None":
        kind = first >> 4
        if kind == mqtt.CONNACK and self._state == _CONNECTING:
            mqtt.read_connack(body)
            self._state = _SUBSCRIBING
            self._expect(now)
            self._send(mqtt.subscribe(_SUBSCRIBE_ID, self._topics), now)
        elif kind == mqtt.SUBACK and self._state == _SUBSCRIBING:
            mqtt.read_suback(body, _SUBSCRIBE_ID, len(self._topics))
            self._state, self._deadline = _READY, None
        elif kind == mqtt.PUBACK:
            self._acknowledge(mqtt.read_puback(body), now)
        elif kind == mqtt.PINGRESP:
            self._deadline = now + ANSWER_MS if self.in_flight else None
        elif kind == mqtt.PUBLISH and self._state == _READY:
            return mqtt.read_publish(first, body)
        else:
            raise MqttError("packet type %d is out of place" % kind)
        return None

    def _acknowledge(self, packet_id: int, now: int) -> None:
        if packet_id in self.in_flight:  # a message that went out twice is acknowledged twice
            self.in_flight.remove(packet_id)
            self._deadline = now + ANSWER_MS if self.in_flight else None

    def _expect(self, now: int) -> None:
        if self._deadline is None or not self.ready:
            self._deadline = now + ANSWER_MS

    def _send(self, packet: bytes, now: int) -> None:
        """One write a packet: more would be one TLS record and 40 ms each (measured)."""
        self._out += packet
        self._flush(now)

    def _flush(self, now: int) -> None:
        if self._out:
            self._out = self._out[self._stream.write(self._out):]
            self._sent_at = now
