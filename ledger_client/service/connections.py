"""Connections that say nothing: how many of them an address may hold, and for how long.

Neither costs a stranger a key, so both are bounded before anything is asked.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from ledger_client.service import limits


class Listener(socket.socket):
    """Closes at once what an address opens beyond its share; counts from before TLS on."""

    def __init__(self, family: int) -> None:
        # The protocol is named: asyncio turns Nagle's delay off only where it stands (40 ms an
        # answer).
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._held: Counter[str] = Counter()  # the event loop's thread alone counts

    def accept(self) -> tuple[socket.socket, Any]:
        """ConnectionAbortedError, which asyncio passes over, for what was closed."""
        accepted, address = super().accept()
        caller = limits.caller_of(address[0])
        if self._held[caller] >= limits.ADDRESS_CONNECTIONS \
                or self._held.total() >= limits.SOCKETS:
            accepted.close()
            raise ConnectionAbortedError(f"{caller} has its share of connections")
        self._held[caller] += 1
        return _Accepted(accepted, lambda: self._count_off(caller)), address

    def _count_off(self, caller: str) -> None:
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]


class _Accepted(socket.socket):
    """Tells once that it was closed."""

    def __init__(self, accepted: socket.socket, closed: Callable[[], None]) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._tell: Callable[[], None] | None = closed

    def close(self) -> None:
        super().close()
        if self._tell is not None:
            self._tell()
            self._tell = None


class Connection(H11Protocol):
    """Ends when a request's head, or the end of its exchange, does not come in time.  Between
    requests the web server's own limit holds, until the first byte of the next."""

    _watched: object = None  # what the deadline is for: a request's head, or its exchange
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        if self.timeout_keep_alive_task is not None or self.transport.is_closing():
            self._stop()
            return
        under_way = self.cycle is not None and not self.cycle.response_complete
        watched: object = self.cycle if under_way else "head"
        if watched is not self._watched:  # more bytes of the same gain no time
            self._stop()
            self._watched = watched
            self._deadline = self.loop.call_later(
                limits.EXCHANGE_S if under_way else limits.HEAD_S, self.transport.abort)

    def _stop(self) -> None:
        self._watched = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
