"""The gateway's configuration: one TOML file, read once; unknown keys are errors.

Paths are relative to the file.  docs/gateway.md describes every setting.
"""

from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

from edge_gateway import settings_file
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
class ServiceSettings:
    """A ledger service; `trust` is the ledger's trust file, `ca` a PEM file of certificates to
    trust instead of the system's."""

    url: str
    trust: Path
    ca: Path | None = None


@dataclass(frozen=True)
class SimulationSettings:
    """Virtual time follows the records; it starts at `start_ms`.  Never with real devices."""

    start_ms: int
    seed: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything `coldseal gateway run` is told."""

    ledger: Path | ServiceSettings
    journal: Path
    key: Path
    broker: BrokerSettings
    ledger_key: Path | None = None
    seal_interval_s: int = 60
    simulation: SimulationSettings | None = None


Section = TypeVar("Section")


def load(path: Path) -> Settings:
    """ConfigurationError names the file, the key and what is expected."""
    settings = _section(path, "", Settings, settings_file.load(path))
    if settings.broker.tls is None and settings.broker.host not in LOOPBACK:
        raise ConfigurationError(
            f"{path}: [broker] host {settings.broker.host!r} is another machine: give [broker.tls] "
            "ca, certificate and key")
    if settings.seal_interval_s < 1:
        raise ConfigurationError(f"{path}: seal_interval_s must be at least 1")
    _check_ledger(path, settings)
    return settings


def _check_ledger(path: Path, settings: Settings) -> None:
    if isinstance(settings.ledger, Path):
        if settings.ledger_key is None:
            raise ConfigurationError(f"{path}: missing: ledger_key, which signs the checkpoints of "
                                     f"{settings.ledger.name}")
        return
    if settings.ledger_key is not None:
        raise ConfigurationError(f"{path}: ledger_key: the service of [ledger] signs with its own: "
                                 "leave it out")
    if settings.simulation is not None:
        raise ConfigurationError(f"{path}: [simulation] needs a ledger file of its own: a service "
                                 "lives in real time")
    local = urlsplit(settings.ledger.url).hostname in LOOPBACK
    if not settings.ledger.url.startswith("https://") and not local:
        raise ConfigurationError(f"{path}: [ledger] url {settings.ledger.url!r} is another "
                                 "machine: use https://")


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


def _value(path: Path, name: str, kind: Any, value: Any) -> Any:
    """`value` as the field's type wants it: a section, a path, or as it stands."""
    kinds = get_args(kind) or (kind,)
    sections: list[Any] = [one for one in kinds if is_dataclass(one)]
    plain = [one for one in kinds if not is_dataclass(one) and one is not NoneType]
    if sections and isinstance(value, dict):
        return _section(path, name, sections[0], value)
    if not plain:
        raise ConfigurationError(f"{path}: {name}: is a section, [{name}]")
    expected = str if plain[0] is Path else plain[0]
    if type(value) is not expected:
        raise ConfigurationError(f"{path}: {name}: {value!r} is no {expected.__name__}")
    return path.parent / value if plain[0] is Path else value
