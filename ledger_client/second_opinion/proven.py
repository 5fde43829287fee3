"""What the checkpoint's state root proves, and the state's keys and values as a passport needs
them."""

from dataclasses import dataclass

from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import URI_CHARACTERS, StatePair
from ledger_client.second_opinion.trees import sha256, state_root
from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError


@dataclass(frozen=True)
class ItemState:
    """How long an item's chain is, and its head; how often it was unpacked whole; in which
    generation of which parent it was packed last; `lot` of a pack; whether it is recalled by
    itself, or with what it was taken out of alone."""

    status: int
    parent: str | None
    parent_generation: int
    length: int
    head: bytes
    generation: int
    lot: str | None
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
        with at(field):
            return field, None if encoded is None else cbor.decode(encoded, utf8=True)

    def check_all_used(self) -> None:
        for field in self._unused.values():
            raise Fault(field, "nothing in the passport asks for it")

    def item(self, uri: str) -> ItemState | None:
        field, value = self.value(item_key(uri))
        if value is None:
            return None
        with at(field):
            status, parent, parent_generation, _, _, length, head, _, generation, lot, *_, \
                recalled = _first(value, 17, "item")
            return ItemState(
                check.uint(status, "item"),
                None if parent is None else check.text(parent, URI_CHARACTERS, "item"),
                check.uint(parent_generation, "item"), check.uint(length, "item"),
                check.sized(head, 32, "item"), check.uint(generation, "item"),
                None if lot is None else check.text(lot, codes.TEXT, "item"),
                _bool(recalled, "item"))

    def unpacked(self, parent: str, generation: int) -> Unpacked | None:
        """None when the state, as far as it is proven, has none: the parent's own state decides."""
        key = unpacked_key(parent, generation)
        field, value = self.value(key) if self.has(key) else ("", None)
        if value is None:
            return None
        with at(field):
            status, _, _, _, _, length, head, recalled = _first(value, 8, "unpacked")
            return Unpacked(check.uint(status, "unpacked"), check.uint(length, "unpacked"),
                            check.sized(head, 32, "unpacked"), _bool(recalled, "unpacked"))

    def head(self, thumbprint: bytes, epoch: int) -> Head | None:
        if (thumbprint, epoch) not in self._heads:
            self._heads[thumbprint, epoch] = self._read_head(thumbprint, epoch)
        return self._heads[thumbprint, epoch]

    def _read_head(self, thumbprint: bytes, epoch: int) -> Head | None:
        field, value = self.value(head_key(thumbprint, epoch))
        if value is None:
            return None
        with at(field):
            seq, digest, gaps = _first(value, 3, "head")
            if type(gaps) is not list or len(gaps) > codes.GAPS:
                raise WireError("head", f"gaps are not an array of at most {codes.GAPS}")
            return Head(check.uint(seq, "head"), check.sized(digest, 32, "head"),
                        [[check.uint(bound, "head") for bound in check.array(gap, 2, "head")]
                         for gap in gaps])

    def taken(self, thumbprint: bytes, epoch: int, seq: int) -> bytes | None:
        """Digest of the record that the ledger has in this place."""
        field, value = self.value(record_key(thumbprint, epoch, seq))
        if value is None:
            return None
        with at(field):
            return check.sized(_first(value, 1, "record")[0], 32, "record")

    def device_epoch(self, thumbprint: bytes) -> int:
        """The newest epoch of which the ledger has a record; 0: it has none."""
        field, value = self.value(device_key(thumbprint))
        if value is None:
            return 0
        with at(field):
            return check.uint(_first(value, 1, "device")[0], "device")

    def check_logger(self, thumbprint: bytes, label: str) -> None:
        """It is a device that bears this label; what is known of its calibration is proven."""
        self.value(b"calibrations/" + label.encode())
        field, value = self.value(b"key/" + thumbprint)
        with at(field):
            role, _, _, _, details = _first(value, 5, "key")
            if role != codes.ROLE_DEVICE or type(details) is not list or details[:1] != [label]:
                raise WireError("key", "it is not enrolled as the device with this label")


def _first(value: object, count: int, rule: str) -> list[object]:
    """The parts that are needed here; the ledger may know more, and all of it is proven."""
    if type(value) is not list or len(value) < count:
        raise WireError(rule, f"not an array of at least {count}")
    return value[:count]


def _bool(value: object, rule: str) -> bool:
    if type(value) is not bool:
        raise WireError(rule, "neither true nor false")
    return value


def _describe(key: bytes) -> str:
    word, _, rest = key.partition(b"/")
    return f"{word.decode('ascii', 'replace')}/" + (
        rest.decode() if rest.isascii() else rest.hex())
