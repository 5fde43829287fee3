"""Blocks: records sealed under one Merkle root (gateway -> ledger).

BlockHeader = [version, height, prev, root, count, sealed_ms, journal_id], the payload of a signed
statement of kind "block"; BlockBody = [+ [received_ms / null, record]]; a leaf is the CBOR of one
pair, the tree is RFC 9162's over SHA-256 of each leaf.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from ledger_client.core import merkle, statement
from ledger_client.core.signature import Signer
from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError

VERSION = 1
KIND = SUBJECT = "block"
FIRST_HEIGHT = 1
FIRST_PREV = bytes(32)


@dataclass(frozen=True)
class Leaf:
    """A record as the gateway received it; `received_ms` is the gateway's word, never judged."""

    received_ms: int | None
    record: bytes

    def encode(self) -> bytes:
        return cbor.encode([self.received_ms, self.record])

    def entry(self) -> bytes:
        """What the block's tree holds for this leaf."""
        return hashlib.sha256(self.encode()).digest()


@dataclass(frozen=True)
class BlockHeader:
    """`prev` is the entry hash of the gateway's previous block."""

    height: int
    prev: bytes
    root: bytes
    count: int
    sealed_ms: int
    journal_id: bytes


def encode_body(leaves: Sequence[Leaf]) -> bytes:
    return cbor.encode([[leaf.received_ms, leaf.record] for leaf in leaves])


def decode_body(data: bytes) -> list[Leaf]:
    """Leaves of a body; WireError when its form or a limit is broken."""
    rule = "block.body"
    if len(data) > codes.BLOCK_BYTES:
        raise WireError(rule, f"{len(data)} bytes, more than {codes.BLOCK_BYTES}")
    value = cbor.decode(data)
    if type(value) is not list or not 0 < len(value) <= codes.BLOCK_RECORDS:
        raise WireError(rule, f"not 1 to {codes.BLOCK_RECORDS} records")
    return [_leaf(pair) for pair in value]


def _leaf(pair: object) -> Leaf:
    rule = "block.body"
    received_ms, record = check.array(pair, 2, rule)
    if type(record) is not bytes:
        raise WireError(rule, "a record is a byte string")
    return Leaf(check.uint_or_null(received_ms, rule), record)


class Body:
    """A registered body whose leaves are decoded when they are asked for: one record is read
    without the others of its block."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts = [cbor.head(data, 0)[2]]

    def leaf(self, number: int) -> Leaf:
        while len(self._starts) <= number:
            self._starts.append(self._end(self._starts[-1]))
        pair, _ = cbor.read(self._data, self._starts[number])
        return _leaf(pair)

    def _end(self, start: int) -> int:
        """Where the leaf at `start` ends: [received_ms / null, record]."""
        received = cbor.head(self._data, start)[2]
        record = cbor.head(self._data, received)[2]
        _, size, content = cbor.head(self._data, record)
        return content + size


def body_root(leaves: Sequence[Leaf]) -> bytes:
    return merkle.root(merkle.list_node([leaf.entry() for leaf in leaves]), len(leaves))


def seal(header: BlockHeader, ledger: bytes, signer: Signer) -> bytes:
    """The block statement, signed by the gateway; it has no iat: sealed_ms says when."""
    return statement.build(KIND, signer, subject=SUBJECT, ledger=ledger,
                           content=[VERSION, *astuple(header)])


def decode_header(content: object) -> BlockHeader:
    """The header in a block statement's content; WireError when its form is wrong."""
    rule = "block.header"
    parts = check.array(content, 7, rule)
    check.version(parts[0], VERSION, rule)
    return BlockHeader(check.uint(parts[1], rule), check.sized(parts[2], 32, rule),
                       check.sized(parts[3], 32, rule), check.uint(parts[4], rule),
                       check.uint(parts[5], rule), check.sized(parts[6], 8, rule))
