"""Good signatures in the wrong place: another kind, time, order, signer or ledger.

Everything that is signed here is signed by one key, and that key is the right one everywhere: what
keeps one message from being taken for another is in what is signed, not in who signs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ledger_client import profiles
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import (
    identity,
    merkle,
    passport,
    recall_list,
    receipt,
    signature,
    statement,
)
from ledger_client.core.checkpoint import Checkpoint, Cosignature
from ledger_client.core.entry import Submission
from ledger_client.core.judgement import APPROVED, HOLD, RELEASE
from ledger_client.errors import InvalidData, Refused
from ledger_client.node.embedded import Registered
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, cose, record, session
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Ack, Command
from tests.circle import MAKER, PHARMACY, Circle
from tests.rotation import NEW
from tests.world import CRATE, Device, World, pack, pack_symbol, signer

KEY = signer("one key for everything")
LEDGER = bytes(range(32))
OTHER = bytes(32)
THUMBPRINT = cose.thumbprint(KEY.public_key)
ROOT = Checkpoint(LEDGER, 1, OTHER, 5, 1, merkle.leaf_hash(OTHER), OTHER, OTHER)
KINDS = ("genesis", "endorse", "propose", "enrol", "rotate", "revoke", "profile", "product",
         "calibration", "capture", "judgement", "block")


def signed_messages() -> dict[str, bytes]:
    """One of everything that is signed."""
    ack = Ack(KEY.kid, 1, None, None, None, None, bytes(8), None, None, 0, None, None)
    command = Command(KEY.kid, 1, 1, 1, None, [b""])
    made = {
        "record": Device("abuse", LEDGER, KEY).boot(),
        "ack": session.sign1(codes.PURPOSE_ACK, LEDGER, KEY, session.encode_ack(ack)),
        "command": session.sign1(codes.PURPOSE_COMMAND, LEDGER, KEY,
                                 session.encode_command(command)),
        "possession": session.sign1(codes.PURPOSE_POSSESSION, LEDGER, KEY,
                                    session.encode_possession(THUMBPRINT, 3, THUMBPRINT, None)),
        "checkpoint": checkpoints.sign(ROOT, KEY),
        "cosignature": checkpoints.cosign(Cosignature(ROOT.app_hash(), 2, 1), LEDGER, KEY),
        "receipt": receipt.inclusion(ROOT, KEY.public_key, receipt.sign(ROOT, KEY), 0, []),
        "consistency": receipt.consistency(ROOT, KEY.public_key, receipt.sign(ROOT, KEY), 1, [])}
    return made | {kind: statement.build(kind, KEY, subject=kind, content=[1], ledger=LEDGER)
                   for kind in (*KINDS, "passport", "recall-list")}


def device_message(purpose: int, decode: Callable[[bytes], object]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        kid, digest, made, payload = session.open1(purpose, LEDGER, data)
        assert kid == KEY.kid
        signature.verify(KEY.public_key, digest, made)
        decode(payload)

    return read


def read_record(data: bytes) -> None:
    parsed = record.decode(data, LEDGER)
    signature.verify(KEY.public_key, parsed.digest, parsed.signature)


def read_receipt(data: bytes) -> None:
    receipt.decode(data).verify(OTHER, KEY.public_key)


def read_kind(kind: str) -> Callable[[bytes], None]:
    """As the rules do: form, signature, ledger, kind."""
    def read(data: bytes) -> None:
        parsed = statement.parse(data)
        parsed.verify(KEY.public_key)
        if (parsed.kind, parsed.ledger) != (kind, LEDGER):
            raise Refused("S4", "another kind")

    return read


PLACES: dict[str, Callable[[bytes], object]] = {
    "record": read_record,
    "ack": device_message(codes.PURPOSE_ACK, session.decode_ack),
    "command": device_message(codes.PURPOSE_COMMAND, session.decode_command),
    "possession": device_message(codes.PURPOSE_POSSESSION, session.decode_possession),
    "checkpoint": lambda data: checkpoints.open_signed(data, LEDGER, KEY.public_key),
    "cosignature": lambda data: checkpoints.open_cosignature(data, LEDGER, KEY.public_key),
    "receipt": read_receipt, "consistency": receipt.decode_consistency,
    **{kind: read_kind(kind) for kind in KINDS}}
MESSAGES = signed_messages()


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_taken_for_anything_else(place: str) -> None:
    taken = []
    for name, data in MESSAGES.items():
        try:
            PLACES[place](data)
        except (WireError, InvalidData):
            continue
        taken.append(name)
    assert taken == [place]


@pytest.mark.parametrize("name", MESSAGES)
def test_nothing_but_itself_is_a_passport_or_a_recall_list(name: str) -> None:
    for kind, decode in (("passport", passport.decode), ("recall-list", recall_list.decode)):
        with pytest.raises(InvalidData) as caught:
            decode(MESSAGES[name])
        if name != kind:
            assert "form" in caught.value.rule or "kind" in caught.value.rule \
                or caught.value.rule in ("S1", "cose.tag", "cose.parts", "cose.header")


@pytest.mark.parametrize("place", [one for one in PLACES if one not in ("receipt", "consistency")])
def test_nothing_is_taken_on_another_ledger(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.test_abuse.LEDGER", OTHER)
    with pytest.raises((WireError, InvalidData)):
        PLACES[place](MESSAGES[place])


# --- the right kind at the wrong moment

Story = Callable[[Circle], Submission]


@dataclass(frozen=True)
class Abuse:
    """`story` leads up to a submission, which is refused by `rule`; "" : it stood there before."""

    story: Story
    rule: str


def profile(circle: Circle, replaces: bytes | None, gap_ms: int) -> Submission:
    return circle.state("profile", circle.maker[1], "profile/cold", [
        1, replaces, {**profiles.load("refrigerated-2-8"), "gap_tolerance_ms": gap_ms}])


def a_withheld_profile(circle: Circle) -> Submission:
    """Made for the first version, kept, and sent after another replaced it."""
    (first,) = circle.register(profile(circle, None, 600_000))
    kept = profile(circle, first.entry_hash, 700_000)
    circle.register(profile(circle, first.entry_hash, 800_000))
    return kept


def a_withheld_endorsement(circle: Circle) -> Submission:
    """Of a proposal that others carried meanwhile."""
    proposal = circle.state("propose", circle.maker[0], "proposal", [
        1, [1, {"majority_percent": 60}]])
    hashed = statement.entry_hash(proposal.statement)
    kept, *enough = [circle.state("endorse", circle.keys[name][0], "proposal", [1, hashed])
                     for name in ("authority", "wholesaler", "pharmacy")]
    circle.register(proposal, *enough)
    return kept


def a_withheld_hold(circle: Circle) -> Submission:
    """About a pack as it was before it was packed."""
    chief = circle.person(MAKER, "quality assurance")
    circle.commissioned(pack("S1"), CRATE)
    kept = circle.judgement(chief, circle.hold_about(pack("S1")), HOLD)
    circle.done(MAKER, codes.ACTION_PACK, pack("S1"), parent=CRATE)
    return kept


def a_withheld_release(circle: Circle) -> Submission:
    """Of a finding that was judged meanwhile."""
    chief = circle.person(PHARMACY, "responsible person")
    circle.commissioned(pack("S1"))
    circle.delivered(pack("S1"))
    circle.done(PHARMACY, codes.ACTION_QUARANTINE, pack("S1"), reason=1)
    said = circle.scan(PHARMACY, codes.ACTION_RELEASE, pack("S1"))
    (rule,) = said.rules
    kept = circle.judgement(chief, said.about(rule), RELEASE, APPROVED)
    circle.now_ms += 1000
    circle.register(circle.judgement(chief, said.about(rule), RELEASE, 0))
    return kept


def a_block_of_the_same_height(circle: Circle) -> Submission:
    """Sealed, kept, and sent after another was sealed in its place."""
    kept_gateway = (circle.gateway.height, circle.gateway.prev)
    kept = circle.gateway.seal([circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S1")])],
                               circle.now_ms)
    circle.gateway.height, circle.gateway.prev = kept_gateway
    circle.block(circle.scanners[PHARMACY].boot())
    return kept


def a_block_before_the_one_it_follows(circle: Circle) -> Submission:
    circle.gateway.seal([circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S1")])],
                        circle.now_ms)
    return circle.gateway.seal([circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S2")])],
                               circle.now_ms)


def an_enrolment_kept_until_its_signer_was_replaced(circle: Circle) -> Submission:
    kept = circle.enrolment(codes.ROLE_GATEWAY, signer("new gateway"), circle.maker, [False])
    circle.register(rotated(circle, circle.maker[1], signer("new operations"),
                            codes.ROLE_OPERATIONS))
    return kept


def an_enrolment_of_a_key_that_was_revoked(circle: Circle) -> Submission:
    """A thief hands in a second enrolment of a key that its owner gave up."""
    thief = circle.enrolment(codes.ROLE_GATEWAY, signer("stolen"), circle.maker, [True])
    circle.enrol(codes.ROLE_GATEWAY, "stolen", circle.maker, [False])
    stolen = signer("stolen")
    circle.register(circle.state("revoke", circle.maker[0], identity.statement_subject(
        stolen.public_key), [1, stolen.kid, circle.now_ms, 1]))
    return thief


def a_rotation_kept_until_its_key_was_revoked(circle: Circle) -> Submission:
    old = circle.gateway.signer
    kept = rotated(circle, old, NEW, codes.ROLE_GATEWAY)
    circle.register(circle.state("revoke", circle.maker[0], identity.statement_subject(
        old.public_key), [1, old.kid, circle.now_ms, 1]))
    return kept


def a_proof_of_possession_of_another_owner(circle: Circle) -> Submission:
    """The maker's enrolment, its proof copied into the pharmacy's."""
    new = signer("copied")
    root = circle.root(MAKER)
    proof = session.sign1(codes.PURPOSE_POSSESSION, circle.ledger, new, session.encode_possession(
        root, codes.ROLE_GATEWAY, new.thumbprint, None))
    theirs = circle.keys[PHARMACY]
    return circle.state("enrol", theirs[1], identity.statement_subject(new.public_key), [
        1, codes.ROLE_GATEWAY, circle.root(PHARMACY), new.public_key, proof, [False]])


def rotated(world: World, old: SoftwareSigner, new: SoftwareSigner, role: int) -> Submission:
    root = world.maker[0]
    proof = session.sign1(codes.PURPOSE_POSSESSION, world.ledger, new, session.encode_possession(
        root.thumbprint, role, new.thumbprint, old.thumbprint))
    return world.state("rotate", root, identity.statement_subject(old.public_key), [
        1, old.thumbprint, new.public_key, proof, None])


def from_another_ledger(circle: Circle) -> Submission:
    """What the same people registered in their other circle."""
    return Submission(statement.build("profile", circle.maker[1], subject="profile/cold",
                                      content=[1, None, profiles.load("refrigerated-2-8")],
                                      ledger=OTHER))


def the_genesis_of_another_ledger(circle: Circle) -> Submission:
    return Submission(World().genesis())


def its_own_genesis(circle: Circle) -> Submission:
    return Submission(circle.engine.statement(0))


def presented(name: str) -> Story:
    """What is no entry, signed by this ledger's own keys."""
    def story(circle: Circle) -> Submission:
        checkpoint = circle.engine.checkpoint()
        assert checkpoint is not None
        made = {"checkpoint": checkpoints.sign(checkpoint, circle.ledger_signer),
                "cosignature": checkpoints.cosign(Cosignature(checkpoint.app_hash(), 1, 1),
                                                  circle.ledger, circle.ledger_signer),
                "passport": circle.state("passport", circle.maker[1], "x", [1]).statement,
                "receipt": circle.engine.receipt(0),
                "record": circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S1")])}
        return Submission(made[name])

    return story


def a_block_sealed_by_a_person(circle: Circle) -> Submission:
    circle.gateway.signer = circle.person(MAKER, "operator")
    return circle.gateway.seal([circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S1")])],
                               circle.now_ms)


def a_registered_block_again(circle: Circle) -> Submission:
    sealed = circle.gateway.seal([circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S1")])],
                                 circle.now_ms)
    circle.register(sealed)
    circle.commissioned(pack("S2"))
    return sealed


ABUSES = {
    "a withheld profile": Abuse(a_withheld_profile, "S9"),
    "a withheld endorsement": Abuse(a_withheld_endorsement, "S9"),
    "a withheld hold": Abuse(a_withheld_hold, "J3"),
    "a withheld release": Abuse(a_withheld_release, "J3"),
    "a withheld block, another in its place": Abuse(a_block_of_the_same_height, "B2"),
    "blocks out of order": Abuse(a_block_before_the_one_it_follows, "B2"),
    "a registered block again": Abuse(a_registered_block_again, ""),
    "a block sealed by a person": Abuse(a_block_sealed_by_a_person, "S7"),
    "an enrolment, its signer replaced": Abuse(
        an_enrolment_kept_until_its_signer_was_replaced, "S6"),
    "an enrolment of a revoked key": Abuse(an_enrolment_of_a_key_that_was_revoked, "K1"),
    "a proof of possession, copied": Abuse(a_proof_of_possession_of_another_owner, "K2"),
    "a rotation of a revoked key": Abuse(a_rotation_kept_until_its_key_was_revoked, "K7"),
    "a statement of another ledger": Abuse(from_another_ledger, "S3"),
    "another ledger's genesis": Abuse(the_genesis_of_another_ledger, "S4"),
    "its own genesis again": Abuse(its_own_genesis, ""),
    "a checkpoint as an entry": Abuse(presented("checkpoint"), "S4"),
    "a cosignature as an entry": Abuse(presented("cosignature"), "S4"),
    "a passport as an entry": Abuse(presented("passport"), "S4"),
    "a receipt as an entry": Abuse(presented("receipt"), "cose.parts"),
    "a record as an entry": Abuse(presented("record"), "S1"),
}


@pytest.mark.parametrize("abuse", ABUSES.values(), ids=list(ABUSES))
def test_the_documented_rule_refuses_it_and_nothing_is_registered(abuse: Abuse) -> None:
    circle = Circle().found()
    submission = abuse.story(circle)
    before = circle.engine.checkpoint()
    (answer,) = circle.engine.submit([submission])
    if abuse.rule:
        assert isinstance(answer, Refused), answer
        assert answer.rule == abuse.rule, answer
    else:
        assert isinstance(answer, Registered)
        assert not answer.fresh
    assert circle.engine.checkpoint() == before


def test_a_replayed_record_has_no_second_effect_through_any_gateway() -> None:
    circle = Circle().found()
    data = circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S1")])
    circle.seal(data)
    custody, chain = circle.custody(), circle.chain(pack("S1"))
    circle.gateway = type(circle.gateway)(circle.ledger, circle.enrol(
        codes.ROLE_GATEWAY, "second gateway", circle.maker, [False]))
    (said,) = circle.seal(data)
    assert (said.rules, said.effective) == ([], False)
    assert (circle.custody(), circle.chain(pack("S1"))) == (custody, chain)


def test_what_was_signed_for_another_ledger_is_no_record_here() -> None:
    circle, other = Circle().found(), Device("maker scanner", OTHER, signer("maker scanner"))
    (said,) = circle.seal(other.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")]))
    assert (said.rules, said.effective) == (["R3"], False)


def test_rotation_needs_what_only_the_new_key_can_make() -> None:
    """A root key cannot put a stranger's key in the place of another: K2."""
    circle = Circle().found()
    submission = rotated(circle, circle.gateway.signer, NEW, codes.ROLE_WITNESS)
    (answer,) = circle.engine.submit([submission])
    assert isinstance(answer, Refused)
    assert answer.rule == "K2"
