"""Wi-Fi and the sockets over it, and unauthenticated network time."""

import socket
import time

import network
import ntptime

from firmware.ports import secure
from firmware.ports.stream import SocketStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SSID, PASSWORD = "wifi_ssid", "wifi_password"  # names in the key store, written at the factory
CONNECT_S = 10
UNIX_2000_S = 946684800  # where the ESP32 port's seconds may start


class Radio:
    """`up` when joined; `wanted(False)` turns it off before sleep."""

    def __init__(self, keys: "Any") -> None:
        self._keys = keys
        self._station = network.WLAN(network.STA_IF)

    def up(self) -> bool:
        return bool(self._station.isconnected())

    def wanted(self, on: bool) -> None:
        if on == bool(self._station.active()):
            return
        self._station.active(on)
        name = self._keys.load(SSID)
        if on and name is not None:
            self._station.connect(name.decode(), (self._keys.load(PASSWORD) or b"").decode())

    def connect(self, host: str, port: int, tls: bool) -> SocketStream:
        """A connected stream; raises OSError or, from TLS, ValueError."""
        context = secure.client_context(self._keys) if tls else None
        raw = socket.socket()
        try:
            raw.settimeout(CONNECT_S)
            raw.connect(socket.getaddrinfo(host, port)[0][-1])
            sock = raw if context is None else context.wrap_socket(raw, server_hostname=host)
            raw.setblocking(False)
        except (OSError, ValueError):
            raw.close()
            raise
        return SocketStream(sock, raw)

    def network_time_ms(self) -> "int | None":
        """Unix milliseconds by SNTP, whole seconds; None when nobody answers."""
        try:
            seconds = ntptime.time()
        except (OSError, OverflowError):
            return None
        if time.gmtime(0)[0] == 2000:
            seconds += UNIX_2000_S
        return int(seconds) * 1000
