"""The golden vectors of the wire formats, on CPython and in the real micropython binary."""

import ast
import hashlib
import json
import re
from pathlib import Path

import cbor2
import ecdsa
import pytest

from ledger_client.wire import values
from tests import micropython
from tests.device import wire_vectors

VECTORS = micropython.CHECKOUT / "tests" / "vectors"
WIRE = micropython.CHECKOUT / "ledger_client" / "wire"
GS1 = ("gs1", "digital_link")  # these have vectors of their own
FILES = [(kind, subject) for kind in ("valid", "invalid") for subject in wire_vectors.SUBJECTS]


@pytest.mark.parametrize(("kind", "subject"), FILES)
def test_cpython_reads_what_is_written(kind: str, subject: str) -> None:
    check = {"valid": wire_vectors.check_valid, "invalid": wire_vectors.check_invalid}[kind]
    cases = wire_vectors.load(str(VECTORS), kind, subject)
    assert cases
    for case in cases:
        check(case)


def test_micropython_reads_the_same() -> None:
    printed = micropython.run("tests/device/wire_vectors.py", str(VECTORS), heap="8M")
    counts = {(kind, subject): int(count)
              for kind, subject, count in map(str.split, printed.splitlines())}
    assert counts == {(kind, subject): len(wire_vectors.load(str(VECTORS), kind, subject))
                      for kind, subject in FILES}


def rules_of(path: Path) -> set[str]:
    """The rules that a module names, such as "cbor.shortest"."""
    return {node.value for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and re.fullmatch(r"[a-z]+\.[a-z][a-z-]*[a-z]", node.value)}


def test_every_rule_refuses_something_and_no_other_is_named() -> None:
    modules = [path for path in WIRE.glob("*.py") if not path.name.startswith(GS1)]
    written = set().union(*map(rules_of, modules))
    refused = {case["rule"] for subject in wire_vectors.SUBJECTS
               for case in wire_vectors.load(str(VECTORS), "invalid", subject)}
    assert len(written) > 40
    assert refused == written


def test_every_reader_and_writer_has_cases() -> None:
    cases = [case for kind, subject in FILES
             for case in wire_vectors.load(str(VECTORS), kind, subject)]
    assert {case["format"] for case in cases} == {*wire_vectors.READERS, *wire_vectors.WRITERS}


@pytest.mark.parametrize("subject", [one for one in wire_vectors.SUBJECTS if one != "console"])
def test_cbor2_reads_the_valid_ones_too(subject: str) -> None:
    for case in wire_vectors.load(str(VECTORS), "valid", subject):
        if case["format"] in ("public key", "topic"):
            continue
        value = cbor2.loads(bytes.fromhex(case["hex"]))
        if case["format"].startswith("cbor") or case["format"] == "configuration":
            assert wire_vectors.plain(value) == case["fields"], case["name"]
        if case["format"] == "record" and "no CBOR" not in case["name"]:
            assert wire_vectors.plain(cbor2.loads(value.value[2])[3]) == case["fields"]["prev"]


def test_ecdsa_verifies_what_is_signed() -> None:
    """By another library, over a structure that another encoder made."""
    device = wire_vectors.load(str(VECTORS), "valid", "cose")
    (key,) = [case["hex"] for case in device if case["name"] == "key of the device"]
    signed = [(1, key, case["hex"]) for case in wire_vectors.load(str(VECTORS), "valid", "record")]
    signed += [(case["purpose"], case["key"]["bytes"], case["hex"])
               for case in wire_vectors.load(str(VECTORS), "valid", "session")
               if case["format"] == "signed"]
    assert len(signed) > 40
    for purpose, public_key, data in signed:
        protected, _, payload, signature = cbor2.loads(bytes.fromhex(data)).value
        context = cbor2.dumps(["coldseal", purpose, wire_vectors.LEDGER])
        structure = cbor2.dumps(["Signature1", protected, context, payload])
        ecdsa.VerifyingKey.from_string(
            bytes.fromhex(public_key), ecdsa.NIST256p, hashlib.sha256
        ).verify(signature, structure)


def test_the_shapes_have_the_fields_of_the_values() -> None:
    for names, shape in ((wire_vectors.CLOCK, values.Clock), (wire_vectors.RECORD, values.Record),
                         (wire_vectors.SERIES, values.Series), (wire_vectors.SCAN, values.Scan),
                         (wire_vectors.HELLO, values.Hello), (wire_vectors.ACK, values.Ack),
                         (wire_vectors.COMMAND, values.Command)):
        assert names == shape._fields


@pytest.mark.parametrize(("kind", "subject"), FILES)
def test_a_change_of_a_vector_is_seen(kind: str, subject: str) -> None:
    """The replay can fail: another expectation is not met by any case."""
    for case in wire_vectors.load(str(VECTORS), kind, subject):
        wrong = {"fields": {"other": json.dumps(case)}, "rule": "other"}
        check = wire_vectors.check_valid if kind == "valid" else wire_vectors.check_invalid
        with pytest.raises(AssertionError):
            check({**case, **wrong})
