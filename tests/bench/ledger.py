"""What the ledger costs: judging statements, its state tree, its commits, its passports."""

import hashlib
import sqlite3
import statistics
import tempfile
from pathlib import Path
from time import perf_counter_ns

from ledger_client.core import answer, passport_verify, state_tree, statement
from ledger_client.core.entry import Submission
from ledger_client.core.state_tree import StateTree
from ledger_client.core.trust import Trust
from ledger_client.node import reapply
from ledger_client.node.passport_maker import PassportMaker
from ledger_client.node.source import LedgerSource
from ledger_client.signer import SoftwareSigner
from ledger_client.store.interface import Commit
from ledger_client.store.sqlite import SqliteStore
from tests.bench.hand_overs import Way, closed_way
from tests.bench.harness import Benchmark, Measured, median_ns, per_second
from tests.world import World

BATCH = 256  # statements handed in together
SMALL = 1000  # where growth is measured from


def endless(world: World, count: int) -> list[Submission]:
    """Statements that cost one verification each: versions of a product."""
    replaces: bytes | None = None
    world.product()
    current = world.engine.view().get(b"product/https://id.gs1.org/01/09506000134352")
    assert isinstance(current, list)
    replaces = current[1]
    made = []
    for number in range(count):
        submission = world.state(
            "product", world.maker[1], "https://id.gs1.org/01/09506000134352",
            [1, replaces, {"name": f"Coldvax {number}", "profile": "refrigerated-2-8"}])
        replaces = statement.entry_hash(submission.statement)
        made.append(submission)
    return made


def raw_verifications(submissions: list[Submission], key: SoftwareSigner) -> float:
    """The same signatures verified by `cryptography` alone, a second."""
    parsed = [statement.parse(one.statement) for one in submissions]

    def all_() -> None:
        for one in parsed:
            one.verify(key.public_key)

    return per_second(len(parsed), all_)


def registered_per_second(world: World, submissions: list[Submission]) -> float:
    def all_() -> None:
        for at in range(0, len(submissions), BATCH):
            world.now_ms += 60_000  # a million in a minute are more than an organisation may
            world.register(*submissions[at:at + BATCH])

    return per_second(len(submissions), all_)


def apply_statements(count: int) -> Measured:
    world = World().found()
    submissions = endless(world, count)
    return Measured(registered_per_second(world, submissions),
                    raw_verifications(submissions[:1000], world.maker[1]))


def apply_growth(count: int) -> Measured:
    """The rate after `count` entries, against the rate after a thousand."""
    world = World().found()
    submissions = endless(world, count)
    first = registered_per_second(world, submissions[:SMALL])
    registered_per_second(world, submissions[SMALL:-SMALL])
    return Measured(registered_per_second(world, submissions[-SMALL:]), first)


class Filled:
    """A state tree with many keys, its leaves by bucket."""

    def __init__(self, count: int) -> None:
        self.leaves: dict[int, dict[bytes, bytes]] = {}
        self.values: dict[bytes, bytes] = {}
        self.tree = StateTree()
        self.put(range(count))

    def put(self, numbers: range) -> None:
        changes: dict[bytes, bytes | None] = {}
        for number in numbers:
            path = state_tree.path_of(b"item/filler/%d" % number)
            value = hashlib.sha256(b"%d" % number).digest()
            self.values[path] = value
            changes[path] = state_tree.leaf_hash(path, value)
        self.tree.update(changes, lambda prefix: self.leaves.get(prefix, {}))
        for path, leaf in changes.items():
            assert leaf is not None
            self.leaves.setdefault(state_tree.prefix_of(path), {})[path] = leaf


CHANGED = 1000  # keys of one batch


def state_update_us(count: int) -> Measured:
    """A key of a batch in a large tree, against the hashing that its path alone costs."""
    filled = Filled(count)
    taken = median_ns(lambda: filled.put(range(count, count + CHANGED))) / CHANGED / 1000
    block = bytes(64)
    hashing = median_ns(lambda: [hashlib.sha256(block).digest() for _ in range(20)]) / 1000
    return Measured(taken, hashing)


def state_growth(count: int) -> Measured:
    """The same in a tree of a thousand keys."""
    return Measured(state_update_us(count).value, state_update_us(SMALL).value)


def state_proof_bytes(count: int) -> Measured:
    """A membership proof, against log2 of the keys times a hash."""
    filled = Filled(count)
    sizes = []
    for number in range(0, count, max(1, count // 200)):
        proof = filled.tree.prove(b"item/filler/%d" % number,
                                  lambda prefix: filled.leaves.get(prefix, {}),
                                  lambda path: hashlib.sha256(filled.values[path]).digest())
        sizes.append(sum(map(len, proof.siblings)) + len(proof.bitmap))
    return Measured(sum(sizes) / len(sizes), 32 * (count.bit_length() - 1))


def made(way: Way, *, evidence: bool) -> bytes:
    """A passport with a stated verdict."""
    engine = way.world.engine
    checkpoint = engine.checkpoint()
    assert checkpoint is not None
    storage = answer.storage_answer(LedgerSource(engine), engine.view(), way.pack,
                                    checkpoint.time_ms)
    return PassportMaker(engine, way.pack, evidence=evidence).make(way.maker, 0, storage.stated())


def passport_bytes(count: int, evidence: bool) -> Measured:
    way = closed_way(count)
    data = made(way, evidence=evidence)
    proofs = 2 * 32 * (count.bit_length() - 1)
    return Measured(len(data), proofs)


def passport_verify_ms(count: int) -> Measured:
    """The core verified, against its signatures verified raw: the checkpoint's and the maker's."""
    way = closed_way(count)
    data = made(way, evidence=False)
    key = way.world.ledger_signer
    trust = Trust("bench", way.world.ledger, key.public_key, (), 0)
    taken = median_ns(lambda: passport_verify.verify(data, trust)) / 1e6
    signed = statement.parse(way.world.engine.signed_checkpoint().statement)
    raw = 2 * median_ns(lambda: signed.verify(key.public_key)) / 1e6
    return Measured(taken, raw)


class TimedStore(SqliteStore):
    """Says how long each commit took."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, readonly=False)
        self.taken_ns: list[int] = []

    def commit(self, commit: Commit) -> None:
        start = perf_counter_ns()
        super().commit(commit)
        self.taken_ns.append(perf_counter_ns() - start)


def commit_ms(count: int) -> Measured:
    """A batch of one block on disk, against a bare SQLite commit of the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        SqliteStore.create(path).close()
        store = TimedStore(path)
        world = World(store=store).found()
        device = world.device("scanner", world.maker)
        blocks = [world.gateway.seal([device.boot() for _ in range(64)], world.now_ms)
                  for _ in range(count)]
        before = path.stat().st_size
        store.taken_ns.clear()
        for sealed in blocks:
            world.register(sealed)
        world.engine.close()
        size = max(1, (path.stat().st_size - before) // count)
        bare = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE row (data BLOB)")
        reference = median_ns(lambda: bare.execute("INSERT INTO row VALUES (?)", (bytes(size),)),
                              count)
        bare.close()
    return Measured(statistics.median(store.taken_ns) / 1e6, reference / 1e6)


def reverify(count: int) -> Measured:
    """Entries re-applied a second, against raw verifications."""
    world = World().found()
    submissions = endless(world, count)
    registered_per_second(world, submissions)
    rate = per_second(count, lambda: reapply.reapply(world.store))
    return Measured(rate, raw_verifications(submissions[:1000], world.maker[1]))


BENCHMARKS = (
    Benchmark("apply_statements", "statements/s", "P-256 verifications/s by cryptography",
              (50, 20_000), apply_statements),
    Benchmark("apply_growth", "statements/s", "after the first thousand", (2_050, 1_000_000),
              apply_growth),
    Benchmark("state_update", "us a key", "20 SHA-256 of a node", (2_000, 1_000_000),
              state_update_us),
    Benchmark("state_growth", "us a key", "in a tree of 1,000 keys", (2_000, 1_000_000),
              state_growth),
    Benchmark("state_proof_bytes", "bytes", "32 bytes times log2 of the keys",
              (2_000, 1_000_000), state_proof_bytes),
    Benchmark("passport_core_bytes", "bytes", "two state proofs", (200, 1_000_000),
              lambda count: passport_bytes(count, False)),
    Benchmark("passport_full_bytes", "bytes", "two state proofs", (200, 1_000_000),
              lambda count: passport_bytes(count, True)),
    Benchmark("passport_verify_ms", "ms", "its two signatures verified raw", (200, 1_000_000),
              passport_verify_ms),
    Benchmark("commit_ms", "ms", "a bare SQLite commit of the same bytes", (5, 200), commit_ms),
    Benchmark("reverify", "entries/s", "P-256 verifications/s by cryptography", (50, 20_000),
              reverify),
)
