"""The gateway's process over real brokers: nothing lost, nothing doubled."""

import queue
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_gateway.ports.local_broker import LocalBroker, start_broker
from ledger_client.core import signature
from ledger_client.wire import codes, session
from ledger_client.wire.values import Ack, Hello
from tests.integration.gateway_rig import GatewayRig, founded, rig
from tests.world import Device, World, pack_symbol

ACK_S = 10


class Radio:
    """A device's MQTT side in Python: publishes records, takes acks."""

    def __init__(self, port: int, device: Device, gateway_key: bytes) -> None:
        self._device = device
        self._gateway_key = gateway_key
        self.acks: queue.Queue[Ack] = queue.Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.on_message = lambda client, userdata, message: self.acks.put(
            self._open(bytes(message.payload)))
        self._client.connect("127.0.0.1", port)
        subscribed: queue.Queue[bool] = queue.Queue()
        self._client.on_subscribe = lambda *_: subscribed.put(True)
        self._client.subscribe(session.topic(device.signer.kid, "ack"))
        self._client.loop_start()
        subscribed.get(timeout=ACK_S)

    def _open(self, data: bytes) -> Ack:
        _, digest, signed, payload = session.open1(codes.PURPOSE_ACK, self._device.ledger, data)
        signature.verify(self._gateway_key, digest, signed)
        return session.decode_ack(payload)

    def send(self, *records: bytes) -> None:
        topic = session.topic(self._device.signer.kid, "up")
        self._client.publish(topic, b"".join(records), qos=1).wait_for_publish(ACK_S)

    def hello(self, first_seq: int, next_seq: int, nonce: bytes) -> None:
        self._client.publish(session.topic(self._device.signer.kid, "hello"), session.encode_hello(
            Hello(self._device.signer.kid, 1, first_seq, next_seq, None, nonce)))

    def ack(self) -> Ack:
        return self.acks.get(timeout=ACK_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(params=["mosquitto", "iotcore"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalBroker]:
    started = start_broker(tmp_path / "broker", kind=request.param)
    yield started
    started.stop()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return founded(tmp_path)


@pytest.fixture
def device(world: World) -> Device:
    device = world.device("maker scanner", world.maker)
    world.engine.close()
    return device


@pytest.fixture
def gateway(tmp_path: Path, broker: LocalBroker, device: Device) -> Iterator[GatewayRig]:
    started = rig(tmp_path, broker.port)
    started.start()
    yield started
    if started.process is not None:
        started.stop()


@pytest.fixture
def radio(gateway: GatewayRig, device: Device, world: World) -> Iterator[Radio]:
    radio = Radio(gateway.port, device, world.gateway.signer.public_key)
    yield radio
    radio.close()


def scans(device: Device, count: int) -> list[bytes]:
    return [device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{device.seq:04}")])
            for _ in range(count)]


def test_records_are_acked_sealed_and_registered(gateway: GatewayRig, radio: Radio,
                                                 device: Device) -> None:
    first, *rest = scans(device, 5)
    radio.send(first)
    ack = radio.ack()
    assert (ack.from_seq, ack.to_seq, ack.source) == (1, 1, codes.SOURCE_NONE)
    radio.send(*rest)
    assert radio.ack().to_seq == 5
    gateway.stop()
    with gateway.journal() as journal:
        assert journal.counts() == {"rows": 5, "blocks": 1, "registered": 1, "unsealed": 0}
    with gateway.ledger() as ledger:
        assert sum(1 for _ in ledger.store.keys(b"record/")) == 5
    assert gateway.run("gateway", "verify", "--config", str(gateway.config)).returncode == 0


def test_a_record_that_comes_twice_is_counted_once(gateway: GatewayRig, radio: Radio,
                                                   device: Device) -> None:
    (one,) = scans(device, 1)
    radio.send(one)
    assert radio.ack().to_seq == 1
    radio.send(one)
    assert radio.ack().to_seq == 1
    gateway.stop()
    with gateway.journal() as journal:
        assert journal.counts()["rows"] == 1
        assert journal.duplicates() == [(device.signer.kid, 1, 1, 1)]


def test_what_cannot_be_attributed_is_kept_for_inspection(gateway: GatewayRig, radio: Radio,
                                                          device: Device) -> None:
    good, bad = scans(device, 2)
    radio.send(good, bad[:-1] + bytes([bad[-1] ^ 1]), b"noise")
    assert radio.ack().to_seq == 1
    gateway.stop()
    with gateway.journal() as journal:
        assert journal.refused_counts() == {"intake.signature": 1, "cose.tag": 1}


def test_a_hello_is_answered_with_what_the_journal_holds(gateway: GatewayRig, radio: Radio,
                                                         device: Device) -> None:
    radio.hello(1, 4, b"n" * 16)
    ack = radio.ack()
    assert (ack.from_seq, ack.to_seq, ack.nonce) == (None, None, b"n" * 16)


def test_kill_9_of_the_gateway_loses_and_doubles_nothing(gateway: GatewayRig, radio: Radio,
                                                         device: Device) -> None:
    before, after = scans(device, 40), scans(device, 40)
    for one in before[:20]:
        radio.send(one)
    gateway.kill()
    gateway.start()
    for one in before + after:  # a device sends again from its cursor
        radio.send(one)
    while radio.ack().to_seq != 80:
        pass
    gateway.stop()
    with gateway.journal() as journal:
        assert [row.seq for row in journal.rows(0)] == list(range(1, 81))
    with gateway.ledger() as ledger:
        assert sum(1 for _ in ledger.store.keys(b"record/")) == 80
