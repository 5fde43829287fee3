"""MQTT: packets byte by byte, and a connection against a scripted broker."""

from firmware.device import mqtt
from firmware.device.connection import ANSWER_MS, PING_MS, WINDOW, Connection
from firmware.device.mqtt import MqttError

# made with the OASIS text at hand: section 3.1, 3.3, 3.8
CONNECT = bytes.fromhex("100e00044d5154540402003c00026162")
SUBSCRIBE = bytes.fromhex("82080001000362000000")
CONNACK, SUBACK = bytes.fromhex("20020000"), bytes.fromhex("9004000100" + "00")
TICKS = 1 << 30


def puback(packet_id: int) -> bytes:
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def check_packets() -> None:
    assert mqtt.connect("ab", 60) == CONNECT
    assert mqtt.subscribe(1, ["t"]) == bytes.fromhex("82060001000174" + "00")
    assert mqtt.publish("t", b"x") == bytes.fromhex("3004000174" + "78")
    assert mqtt.publish("t", b"x", 258) == bytes.fromhex("3206000174" + "0102" + "78")
    assert mqtt.publish("t", b"x", 258, True)[0] == 0x3A
    for size, head in ((120, "307b"), (125, "308001"), (16380, "30ff7f"), (16381, "30808001")):
        assert mqtt.publish("t", bytes(size))[:len(head) // 2] == bytes.fromhex(head)
    assert [mqtt.next_packet_id(one) for one in (1, 65534, 65535)] == [2, 65535, 1]


def check_parser() -> None:
    """Byte at a time gives what all at once gives; too long is refused before it is waited for."""
    stream = CONNACK + SUBACK + mqtt.publish("a/b", bytes(300)) + puback(65535) + b"\xd0\x00"
    whole, single = mqtt.Parser(), mqtt.Parser()
    whole.feed(stream)
    expected, found = drain(whole), []
    for at in range(len(stream)):
        single.feed(stream[at:at + 1])
        found += drain(single)
    assert found == expected
    assert [first >> 4 for first, _ in found] == [2, 9, 3, 4, 13]
    assert mqtt.read_publish(*found[2]) == ("a/b", bytes(300))
    for bad in (b"\x30\xff\xff\xff\xff\x01", b"\x30\xff\xff\xff\x7f"):
        parser = mqtt.Parser()
        parser.feed(bad)
        raises(parser.next)


def drain(parser: mqtt.Parser) -> "list[tuple[int, bytes]]":
    out = []
    packet = parser.next()
    while packet is not None:
        out.append(packet)
        packet = parser.next()
    return out


def raises(act: object, *arguments: object) -> str:
    try:
        act(*arguments)  # type: ignore[operator]
    except MqttError as error:
        return str(error)
    raise AssertionError("no MqttError")


def check_answers() -> None:
    mqtt.read_connack(b"\x01\x00")  # session present: no error
    for body in (b"", b"\x00", b"\x00\x05", b"\x00\x00\x00"):
        raises(mqtt.read_connack, body)
    mqtt.read_suback(b"\x00\x01\x00\x00", 1, 2)
    for body in (b"\x00\x02\x00\x00", b"\x00\x01\x00", b"\x00\x01\x00\x80", b""):
        raises(mqtt.read_suback, body, 1, 2)
    raises(mqtt.read_puback, b"\x00")
    raises(mqtt.read_publish, 0x32, b"\x00\x01t")
    raises(mqtt.read_publish, 0x30, b"\x00\x09t")
    raises(mqtt.read_publish, 0x30, b"\x00\x01\xff")


class ScriptedStream:
    """What the broker has sent, and what the device has; takes `step` bytes a write."""

    def __init__(self, step: int) -> None:
        self.incoming = b""
        self.sent = b""
        self.step = step
        self.closed = False

    def read(self) -> bytes:
        data, self.incoming = self.incoming, b""
        return data

    def write(self, data: bytes) -> int:
        self.sent += data[:self.step]
        return len(data[:self.step])

    def close(self) -> None:
        self.closed = True


def opened(now: int, step: int = 10000) -> "tuple[ScriptedStream, Connection]":
    stream = ScriptedStream(step)
    connection = Connection(stream, "ab", ["b", "c"], now)
    for answer in (b"", CONNACK, SUBACK):
        stream.incoming = answer
        for _ in range(1 + 20 // step):
            connection.pump(now)
    assert connection.ready
    stream.sent = b""
    return stream, connection


def check_handshake() -> None:
    """In order, whatever the socket takes at once; a packet out of place ends it."""
    for step in (1, 7, 10000):
        opened(0, step)
    refusal = bytes.fromhex("20020005")
    for answer in (SUBACK, puback(1), mqtt.publish("t", b""), refusal, b"\xf0\x00"):
        stream = ScriptedStream(100)
        connection = Connection(stream, "ab", ["b", "c"], 0)
        stream.incoming = answer
        if answer != puback(1):  # late from the connection before: no harm
            raises(connection.pump, 0)


def check_window() -> None:
    stream, connection = opened(0)
    ids = []
    while connection.room():
        ids.append(connection.publish_acknowledged("up", b"x", False, 0))
    assert len(ids) == WINDOW == len(set(ids))
    stream.incoming = puback(ids[3]) + puback(ids[3]) + puback(999)
    connection.pump(1)
    assert connection.in_flight == [one for one in ids if one != ids[3]]
    assert connection.room()
    connection.publish_acknowledged("up", b"x", True, 1)
    assert stream.sent[-9:-8] == b"\x3a", "DUP is missing"
    assert not connection.room()


def check_deadlines() -> None:
    """Every wait ends, also across the wrap of the ticks."""
    for start in (0, TICKS - 5):
        connection = Connection(ScriptedStream(100), "ab", ["b", "c"], start)
        connection.pump((start + ANSWER_MS - 1) % TICKS)
        raises(connection.pump, (start + ANSWER_MS) % TICKS)
        stream, connection = opened(start)
        connection.publish_acknowledged("up", b"x", False, start)
        raises(connection.pump, (start + ANSWER_MS) % TICKS)
        stream, connection = opened(start)
        connection.pump((start + PING_MS - 1) % TICKS)
        assert stream.sent == b""
        connection.pump((start + PING_MS) % TICKS)
        assert stream.sent == mqtt.PING
        raises(connection.pump, (start + PING_MS + ANSWER_MS) % TICKS)
        stream, connection = opened(start)
        connection.pump((start + PING_MS) % TICKS)
        stream.incoming = b"\xd0\x00"
        connection.pump((start + PING_MS + 1) % TICKS)
        connection.pump((start + PING_MS + ANSWER_MS) % TICKS)


def check_ids_wrap() -> None:
    """Packet id 65536 does not exist."""
    stream, connection = opened(0)
    last = 0
    for _ in range(66000):
        last = connection.publish_acknowledged("u", b"", False, 0)
        assert 0 < last < 65536
        stream.incoming, stream.sent = puback(last), b""
        connection.pump(0)
    assert last < 1000


check_packets()
check_parser()
check_answers()
check_handshake()
check_window()
check_deadlines()
check_ids_wrap()
