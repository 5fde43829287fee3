"""Judgements: who may, about what, once, and what is still so when it comes."""

from dataclasses import replace

import pytest

from ledger_client.core import identity, judgement
from ledger_client.core.identity import PERSON_ROLES
from ledger_client.core.judgement import (
    ACCEPT_STORAGE,
    ACKNOWLEDGED,
    APPROVED,
    CLEAR_FORK,
    DESTROY,
    HOLD,
    ILLEGITIMATE,
    RECALL,
    REJECTED,
    RELEASE,
    UNDO,
)
from ledger_client.errors import Refused
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes as c
from ledger_client.wire import session
from tests.circle import AUTHORITY, MAKER, PHARMACY, WHOLESALER, Circle, Said
from tests.world import CRATE, GS, GTIN, pack, signer

PACK, SECOND = pack("S1"), pack("S2")
LOT = ["]d2", b"01" + GTIN.encode() + b"10LOT42A" + GS]
QA, RESPONSIBLE = "quality assurance", "responsible person"
OPERATOR, AUDITOR, PHARMACIST, REGULATOR = "operator", "auditor", "pharmacist", "regulator"
ANY = set(PERSON_ROLES)

# Written from the table of design: meaning -> roles that may.
MAY = {
    ACKNOWLEDGED: ANY, HOLD: {QA, RESPONSIBLE, PHARMACIST, REGULATOR},
    RELEASE: {QA, RESPONSIBLE}, ILLEGITIMATE: {QA, RESPONSIBLE},
    RECALL: {RESPONSIBLE, REGULATOR}, DESTROY: ANY, UNDO: {RESPONSIBLE, PHARMACIST},
    ACCEPT_STORAGE: {QA, RESPONSIBLE}, CLEAR_FORK: {QA, RESPONSIBLE}}
# meaning -> the finding that it is about, when it brings something about
ABOUT = {RELEASE: "C10.1", ILLEGITIMATE: "C11.1", RECALL: "C12.1", DESTROY: "C17.1",
         UNDO: "C20.1", CLEAR_FORK: "R5"}


def finding(circle: Circle, meaning: int) -> list[object]:
    """A finding that a judgement of a meaning is about, or the item that is to be held."""
    if meaning == HOLD:
        return circle.hold_about(PACK)
    if meaning in (RELEASE, ILLEGITIMATE, DESTROY):
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        action = {RELEASE: c.ACTION_RELEASE, ILLEGITIMATE: c.ACTION_ILLEGITIMATE,
                  DESTROY: c.ACTION_DESTROY}[meaning]
        said = circle.scan(MAKER, action, PACK)
    elif meaning == RECALL:
        said = circle.scan(MAKER, c.ACTION_RECALL, PACK)
    elif meaning == UNDO:
        circle.done(MAKER, c.ACTION_DISPENSE, PACK)
        said = circle.scan(MAKER, c.ACTION_UNDO, PACK)
    elif meaning == CLEAR_FORK:
        said = fork(circle)
    else:
        said = circle.denied("C0.4", PHARMACY, c.ACTION_DISPENSE, PACK)
    return said.about(ABOUT.get(meaning, "C0.4"))


def fork(circle: Circle) -> Said:
    scanner = circle.scanners[MAKER]
    twin = replace(scanner, now_ms=scanner.now_ms - 1)
    circle.seal(scanner.boot())
    return circle.seal(twin.boot())[0]


class TestRoles:
    @pytest.mark.parametrize("role", sorted(ANY))
    @pytest.mark.parametrize("meaning", sorted(MAY))
    def test_only_the_roles_of_the_meaning(self, circle: Circle, meaning: int, role: str) -> None:
        about = finding(circle, meaning)
        before = circle.custody()
        said = circle.judge(circle.person(MAKER, role), about, meaning)
        assert said == (None if role in MAY[meaning] else "J2")
        acts = said is None and meaning in (HOLD, *set(ABOUT) - {CLEAR_FORK})
        assert (circle.custody() != before) == acts

    def test_every_meaning_is_here(self) -> None:
        assert set(MAY) == set(judgement._MEANINGS)

    @pytest.mark.parametrize("meaning", [RELEASE, ILLEGITIMATE, RECALL, DESTROY, UNDO, CLEAR_FORK])
    def test_only_of_the_organisation_that_scanned(self, circle: Circle, meaning: int) -> None:
        about = finding(circle, meaning)
        before = circle.custody()
        assert circle.judge(circle.person(PHARMACY, RESPONSIBLE), about, meaning) == "J2"
        assert circle.custody() == before

    def test_a_regulator_may_confirm_the_recall_of_somebody_else(self, circle: Circle) -> None:
        about = finding(circle, RECALL)
        assert circle.judge(circle.person(AUTHORITY, REGULATOR), about, RECALL) is None
        assert circle.item(PACK).recalled

    def test_only_persons_and_gateways_judge(self, circle: Circle) -> None:
        about = finding(circle, RECALL)
        assert circle.judge(circle.maker[1], about, RECALL) == "S7"

    def test_a_person_of_an_expelled_member_judges_no_more(self, circle: Circle) -> None:
        person = circle.person(PHARMACY, QA)
        circle.expel(PHARMACY)
        assert circle.judge(person, circle.hold_about(PACK), HOLD) == "S6"


class TestHolds:
    def gateway(self, circle: Circle, may_hold: bool) -> SoftwareSigner:
        return circle.enrol(c.ROLE_GATEWAY, "dock", circle.keys[MAKER], [may_hold])

    def test_a_gateway_that_may(self, circle: Circle) -> None:
        """An excursion: nobody is there to judge it."""
        gateway = self.gateway(circle, True)
        assert circle.judge(gateway, circle.hold_about(PACK), HOLD, None) is None
        event = circle.chain(PACK)[-1]
        assert (circle.status(PACK), event.action, event.signer, event.leaf) == \
            ("on hold", c.ACTION_QUARANTINE, gateway.thumbprint, None)

    def test_a_gateway_that_may_not(self, circle: Circle) -> None:
        gateway = self.gateway(circle, False)
        assert circle.judge(gateway, circle.hold_about(PACK), HOLD, None) == "J2"

    @pytest.mark.parametrize("meaning", sorted(set(MAY) - {HOLD}))
    def test_a_gateway_judges_nothing_else(self, circle: Circle, meaning: int) -> None:
        about = finding(circle, meaning)
        assert circle.judge(self.gateway(circle, True), about, meaning) == "J2"

    @pytest.mark.parametrize("thing", [pack("FALSE"), "https://id.gs1.org/414/9506000134352", ""])
    def test_no_such_item(self, circle: Circle, chief: SoftwareSigner, thing: str) -> None:
        assert circle.judge(chief, [thing, bytes(32)], HOLD) == "J1"

    def test_what_has_ended(self, circle: Circle, chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_DISPENSE, PACK)
        assert circle.judge(chief, circle.hold_about(PACK), HOLD) == "J1"

    def test_the_head_is_the_present_one(self, circle: Circle, chief: SoftwareSigner) -> None:
        """A hold that was withheld is not about what came later."""
        about = circle.hold_about(PACK)
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK)
        assert circle.judge(chief, about, HOLD) == "J3"
        assert circle.status(PACK) == "in stock"

    def test_only_by_a_party_or_a_regulator(self, circle: Circle) -> None:
        """A hold by anybody else would stop a shipment between others."""
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        circle.done(MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)
        before = circle.custody()
        for thing in (PACK, CRATE):
            assert circle.judge(circle.person(WHOLESALER, QA, thing), circle.hold_about(thing),
                                HOLD) == "J2"
        assert circle.custody() == before
        assert circle.judge(circle.person(AUTHORITY, REGULATOR), circle.hold_about(PACK),
                            HOLD) is None
        assert circle.judge(circle.person(PHARMACY, QA), circle.hold_about(CRATE), HOLD) is None

    def test_what_is_held_stays_the_first_ones(self, circle: Circle,
                                               chief: SoftwareSigner) -> None:
        """Else whoever held it could have another's name put there, and release it."""
        other = circle.person(MAKER, QA)
        assert circle.judge(chief, circle.hold_about(PACK), HOLD) is None
        assert circle.judge(other, circle.hold_about(PACK), HOLD) == "J4"
        assert circle.item(PACK).holder == chief.thumbprint

    def test_inside_a_crate_it_hinders_the_crate(self, circle: Circle,
                                                 chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
        assert circle.judge(chief, circle.hold_about(PACK), HOLD) is None
        circle.denied("C0.9", MAKER, c.ACTION_SHIP, CRATE, to=PHARMACY)

    @pytest.mark.parametrize("meaning", sorted(set(MAY) - {HOLD}))
    def test_nothing_else_is_about_an_item(self, circle: Circle, chief: SoftwareSigner,
                                           meaning: int) -> None:
        assert circle.judge(chief, circle.hold_about(PACK), meaning) == "J1"

    def test_a_hold_is_about_no_finding(self, circle: Circle, chief: SoftwareSigner) -> None:
        assert circle.judge(chief, finding(circle, RECALL), HOLD) == "J1"


class TestTwoPeople:
    def released(self, circle: Circle, by: SoftwareSigner) -> str | None:
        said = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, PACK)
        return circle.judge(by, said.about("C10.1"), RELEASE)

    def test_who_held_does_not_release(self, circle: Circle, chief: SoftwareSigner) -> None:
        assert circle.judge(chief, circle.hold_about(PACK), HOLD) is None
        said = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, PACK).about("C10.1")
        (answer,) = circle.engine.submit([circle.judgement(chief, said, RELEASE)])
        assert isinstance(answer, Refused)
        assert (answer.rule, answer.detail) == (
            "J4", f"C10.2: {PACK} cannot be released by the person who held it")
        assert circle.judge(circle.person(MAKER, QA), said, RELEASE) is None

    def test_nor_with_a_new_key(self, circle: Circle, chief: SoftwareSigner) -> None:
        assert circle.judge(chief, circle.hold_about(PACK), HOLD) is None
        new = rotated(circle, chief)
        assert self.released(circle, new) == "J4"

    def test_a_hold_by_scan_is_nobodys(self, circle: Circle, chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        assert self.released(circle, chief) is None

    def test_a_person_who_captured_the_destruction_is_no_witness(
            self, circle: Circle, chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
        body = [c.ACTION_DESTROY, [["]d2", symbol(PACK)]], *[None] * 6, 0]
        registered = circle.register(circle.state("capture", chief, "capture",
                                                  [1, [[None, None, body]], None, None]))[0]
        about: list[object] = [registered.entry_hash, 0, "C17.1"]
        assert circle.judge(chief, about, DESTROY) == "J2"
        assert circle.judge(rotated(circle, chief), about, DESTROY) == "J2"
        assert circle.judge(circle.person(MAKER, OPERATOR), about, DESTROY) is None
        assert circle.status(PACK) == "destroyed"


class TestRemarks:
    @pytest.mark.parametrize(("by", "said"), [
        (MAKER, None), (WHOLESALER, "J2"), (PHARMACY, None), (AUTHORITY, None)])
    def test_a_finding_is_for_whom_it_concerns(self, circle: Circle, by: str,
                                               said: str | None) -> None:
        """The custodian, and who stated it: anybody else would use it up for them."""
        about = finding(circle, ACKNOWLEDGED)
        assert circle.judge(circle.person(by, OPERATOR), about, ACKNOWLEDGED) == said

    def test_a_finding_about_no_item_is_the_devices_owners(self, circle: Circle) -> None:
        about = circle.scan(PHARMACY, c.ACTION_DISPENSE, ["]d2", b"nothing"]).about("C0.1")
        assert circle.judge(circle.person(MAKER, OPERATOR), about, ACKNOWLEDGED) == "J2"
        assert circle.judge(circle.person(PHARMACY, OPERATOR), about, ACKNOWLEDGED) is None

    def test_what_no_device_vouches_for_is_the_gateways_owners(self, circle: Circle) -> None:
        about = circle.seal(b"nothing")[0].about("R1")
        assert circle.judge(circle.person(PHARMACY, OPERATOR), about, ACKNOWLEDGED) == "J2"
        assert circle.judge(circle.person(MAKER, OPERATOR), about, ACKNOWLEDGED) is None

    def test_an_entry_is_remarked_on_by_everybody_once(self, circle: Circle) -> None:
        about: list[object] = [finding(circle, ACKNOWLEDGED)[0], None, None]
        for by in (WHOLESALER, MAKER):
            assert circle.judge(circle.person(by, OPERATOR), about, ACKNOWLEDGED) is None
            assert circle.judge(circle.person(by, QA), about, ACKNOWLEDGED) == "J3"

    @pytest.mark.parametrize("leaf", [0, 99])
    def test_a_leaf_is_judged_by_its_findings(self, circle: Circle, leaf: int) -> None:
        """Whether it has a leaf 99 nobody kept."""
        entry = finding(circle, ACKNOWLEDGED)[0]
        assert circle.judge(circle.person(MAKER, QA), [entry, leaf, None], ACKNOWLEDGED) == "J1"


class TestOnce:
    def test_there_is_one_judgement_about_a_finding(self, circle: Circle,
                                                    chief: SoftwareSigner) -> None:
        about = finding(circle, ACKNOWLEDGED)
        assert circle.judge(chief, about, ACKNOWLEDGED) is None
        assert circle.judge(circle.person(MAKER, QA), about, ACKNOWLEDGED) == "J3"
        judged = judgement.judged_about(circle.engine.view(), about)
        assert judged is not None
        assert judged.person == chief.thumbprint

    def test_a_later_one_is_about_the_earlier(self, circle: Circle,
                                              chief: SoftwareSigner) -> None:
        first = circle.judgement(chief, finding(circle, RECALL), RECALL, REJECTED)
        (registered,) = circle.register(first)
        about: list[object] = [registered.entry_hash, None, None]
        before = circle.custody()
        assert circle.judge(chief, about, RECALL, APPROVED) is None
        assert circle.custody() == before  # a remark: the scan awaits nothing any more
        assert circle.judge(chief, about, ACKNOWLEDGED) == "J3"

    def test_the_same_statement_again_is_harmless(self, circle: Circle,
                                                  chief: SoftwareSigner) -> None:
        submission = circle.judgement(chief, finding(circle, RECALL), RECALL)
        (first,) = circle.register(submission)
        before = circle.custody()
        (again,) = circle.register(submission)
        assert (again.number, again.fresh, circle.custody()) == (first.number, False, before)

    @pytest.mark.parametrize("meaning", [RELEASE, ILLEGITIMATE, RECALL, DESTROY, UNDO])
    def test_what_is_rejected_has_no_effect_and_is_over(self, circle: Circle, meaning: int,
                                                        chief: SoftwareSigner) -> None:
        about = finding(circle, meaning)
        before = circle.custody()
        assert circle.judge(chief, about, meaning, REJECTED) is None
        assert circle.judge(chief, about, meaning, APPROVED) == "J3"
        assert circle.custody() == before

    @pytest.mark.parametrize("meaning", sorted(ABOUT))
    def test_a_remark_does_not_use_a_finding_up(self, circle: Circle, meaning: int,
                                                chief: SoftwareSigner) -> None:
        about = finding(circle, meaning)
        for other in (ACKNOWLEDGED, ACCEPT_STORAGE):
            assert circle.judge(chief, about, other) == "J1"
        assert circle.judge(chief, about, meaning) is None

    @pytest.mark.parametrize("meaning", [RELEASE, ILLEGITIMATE, DESTROY, UNDO])
    def test_what_changed_since_is_scanned_again(self, circle: Circle, meaning: int,
                                                 chief: SoftwareSigner) -> None:
        about = finding(circle, meaning)
        circle.scan(MAKER, c.ACTION_COMMISSION, PACK)  # a rescan is an event, too
        before = circle.custody()
        assert circle.judge(chief, about, meaning) == "J3"
        assert circle.custody() == before

    def test_several_items_of_a_scan_are_judged_together(self, circle: Circle,
                                                         chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK, SECOND)
        said = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, PACK, SECOND)
        assert circle.judge(chief, said.about("C10.1"), RELEASE) is None
        assert (circle.status(PACK), circle.status(SECOND)) == ("active", "active")

    def test_all_of_them_or_none(self, circle: Circle, chief: SoftwareSigner) -> None:
        circle.done(MAKER, c.ACTION_QUARANTINE, PACK, SECOND)
        said = circle.denied("C10.1", MAKER, c.ACTION_RELEASE, PACK, SECOND)
        circle.done(MAKER, c.ACTION_STOLEN, SECOND)
        before = circle.custody()
        assert circle.judge(chief, said.about("C10.1"), RELEASE) == "J3"
        assert circle.custody() == before

    def test_a_release_after_the_recall_of_the_lot(self, circle: Circle,
                                                   chief: SoftwareSigner) -> None:
        about = finding(circle, RELEASE)
        recall = circle.scan(MAKER, c.ACTION_RECALL, LOT)
        assert circle.judge(chief, recall.about("C12.1"), RECALL) is None
        assert circle.judge(chief, about, RELEASE) == "J4"
        said = circle.denied("C17.1", MAKER, c.ACTION_DESTROY, PACK)
        assert circle.judge(chief, said.about("C17.1"), DESTROY) is None


class TestForm:
    def refused(self, circle: Circle, by: SoftwareSigner, content: object,
                subject: str = "judgement") -> str:
        (answer,) = circle.engine.submit([circle.state("judgement", by, subject, content)])
        assert isinstance(answer, Refused)
        return answer.rule

    def test_what_is_no_judgement(self, circle: Circle, chief: SoftwareSigner) -> None:
        about = finding(circle, RECALL)
        good = [1, about, RECALL, APPROVED, None, None, None]
        before = circle.custody()
        wrong: list[list[object]] = [
            [2, None], [None, 5, [], [1], [b"x", 0, "C12.1"]], [0, 99, -1, None, "x"],
            [2, -1, "x", None], [-1, "x"], [b"x", 1], [b"x", 1]]
        for at, values in enumerate(wrong):
            for value in values:
                content = [*good[:at], value, *good[at + 1:]]
                assert self.refused(circle, chief, content) == "S10", content
        shapes: list[object] = [{}, [], good[:-1], [*good, None], "x"]
        for shape in shapes:
            assert self.refused(circle, chief, shape) == "S10"
        assert self.refused(circle, chief, good, "anything") == "S10"
        assert circle.custody() == before
        assert circle.judge(chief, about, RECALL) is None

    def test_what_it_is_about_is_there(self, circle: Circle, chief: SoftwareSigner) -> None:
        (said,) = circle.seal(circle.record(MAKER, c.ACTION_RECALL, [PACK]))
        entry_hash, leaf, rule = said.registered.entry_hash, 0, "C12.1"
        abouts: list[list[object]] = [
            [bytes(32), leaf, rule], [entry_hash, 1, rule], [entry_hash, None, rule],
            [entry_hash, leaf, "C0.4"], [entry_hash, leaf, 7], [entry_hash, 1 << 40, rule]]
        for about in abouts:
            assert circle.judge(chief, about, RECALL) == "J1", about


def rotated(circle: Circle, old: SoftwareSigner) -> SoftwareSigner:
    """The key that takes the place of the maker's person's."""
    new, root = signer("the next key"), circle.maker[0]
    proof = session.sign1(c.PURPOSE_POSSESSION, circle.ledger, new, session.encode_possession(
        root.thumbprint, c.ROLE_PERSON, new.thumbprint, old.thumbprint))
    circle.register(circle.state("rotate", root, identity.statement_subject(old.public_key),
                                 [1, old.thumbprint, new.public_key, proof, None]))
    return new


def symbol(uri: str) -> bytes:
    return b"01%s21%s" % (GTIN.encode(), uri.rsplit("/", 1)[1].encode())
