"""Checkpoints, their signatures, cosignatures and the trust that makes them final."""

import hashlib
from dataclasses import replace

import pytest

from ledger_client.core import checkpoint, signature
from ledger_client.core.checkpoint import Checkpoint, Cosignature
from ledger_client.core.trust import Trust
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import cbor
from tests.world import signer

LEDGER = bytes(range(32))
KEY, OTHER = signer("ledger"), signer("other ledger")
WITNESSES = [signer(f"witness {number}") for number in range(3)]
CHECKPOINT = Checkpoint(LEDGER, 3, bytes(32), 1000, 7, bytes(32), bytes(32),
                        checkpoint.revoked_hash([]))


def cosigned(by: int, level: int = 1, what: Checkpoint = CHECKPOINT) -> bytes:
    return checkpoint.cosign(Cosignature(what.app_hash(), level, 2000), LEDGER, WITNESSES[by])


def trust(threshold: int, level: int = 1) -> Trust:
    return Trust("test", LEDGER, KEY.public_key,
                 tuple((one.public_key, level) for one in WITNESSES[:2]), threshold)


def test_the_hash_is_over_every_field() -> None:
    others = [replace(CHECKPOINT, **{name: value}) for name, value in (  # type: ignore[arg-type]
        ("ledger", bytes(32)), ("number", 4), ("prev", b"\1" * 32), ("time_ms", 1), ("size", 8),
        ("log_root", b"\1" * 32), ("state_root", b"\1" * 32), ("revoked", b"\1" * 32))]
    assert len({one.app_hash() for one in (CHECKPOINT, *others)}) == 9
    assert CHECKPOINT.app_hash() == hashlib.sha256(CHECKPOINT.encode()).digest()


def test_it_is_read_back_plain_and_signed() -> None:
    assert checkpoint.decode(CHECKPOINT.encode()) == CHECKPOINT
    signed = checkpoint.sign(CHECKPOINT, KEY)
    assert checkpoint.open_signed(signed, LEDGER, KEY.public_key) == CHECKPOINT


def test_whose_it_claims_to_be_is_told_without_verifying() -> None:
    signed = checkpoint.sign(CHECKPOINT, KEY)
    assert checkpoint.signed_by(signed, KEY.thumbprint)
    assert not checkpoint.signed_by(signed, OTHER.thumbprint)


def test_revoked_keys_are_hashed_in_their_order() -> None:
    rows = [[b"12345678", 5], [b"23456789", 1]]
    assert checkpoint.revoked_hash(rows) == hashlib.sha256(cbor.encode(rows)).digest()
    assert checkpoint.revoked_hash(rows) != checkpoint.revoked_hash(rows[::-1])


@pytest.mark.parametrize(("ledger", "key"), [
    (bytes(32), KEY.public_key), (LEDGER, OTHER.public_key)])
def test_another_ledger_or_key_does_not_open_it(ledger: bytes, key: bytes) -> None:
    with pytest.raises(InvalidData):
        checkpoint.open_signed(checkpoint.sign(CHECKPOINT, KEY), ledger, key)
    with pytest.raises(InvalidData):
        checkpoint.open_cosignature(cosigned(0), ledger, key)


@pytest.mark.parametrize(("threshold", "level", "given", "final"), [
    (0, 1, [], True), (1, 1, [], False), (1, 1, [cosigned(0)], True),
    (1, 1, [cosigned(2)], False),  # no witness that is named
    (2, 1, [cosigned(0)], False), (2, 1, [cosigned(0), cosigned(0, 2)], False),  # one, twice
    (2, 1, [cosigned(0), cosigned(1)], True), (1, 2, [cosigned(0, 1)], False),
    (1, 2, [cosigned(0, 2)], True), (1, 1, [cosigned(2), cosigned(1)], True)])
def test_it_is_final_with_enough_witnesses(threshold: int, level: int, given: list[bytes],
                                           final: bool) -> None:
    signed = checkpoint.sign(CHECKPOINT, KEY)
    if final:
        assert trust(threshold, level).open_checkpoint(signed, given) == CHECKPOINT
        return
    with pytest.raises(VerificationFailed) as caught:
        trust(threshold, level).open_checkpoint(signed, given)
    assert caught.value.rule == "trust.threshold"


def test_a_cosignature_of_another_checkpoint_is_no_mistake() -> None:
    other = replace(CHECKPOINT, number=4)
    with pytest.raises(VerificationFailed) as caught:
        trust(1).open_checkpoint(checkpoint.sign(CHECKPOINT, KEY), [cosigned(0, what=other)])
    assert (caught.value.rule, caught.value.field) == ("trust.cosignature", "cosignatures[0]")


def test_the_ledger_key_is_the_trust_files() -> None:
    with pytest.raises(InvalidData):
        trust(0).open_checkpoint(checkpoint.sign(CHECKPOINT, OTHER), [])
    forged = checkpoint.sign(CHECKPOINT, KEY)[:-32] + bytes(31) + b"\1"
    with pytest.raises(signature.BadSignature):
        trust(0).open_checkpoint(forged, [])
