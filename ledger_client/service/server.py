"""Serving the application: a socket, TLS, and an end in good order."""

import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from ledger_client.errors import UsageError
from ledger_client.service import limits
from ledger_client.service.application import Service
from ledger_client.service.connections import Connection, Listener

log = logging.getLogger("coldseal.ledger")

# Between threads of this process, in place of Python's 5 ms: while a batch is judged, an answer
# waits for that long at each hand-over (measured: a query takes 2.3 to 3.5 ms instead of 5.1).
SWITCH_S = 0.001


@dataclass(frozen=True)
class Tls:
    """PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Listen:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int
    tls: Tls | None = None


def address(text: str) -> tuple[str, int]:
    """(host, port) of host:port; an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"{text}: not an address such as 127.0.0.1:8470")
    return host, int(port)


class Server:
    """Runs in a thread of its own, so that the main thread is free for signals."""

    def __init__(self, service: Service, listen: Listen) -> None:
        """Listens from here on; UsageError when that cannot be."""
        if listen.tls is None and not _loopback(listen.host):
            raise UsageError(f"{listen.host}: without --tls-cert and --tls-key only this machine "
                             "may ask: listen on 127.0.0.1")
        self._service = service
        self._socket = _listen(listen.host, listen.port)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            service.application, http=Connection, ws="none", loop="asyncio", lifespan="on",
            log_config=None, access_log=False, proxy_headers=False, server_header=False,
            limit_concurrency=limits.CONNECTIONS, timeout_keep_alive=limits.KEEP_ALIVE_S,
            timeout_graceful_shutdown=limits.GRACE_S,
            ssl_certfile=None if listen.tls is None else listen.tls.certificate,
            ssl_keyfile=None if listen.tls is None else listen.tls.key)
        try:
            config.load()
        except OSError as error:  # ssl.SSLError is one
            self._socket.close()
            raise UsageError(f"the TLS certificate or key cannot be used: {error}") from error
        self._server = uvicorn.Server(config)
        self.ended = threading.Event()
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="server")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except BaseException as error:  # told to whoever waits for the end, in `close`
            self.failed = error
        finally:
            self.ended.set()

    def close(self) -> None:
        """Finish what is under way, then close the service."""
        self._server.should_exit = True
        self._service.stop_following()
        self._thread.join()
        self._service.close()
        if self.failed is not None:
            raise self.failed


def serve_until_signalled(service: Service, listen: Listen, ready: Callable[[int], None]) -> None:
    """What `coldseal ledger serve` does; `ready` is told the port."""
    sys.setswitchinterval(SWITCH_S)
    try:
        server = Server(service, listen)
    except BaseException:
        service.close()
        raise
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.ended.set())
    ready(server.port)
    server.ended.wait()
    server.close()


def _listen(host: str, port: int) -> Listener:
    listening = Listener(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(limits.CONNECTIONS)
    except OSError as error:
        listening.close()
        raise UsageError(f"{host}:{port}: cannot listen there: {error.strerror}") from error
    return listening


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
