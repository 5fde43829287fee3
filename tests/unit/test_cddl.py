"""docs/coldseal.cddl says what the code does: every vector, right or wrong, and a live ledger."""

import logging
import re
from typing import Any

import cbor2
import pytest
from cddl_verifier import Validator

from ledger_client.core import rules, state
from ledger_client.store.interface import Store
from ledger_client.wire import cbor, codes, console
from tests import ledger_vectors, micropython
from tests.device import wire_vectors
from tests.unit.passport_scenes import SCENES
from tests.unit.second_opinion_scenes import ITEM, PARTS
from tests.world import CRATE

SCHEMA = (micropython.CHECKOUT / "docs" / "coldseal.cddl").read_text("utf-8")
VALIDATOR = Validator(SCHEMA)
logging.getLogger("cddl_verifier").setLevel(logging.CRITICAL)  # it logs what it also returns
VECTORS = str(micropython.CHECKOUT / "tests" / "vectors")
SUBJECTS = sorted({*wire_vectors.SUBJECTS, *ledger_vectors.SUBJECTS} - {"log"})
NOT_CBOR = ("public key", "topic", "cbor value", "console message", "telemetry readings")

RULES = {
    "ack": "Ack", "block body": "BlockBody", "block header": "BlockHeader", "cbor": "DeviceItem",
    "cbor utf-8": "Item", "checkpoint": "Checkpoint", "command": "Command",
    "configuration": "Configuration", "console": "ConsoleMessage",
    "consistency receipt": "ConsistencyReceipt", "cosignature": "SignedCosignature",
    "event": "Event", "hello": "Hello", "path": "Path", "possession": "Possession",
    "receipt": "Receipt", "record": "Frame", "record effect": "Record", "scan": "Scan",
    "sign1": "Sign1", "signed checkpoint": "SignedCheckpoint", "state proof": "StateProof",
    "statement": "AnyStatement", "telemetry": "Telemetry", "telemetry packing": "Telemetry",
    "trust": "Trust",
}
CONTENTS = {
    "genesis": "Genesis", "endorse": "Endorse", "propose": "Propose", "enrol": "Enrol",
    "rotate": "Rotate", "revoke": "Revoke", "profile": "RegisterProfile",
    "product": "RegisterProduct", "calibration": "RegisterCalibration", "judgement": "Judgement",
    "capture": "Capture", "block": "BlockHeader",
}
PURPOSES = {codes.PURPOSE_ACK: "SignedAck", codes.PURPOSE_COMMAND: "SignedCommand",
            codes.PURPOSE_POSSESSION: "SignedPossession"}

# Rules that compare numbers, count, hash or sign; CDDL describes shapes.
BEYOND = {
    "cose.high-s", "cose.signature-range", "record.bytes", "telemetry.channels", "telemetry.count",
    "telemetry.place", "telemetry.readings", "telemetry.runs", "telemetry.value",
    "telemetry.varint", "ack.range", "cbor.depth", "S2", "signature", "checkpoint.kind",
    "checkpoint.ledger", "trust.key", "merkle.index", "merkle.path", "state.proof",
}
# The same for single cases of rules that are mostly about shape.
BEYOND_CASES = {
    ("telemetry.run", "a later run at the same time"),
    ("telemetry.run", "a later run before the one before"),
    ("S1", "kid of another key"), ("S1", "iss with spare bits"),
    ("receipt.form", "kid of another key"), ("receipt.form", "another size"),
    # The encoding of what is inside a byte string is not the validator's business.
    ("cbor.indefinite", "indefinite array of seven"),
    ("cbor.shortest", "count of parts in two bytes"), ("cose.header", "kid before alg"),
    ("cose.header", "alg in two bytes"),
}


def faults(data: bytes, rule: str) -> tuple[str, ...]:
    """What the schema has against `data`, its encoding included."""
    found = VALIDATOR.validate(data, root_type=rule, require_deterministic=True)
    return () if found.valid else found.errors or ("refused",)


def rule_of(case: dict[str, Any]) -> str:
    if case["format"] == "content":
        return CONTENTS[case["kind"]]
    return PURPOSES[case["purpose"]] if case["format"] == "signed" else RULES[case["format"]]


def data_of(case: dict[str, Any]) -> bytes | None:
    """The CBOR in a case, None when it has none."""
    if case["format"] in NOT_CBOR or "hex" not in case:
        return None
    data = bytes.fromhex(case["hex"])
    if case["format"] != "console":
        return data
    message = console.decode(data) if case.get("fields") else None
    return None if message is None else cbor.encode(message)


def cases(kind: str, subject: str) -> list[tuple[dict[str, Any], bytes]]:
    loaded = [(case, data_of(case)) for case in wire_vectors.load(VECTORS, kind, subject)]
    return [(case, data) for case, data in loaded if data is not None]


def test_the_schema_has_no_warning() -> None:
    assert VALIDATOR.warnings == ()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_is_valid_is_so_by_the_schema(subject: str) -> None:
    for case, data in cases("valid", subject):
        if "body that is no CBOR" not in case["name"]:  # which no CDDL describes
            assert faults(data, rule_of(case)) == (), (case["format"], case["name"])


def test_a_record_has_effect_when_the_schema_says_so() -> None:
    effects = [0, 0]
    for case, data in cases("valid", "record"):
        effective = case["fields"]["version"] == 1 and case["fields"]["kind"] <= 3 and \
            wire_vectors.refusal(wire_vectors.read_effect, data, case) == ""
        assert (faults(data, "Record") == ()) == effective, case["name"]
        effects[effective] += 1
    assert min(effects) > 3


def test_what_is_invalid_is_so_by_the_schema() -> None:
    """Save what stands in the two lists above, and of those none is idle."""
    passed = {(case["rule"], case["name"]) for subject in SUBJECTS if subject != "console"
              for case, data in cases("invalid", subject) if faults(data, rule_of(case)) == ()}
    assert {case for case in passed if case[0] not in BEYOND} == BEYOND_CASES
    assert {rule for rule, _ in passed if rule in BEYOND} == BEYOND


def test_the_log_is_made_of_registered_statements() -> None:
    (log,) = wire_vectors.load(VECTORS, "valid", "log")
    for entry in log["entries"]:
        assert faults(bytes.fromhex(entry["statement"]), "RegisteredStatement") == ()
        if entry["body"] is not None:
            assert faults(bytes.fromhex(entry["body"]), "BlockBody") == ()


def test_every_kind_of_statement_is_described() -> None:
    kinds = set(re.findall(r"application/coldseal\.([a-z]+)\+cbor", SCHEMA))
    assert {"genesis", *rules._KINDS} <= kinds
    assert set(CONTENTS) <= kinds


HASH, KEY = bytes(32), bytes(64)
SCAN = [1, [["]C1", b"00395060001340000018"]], None, None, None, None, None, None, 0]
CALIBRATION: dict[object, object] = {
    "channel": 1, "certificate": "K-2026-17", "certificate_sha256": HASH,
    "points": [[200, -3], [800, 5]], "u95_cdeg": 12, "valid_from_ms": 0, "valid_to_ms": 1}


@pytest.mark.parametrize(("rule", "value", "right"), [
    ("Propose", [1, [1, {"majority_percent": 66}]], True), ("Propose", [1, [2, 7]], True),
    ("Propose", [1, [4, HASH]], True), ("Propose", [1, [5, [KEY, 2]]], True),
    ("Propose", [1, [5, [KEY, 3]]], False), ("Propose", [1, [6, HASH]], False),
    ("RegisterCalibration", [1, None, CALIBRATION], True),
    ("RegisterCalibration", [1, None, {**CALIBRATION, "points": []}], False),
    ("RegisterCalibration", [1, None, {**CALIBRATION, "note": ""}], False),
    ("Judgement", [1, [HASH, 3, "C10.1"], 3, 1, None, HASH, None], True),
    ("Judgement", [1, ["https://id.gs1.org/01/1", HASH], 2, None, 7, None, None], True),
    ("Judgement", [1, [HASH, 3, "C10.1"], 10, 1, None, None, None], False),
    ("Capture", [1, [], None, [[HASH, 3]]], True), ("Capture", [1, [], None, []], False),
    ("Capture", [1, [[None, 5, SCAN]], HASH, None], False),
    ("Capture", [1, [[None, None, SCAN]], HASH, None], True),
    ("Submission", [b"\xd2", None], True), ("Submission", [b"\xd2"], False),
    ("Context", ["coldseal", 1, HASH], True), ("Context", ["coldseal", 5, HASH], False),
    ("Revoked", [[bytes(8), 4]], True), ("Revoked", [[bytes(7), 4]], False)])
def test_what_no_vector_shows(rule: str, value: object, right: bool) -> None:
    assert (faults(cbor.encode(value), rule) == ()) == right


@pytest.mark.parametrize("name", SCENES)
def test_a_passport_and_the_ledger_behind_it(name: str) -> None:
    """The file, every chain and every value of the state."""
    scene = SCENES[name]()
    assert faults(scene.passport(), "SignedPassport") == ()
    store = scene.world.store
    for uri in (ITEM, CRATE):
        for event in store.events(uri):
            assert faults(event, "ItemEvent") == ()
    assert state_faults(store) == []


def state_faults(store: Store) -> list[tuple[str, tuple[str, ...]]]:
    """Keys whose values are not as their word's rule says."""
    found = [(state.describe(key), faults(value, state_rule(key))) for key, value in
             store.keys(b"")]
    return [(key, why) for key, why in found if why]


def state_rule(key: bytes) -> str:
    return "state-" + key.partition(b"/")[0].decode()


def test_a_passport_with_more_in_it_is_none() -> None:
    data = SCENES["shift"]().passport()
    protected, unprotected, payload, signed = cbor2.loads(data).value
    content = cbor2.loads(payload)
    assert min(len(content[PARTS[part]])
               for part in ("chains", "telemetry", "records", "proofs")) > 0
    changed = cbor2.CBORTag(18, [protected, unprotected, cbor.encode({**content, 15: 1}, True),
                                 signed])
    assert faults(cbor2.dumps(changed), "SignedPassport") != ()


def test_the_state_after_the_log_of_the_vectors() -> None:
    (log,) = wire_vectors.load(VECTORS, "valid", "log")
    assert state_faults(ledger_vectors.replay(log).store) == []


def test_every_word_of_the_state_is_described() -> None:
    """The words stand where keys are made."""
    source = (micropython.CHECKOUT / "ledger_client" / "core" / "state.py").read_text("utf-8")
    words = set(re.findall(r'b"([a-z-]+)/?"', source)) | {"profile", "product"}
    assert len(words) > 25
    assert words == set(re.findall(r"^state-([a-z-]+) = ", SCHEMA, re.MULTILINE))
