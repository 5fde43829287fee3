"""The capture interface of EPCIS 2.0 (REST binding): documents in, jobs out.

A capture is a statement, and a statement is signed by who acted.  So the service captures for one
organisation only, whose operations key it was given for this, and only what a key of that
organisation sends in a signed request.  A document is captured whole or not at all (rollback).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ledger_client.core import capture, identity, statement
from ledger_client.core.entry import Submission
from ledger_client.core.signature import Signer
from ledger_client.core.state import View
from ledger_client.epcis import in_json, out_json, schema
from ledger_client.epcis.schema import Fault
from ledger_client.errors import Refused
from ledger_client.node.embedded import LedgerReader, Registered
from ledger_client.node.source import LedgerSource
from ledger_client.service.problem import Problem
from ledger_client.wire import cose

JOBS = 1024  # whose outcome is remembered; a document handed in again is answered anew
MEDIA_TYPES = ("application/json", "application/ld+json")
ROLLBACK = "rollback"
HEADERS = {
    "GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0",
    "GS1-EPCIS-Capture-Limit": str(capture.EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(in_json.DOCUMENT_BYTES),
    "GS1-Capture-Error-Behaviour": ROLLBACK,
}


@dataclass(frozen=True)
class Job:
    """What became of a document; `entry` None: nothing of it was captured."""

    id: str
    created_ms: int
    entry: int | None
    faults: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """captureJob of the REST binding; `coldseal:entry` is ours."""
        at = out_json.time_text(self.created_ms)
        return {"captureID": self.id, "createdAt": at, "finishedAt": at, "running": False,
                "success": self.entry is not None, "captureErrorBehaviour": ROLLBACK,
                **({} if self.entry is None else {"coldseal:entry": self.entry}),
                "errors": [{"type": f"epcisException:{one.rule}", "title": one.says, "status": 400,
                            "detail": str(one)} for one in self.faults]}


@dataclass(frozen=True)
class Prepared:
    """A document that was read: what to register, or a job that has failed already."""

    job: Job
    submission: Submission | None


class Desk:
    """Signs captures of one organisation, and remembers their jobs; safe for several threads."""

    def __init__(self, signer: Signer, now_ms: Callable[[], int]) -> None:
        schema.ready()  # a missing extra is named when the service starts, not at a document
        self._signer = signer
        self._thumbprint = cose.thumbprint(signer.public_key)
        self._now_ms = now_ms
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self, reader: LedgerReader, asker: bytes, data: bytes) -> Prepared:
        """Problem 403 for a key of another organisation."""
        view = reader.view()
        party = self.check(view, asker)
        job = Job(in_json.document_id(data), self._now_ms(), None, ())
        try:
            incoming = in_json.read(data, party, LedgerSource(reader).captured_event)
        except in_json.NotTaken as error:
            return Prepared(replace(job, faults=tuple(error.faults)), None)
        checkpoint = reader.checkpoint()
        assert checkpoint is not None
        return Prepared(job, Submission(statement.build(
            "capture", self._signer, subject=capture.SUBJECT, content=incoming.capture.as_list(),
            ledger=checkpoint.ledger)))

    def check(self, view: View, asker: bytes) -> str:
        """Party of the organisation, when the key is one of its own."""
        own = identity.require_key(view, self._thumbprint).organisation
        if identity.require_key(view, asker).organisation != own:
            raise Problem(403, "Not allowed", "this service captures for another organisation: "
                          "sign the capture yourself and send it to /entries",
                          rule="http.capture")
        return identity.require_organisation(view, own).party

    def finish(self, prepared: Prepared, done: Registered | Refused | None) -> Job:
        """The job with its outcome, remembered."""
        job = prepared.job
        if isinstance(done, Registered):
            job = replace(job, entry=done.number)
        elif done is not None:
            job = replace(job, faults=(Fault(done.rule, None, "", done.detail,
                                             "See the rule"),))
        with self._lock:
            self._jobs[job.id] = job
            self._jobs.move_to_end(job.id)
            if len(self._jobs) > JOBS:
                self._jobs.popitem(last=False)
        return job

    def job(self, identifier: str) -> Job:
        with self._lock:
            found = self._jobs.get(identifier)
        if found is None:
            raise Problem(404, "Not Found", "no such job is remembered: hand the document in "
                          "again, which changes nothing when it was captured")
        return found
