"""Checks of decoded values that several formats share; each raises WireError with its rule."""

from ledger_client.wire.errors import WireError


def uint(value: object, rule: str) -> int:
    """A non-negative integer; True is none (type, not isinstance: the interpreters differ)."""
    if type(value) is not int or value < 0:
        raise WireError(rule, "not an unsigned integer")
    return value


def uint_or_null(value: object, rule: str) -> "int | None":
    return None if value is None else uint(value, rule)


def sized(value: object, size: int, rule: str) -> bytes:
    if type(value) is not bytes or len(value) != size:
        raise WireError(rule, "not %d bytes" % size)
    return value


def sized_or_null(value: object, size: int, rule: str) -> "bytes | None":
    return None if value is None else sized(value, size, rule)


def array(value: object, size: int, rule: str) -> "list[object]":
    if type(value) is not list or len(value) != size:
        raise WireError(rule, "not an array of %d" % size)
    return value


def text(value: object, limit: int, rule: str) -> str:
    if type(value) is not str or len(value) > limit:
        raise WireError(rule, "not text of at most %d characters" % limit)
    return value


def version(value: object, expected: int, rule: str) -> None:
    """Exactly this integer; True is not 1 here."""
    if type(value) is not int or value != expected:
        raise WireError(rule, "not version %d" % expected)
