"""The codec beyond its vectors: sequences, values without an encoding, foreign vectors."""

import json

import cbor2
import pytest

from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError
from tests import cbor_oracle
from tests.device.wire_vectors import refusal
from tests.shared_data import shared


def test_a_sequence_is_read_item_by_item() -> None:
    data = cbor.encode([1, "a"]) + cbor.encode(None) + cbor.encode({2: b""})
    at, found = 0, []
    while at < len(data):
        value, at = cbor.read(data, at)
        found.append(value)
    assert found == [[1, "a"], None, {2: b""}]
    assert refusal(cbor.read, data, at) == "cbor.short"


def test_a_head_tells_type_argument_and_content() -> None:
    assert cbor.head(b"\x00\x59\x01\x00", 1) == (2, 256, 4)
    assert cbor.head(b"\x87", 0) == (4, 7, 1)


def test_true_is_not_one() -> None:
    assert cbor.encode([True, 1, False, 0]) == bytes.fromhex("84f501f400")
    assert [type(one) for one in cbor.decode(b"\x82\xf5\x01")] == [bool, int]  # type: ignore[attr-defined]


def test_tuples_are_arrays() -> None:
    assert cbor.encode((1, (2,))) == cbor.encode([1, [2]])


@pytest.mark.parametrize(("value", "rule"), [
    (b"", ""), (bytearray(b"a"), "cbor.type"), (memoryview(b"a"), "cbor.type"),
    ({1, 2}, "cbor.type"), (object(), "cbor.type"), (1.0, "cbor.type"), (1j, "cbor.type"),
    ({b"a": 1}, "cbor.key"), ({None: 1}, "cbor.key"), ({True: 1}, "cbor.key"),
    ({(1,): 1}, "cbor.key"), ("\ud800", "cbor.text"), ({"\ud800": 1}, "cbor.text"),
    ([1 << 53], "cbor.integer"), ({-(1 << 53): 1}, "cbor.integer")])
def test_what_has_no_encoding_is_refused_by_name(value: object, rule: str) -> None:
    assert refusal(cbor.encode, value, True) == rule


def test_keys_are_sorted_by_their_encoding() -> None:
    keys = [10, 100, -1, "z", "aa", 24, -25, 256]
    value: dict[object, object] = dict.fromkeys(reversed(keys))
    data = cbor.encode(value)
    encoded = [cbor2.dumps(key) for key in cbor2.loads(data)]
    assert encoded == sorted(encoded)
    assert cbor.decode(data) == value


def test_an_announced_length_costs_nothing() -> None:
    for head in ("9affffffff", "baffffffff", "5affffffff", "9b001fffffffffffff"):
        assert refusal(cbor.decode, bytes.fromhex(head) + bytes(16)) == "cbor.short"


def test_an_error_is_rule_and_sentence() -> None:
    with pytest.raises(WireError) as caught:
        cbor.decode(b"\x18\x05")
    assert (caught.value.rule, str(caught.value)) == (
        "cbor.shortest", "cbor.shortest: 5 at byte 0 is not in its shortest form")


def expected(data: bytes) -> set[str]:
    """Rules one of which refuses an example of the standard; empty when it is ours."""
    try:
        value = cbor2.loads(data, allow_indefinite=False)
    except cbor2.CBORDecodeError as error:
        return {"cbor.indefinite"} if "indefinite" in str(error) else {"cbor.simple"}
    return cbor_oracle.reasons(value, utf8=True)


def judged(data: bytes) -> str:
    try:
        value = cbor.decode(data, utf8=True)
    except WireError as error:
        return error.rule
    assert cbor.encode(value, utf8=True) == data
    assert value == cbor2.loads(data)
    return ""


# RFC 8949 appendix A, one example of every sort, for where the collection of them is absent.
_EXAMPLES = ("00 1818 1903e8 1b000000e8d4a51000 1bffffffffffffffff c249010000000000000000 "
            "3bffffffffffffffff 20 3903e7 f90000 fb3ff199999999999a fa7f7fffff f97c00 f97e00 f4 f5 "
            "f6 f7 f0 f8ff c11a514b67b0 d74401020304 d818456449455446 40 4401020304 60 6449455446 "
            "62225c 62c3bc 63e6b0b4 64f0908591 80 8301820203820405 a0 a201020304 "
            "a26161016162820203 826161a161626163 5f42010243030405ff 7f657374726561646d696e67ff "
            "9fff bf61610161629f0203ffff")


@pytest.mark.parametrize("example", _EXAMPLES.split())
def test_examples_of_the_standard(example: str) -> None:
    data = bytes.fromhex(example)
    rule, wanted = judged(data), expected(data)
    assert rule in wanted if wanted else rule == ""


def test_the_standards_appendix(capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly our part is accepted; the rest is refused by the rule of what it is."""
    cases = json.loads(shared("ledger/cbor/appendix_a.json").read_text())
    accepted = 0
    for case in cases:
        data = bytes.fromhex(case["hex"])
        rule, wanted = judged(data), expected(data)
        assert rule in wanted if wanted else rule == "", case
        accepted += rule == ""
    assert 0 < accepted < len(cases)
    with capsys.disabled():
        print(f"\nCBOR appendix A: {accepted} of {len(cases)} are ours, the others are refused")
