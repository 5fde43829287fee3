"""Checks of a decoded map, composed: each takes a value and the path to it, returns what it means,
and raises WireError("profile.<key>") naming the path."""

from collections.abc import Callable
from typing import Any

from ledger_client.wire.errors import WireError

Check = Callable[[object, str], object]


def _wrong(where: str, detail: str) -> WireError:
    key = where.rpartition(".")[2].partition("[")[0]
    rule = key if key == "profile" else "profile." + key
    return WireError("profile.form" if rule == "profile" else rule, f"{where} {detail}")


def integer(least: int, most: int) -> Check:
    def check(value: object, where: str) -> object:
        if type(value) is not int or not least <= value <= most:
            raise _wrong(where, f"is not an integer from {least} to {most}")
        return value
    return check


def text(characters: int) -> Check:
    def check(value: object, where: str) -> object:
        if type(value) is not str or not 0 < len(value) <= characters:
            raise _wrong(where, f"is not text of 1 to {characters} characters")
        return value
    return check


def choice(allowed: tuple[str, ...]) -> Check:
    def check(value: object, where: str) -> object:
        if type(value) is not str or value not in allowed:
            raise _wrong(where, "is not one of " + ", ".join(allowed))
        return value
    return check


def boolean(value: object, where: str) -> object:
    if type(value) is not bool:
        raise _wrong(where, "is neither true nor false")
    return value


def nullable(inner: Check) -> Check:
    def check(value: object, where: str) -> object:
        return None if value is None else inner(value, where)
    return check


def either(of_text: Check, otherwise: Check) -> Check:
    def check(value: object, where: str) -> object:
        return of_text(value, where) if type(value) is str else otherwise(value, where)
    return check


def array(inner: Check, least: int, most: int) -> Check:
    def check(value: object, where: str) -> object:
        if type(value) is not list or not least <= len(value) <= most:
            raise _wrong(where, f"is not an array of {least} to {most}")
        return tuple(inner(one, f"{where}[{number}]") for number, one in enumerate(value))
    return check


def record(kind: type[Any], keys: dict[str, Check]) -> Check:
    """A map with exactly these keys, made into `kind`."""
    def check(value: object, where: str) -> object:
        if type(value) is not dict:
            raise _wrong(where, "is not a map")
        for key in value:
            if key not in keys:
                raise _wrong(where, f"has the unknown key {key!r}; it has " + ", ".join(keys))
        for key in keys:
            if key not in value:
                raise _wrong(where, f"lacks the key {key!r}")
        return kind(**{key: inner(value[key], f"{where}.{key}") for key, inner in keys.items()})
    return check
