"""Real TCP sockets, and a link that stimuli can cut or make stammer."""

import socket

from firmware.ports import secure
from firmware.ports.stream import SocketStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_IN_PROGRESS = 115
TLS_TIMEOUT_S = 10
_PUBLISH_QOS1 = 0x32  # MQTT: PUBLISH with QoS 1; DUP is masked


class HostNetwork:
    """`poll` is the select.poll that idle waiting uses."""

    def __init__(self, keys: "Any", poll: "Any") -> None:
        self._keys = keys
        self._poll = poll
        self.link = True
        self.repeat_next = False

    def up(self) -> bool:
        return self.link

    def connect(self, host: str, port: int, tls: bool) -> "HostStream":
        """Begin to connect; the first read or write tells a failure.  TLS waits for its handshake.
        """
        context = secure.client_context(self._keys) if tls else None
        address = socket.getaddrinfo(host, port)[0][-1]
        sock = raw = socket.socket()
        try:
            if context is not None:
                raw.settimeout(TLS_TIMEOUT_S)
                raw.connect(address)
                sock = context.wrap_socket(raw, server_hostname=host)
            raw.setblocking(False)
            if context is None:
                _begin(raw, address)
        except (OSError, ValueError):
            raw.close()
            raise
        return HostStream(sock, raw, self)

    def watch(self, raw: "Any") -> None:
        self._poll.register(raw, 1)  # POLLIN

    def unwatch(self, raw: "Any") -> None:
        self._poll.unregister(raw)


def _begin(raw: "Any", address: "Any") -> None:
    try:
        raw.connect(address)
    except OSError as error:
        if error.errno != _IN_PROGRESS:
            raise


class HostStream(SocketStream):
    """Wakes the idle device when something arrives; repeats a PUBLISH when told to."""

    def __init__(self, sock: "Any", raw: "Any", network: HostNetwork) -> None:
        super().__init__(sock, raw)
        self._network = network
        network.watch(raw)

    def write(self, data: bytes) -> int:
        if self._network.repeat_next and data and data[0] & 0xF7 == _PUBLISH_QOS1:
            self._network.repeat_next = False
            self._raw.setblocking(True)
            self._sock.write(data + data)
            self._raw.setblocking(False)
            return len(data)
        return super().write(data)

    def close(self) -> None:
        self._network.unwatch(self._raw)
        super().close()
