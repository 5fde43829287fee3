"""Every parser of bytes that others wrote, by name."""

from collections.abc import Callable
from functools import partial
from typing import Any

from edge_gateway import inspection
from ledger_client import foreign, second_opinion
from ledger_client.core import passport_verify, recall_list, trust, witness
from ledger_client.epcis import in_json, json_text, urn
from ledger_client.errors import InvalidData
from ledger_client.node import recalls
from ledger_client.node.recalls import ListMaker, Recall
from ledger_client.service import answers, message_signature, problem, submission
from ledger_client.service.message_signature import Request
from ledger_client.wire import cbor, codes, digital_link, gs1, session
from tests import ledger_vectors, micropython
from tests.circle import MAKER, PHARMACY, Circle
from tests.device import wire_vectors
from tests.fuzz import files, judged
from tests.fuzz.target import Target
from tests.unit.passport_scenes import SCENES
from tests.world import (
    CRATE,
    GTIN,
    MAKER_PARTY,
    PHARMACY_PARTY,
    label,
    pack,
    pack_symbol,
    signer,
)

VECTORS = str(micropython.CHECKOUT / "tests" / "vectors")
# Readers of vectors that look at a test's own framing; what they read has a target below.
_NOT_READERS = {"path", "state proof", "telemetry packing", "topic"}
Case = dict[str, Any]


def all_targets() -> dict[str, Target]:
    found = [*_formats(wire_vectors.SUBJECTS, wire_vectors.READERS),
             *_formats([one for one in ledger_vectors.SUBJECTS if one != "log"],
                       ledger_vectors.READERS),
             *judged.targets(), *files.targets(), *_passports(), *_service(), *_texts(),
             *_others()]
    targets = {target.name: target for target in found}
    assert len(targets) == len(found), sorted(target.name for target in found)
    return targets


def _formats(subjects: Any, readers: dict[str, Callable[[bytes, Case], object]]) -> list[Target]:
    """A target for each format of the vectors: what is read is written again as it was."""
    cases: dict[str, list[Case]] = {}
    for subject in subjects:
        for kind in ("valid", "invalid"):
            for case in wire_vectors.load(VECTORS, kind, subject):
                if "hex" in case and case["format"] in readers:
                    name = " ".join((case["format"], case.get("kind", ""))).strip()
                    cases.setdefault(name, []).append(case)
    return [Target(name, partial(_read, readers[held[0]["format"]], held[0]),
                   [bytes.fromhex(case["hex"]) for case in held])
            for name, held in cases.items() if name not in _NOT_READERS]


def _read(reader: Callable[[bytes, Case], object], case: Case, data: bytes) -> None:
    reader(data, case)


def _passports() -> list[Target]:
    """Two opinions, which agree on what is valid."""
    scene = SCENES["shift"]()
    trusted = scene.trust()

    def judge(data: bytes) -> None:
        second = second_opinion.judge(data, trusted)
        try:
            passport_verify.verify(data, trust.decode(trusted))
        except InvalidData:
            assert not second.valid, data.hex()
            raise
        assert second.valid, second

    return [Target("passport", judge, [scene.passport()]),
            Target("second opinion's trust file", lambda data: second_opinion.judge(
                scene.passport(), data), [trusted], moment=20)]


def _service() -> list[Target]:
    """Bodies of requests and answers."""
    statement = next(iter(judged.STATEMENTS))
    hashes = [bytes([number]) * 32 for number in range(3)]
    proof = [b"\xa0", hashes, [hashes[0], hashes[1]]]
    value, chain, log, cosignatures = (cbor.encode(one) for one in (
        [1, b"value", proof, b"checkpoint"],
        [1, b"value", proof, 4, hashes[0], [b"event"], b"checkpoint"],
        [1, b"checkpoint", [[statement, b"body", hashes], [statement, None, []]]],
        [1, 7, [statement]]))
    told = problem.Problem(400, "Rejected", "for a reason", rule="S1").encode()
    signed = message_signature.sign(Request("GET", "http", "host", "/log", "since=1"),
                                    signer("reader"), bytes(32), 1_780_000_000, bytes(16))
    return [
        Target("state answer", answers.decode_state, [value]),
        Target("chain answer", answers.decode_chain, [chain]),
        Target("log page", answers.decode_log, [log]),
        Target("cosignatures answer", answers.decode_cosignatures, [cosignatures]),
        Target("problem details", problem.decode, [told]),
        Target("submission", partial(submission.decode, answers.CBOR),
               [cbor.encode([statement, b"body"])]),
        Target("bare statement", partial(submission.decode, answers.COSE), [statement]),
        Target("base64url", lambda data: answers.from_text(data.decode("latin-1")), [b"YWJj"]),
        Target("HTTP signature", _http_signature,
               ["\n".join((signed["signature-input"], signed["signature"])).encode()])]


def _http_signature(data: bytes) -> None:
    made, _, found = data.decode("latin-1").partition("\n")
    message_signature.read(Request("GET", "http", "host", "/log", "since=1", {
        "signature-input": made, "signature": found}))


def _texts() -> list[Target]:
    """Symbols, identifiers and topics."""
    symbols = [b"".join(one if isinstance(one, bytes) else str(one).encode() for one in symbol)
               for symbol in (pack_symbol("S1"), label(MAKER_PARTY))]
    links = [one.encode() for one in (pack("S1"), MAKER_PARTY, PHARMACY_PARTY)]
    urns = [b"urn:epc:id:sgtin:9506000.013435.S1", b"urn:epc:id:sscc:9506000.0134000001",
            b"urn:epc:id:sgln:9506000.13435.0", b"urn:epc:id:giai:9506000.134L1"]
    return [
        Target("GS1 symbol", _symbol, [*symbols, b"]Q1" + links[0], b"]E0" + GTIN[1:].encode()]),
        Target("Digital Link", lambda data: digital_link.parse_digital_link(
            data.decode("latin-1")), links),
        Target("EPC URN", lambda data: urn.canonical(data.decode("latin-1")), urns),
        Target("topic of MQTT", lambda data: session.topic_kid(data.decode("latin-1")),
               [session.topic(bytes(8), "up").encode()])]


def _symbol(data: bytes) -> None:
    elements = gs1.read(data[:3].decode("latin-1"), data[3:])
    gs1.identity(elements)
    gs1.missing_for_pack(elements)


def _recall_list() -> bytes:
    """A pack in a crate, and one on its way."""
    circle = Circle().found()
    circle.commissioned(pack("S1"), pack("S2"), CRATE)
    circle.done(MAKER, codes.ACTION_PACK, pack("S1"), parent=CRATE)
    circle.done(MAKER, codes.ACTION_SHIP, pack("S2"), to=PHARMACY)
    recall = Recall(((GTIN, "LOT42A"),), (pack("S2"),))
    circle.engine.submit(recalls.statements(
        circle.engine, recall, circle.person(MAKER, "responsible person"), circle.now_ms))
    lister = ListMaker(circle.engine)
    return lister.make(recall, lister.found(recall), circle.keys[MAKER][1], 0)


def _others() -> list[Target]:
    """COSE and CBOR of anybody, a witness's memory, partners' documents."""
    statement = next(iter(judged.STATEMENTS))
    seen = witness.Seen(bytes(32), signer("ledger").public_key, 1, 2, bytes(32), bytes(32))
    key = foreign.p256_key(signer("ledger").public_key)
    receipt = [bytes.fromhex(case["hex"])
               for case in wire_vectors.load(VECTORS, "valid", "receipt")]
    documents = files.epcis_documents()
    return [
        Target("foreign message", lambda data: foreign.verify(foreign.read(data), key),
               [statement]),
        Target("foreign receipt", lambda data: foreign.verify_receipt(data, bytes(32), key),
               receipt),
        Target("foreign consistency", lambda data: foreign.verify_consistency(
            data, bytes(32), key), receipt),
        Target("foreign entry", foreign.entry_hash, [statement]),
        Target("inspect", lambda data: list(inspection.lines(data)), [statement, *receipt]),
        Target("witness memory", witness.decode_seen, [seen.encode()]),
        Target("recall list", lambda data: recall_list.verify(data, None), [_recall_list()]),
        Target("JSON", json_text.loads, documents),
        Target("EPCIS document", lambda data: in_json.read(data, MAKER_PARTY), documents),
        Target("record of a stranger", lambda data: session.open1(
            codes.PURPOSE_ACK, bytes(32), data), [statement])]
