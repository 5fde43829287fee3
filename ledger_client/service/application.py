"""The service as an ASGI application: SCRAPI, and what gateways and auditors need beside it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ledger_client.core import identity
from ledger_client.core.entry import Submission
from ledger_client.core.signature import Signer
from ledger_client.epcis import in_json
from ledger_client.errors import InvalidData, PipeFailed, Refused
from ledger_client.node.embedded import EmbeddedLedger, Registered
from ledger_client.service import (
    access,
    answers,
    capturing,
    limits,
    openapi,
    problem,
    resources,
    submission,
)
from ledger_client.service import message_signature as signatures
from ledger_client.service.answers import LogPage
from ledger_client.service.following import Followers
from ledger_client.service.limits import Limits, TokenBuckets
from ledger_client.service.openapi import Access, Resource
from ledger_client.service.problem import Problem
from ledger_client.service.resources import Answer
from ledger_client.service.snapshots import (
    Announcements,
    AnnouncingStore,
    BoundedStore,
    Readers,
    SnapshotReader,
)
from ledger_client.service.writer import Writer
from ledger_client.wire.errors import WireError

log = logging.getLogger("coldseal.ledger")

Endpoint = Callable[[Request], Awaitable[Response]]
_NOT_WRITTEN_RETRY_S = 5
_ASKING_RETRY_S = 1


@dataclass(frozen=True)
class Clocks:
    """Time of day for ledger time and signatures, and one that never jumps for rates."""

    unix_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000


class Service:
    """One ledger file, its only writer included; open until `close`."""

    def __init__(self, ledger: Path, signer: Signer, *, rates: Limits | None = None,
                 clocks: Clocks | None = None, capture_signer: Signer | None = None) -> None:
        """UsageError when the ledger cannot be opened, or another process writes to it.

        `capture_signer` is the operations key of the organisation whose EPCIS documents are
        captured here; without it none are."""
        rates, clocks = rates or Limits(), clocks or Clocks()
        self._addresses = TokenBuckets(rates.address_per_s, rates.address_burst,
                                       clocks.monotonic_ms)
        self._keys = TokenBuckets(rates.key_per_s, rates.key_burst, clocks.monotonic_ms)
        self._access = access.ReaderAccess(lambda: clocks.unix_ms() // 1000,
                                           lambda key: _wait(self._keys.take(key)))
        self._desk = None if capture_signer is None \
            else capturing.Desk(capture_signer, clocks.unix_ms)
        self._followers = Followers()
        announcements = Announcements()
        self._writer = Writer(lambda: _open_engine(AnnouncingStore(
            ledger, announcements, self._followers.committed), signer, clocks.unix_ms))
        self._readers = Readers(ledger, announcements)
        self._questioners = Readers(ledger, announcements, threads=limits.QUESTIONERS,
                                    store=BoundedStore)
        self._asking: set[bytes] = set()  # roots whose question is under way; the loop's own
        self.application = Starlette(
            routes=[Route(one.route, self._endpoint(one), methods=[one.method])
                    for one in openapi.RESOURCES],
            lifespan=self._lifespan,
            exception_handlers={Problem: _problem, HTTPException: self._http_exception,
                                Exception: _fault})

    @asynccontextmanager
    async def _lifespan(self, application: Starlette) -> AsyncIterator[None]:
        self._followers.begin()
        yield

    def stop_following(self) -> None:
        """Answer every long poll now, from any thread."""
        self._followers.close()

    def close(self) -> None:
        """Write what waits, then close the ledger."""
        self._writer.close()
        self._readers.close()
        self._questioners.close()

    # --- every request --------------------------------------------------------------------------

    def _endpoint(self, resource: Resource) -> Endpoint:
        special: dict[tuple[str, str], Endpoint] = {
            ("POST", "/entries"): self._register, ("POST", "/cosignatures"): self._cosign,
            ("GET", "/log"): self._follow, ("GET", "/openapi.json"): self._describe,
            ("POST", "/capture"): self._capture, ("GET", "/capture/{job}"): self._capture_job}
        answering = special.get((resource.method, resource.path))

        async def endpoint(request: Request) -> Response:
            self._limit(request)
            if answering is not None:
                return await answering(request)
            if resource.costly:
                return await self._ask_at_length(request, resource)
            return await self._ask(request, resource)

        return endpoint

    def _limit(self, request: Request) -> None:
        _wait(self._addresses.take(limits.caller_of(request.client.host if request.client else "")))

    async def _http_exception(self, request: Request, error: Exception) -> Response:
        """No such path, or not this method."""
        assert isinstance(error, HTTPException)
        try:
            self._limit(request)
        except Problem as limited:
            return await _problem(request, limited)
        answer = await _problem(request, Problem(error.status_code, error.detail,
                                                 "GET /openapi.json lists what there is"))
        answer.headers.update(error.headers or {})
        return answer

    async def _ask(self, request: Request, resource: Resource) -> Response:
        needed, ask = resource.access, resource.ask
        assert ask is not None
        covered = None if needed is Access.PUBLIC else _covered(
            request, await _body(request, limits.BODY_BYTES))
        parameters = {**request.query_params, **_in_path(resource, request)}

        def question(reader: SnapshotReader) -> Answer:
            if covered is not None:
                self._authenticate(reader, covered)
            return ask(reader, parameters)

        return _response(await asyncio.wrap_future(self._readers.ask(question)), needed)

    async def _ask_at_length(self, request: Request, resource: Resource) -> Response:
        """What may look at much of the ledger: on threads of its own, one at a time for an
        organisation, which may enrol as many keys as it likes."""
        ask = resource.ask
        assert ask is not None
        covered = _covered(request, await _body(request, limits.BODY_BYTES))
        parameters = {**request.query_params, **_in_path(resource, request)}

        def asker(reader: SnapshotReader) -> bytes:
            thumbprint = self._authenticate(reader, covered)
            return identity.require_key(reader.view(), thumbprint).organisation

        root = await asyncio.wrap_future(self._readers.ask(asker))
        if root in self._asking:
            raise Problem(429, "Too Many Requests", "your organisation's last question is still "
                          "being answered", retry_after_s=_ASKING_RETRY_S)
        self._asking.add(root)
        try:
            answer = await asyncio.wrap_future(self._questioners.ask(
                lambda reader: ask(reader, parameters)))
        finally:
            self._asking.discard(root)
        return _response(answer, Access.SIGNED)

    def _authenticate(self, reader: SnapshotReader, covered: signatures.Request) -> bytes:
        """Thumbprint of the key that signed the request."""
        checkpoint = reader.checkpoint()
        assert checkpoint is not None, "a service begins with a founded ledger"
        return self._access.authenticate(reader.view(), checkpoint.ledger, covered)

    # --- those that wait or write ---------------------------------------------------------------

    async def _follow(self, request: Request) -> Response:
        """The log from an entry on; with `wait` not before there is one, or time is up."""
        wait_s = min(resources.number_of(request.query_params, "wait", 0), limits.FOLLOW_WAIT_S)
        covered = _covered(request, await _body(request, limits.BODY_BYTES))

        def look(reader: SnapshotReader) -> LogPage:
            return resources.log_page(reader, request.query_params)

        def first_look(reader: SnapshotReader) -> LogPage:
            self._authenticate(reader, covered)
            return look(reader)

        committed = self._followers.register()
        try:
            page = await asyncio.wrap_future(self._readers.ask(first_look))
            if wait_s and not page.entries:
                await asyncio.wait([committed], timeout=wait_s)
                page = await asyncio.wrap_future(self._readers.ask(look))
        finally:
            committed.cancel()
        return _response(Answer(answers.CBOR, page.encode()), Access.SIGNED)

    async def _register(self, request: Request) -> Response:
        media_type = _media_type(request, (answers.COSE, answers.CBOR))
        data = await _body(request, submission.SUBMISSION_BYTES)
        try:
            handed_in = submission.decode(media_type, data)
            number, receipt = await self._registered(handed_in)
        except WireError as error:
            raise Problem(400, "Malformed request", error.detail, rule=error.rule) from error
        except Refused as refusal:
            raise Problem(400, "Rejected", refusal.detail, rule=refusal.rule) from refusal
        except PipeFailed as error:
            raise Problem(503, "Not written", str(error),
                          retry_after_s=_NOT_WRITTEN_RETRY_S) from error
        return Response(receipt, 201, media_type=answers.COSE,
                        headers={"Location": f"/entries/{number}"})

    async def _registered(self, handed_in: Submission) -> tuple[int, bytes]:
        """(entry, receipt); submitting again is answered without the writer."""

        def look(reader: SnapshotReader) -> tuple[int, bytes] | None:
            found = access.registered_or_signer(reader.view(), handed_in.statement)
            if isinstance(found, int):
                return found, reader.receipt(found)
            _wait(self._keys.take(found))
            return None

        known = await asyncio.wrap_future(self._readers.ask(look))
        if known is not None:
            return known
        done: Registered | Refused = await asyncio.wrap_future(self._writer.register(handed_in))
        if isinstance(done, Refused):
            raise done
        return done.number, done.receipt

    async def _cosign(self, request: Request) -> Response:
        """Keep a witness's cosignature of the checkpoint `number`, the newest by default."""
        _media_type(request, (answers.COSE,))
        data = await _body(request, submission.SUBMISSION_BYTES)
        try:
            number, witness = await asyncio.wrap_future(self._readers.ask(
                lambda reader: resources.check_cosignature(reader, request.query_params, data)))
            _wait(self._keys.take(witness))
            await asyncio.wrap_future(self._writer.call(
                lambda engine: engine.store.add_cosignature(number, witness, data)))
        except InvalidData as error:
            raise Problem(400, "Rejected", error.detail, rule=error.rule) from error
        except PipeFailed as error:
            raise Problem(503, "Not written", str(error),
                          retry_after_s=_NOT_WRITTEN_RETRY_S) from error
        return Response(status_code=204)

    # --- EPCIS capture ---------------------------------------------------------------------------

    async def _capture(self, request: Request) -> Response:
        """202 with the job, which is over: a batch takes milliseconds."""
        desk = self._opened_desk()
        _media_type(request, capturing.MEDIA_TYPES)
        behaviour = request.headers.get("gs1-capture-error-behaviour", capturing.ROLLBACK)
        if behaviour != capturing.ROLLBACK:
            raise Problem(400, "Malformed request", "a document is captured whole or not at all: "
                          "GS1-Capture-Error-Behaviour is rollback", rule="epcis.behaviour")
        data = await _body(request, in_json.DOCUMENT_BYTES)
        covered = _covered(request, data)

        def prepare(reader: SnapshotReader) -> capturing.Prepared:
            return desk.prepare(reader, self._authenticate(reader, covered), data)

        prepared = await asyncio.wrap_future(self._readers.ask(prepare))
        done: Registered | Refused | None = None
        if prepared.submission is not None:
            try:
                done = await asyncio.wrap_future(self._writer.register(prepared.submission))
            except PipeFailed as error:
                raise Problem(503, "Not written", str(error),
                              retry_after_s=_NOT_WRITTEN_RETRY_S) from error
        job = desk.finish(prepared, done)
        return JSONResponse(job.as_json(), 202, headers={
            **capturing.HEADERS, "Location": f"/capture/{job.id}", "Cache-Control": "no-store"})

    async def _capture_job(self, request: Request) -> Response:
        desk = self._opened_desk()
        covered = _covered(request, await _body(request, limits.BODY_BYTES))
        await asyncio.wrap_future(self._readers.ask(lambda reader: desk.check(
            reader.view(), self._authenticate(reader, covered))))
        job = desk.job(request.path_params["job"])
        return JSONResponse(job.as_json(), headers={**capturing.HEADERS,
                                                    "Cache-Control": "no-store"})

    def _opened_desk(self) -> capturing.Desk:
        if self._desk is None:
            raise Problem(404, "Not Found", "this service captures no EPCIS documents: it was "
                          "started without --capture-key")
        return self._desk

    async def _describe(self, request: Request) -> Response:
        return JSONResponse(openapi.description())


def _open_engine(store: AnnouncingStore, signer: Signer,
                 now_ms: Callable[[], int]) -> EmbeddedLedger:
    engine = EmbeddedLedger(store, signer, now_ms)
    try:
        engine.require_signer()
        return engine
    except BaseException:
        engine.close()
        raise


def _wait(wait_s: int) -> None:
    if wait_s:
        raise Problem(429, "Too Many Requests", f"try again in {wait_s} s", retry_after_s=wait_s)


def _in_path(resource: Resource, request: Request) -> dict[str, str]:
    try:
        return resource.in_path(request.scope["raw_path"].decode("latin-1"))
    except ValueError as error:
        raise Problem(404, "Not Found", "a slash within a lot or serial is written %2F") from error


def _covered(request: Request, body: bytes) -> signatures.Request:
    """What the request's signature can cover, as it came."""
    raw_path: bytes = request.scope["raw_path"]
    fields: dict[str, str] = {}
    for name, text in request.headers.items():  # repeated ones joined, RFC 9421 section 2.1
        fields[name] = f"{fields[name]}, {text.strip()}" if name in fields else text.strip()
    return signatures.Request(
        request.method, request.url.scheme, fields.get("host", ""), raw_path.decode("latin-1"),
        request.scope["query_string"].decode("latin-1"), fields, body)


def _media_type(request: Request, allowed: tuple[str, ...]) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in allowed:
        raise Problem(415, "Unsupported Media Type", "send " + " or ".join(allowed))
    return media_type


async def _body(request: Request, limit: int) -> bytes:
    """The body; Problem 413 before or as soon as it is longer than `limit`."""
    length = request.headers.get("content-length", "0")
    too_long = Problem(413, "Content Too Large", f"more than {limit} bytes")
    if not length.isdigit() or len(length) > 15 or int(length) > limit:
        raise too_long
    data = bytearray()
    try:
        async with asyncio.timeout(limits.BODY_S):
            async for part in request.stream():
                data += part
                if len(data) > limit:
                    raise too_long
    except TimeoutError as error:
        raise Problem(408, "Request Timeout",
                      f"the body did not come within {limits.BODY_S} s") from error
    except ClientDisconnect as error:
        raise Problem(400, "Malformed request", "the body was cut off") from error
    return bytes(data)


def _response(answer: Answer, needed: Access) -> Response:
    headers = {} if needed is Access.PUBLIC else {"Cache-Control": "no-store"}
    return Response(answer.body, media_type=answer.media_type, headers=headers)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        headers["Accept-Signature"] = openapi.ACCEPT_SIGNATURE
    return Response(error.encode(), error.status, headers=headers, media_type=problem.MEDIA_TYPE)


async def _fault(request: Request, error: Exception) -> Response:
    """Our own fault; the web server logs where it happened."""
    return await _problem(request, Problem(500, "Internal Server Error",
                                           "the service failed: its log says where"))
