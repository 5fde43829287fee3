"""MQTT 3.1.1, the part a publisher needs, as bytes in and bytes out (OASIS standard, 2014).

Our own because the usual clients lose messages or hang when a broker drops the connection after a
PUBLISH, and never come back from packet id 65536.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    Packet = tuple[int, bytes]

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP = 12, 13
PACKET_BYTES = 16 * 1024  # of one incoming packet: an ack has 250, a command at most a record
PACKET_IDS = 65535  # 1 .. 65535 (section 2.3.1)
_DUP, _QOS1 = 0x08, 0x02
_LENGTH_BYTES = 4  # of a remaining length (section 2.2.3)

PING = bytes((PINGREQ << 4, 0))


class MqttError(Exception):
    """The broker broke the protocol, refused us or did not answer: connect again."""


def connect(client_id: str, keepalive_s: int) -> bytes:
    """CONNECT with a clean session (section 3.1): the custody cursor is our session."""
    return _packet(CONNECT << 4, b"\x00\x04MQTT\x04\x02" + keepalive_s.to_bytes(2, "big")
                   + _text(client_id))


def subscribe(packet_id: int, topics: "list[str]") -> bytes:
    """SUBSCRIBE at QoS 0 (section 3.8)."""
    body = packet_id.to_bytes(2, "big")
    for topic in topics:
        body += _text(topic) + b"\x00"
    return _packet(SUBSCRIBE << 4 | 2, body)


def publish(topic: str, payload: bytes, packet_id: int = 0, dup: bool = False) -> bytes:
    """PUBLISH (section 3.3), never retained; QoS 1 with a packet id, QoS 0 without."""
    first = PUBLISH << 4
    body = _text(topic)
    if packet_id:
        first |= _QOS1 | (_DUP if dup else 0)
        body += packet_id.to_bytes(2, "big")
    return _packet(first, body + payload)


def next_packet_id(packet_id: int) -> int:
    return packet_id % PACKET_IDS + 1


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _packet(first: int, body: bytes) -> bytes:
    head = bytearray((first,))
    rest = len(body)
    while rest > 127:
        head.append(rest & 127 | 128)
        rest >>= 7
    head.append(rest)
    return bytes(head) + body


class Parser:
    """Cuts a byte stream into packets, however it is cut itself."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> None:
        self._data += data

    def next(self) -> "Packet | None":
        """(first byte, body) of the next packet, None when more bytes are needed."""
        data = self._data
        length = 0
        for place in range(1, _LENGTH_BYTES + 1):
            if place >= len(data):
                return None
            length |= (data[place] & 127) << (7 * (place - 1))
            if data[place] < 128:
                break
        else:
            raise MqttError("a remaining length of more than four bytes")
        if length > PACKET_BYTES:
            raise MqttError("a packet of %d bytes, more than %d" % (length, PACKET_BYTES))
        end = place + 1 + length
        if len(data) < end:
            return None
        self._data = data[end:]
        return data[0], data[place + 1:end]


def read_connack(body: bytes) -> None:
    """Raises MqttError unless the broker accepts us (section 3.2); session-present is no error."""
    if len(body) != 2:
        raise MqttError("a CONNACK of %d bytes" % len(body))
    if body[1]:
        raise MqttError("the broker refuses the connection, return code %d" % body[1])


def read_suback(body: bytes, packet_id: int, topics: int) -> None:
    if len(body) != 2 + topics or int.from_bytes(body[:2], "big") != packet_id:
        raise MqttError("the SUBACK is not for our SUBSCRIBE")
    if max(body[2:]) > 2:
        raise MqttError("the broker refuses a subscription: check its access list")


def read_puback(body: bytes) -> int:
    if len(body) != 2:
        raise MqttError("a PUBACK of %d bytes" % len(body))
    return int.from_bytes(body, "big")


def read_publish(first: int, body: bytes) -> "tuple[str, bytes]":
    """(topic, payload) of a QoS 0 PUBLISH: we subscribe to nothing else."""
    if first & 0x06:
        raise MqttError("a PUBLISH with QoS above 0, to which nothing was subscribed")
    size = int.from_bytes(body[:2], "big")
    if len(body) < 2 + size:
        raise MqttError("a PUBLISH whose topic runs past its end")
    try:
        return body[2:2 + size].decode(), body[2 + size:]
    except UnicodeError:
        raise MqttError("a topic that is no UTF-8")
