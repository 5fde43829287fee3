"""The session: topics, and messages that are good for one purpose on one ledger."""

import pytest

from ledger_client.core import signature
from ledger_client.core.signature import BadSignature
from ledger_client.wire import codes, session
from ledger_client.wire.values import Ack
from tests.world import signer

LEDGER = bytes(range(32))
GATEWAY = signer("gateway")
ACK = Ack(signer("device").kid, 1, 5, 16, bytes(32), 4, b"journal1", 1_780_000_000_000, 50, 2,
          bytes(16), None)


def test_a_message_opens_to_what_was_signed() -> None:
    data = session.sign1(codes.PURPOSE_ACK, LEDGER, GATEWAY, session.encode_ack(ACK))
    kid, digest, signed, payload = session.open1(codes.PURPOSE_ACK, LEDGER, data)
    assert kid == GATEWAY.kid
    assert session.decode_ack(payload) == ACK
    signature.verify(GATEWAY.public_key, digest, signed)


@pytest.mark.parametrize(("purpose", "ledger"), [
    (codes.PURPOSE_RECORD, LEDGER), (codes.PURPOSE_COMMAND, LEDGER),
    (codes.PURPOSE_POSSESSION, LEDGER), (codes.PURPOSE_ACK, bytes(32))])
def test_it_does_not_verify_for_another_purpose_or_ledger(purpose: int, ledger: bytes) -> None:
    data = session.sign1(codes.PURPOSE_ACK, LEDGER, GATEWAY, session.encode_ack(ACK))
    _, digest, signed, _ = session.open1(purpose, ledger, data)
    with pytest.raises(BadSignature):
        signature.verify(GATEWAY.public_key, digest, signed)


def test_a_topic_is_read_back() -> None:
    kid = bytes.fromhex("00ffa1b2c3d4e5f6")
    assert session.topic(kid, "up") == "coldseal/1/00ffa1b2c3d4e5f6/up"
    assert session.topic_kid("coldseal/1/00ffa1b2c3d4e5f6/up") == (kid, "up")
