"""What all cases share: keys, ledger id, and the shape of a case.

Keys come from names and nonces from RFC 6979, so that every run writes the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, record
from ledger_client.wire.values import Clock
from tests.device.wire_vectors import plain
from tests.world import signer

Case = dict[str, object]

LEDGER = bytes(range(32))
DEVICE, GATEWAY, OPERATIONS = signer("device"), signer("gateway"), signer("operations")
HASH = bytes(range(0xA0, 0xC0))
NONCE = bytes(range(16))
PLACE = "https://id.gs1.org/414/9506000134376"
CLOCK = Clock(1_780_000_000_000, codes.SOURCE_SNTP, 1000, 1, 86_400_000)


@dataclass(frozen=True)
class Subject:
    """The cases of one file in valid/ and of its twin in invalid/."""

    about: str
    valid: list[Case]
    invalid: list[Case]


def valid(name: str, form: str, data: bytes, fields: Mapping[str, object],
          **more: object) -> Case:
    """Bytes and the fields they hold."""
    return {"name": name, "format": form, **_plain(more), "hex": data.hex(),
            "fields": _plain(fields)}


def valid_value(name: str, form: str, data: bytes, value: object) -> Case:
    """Bytes and the one value they are."""
    return {"name": name, "format": form, "hex": data.hex(), "fields": plain(value)}


def invalid(name: str, form: str, data: bytes, rule: str, **more: object) -> Case:
    """Bytes, named by what is wrong, and the rule that refuses them."""
    return {"name": name, "format": form, **_plain(more), "hex": data.hex(), "rule": rule}


def refused_value(name: str, form: str, value: object, rule: str, **more: object) -> Case:
    """A value that has no encoding; it stands as itself, because JSON can hold it."""
    return {"name": name, "format": form, **_plain(more), "value": value, "rule": rule}


def _plain(values: Mapping[str, object]) -> Case:
    return {name: plain(value) for name, value in values.items()}


def sign_record(payload: bytes, by: SoftwareSigner = DEVICE, ledger: bytes = LEDGER) -> bytes:
    return record.encode(by.kid, payload, by.sign(record.digest(by.kid, ledger, payload)))
