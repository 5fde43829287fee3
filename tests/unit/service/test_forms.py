"""What goes over the line: problems, submissions, answers."""

import contextlib
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_client.core import statement
from ledger_client.core.entry import Submission
from ledger_client.core.state_tree import StateProof
from ledger_client.service import answers, problem, submission
from ledger_client.service.answers import ChainAnswer, Logged, LogPage, StateAnswer
from ledger_client.service.problem import Problem
from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError
from tests.world import signer

STATEMENT = statement.build("profile", signer("maker"), subject="profile/x", content=[1, None, {}],
                            ledger=bytes(32))
HASHES = st.binary(min_size=32, max_size=32)
PROOFS = st.builds(StateProof, st.binary(max_size=40), st.lists(HASHES, max_size=5).map(tuple),
                   st.none() | st.tuples(HASHES, HASHES))
STATES = st.builds(StateAnswer, st.none() | st.binary(max_size=50), PROOFS, st.binary(max_size=50))


def test_a_problem_is_rfc_9290() -> None:
    data = Problem(400, "Rejected", "height or prev", rule="B2").encode()
    assert cbor2.loads(data) == {-1: "Rejected", -2: "height or prev",
                                 "urn:coldseal:problem": {"rule": "B2"}}
    assert problem.decode(data) == problem.Told("Rejected", "height or prev", "B2")
    assert problem.decode(Problem(404, "Not Found", "none").encode()).rule is None


@given(st.text(max_size=1000))
def test_a_problem_can_say_anything(text: str) -> None:
    told = problem.decode(Problem(500, "title", text, rule=text).encode())
    assert len(told.detail) <= problem.DETAIL_CHARACTERS
    assert text[:problem.DETAIL_CHARACTERS] == told.detail or not text.isprintable()


@pytest.mark.parametrize("value", [
    [], {}, {-1: "a"}, {-1: 1, -2: "b"}, {-1: "a", -2: "b", -3: "c"},
    {-1: "a", -2: "b", "urn:coldseal:problem": []},
    {-1: "a", -2: "b", "urn:coldseal:problem": {"rule": 1}},
    {-1: "a", -2: "b", "urn:coldseal:problem": {"other": "x"}}])
def test_what_is_no_problem_is_refused(value: object) -> None:
    with pytest.raises(WireError):
        problem.decode(cbor.encode(value))


# --- submissions ----------------------------------------------------------------------------------


def test_a_statement_alone_and_with_its_body() -> None:
    assert submission.decode(answers.COSE, STATEMENT) == Submission(STATEMENT)
    for body in (None, b"body"):
        data = answers.encode_submission(Submission(STATEMENT, body))
        assert submission.decode(answers.CBOR, data) == Submission(STATEMENT, body)


@pytest.mark.parametrize("header", [
    {394: [b"receipt"]}, {33: b"certificate"}, {"text": "grüße"}, {1: 1.5, 2: -0.0, 3: 1e300},
    {1: cbor2.CBORTag(35, "(a+)+")}, {5: [[[{6: None}]], True, False, cbor2.undefined]},
    {1: 2 ** 70, -5: "x" * 300}])
def test_an_unprotected_header_is_emptied_whatever_it_holds(header: dict[Any, Any]) -> None:
    protected, _, payload, made = cbor2.loads(STATEMENT).value
    data = cbor2.dumps(cbor2.CBORTag(18, [protected, header, payload, made]))
    assert submission.decode(answers.COSE, data) == Submission(STATEMENT)
    wrapped = cbor.encode([data, None])
    assert submission.decode(answers.CBOR, wrapped) == Submission(STATEMENT)


def deep(levels: int) -> bytes:
    """A statement whose unprotected header nests so deep."""
    protected, _, payload, made = cbor2.loads(STATEMENT).value
    return b"\xd2\x84" + cbor2.dumps(protected) + b"\xa1\x01" + b"\x81" * levels + b"\x00" \
        + cbor2.dumps(payload) + cbor2.dumps(made)


def test_the_depth_of_what_is_skipped_is_bounded() -> None:
    assert submission.stripped(deep(13)) == STATEMENT
    with pytest.raises(WireError) as caught:
        submission.stripped(deep(2000))
    assert caught.value.rule == "cbor.depth"


@pytest.mark.parametrize(("data", "rule"), [
    (b"", "cose.tag"), (b"\xd2", "cose.tag"), (STATEMENT[1:], "cose.tag"),
    (STATEMENT + b"\x00", "cbor.trailing"), (STATEMENT[:-1], "cbor.short"),
    (STATEMENT[:60], "cbor.short"),
    (b"\xd2\x84\x40\x80\x40\x40", "cose.parts"), (b"\xd2\x84\x00\xa0\x40\x40", "cose.parts"),
    (b"\xd2\x84\x40\xa0\xf6\x40", "cose.parts"),
    (b"\xd2\x84\x40\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "cbor.short"),
    (b"\xd2\x84\x40\xa1\x01\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "cbor.short"),
    (b"\xd2\x84\x40\xbf\xff\x40\x40", "cbor.indefinite")])
def test_what_is_no_statement_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(WireError) as caught:
        submission.decode(answers.COSE, data)
    assert caught.value.rule == rule


@given(st.binary(max_size=200), st.integers(0, len(STATEMENT)))
def test_noise_is_refused_by_name(noise: bytes, at: int) -> None:
    for data in (noise, STATEMENT[:at] + noise):
        for media_type in (answers.COSE, answers.CBOR):
            with contextlib.suppress(WireError):  # any other error fails the test
                submission.decode(media_type, data)


@pytest.mark.parametrize("value", [[], [STATEMENT], [STATEMENT, 1], ["", None],
                                   [STATEMENT, None, None], {}])
def test_what_is_no_pair_is_refused(value: object) -> None:
    with pytest.raises(WireError):
        submission.decode(answers.CBOR, cbor.encode(value))


# --- answers --------------------------------------------------------------------------------------


@given(st.binary(max_size=60))
def test_bytes_in_a_path_come_back(data: bytes) -> None:
    assert answers.from_text(answers.to_text(data)) == data


@pytest.mark.parametrize("text", ["a", "YQ==", "Y Q", "YR", "Y+Q", "Y/Q", "é", "YQ\n"])
def test_other_text_in_a_path_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        answers.from_text(text)


@given(STATES)
def test_state_answers_come_back(answer: StateAnswer) -> None:
    assert answers.decode_state(answer.encode()) == answer


@given(st.builds(ChainAnswer, STATES, st.integers(0, 9), HASHES, st.lists(st.binary(max_size=9))))
def test_chain_answers_come_back(answer: ChainAnswer) -> None:
    assert answers.decode_chain(answer.encode()) == answer


@given(st.builds(LogPage, st.binary(), st.lists(st.builds(
    Logged, st.builds(Submission, st.binary(), st.none() | st.binary()), st.lists(HASHES)))))
def test_pages_of_the_log_come_back(page: LogPage) -> None:
    assert answers.decode_log(page.encode()) == page


@given(st.integers(0, 9), st.lists(st.binary(max_size=9)))
def test_cosignatures_come_back(number: int, statements: list[bytes]) -> None:
    assert answers.decode_cosignatures(answers.encode_cosignatures(number, statements)) == \
        (number, statements)


@pytest.mark.parametrize("decode", [answers.decode_state, answers.decode_chain, answers.decode_log,
                                    answers.decode_cosignatures])
@pytest.mark.parametrize("value", [
    [], [1], [2, None, [b"\0", [], None], b""], [True, None, [b"\0", [], None], b""],
    [1, None, [b"\0", [b"short"], None], b""], [1, b"", [[b"", None, [b"short"]]]], [1, 0, [0]],
    [1, None, [b"\0", [], [bytes(32)]], 0, bytes(32), [], b""]])
def test_other_answers_are_refused(decode: Any, value: object) -> None:
    with pytest.raises(WireError):
        decode(cbor.encode(value))
