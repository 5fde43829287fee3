"""Statements: what is built is read back, by others too, and limits hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_client import foreign
from ledger_client.core import statement
from ledger_client.errors import InvalidData, Refused
from ledger_client.wire import cbor, codes
from tests.world import START_MS, signer

BY = signer("maker operations")
LEDGER = bytes(range(32))
CONTENT = [1, None, {"name": "Überzug"}]


def built(content: object = CONTENT) -> bytes:
    return statement.build("product", BY, subject="subject", content=content, ledger=LEDGER,
                           issued_s=START_MS // 1000)


def test_what_is_built_is_read_back() -> None:
    parsed = statement.parse(built())
    assert (parsed.kind, parsed.subject, parsed.ledger) == ("product", "subject", LEDGER)
    assert (parsed.issuer, parsed.kid) == (BY.thumbprint, BY.kid)
    assert parsed.content() == CONTENT
    parsed.verify(BY.public_key)


def test_others_read_and_verify_it() -> None:
    """By RFC 9052 and RFC 9597 alone: cbor2, and header and claims by their registered numbers."""
    data = built()
    message = foreign.read(data)
    assert foreign.verify(message, foreign.p256_key(BY.public_key)) == cbor.encode(CONTENT, True)
    claims = message.header[15]
    assert isinstance(claims, dict)
    assert claims[1].startswith("urn:ietf:params:oauth:ckt:sha-256:")
    assert (claims[2], claims[6]) == ("subject", START_MS // 1000)
    assert foreign.entry_hash(data) == statement.parse(data).entry_hash


def test_nothing_else_is_signed_the_same() -> None:
    """The digest covers kind, subject, ledger and content."""
    digests = {statement.parse(data).digest for data in (
        built(), built([1]), statement.build("profile", BY, subject="subject", content=CONTENT,
                                             ledger=LEDGER, issued_s=START_MS // 1000),
        statement.build("product", BY, subject="other", content=CONTENT, ledger=LEDGER,
                        issued_s=START_MS // 1000),
        statement.build("product", BY, subject="subject", content=CONTENT, ledger=bytes(32),
                        issued_s=START_MS // 1000),
        statement.build("product", BY, subject="subject", content=CONTENT, ledger=LEDGER))}
    assert len(digests) == 6


def test_the_limit_is_that_of_the_caller() -> None:
    data = built([1, bytes(codes.STATEMENT_BYTES)])
    with pytest.raises(Refused, match="S1"):
        statement.parse(data)
    assert statement.parse(data, limit=len(data)).kind == "product"


def test_a_statement_of_exactly_the_limit_is_read() -> None:
    spare = codes.STATEMENT_BYTES - len(built([1, bytes(60_000)])) + 60_000
    data = built([1, bytes(spare)])
    assert len(data) == codes.STATEMENT_BYTES
    assert statement.parse(data).content() == [1, bytes(spare)]
    with pytest.raises(Refused):
        statement.parse(built([1, bytes(spare + 1)]))


def test_a_payload_in_another_encoding_is_refused_when_it_is_asked_for() -> None:
    parsed = statement.parse(built())
    broken = statement.Statement(**{**vars(parsed), "payload": b"\x18\x01"})
    with pytest.raises(Refused, match=r"cbor\.shortest"):
        broken.content()


@given(st.binary(max_size=100) | st.tuples(st.integers(0, 400), st.binary(max_size=3)).map(
    lambda drawn: built()[:drawn[0]] + drawn[1] + built()[drawn[0] + 1:]))
def test_any_bytes_are_refused_or_not_verified(data: bytes) -> None:
    try:
        statement.parse(data).verify(BY.public_key)
    except InvalidData:
        return
    assert data == built()
