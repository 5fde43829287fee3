"""What the checkpoint's state root proves, and the state's keys and values as a passport needs
them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import URI_CHARACTERS, StatePair
from ledger_client.second_opinion.trees import sha256, state_root
from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError

_RULE = "state"
_LAST_STATUS = 14  # sampled
_LOGGERS = 32  # on one carrier
_CERTIFICATES = 16  # kept of one logger


@dataclass(frozen=True)
class ItemState:
    """How long an item's chain is, and its head; how often it was unpacked whole; in which
    generation of which parent it was packed last; `lot` and `expiry` (YYMMDD) of a pack; whether it
    is recalled by itself, or with what it was taken out of alone."""

    status: int
    parent: str | None
    parent_generation: int
    length: int
    head: bytes
    generation: int
    lot: str | None
    expiry: str | None
    recalled: bool


@dataclass(frozen=True)
class Unpacked:
    """A parent was unpacked whole: the status that was left to its content, its own chain just
    after, and whether its content was recalled with it."""

    status: int
    length: int
    head: bytes
    recalled: bool


@dataclass(frozen=True)
class Head:
    """A device's newest record of one epoch, and what is missing before it."""

    seq: int
    digest: bytes
    gaps: list[list[int]]

    def gap(self, seq: int) -> list[int] | None:
        """[first, last] of what is missing, when `seq` is."""
        return next((one for one in self.gaps if one[0] <= seq <= one[1]), None)


def first_head(uri: str) -> bytes:
    """Head of an item's chain before its first event."""
    return sha256(uri.encode())


def item_key(uri: str) -> bytes:
    return b"item/" + uri.encode()


def device_key(thumbprint: bytes) -> bytes:
    return b"device/" + thumbprint


def head_key(thumbprint: bytes, epoch: int) -> bytes:
    return b"head/" + thumbprint + b"/" + cbor.encode(epoch)


def record_key(thumbprint: bytes, epoch: int, seq: int) -> bytes:
    return b"record/" + thumbprint + b"/" + cbor.encode(epoch) + cbor.encode(seq)


def unpacked_key(parent: str, generation: int) -> bytes:
    return b"unpacked/" + parent.encode() + b"/" + cbor.encode(generation)


class State:
    """Values by key, each proof checked against the state root."""

    def __init__(self, pairs: list[StatePair], root: bytes) -> None:
        self._values: dict[bytes, tuple[str, bytes | None]] = {}
        self._unused: dict[bytes, str] = {}
        self._heads: dict[tuple[bytes, int], Head | None] = {}  # read once a record beside a gap
        for number, pair in enumerate(pairs):
            field = f"proofs[{number}]"
            if pair.key in self._values:
                raise Fault(field, "a key stands twice")
            with at(field):
                found = state_root(pair.key, pair.value, pair.proof)
            if found != root:
                raise Fault(field, "the proof does not lead to the checkpoint's state root")
            self._values[pair.key] = field, pair.value
            self._unused[pair.key] = field

    def has(self, key: bytes) -> bool:
        return key in self._values

    def value(self, key: bytes) -> tuple[str, object]:
        """(field, value; None: proven absent); Fault when there is no proof."""
        if key not in self._values:
            raise Fault("proofs", f"no proof of {_describe(key)}")
        self._unused.pop(key, None)
        field, encoded = self._values[key]
        if encoded is None:
            return field, None
        with at(field):
            found = cbor.decode(encoded, utf8=True)
            if found is None:
                raise WireError(_RULE, "null is no value: what is absent has none")
            return field, found

    def check_all_used(self) -> None:
        for field in self._unused.values():
            raise Fault(field, "nothing in the passport asks for it")

    def item(self, uri: str) -> ItemState | None:
        field, value = self.value(item_key(uri))
        if value is None:
            return None
        with at(field):
            status, parent, parent_generation, _, _, length, head, _, generation, lot, expiry, \
                _, _, _, _, _, recalled, *_ = formed(value, _ITEM)
            return ItemState(status, parent, parent_generation, length, head, generation, lot,
                             expiry, recalled)

    def unpacked(self, parent: str, generation: int) -> Unpacked | None:
        """None when the state, as far as it is proven, has none: the parent's own state decides."""
        key = unpacked_key(parent, generation)
        field, value = self.value(key) if self.has(key) else ("", None)
        if value is None:
            return None
        with at(field):
            status, _, _, _, _, length, head, recalled = formed(value, _UNPACKED)
            return Unpacked(status, length, head, recalled)

    def head(self, thumbprint: bytes, epoch: int) -> Head | None:
        if (thumbprint, epoch) not in self._heads:
            self._heads[thumbprint, epoch] = self._read_head(thumbprint, epoch)
        return self._heads[thumbprint, epoch]

    def _read_head(self, thumbprint: bytes, epoch: int) -> Head | None:
        field, value = self.value(head_key(thumbprint, epoch))
        if value is None:
            return None
        with at(field):
            seq, digest, gaps, *_ = formed(value, _HEAD)
            bounds = [0, *(bound for gap in gaps for bound in gap), seq]
            if any(low >= high for low, high in zip(bounds[::2], bounds[1::2], strict=True)) \
                    or any(low > high for low, high in gaps):
                raise WireError(_RULE, "gaps are not in order")
            return Head(seq, digest, gaps)

    def taken(self, thumbprint: bytes, epoch: int, seq: int) -> bytes | None:
        """Digest of the record that the ledger has in this place."""
        field, value = self.value(record_key(thumbprint, epoch, seq))
        if value is None:
            return None
        with at(field):
            digest: bytes = formed(value, _RECORD)[0]
            return digest

    def device_epoch(self, thumbprint: bytes) -> int:
        """The newest epoch of which the ledger has a record; 0: it has none."""
        field, value = self.value(device_key(thumbprint))
        if value is None:
            return 0
        with at(field):
            epoch: int = formed(value, _DEVICE)[0]
            return epoch

    def check_logger(self, thumbprint: bytes, label: str) -> None:
        """It is a device that bears this label; what is known of its calibration is proven."""
        field, certificates = self.value(b"calibrations/" + label.encode())
        with at(field):
            if certificates is not None:
                formed(certificates, _CALIBRATIONS)
        field, value = self.value(b"key/" + thumbprint)
        with at(field):
            if value is None:
                raise WireError(_RULE, "the logger's key is not enrolled")
            role, _, _, _, details, _, _ = formed(value, _KEY)
            if role != codes.ROLE_DEVICE or details[:1] != [label]:
                raise WireError(_RULE, "it is not enrolled as the device with this label")
            check.uint(details[1] if len(details) > 1 else None, _RULE)  # drift of its oscillator


# Parts of values in order, each with its form; "?" means: or null.
_ITEM = ("status uri? uint hash? uri? uint hash uint uint text? text? uri? uri? flag status loggers"
         " flag hash? uint? status")
_UNPACKED = "status hash? uri? uri? uint? uint hash flag"
_HEAD = "uint hash gaps uint list uint list uint"
_RECORD = "hash uint uint uint"
_DEVICE = "uint flag uint?"
_KEY = "uint hash key uint list hash? uint?"
_CALIBRATIONS = "certificates"
_CERTIFICATE = "uint hash map"
PRODUCT = "uint hash uint map"


def formed(value: object, form: str) -> list[Any]:
    """The parts of a value of this form; WireError for any other."""
    names = form.split()
    parts = check.array(value, len(names), _RULE)
    for part, name in zip(parts, names, strict=True):
        if part is not None or not name.endswith("?"):
            _FORMS[name.rstrip("?")](part)
    return parts


def _is(kind: type) -> Callable[[object], None]:
    def checked(part: object) -> None:
        if type(part) is not kind:
            raise WireError(_RULE, f"not of type {kind.__name__}")
    return checked


def _status(part: object) -> None:
    if check.uint(part, _RULE) > _LAST_STATUS:
        raise WireError(_RULE, f"no status is above {_LAST_STATUS}")


def _array_of(form: str, most: int) -> Callable[[object], None]:
    def checked(part: object) -> None:
        if type(part) is not list or len(part) > most:
            raise WireError(_RULE, f"not an array of at most {most}")
        for one in part:
            if " " in form:
                formed(one, form)
            else:
                _FORMS[form](one)
    return checked


_FORMS: dict[str, Callable[[Any], object]] = {
    "uint": lambda part: check.uint(part, _RULE), "status": _status, "flag": _is(bool),
    "hash": lambda part: check.sized(part, 32, _RULE),
    "key": lambda part: check.sized(part, 64, _RULE),
    "text": lambda part: check.text(part, codes.TEXT, _RULE),
    "uri": lambda part: check.text(part, URI_CHARACTERS, _RULE),
    "list": _is(list), "map": _is(dict), "gaps": _array_of("uint uint", codes.GAPS),
    "loggers": _array_of("uri", _LOGGERS),
    "certificates": _array_of(_CERTIFICATE, _CERTIFICATES),
}


def _describe(key: bytes) -> str:
    word, _, rest = key.partition(b"/")
    return f"{word.decode('ascii', 'replace')}/" + (
        rest.decode() if rest.isascii() else rest.hex())
