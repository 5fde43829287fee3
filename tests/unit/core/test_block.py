"""Blocks: the tree over records, and the limits of a body."""

import hashlib

import cbor2
import pytest

from ledger_client.core import block, merkle, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.wire import cbor, codes
from ledger_client.wire.errors import WireError
from tests.device.wire_vectors import refusal
from tests.world import signer

LEAVES = [Leaf(1_780_000_000_000 + number, b"record %d" % number) for number in range(5)]


def test_a_body_is_read_back() -> None:
    data = block.encode_body(LEAVES)
    assert block.decode_body(data) == LEAVES
    assert cbor2.loads(data) == [[leaf.received_ms, leaf.record] for leaf in LEAVES]


def test_a_leaf_is_hashed_twice() -> None:
    """Once as the entry of a tree, once as its leaf: the rule that the ledger's log has."""
    (leaf,) = LEAVES[:1]
    entry = hashlib.sha256(cbor2.dumps([leaf.received_ms, leaf.record])).digest()
    assert block.body_root([leaf]) == hashlib.sha256(b"\0" + entry).digest()


@pytest.mark.parametrize("index", range(5))
def test_every_record_is_proven_by_the_root(index: int) -> None:
    node = merkle.list_node([leaf.entry() for leaf in LEAVES])
    path = merkle.inclusion_path(node, index, 5)
    assert merkle.root_from_inclusion(LEAVES[index].entry(), index, 5, path) == \
        block.body_root(LEAVES)


def test_a_header_is_signed_and_read_back() -> None:
    header = BlockHeader(1, block.FIRST_PREV, block.body_root(LEAVES), 5, 1000, b"journal1")
    by = signer("gateway")
    signed = statement.parse(block.seal(header, bytes(32), by))
    signed.verify(by.public_key)
    assert (signed.kind, signed.subject, signed.issued_s) == ("block", block.SUBJECT, None)
    assert block.decode_header(signed.content()) == header


def test_a_body_of_exactly_the_limit_is_read() -> None:
    """196608 bytes in five records, and one byte more."""
    head = 1 + 5 * (1 + 1 + 3)  # array; pair, null and the head of a long byte string
    spare = codes.BLOCK_BYTES - head - 4 * 40_000
    full = [Leaf(None, bytes(40_000))] * 4
    data = block.encode_body([*full, Leaf(None, bytes(spare))])
    assert len(data) == codes.BLOCK_BYTES
    assert len(block.decode_body(data)) == 5
    with pytest.raises(WireError, match=r"block\.body"):
        block.decode_body(block.encode_body([*full, Leaf(None, bytes(spare + 1))]))


def test_the_count_of_records_is_limited() -> None:
    for count, rule in ((codes.BLOCK_RECORDS, ""), (codes.BLOCK_RECORDS + 1, "block.body")):
        assert refusal(block.decode_body, cbor.encode([[None, b""]] * count)) == rule
