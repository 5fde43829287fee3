"""A whole log and the checkpoint it comes to; and what is refused after it."""

from dataclasses import replace

from ledger_client.core import block, identity, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.core.capture import Capture
from ledger_client.core.entry import Submission
from ledger_client.core.judgement import RECALL
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import cbor, codes, cose
from tests import ledger_vectors
from tests.device.wire_vectors import plain
from tests.generators.cases.common import Case, Subject
from tests.generators.cases.story import (
    CALIBRATION,
    CAPTURE,
    FOUNDERS,
    GENESIS,
    MAKER,
    PHARMACY,
    PRODUCT,
    PROFILE,
    case_of,
    judgement,
    told,
)
from tests.world import CRATE, LOGGER_GIAI, START_MS, signer

_STORY = told()
_ALL = len(_STORY.entries)
_GATEWAY = signer("gateway 2")
_LAST_BLOCK = _STORY.hashes[10]
_NEW = signer("another device")


def _valid() -> list[Case]:
    case: Case = {"name": "a trading circle", "format": "log", "entries": _STORY.entries}
    checkpoint = ledger_vectors.replay(case).checkpoint()
    assert checkpoint is not None
    return [{**case, "fields": {**ledger_vectors.fields_of(checkpoint),
                                "app_hash": plain(checkpoint.app_hash())}}]


def _refused(name: str, rule: str, submission: Submission, after: int = _ALL) -> Case:
    return {"name": name, "format": "log", "after": after,
            **case_of(submission, _STORY.now_ms), "rule": rule}


def _statements() -> list[Case]:
    state, ledger = _STORY.state, _STORY.ledger
    product = [1, None, {"name": "Pills", "profile": "cold"}]
    other_ledger = replace(_STORY, ledger=bytes(32))
    forged = statement.build("product", MAKER[1], subject=PRODUCT, content=product, ledger=ledger)
    return [
        _refused("a body beside a product", "S1", Submission(
            state("product", MAKER[1], PRODUCT, product).statement, b"\x80")),
        _refused("a changed signature", "S2", Submission(
            forged[:-32] + bytes(31) + b"\1")),
        _refused("for another ledger", "S3", other_ledger.state("product", MAKER[1], PRODUCT,
                                                               product)),
        _refused("a second genesis", "S4", Submission(statement.build(
            "genesis", MAKER[0], subject="genesis", content=GENESIS.as_list(), ledger=None))),
        _refused("a kind nobody knows", "S4", state("rumour", MAKER[1], PRODUCT, product)),
        _refused("not every founder endorsed yet", "S4", state("product", MAKER[1], PRODUCT,
                                                               product), after=1),
        _refused("an endorsement twice", "S4", state("endorse", PHARMACY[0], "genesis",
                                                     [1, ledger])),
        _refused("genesis with an audience", "S3", state(
            "genesis", MAKER[0], "genesis", GENESIS.as_list()), after=0),
        _refused("a replaced gateway", "S6", _block(signer("gateway"), height=2)),
        _refused("a product by a root key", "S7", state("product", MAKER[0], PRODUCT, product)),
        _refused("a product of another's prefix", "S7", state(
            "product", PHARMACY[1], PRODUCT, [1, _STORY.hashes[6], product[2]])),
        _refused("an endorsement of something else", "S8", state("endorse", PHARMACY[0], "genesis",
                                                                 [1, bytes(32)])),
        _refused("a profile of another name", "S8", state("profile", MAKER[1], "cold", [
            1, None, PROFILE.as_map()])),
        _refused("an unknown signer", "K6", state("product", signer("stranger"), PRODUCT, product)),
        *_contents()]


def _contents() -> list[Case]:
    state, product = _STORY.state, [1, None, {"name": "Pills", "profile": "cold"}]
    return [
        _refused("a profile that replaces an old entry", "S9", state(
            "profile", MAKER[1], "profile/cold", [1, _STORY.hashes[5], PROFILE.as_map()])),
        _refused("a product that replaces nothing", "S9", state("product", MAKER[1], PRODUCT,
                                                                product)),
        _refused("a profile without ranges", "S10", state("profile", MAKER[1], "profile/warm", [
            1, None, {**PROFILE.as_map(), "ranges": []}])),
        _refused("a product of an unknown profile", "S10", state(
            "product", MAKER[1], PRODUCT, [1, _STORY.hashes[6], {"name": "", "profile": "warm"}])),
        _refused("a payload that is a float", "cbor.float",
                 Submission(_unencoded(b"\xf9\x3c\x00")))]


def _unencoded(payload: bytes) -> bytes:
    """A product whose payload is other bytes."""
    good = statement.build("product", MAKER[1], subject=PRODUCT, content=0, ledger=_STORY.ledger)
    parsed = cbor.decode(good[1:])
    assert isinstance(parsed, list)
    digest = cose.digest(parsed[0], b"", payload)
    return cose.encode_sign1(parsed[0], payload, MAKER[1].sign(digest))


def _keys() -> list[Case]:
    story = _STORY
    role = codes.ROLE_DEVICE
    good = story.enrolment(role, _NEW, [None, 5, "scanner"])
    details: list[object] = [None, 5, "scanner"]

    def enrol(proof: bytes, subject: bytes = _NEW.public_key,
              root: bytes = MAKER[0].thumbprint) -> Submission:
        return story.state("enrol", MAKER[1], identity.statement_subject(subject),
                           [1, role, root, _NEW.public_key, proof, details])

    proof = story.possession(_NEW, MAKER[0], role, None)
    replacing = story.possession(_NEW, MAKER[0], role, bytes(32))
    foreign_proof = replace(story, ledger=bytes(32)).possession(_NEW, MAKER[0], role, None)
    by_another = story.possession(signer("stranger"), MAKER[0], role, None)
    strange = replace(GENESIS, founders=[FOUNDERS[1]])
    return [
        _refused("a key enrolled again", "K1", story.enrolment(role, signer("logger"), details)),
        _refused("a proof for another role", "K2", enrol(story.possession(
            _NEW, MAKER[0], codes.ROLE_GATEWAY, None))),
        _refused("a proof that replaces a key", "K2", enrol(replacing)),
        _refused("a proof for another ledger", "K2", enrol(foreign_proof)),
        _refused("a proof by another key", "K2", enrol(by_another)),
        _refused("a proof that is no message", "K2", enrol(b"\xd2")),
        _refused("for another owner", "K3", enrol(proof, root=PHARMACY[0].thumbprint)),
        _refused("a label in use", "K4", story.enrolment(role, _NEW, [LOGGER_GIAI, 5, "logger"]),
                 after=7),
        _refused("another subject", "S8", enrol(proof, subject=MAKER[0].public_key)),
        _refused("details without a product", "S10", story.enrolment(role, _NEW, [None, 5])),
        _refused("a root key is not enrolled", "S10", story.enrolment(codes.ROLE_ROOT, _NEW, [])),
        _refused("a key that is no point", "key.point", _no_point(), after=0),
        _refused("an enrolment before genesis", "S4", good, after=0),
        _refused("genesis by a stranger", "K5", Submission(statement.build(
            "genesis", MAKER[0], subject="genesis", content=strange.as_list(), ledger=None)),
            after=0),
        _refused("genesis with a party twice", "K5", Submission(statement.build(
            "genesis", MAKER[0], subject="genesis", content=replace(GENESIS, founders=[
                FOUNDERS[0], replace(FOUNDERS[1], party=FOUNDERS[0].party)]).as_list(),
            ledger=None)), after=0),
        *_ended()]


def _judgements() -> list[Case]:
    by, block_hash = signer("quality"), _STORY.hashes[7]

    def judge(content: object, who: SoftwareSigner = by) -> Submission:
        return _STORY.state("judgement", who, "judgement", content)

    return [
        _refused("a judgement about nothing", "J1", judge(judgement(bytes(32), None, None))),
        _refused("a judgement about another rule", "J1", judge(judgement(block_hash, 5, "C1.1"))),
        _refused("a recall by quality assurance", "J2", judge(judgement(block_hash, 5, "C0.5",
                                                                        RECALL))),
        _refused("a judgement of the same finding", "J3", judge(judgement(block_hash, 5, "C0.5"))),
        _refused("a judgement by an operations key", "S7", judge(
            judgement(block_hash, 5, "C0.5"), MAKER[1])),
        _refused("an endorsement of a closed proposal", "S9", _STORY.state(
            "endorse", PHARMACY[0], "proposal", [1, _STORY.hashes[13]])),
        _refused("a proposal nobody understands", "S10", _STORY.state(
            "propose", MAKER[0], "proposal", [1, [6, None]])),
        _refused("a calibration of the same number", "S9", _STORY.state(
            "calibration", MAKER[1], LOGGER_GIAI, [1, None, CALIBRATION])),
        _refused("a calibration of an unknown logger", "K6", _STORY.state(
            "calibration", MAKER[1], "https://id.gs1.org/8004/95", [1, None, CALIBRATION]))]


def _captures() -> list[Case]:
    def capture(content: Capture, by: SoftwareSigner = PHARMACY[1],
                subject: str = "capture") -> Submission:
        return _STORY.state("capture", by, subject, content.as_list())

    def correction(entry_hash: bytes, leaf: int) -> Capture:
        return Capture((), corrected=((entry_hash, leaf),))

    (event,) = CAPTURE.events
    later = replace(event, time_ms=START_MS + 24 * 3600 * 1000)
    return [
        _refused("a document captured twice", "E1", capture(replace(CAPTURE, events=(event,) * 2))),
        _refused("a correction of nothing", "E2", capture(correction(bytes(32), 0))),
        _refused("a correction of leaf 512", "E2", capture(correction(_STORY.hashes[7], 512))),
        _refused("a correction again", "E3", capture(correction(_STORY.hashes[7], 5), MAKER[1])),
        _refused("an event to come", "E4", capture(Capture((later,)))),
        _refused("a capture by a root key", "S7", capture(Capture((event,)), PHARMACY[0])),
        _refused("a capture about a crate", "S8", capture(Capture((event,)), subject=CRATE))]


def _no_point() -> Submission:
    """A key of zeros: no proof can be made with it, so genesis names it."""
    content = replace(GENESIS, ledger_key=bytes(64)).as_list()
    return Submission(statement.build("genesis", MAKER[0], subject="genesis", content=content,
                                      ledger=None))


def _ended() -> list[Case]:
    """Rotations and revocations."""
    story = _STORY
    scanner, old = signer("scanner"), signer("gateway")
    of_another = story.state("revoke", PHARMACY[0], identity.statement_subject(
        _GATEWAY.public_key), [1, _GATEWAY.kid, START_MS, 1])
    unknown = story.state("revoke", MAKER[0], "key:", [1, bytes(8), START_MS, 1])
    return [
        _refused("an attached logger", "K8", story.rotation(signer("logger"), _NEW,
                                                            codes.ROLE_DEVICE, None), after=11),
        _refused("a gateway rotated twice", "K7", story.rotation(old, _NEW, codes.ROLE_GATEWAY,
                                                                 None)),
        _refused("a scanner revoked twice", "K7", story.revocation(scanner, START_MS)),
        _refused("a key of another organisation", "K3", of_another),
        _refused("a kid nobody has", "K6", unknown),
        _refused("since an entry nobody knows", "K6", story.revocation(_GATEWAY, bytes(32))),
        _refused("since a text", "S10", story.revocation(_GATEWAY, "yesterday")),
        _refused("about another key", "S8", story.state(
            "revoke", MAKER[0], identity.statement_subject(scanner.public_key),
            [1, _GATEWAY.kid, START_MS, 1]))]


def _block(by: SoftwareSigner = _GATEWAY, *, body: bytes | None = None,
           **other: object) -> Submission:
    leaves = [Leaf(None, b"record")]
    fields: dict[str, object] = {
        "height": 2, "prev": _LAST_BLOCK, "root": block.body_root(leaves), "count": 1,
        "sealed_ms": _STORY.now_ms, "journal_id": b"journal2"}
    header = BlockHeader(**(fields | other))  # type: ignore[arg-type]
    return Submission(block.seal(header, _STORY.ledger, by),
                      block.encode_body(leaves) if body is None else body)


def _blocks() -> list[Case]:
    good = _block()
    sealed = START_MS + 10_000  # of the gateway's block before
    return [
        _refused("a block without body", "B1", Submission(good.statement)),
        _refused("a body that is no body", "B1", _block(body=b"\x80")),
        _refused("a header of six", "B1", Submission(_STORY.state(
            "block", _GATEWAY, "block", [1, 2, 3, 4, 5, 6]).statement, good.body)),
        _refused("a block about something", "B1", Submission(_STORY.state(
            "block", _GATEWAY, "header", [1]).statement, good.body)),
        _refused("a height left out", "B2", _block(height=3)),
        _refused("the same height again", "B2", _block(height=1)),
        _refused("on another block", "B2", _block(prev=_STORY.hashes[7])),
        _refused("another root", "B3", _block(root=bytes(32))),
        _refused("another count", "B3", _block(count=2)),
        _refused("sealed before the last", "B4", _block(sealed_ms=sealed - 1)),
        _refused("sealed 120001 ms ahead", "B4", _block(
            sealed_ms=_STORY.now_ms + codes.TOLERANCE_MS + 1))]


SUBJECT = Subject(
    "Statements in the order of their registration, each at its ledger time, and the checkpoint "
    "after the last; refused ones are submitted after the first `after` of those", _valid(),
    [*_statements(), *_keys(), *_judgements(), *_captures(), *_blocks()])
