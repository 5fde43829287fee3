"""A non-blocking socket, plain or TLS, as device/connection.py wants it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

READ_BYTES = 2048
_CONNECTION_RESET = 104


class SocketStream:
    """`sock` is a MicroPython socket that does not block; `raw` lies below TLS, or is the same."""

    def __init__(self, sock: "Any", raw: "Any") -> None:
        self._sock = sock
        self._raw = raw

    def read(self) -> bytes:
        """What has arrived, perhaps b""; raises OSError when the peer has closed."""
        data: "bytes | None" = self._sock.read(READ_BYTES)
        if data == b"":
            raise OSError(_CONNECTION_RESET)
        return data or b""

    def write(self, data: bytes) -> int:
        """How many bytes were taken, perhaps none."""
        return self._sock.write(data) or 0

    def close(self) -> None:
        """Both layers: a failed TLS socket leaves the TCP connection open (measured)."""
        for one in (self._sock, self._raw):
            try:
                one.close()
            except OSError:
                pass  # the connection is gone either way
