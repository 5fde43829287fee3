"""Long polls: who follows the log waits here until something is committed."""

import asyncio

from ledger_client.service.limits import FOLLOWERS
from ledger_client.service.problem import Problem


class Followers:
    """Lives on the event loop of `begin`; `committed` and `close` may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    def begin(self) -> None:
        self._loop = asyncio.get_running_loop()

    def register(self) -> "asyncio.Future[None]":
        """Done at the next commit.  Register first, look at the log, then wait: so no commit is
        missed.  Problem 429 when too many wait."""
        if len(self._waiting) >= FOLLOWERS:
            raise Problem(429, "Too Many Requests", f"{FOLLOWERS} follow the log already",
                          retry_after_s=1)
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        if self._closed:
            future.set_result(None)
        return future

    def committed(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """Nobody waits any more."""
        self._closed = True
        self.committed()

    def _wake(self) -> None:
        for future in list(self._waiting):
            if not future.done():
                future.set_result(None)
