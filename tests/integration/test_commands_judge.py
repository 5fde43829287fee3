"""Judging findings and holding packs, as people type it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger_client.core.judgement import HOLD
from ledger_client.service.application import Service
from ledger_client.service.server import Listen, Server
from ledger_client.wire import codes as c
from tests.circle import MAKER, PHARMACY
from tests.commands import Desk, coldseal
from tests.world import GTIN, pack, signer

PACK, SECOND = pack("S1"), pack("S2")


class Judging:
    """A desk with two packs in stock at the maker's, and three people."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        circle = self.desk.circle
        circle.commissioned(PACK, SECOND)
        circle.done(MAKER, c.ACTION_PUT_AWAY, PACK, SECOND)
        for name, role in (("chief", "responsible person"), ("qa", "quality assurance"),
                           ("operator", "operator")):
            circle.person(MAKER, role, name).save(self.desk.key(name))
        circle.person(PHARMACY, "responsible person", "stranger").save(self.desk.key("stranger"))

    def scanned(self, action: int, *things: object) -> str:
        """A scan that awaits judgement; where it stands."""
        said = self.desk.circle.scan(MAKER, action, *things)
        self.desk.close()
        return f"{said.registered.number}.{said.leaf}"

    def judge(self, what: str, decision: str, by: str, *more: object, status: int = 0) -> str:
        return coldseal("judge", what, decision, "--ledger", self.desk.ledger, "--key",
                        self.desk.key(by), *more, status=status)

    def findings(self, *more: object) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(coldseal("ledger", "findings", self.desk.ledger,
                                                         "--json", *more))
        return rows


@pytest.fixture
def judging(tmp_path: Path) -> Judging:
    return Judging(tmp_path)


def held(judging: Judging) -> str:
    judging.desk.circle.done(MAKER, c.ACTION_QUARANTINE, PACK, SECOND)
    return judging.scanned(c.ACTION_RELEASE, PACK, SECOND)


def test_findings_say_what_to_type_and_by_whom(judging: Judging) -> None:
    where = held(judging)
    said = coldseal("ledger", "findings", judging.desk.ledger, "--awaiting")
    typed = f"coldseal judge {where} approve --ledger {judging.desk.ledger} --key FILE"
    assert said.count(typed) == 2
    assert "the key of a quality assurance or responsible person" in said
    judging.judge(where, "approve", "qa")
    assert judging.findings("--awaiting") == []
    assert [row["judged"]["outcome"] for row in judging.findings()] == ["approved"] * 2
    assert "approved by entry" in coldseal("ledger", "findings", judging.desk.ledger)
    assert coldseal("ledger", "findings", judging.desk.ledger, "--awaiting") == \
        "no findings that wait for a judgement\n"


@pytest.mark.parametrize("what", ["place", "item", "brackets"])
def test_release_by_what_people_have(judging: Judging, what: str) -> None:
    where = held(judging)
    named = {"place": where, "item": PACK, "brackets": "(01)09506000134352(21)S1"}[what]
    said = judging.judge(named, "approve", "chief")
    assert f"{PACK} is in stock" in said
    assert f"{SECOND} is in stock" in said


def test_rejected_it_stays_as_it_is(judging: Judging) -> None:
    said = json.loads(judging.judge(held(judging), "reject", "qa", "--json"))
    assert said["effects"] == []
    assert "is on hold" in coldseal("trace", PACK, "--ledger", judging.desk.ledger)
    assert "no findings" in coldseal("ledger", "findings", judging.desk.ledger, "--awaiting")


def test_role_and_organisation_are_the_rules(judging: Judging) -> None:
    where = held(judging)
    assert "J2: none of the person's roles" in judging.judge(where, "approve", "operator", status=1)
    assert "J2: a person of the organisation" in judging.judge(where, "approve", "stranger",
                                                               status=1)
    judging.judge(where, "approve", "qa")
    assert "J3: " in judging.judge(where, "approve", "chief", status=1)


def test_a_destruction_has_a_witness(judging: Judging) -> None:
    judging.desk.circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
    where = judging.scanned(c.ACTION_DESTROY, PACK)
    assert f"{PACK} is destroyed" in judging.judge(where, "approve", "operator")


def test_dispensed_in_error_is_undone(judging: Judging) -> None:
    judging.desk.circle.done(MAKER, c.ACTION_DISPENSE, PACK)
    where = judging.scanned(c.ACTION_UNDO, PACK)
    assert "J4: C20.3" in judging.judge(where, "approve", "chief", "--simulated-time",
                                        "2026-06-08T00:00:00Z", status=1)
    assert f"{PACK} is in stock" in judging.judge(where, "approve", "chief", "--simulated-time",
                                                  "2026-05-30T00:00:00+02:00")


def test_a_fork_is_cleared_by_its_owner(judging: Judging) -> None:
    circle = judging.desk.circle
    device = circle.scanners[MAKER]
    kept = (device.seq, device.prev)
    circle.seal(device.boot())
    device.seq, device.prev = kept
    fork = circle.seal(device.scan(c.ACTION_CHECK, [["]C1", b"00395060001340000018"]]))[0]
    assert fork.rules == ["R5"]
    judging.desk.close()
    where = f"{fork.registered.number}.{fork.leaf}"
    assert "J2: " in judging.judge(where, "approve", "stranger", status=1)
    judging.judge(where, "approve", "qa")
    assert judging.findings("--awaiting") == []


class TestHold:
    def test_a_pack_without_a_scan(self, judging: Judging) -> None:
        judging.desk.close()
        assert f"{PACK} is on hold" in judging.judge(PACK, "hold", "qa")
        said = judging.judge(PACK, "hold", "chief", status=1)
        assert f"J4: {PACK} is on hold already\n  do: look at the history of the item" in said

    def test_the_one_who_held_does_not_release(self, judging: Judging) -> None:
        circle = judging.desk.circle
        assert circle.judge(signer("qa"), circle.hold_about(PACK), HOLD, None) is None
        where = judging.scanned(c.ACTION_RELEASE, PACK)
        said = judging.judge(where, "approve", "qa", status=1)
        assert f"J4: C10.2: {PACK} cannot be released by the person who held it\n  do: another " \
            "person judges" in said
        assert f"{PACK} is in stock" in judging.judge(where, "approve", "chief")

    def test_how_a_hold_is_lifted(self, judging: Judging) -> None:
        judging.desk.close()
        lifted = "A hold is lifted by a release: scan it"
        assert lifted in judging.judge(PACK, "hold", "qa")
        for decision in ("release", "approve"):
            assert lifted in judging.judge(PACK, decision, "chief", status=2)
        assert lifted not in judging.judge(SECOND, "approve", "chief", status=2)

    def test_what_cannot_be_held(self, judging: Judging) -> None:
        judging.desk.close()
        assert "nobody commissioned it" in judging.judge(pack("NONE"), "hold", "qa", status=2)
        assert "a hold names the pack" in judging.judge("3.0", "hold", "qa", status=2)
        assert "J2: " in judging.judge(PACK, "hold", "operator", status=1)


class TestRemarks:
    def test_a_finding_is_acknowledged_with_what_was_looked_at(self, judging: Judging) -> None:
        said = judging.desk.circle.scan(PHARMACY, c.ACTION_QUARANTINE, PACK)
        judging.desk.close()
        report = judging.desk.folder / "report.txt"
        report.write_text("seen\n")
        (row,) = judging.findings()
        assert row["rule"] == said.rules[0]
        judging.judge(f"{row['entry']}.{row['leaf']}", "acknowledge", "operator", "--detail",
                      report, "--shown", report, "--reason", "7")
        assert judging.findings()[0]["judged"]["outcome"] == "judged"
        assert "cannot be read" in judging.judge("5.0", "acknowledge", "qa", "--detail",
                                                 report.with_name("none"), status=2)

    def test_an_entry_or_an_earlier_judgement_is_remarked_on(self, judging: Judging) -> None:
        block = judging.scanned(c.ACTION_CHECK, PACK).partition(".")[0]
        entry = json.loads(judging.judge(block, "accept-storage", "qa", "--json"))["entry"]
        judging.judge(str(entry), "acknowledge", "chief")
        assert "J3: " in judging.judge(str(entry), "acknowledge", "qa", status=1)

    def test_what_waits_for_a_judgement_is_not_remarked_away(self, judging: Judging) -> None:
        assert "J1: " in judging.judge(held(judging), "acknowledge", "qa", status=1)


@pytest.mark.parametrize(("what", "decision", "says"), [
    ("999", "acknowledge", "no entry 999"),
    ("4.0", "acknowledge", "4.0: there is no such finding. `coldseal ledger findings` lists them"),
    ("0", "acknowledge", "0: the entry is of the kind genesis, of which nothing is judged"),
    ("4", "accept-storage", "of which nothing is judged"),
    ("4.0", "approve", "nothing there waits to be approved"),
    ("4.0", "bless", "bless: decide one of approve, reject"),
    ("nonsense", "approve", "no GS1 identity"),
    (PACK, "accept-storage", "Write ENTRY.LEAF"),
    (PACK, "approve", "nothing there waits to be approved")])
def test_what_cannot_be_judged(judging: Judging, what: str, decision: str, says: str) -> None:
    judging.desk.close()
    assert says in judging.judge(what, decision, "qa", status=2)


def test_of_several_one_is_named(judging: Judging) -> None:
    judging.desk.circle.done(MAKER, c.ACTION_QUARANTINE, PACK)
    judging.desk.circle.scan(MAKER, c.ACTION_RELEASE, PACK)
    judging.scanned(c.ACTION_ILLEGITIMATE, PACK)
    assert "there are several findings: " in judging.judge(PACK, "approve", "qa", status=2)
    assert f"{PACK} is illegitimate" in judging.judge(PACK, "approve", "qa", "--rule", "C11.1")


class TestOverAService:
    """From a machine that has no ledger file."""

    @pytest.fixture
    def url(self, judging: Judging) -> Iterator[str]:
        self.where = held(judging)
        coldseal("ledger", "trust", judging.desk.ledger, "-o", judging.desk.folder / "trust")
        service = Service(judging.desk.ledger, judging.desk.circle.ledger_signer)
        server = Server(service, Listen("127.0.0.1", 0))
        yield f"http://127.0.0.1:{server.port}"
        server.close()

    def judge(self, judging: Judging, url: str, *arguments: object, by: str = "qa",
              status: int = 0) -> str:
        return coldseal("judge", *arguments, "--ledger", url, "--trust",
                        judging.desk.folder / "trust", "--key", judging.desk.key(by),
                        status=status)

    def test_a_finding_and_a_hold(self, judging: Judging, url: str) -> None:
        said = self.judge(judging, url, self.where, "approve")
        assert f"{PACK} is in stock" in said
        assert f"{SECOND} is in stock" in said
        assert f"{PACK} is on hold" in self.judge(judging, url, PACK, "hold", by="chief")

    def test_what_the_rules_refuse(self, judging: Judging, url: str) -> None:
        said = self.judge(judging, url, self.where, "approve", by="operator", status=1)
        assert "J2: " in said
        assert "told the finding's place" in self.judge(judging, url, PACK, "approve", status=2)

    def test_a_recall(self, judging: Judging, url: str) -> None:
        recall: tuple[object, ...] = ("recall", "start", "--ledger", url, "--trust",
                                      judging.desk.folder / "trust", "--lot", f"{GTIN}=LOT42A",
                                      "--key")
        said = coldseal(*recall, judging.desk.key("chief"), status=2)
        assert "a service does not say which packs a lot has" in said
        recall = (*recall[:-1], "--unknown-lot", "--key")
        assert "J2: " in coldseal(*recall, judging.desk.key("qa"), status=1)
        assert "recall: registered as entry" in coldseal(*recall, judging.desk.key("chief"))
        assert "it is in force already" in coldseal(*recall, judging.desk.key("chief"))
        said = coldseal("recall", "list", "--ledger", judging.desk.ledger, "--lot",
                        f"{GTIN}=LOT42A", "--list-key", judging.desk.key("maker-operations"), "-o",
                        judging.desk.folder / "list")
        assert "2  in all" in said

    def test_a_key_and_a_proposal(self, judging: Judging, url: str) -> None:
        place = (url, "--trust", judging.desk.folder / "trust", "--key")
        said = coldseal("ledger", "revoke", *place, judging.desk.key("maker-root"), "--since", "1",
                        judging.desk.key("qa").with_name("qa.key.pub"))
        assert "names the packs that rest on the key" in said
        assert "was revoked" in self.judge(judging, url, self.where, "approve", status=2)
        said = coldseal("ledger", "propose", *place, judging.desk.key("maker-root"), "--expel",
                        PHARMACY)
        assert "pharmacy leaves; endorsed by maker (1 of 4 members): open" in said
        entry = said.split("entry ")[1].split()[0]
        said = coldseal("ledger", "endorse-proposal", *place, judging.desk.key("wholesaler-root"),
                        entry)
        assert "(2 of 4 members)" in said

    def test_a_person_is_enrolled_and_rotated(self, judging: Judging, url: str) -> None:
        place = (url, "--trust", judging.desk.folder / "trust", "--key")
        for name in ("new", "newer"):
            signer(name).save(judging.desk.key(name))
        people = judging.desk.folder / "people.csv"
        coldseal("ledger", "enrol-person", *place, judging.desk.key("maker-operations"),
                 "--person-key", judging.desk.key("new"), "--role", "quality assurance", "--name",
                 "N", "--people", people)
        coldseal("ledger", "rotate", *place, judging.desk.key("maker-root"), "--new-key",
                 judging.desk.key("newer"), signer("new").kid.hex())
        self.judge(judging, url, self.where, "approve", by="newer")

    def test_what_a_service_does_not_do(self, judging: Judging, url: str) -> None:
        assert "whose word is taken?" in coldseal(
            "judge", PACK, "hold", "--ledger", url, "--key", judging.desk.key("qa"), status=2)
        assert "its own ledger key and clock" in self.judge(
            judging, url, PACK, "hold", "--simulated-time", "2026-05-30T00:00:00Z", status=2)
        said = coldseal("recall", "start", PACK, "--ledger", judging.desk.ledger, "--key",
                        judging.desk.key("chief"), status=2)
        assert "a ledger file needs --list-key and --output" in said
