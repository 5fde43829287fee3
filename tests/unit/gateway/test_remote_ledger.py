"""The ledger over a service, as intake and forwarding see it: fresh, through outages, bounded."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_gateway.core import intake
from edge_gateway.ports import remote_ledger
from edge_gateway.ports.remote_ledger import (
    STANDING_AGE_MAX_MS,
    UNKNOWN_MS,
    RemoteDirectory,
    RemoteRegistrar,
)
from ledger_client.core import statement
from ledger_client.core.entry import Submission
from ledger_client.errors import PipeFailed, Refused, VerificationFailed
from ledger_client.service.application import Service
from ledger_client.service.server import Listen, Server
from ledger_client.wire import codes, session
from tests.served import UNLIMITED, Served, founded, serve
from tests.world import Device, pack_symbol, signer

NEVER_MS = 10 ** 9  # between two refreshes: a test asks for them


class Time:
    """Monotonic and wall clock of one gateway."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    started = serve(tmp_path, *founded(tmp_path))
    yield started
    started.close()


@contextmanager
def directory(served: Served, time: Time) -> Iterator[RemoteDirectory]:
    made = RemoteDirectory(served.client(), served.folder / "standing", time, monotonic_ms=time,
                           refresh_ms=NEVER_MS)
    try:
        yield made
    finally:
        made.close()


def enter(served: Served, submission: Submission) -> None:
    served.client().submit(submission.statement, submission.body)


def go_down(served: Served) -> None:
    served.server.close()


def come_back(served: Served) -> None:
    served.server = Server(
        Service(served.folder / "ledger.db", served.world.ledger_signer, rates=UNLIMITED),
        Listen("127.0.0.1", served.server.port))


def test_devices_in_standing_and_others(served: Served, time: Time) -> None:
    device = served.device.signer
    with directory(served, time) as asked:
        assert asked.ledger == served.world.ledger
        assert asked.device_key(device.kid) == device.public_key
        assert asked.device_key(served.world.gateway.signer.kid) is None
        assert asked.device_key(signer("stranger").kid) is None


def test_a_revocation_is_seen_at_the_next_refresh(served: Served, time: Time) -> None:
    device, world = served.device.signer, served.world
    with directory(served, time) as asked:
        assert asked.device_key(device.kid)
        enter(served, world.state("revoke", world.maker[0], f"key:{device.thumbprint.hex()}",
                                  [1, device.kid, world.now_ms, 1]))
        assert asked.device_key(device.kid), "not asked for every record"
        asked.refresh()
        assert asked.device_key(device.kid) is None


def test_a_new_device_is_found_when_it_comes(served: Served, time: Time) -> None:
    world, late = served.world, signer("late")
    with directory(served, time) as asked:
        assert asked.device_key(late.kid) is None
        enter(served, world.enrolment(codes.ROLE_DEVICE, late, world.pharmacy,
                                      [None, 5, "scanner"]))
        assert asked.device_key(late.kid) is None, "asked only now and then"
        time.ms += UNKNOWN_MS
        assert asked.device_key(late.kid) == late.public_key


def test_the_newest_checkpoint_is_told(served: Served, time: Time) -> None:
    with directory(served, time) as asked:
        asked.refresh()
        before = asked.app_hash()
        block = served.block()
        enter(served, block)
        asked.refresh()
        newest = served.client().checkpoint()
        assert (asked.app_hash(), asked.time_ms()) == (newest.app_hash(), newest.time_ms)
        assert before != newest.app_hash()


def test_registered_seq_is_read_behind_the_scenes(served: Served, time: Time) -> None:
    kid = served.device.signer.kid
    with directory(served, time) as asked:
        assert asked.device_key(kid)
        assert asked.registered_seq(kid, 1) is None
        asked.refresh()
        assert asked.registered_seq(kid, 1) == served.device.seq
        enter(served, served.block(2))
        asked.refresh()
        assert asked.registered_seq(kid, 1) == served.device.seq - 2, "asked for, not read yet"
        asked.refresh()
        assert asked.registered_seq(kid, 1) == served.device.seq
        assert asked.registered_seq(kid, 2) is None
        assert asked.registered_seq(bytes(8), 1) is None


def test_intake_goes_on_through_an_outage_and_a_restart_in_it(served: Served, time: Time) -> None:
    device, new = served.device.signer, signer("never seen")
    with directory(served, time) as asked:
        assert asked.device_key(device.kid)
        asked.refresh()
        go_down(served)
        with pytest.raises(PipeFailed):
            asked.refresh()
        assert asked.device_key(device.kid) == device.public_key
        with pytest.raises(PipeFailed):
            asked.device_key(new.kid)
    with directory(served, time) as restarted:
        assert restarted.device_key(device.kid) == device.public_key
        assert restarted.app_hash() is not None
        with pytest.raises(PipeFailed):
            restarted.device_key(new.kid)
        come_back(served)
        restarted.refresh()
        assert restarted.device_key(new.kid) is None


def test_the_first_start_in_an_outage_knows_nobody(served: Served, time: Time) -> None:
    go_down(served)
    with directory(served, time) as asked:
        assert (asked.app_hash(), asked.time_ms()) == (None, 0)
        with pytest.raises(PipeFailed):
            asked.device_key(served.device.signer.kid)
    come_back(served)


def test_the_copy_is_not_believed_for_ever(served: Served, time: Time) -> None:
    kid = served.device.signer.kid
    with directory(served, time) as asked:
        assert asked.device_key(kid)
        asked.refresh()
        go_down(served)
        time.ms += STANDING_AGE_MAX_MS
        assert asked.device_key(kid)
        time.ms += 1
        with pytest.raises(PipeFailed, match="168 hours"):
            asked.device_key(kid)
    with directory(served, time) as restarted:
        with pytest.raises(PipeFailed, match="168 hours"):
            restarted.device_key(kid)
        come_back(served)
        restarted.refresh()
        assert restarted.device_key(kid)


@pytest.mark.parametrize("data", [b"", b"noise", None])
def test_a_copy_that_cannot_be_used_is_made_anew(served: Served, time: Time,
                                                 data: bytes | None) -> None:
    file = served.folder / "standing"
    with directory(served, time) as asked:
        assert asked.device_key(served.device.signer.kid)
        asked.refresh()
    good = file.read_bytes()
    file.write_bytes(good.replace(served.world.ledger, bytes(32)) if data is None else data)
    with directory(served, time) as asked:
        assert asked.device_key(served.device.signer.kid)
        asked.refresh()
    assert file.read_bytes() == good


def test_the_copy_is_written_seldom(served: Served, time: Time) -> None:
    file = served.folder / "standing"
    with directory(served, time) as asked:
        assert asked.device_key(served.device.signer.kid)
        asked.refresh()
        written = file.stat().st_mtime_ns
        enter(served, served.block())
        asked.refresh()
        assert file.stat().st_mtime_ns == written
        time.ms += remote_ledger.SAVE_MS
        asked.refresh()
        assert file.stat().st_mtime_ns > written


def test_the_thread_refreshes_by_itself(served: Served) -> None:
    made = RemoteDirectory(served.client(), served.folder / "standing", lambda: None, refresh_ms=5)
    enter(served, served.block())
    newest = served.client().checkpoint().app_hash()
    look = threading.Event()
    while made.app_hash() != newest:  # the test's time limit ends what never comes
        look.wait(0.005)
    made.close()


def record_of(device: Device) -> tuple[str, bytes]:
    return session.topic(device.signer.kid, "up"), \
        device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{device.seq:05}")])


def test_a_record_that_nobody_can_judge_now_is_kept_and_not_acked(served: Served) -> None:
    def nobody_knows(kid: bytes) -> bytes | None:
        raise PipeFailed("the ledger does not answer")

    topic, data = record_of(served.device)
    payload = intake.read_payload(topic, data, ledger=served.world.ledger, key_of=nobody_knows,
                                  holds=lambda digest: False)
    assert [(one.rule, one.data) for one in payload.refused] == [("intake.standing-unknown", data)]
    assert (payload.accepted, payload.touched()) == ([], [])


# --- forwarding -----------------------------------------------------------------------------------


def test_blocks_are_registered_and_fetched_back(served: Served) -> None:
    registrar = RemoteRegistrar(served.client())
    gateway = served.world.gateway.signer.thumbprint
    block = served.block(2)
    assert block.body is not None
    entry, receipt = registrar.register(block.statement, block.body, 0)
    assert registrar.register(block.statement, block.body, 0) == (entry, receipt)
    assert [one.height for one in registrar.own_blocks(gateway, 0)] == [1, 2, 3]
    (last,) = registrar.own_blocks(gateway, 2)
    assert (last.statement, last.entry, last.receipt) == (block.statement, entry, receipt)
    assert len(last.leaves) == 2
    assert list(registrar.own_blocks(gateway, 3)) == []
    assert list(registrar.own_blocks(signer("other").thumbprint, 0)) == []


def test_a_ledger_that_forgot_blocks_is_named(served: Served) -> None:
    registrar = RemoteRegistrar(served.client())
    with pytest.raises(VerificationFailed) as caught:
        list(registrar.own_blocks(served.world.gateway.signer.thumbprint, 9))
    assert caught.value.rule == "gateway.head"


def test_a_refused_block_and_a_service_that_is_down(served: Served) -> None:
    registrar = RemoteRegistrar(served.client())
    skipped, block = served.block(), served.block()
    assert block.body is not None
    assert statement.parse(skipped.statement)
    with pytest.raises(Refused) as caught:
        registrar.register(block.statement, block.body, 0)
    assert caught.value.rule == "B2"
    go_down(served)
    with pytest.raises(PipeFailed):
        registrar.register(block.statement, block.body, 0)
    come_back(served)
