"""Storage profiles that are shipped, one TOML file each, with the source of every figure.

In a file, temperatures are decimal text in degrees Celsius (`limit_degc = "8.0"`) or integers in
hundredths (`limit_cdeg = 800`), durations are text with a unit (`duration = "10 h"`) or integers in
milliseconds (`duration_ms = 36000000`); TOML has no null, so an absent limit is none.
"""

import re
import tomllib
from decimal import Decimal
from importlib import resources
from pathlib import Path

from ledger_client.core import profile
from ledger_client.errors import UsageError

_UNIT_MS = {"s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d{1,9}) (s|min|h|d)")
_DURATION_KEYS = ("duration", "max_total", "max_single", "expected_interval", "gap_tolerance")
_ABSENT: dict[str, dict[str, object]] = {
    "": {"mkt": None, "guard_band_cdeg": None, "alarms": [], "budgets": []},
    "ranges": {"low_cdeg": None, "low_op": "<", "high_cdeg": None, "high_op": ">"},
    "mkt": {"window_ms": None},
    "budgets": {"low_cdeg": None, "high_cdeg": None, "max_total_ms": None, "max_single_ms": None,
                "max_events": None},
}


def names() -> list[str]:
    """Every name that `load` takes, sorted."""
    return sorted(path.name.removesuffix(".toml") for path in resources.files(__name__).iterdir()
                  if path.name.endswith(".toml"))


def named(text: str) -> tuple[str, dict[str, object]]:
    """(name, body) of a shipped profile, or of a TOML file by its path.

    Raise UsageError when there is none, WireError for a body that is no profile.
    """
    path = Path(text)
    if path.suffix != ".toml":
        return text, load(text)
    try:
        return path.stem, parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error


def load(name: str) -> dict[str, object]:
    """The body of a shipped profile, as `ledger_client.core.profile.decode` takes it and as a
    statement registers it.  Raise UsageError for an unknown name."""
    if name not in names():
        raise UsageError(f"no shipped profile {name!r}; there are: {', '.join(names())}")
    return parse(resources.files(__name__).joinpath(name + ".toml").read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, object]:
    """The body that a profile file states.

    Raise UsageError for a file that is no TOML or uses floats, WireError for a body that is no
    profile.
    """
    try:
        table = tomllib.loads(text, parse_float=_refuse_float)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"the profile is not TOML: {error}") from error
    body = _table(table, "")
    return profile.decode(body).as_map()


def _refuse_float(text: str) -> object:
    raise UsageError(f'{text} is a float, which is not exact: write _degc = "{text}" as text')


def _table(table: dict[str, object], key: str) -> dict[str, object]:
    body = dict(_ABSENT.get(key, {}))
    for name, value in table.items():
        name, value = _entry(name, value)
        body[name] = value
    return body


def _entry(key: str, value: object) -> tuple[str, object]:
    """One key of a file in the profile's own terms."""
    if isinstance(value, dict):
        return key, _table(value, key)
    if isinstance(value, list):
        return key, [_table(one, key) if isinstance(one, dict) else one for one in value]
    if key.endswith("_degc"):
        return key.removesuffix("_degc") + "_cdeg", _cdeg(key, value)
    if key in _DURATION_KEYS:
        return key + "_ms", duration_ms(key, value)
    if key == "window" and isinstance(value, str) and value[:1].isdigit():
        return "window", duration_ms(key, value)
    return key, value


def _cdeg(key: str, value: object) -> int:
    try:
        scaled = Decimal(value) * 100 if isinstance(value, str) else None
    except ArithmeticError:  # no number, or one beyond what Decimal counts
        scaled = None
    if scaled is None or not scaled.is_finite() or \
            abs(scaled) > profile.TEMPERATURE_CDEG_MAX or scaled != scaled.to_integral_value():
        raise UsageError(f'{key} = {value!r} is not text with at most two decimals, as in "8.0"')
    return int(scaled)


def duration_ms(key: str, value: object) -> int:
    """Milliseconds of text like "10 min"; UsageError names `key`."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise UsageError(f'{key} = {value!r} is not text like "90 s", "30 min", "10 h" or "3 d"')
    return int(found[1]) * _UNIT_MS[found[2]]
