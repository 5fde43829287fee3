"""Other people's COSE: their published vectors, and forms that must not pass."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ledger_client import foreign
from ledger_client.core import merkle
from ledger_client.errors import InvalidData, UsageError, VerificationFailed
from ledger_client.wire import cose
from tests.shared_data import shared
from tests.world import signer

LOG = signer("foreign log")


KEY = foreign.p256_key(LOG.public_key)


def signed(header: object, unprotected: object = None, payload: bytes | None = b"content",
           content: bytes = b"content") -> bytes:
    """A COSE_Sign1 of the log's key, its header encoded by cbor2 or given as bytes."""
    protected = header if isinstance(header, bytes) else cbor2.dumps(header)
    covered = b"" if protected == b"\xa0" else protected
    signature = LOG.sign(cose.digest(covered, b"", content))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, unprotected or {}, payload, signature]))


def rule_of(call: Callable[[], object]) -> str:
    """The rule that a call fails by, "" when it does not."""
    try:
        call()
    except VerificationFailed as error:
        return error.rule
    return ""


def check(data: bytes, key: foreign.ForeignKey = KEY, **more: bytes) -> str:
    return rule_of(lambda: foreign.verify(foreign.read(data), key, **more))


# --- COSE working group

# What these examples ask for and is not done, and why.  A miss that is not here fails.
COSE_MISSES = {
    "sign-pass-03: Remove CBOR Tag": "foreign.tag",  # tag 18 is required (RFC 9943 section 6)
}
COSE_FOLDERS = ("sign1-tests", "ecdsa-examples", "RFC8152", "CWT")


def cose_examples() -> list[dict[str, Any]]:
    """Examples of one signature by an ES256 key."""
    folder = shared("ledger/cose-wg-examples")
    found = [json.loads(path.read_text()) for name in COSE_FOLDERS
             for path in sorted((folder / name).glob("*.json"))]
    return [one for one in found if one["input"].get("sign0", {}).get("alg") == "ES256"]


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def example_key(example: dict[str, Any]) -> foreign.ForeignKey:
    key = example["input"]["sign0"]["key"]
    return foreign.p256_key(b"".join(
        decoded(key[name]) if name in key else bytes.fromhex(key[name + "_hex"])
        for name in ("x", "y")))


def test_the_working_groups_examples() -> None:
    examples = cose_examples()
    assert len(examples) >= 8
    for one in examples:
        title, data = one["title"], bytes.fromhex(one["output"]["cbor"])
        aad = bytes.fromhex(one["input"]["sign0"].get("external", ""))
        rule = check(data, example_key(one), external_aad=aad)
        if title in COSE_MISSES:
            assert rule == COSE_MISSES[title]
        else:
            assert bool(rule) == bool(one.get("fail")), (title, rule)


def test_a_p384_example() -> None:
    example = json.loads(shared("ledger/cose-wg-examples/ecdsa-examples/ecdsa-sig-02.json"
                                ).read_text())
    key = example["input"]["sign0"]["key"]
    point = b"\4" + decoded(key["x"]) + decoded(key["y"])
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point)
    data = bytes.fromhex(example["output"]["cbor"])
    assert check(data, foreign.ForeignKey(-35, public)) == ""
    assert check(data, KEY) == "foreign.algorithm"


# --- SCITT statements and receipts

FAILURES = {"TAMPERED_INCLUSION_PATH": ("receipt", "foreign.signature"),
            "UNSUPPORTED_VDS": ("receipt", "foreign.vds"),
            "BAD_STATEMENT_SIGNATURE": ("statement", "foreign.signature")}
# A CCF ledger's receipt has another tree (vds 2), by another document than RFC 9942.
SCITT_MISSES = {"valid-ccf-vds2": {"receipt": "foreign.vds"}}


def scitt_vectors() -> list[tuple[dict[str, Any], Path]]:
    folder = shared("ledger/scitt-cose-vectors/test-vectors")
    found: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text())["vectors"]
    return [(one, folder / one["dir"]) for one in found if (folder / one["dir"]).is_dir()]


def judge(folder: Path) -> dict[str, str]:
    """Rules that statement and receipt fail by."""
    statement = (folder / "statement.cose").read_bytes()
    receipt = (folder / "receipt.cose").read_bytes()
    issuer = foreign.load_key((folder / "issuer-key.pub").read_bytes())
    log = foreign.load_key((folder / "log-key.pub").read_bytes())
    found = {"statement": check(statement, issuer), "receipt": rule_of(
        lambda: foreign.verify_receipt(receipt, foreign.entry_hash(statement), log))}
    return {part: rule for part, rule in found.items() if rule}


def test_scitt_vectors() -> None:
    vectors = scitt_vectors()
    assert vectors
    for vector, folder in vectors:
        wanted = SCITT_MISSES.get(vector["id"], {})
        if "failure_code" in vector:
            wanted = dict([FAILURES[vector["failure_code"]]])
        assert judge(folder) == wanted, vector["id"]
        payload = folder / "payload.bin"
        if payload.exists():
            assert foreign.read((folder / "statement.cose").read_bytes()).payload == \
                payload.read_bytes()


def test_the_receipts_of_the_draft_speak_of_one_log() -> None:
    """Their key is not published: the proofs are checked, and that the signature is looked at."""
    folder = shared("ledger/cose-receipts")
    inclusion, consistency = (foreign.read((folder / f"{name}-receipt.cbor").read_bytes())
                              for name in ("inclusion", "consistency"))
    size, index, path = foreign._proof(inclusion, -1)
    older_size, newer_size, steps = foreign._proof(consistency, -2)
    assert (index, size, older_size, newer_size) == (3, 5, 3, 5)
    leaf = steps[1]  # the fourth leaf, in a path from three leaves to five
    older_root = merkle.node_hash(steps[2], steps[0])
    root = merkle.root_from_leaf(leaf, index, size, path)
    assert merkle.root_from_consistency(older_size, newer_size, older_root, steps) == root
    assert root.hex().startswith("895731b5")
    assert rule_of(lambda: foreign.verify(inclusion, KEY, payload=root)) == "foreign.signature"


def test_statements_of_a_ccf_ledger_are_read_and_not_believed() -> None:
    """Their keys are in certificates, which nobody here judges; some name a crit of their own."""
    folder = shared("ledger/scitt-ccf-ledger")
    messages = [path.read_bytes() for path in sorted(folder.rglob("*.cose"))]
    assert messages
    for data in messages:
        assert len(foreign.entry_hash(data)) == 32
        assert check(data) in ("foreign.algorithm", "foreign.signature", "foreign.critical")


# --- our own making

def receipt(size: int, index: int, path: list[bytes], root: bytes, *,
            header: object = None, proofs: object = None) -> bytes:
    proof = cbor2.dumps([size, index, path])
    return signed(header or {1: -7, 395: 1}, {396: proofs or {-1: [proof]}}, None, root)


ENTRIES = [hashlib.sha256(bytes((number,))).digest() for number in range(7)]
NODE = merkle.list_node(ENTRIES)


@pytest.mark.parametrize("index", range(7))
def test_a_receipt_of_every_leaf(index: int) -> None:
    data = receipt(7, index, merkle.inclusion_path(NODE, index, 7), merkle.root(NODE, 7))
    assert foreign.verify_receipt(data, ENTRIES[index], KEY) == foreign.Inclusion(
        7, index, merkle.root(NODE, 7))
    assert rule_of(lambda: foreign.verify_receipt(data, bytes(32), KEY)) == "foreign.signature"


def test_a_tree_of_one_leaf_has_an_empty_path() -> None:
    root = merkle.leaf_hash(ENTRIES[0])
    assert foreign.verify_receipt(receipt(1, 0, [], root), ENTRIES[0], KEY).root == root


@pytest.mark.parametrize("older", range(1, 7))
def test_consistency_from_every_size(older: int) -> None:
    proof = cbor2.dumps([older, 7, merkle.consistency_path(NODE, older, 7)])
    root = merkle.root(NODE, 7)
    data = signed({1: -7, 395: 1}, {396: {-2: [proof]}}, None, root)
    assert foreign.verify_consistency(data, merkle.root(NODE, older), KEY) == (7, root)
    with pytest.raises(VerificationFailed):
        foreign.verify_consistency(data, bytes(32), KEY)


def test_an_empty_consistency_path_proves_nothing() -> None:
    data = signed({1: -7, 395: 1}, {396: {-2: [cbor2.dumps([1, 2, []])]}}, None, bytes(32))
    assert rule_of(lambda: foreign.verify_consistency(data, bytes(32), KEY)) == "merkle.path"


def test_receipts_that_must_not_pass() -> None:
    path, root = merkle.inclusion_path(NODE, 2, 7), merkle.root(NODE, 7)
    proof = cbor2.dumps([7, 2, path])
    wrong_proofs: list[object] = [
        {-2: [proof]}, {-1: []}, {-1: [proof, proof]}, {-1: proof}, [proof], {-1: [[7, 2]]},
        {-1: [cbor2.dumps([7, 2])]}, {-1: [cbor2.dumps([7, True, path])]},
        {-1: [cbor2.dumps([7, 2, ["text"]])]}, {-1: [cbor2.dumps({})]}]
    broken = {
        "foreign.vds": [
            *[receipt(7, 2, path, root, header=header) for header in (
                {1: -7}, {1: -7, 395: 2}, {1: -7, 395: True})],
            signed({1: -7}, {395: 1, 396: {-1: [proof]}}, None, root)],
        "foreign.proof": [receipt(7, 2, path, root, proofs=proofs) for proofs in wrong_proofs],
        "foreign.payload": [signed({1: -7, 395: 1}, {396: {-1: [proof]}}, root, root)],
        "foreign.header": [signed({1: -7, 395: 1}, {395: 1, 396: {-1: [proof]}}, None, root)],
        "merkle.index": [receipt(2, 2, path, root)], "merkle.path": [receipt(3, 2, path, root)],
        "merkle.hash": [receipt(7, 2, [*path[:-1], path[-1][:31]], root)],
        "foreign.signature": [receipt(7, 2, path, bytes(32))]}
    for rule, cases in broken.items():
        for data in cases:
            assert rule_of(lambda data=data: foreign.verify_receipt(  # type: ignore[misc]
                data, ENTRIES[2], KEY)) == rule, rule


@pytest.mark.parametrize(("data", "rule"), [
    (signed({1: -7}), ""), (signed({1: -7, 4: b"kid", 15: {1: "iss"}}), ""),
    (signed(b"", {1: -7}), ""), (signed(b"\xa0", {1: -7}), ""),  # two forms of an empty header
    (signed({1: -7, 2: [4], 4: b"kid"}), ""), (signed({1: -7, 2: ["mine"], "mine": 1}),
                                              "foreign.critical"),
    (signed({1: -7, 2: 4}), "foreign.critical"), (signed({1: -7, 2: [[4]]}), "foreign.critical"),
    (signed({1: -7}, {2: [4]}), "foreign.critical"),
    (signed({}), "foreign.algorithm"), (signed({1: -35}), "foreign.algorithm"),
    (signed({1: "ES256"}), "foreign.algorithm"), (signed({True: -7}), "foreign.header"),
    (signed({1.0: -7}), "foreign.header"), (signed({1: -7}, {1: -7}), "foreign.header"),
    (signed([1, -7]), "foreign.header"), (signed(b"\xff"), "foreign.cbor"),
    (signed(bytes.fromhex("a201260126")), "foreign.cbor"),  # alg twice
    (signed({1: -7})[1:], "foreign.tag"), (b"\xd1" + signed({1: -7})[1:], "foreign.tag"),
    (signed({1: -7}) + b"\0", "foreign.cbor"), (b"", "foreign.cbor"),
    (b"\xd2\x80", "foreign.parts"),
    (b"\xd2\x84\x40\xa0\x60\x40", "foreign.parts"), (b"\xd2\x84\xa0\xa0\x40\x40", "foreign.parts"),
    (signed({1: -7}, {9: cbor2.CBORTag(35, "(")}), ""),  # a regular expression, not compiled
    (signed({1: -7}, payload=None), "foreign.payload"),
    (b"\x81" * 40 + b"\0", "foreign.cbor"), (bytes(foreign.MESSAGE_BYTES), "foreign.cbor"),
    (bytes(foreign.MESSAGE_BYTES + 1), "foreign.bytes")])
def test_forms(data: bytes, rule: str) -> None:
    assert check(data) == rule


def test_high_s_is_allowed_and_other_lengths_are_not() -> None:
    message = foreign.read(signed({1: -7}))
    r, s = message.signature[:32], int.from_bytes(message.signature[32:], "big")
    other = r + (cose.P256_ORDER - s).to_bytes(32, "big")
    for signature, rule in ((other, ""), (message.signature + b"\0", "foreign.signature"),
                            (message.signature[:63], "foreign.signature"),
                            (r + b"\0" + message.signature[32:], "foreign.signature"),
                            (bytes(64), "foreign.signature")):
        changed = foreign.Message(message.protected, message.header, {}, b"content", signature)
        assert rule_of(lambda changed=changed: foreign.verify(changed, KEY)) == rule  # type: ignore[misc]


def test_the_entry_does_not_depend_on_the_unprotected_map() -> None:
    plain, with_receipts = signed({1: -7}), signed({1: -7}, {394: [b"receipt"]})
    assert foreign.entry_hash(plain) == foreign.entry_hash(with_receipts)
    assert foreign.entry_hash(plain) == hashlib.sha256(plain).digest()


def test_keys_that_cannot_be_used() -> None:
    p521 = ec.derive_private_key(7, ec.SECP521R1()).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for pem in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", p521):
        with pytest.raises(UsageError):
            foreign.load_key(pem)
    for point in (b"", bytes(64), LOG.public_key[:63]):
        with pytest.raises(UsageError):
            foreign.p256_key(point)


@given(st.binary(max_size=200) | st.tuples(
    st.integers(0, 200), st.binary(min_size=1, max_size=3)).map(lambda drawn: (
        lambda good: good[:drawn[0]] + drawn[1] + good[drawn[0] + len(drawn[1]):])(
            receipt(7, 2, merkle.inclusion_path(NODE, 2, 7), merkle.root(NODE, 7)))))
def test_any_bytes_are_refused_or_the_same_receipt(data: bytes) -> None:
    try:
        found = foreign.verify_receipt(data, ENTRIES[2], KEY)
    except InvalidData:
        return
    assert found.root == merkle.root(NODE, 7)
