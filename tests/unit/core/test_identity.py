"""Organisations and keys: founding, enrolment, rotation, revocation, governance."""

import pytest

from ledger_client.core import identity, statement
from ledger_client.core.entry import Submission
from ledger_client.core.identity import Founder
from ledger_client.core.rules import RULES_VERSION
from ledger_client.errors import Refused, UsageError
from ledger_client.node import reapply
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, session
from tests.world import LOGGER_GIAI, MAKER_PARTY, START_MS, World, pack_symbol, signer


@pytest.fixture
def world() -> World:
    return World().found()


def refused(world: World, submission: Submission) -> str:
    """The rule a submission is refused by."""
    (answer,) = world.engine.submit([submission])
    assert isinstance(answer, Refused), answer
    return answer.rule


def rotation(world: World, old: SoftwareSigner, new: SoftwareSigner, role: int) -> Submission:
    root = world.maker[0]
    proof = session.sign1(codes.PURPOSE_POSSESSION, world.ledger, new, session.encode_possession(
        root.thumbprint, role, new.thumbprint, old.thumbprint))
    return world.state("rotate", root, identity.statement_subject(old.public_key),
                       [1, old.thumbprint, new.public_key, proof, None])


def revocation(world: World, key: SoftwareSigner, since: object) -> Submission:
    return world.state("revoke", world.maker[0], identity.statement_subject(key.public_key),
                       [1, key.kid, since, 1])


class TestFounding:
    def test_only_genesis_begins_a_ledger(self) -> None:
        world = World()
        world.ledger = bytes(32)
        assert refused(world, world.endorse()) == "S4"

    def test_until_every_founder_endorsed_only_endorsements_are_accepted(self) -> None:
        world = World()
        genesis = world.genesis()
        world.ledger = statement.entry_hash(genesis)
        world.register(Submission(genesis))
        gateway = signer("gateway")
        enrolment = world.enrolment(codes.ROLE_GATEWAY, gateway, world.maker, [False])
        assert refused(world, enrolment) == "S4"
        world.register(world.endorse())
        world.register(enrolment)

    def test_a_founder_endorses_once_and_the_convenor_by_signing(self, world: World) -> None:
        world.now_ms += 1000
        assert refused(world, world.endorse()) == "S4"
        by_convenor = world.state("endorse", world.maker[0], "genesis", [1, world.ledger])
        assert refused(world, by_convenor) == "S4"

    def test_genesis_of_a_stranger_is_refused(self) -> None:
        world = World()
        world.maker = (signer("stranger"), world.maker[1])
        genesis = world.genesis()
        world.maker = (signer("maker root"), world.maker[1])
        parsed = statement.parse(genesis)
        forged = statement.build("genesis", signer("other"), subject="genesis", ledger=None,
                                 content=parsed.content())
        assert refused(world, Submission(forged)) == "K5"


class TestEnrolment:
    def test_the_key_must_prove_its_possession(self, world: World) -> None:
        new = signer("device")
        good = world.enrolment(codes.ROLE_DEVICE, new, world.maker, [None, 5, "scanner"])
        content = statement.parse(good.statement).content()
        assert isinstance(content, list)
        stolen = session.sign1(codes.PURPOSE_POSSESSION, world.ledger, signer("thief"),
                               session.encode_possession(world.maker[0].thumbprint,
                                                         codes.ROLE_DEVICE, new.thumbprint, None))
        content[4] = stolen
        assert refused(world, world.state("enrol", world.maker[1],
                                          identity.statement_subject(new.public_key),
                                          content)) == "K2"

    def test_a_proof_for_another_ledger_or_purpose_is_none(self, world: World) -> None:
        new = signer("device")
        for purpose, ledger in ((codes.PURPOSE_POSSESSION, bytes(32)),
                                (codes.PURPOSE_RECORD, world.ledger)):
            proof = session.sign1(purpose, ledger, new, session.encode_possession(
                world.maker[0].thumbprint, codes.ROLE_DEVICE, new.thumbprint, None))
            content = [1, codes.ROLE_DEVICE, world.maker[0].thumbprint, new.public_key, proof,
                       [None, 5, "scanner"]]
            assert refused(world, world.state("enrol", world.maker[1], identity.statement_subject(
                new.public_key), content)) == "K2"

    def test_a_key_serves_once(self, world: World) -> None:
        world.device("scanner", world.maker)
        world.now_ms += 1000
        again = world.enrolment(codes.ROLE_GATEWAY, signer("scanner"), world.maker, [False])
        assert refused(world, again) == "K1"

    def test_an_organisation_enrols_its_own_keys_only(self, world: World) -> None:
        new = signer("device")
        root = world.maker[0].thumbprint
        proof = session.sign1(codes.PURPOSE_POSSESSION, world.ledger, new,
                              session.encode_possession(root, codes.ROLE_DEVICE, new.thumbprint,
                                                        None))
        assert refused(world, world.state(
            "enrol", world.pharmacy[1], identity.statement_subject(new.public_key),
            [1, codes.ROLE_DEVICE, root, new.public_key, proof, [None, 5, "x"]])) == "K3"

    def test_root_keys_do_not_enrol(self, world: World) -> None:
        swapped = (world.maker[0], world.maker[0])
        assert refused(world, world.enrolment(codes.ROLE_DEVICE, signer("device"), swapped,
                                              [None, 5, "scanner"])) == "S7"

    def test_an_asset_label_names_one_device(self, world: World) -> None:
        world.device("logger", world.maker, LOGGER_GIAI)
        assert refused(world, world.enrolment(codes.ROLE_DEVICE, signer("second"), world.maker,
                                              [LOGGER_GIAI, 5, "logger"])) == "K4"


class TestRotation:
    def test_the_new_operations_key_signs_and_the_old_one_no_more(self, world: World) -> None:
        old, new = world.maker[1], signer("maker operations 2")
        world.register(rotation(world, old, new, codes.ROLE_OPERATIONS))
        assert refused(world, world.enrolment(codes.ROLE_DEVICE, signer("a"), world.maker,
                                              [None, 5, "scanner"])) == "S6"
        world.maker = (world.maker[0], new)
        world.device("b", world.maker)

    def test_a_key_is_rotated_once(self, world: World) -> None:
        old = world.maker[1]
        world.register(rotation(world, old, signer("2"), codes.ROLE_OPERATIONS))
        assert refused(world, rotation(world, old, signer("3"), codes.ROLE_OPERATIONS)) == "K7"

    def test_an_office_gets_a_successor_for_a_key_that_was_revoked_in_haste(
            self, world: World) -> None:
        for role, old, name in ((codes.ROLE_OPERATIONS, world.maker[1], "next operations"),
                                (codes.ROLE_LEDGER, world.ledger_signer, "next ledger")):
            world.register(revocation(world, old, world.now_ms))
            world.register(rotation(world, old, signer(name), role))
            again = rotation(world, old, signer("third"), role)
            with pytest.raises((Refused, UsageError)):
                world.register(again)
            world.engine = EmbeddedLedger(world.store, signer("next ledger") if
                                          role == codes.ROLE_LEDGER else world.ledger_signer,
                                          lambda: world.now_ms)
        world.maker = world.maker[0], signer("next operations")
        world.enrol(codes.ROLE_GATEWAY, "another gateway", world.maker, [False])
        reapply.reapply(world.store)

    def test_records_that_a_rotated_device_signed_before_still_count(self, world: World) -> None:
        device = world.device("scanner", world.maker)
        waiting = device.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")])
        world.register(rotation(world, device.signer, signer("scanner 2"), codes.ROLE_DEVICE))
        world.block(waiting)
        assert world.rules_found() == []


class TestRevocation:
    def test_what_was_registered_stands_and_later_records_are_tainted(self, world: World) -> None:
        device = world.device("scanner", world.maker)
        world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")]))
        checkpoint = world.engine.checkpoint()
        assert checkpoint is not None
        world.now_ms += 1000
        world.register(revocation(world, device.signer, world.now_ms))
        world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol("S2")]))
        assert world.rules_found() == ["R4"]
        view = world.engine.view()
        assert identity.revoked(view) == [[device.signer.kid, checkpoint.size]]
        after = world.engine.checkpoint()
        assert after is not None
        assert after.revoked != checkpoint.revoked

    def test_an_entry_hash_names_the_first_tainted_entry(self, world: World) -> None:
        device = world.device("scanner", world.maker)
        first = world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")]))
        world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol("S2")]))
        world.register(revocation(world, device.signer, first.entry_hash))
        assert identity.revoked(world.engine.view()) == [[device.signer.kid, first.number]]

    def test_a_record_that_existed_before_counts_when_it_comes_late(self, world: World) -> None:
        device = world.device("scanner", world.maker)
        first = device.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")])
        world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol("S2")]))
        world.register(revocation(world, device.signer, world.now_ms + 1))
        world.block(first)
        assert world.rules_found() == []

    def test_a_revoked_gateway_seals_no_more(self, world: World) -> None:
        device = world.device("scanner", world.maker)
        world.register(revocation(world, world.gateway.signer, world.now_ms + 1))
        assert refused(world, world.gateway.seal([device.boot()], world.now_ms)) == "S6"

    def test_only_the_owner_revokes_and_only_once(self, world: World) -> None:
        device = world.device("scanner", world.maker)
        foreign = world.state("revoke", world.pharmacy[0],
                              identity.statement_subject(device.signer.public_key),
                              [1, device.signer.kid, world.now_ms, 1])
        assert refused(world, foreign) == "K3"
        world.register(revocation(world, device.signer, world.now_ms))
        world.now_ms += 1000
        assert refused(world, revocation(world, device.signer, world.now_ms)) == "K7"


class TestGovernance:
    def proposal(self, world: World, change: list[object]) -> Submission:
        return world.state("propose", world.maker[0], "proposal", [1, change])

    def endorsement(self, world: World, proposal: Submission) -> Submission:
        return world.state("endorse", world.pharmacy[0], "proposal",
                           [1, statement.entry_hash(proposal.statement)])

    def newcomer(self, name: str) -> Founder:
        return Founder(name, [2], f"https://id.gs1.org/417/{name}", ["9530000"],
                       signer(f"{name} root").public_key, signer(f"{name} ops").public_key)

    def test_a_member_is_taken_in_by_the_majority(self, world: World) -> None:
        newcomer = self.newcomer("Wholesaler")
        proposal = self.proposal(world, [3, newcomer.as_list()])
        world.register(proposal)
        assert len(identity.members(world.engine.view())) == 2
        world.register(self.endorsement(world, proposal))
        assert len(identity.members(world.engine.view())) == 3
        world.device("its scanner", (signer("Wholesaler root"), signer("Wholesaler ops")))

    def test_a_proposal_takes_effect_once(self, world: World) -> None:
        proposal = self.proposal(world, [1, {"majority_percent": 66}])
        world.register(proposal, self.endorsement(world, proposal))
        assert identity.require_genesis(world.engine.view()).parameters == {"majority_percent": 66}
        world.now_ms += 1000
        assert refused(world, self.endorsement(world, proposal)) == "S9"

    @pytest.mark.parametrize("changed", [{"foo": 5}, {"majority_percent": 49},
                                         {"majority_percent": 100}, [], 5])
    def test_only_parameters_that_are_known_can_change(self, world: World,
                                                       changed: object) -> None:
        assert refused(world, self.proposal(world, [1, changed])) == "S10"

    def test_rules_that_are_not_known_stop_the_ledger(self, world: World) -> None:
        proposal = self.proposal(world, [2, RULES_VERSION + 1])
        world.register(proposal, self.endorsement(world, proposal))
        world.now_ms += 1000
        assert refused(world, world.enrolment(codes.ROLE_DEVICE, signer("x"), world.maker,
                                              [None, 5, "scanner"])) == "S12"

    def test_an_expelled_member_signs_no_more(self, world: World) -> None:
        for name in ("A", "B"):
            proposal = self.proposal(world, [3, self.newcomer(name).as_list()])
            world.register(proposal, self.endorsement(world, proposal))
        expulsion = self.proposal(world, [4, signer("A root").thumbprint])
        world.register(expulsion, self.endorsement(world, expulsion))
        world.register(world.state("endorse", signer("B root"), "proposal",
                                   [1, statement.entry_hash(expulsion.statement)]))
        expelled = (signer("A root"), signer("A ops"))
        assert refused(world, world.enrolment(codes.ROLE_DEVICE, signer("x"), expelled,
                                              [None, 5, "scanner"])) == "S6"

    @pytest.mark.parametrize("change", [[1, 5], [9, {}], [2, 0], [3, []], [4, bytes(32)],
                                        [5, [bytes(64), 3]], [True, {}]])
    def test_a_change_that_could_not_take_effect_is_refused(self, world: World,
                                                            change: list[object]) -> None:
        assert refused(world, self.proposal(world, change)) in ("S10", "K6")


def test_a_statement_is_registered_once(world: World) -> None:
    submission = world.enrolment(codes.ROLE_DEVICE, signer("d"), world.maker, [None, 5, "scanner"])
    (first,) = world.register(submission)
    (again,) = world.register(submission)
    assert (again.number, again.fresh, first.fresh) == (first.number, False, True)


def test_a_statement_for_another_ledger_is_refused(world: World) -> None:
    elsewhere = statement.build("endorse", world.maker[0], subject="genesis", ledger=bytes(32),
                                content=[1, bytes(32)], issued_s=START_MS // 1000)
    assert refused(world, Submission(elsewhere)) == "S3"


def test_the_party_of_a_member_is_its_alone(world: World) -> None:
    newcomer = Founder("Copy", [1], MAKER_PARTY, [], signer("c").public_key,
                       signer("d").public_key)
    proposal = world.state("propose", world.maker[0], "proposal", [1, [3, newcomer.as_list()]])
    world.register(proposal)
    endorsed = world.state("endorse", world.pharmacy[0], "proposal",
                           [1, statement.entry_hash(proposal.statement)])
    assert refused(world, endorsed) == "K5"
