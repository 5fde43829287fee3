"""Statements that register data: storage profiles and products.

A profile or product is versioned by its subject: a change names the entry that it replaces and is
refused when that is not the current one, so nothing withheld can be replayed later.
"""

from dataclasses import dataclass

from ledger_client.core import identity, profile, state
from ledger_client.core.entry import Entry
from ledger_client.core.identity import Key
from ledger_client.core.state import Stored
from ledger_client.errors import Refused
from ledger_client.wire import check, codes, gs1
from ledger_client.wire.errors import WireError

PRODUCT_NAME_CHARACTERS = 128


@dataclass(frozen=True)
class Current(Stored):
    """The entry in force for a subject, and its version (1, 2, ...)."""

    entry: int
    entry_hash: bytes
    version: int
    content: dict[str, object]


@dataclass(frozen=True)
class Product:
    """A trade item and the storage profile that it needs, by the profile's name."""

    name: str
    profile: str


def apply_profile(entry: Entry, signer: Key, content: object) -> None:
    """Content = [1, replaces / null, body]; sub = "profile/<name>"."""
    body = _replace(entry, "profile", content)
    if not entry.statement.subject.startswith("profile/"):
        raise Refused("S8", "sub is not profile/<name>")
    profile.decode(body)


def apply_product(entry: Entry, signer: Key, content: object) -> None:
    """Content = [1, replaces / null, {name, profile}]; sub = the GTIN's Digital Link."""
    body = _replace(entry, "product", content)
    decoded = decode_product(body)
    organisation = identity.require_organisation(entry.view, signer.organisation)
    if not gs1.gcp_owner(entry.statement.subject, organisation.prefixes):
        raise Refused("S7", "only the owner of the GS1 prefix registers a product")
    if entry.view.read(state.registered_key("profile", "profile/" + decoded.profile)) is None:
        raise Refused("S10", f"no profile {decoded.profile!r} is registered")


def decode_product(body: dict[str, object]) -> Product:
    if set(body) != {"name", "profile"}:
        raise WireError("product.form", "the keys are not name and profile")
    return Product(check.text(body["name"], PRODUCT_NAME_CHARACTERS, "product.form"),
                   check.text(body["profile"], codes.TEXT, "product.form"))


def _replace(entry: Entry, kind: str, content: object) -> dict[str, object]:
    rule = kind + ".form"
    version, replaces, body = check.array(content, 3, rule)
    check.version(version, codes.VERSION, rule)
    check.sized_or_null(replaces, 32, rule)
    if type(body) is not dict:
        raise WireError(rule, "the body is a map")
    key = state.registered_key(kind, entry.statement.subject)
    current = entry.view.load(Current, key)
    if replaces != (None if current is None else current.entry_hash):
        raise Refused("S9", "it does not replace the entry that is current")
    entry.view.store(key, Current(entry.number, entry.statement.entry_hash,
                                  1 if current is None else current.version + 1, body))
    return body
