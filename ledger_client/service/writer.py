"""The one writer: submissions that wait together go into one batch (group commit).

While a batch is being made durable the next ones gather; nobody waits for company.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from ledger_client.core.entry import Submission
from ledger_client.errors import PipeFailed, Refused
from ledger_client.node.embedded import EmbeddedLedger, Registered
from ledger_client.service.limits import GROUP_SUBMISSIONS, WAITING_SUBMISSIONS

log = logging.getLogger("coldseal.ledger")

Action = Callable[[EmbeddedLedger], None]


@dataclass(frozen=True)
class _Waiting:
    """A submission, or something else that only the writer may do."""

    work: Submission | Action
    future: "Future[Any]" = field(default_factory=Future)


class Writer:
    """Owns the engine.  After a failed write it is opened anew for the next batch, so a full disk
    is over when there is room again."""

    def __init__(self, open_engine: Callable[[], EmbeddedLedger]) -> None:
        self._open_engine = open_engine
        self._engine: EmbeddedLedger | None = open_engine()  # what fails, fails before anybody asks
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(WAITING_SUBMISSIONS)
        self._thread = threading.Thread(target=self._run, name="writer")
        self._thread.start()

    def register(self, submission: Submission) -> "Future[Registered | Refused]":
        """Done when it is on disk; fails with PipeFailed when it could not be written.  PipeFailed
        at once when too many wait."""
        return self._put(_Waiting(submission))

    def call(self, action: Action) -> "Future[None]":
        """Do something that is no submission, in its turn."""
        return self._put(_Waiting(action))

    def _put(self, waiting: _Waiting) -> "Future[Any]":
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full as error:
            raise PipeFailed(f"{WAITING_SUBMISSIONS} submissions wait already") from error
        return waiting.future

    def close(self) -> None:
        """Write what waits, then end."""
        self._waiting.put(None)
        self._thread.join()
        if self._engine is not None:
            self._engine.close()

    def _run(self) -> None:
        running = True
        while running:
            group = [self._waiting.get()]
            while len(group) < GROUP_SUBMISSIONS and not self._waiting.empty():
                group.append(self._waiting.get())  # nobody else takes: it is there
            running = None not in group
            self._do([one for one in group if one is not None])

    def _do(self, group: Sequence[_Waiting]) -> None:
        wanted = [one for one in group if one.future.set_running_or_notify_cancel()]
        submitted = [one for one in wanted if isinstance(one.work, Submission)]
        actions = [one for one in wanted if not isinstance(one.work, Submission)]
        if len(submitted) > 1 and self._attempt(submitted, last_try=False):
            submitted = []
        for one in submitted + actions:  # what cannot be judged must not keep the others out
            self._attempt([one], last_try=True)

    def _attempt(self, group: Sequence[_Waiting], *, last_try: bool) -> bool:
        """Write the group's work and give everybody the result; False when it failed, which they
        are told at the last try."""
        try:
            results = _write(self._opened(), [one.work for one in group])
        except Exception as error:
            log.exception("writing failed: nothing of this batch is confirmed")
            self._give_up()
            if last_try:
                for one in group:
                    one.future.set_exception(PipeFailed(f"the ledger was not written: {error}"))
            return False
        for one, result in zip(group, results, strict=True):
            one.future.set_result(result)
        return True

    def _opened(self) -> EmbeddedLedger:
        if self._engine is None:
            self._engine = self._open_engine()
        return self._engine

    def _give_up(self) -> None:
        """Forget the engine: what it holds in memory may not be what is on disk."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None


def _write(engine: EmbeddedLedger, work: Sequence[Submission | Action]) -> Sequence[object]:
    """Submissions in one batch, or one action."""
    submissions = [one for one in work if isinstance(one, Submission)]
    if submissions:
        return engine.submit(submissions)
    return [one(engine) for one in work if not isinstance(one, Submission)]
