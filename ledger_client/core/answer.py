"""The storage answer about a pack: its product's profile, its exposure, the verdict.

Recomputable by anyone: the same call over a ledger and over a passport gives the same verdict.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from ledger_client.core import calibration, exposure, profile, registry, state, storage
from ledger_client.core.history import Source
from ledger_client.core.profile import Profile
from ledger_client.core.registry import Current
from ledger_client.core.state import View
from ledger_client.core.storage import Verdict
from ledger_client.core.storage_values import Calibration, Exposure
from ledger_client.errors import InvalidData
from ledger_client.wire import cbor

_GTIN_STEM = "https://id.gs1.org/01/"


@dataclass(frozen=True)
class InForce:
    """The profile that a pack's product names, as registered now."""

    name: str
    entry: int
    version: int
    profile: Profile


@dataclass(frozen=True)
class StorageAnswer:
    """`until_ms` is ledger time of the checkpoint it holds for; `calibrations` are by logger."""

    in_force: InForce
    exposure: Exposure
    verdict: Verdict
    until_ms: int
    calibration_entries: tuple[int, ...]
    calibrations: Mapping[str, Calibration]

    def stated(self) -> list[object]:
        """What a passport's maker states: [outcome, profile entry, [calibration entries], until_ms,
        SHA-256 of the verdict as CBOR]."""
        return [self.verdict.outcome, self.in_force.entry, sorted(set(self.calibration_entries)),
                self.until_ms, hashlib.sha256(cbor.encode(self.verdict.as_list())).digest()]


def gtin_of(uri: str) -> str | None:
    """GTIN in a pack's Digital Link."""
    return uri[len(_GTIN_STEM):].split("/")[0] if uri.startswith(_GTIN_STEM) else None


def product_key(uri: str) -> bytes:
    """State key of a pack's product."""
    return state.registered_key("product", _GTIN_STEM + (gtin_of(uri) or ""))


def profile_keys_of(view: View, uri: str) -> list[bytes]:
    """State keys that name the profile of a pack: of its product, and of that profile."""
    key = product_key(uri)
    current = view.load(Current, key)
    if current is None:
        return [key]
    return [key, _profile_key(registry.decode_product(current.content).profile)]


def _profile_key(name: str) -> bytes:
    return state.registered_key("profile", "profile/" + name)


def in_force(view: View, uri: str, named: str | None = None) -> InForce:
    """The profile of the pack's product, or the one `named` for a thing that is no product.

    InvalidData when no product is registered for the pack's GTIN, or no profile by that name.
    """
    return _registered(view, _profile_of(view, uri) if named is None else named)


def _profile_of(view: View, uri: str) -> str:
    current = None if gtin_of(uri) is None else view.load(Current, product_key(uri))
    if current is None:
        raise InvalidData("storage.product", f"no product with a storage profile is registered "
                          f"for {uri}")
    return registry.decode_product(current.content).profile


def _registered(view: View, name: str) -> InForce:
    registered = view.load(Current, _profile_key(name))
    if registered is None:
        raise InvalidData("storage.profile", f"no profile {name!r} is registered on this ledger")
    return InForce(name, registered.entry, registered.version, profile.decode(registered.content))


def storage_answer(source: Source, view: View, uri: str, until_ms: int,
                   named: str | None = None) -> StorageAnswer:
    """The verdict on a pack as of ledger time `until_ms`; on something else by a `named` profile.

    InvalidData as in_force raises it.
    """
    found = in_force(view, uri, named)
    exposed = exposure.exposure(source, uri, until_ms)
    held = {segment.logger: certificate for segment in exposed.segments
            if (certificate := calibration.of(view, segment.logger, segment.start_ms))}
    calibrations = {logger: certificate for logger, (_, certificate) in held.items()}
    return StorageAnswer(found, exposed, storage.judge(found.profile, exposed, calibrations,
                                                       until_ms), until_ms,
                         tuple(entry for entry, _ in held.values()), calibrations)
