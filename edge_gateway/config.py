"""The gateway's configuration: one TOML file, read once; unknown keys are errors.

Paths are relative to the file.  docs/gateway.md describes every setting.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from edge_gateway.errors import ConfigurationError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class TlsSettings:
    """Mutual TLS to the broker: PEM files."""

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class BrokerSettings:
    """The MQTT broker; without `tls` it must be on this machine."""

    host: str
    port: int
    tls: TlsSettings | None = None


@dataclass(frozen=True)
class SimulationSettings:
    """Virtual time follows the records; it starts at `start_ms`.  Never with real devices."""

    start_ms: int
    seed: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything `coldseal gateway run` is told."""

    ledger: Path
    ledger_key: Path
    journal: Path
    key: Path
    broker: BrokerSettings
    seal_interval_s: int = 60
    simulation: SimulationSettings | None = None


Section = TypeVar("Section")


def load(path: Path) -> Settings:
    """ConfigurationError names the file, the key and what is expected."""
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from error
    settings = _section(path, "", Settings, values)
    if settings.broker.tls is None and settings.broker.host not in LOOPBACK:
        raise ConfigurationError(
            f"{path}: [broker] host {settings.broker.host!r} is another machine: give [broker.tls] "
            "ca, certificate and key")
    if settings.seal_interval_s < 1:
        raise ConfigurationError(f"{path}: seal_interval_s must be at least 1")
    return settings


def _section(path: Path, name: str, kind: type[Section], values: dict[str, Any]) -> Section:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    where = f"{path}: " + (f"[{name}] " if name else "")
    for key in values:
        if key not in known:
            raise ConfigurationError(f"{where}{key}: unknown setting; known are "
                                     + ", ".join(known))
    arguments = {key: _value(path, f"{name}.{key}".lstrip("."), known[key].type, value)
                 for key, value in values.items()}
    try:
        return kind(**arguments)
    except TypeError as error:
        missing = [key for key, field in known.items() if key not in values
                   and field.default is field.default_factory]
        raise ConfigurationError(f"{where}missing: {', '.join(missing)}") from error


_SECTIONS = {"broker": BrokerSettings, "broker.tls": TlsSettings,
             "simulation": SimulationSettings}


def _value(path: Path, name: str, kind: Any, value: Any) -> Any:
    if name in _SECTIONS:
        if not isinstance(value, dict):
            raise ConfigurationError(f"{path}: {name}: is a section, [{name}]")
        return _section(path, name, _SECTIONS[name], value)
    expected = str if kind is Path else kind
    if type(value) is not expected:
        raise ConfigurationError(f"{path}: {name}: {value!r} is no {expected.__name__}")
    return path.parent / value if kind is Path else value
