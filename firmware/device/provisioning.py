"""What a device is told once at its console, checked and kept beside its key."""

from collections import namedtuple

from firmware.device import ecdsa
from firmware.device.logger import INTERVAL_MS_MIN
from ledger_client.wire import cbor, check, codes, configuration
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Provision(NamedTuple):
        """Everything that PROVISION brings; `settings` is the decoded configuration."""

        ledger: bytes
        root: bytes
        role: int
        configuration: bytes
        gateways: "list[bytes]"
        replaces: "bytes | None"
        settings: "dict[str, object]"
else:
    Provision = namedtuple("Provision", ("ledger", "root", "role", "configuration", "gateways",
                                         "replaces", "settings"))


def read(arguments: "list[object]", product: str) -> Provision:
    """PROVISION's six arguments; raises WireError that names what is wrong with them."""
    rule = "provision.form"
    ledger, root, role, settings_data, gateways, replaces = check.array(arguments, 6, rule)
    if role != codes.ROLE_DEVICE:
        raise WireError("provision.role", "the role must be %d, device" % codes.ROLE_DEVICE)
    if type(settings_data) is not bytes:
        raise WireError(rule, "the configuration must be its encoded bytes")
    if type(gateways) is not list or not 0 < len(gateways) <= codes.GATEWAYS:
        raise WireError("provision.gateways", "give 1 to %d gateway keys: without one nothing is "
                        "ever acknowledged" % codes.GATEWAYS)
    for key in gateways:
        ecdsa.read_public_key(key)
    settings = configuration.decode(settings_data)
    if product == "logger" and settings["interval_ms"] < INTERVAL_MS_MIN:  # type: ignore[operator]
        raise WireError("provision.interval", "a logger samples at most every %d ms"
                        % INTERVAL_MS_MIN)
    return Provision(check.sized(ledger, 32, rule), check.sized(root, 32, rule), role,
                     settings_data, gateways, check.sized_or_null(replaces, 32, rule), settings)


def check_change(old: Provision, new: Provision) -> None:
    """A device key belongs to one ledger and one owner; settings and gateways may change."""
    if (old.ledger, old.root, old.role) != (new.ledger, new.root, new.role):
        raise WireError("provision.bound", "this key belongs to another ledger or owner: erase "
                        "the device, then provision it anew with a new key")


def encode(provision: Provision) -> bytes:
    """Bytes for the key store."""
    return cbor.encode(list(provision[:6]))


def decode(data: bytes, product: str) -> Provision:
    """What `encode` wrote; raises WireError when the store is damaged."""
    return read(check.array(cbor.decode(data), 6, "provision.stored"), product)
