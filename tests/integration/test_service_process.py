"""Two sites on one service, over real brokers, while processes die and a backup is put back."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger_client.client import LedgerClient
from ledger_client.core import block, device_chain, state
from ledger_client.core.state import View
from ledger_client.node import reapply
from ledger_client.node.embedded import LedgerReader
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes, event, record
from tests.integration.keeper import Keeper
from tests.integration.service_rig import ServiceRig, Site, service_rig, site
from tests.served import trust_of
from tests.world import Device, World

WAIT_S = 60


@dataclass
class Circle:
    """A service, two sites, two devices at each."""

    world: World
    service: ServiceRig
    sites: list[Site]
    devices: list[list[Device]]
    keepers: list[Keeper]

    def start_keepers(self) -> None:
        for at, devices in enumerate(self.devices):
            for device in devices:
                self.keepers.append(Keeper(device, self.sites[at].broker.port,
                                           self.sites[at].key.public_key))

    def at(self, number: int) -> list[Keeper]:
        """The devices of a site."""
        return self.keepers[2 * number:2 * number + 2]


@pytest.fixture
def circle(tmp_path: Path) -> Iterator[Circle]:
    hub = tmp_path / "hub"
    world = World(store=SqliteStore.create(hub / "ledger.db")).found()
    second = world.enrol(codes.ROLE_GATEWAY, "second gateway", world.pharmacy, [False])
    devices = [[world.device(f"{place} {number}", owner) for number in range(2)]
               for place, owner in (("maker", world.maker), ("pharmacy", world.pharmacy))]
    world.engine.close()
    service = service_rig(hub, world)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    sites = [site(tmp_path / "a", service, world.gateway.signer, "mosquitto"),
             site(tmp_path / "b", service, second, "iotcore")]
    made = Circle(world, service, sites, devices, [])
    yield made
    for keeper in made.keepers:
        keeper.close()
    for one in sites:
        one.stop()
    if service.process is not None:
        service.kill()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Processes of their own change it: it can only be looked at."""
    ends = time.monotonic() + WAIT_S
    look = threading.Event()
    while not condition():
        assert time.monotonic() < ends, what
        look.wait(0.1)


def all_delivered(keepers: list[Keeper]) -> None:
    for keeper in keepers:
        assert keeper.delivered.wait(WAIT_S), f"{keeper.device.name} stays at {keeper.cursor}"


def registered_upto(reader: LedgerReader, keeper: Keeper) -> int:
    return device_chain.head(View(reader.store.get), keeper.device.signer.thumbprint,
                             1).contiguous()


def all_registered(circle: Circle) -> None:
    reader = LedgerReader(SqliteStore(circle.service.folder / "ledger.db", readonly=True))
    try:
        wait_until(lambda: all(registered_upto(reader, keeper) >= len(keeper.ring)
                               for keeper in circle.keepers), "not everything is registered")
    finally:
        reader.close()


def sealed_records(reader: LedgerReader) -> Counter[bytes]:
    """How often each record lies in a block, by digest."""
    checkpoint = reader.checkpoint()
    assert checkpoint is not None
    found: Counter[bytes] = Counter()
    for number in range(checkpoint.size):
        body = reader.entry(number).body
        for leaf in [] if body is None else block.decode_body(body):
            found[record.decode(leaf.record, checkpoint.ledger).digest] += 1
    return found


def test_a_backup_is_put_back_and_the_service_dies(circle: Circle) -> None:
    """Every reading of every device ends on the ledger exactly once."""
    circle.service.start()
    for one in circle.sites:
        one.gateway.start()
    circle.start_keepers()
    first = circle.sites[0]
    for keeper in circle.keepers:
        keeper.measure(20)
    all_delivered(circle.keepers)
    backup = first.back_up()
    for keeper in circle.keepers:
        keeper.measure(25)
    all_delivered(circle.keepers)
    all_registered(circle)  # blocks that the backup does not know
    for keeper in circle.at(0):
        keeper.measure(7)
    all_delivered(circle.at(0))  # acked; on their way to the ledger, or not yet

    circle.service.kill()
    first.gateway.kill()
    first.restore(backup)
    for keeper in circle.keepers:
        keeper.measure(10)
    all_delivered(circle.at(1))  # the other site goes on without the ledger
    first.gateway.start()  # and so does this one, with the keys it knew
    for keeper in circle.at(0):
        keeper.connect()
    wait_until(lambda: all(keeper.broken for keeper in circle.at(0)),
               "the devices were not told that the gateway lost what it had acked")
    all_delivered(circle.at(0))
    circle.service.start()
    circle.service.kill()  # once more, while both sites register what has gathered
    circle.service.start()
    all_registered(circle)

    for one in circle.sites:
        one.gateway.stop()
    assert circle.service.stop() == 0, circle.service.log()
    check_ledger(circle)
    check_journals(circle)


def check_ledger(circle: Circle) -> None:
    store = SqliteStore(circle.service.folder / "ledger.db", readonly=True)
    reader = LedgerReader(store)
    sealed = sealed_records(reader)
    kept = [record.decode(one, circle.world.ledger) for keeper in circle.keepers
            for one in keeper.ring]
    assert sealed == Counter(one.digest for one in kept)
    assert max(sealed.values()) == 1
    # what the restored gateway had lost was said by each of its devices once, and by no other
    said = {keeper.device.name: [event.decode(one.body)[1] for one in kept
                                 if one.kid == keeper.device.signer.kid
                                 and one.kind == codes.KIND_EVENT
                                 and event.decode(one.body)[0] == codes.EVENT_CUSTODY_BROKEN]
            for keeper in circle.keepers}
    assert [len(said[keeper.device.name]) for keeper in circle.at(0)] == [1] * len(circle.at(0))
    assert not any(said[keeper.device.name] for keeper in circle.at(1))
    view = View(store.get)
    for keeper in circle.keepers:
        head = device_chain.head(view, keeper.device.signer.thumbprint, 1)
        assert (head.contiguous(), head.gaps, head.forks) == (len(keeper.ring), [], [])
    reapply.reapply(store)
    reader.close()


def check_journals(circle: Circle) -> None:
    """Each gateway's own file holds its blocks without a gap, every one registered."""
    circle.service.start()
    for one in circle.sites:
        done = one.gateway.run("gateway", "verify", "--config", str(one.gateway.config))
        assert done.returncode == 0, done.stderr
        with one.gateway.journal() as journal:
            counts = journal.counts()
            assert counts["registered"] == counts["blocks"] > 0
            assert counts["unsealed"] == 0
    assert circle.service.stop() == 0


def test_a_gateway_starts_without_the_ledger_and_catches_up(circle: Circle) -> None:
    circle.service.start()
    first = circle.sites[0]
    first.gateway.start()
    keeper = Keeper(circle.devices[0][0], first.broker.port, first.key.public_key)
    circle.keepers.append(keeper)
    keeper.measure(5)
    all_delivered([keeper])
    all_registered(circle)
    wait_until(lambda: (first.gateway.folder / "journal.db.standing").exists(), "no copy is kept")
    circle.service.kill()
    first.gateway.kill()
    first.gateway.start()
    keeper.measure(5)
    all_delivered([keeper])
    with first.gateway.journal() as journal:
        assert journal.counts()["rows"] == 10
    circle.service.start()
    all_registered(circle)
    first.gateway.stop()
    assert "blocks wait" in first.gateway.log()


def test_the_command_serves_and_ends_on_sigterm(circle: Circle) -> None:
    circle.service.start()
    client = LedgerClient(circle.service.url, trust_of(circle.world), circle.world.gateway.signer)
    assert client.query(state.members_key()).value
    size = client.checkpoint().size
    answered: list[object] = []
    following = threading.Thread(target=lambda: answered.append(client.log(size, wait_s=20)))
    following.start()
    connection = http.client.HTTPConnection("127.0.0.1", circle.service.port)
    connection.request("GET", "/checkpoint")
    assert connection.getresponse().read()  # and is kept alive, idle
    assert circle.service.stop() == 0, circle.service.log()
    following.join(10)
    assert answered in ([[]], [])  # answered with nothing, or cut off before it was asked
    connection.close()
    client.close()


@pytest.mark.parametrize(("arguments", "message"), [
    (["--listen", "0.0.0.0:0"], "--tls-cert"), (["--listen", "nowhere"], "not an address"),
    (["--tls-cert", "x"], "belong together"), (["--ledger-key", "none.key"],
     "no such key. Name the one that signs this ledger's checkpoints, --ledger-key")])
def test_the_command_refuses_what_cannot_be(circle: Circle, arguments: list[str],
                                            message: str) -> None:
    done = circle.sites[0].gateway.run("ledger", "serve",
                                       str(circle.service.folder / "ledger.db"), *arguments)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
