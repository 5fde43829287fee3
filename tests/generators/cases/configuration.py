"""Configurations of a logger and a scanner."""

from ledger_client.wire import cbor
from tests.generators.cases.common import PLACE, Subject, invalid, valid_value
from tests.world import LOGGER_GIAI, MAKER_PARTY

_LOGGER: dict[str, object] = {
    "alarms": [[1, 1, 800, 3_600_000], [1, 0, 200, 0]], "broker": ["gateway.local", 8883, 1],
    "giai": LOGGER_GIAI, "interval_ms": 300_000, "party": MAKER_PARTY, "place": None,
    "rescan_ms": 0, "telemetry_age_ms": 21_600_000}
_SCANNER = _LOGGER | {"alarms": [], "broker": ["127.0.0.1", 1883, 0], "giai": None,
                      "interval_ms": 0, "place": PLACE, "rescan_ms": 3000, "telemetry_age_ms": 0}
_ALARM = [1, 1, 800, 0]

_VALID: list[tuple[str, dict[str, object]]] = [
    ("a logger", _LOGGER), ("a scanner", _SCANNER),
    ("8 alarms", _LOGGER | {"alarms": [_ALARM] * 8}),
    ("a limit below zero", _LOGGER | {"alarms": [[1, 0, -2000, 0]]}),
    ("ports 1", _LOGGER | {"broker": ["h", 1, 0]}),
    ("port 65535", _LOGGER | {"broker": ["h" * 64, 65535, 0]}),
]


def _without(key: str) -> dict[object, object]:
    return {name: value for name, value in _LOGGER.items() if name != key}


def _invalid() -> list[tuple[str, object, str]]:
    form, alarms = "configuration.form", "configuration.alarms"
    return [
        ("an array", [], form), ("no keys", {}, form),
        *[(f"no {key}", _without(key), form) for key in sorted(_LOGGER)],
        ("an unknown key", _LOGGER | {"colour": 1}, form),
        ("a number as key", _without("alarms") | {1: []}, form),
        ("a broker of two", _LOGGER | {"broker": ["h", 1]}, form),
        ("host is bytes", _LOGGER | {"broker": [b"h", 1, 0]}, form),
        ("a host of 65 characters", _LOGGER | {"broker": ["h" * 65, 1, 0]}, form),
        ("port 0", _LOGGER | {"broker": ["h", 0, 0]}, form),
        ("port 65536", _LOGGER | {"broker": ["h", 65536, 0]}, form),
        ("tls 2", _LOGGER | {"broker": ["h", 1, 2]}, form),
        ("tls true", _LOGGER | {"broker": ["h", 1, True]}, form),
        ("giai is a number", _LOGGER | {"giai": 1}, form),
        ("a place of 65 characters", _LOGGER | {"place": "x" * 65}, form),
        ("party null", _LOGGER | {"party": None}, form),
        ("interval below 0", _LOGGER | {"interval_ms": -1}, form),
        ("rescan null", _LOGGER | {"rescan_ms": None}, form),
        ("telemetry age true", _LOGGER | {"telemetry_age_ms": True}, form),
        ("alarms null", _LOGGER | {"alarms": None}, alarms),
        ("9 alarms", _LOGGER | {"alarms": [_ALARM] * 9}, alarms),
        ("an alarm of three", _LOGGER | {"alarms": [_ALARM[:3]]}, alarms),
        ("operator 2", _LOGGER | {"alarms": [[1, 2, 800, 0]]}, alarms),
        ("limit is text", _LOGGER | {"alarms": [[1, 1, "8.0", 0]]}, alarms),
        ("limit true", _LOGGER | {"alarms": [[1, 1, True, 0]]}, alarms),
        ("duration below 0", _LOGGER | {"alarms": [[1, 1, 800, -1]]}, alarms),
        ("channel null", _LOGGER | {"alarms": [[None, 1, 800, 0]]}, alarms)]


SUBJECT = Subject(
    "Configurations of devices",
    [valid_value(name, "configuration", cbor.encode(value), value) for name, value in _VALID],
    [invalid(name, "configuration", cbor.encode(value), rule)
     for name, value, rule in _invalid()])
