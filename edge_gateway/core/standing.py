"""What a gateway keeps of the ledger's state: who is in standing, as of which checkpoint.

File = [1, ledger, saved_ms / null, number, app_hash, time_ms, [* member], [* revoked kid],
[* [thumbprint, public key, organisation]]]
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ledger_client.wire import cbor, check, cose
from ledger_client.wire.errors import WireError

VERSION = 1
DEVICES = 10_000  # of one gateway; the one known for longest is asked for again


@dataclass(frozen=True)
class Device:
    """An enrolled device; none of this ever changes."""

    thumbprint: bytes
    public_key: bytes
    organisation: bytes


@dataclass(frozen=True)
class Standing:
    """`members` are roots of organisations, `revoked` kids, `devices` by kid; the rest is of the
    checkpoint that they were read at."""

    ledger: bytes
    number: int
    app_hash: bytes
    time_ms: int
    members: frozenset[bytes]
    revoked: frozenset[bytes]
    devices: Mapping[bytes, Device] = field(default_factory=dict)

    def public_key(self, kid: bytes) -> bytes | None:
        """Of a device in standing."""
        device = self.devices.get(kid)
        if device is None or kid in self.revoked or device.organisation not in self.members:
            return None
        return device.public_key

    def knowing(self, device: Device) -> "Standing":
        """With one device more."""
        devices = {**self.devices, device.thumbprint[:cose.KID_BYTES]: device}
        if len(devices) > DEVICES:
            del devices[next(iter(devices))]
        return replace(self, devices=devices)

    def encode(self, saved_ms: int | None) -> bytes:
        return cbor.encode([
            VERSION, self.ledger, saved_ms, self.number, self.app_hash, self.time_ms,
            sorted(self.members), sorted(self.revoked),
            [[one.thumbprint, one.public_key, one.organisation]
             for one in self.devices.values()]])


def decode_standing(data: bytes) -> tuple[Standing, int | None]:
    """(standing, when it was saved); WireError when it is none."""
    rule = "standing.form"
    version, ledger, saved_ms, number, app_hash, time_ms, members, revoked, devices = \
        check.array(cbor.decode(data), 9, rule)
    check.version(version, VERSION, rule)
    if type(members) is not list or type(revoked) is not list or type(devices) is not list:
        raise WireError(rule, "members, revoked and devices are arrays")
    known = [_device(one, rule) for one in devices]
    return Standing(
        check.sized(ledger, 32, rule), check.uint(number, rule), check.sized(app_hash, 32, rule),
        check.uint(time_ms, rule), frozenset(check.sized(one, 32, rule) for one in members),
        frozenset(check.sized(one, cose.KID_BYTES, rule) for one in revoked),
        {one.thumbprint[:cose.KID_BYTES]: one for one in known}), \
        check.uint_or_null(saved_ms, rule)


def _device(value: object, rule: str) -> Device:
    thumbprint, public_key, organisation = check.array(value, 3, rule)
    return Device(check.sized(thumbprint, 32, rule), check.sized(public_key, 64, rule),
                  check.sized(organisation, 32, rule))
