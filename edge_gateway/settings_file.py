"""Files of settings, TOML: read, and held against the form that they must have."""

import tomllib
from pathlib import Path
from typing import Any

from edge_gateway.errors import ConfigurationError

# A type, a list of what one form fits, or the settings of a table.
Form = type | list["Form"] | dict[str, "Form"]


def load(path: Path) -> dict[str, Any]:
    """The table in `path`; ConfigurationError when it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file") from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path}: not TOML: too deep") from error
    except ValueError as error:  # tomllib.TOMLDecodeError and UnicodeDecodeError are two
        raise ConfigurationError(f"{path}: not TOML: {error}") from error


def check(where: str, value: object, form: Form, optional: frozenset[str] = frozenset()) -> None:
    """ConfigurationError, beginning with `where`, unless `value` has this form; settings in
    `optional` may be absent from its outermost table."""
    if isinstance(form, dict):
        _check_table(where, value, form, optional)
    elif isinstance(form, list):
        if type(value) is not list:
            raise ConfigurationError(f"{where}: {value!r} is no list")
        for number, one in enumerate(value, 1):
            check(f"{where} {number}", one, form[0])
    elif type(value) is not form:
        raise ConfigurationError(f"{where}: {value!r} is no {form.__name__}")
    elif isinstance(value, str) and not value.isprintable():
        raise ConfigurationError(f"{where}: {value!r} holds what cannot be printed")


def _check_table(where: str, value: object, form: dict[str, Form],
                 optional: frozenset[str]) -> None:
    if type(value) is not dict or not set(form) - optional <= set(value) <= set(form):
        raise ConfigurationError(f"{where}: the settings are {', '.join(form)}")
    for name, one in value.items():
        check(f"{where}: {name}", one, form[name])
