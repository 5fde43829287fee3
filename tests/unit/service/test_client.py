"""The client against an honest service: the interface of an engine, and every error by kind."""

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ledger_client.client import LedgerClient
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, state, statement
from ledger_client.core.checkpoint import Cosignature
from ledger_client.errors import PipeFailed, Refused, UsageError
from ledger_client.service.application import Service
from ledger_client.service.server import Listen, Server
from ledger_client.service.transport import Sources
from ledger_client.wire import codes
from tests.served import WITNESS, Served, founded, serve
from tests.world import pack, signer


def test_a_block_is_submitted_and_stands(served: Served, client: LedgerClient) -> None:
    block = served.block(3)
    entered = client.submit(block.statement, block.body)
    assert entered.entry_hash == statement.entry_hash(block.statement)
    assert client.submit(block.statement, block.body) == entered
    assert client.entry(entered.number) == block
    assert client.statement(entered.number) == block.statement
    assert client.receipt(entered.entry_hash) == client.receipt(entered.number) == entered.receipt


def test_a_refusal_comes_with_its_rule(served: Served, client: LedgerClient) -> None:
    late = served.world.state("profile", signer("stranger"), "profile/x", [1, None, {}])
    with pytest.raises(Refused) as caught:
        client.submit(late.statement)
    assert caught.value.rule == "K6"


def test_values_are_proven_present_and_absent(served: Served, client: LedgerClient) -> None:
    proven = client.query(state.members_key())
    assert proven.value is not None
    assert proven.checkpoint == client.checkpoint()
    assert client.query(b"nothing").value is None


def test_the_rules_read_a_remote_state(served: Served, client: LedgerClient) -> None:
    view = client.view()
    found = identity.key_of_kid(view, served.device.signer.kid)
    assert found is not None
    assert found[1].public_key == served.device.signer.public_key
    assert len(identity.members(view)) == 2


def test_checkpoints_extend_one_another(served: Served, client: LedgerClient) -> None:
    first, newest = client.checkpoint(0), client.checkpoint()
    assert (first.number, first.size) == (0, 1)
    assert client.consistency(0, newest.number) == (first, newest)
    assert client.checkpoint(newest.number) == newest


def test_a_chain_is_complete(served: Served, client: LedgerClient) -> None:
    block = served.block()
    client.submit(block.statement, block.body)
    uri = pack(f"S{served.device.seq - 1:05}")
    (event,) = client.chain(uri)
    assert event.event.action == codes.ACTION_COMMISSION
    assert client.chain(uri, since=1) == []
    assert client.chain(pack("never")) == []


def test_the_log_is_followed(served: Served, client: LedgerClient) -> None:
    size = client.checkpoint().size
    assert len(client.log(0)) == size
    assert client.log(size) == []
    following = served.client()
    arrived: list[tuple[int, bytes]] = []
    seen = threading.Event()

    def follow() -> None:
        for number, entry in following.follow(size):
            arrived.append((number, entry.statement))
            if len(arrived) == 3:
                seen.set()
                return

    thread = threading.Thread(target=follow)
    thread.start()
    blocks = [served.block() for _ in range(3)]
    for block in blocks:
        client.submit(block.statement, block.body)
    assert seen.wait(10)
    thread.join(10)
    assert arrived == [(size + at, block.statement) for at, block in enumerate(blocks)]


def test_a_long_poll_ends_with_nothing(served: Served, client: LedgerClient) -> None:
    assert client.log(client.checkpoint().size, wait_s=1) == []


def test_witnesses_are_read_and_heard(served: Served, client: LedgerClient) -> None:
    newest = client.checkpoint()
    client.cosign(checkpoints.cosign(Cosignature(newest.app_hash(), 1, 7), newest.ledger, WITNESS),
                  newest.number)
    ((witness, cosignature),) = client.cosignatures(newest.number)
    assert (witness, cosignature.time_ms) == (WITNESS.thumbprint, 7)


def test_what_is_not_there_is_the_askers_mistake(served: Served, client: LedgerClient) -> None:
    for ask in (lambda: client.statement(99_999), lambda: client.checkpoint(99_999),
                lambda: client.chain(pack("S00001"), since=99)):
        with pytest.raises(UsageError):
            ask()


def test_a_device_may_not_read(served: Served) -> None:
    device = served.client(served.device.signer)
    assert device.checkpoint().size
    with pytest.raises(UsageError, match="403"):
        device.query(state.members_key())


def test_without_a_key_only_the_public_is_read(served: Served) -> None:
    client = LedgerClient(served.url, served.trust)
    assert client.checkpoint().size
    with pytest.raises(UsageError, match="401"):
        client.query(state.members_key())
    client.close()


# --- memory ---------------------------------------------------------------------------------------


def test_a_client_remembers_over_a_restart(served: Served, tmp_path: Path) -> None:
    memory = tmp_path / "seen"
    first = served.client(memory=memory).checkpoint()
    block = served.block()
    served.client(memory=memory).submit(block.statement, block.body)
    again = served.client(memory=memory)
    assert again.checkpoint().size > first.size


@pytest.mark.parametrize("data", [b"", b"noise"])
def test_a_damaged_memory_is_named(served: Served, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "seen").write_bytes(data)
    with pytest.raises(UsageError, match="seen"):
        served.client(memory=tmp_path / "seen")


def test_another_ledgers_memory_is_refused(served: Served, tmp_path: Path) -> None:
    memory = tmp_path / "seen"
    served.client(memory=memory).checkpoint()
    with pytest.raises(UsageError, match="another ledger"):
        LedgerClient(served.url, replace(served.trust, ledger=bytes(32)), memory=memory)


# --- the pipe -------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "ledger.example", "ftp://x", "http://", "http://x/path",
                                 "http://u:p@x", "http://x?y=1", "http://x#y", "http://[",
                                 "http://x:y", "http://x:99999"])
def test_what_is_no_service_is_refused(served: Served, url: str) -> None:
    with pytest.raises(UsageError):
        LedgerClient(url, served.trust)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_nobody_answers(served: Served) -> None:
    client = LedgerClient(f"http://127.0.0.1:{free_port()}", served.trust)
    with pytest.raises(PipeFailed):
        client.checkpoint()


@contextmanager
def answering(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Somebody else's server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers as its class says, and logs nothing."""

    status, media_type, content, length = 200, "text/html", b"<p>Sign in</p>", -1

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", self.media_type)
        self.send_header("Content-Length", str(self.length if self.length >= 0
                                               else len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class Portal(Quiet):
    """A page to sign in at, in place of the service."""


class Redirect(Quiet):
    status = 302


class Busy(Quiet):
    status, media_type = 503, "text/plain"


class CutOff(Quiet):
    media_type, length = "application/cose", 100


class Endless(Quiet):
    media_type, content = "application/cose", bytes(8 * 1024 * 1024 + 1)


class NotOurs(Quiet):
    status, media_type, content = 400, "application/concise-problem-details+cbor", b"\xff"


@pytest.mark.parametrize("handler", [Portal, Redirect, Busy, CutOff, Endless, NotOurs])
def test_what_somebody_else_answers_is_no_lie(served: Served, handler: type[Quiet]) -> None:
    with answering(handler) as url:
        client = LedgerClient(url, served.trust)
        with pytest.raises(PipeFailed):
            client.checkpoint()
        client.close()


def test_silence_has_an_end(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = LedgerClient(f"http://127.0.0.1:{listening.getsockname()[1]}", served.trust,
                              sources=Sources(timeout_s=1))
        with pytest.raises(PipeFailed):
            client.checkpoint()
        client.close()


def test_a_service_that_came_back_is_asked_again(tmp_path: Path) -> None:
    world, device = founded(tmp_path)
    first = serve(tmp_path, world, device)
    client = first.client()
    before = client.checkpoint()
    port = first.server.port
    first.server.close()
    with pytest.raises(PipeFailed):
        client.checkpoint()
    again = Server(Service(tmp_path / "ledger.db", world.ledger_signer),
                   Listen("127.0.0.1", port))
    assert client.checkpoint() == before
    client.close()
    again.close()
