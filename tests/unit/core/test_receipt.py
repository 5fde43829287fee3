"""Receipts: one signature for every entry of a checkpoint, with its size and app_hash signed."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_client import foreign
from ledger_client.core import checkpoint, merkle, receipt
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.signature import BadSignature
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import cbor
from tests.world import signer

KEY = signer("ledger")
ENTRIES = [hashlib.sha256(bytes((number,))).digest() for number in range(8)]
NODE = merkle.list_node(ENTRIES)
CHECKPOINT = Checkpoint(bytes(32), 3, bytes(32), 1000, 8, merkle.root(NODE, 8), bytes(32),
                        checkpoint.revoked_hash([]))
SIGNED = receipt.sign(CHECKPOINT, KEY)


def of_entry(index: int, size: int = 8) -> bytes:
    return receipt.inclusion(replace(CHECKPOINT, size=size), KEY.public_key, SIGNED, index,
                             merkle.inclusion_path(NODE, index, size))


@pytest.mark.parametrize("index", range(8))
def test_every_entry_has_one_by_the_same_signature(index: int) -> None:
    found = receipt.decode(of_entry(index))
    assert (found.index, found.size, found.app_hash) == (index, 8, CHECKPOINT.app_hash())
    assert found.signature == SIGNED
    assert found.verify(ENTRIES[index], KEY.public_key) == CHECKPOINT.log_root


def test_another_entry_or_key_is_refused() -> None:
    found = receipt.decode(of_entry(2))
    with pytest.raises(BadSignature):
        found.verify(ENTRIES[3], KEY.public_key)
    with pytest.raises(BadSignature):
        found.verify(ENTRIES[2], signer("other ledger").public_key)


def test_the_tree_size_is_signed() -> None:
    """Leaf 5 of 8 has the path of leaf 5 of 7: what RFC 9942 leaves open, the claims close."""
    path = merkle.inclusion_path(NODE, 5, 8)
    assert merkle.root_from_inclusion(ENTRIES[5], 5, 7, path) == CHECKPOINT.log_root
    honest = receipt.protected_header(CHECKPOINT, KEY.public_key)
    lying = cbor.encode_sign1([honest, {396: {-1: [cbor.encode([7, 5, path])]}}, None, SIGNED])
    assert foreign.verify_receipt(lying, ENTRIES[5], foreign.p256_key(KEY.public_key)).size == 7
    with pytest.raises(VerificationFailed, match="tree size"):
        receipt.decode(lying)


def test_others_verify_it_by_the_standard() -> None:
    key = foreign.p256_key(KEY.public_key)
    assert foreign.verify_receipt(of_entry(5), ENTRIES[5], key) == foreign.Inclusion(
        8, 5, CHECKPOINT.log_root)
    older = receipt.consistency(CHECKPOINT, KEY.public_key, SIGNED, 3,
                                merkle.consistency_path(NODE, 3, 8))
    assert foreign.verify_consistency(older, merkle.root(NODE, 3), key) == (
        8, CHECKPOINT.log_root)


def test_one_kind_is_not_read_as_the_other() -> None:
    consistency = receipt.consistency(CHECKPOINT, KEY.public_key, SIGNED, 3,
                                      merkle.consistency_path(NODE, 3, 8))
    for read, data in ((receipt.decode_consistency, of_entry(5)), (receipt.decode, consistency)):
        with pytest.raises(VerificationFailed, match=r"receipt\.proof"):
            read(data)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=2))
def test_a_changed_receipt_is_refused(at: int, piece: bytes) -> None:
    good = of_entry(5)
    data = good[:at] + piece + good[at + len(piece):]
    if data == good:
        return
    with pytest.raises(InvalidData):
        receipt.decode(data).verify(ENTRIES[5], KEY.public_key)
