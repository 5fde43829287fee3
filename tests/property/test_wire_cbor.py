"""The codec against cbor2, and for every value and every run of bytes."""

from typing import Any

import cbor2
from hypothesis import event, example, given
from hypothesis import strategies as st

from ledger_client.wire import cbor
from tests import cbor_oracle
from tests.device.wire_vectors import refusal

INTEGERS = st.integers(1 - (1 << 53), (1 << 53) - 1)
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
UNICODE = st.text(st.characters(exclude_categories=["Cc", "Cs"]))
SCALARS = st.none() | st.booleans() | INTEGERS | st.binary()


def values(text: st.SearchStrategy[str], leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Anything that the encoding holds, down to its last level."""
    found = leaves | text
    for _ in range(cbor.DEPTH_LIMIT):
        found = st.one_of(leaves | text, st.lists(found, max_size=4),
                          st.dictionaries(INTEGERS | text, found, max_size=4))
    return found


OURS = values(ASCII, SCALARS)
# What an encoder of other people writes: floats, tags, bignums, simple values, long integers.
FOREIGN = st.recursive(
    SCALARS | UNICODE | st.integers() | st.floats() | st.text() | st.datetimes(
        timezones=st.timezones()) | st.sampled_from([cbor2.undefined, cbor2.CBORSimpleValue(99)]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        INTEGERS | st.text() | st.binary() | st.booleans(), inner, max_size=4) | st.builds(
            cbor2.CBORTag, st.integers(40, 70), inner), max_leaves=12)


@given(OURS)
def test_a_value_is_read_back(value: object) -> None:
    data = cbor.encode(value)
    assert cbor.decode(data) == value
    assert repr(cbor.decode(data)) == repr(cbor.decode(cbor.encode(cbor.decode(data))))


@given(OURS)
def test_cbor2_reads_the_same_value_and_writes_the_same_bytes(value: object) -> None:
    data = cbor.encode(value)
    assert cbor2.loads(data) == value
    assert cbor_oracle.encoding(value) == data


@given(values(UNICODE, SCALARS))
def test_so_it_is_with_utf8(value: object) -> None:
    data = cbor.encode(value, utf8=True)
    assert cbor.decode(data, utf8=True) == cbor2.loads(data) == value


def judge(data: bytes, utf8: bool) -> None:
    """Accepted exactly when cbor2 finds nothing against it, and then with the same meaning."""
    wanted = cbor_oracle.broken_rules(data, utf8)
    rule = refusal(cbor.decode, data, utf8)
    event(rule or "accepted")
    assert bool(rule) == bool(wanted), (data.hex(), rule, wanted)
    if not rule:
        assert cbor.decode(data, utf8) == cbor2.loads(data)
        assert cbor.encode(cbor.decode(data, utf8), utf8) == data


@given(st.binary(), st.booleans())
@example(bytes.fromhex("1800"), False)
@example(bytes.fromhex("a2616100616100"), True)
@example(bytes.fromhex("63eda080"), True)
def test_any_bytes_are_judged_as_cbor2_and_the_rules_say(data: bytes, utf8: bool) -> None:
    judge(data, utf8)


@given(FOREIGN, st.booleans())
def test_what_others_write_is_judged_so(value: object, utf8: bool) -> None:
    try:
        data = cbor2.dumps(value)
    except (cbor2.CBOREncodeError, UnicodeEncodeError):
        return
    judge(data, utf8)


@given(OURS.map(cbor.encode), st.data())
def test_a_changed_encoding_is_judged_so(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    piece = draw.draw(st.binary(max_size=3))
    judge(data[:at] + piece + data[at + draw.draw(st.integers(0, 2)):], False)


@given(st.lists(OURS, max_size=6), st.binary(max_size=4))
def test_a_sequence_is_read_to_its_end(items: list[object], tail: bytes) -> None:
    data = b"".join(map(cbor.encode, items))
    at, found = 0, []
    while at < len(data):
        value, at = cbor.read(data + tail, at)
        found.append(value)
    assert found == items
    assert at == len(data)


@given(st.from_type(type).flatmap(st.from_type) | st.text() | st.floats())
def test_a_value_of_any_type_is_encoded_or_refused(value: object) -> None:
    for utf8 in (False, True):
        rule = refusal(cbor.encode, value, utf8)
        event(rule or "encoded")
        if not rule:
            read_back = cbor.decode(cbor.encode(value, utf8), utf8)
            assert read_back == value or isinstance(value, tuple)
