"""The client's side of HTTP: one connection kept alive, requests signed, errors sorted.

The standard library only: this runs on a Raspberry Pi.  What comes back is not believed here.
"""

import contextlib
import http.client
import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from ledger_client.core.signature import Signer
from ledger_client.errors import ColdsealError, PipeFailed, Refused, UsageError
from ledger_client.service import message_signature, problem
from ledger_client.service.message_signature import Request
from ledger_client.wire.errors import WireError

TIMEOUT_S = 10  # for a connection, and for each piece of an answer
ANSWER_BYTES = 8 * 1024 * 1024  # the longest chain or page a service gives, four times over
_BUSY = (408, 425, 429, 500, 502, 503, 504)  # tried again; everything else is told to the caller


@dataclass(frozen=True)
class Sources:
    """Time, randomness and patience."""

    now_s: Callable[[], int] = lambda: time.time_ns() // 1_000_000_000
    entropy: Callable[[int], bytes] = os.urandom
    timeout_s: int = TIMEOUT_S


class Transport:
    """Requests to one service; for one thread at a time."""

    def __init__(self, url: str, ledger: bytes, signer: Signer | None, *, ca: Path | None = None,
                 sources: Sources | None = None) -> None:
        """`ledger` is the id of the ledger that is asked.  UsageError for a URL that is none, or a
        file of certificates that cannot be read."""
        try:
            parts = urlsplit(url)
            _ = parts.port  # raises for what is no port
        except ValueError as error:
            raise UsageError(f"{url}: a ledger service is https://host:port ({error})") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query \
                or parts.fragment or parts.path not in ("", "/") or "@" in parts.netloc:
            raise UsageError(f"{url}: a ledger service is https://host:port")
        self.url = url
        self._scheme, self._authority = parts.scheme, parts.netloc
        self._ledger, self._signer = ledger, signer
        self._sources = sources or Sources()
        self._tls = _tls(ca) if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, media_type: str, *, query: str = "", wait_s: int = 0) -> bytes:
        """Body of a 200 answer; signed when there is a signer.  `wait_s` is how long a long poll
        may take.  Raises as `_raise` does."""
        return self._ask(Request("GET", self._scheme, self._authority, path, query), media_type,
                         wait_s)

    def post(self, path: str, media_type: str, body: bytes, answer_type: str | None) -> bytes:
        """Body of a 201 answer, or of a 204 when `answer_type` is None.  What is posted is signed
        itself, and may be posted again."""
        path, _, query = path.partition("?")
        return self._ask(Request("POST", self._scheme, self._authority, path, query,
                                 {"content-type": media_type}, body), answer_type, 0)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, request: Request, media_type: str | None, wait_s: int) -> bytes:
        try:
            # An idle connection may have been closed meanwhile: that is no failure.
            if self._connection is not None:
                with contextlib.suppress(http.client.RemoteDisconnected, ConnectionError,
                                         http.client.CannotSendRequest):
                    return self._exchange(request, media_type, wait_s)
                self.close()
            return self._exchange(request, media_type, wait_s)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise PipeFailed(f"{self.url} does not answer: {error or type(error).__name__}") \
                from error
        except ColdsealError:
            raise
        except BaseException:
            self.close()  # the rest of this answer must not answer the next question
            raise

    def _exchange(self, request: Request, media_type: str | None, wait_s: int) -> bytes:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.timeout = self._sources.timeout_s + wait_s
        if self._connection.sock is not None:
            self._connection.sock.settimeout(self._sources.timeout_s + wait_s)
        target = request.path + ("?" + request.query if request.query else "")
        fields = {**request.fields, **self._signature(request), "Host": self._authority}
        self._connection.request(request.method, target, request.body or None, fields)
        answer = self._connection.getresponse()
        body = answer.read(ANSWER_BYTES + 1)
        if len(body) <= ANSWER_BYTES and answer.length:
            raise http.client.IncompleteRead(body, answer.length)
        if len(body) > ANSWER_BYTES:
            self.close()
            raise PipeFailed(f"{self.url} answers with more than {ANSWER_BYTES} bytes")
        found = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        if answer.status not in (200, 201, 204):
            self._raise(answer.status, found, body)
        if found != (media_type or ""):
            raise PipeFailed(f"{self.url}{request.path} answers with {found or 'nothing'}, not "
                             f"{media_type or 'nothing'}: is it a ledger service?")
        return body

    def _connect(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._authority, timeout=self._sources.timeout_s)
        return http.client.HTTPSConnection(self._authority, timeout=self._sources.timeout_s,
                                           context=self._tls)

    def _signature(self, request: Request) -> dict[str, str]:
        """A statement that is posted carries its own."""
        if self._signer is None or request.method == "POST":
            return {}
        nonce = self._sources.entropy(message_signature.NONCE_BYTES)
        return message_signature.sign(request, self._signer, self._ledger, self._sources.now_s(),
                                      nonce)

    def _raise(self, status: int, media_type: str, body: bytes) -> NoReturn:
        """Refused with the rule for a statement that is refused, PipeFailed when it may be tried
        again or somebody else answers, UsageError when what was asked cannot be had."""
        try:
            told = problem.decode(body) if media_type == problem.MEDIA_TYPE else None
        except WireError:
            told = None
        if told is None:
            raise PipeFailed(f"{self.url} answers {status}: is it a ledger service?")
        if status in _BUSY:
            raise PipeFailed(f"{self.url} answers {status}: {told.detail}")
        if status == 400 and told.rule is not None:
            raise Refused(told.rule, told.detail)
        raise UsageError(f"{self.url} answers {status}, {told.title}: {told.detail}")


def _tls(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"{ca}: no certificates in PEM: {error}") from error
