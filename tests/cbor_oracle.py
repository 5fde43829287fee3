"""What cbor2, an encoder and decoder of other people, says about CBOR that is ours to accept.

Nothing here uses our codec: a value is classified by its Python type, and the one right encoding is
built from cbor2's of the parts.
"""

from typing import Any

import cbor2

INTEGER_LIMIT = 1 << 53
DEPTH_LIMIT = 8


def reasons(value: Any, utf8: bool, depth: int = 1) -> set[str]:
    """Rules that a decoded value breaks; empty when it is one of ours."""
    if value is None or isinstance(value, bool | bytes):
        return set()
    if isinstance(value, int):  # a bignum is a tag
        return set() if abs(value) < INTEGER_LIMIT else {"cbor.integer", "cbor.tag"}
    if isinstance(value, str):
        return set() if all(_printable(one, utf8) for one in value) else {"cbor.text"}
    if isinstance(value, float):
        return {"cbor.float"}
    if value is cbor2.undefined or isinstance(value, cbor2.CBORSimpleValue):
        return {"cbor.simple"}
    if not isinstance(value, list | tuple | dict):
        return {"cbor.tag"}  # a date, a fraction, an address: cbor2's reading of a tag
    found = {"cbor.depth"} if depth > DEPTH_LIMIT else set()
    if isinstance(value, dict):
        found |= {"cbor.key" for key in value if type(key) not in (int, str)}
        value = [*value, *value.values()]
    return found.union(*(reasons(one, utf8, depth + 1) for one in value))


def _printable(character: str, utf8: bool) -> bool:
    code = ord(character)
    return code >= 0x20 and not 0x7F <= code < 0xA0 and (utf8 or code < 0x7F)


def encoding(value: Any) -> bytes:
    """The one encoding of a value of ours: RFC 8949 section 4.2.1, keys ascending as bytes."""
    if isinstance(value, list | tuple):
        return _head(0x80, len(value)) + b"".join(map(encoding, value))
    if isinstance(value, dict):
        pairs = sorted((cbor2.dumps(key), encoding(one)) for key, one in value.items())
        return _head(0xA0, len(value)) + b"".join(key + one for key, one in pairs)
    return cbor2.dumps(value)


def _head(major: int, argument: int) -> bytes:
    number = cbor2.dumps(argument)
    return bytes((number[0] | major,)) + number[1:]


def broken_rules(data: bytes, utf8: bool) -> set[str]:
    """Rules one of which must refuse `data`; empty when it must be accepted."""
    try:
        value = cbor2.loads(data, allow_duplicate_keys=False)
    except (cbor2.CBORDecodeError, ValueError, TypeError):
        return {"malformed"}
    found = reasons(value, utf8)
    return found if found or encoding(value) == data else {"not deterministic"}
