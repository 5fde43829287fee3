"""Questions over HTTP, by the client: the same answers as from the file; every error by status."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from ledger_client.client import LedgerClient
from ledger_client.errors import UsageError
from ledger_client.node import question_forms as forms
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.questions import Questions
from ledger_client.service import answers, limits, problem
from ledger_client.service.snapshots import SnapshotReader
from ledger_client.store.sqlite import SqliteStore
from tests.served import Answered, Served, serve, trust_of
from tests.shift import HOUR_MS, PACKS, whole_way
from tests.world import CRATE, GTIN, LOGGER_GIAI, MAKER_PARTY, START_MS, World, pack, signer


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("way")
    world = World(store=SqliteStore.create(folder / "ledger.db")).found()
    shift = whole_way(world)
    world.product()
    world.engine.close()
    served = serve(folder, world, shift.maker)
    yield served
    served.close()


@pytest.fixture
def client(way: Served) -> Iterator[LedgerClient]:
    made = LedgerClient(f"http://127.0.0.1:{way.server.port}", trust_of(way.world),
                        way.world.gateway.signer)
    yield made
    made.close()


def test_answers_are_those_of_the_file(way: Served, client: LedgerClient) -> None:
    questions = Questions(LedgerReader(SqliteStore(way.folder / "ledger.db", readonly=True)))
    uri, at_ms = pack(PACKS[0]), START_MS + HOUR_MS

    def as_of(form: forms.Form) -> object:
        return json.loads(json.dumps(forms.as_of(questions.checkpoint, form)))

    assert client.ask("where", item=uri) == as_of(forms.where(questions.where(uri), None))
    assert client.ask("where", item=uri, at=at_ms) == \
        as_of(forms.where(questions.where(uri, at_ms), at_ms))
    assert client.ask("held", item=uri) == as_of(forms.held(uri, questions.held(uri)))
    inside = client.ask("contents", item=CRATE, at=at_ms)
    assert inside == as_of(forms.contents(CRATE, questions.contents(CRATE, at_ms), at_ms))
    assert len(inside["contents"]) == 10  # type: ignore[arg-type]


@pytest.mark.parametrize("spelt", [
    f"(01){GTIN}(21){PACKS[0]}", f"(01){GTIN}(17)281231(10)LOT42A(21){PACKS[0]}",
    f"https://id.gs1.org/01/{GTIN}/10/LOT42A/21/{PACKS[0]}?17=281231",
    f"http://example.com/med/01/{GTIN}/21/{PACKS[0]}"])
def test_a_thing_is_the_same_however_its_label_spells_it(client: LedgerClient,
                                                         spelt: str) -> None:
    uri = pack(PACKS[0])
    for question in ("where", "held", "contents"):
        assert client.ask(question, item=spelt) == client.ask(question, item=uri)
    assert client.ask("touched", item=spelt) == client.ask("touched", item=uri)
    for by in ("logger", "key"):
        assert client.ask("touched", **{by: "(8004)9506000134L1"}) == \
            client.ask("touched", **{by: LOGGER_GIAI})


def test_what_was_touched(way: Served, client: LedgerClient) -> None:
    def items(**parameters: object) -> set[str]:
        rows = client.ask("touched", **parameters)["touched"]
        assert isinstance(rows, list)
        return {row["item"] for row in rows}

    with_logger = {CRATE, *map(pack, PACKS[:10])}
    assert items(logger=LOGGER_GIAI) == with_logger
    assert items(logger=LOGGER_GIAI, above=800) == with_logger
    assert items(logger=LOGGER_GIAI, above=9000, below=-9000) == set()
    assert items(item=pack(PACKS[3])) == with_logger
    with pytest.raises(UsageError, match="no logger was with it: nothing is known"):
        items(item=pack(PACKS[11]))
    thumbprint = way.device.signer.thumbprint.hex()
    assert items(key=thumbprint[:8]) > with_logger
    assert items(key=thumbprint, since=START_MS + HOUR_MS) == set()
    gateway = way.world.gateway.signer.thumbprint.hex()
    assert items(key=gateway) == items(key=thumbprint)
    measured = client.ask("touched", key=LOGGER_GIAI)
    assert measured["touched"] == []
    rows = measured["measured"]
    assert isinstance(rows, list)
    assert {row["item"] for row in rows} == with_logger


@pytest.mark.parametrize(("question", "parameters", "said"), [
    ("where", {"item": pack("NONE")}, "404.*nobody commissioned it"),
    ("where", {"item": "S0001"}, "400.*no GS1 identity"),
    ("held", {"item": "https://id.gs1.org/foo"}, "400.*no GS1 identity"),
    ("contents", {"item": f"(01){GTIN}"}, "400.*names no pack"),
    ("touched", {"item": f"(01){GTIN[:-1]}3(21)S0001"}, "400.*incorrect check digit"),
    ("where", {"item": LOGGER_GIAI}, "404.*a logger is where its carrier is"),
    ("where", {"item": "https://id.gs1.org/414/9506000134352"}, "404.*a place is where it is"),
    ("where", {"item": pack(PACKS[0]), "at": 1}, "404.*nobody had commissioned it then"),
    ("where", {"item": pack(PACKS[0]), "at": START_MS * 2}, "404.*the ledger goes to"),
    ("where", {"item": pack(PACKS[0]), "at": "noon"}, "400.*at is a number"),
    ("contents", {"item": LOGGER_GIAI}, "404.*nothing is in a logger"),
    ("touched", {}, "400.*One of logger, item and key"),
    ("touched", {"logger": LOGGER_GIAI, "above": "8.5"}, "400.*hundredths"),
    ("touched", {"logger": LOGGER_GIAI, "above": 200, "below": 800}, "404.*is everything"),
    ("touched", {"logger": LOGGER_GIAI, "since": 2, "until": 1}, "404.*ends before it begins"),
    ("touched", {"key": "0123"}, "404.*eight or more hex digits"),
    ("touched", {"key": "0123456789"}, "404.*no keys of this ledger begin so"),
    ("touched", {"key": LOGGER_GIAI + "X"}, "404.*no logger of that label"),
])
def test_what_cannot_be_answered_says_why(client: LedgerClient, question: str,
                                          parameters: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        client.ask(question, **parameters)


def test_a_partner_asks_whether_a_pack_is_as_its_label_says(client: LedgerClient) -> None:
    serial = PACKS[0]
    answer = client.verify_pack(GTIN, serial, lot="LOT42A", expiry="281231")
    assert answer["data"] == {"verified": True}
    assert answer["responderGLN"] == MAKER_PARTY.rpartition("/")[2]
    assert str(answer["verificationTimestamp"]).endswith("Z")
    assert answer["coldseal"]["pack_state"] == "Supplied"  # type: ignore[index]
    assert client.verify_pack(GTIN, serial)["data"] == {"verified": True}
    assert client.verify_pack(GTIN, serial, lot="LOT/42", expiry="281230")["data"] == {
        "verified": False, "verificationFailureReason": "No_match_GTIN_Serial_Lot_Expiry"}
    unknown = client.verify_pack(GTIN, "NEVER")
    assert unknown["data"] == {"verified": False,
                               "verificationFailureReason": "No_match_GTIN_Serial"}
    assert unknown["coldseal"]["absence_proof"]  # type: ignore[index]


@pytest.mark.parametrize(("gtin", "expiry", "said"), [
    ("09506000134353", None, "400.*01"), (GTIN, "2028-12-31", "400.*17"),
    ("04012345678901", None, "404.*no member of this ledger answers for this GTIN")])
def test_a_label_that_nobody_answers_for(client: LedgerClient, gtin: str, expiry: str | None,
                                         said: str) -> None:
    with pytest.raises(UsageError, match=said):
        client.verify_pack(gtin, "S1", expiry=expiry)


def test_a_correlation_comes_back(way: Served) -> None:
    target = f"/01/{GTIN}/21/{PACKS[0]}"
    asked = way.ask("GET", f"{target}?linkType=verificationService&corrUUID=5e2f-1",
                    by=way.world.gateway.signer)
    assert json.loads(asked.body)["corrUUID"] == "5e2f-1"
    assert way.ask("GET", f"/01/{GTIN}/10/LOT/42/21/S1", by=way.world.gateway.signer).status == 404
    for query in ("linkType=gs1:pip", "corrUUID=%0d%0a"):
        assert way.ask("GET", f"{target}?{query}", by=way.world.gateway.signer).status == 400


def test_strangers_get_no_answer(way: Served) -> None:
    for target in (f"/query/where/{answers.to_text(CRATE.encode())}", "/query/touched",
                   f"/01/{GTIN}/21/{PACKS[0]}"):
        assert way.ask("GET", target).status == 401


def told(answer: Answered) -> str:
    return problem.decode(answer.body).detail


def everything_by(key: str) -> str:
    return f"/query/touched?key={key}&since=0"


@pytest.mark.parametrize("question", [
    f"query/where/{answers.to_text(pack(PACKS[0]).encode())}",
    f"query/held/{answers.to_text(pack(PACKS[0]).encode())}",
    f"query/contents/{answers.to_text(CRATE.encode())}", f"query/touched?logger={LOGGER_GIAI}",
    f"query/touched?item={pack(PACKS[3])}", "query/touched?key={key}",
    f"chain/{answers.to_text(CRATE.encode())}", f"chain/{answers.to_text(CRATE.encode())}?since=4"])
def test_a_question_that_looks_at_too_much_is_ended(
        way: Served, monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    by = way.world.gateway.signer
    target = "/" + question.format(key=by.thumbprint.hex())
    assert way.ask("GET", target, by=by).status == 200
    monkeypatch.setattr(limits, "QUERY_ROWS", 2)
    answer = way.ask("GET", target, by=by)
    assert answer.status == 413
    assert "more than 2 rows of the ledger" in told(answer)
    monkeypatch.undo()
    assert way.ask("GET", target, by=by).status == 200  # each begins to count anew


def test_a_chain_is_not_read_before_its_length_is_known(
        way: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHAIN_EVENTS", 1)
    monkeypatch.setattr(limits, "QUERY_ROWS", 1)  # its state alone
    answer = way.ask("GET", f"/chain/{answers.to_text(CRATE.encode())}",
                     by=way.world.gateway.signer)
    assert answer.status == 400
    assert "at most 1 before its end" in told(answer)


def test_the_end_of_a_long_chain_is_proven(client: LedgerClient,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before it is read by the page."""
    whole = client.chain(CRATE)
    assert len(whole) > 5
    monkeypatch.setattr(limits, "CHAIN_EVENTS", 2)
    for since in (len(whole) - 2, len(whole) - 1, len(whole)):
        assert client.chain(CRATE, since) == whole[since:]


class Held:
    """Every thread that answers questions waits in one, until released."""

    def __init__(self, way: Served) -> None:
        self._pool = way.server._service._questioners
        self._release = threading.Event()
        self._begun = threading.Barrier(limits.QUESTIONERS + 1)
        self._waiting: list[Future[bool]] = []

    def __enter__(self) -> Callable[[], None]:
        self._waiting = [self._pool.ask(self._wait) for _ in range(limits.QUESTIONERS)]
        self._begun.wait(10)
        return self._release.set

    def _wait(self, reader: SnapshotReader) -> bool:
        self._begun.wait(10)
        return self._release.wait(10)

    def __exit__(self, *_: object) -> None:
        self._release.set()
        assert all(one.result(10) for one in self._waiting)


def test_questions_keep_nobody_out_and_an_organisation_has_one_at_a_time(way: Served) -> None:
    by, colleague, other = way.world.gateway.signer, way.world.maker[1], way.world.pharmacy[1]
    target = everything_by(by.thumbprint.hex())
    asking = way.server._service._asking
    answered: list[int] = []
    with Held(way) as release:
        first = threading.Thread(target=lambda: answered.append(
            way.ask("GET", target, by=by).status))
        first.start()
        never = threading.Event()
        while not asking:
            assert not never.wait(0.01)
        for key in (by, colleague):
            again = way.ask("GET", target, by=key)
            assert (again.status, again.fields["retry-after"]) == (429, "1")
            assert "still being answered" in told(again)
        assert way.ask("GET", "/log?since=0", by=by).status == 200
        assert way.ask("POST", "/entries", body=answers.encode_submission(way.block()),
                       fields={"content-type": answers.CBOR}).status == 201
        second = threading.Thread(target=lambda: answered.append(
            way.ask("GET", target, by=other).status))
        second.start()
        while len(asking) < 2:
            assert not never.wait(0.01)
        release()
        first.join()
        second.join()
    assert answered == [200, 200]
    assert way.ask("GET", target, by=by).status == 200


def test_a_question_that_fails_is_over(way: Served) -> None:
    by = way.world.gateway.signer
    for _ in range(2):
        assert way.ask("GET", "/query/touched?key=0123456789", by=by).status == 404
    assert way.ask("GET", "/query/touched", by=signer("nobody")).status == 401
    assert not way.server._service._asking
