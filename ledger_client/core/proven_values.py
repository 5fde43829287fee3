"""The form of what a passport's state proofs prove.

On a ledger the rules made these values.  In a passport of somebody's own ledger they can be of any
form, and nothing that reads them later should have to think of that.
"""

from collections.abc import Callable

from ledger_client.core import item
from ledger_client.core.calibration import CERTIFICATES, Certificates
from ledger_client.core.device_chain import Device, Head, Registered
from ledger_client.core.identity import Key
from ledger_client.core.item import Item, UnpackedAll
from ledger_client.core.registry import Current
from ledger_client.core.rows_crates import LOGGERS
from ledger_client.core.state import Stored
from ledger_client.wire import check, codes
from ledger_client.wire.errors import WireError

URI_CHARACTERS = 128  # as in the links of events
_RULE = "state.value"
_HIGHEST_STATUS = max(item.STATUS_NAMES)

_Check = Callable[[object], object]


def checked(kind: type[Stored], values: object) -> list[object]:
    """The stored array of a value of `kind`; WireError unless it is of the form that the rules
    make."""
    checks = _FORMS[kind]
    found = check.array(values, len(checks), _RULE)
    for value, expected in zip(found, checks, strict=True):
        expected(value)
    if kind is Head:
        _check_gaps(*found[:3])  # type: ignore[arg-type]
    return found


def _check_gaps(seq: int, _: bytes, gaps: list[list[int]]) -> None:
    """Ascending, apart and below the head: whoever follows them gets on."""
    before = 0
    for low, high in gaps:
        if not before < low <= high < seq:
            raise WireError(_RULE, "gaps are not in order")
        before = high


def _uint(value: object) -> object:
    return check.uint(value, _RULE)


def _status(value: object) -> None:
    if check.uint(value, _RULE) > _HIGHEST_STATUS:
        raise WireError(_RULE, f"no status above {_HIGHEST_STATUS}")


def _flag(value: object) -> None:
    if type(value) is not bool:
        raise WireError(_RULE, "neither true nor false")


def _hash(value: object) -> object:
    return check.sized(value, 32, _RULE)


def _public_key(value: object) -> object:
    return check.sized(value, 64, _RULE)


def _text(value: object) -> object:
    return check.text(value, codes.TEXT, _RULE)


def _uri(value: object) -> object:
    return check.text(value, URI_CHARACTERS, _RULE)


def _list(value: object) -> None:
    if type(value) is not list:
        raise WireError(_RULE, "not an array")


def _map(value: object) -> None:
    if type(value) is not dict:
        raise WireError(_RULE, "not a map")


def _or_null(expected: _Check) -> _Check:
    return lambda value: None if value is None else expected(value)


def _each(expected: _Check, most: int) -> _Check:
    def each(value: object) -> None:
        if type(value) is not list or len(value) > most:
            raise WireError(_RULE, f"not an array of at most {most}")
        for one in value:
            expected(one)
    return each


def _gap(value: object) -> None:
    for bound in check.array(value, 2, _RULE):
        check.uint(bound, _RULE)


def _certificate(value: object) -> None:
    entry, entry_hash, body = check.array(value, 3, _RULE)
    _uint(entry)
    _hash(entry_hash)
    _map(body)


_FORMS: dict[type[Stored], tuple[_Check, ...]] = {
    Item: (_status, _or_null(_uri), _uint, _or_null(_hash), _or_null(_uri), _uint, _hash, _uint,
           _uint, _or_null(_text), _or_null(_text), _or_null(_uri), _or_null(_uri), _flag, _status,
           _each(_uri, LOGGERS), _flag, _or_null(_hash), _or_null(_uint), _status),
    UnpackedAll: (_status, _or_null(_hash), _or_null(_uri), _or_null(_uri), _or_null(_uint), _uint,
                  _hash, _flag),
    Head: (_uint, _hash, _each(_gap, codes.GAPS), _uint, _list, _uint, _list, _uint),
    Registered: (_hash, _uint, _uint, _uint),
    Device: (_uint, _flag, _or_null(_uint)),
    Key: (_uint, _hash, _public_key, _uint, _list, _or_null(_hash), _or_null(_uint)),
    Certificates: (_each(_certificate, CERTIFICATES),),
    Current: (_uint, _hash, _uint, _map),
}
