"""What a ledger service does a second: submissions alone and together, queries beside them.

The service runs in a process of its own; clients post what they made before, and only count.
"""

import http.client
import multiprocessing
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from ledger_client.client import LedgerClient
from ledger_client.core import state
from ledger_client.core.entry import Submission
from ledger_client.service import answers
from ledger_client.service.application import Service
from ledger_client.service.server import SWITCH_S, Listen, Server
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes
from tests.bench.harness import Benchmark, Measured, median_ns, per_second
from tests.served import UNLIMITED, trust_of
from tests.world import Gateway, World, signer

CLIENTS = 16
RECORDS = 8  # of a block: what a gateway gathers in a minute of a small site
WRITERS = 4  # while queries are measured


@dataclass
class Bench:
    """A service, and blocks of several gateways to hand in."""

    world: World
    port: int
    blocks: list[list[Submission]]


def _serve(folder: Path, told: Connection) -> None:
    sys.setswitchinterval(SWITCH_S)
    server = Server(Service(folder / "ledger.db", signer("ledger"), rates=UNLIMITED),
                    Listen("127.0.0.1", 0))
    told.send(server.port)
    told.recv()
    server.close()


@contextmanager
def bench(gateways: int, blocks: int) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(store=SqliteStore.create(Path(folder) / "ledger.db")).found()
        made = [_blocks(world, number, blocks) for number in range(gateways)]
        world.engine.close()
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(Path(folder), there))
        process.start()
        yield Bench(world, here.recv(), made)
        here.send(None)
        process.join()


def _blocks(world: World, number: int, count: int) -> list[Submission]:
    key = world.enrol(codes.ROLE_GATEWAY, f"gateway {number}", world.maker, [False])
    gateway = Gateway(world.ledger, key)
    device = world.device(f"device {number}", world.maker)
    return [gateway.seal([device.boot() for _ in range(RECORDS)], world.now_ms)
            for _ in range(count)]


def post(port: int, blocks: Sequence[Submission]) -> None:
    """Hand them in one after the other over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for block in blocks:
        connection.request("POST", "/entries", answers.encode_submission(block),
                           {"Content-Type": answers.CBOR})
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()
    connection.close()


def together(calls: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def submissions_per_second(blocks: int) -> Measured:
    """Sixteen clients at once, against one alone."""
    with bench(CLIENTS + 1, blocks) as made:
        alone = per_second(blocks, lambda: post(made.port, made.blocks[CLIENTS]))
        shared = per_second(CLIENTS * blocks, lambda: together(
            [lambda one=one: post(made.port, one) for one in made.blocks[:CLIENTS]]))  # type: ignore[misc]
    return Measured(shared, alone)


def query_ms(blocks: int) -> Measured:
    """A proven value while four clients write, against the same in peace."""
    with bench(WRITERS, blocks) as made:
        client = LedgerClient(f"http://127.0.0.1:{made.port}", trust_of(made.world),
                              made.world.gateway.signer)
        peace = median_ns(lambda: client.query(state.members_key()), 50)
        writing = [threading.Thread(target=post, args=(made.port, one)) for one in made.blocks]
        for thread in writing:
            thread.start()
        busy = median_ns(lambda: client.query(state.members_key()), 50)
        for thread in writing:
            thread.join()
        client.close()
    return Measured(busy / 1e6, peace / 1e6)


BENCHMARKS = (
    Benchmark("service_submissions", "submissions/s of 16 clients", "of one client", (2, 100),
              submissions_per_second),
    Benchmark("service_query_ms", "ms while 4 clients write", "ms when nobody does", (3, 200),
              query_ms),
)
