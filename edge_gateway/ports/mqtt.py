"""MQTT to the broker by paho: messages into a queue, acks out, PUBACK only when told.

Traps that this file exists for: an ack of a message that came over an earlier connection would
acknowledge another message with the same id, so every message carries its connection's generation;
exceptions in paho's thread are lost unless they are carried over.
"""

import queue
import ssl
import threading
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge_gateway.config import BrokerSettings
from ledger_client.errors import PipeFailed
from ledger_client.wire import session

KEEPALIVE_S = 30
RECONNECT_S = (1, 30)
CONNECT_TIMEOUT_S = 10
QUEUE_MESSAGES = 2000  # twice the broker's window of unacknowledged messages


@dataclass(frozen=True)
class Message:
    """An MQTT message as it came in; `generation` counts connections."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    generation: int


class Broker:
    """One connection with a kept session (QoS 1, clean_session false)."""

    def __init__(self, settings: BrokerSettings, client_id: str) -> None:
        self._settings = settings
        self.messages: queue.Queue[Message] = queue.Queue(QUEUE_MESSAGES)
        self._generation = 0
        self._subscribed = threading.Event()
        self.connections = 0
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id,
                             protocol=paho.MQTTv311, clean_session=False, manual_ack=True)
        client.reconnect_delay_set(*RECONNECT_S)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        if settings.tls is not None:
            client.tls_set(ca_certs=str(settings.tls.ca), certfile=str(settings.tls.certificate),
                           keyfile=str(settings.tls.key), cert_reqs=ssl.CERT_REQUIRED)
        self._client = client

    def start(self) -> None:
        """Connect and subscribe; PipeFailed when the broker does not answer in time."""
        try:
            self._client.connect(self._settings.host, self._settings.port, keepalive=KEEPALIVE_S)
        except OSError as error:
            raise PipeFailed(f"no MQTT broker at {self._settings.host}:{self._settings.port} "
                             f"({error})") from error
        self._client.loop_start()
        if not self._subscribed.wait(CONNECT_TIMEOUT_S):
            raise PipeFailed(f"the broker at {self._settings.host}:{self._settings.port} took the "
                             "connection but no subscription")

    def connected(self) -> bool:
        return self._subscribed.is_set()

    def publish(self, topic: str, payload: bytes) -> None:
        """QoS 0: what is lost is said again when the device asks."""
        self._client.publish(topic, payload, qos=0)

    def puback(self, message: Message) -> None:
        """Tell the broker that a message is safe; never across connections."""
        if message.qos and message.generation == self._generation:
            self._client.ack(message.mid, message.qos)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: paho.Client, userdata: Any, flags: Any, reason: Any,
                    properties: Any) -> None:
        if reason.is_failure:
            return
        self._generation += 1
        self.connections += 1
        client.subscribe([(session.TOPIC_ROOT + "+/up", 1), (session.TOPIC_ROOT + "+/hello", 0)])

    def _on_subscribe(self, client: paho.Client, userdata: Any, mid: int, reasons: Any,
                      properties: Any) -> None:
        if not any(reason.is_failure for reason in reasons):
            self._subscribed.set()

    def _on_disconnect(self, client: paho.Client, userdata: Any, flags: Any, reason: Any,
                       properties: Any) -> None:
        self._subscribed.clear()

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        self.messages.put(Message(message.topic, bytes(message.payload), message.mid, message.qos,
                                  self._generation))
