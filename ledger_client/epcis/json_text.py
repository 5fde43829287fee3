"""Strict JSON text (RFC 8259) for documents of other people, and for ours: exact numbers.

Fractions are decimal.Decimal both ways, so that what is hashed never passes a binary float.
"""

import json
from decimal import Decimal
from typing import Any

from ledger_client.wire.errors import WireError

DEPTH = 32  # levels of arrays and objects: deeper than any EPCIS document with extensions
NUMBER_CHARACTERS = 32  # no quantity or reading needs more digits; bounds arithmetic
_RULE = "json.text"


def loads(data: bytes) -> Any:
    """The value in UTF-8 text; WireError names what is no strict JSON."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WireError(_RULE, f"byte {error.start} is not UTF-8") from error
    _check_depth(text)
    try:
        return json.loads(text, parse_float=_decimal, parse_int=_integer,
                          parse_constant=_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise WireError(_RULE, f"line {error.lineno}, column {error.colno}: {error.msg}") from error


def _check_depth(text: str) -> None:
    """Before parsing: the parser itself recurses."""
    depth, quoted, escaped = 0, False, False
    for letter in text:
        if quoted:
            quoted = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            depth += 1
            if depth > DEPTH:
                raise WireError("json.depth", f"more than {DEPTH} levels")
        elif letter in "]}":
            depth -= 1


def _decimal(text: str) -> Decimal:
    _check_number(text)
    return Decimal(text)


def _integer(text: str) -> int:
    _check_number(text)
    return int(text)


def _check_number(text: str) -> None:
    if len(text) > NUMBER_CHARACTERS or abs(Decimal(text).adjusted()) > NUMBER_CHARACTERS:
        raise WireError("json.number", f"a number has at most {NUMBER_CHARACTERS} digits")


def _constant(text: str) -> object:
    raise WireError(_RULE, f"{text} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name twice would be read differently by different people."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise WireError("json.twice", f"{twice!r} stands twice in one object")
    return found


def dumps(value: object, indent: int = 0) -> str:
    """Readable text; members keep their order, decimals are written exactly."""
    inner, outer = "\n" + "  " * (indent + 1), "\n" + "  " * indent
    if isinstance(value, dict) and value:
        rows = [f"{json.dumps(name, ensure_ascii=False)}: {dumps(one, indent + 1)}"
                for name, one in value.items()]
        return "{" + inner + ("," + inner).join(rows) + outer + "}"
    if isinstance(value, list | tuple) and value:
        return "[" + inner + ("," + inner).join(dumps(one, indent + 1) for one in value) + outer \
            + "]"
    if isinstance(value, Decimal):
        return plain(value)
    assert not isinstance(value, float), "a float is not exact"
    return json.dumps(value, ensure_ascii=False)


def plain(number: Decimal) -> str:
    """Without exponent, trailing zeros or a minus before zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
