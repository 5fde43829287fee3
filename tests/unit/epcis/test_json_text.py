"""Strict JSON in and exact JSON out."""

import json
from decimal import Decimal

import pytest

from ledger_client.epcis import json_text
from ledger_client.wire.errors import WireError


@pytest.mark.parametrize(("text", "rule"), [
    (b'{"a": 1, "a": 2}', "json.twice"), (b'{"b": {"a": 1, "a": 2}}', "json.twice"),
    (b"NaN", "json.text"), (b"[Infinity]", "json.text"), (b"-Infinity", "json.text"),
    (b"[1,]", "json.text"), (b"", "json.text"), (b"\xff", "json.text"), (b"{} {}", "json.text"),
    (b"1e99", "json.number"), (b"1e-99", "json.number"), (b"9" * 33, "json.number"),
    (b"[" * 33 + b"]" * 33, "json.depth"), (b"[" * 100_000, "json.depth")])
def test_what_is_refused_by_name(text: bytes, rule: str) -> None:
    with pytest.raises(WireError) as failed:
        json_text.loads(text)
    assert failed.value.rule == rule


def test_limits_at_the_limit() -> None:
    assert json_text.loads(b"[" * 32 + b"]" * 32) is not None
    assert json_text.loads(b"9" * 32) == int("9" * 32)


def test_brackets_in_texts_are_no_levels() -> None:
    text = json.dumps(["[" * 50, '"' + "{" * 50, "\\" + "[" * 50])
    assert json_text.loads(text.encode()) == json.loads(text)


def test_numbers_are_exact() -> None:
    value = json_text.loads(b'{"a": 5.10, "b": 0.1234567890123456789, "c": 7}')
    assert value == {"a": Decimal("5.10"), "b": Decimal("0.1234567890123456789"), "c": 7}
    assert json_text.loads(json_text.dumps(value).encode()) == value


@pytest.mark.parametrize(("number", "text"), [
    ("5.10", "5.1"), ("-0.00", "0"), ("1E+3", "1000"), ("120", "120"), ("-2.50", "-2.5")])
def test_plain_numbers(number: str, text: str) -> None:
    assert json_text.plain(Decimal(number)) == text


def test_what_is_written_is_what_any_reader_reads() -> None:
    value = {"a": [], "b": {}, "c": [1, None, True, "x\u00fc\"\n"], "d": {"e": Decimal("1.5")}}
    assert json.loads(json_text.dumps(value)) == {**value, "d": {"e": 1.5}}
