"""Golden vectors of the ledger's formats, read by the code that they are for."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ledger_client import foreign
from ledger_client.core import (
    block,
    capture,
    checkpoint,
    identity,
    merkle,
    receipt,
    statement,
    trust,
)
from ledger_client.core.entry import Submission
from ledger_client.core.signature import check_public_key
from ledger_client.core.state_tree import StateProof, root_from_proof
from ledger_client.errors import InvalidData, Refused
from ledger_client.node.embedded import EmbeddedLedger, Registered
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError
from tests.device.wire_vectors import LEDGER, plain
from tests.world import signer

Case = dict[str, Any]

SUBJECTS = ("block", "checkpoint", "content", "log", "proof", "receipt", "statement", "trust")


def fields_of(value: Any) -> Case:
    return {name: plain(one) for name, one in asdict(value).items()}


def given(case: Case, name: str) -> bytes:
    """Bytes that a case gives beside its hex."""
    return bytes.fromhex(case[name]["bytes"])


def read_statement(data: bytes, case: Case) -> Case:
    parsed = statement.parse(data)
    parsed.verify(given(case, "key"))
    return fields_of(parsed)


def read_header(data: bytes, case: Case) -> Case:
    return fields_of(block.decode_header(cbor.decode(data)))


def read_body(data: bytes, case: Case) -> Case:
    leaves = block.decode_body(data)
    assert block.encode_body(leaves) == data
    return {"leaves": [[leaf.received_ms, plain(leaf.record)] for leaf in leaves],
            "root": plain(block.body_root(leaves))}


def read_checkpoint(data: bytes, case: Case) -> Case:
    found = checkpoint.decode(data)
    assert found.encode() == data
    return {**fields_of(found), "app_hash": plain(found.app_hash())}


def read_signed_checkpoint(data: bytes, case: Case) -> Case:
    return fields_of(checkpoint.open_signed(data, LEDGER, given(case, "key")))


def read_cosignature(data: bytes, case: Case) -> Case:
    return fields_of(checkpoint.open_cosignature(data, LEDGER, given(case, "key")))


def read_receipt(data: bytes, case: Case) -> Case:
    found = receipt.decode(data)
    root = found.verify(given(case, "entry"), given(case, "key"))
    assert foreign.verify_receipt(data, given(case, "entry"), foreign.p256_key(
        given(case, "key"))) == foreign.Inclusion(found.size, found.index, root)
    return {**fields_of(found), "root": plain(root)}


def read_consistency(data: bytes, case: Case) -> Case:
    """By our reader, and as anybody else would by RFC 9942 alone."""
    found = receipt.decode_consistency(data)
    size, root = foreign.verify_consistency(data, given(case, "older_root"),
                                            foreign.p256_key(given(case, "key")))
    assert size == found.size
    return {**fields_of(found), "root": plain(root)}


def read_trust(data: bytes, case: Case) -> Case:
    found = trust.decode(data)
    assert found.encode() == data
    return {**fields_of(found), "fingerprint": found.fingerprint()}


def parts(data: bytes) -> list[Any]:
    value = cbor.decode(data)
    assert isinstance(value, list)
    return value


def read_inclusion(data: bytes, case: Case) -> Case:
    index, path = parts(data)
    root = merkle.root_from_inclusion(given(case, "entry"), index, case["size"], path)
    return {"root": plain(root)}


def read_state_proof(data: bytes, case: Case) -> Case:
    bitmap, siblings, other = parts(data)
    proof = StateProof(bitmap, tuple(siblings), None if other is None else tuple(other))
    assert cbor.encode(proof.as_list()) == data
    value = None if case["value"] is None else given(case, "value")
    return {"root": plain(root_from_proof(given(case, "key"), value, proof))}


def read_content(data: bytes, case: Case) -> object:
    """A statement's payload; what it means for a ledger is in the vectors of a log."""
    value = cbor.decode(data, utf8=True)
    assert cbor.encode(value, utf8=True) == data
    if case["kind"] == "genesis":
        check_public_key(identity.decode_genesis(value).ledger_key)
    if case["kind"] == "capture":
        assert capture.decode(value).as_list() == value
    return plain(value)


def replay(case: Case) -> EmbeddedLedger:
    """A ledger in memory after the entries of a log, each registered at its time."""
    now_ms = 0
    engine = EmbeddedLedger(MemoryStore(), signer("ledger"), lambda: now_ms)
    for entry in case["entries"]:
        now_ms = entry["time_ms"]
        (answer,) = engine.submit([submission(entry)])
        assert isinstance(answer, Registered), answer
    return engine


def submission(entry: Case) -> Submission:
    body = entry["body"]
    return Submission(bytes.fromhex(entry["statement"]), None if body is None
                      else bytes.fromhex(body))


def check_log(case: Case) -> None:
    found = replay(case).checkpoint()
    assert found is not None
    assert {**fields_of(found), "app_hash": plain(found.app_hash())} == case["fields"]


def check_refused_entry(case: Case, log: Case) -> None:
    """`case` after the entries of a log: refused, and nothing is registered."""
    engine = replay(log)
    before = engine.checkpoint()
    (answer,) = engine.submit([submission(case)])
    assert isinstance(answer, Refused)
    assert answer.rule == case["rule"], (case["name"], answer)
    assert engine.checkpoint() == before


READERS: dict[str, Callable[[bytes, Case], object]] = {
    "block header": read_header, "block body": read_body, "checkpoint": read_checkpoint,
    "signed checkpoint": read_signed_checkpoint, "cosignature": read_cosignature,
    "receipt": read_receipt, "consistency receipt": read_consistency, "statement": read_statement,
    "trust": read_trust, "path": read_inclusion, "state proof": read_state_proof,
    "content": read_content,
}


def check_valid(case: Case) -> None:
    found = READERS[case["format"]](bytes.fromhex(case["hex"]), case)
    assert found == case["fields"], (case["name"], found)


def refusal(case: Case) -> str:
    """The rule that the bytes are refused by, "" when they are not."""
    try:
        READERS[case["format"]](bytes.fromhex(case["hex"]), case)
    except (WireError, InvalidData) as error:
        return error.rule
    return ""


def check_invalid(case: Case) -> None:
    assert refusal(case) == case["rule"], case["name"]
