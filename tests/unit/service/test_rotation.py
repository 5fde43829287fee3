"""A service whose ledger key was rotated, asked by a client that trusts the new key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_client.client import LedgerClient
from ledger_client.core import receipt
from ledger_client.core.trust import Trust
from ledger_client.errors import PipeFailed, UsageError, VerificationFailed
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.service.application import Service
from ledger_client.service.server import Listen, Server
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import cbor
from tests.rotation import NEW, revoke_old, rotated, rotation
from tests.served import Served, founded, serve
from tests.world import World


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Rotated after two blocks, and served with the new key."""
    world, device = founded(tmp_path)
    _reopen(world, tmp_path)
    rotated(world).engine.close()
    service = Service(tmp_path / "ledger.db", NEW)
    made = Served(world, device, tmp_path, Server(service, Listen("127.0.0.1", 0)), Trust(
        "test", world.ledger, NEW.public_key, (), 0))
    yield made
    made.close()


def _reopen(world: World, folder: Path) -> None:
    world.store = SqliteStore(folder / "ledger.db", readonly=False)
    world.engine = EmbeddedLedger(world.store, world.ledger_signer, lambda: world.now_ms)


def test_receipts_of_before_and_after_hold(served: Served) -> None:
    client = served.client()
    issuers = {receipt.decode(client.receipt(number)).issuer
               for number in range(client.checkpoint().size)}
    assert issuers == {served.world.ledger_signer.thumbprint, NEW.thumbprint}
    assert client.submit(*_parts(served)).number == client.checkpoint().size - 1


def _parts(served: Served) -> tuple[bytes, bytes | None]:
    submission = served.block()
    return submission.statement, submission.body


def test_checkpoints_are_in_line_across_the_rotation(served: Served) -> None:
    client = served.client()
    newest = client.checkpoint().number
    for older in range(newest):
        first, second = client.consistency(older, newest)
        assert (first.number, second.number) == (older, newest)
    assert client.consistency(0, newest - 1)[1].number == newest - 1, "both under the old key"


def test_past_keys_stay_resolvable(served: Served) -> None:
    found = cbor.decode(served.ask("GET", "/.well-known/scitt-keys").body)
    assert isinstance(found, list)
    assert [one[2] for one in found] == [served.world.ledger_signer.kid, NEW.kid]


def test_a_client_that_trusts_the_old_key_is_told_what_to_do(served: Served) -> None:
    old = Trust("test", served.world.ledger, served.world.ledger_signer.public_key, (), 0)
    client = LedgerClient(served.url, old, served.world.gateway.signer)
    try:
        with pytest.raises(VerificationFailed, match="new trust file") as caught:
            client.checkpoint()
        assert caught.value.rule == "client.issuer"
    finally:
        client.close()


def test_a_memory_of_before_goes_on_under_the_new_key(tmp_path: Path) -> None:
    world, device = founded(tmp_path)
    before = serve(tmp_path, world, device)
    memory = tmp_path / "seen"
    seen = before.client(memory=memory).checkpoint()
    before.close()
    _reopen(world, tmp_path)
    rotated(world).engine.close()
    after = Served(world, device, tmp_path, Server(Service(tmp_path / "ledger.db", NEW), Listen(
        "127.0.0.1", 0)), Trust("test", world.ledger, NEW.public_key, (), 0))
    try:
        assert after.client(memory=memory).checkpoint().number == seen.number + 2
    finally:
        after.close()


def test_receipts_by_a_revoked_key_hold_only_where_it_was_good(tmp_path: Path) -> None:
    world, device = founded(tmp_path)
    _reopen(world, tmp_path)
    rotated(world)
    tainted_from = revoke_old(world, since=3)
    world.engine.close()
    made = Served(world, device, tmp_path, Server(Service(tmp_path / "ledger.db", NEW), Listen(
        "127.0.0.1", 0)), Trust("test", world.ledger, NEW.public_key, (), 0))
    try:
        client = made.client()
        for number in range(tainted_from):
            client.receipt(number)
        with pytest.raises(VerificationFailed, match="revoked"):
            client.receipt(tainted_from)
    finally:
        made.close()


def test_a_service_stops_writing_when_its_key_was_replaced(tmp_path: Path) -> None:
    """What waits with the rotation is under the old key; nothing after it is registered by it."""
    world, device = founded(tmp_path)
    served = serve(tmp_path, world, device)
    try:
        client = served.client()
        client.submit(rotation(world).statement)
        size = client.checkpoint().size
        with pytest.raises(PipeFailed, match="open it with"):
            client.submit(*_parts(served))
        assert client.checkpoint().size == size
    finally:
        served.close()
    with pytest.raises(UsageError, match="not the key"):
        Service(tmp_path / "ledger.db", world.ledger_signer)
