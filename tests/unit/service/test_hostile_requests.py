"""Requests that nobody well-meaning sends: every one has an answer, and the service goes on."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_client.service import answers, limits, openapi, problem, submission
from tests.served import Served, founded, serve

PATHS = sorted({one.path.replace("{", "").replace("}", "") for one in openapi.RESOURCES})
TAKES_A_BODY = ("/entries", "/cosignatures", "/capture")


def raw(served: Served, request: bytes) -> bytes:
    """What comes back on a connection until it is closed, which a wrong request brings about,
    perhaps before all of it was sent."""
    received = b""
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=10) as connection, \
            contextlib.suppress(OSError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            received += piece
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def goes_on(served: Served) -> None:
    assert served.ask("GET", "/checkpoint").status == 200


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "LINK"])
@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_told_what_there_is(served: Served, method: str, path: str) -> None:
    """No resource is for other sites' scripts: OPTIONS is no invitation (CORS)."""
    answer = served.ask(method, path)
    assert (answer.status, answer.media_type) == (405, problem.MEDIA_TYPE)
    assert problem.decode(answer.body).title == "Method Not Allowed"
    assert answer.fields["allow"]
    assert not any(name.startswith("access-control") for name in answer.fields)


@pytest.mark.parametrize(("path", "status"), [("/checkpoint", 200), ("/entries/0", 200),
                                              ("/entries/99", 404), ("/nothing", 404),
                                              ("/entries", 405), ("/log", 401)])
def test_head_is_get_without_a_body(served: Served, path: str, status: int) -> None:
    answer = served.ask("HEAD", path)
    assert (answer.status, answer.body) == (status, b"")
    same = served.ask("GET", path)
    assert (same.status, same.media_type) == (status, answer.media_type)


@pytest.mark.parametrize("path", [path for path in PATHS if path not in TAKES_A_BODY])
def test_a_body_that_nobody_asked_for_is_bounded(served: Served, path: str) -> None:
    """Where it is read at all, it may be as long as a question needs."""
    answer = served.ask("GET", path, body=bytes(limits.BODY_BYTES + 1))
    assert answer.status in (200, 400, 401, 404, 413)
    if answer.status == 413:
        assert problem.decode(answer.body).title == "Content Too Large"


def test_a_question_of_exactly_the_limit_is_read_and_one_byte_more_is_not(served: Served) -> None:
    for size, status in ((limits.BODY_BYTES, 401), (limits.BODY_BYTES + 1, 413)):
        assert served.ask("GET", "/log?since=0", body=bytes(size)).status == status


def test_a_key_of_exactly_the_limit_is_looked_up(served: Served) -> None:
    by = served.world.gateway.signer
    for size, status in ((limits.STATE_KEY_BYTES, 200), (limits.STATE_KEY_BYTES + 1, 400)):
        answer = served.ask("GET", "/state/" + answers.to_text(bytes(size)), by=by)
        assert answer.status == status


@pytest.mark.parametrize("media_type", [
    "application/json", "text/plain", "application/cbor; charset=utf-8", "application/cose-x",
    "multipart/form-data; boundary=x", "", "a" * 300, "application/cbor,application/cose"])
def test_what_it_is_said_to_be_decides_how_it_is_read(served: Served, media_type: str) -> None:
    """Never its bytes: a statement under another name is not looked at."""
    kept = served.world.gateway.height, served.world.gateway.prev
    block = served.block()
    answer = served.ask("POST", "/entries", body=answers.encode_submission(block),
                        fields={"content-type": media_type})
    if media_type.partition(";")[0] == answers.CBOR:  # parameters say nothing here
        assert answer.status == 201
        return
    assert (answer.status, answer.media_type) == (415, problem.MEDIA_TYPE)
    served.world.gateway.height, served.world.gateway.prev = kept  # nothing was registered


@pytest.mark.parametrize("request_bytes", [
    b"", b"\r\n\r\n", b"noise\r\n\r\n", b"GET\r\n\r\n", b"GET /checkpoint\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /checkpoint HTTP/1.1\r\n\r\n", b"GET /checkpoint HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /checkpoint HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET /checkpoint HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 50_000 + b"\r\n",
    b"POST /entries HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /entries HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"POST /entries HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /checkpoint HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /entries HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"POST /entries HTTP/1.1\r\nHost: a\r\nContent-Type: application/cbor\r\n"
    b"Content-Length: 100\r\n\r\nshort"])
def test_what_is_no_request_is_refused_or_left(served: Served, request_bytes: bytes) -> None:
    answer = raw(served, request_bytes)
    # a line that ends in the middle has nobody left to be answered
    assert answer == b"" or 400 <= status_of(answer) < 500, answer[:200]
    assert b"Traceback" not in answer
    goes_on(served)


def test_the_size_of_a_body_is_refused_before_it_is_sent(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=10)
    connection.putrequest("POST", "/entries")
    connection.putheader("content-type", answers.CBOR)
    connection.putheader("content-length", str(submission.SUBMISSION_BYTES + 1))
    connection.endheaders()  # and not a byte of it
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("content-type")) == (413, problem.MEDIA_TYPE)
    connection.close()


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A service that waits for a head, a body or a reader for no longer than it takes to look."""
    monkeypatch.setattr(limits, "BODY_S", 0.2)
    monkeypatch.setattr(limits, "HEAD_S", 0.2)
    monkeypatch.setattr(limits, "EXCHANGE_S", 0.5)
    started = serve(tmp_path, *founded(tmp_path))
    yield started
    started.close()


def test_a_slow_body_is_given_up_while_others_are_answered(impatient: Served) -> None:
    with socket.create_connection(("127.0.0.1", impatient.server.port), timeout=10) as slow:
        slow.sendall(b"POST /entries HTTP/1.1\r\nHost: a\r\nContent-Type: application/cbor\r\n"
                     b"Content-Length: 1000\r\n\r\nfirst bytes")
        goes_on(impatient)
        answer = slow.recv(65536)
    assert status_of(answer) == 408
    assert problem.MEDIA_TYPE.encode() in answer


def strangers(served: Served, address: str, count: int) -> list[socket.socket]:
    """Connections from one of this machine's other addresses that say nothing yet."""
    return [socket.create_connection(("127.0.0.1", served.server.port), timeout=10,
                                     source_address=(address, 0)) for _ in range(count)]


def answered(connection: socket.socket) -> int:
    """Asks for the checkpoint and reads the answer to its end; its status."""
    connection.sendall(b"GET /checkpoint HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    assert answer.read()
    return answer.status


def is_ended(connection: socket.socket) -> bool:
    """Waits for the end; False when bytes come instead."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_many_slow_clients_keep_nobody_out(served: Served) -> None:
    """As many as an address may have, each with half a request line."""
    held = strangers(served, "127.0.0.2", limits.ADDRESS_CONNECTIONS)
    try:
        for one in held:
            one.sendall(b"GET /check")
        goes_on(served)
    finally:
        for one in held:
            one.close()
    goes_on(served)


def test_an_address_has_its_share_of_connections(served: Served) -> None:
    held = strangers(served, "127.0.0.3", limits.ADDRESS_CONNECTIONS + 9)
    assert all(is_ended(one) for one in held[-9:])
    goes_on(served)  # for whoever has another
    assert answered(held[0]) == 200  # and for who came before
    for one in held:
        one.close()
    status = 0
    while not status:  # those that were closed are counted off one after the other
        (again,) = strangers(served, "127.0.0.3", 1)
        with again, contextlib.suppress(http.client.RemoteDisconnected, ConnectionError):
            status = answered(again)
    assert status == 200


@pytest.mark.parametrize("said", [b"", b"GET /check"])
def test_silence_is_ended_and_shuts_nobody_out(impatient: Served, said: bytes) -> None:
    """As many connections as are answered at all."""
    held = [one for number in range(4) for one in strangers(
        impatient, f"127.0.0.{number + 2}", limits.CONNECTIONS // 4)]
    for one in held:
        one.sendall(said)
    assert all(is_ended(one) for one in held)
    goes_on(impatient)
    for one in held:
        one.close()


def dribble(connection: socket.socket) -> None:
    for _ in range(100):
        connection.sendall(b"G")
        with contextlib.suppress(TimeoutError):
            assert not connection.recv(1)


def test_a_head_that_comes_by_the_byte_gains_no_time(impatient: Served) -> None:
    """The first of a connection, and the next."""
    for first in (True, False):
        (one,) = strangers(impatient, "127.0.0.2", 1)
        with one:
            assert first or answered(one) == 200
            one.settimeout(0.05)
            with pytest.raises(ConnectionError):
                dribble(one)


def test_between_requests_there_is_more_time(impatient: Served) -> None:
    """A gateway asks twice a minute on one connection."""
    idle = http.client.HTTPConnection("127.0.0.1", impatient.server.port, timeout=10)
    for _ in range(3):
        idle.request("GET", "/checkpoint")
        same = idle.sock
        assert idle.getresponse().read()
        (silent,) = strangers(impatient, "127.0.0.2", 1)
        assert is_ended(silent)  # opened later than that was asked: its time is over, idle's is not
        silent.close()
        assert idle.sock is same
    idle.close()


def test_who_does_not_read_is_left(impatient: Served) -> None:
    (deaf,) = strangers(impatient, "127.0.0.2", 1)
    held = impatient.server._server.server_state.connections
    with deaf:
        deaf.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
        assert deaf.recv(1) == b"H"  # of megabytes; no more of them
        never = threading.Event()
        while held:
            assert not never.wait(0.01)
    goes_on(impatient)
