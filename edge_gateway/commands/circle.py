"""A trading circle described in TOML: who founds a ledger.

[[organisation]]
name = "Maker"
roles = ["manufacturer"]
party = "https://id.gs1.org/417/9506000134352"
prefixes = ["9506000134"]
root_key = "keys/maker-root.key.pub"
operations_key = "keys/maker-operations.key.pub"
"""

import tomllib
from pathlib import Path
from typing import Any

from edge_gateway.errors import ConfigurationError
from ledger_client import signer
from ledger_client.core.identity import ORGANISATION_ROLES, Founder

_KEYS = ("name", "roles", "party", "prefixes", "root_key", "operations_key")


def load(path: Path) -> list[Founder]:
    """Founders in order; key files are relative to the file."""
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from error
    organisations = values.get("organisation")
    if set(values) != {"organisation"} or not isinstance(organisations, list):
        raise ConfigurationError(f"{path}: expected one [[organisation]] for each founder")
    return [_founder(path, number, one) for number, one in enumerate(organisations, 1)]


def _founder(path: Path, number: int, values: dict[str, Any]) -> Founder:
    where = f"{path}: [[organisation]] {number}"
    if set(values) != set(_KEYS):
        raise ConfigurationError(f"{where}: the settings are {', '.join(_KEYS)}")
    unknown = [role for role in values["roles"] if role not in ORGANISATION_ROLES]
    if unknown:
        raise ConfigurationError(f"{where}: unknown role {unknown[0]!r}; known are "
                                 + ", ".join(ORGANISATION_ROLES))
    return Founder(values["name"], [ORGANISATION_ROLES[role] for role in values["roles"]],
                   values["party"], values["prefixes"],
                   signer.load_public(path.parent / values["root_key"]),
                   signer.load_public(path.parent / values["operations_key"]))
