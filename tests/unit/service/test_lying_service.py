"""A service that lies is found out, whatever it answers.

The liar is a real service whose answers are altered on their way out.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger_client.client import LedgerClient
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import merkle, state, statement
from ledger_client.core import receipt as receipts
from ledger_client.core.checkpoint import Cosignature
from ledger_client.core.entry import Submission
from ledger_client.errors import InvalidData, Refused
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.service import answers
from ledger_client.service.application import Service
from ledger_client.service.server import Listen, Server
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import cbor, codes
from tests.served import UNLIMITED, WITNESS, Served, founded, serve, trust_of
from tests.world import Device, World, pack, pack_symbol, signer

Alter = Callable[[str, bytes], bytes]  # path and query, body -> body
STEP = 7  # every seventh byte is altered: each part of an answer is several times hit


class Liar(Service):
    """Alters what it answers; `alter` is set by a test."""

    alter: Alter = staticmethod(lambda target, body: body)

    def __init__(self, ledger: Path, world: World) -> None:
        super().__init__(ledger, world.ledger_signer, rates=UNLIMITED)
        honest = self.application

        async def lying(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await honest(scope, receive, send)
                return
            target = scope["path"] + "?" + scope["query_string"].decode()
            parts: list[Any] = []

            async def keep(message: Any) -> None:
                parts.append(message)

            await honest(scope, receive, keep)
            start, *bodies = parts
            body = b"".join(one.get("body", b"") for one in bodies)
            if start["status"] in (200, 201):
                body = self.alter(target, body)
            headers = [(name, value) for name, value in start["headers"]
                       if name != b"content-length"]
            await send({**start, "headers": [*headers, (b"content-length",
                                                        str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        self.application = lying  # type: ignore[assignment]


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Liar]]:
    folder = tmp_path_factory.mktemp("liar")
    world, device = founded(folder)
    liar = Liar(folder / "ledger.db", world)
    served = serve_it(liar, folder, world, device)
    yield served, liar
    served.close()


def serve_it(service: Service, folder: Path, world: World, device: Device) -> Served:
    return Served(world, device, folder, Server(service, Listen("127.0.0.1", 0)), trust_of(world))


@pytest.fixture
def liar(lying: tuple[Served, Liar]) -> Iterator[Liar]:
    yield lying[1]
    lying[1].alter = lambda target, body: body


@pytest.fixture
def served(lying: tuple[Served, Liar]) -> Iterator[Served]:
    yield lying[0]
    lying[0].hang_up()


FIRST = pack("S00000")
QUESTIONS: dict[str, tuple[str, Callable[[LedgerClient], object]]] = {
    "checkpoint": ("/checkpoint?", lambda client: client.checkpoint()),
    "a past checkpoint": ("/checkpoint/2", lambda client: client.checkpoint(2)),
    "consistency": ("/consistency", lambda client: client.consistency(1, 3)),
    "receipt": ("/entries/4?", lambda client: client.receipt(4)),
    "statement": ("/entries/4/statement", lambda client: client.statement(4)),
    "body": ("/entries/4/body", lambda client: client.entry(4)),
    "state": ("/state/", lambda client: client.query(state.members_key())),
    "absence": ("/state/", lambda client: client.query(b"nothing")),
    "chain": ("/chain/", lambda client: client.chain(FIRST)),
    "log": ("/log", lambda client: client.log(0)),
    "cosignatures": ("/cosignatures", lambda client: client.cosignatures(5)),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_altered_byte_is_believed(served: Served, liar: Liar, question: str) -> None:
    path, ask = QUESTIONS[question]
    client = served.client()
    truth = ask(client)
    lengths: list[int] = []

    def measure(target: str, body: bytes) -> bytes:
        if target.startswith(path):
            lengths.append(len(body))
        return body

    liar.alter = measure
    assert ask(client) == truth
    assert lengths
    for at in [*range(0, lengths[0], STEP), lengths[0] - 1]:
        def alter(target: str, body: bytes, at: int = at) -> bytes:
            if not target.startswith(path) or len(body) <= at:
                return body
            return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]

        liar.alter = alter
        with pytest.raises(InvalidData) as caught:
            ask(client)
        assert not isinstance(caught.value, Refused), "nobody refused a statement of ours"


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("change", [lambda body: body[:-1], lambda body: body + b"\0",
                                    lambda body: b"", lambda body: b"\xff" * 40])
def test_no_other_bytes_are_believed(served: Served, liar: Liar, question: str,
                                     change: Callable[[bytes], bytes]) -> None:
    path, ask = QUESTIONS[question]
    client = served.client()
    ask(client)
    liar.alter = lambda target, body: change(body) if target.startswith(path) else body
    with pytest.raises(InvalidData):
        ask(client)


def caught_rule(ask: Callable[[], object]) -> str:
    with pytest.raises(InvalidData) as caught:
        ask()
    assert not isinstance(caught.value, Refused)
    return caught.value.rule


def replaying(path: str, other: bytes) -> Alter:
    return lambda target, body: other if target.startswith(path) else body


# --- true answers to other questions --------------------------------------------------------------


def test_another_entrys_receipt(served: Served, liar: Liar) -> None:
    client = served.client()
    other = client.receipt(4)
    liar.alter = replaying("/entries/5?", other)
    assert caught_rule(lambda: client.receipt(5))
    block = served.block()
    liar.alter = replaying("/entries?", other)
    assert caught_rule(lambda: client.submit(block.statement, block.body)) == "signature"
    liar.alter = lambda target, body: body
    client.submit(block.statement, block.body)


def test_another_entry_altogether(served: Served, liar: Liar) -> None:
    client = served.client()
    first = {"/entries/5?": client.receipt(4), "/entries/5/statement?": client.statement(4)}
    liar.alter = lambda target, body: first.get(target, body)
    assert caught_rule(lambda: client.statement(5)) == "client.other"


def test_another_blocks_body(served: Served, liar: Liar) -> None:
    client = served.client()
    other = client.entry(4).body
    assert other is not None
    liar.alter = replaying("/entries/5/body", other)
    assert caught_rule(lambda: client.entry(5)) == "B3"


def test_another_keys_value(served: Served, liar: Liar) -> None:
    client = served.client()
    signed_by = served.world.gateway.signer
    other = served.ask("GET", f"/state/{answers.to_text(state.revoked_key())}", by=signed_by).body
    liar.alter = replaying("/state/", other)
    assert caught_rule(lambda: client.query(state.members_key())) == "state.proof"


def test_absence_of_what_is_there(served: Served, liar: Liar) -> None:
    client = served.client()

    def absent(target: str, body: bytes) -> bytes:
        if not target.startswith("/state/"):
            return body
        return replace(answers.decode_state(body), value=None).encode()

    liar.alter = absent
    assert caught_rule(lambda: client.query(state.members_key())) == "state.proof"


def test_another_past_checkpoint(served: Served, liar: Liar) -> None:
    client = served.client()
    liar.alter = replaying("/checkpoint/2", served.ask("GET", "/checkpoint/3").body)
    assert caught_rule(lambda: client.checkpoint(2)) == "client.other"


def test_consistency_of_other_sizes(served: Served, liar: Liar) -> None:
    client = served.client()
    liar.alter = replaying("/consistency", served.ask("GET", "/consistency?first=1&second=3").body)
    assert caught_rule(lambda: client.consistency(1, 3)) == "client.other"


def test_a_receipt_by_another_key(served: Served, liar: Liar) -> None:
    client = served.client()
    opened = client.checkpoint()
    thief = signer("thief")
    path = receipts.decode(client.receipt(4))
    forged = receipts.inclusion(
        replace(opened, size=path.size), thief.public_key,
        receipts.sign(replace(opened, size=path.size), thief), 4, path.path)
    liar.alter = replaying("/entries/4?", forged)
    assert caught_rule(lambda: client.receipt(4)) == "K6"  # unknown there


def test_a_checkpoint_of_another_ledger(served: Served, liar: Liar) -> None:
    client = served.client()
    other = replace(client.checkpoint(), ledger=bytes(32))
    liar.alter = replaying("/checkpoint", checkpoints.sign(other, served.world.ledger_signer))
    assert caught_rule(client.checkpoint) == "checkpoint.kind"


# --- what is left out or added --------------------------------------------------------------------


def chain_changed(change: Callable[[answers.ChainAnswer], answers.ChainAnswer]) -> Alter:
    return lambda target, body: change(answers.decode_chain(body)).encode() \
        if target.startswith("/chain/") else body


@pytest.mark.parametrize("change", [
    lambda answer: replace(answer, events=answer.events[:-1]),
    lambda answer: replace(answer, events=[*answer.events, *answer.events]),
    lambda answer: replace(answer, first=1),
    lambda answer: replace(answer, events=[], first=1, before=bytes(32)),
    lambda answer: replace(answer, events=[], state=replace(answer.state, value=None)),
    lambda answer: replace(answer, before=state.first_head("other"))])
def test_a_chain_that_is_not_whole(served: Served, liar: Liar, change: Any) -> None:
    client = served.client()
    assert client.chain(FIRST)
    liar.alter = chain_changed(change)
    assert caught_rule(lambda: client.chain(FIRST)) in ("client.chain", "state.proof")


def log_changed(change: Callable[[answers.LogPage], answers.LogPage]) -> Alter:
    return lambda target, body: change(answers.decode_log(body)).encode() \
        if target.startswith("/log") else body


@pytest.mark.parametrize(("change", "rule"), [
    (lambda page: replace(page, entries=[]), "client.withheld"),
    (lambda page: replace(page, entries=page.entries[1:]), "client.other"),
    (lambda page: replace(page, entries=[*page.entries[:3], *page.entries[4:]]), "client.other"),
    (lambda page: replace(page, entries=[*page.entries, page.entries[-1]]), "merkle.index"),
    (lambda page: replace(page, entries=[replace(one, entry=Submission(
        one.entry.statement, page.entries[5].entry.body)) if number == 4 else one
        for number, one in enumerate(page.entries)]), "B3")])
def test_a_page_that_is_not_the_log(served: Served, liar: Liar, change: Any, rule: str) -> None:
    client = served.client()
    liar.alter = log_changed(change)
    assert caught_rule(lambda: client.log(0)) in (rule, "merkle.path")


def test_cosignatures_of_another_checkpoint(served: Served, liar: Liar) -> None:
    client = served.client()
    other = checkpoints.cosign(Cosignature(bytes(32), 1, 1), served.trust.ledger, WITNESS)
    stranger = checkpoints.cosign(Cosignature(client.checkpoint(5).app_hash(), 1, 1),
                                  served.trust.ledger, signer("stranger"))
    for number, statements, rule in ((5, [other], "client.other"), (4, [], "client.other"),
                                     (5, [stranger], "client.witness")):
        liar.alter = replaying("/cosignatures", answers.encode_cosignatures(number, statements))
        assert caught_rule(lambda: client.cosignatures(5)) == rule


# --- two histories --------------------------------------------------------------------------------


def test_an_old_checkpoint_after_a_newer_one(served: Served, liar: Liar) -> None:
    client = served.client()
    old = served.ask("GET", "/checkpoint").body
    block = served.block()
    client.submit(block.statement, block.body)
    client.checkpoint()
    liar.alter = replaying("/checkpoint?", old)
    assert caught_rule(client.checkpoint) == "witness.older"


def test_an_old_state_after_a_newer_one(served: Served, liar: Liar) -> None:
    client = served.client()
    old = served.ask("GET", f"/state/{answers.to_text(state.members_key())}",
                     by=served.world.gateway.signer).body
    block = served.block()
    client.submit(block.statement, block.body)
    client.checkpoint()
    liar.alter = replaying("/state/", old)
    assert caught_rule(lambda: client.query(state.members_key())) == "witness.older"


def test_two_states_for_one_log(served: Served, liar: Liar) -> None:
    client = served.client()
    newest = client.checkpoint()
    twin = replace(newest, state_root=bytes(32))
    liar.alter = replaying("/checkpoint?", checkpoints.sign(twin, served.world.ledger_signer))
    assert caught_rule(client.checkpoint) == "witness.fork"
    later = replace(twin, number=newest.number + 1)
    liar.alter = replaying("/checkpoint?", checkpoints.sign(later, served.world.ledger_signer))
    assert caught_rule(client.checkpoint) == "witness.fork"


def test_a_receipt_for_a_log_that_nobody_else_sees(served: Served, liar: Liar) -> None:
    """The ledger key signs a tree of its own for one submitter."""
    client = served.client()
    newest = client.checkpoint()
    block = served.block()
    lonely = replace(newest, size=1, log_root=_root_of(block.statement))
    key = served.world.ledger_signer
    forged = receipts.inclusion(lonely, key.public_key, receipts.sign(lonely, key), 0, [])
    liar.alter = replaying("/entries?", forged)
    assert caught_rule(lambda: client.submit(block.statement, block.body)) in (
        "signature", "merkle.consistency")
    ahead = replace(lonely, size=newest.size + 2)
    forged = receipts.inclusion(ahead, key.public_key, receipts.sign(ahead, key), 0, [])
    liar.alter = replaying("/entries?", forged)
    assert caught_rule(lambda: client.submit(block.statement, block.body)).startswith("merkle")


def _root_of(data: bytes) -> bytes:
    return merkle.leaf_hash(statement.entry_hash(data))


@pytest.mark.parametrize("extra", [0, 1, 3])
def test_a_ledger_that_was_forked(tmp_path: Path, extra: int) -> None:
    """The same key writes two ledgers with a common beginning; one gateway has seen one of them."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    world, device = founded(tmp_path / "a")
    shutil.copy(tmp_path / "a" / "ledger.db", tmp_path / "b" / "ledger.db")
    write(tmp_path / "a", world, device, 2)
    world.gateway.height, world.gateway.prev = 2, before(tmp_path / "b", world)
    write(tmp_path / "b", world, device, 2 + extra)
    first = serve(tmp_path / "a", world, device)
    first.client(memory=tmp_path / "seen").checkpoint()
    first.close()
    second = serve(tmp_path / "b", world, device)
    client = second.client(memory=tmp_path / "seen")
    expected = "witness.fork" if extra == 0 else "merkle.consistency"
    assert caught_rule(client.checkpoint) == expected
    assert caught_rule(lambda: client.query(state.members_key())) == expected
    assert caught_rule(lambda: client.receipt(newest_entry(tmp_path / "b"))) == expected
    second.close()


def write(folder: Path, world: World, device: Device, blocks: int) -> None:
    world.engine = EmbeddedLedger(SqliteStore(folder / "ledger.db", readonly=False),
                                  world.ledger_signer, lambda: world.now_ms)
    for _ in range(blocks):
        world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{device.seq:05}")]))
    world.engine.close()


def before(folder: Path, world: World) -> bytes:
    """Entry hash of the gateway's last block in a ledger file."""
    store = SqliteStore(folder / "ledger.db", readonly=True)
    value = store.get(state.gateway_key(world.gateway.signer.thumbprint))
    store.close()
    assert value is not None
    head = cbor.decode(value)
    assert isinstance(head, list)
    entry_hash: bytes = head[1]
    return entry_hash


def newest_entry(folder: Path) -> bytes:
    """Entry hash of the newest entry in a ledger file."""
    store = SqliteStore(folder / "ledger.db", readonly=True)
    number = 0
    while (entry := store.entry(number)) is not None:
        newest, number = entry, number + 1
    store.close()
    return statement.entry_hash(newest.statement)
