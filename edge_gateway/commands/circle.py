"""A trading circle described in TOML: who founds a ledger.

[[organisation]]
name = "Maker"
roles = ["manufacturer"]
party = "https://id.gs1.org/417/9506000134352"
prefixes = ["9506000134"]
root_key = "keys/maker-root.key.pub"
operations_key = "keys/maker-operations.key.pub"
"""

from pathlib import Path
from typing import Any

from edge_gateway import settings_file
from edge_gateway.errors import ConfigurationError
from ledger_client import signer
from ledger_client.core.identity import ORGANISATION_ROLES, Founder

_FORM: settings_file.Form = {"name": str, "roles": [str], "party": str, "prefixes": [str],
                             "root_key": str, "operations_key": str}


def load(path: Path) -> list[Founder]:
    """Founders in order; key files are relative to the file."""
    values = settings_file.load(path)
    organisations = values.get("organisation")
    if set(values) != {"organisation"} or not isinstance(organisations, list):
        raise ConfigurationError(f"{path}: expected one [[organisation]] for each founder")
    return [_founder(path, number, one) for number, one in enumerate(organisations, 1)]


def _founder(path: Path, number: int, values: dict[str, Any]) -> Founder:
    where = f"{path}: [[organisation]] {number}"
    settings_file.check(where, values, _FORM)
    unknown = [role for role in values["roles"] if role not in ORGANISATION_ROLES]
    if unknown:
        raise ConfigurationError(f"{where}: unknown role {unknown[0]!r}; known are "
                                 + ", ".join(ORGANISATION_ROLES))
    return Founder(values["name"], [ORGANISATION_ROLES[role] for role in values["roles"]],
                   values["party"], values["prefixes"],
                   signer.load_public(path.parent / values["root_key"]),
                   signer.load_public(path.parent / values["operations_key"]))
