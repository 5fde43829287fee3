"""Enrolling, rotating and revoking keys, and what members decide, as people type it."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_gateway import people_table
from ledger_client.node.embedded import LedgerReader
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes as c
from tests.circle import MAKER, PHARMACY, WHOLESALER
from tests.commands import Desk, coldseal
from tests.world import CRATE, pack, signer

PACK, SECOND, THIRD = pack("S1"), pack("S2"), pack("S3")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path).close()


def enrol_person(desk: Desk, name: str = "Zo\u0065\u0308 Sauer", status: int = 0) -> str:
    if not desk.key("person").exists():
        signer("person").save(desk.key("person"))
    return coldseal("ledger", "enrol-person", desk.ledger, "--key", desk.key("maker-operations"),
                    "--person-key", desk.key("person"), "--role", "responsible person", "--role",
                    "quality assurance", "--name", name, "--people", desk.folder / "people.csv",
                    status=status)


def keys(desk: Desk, *more: object) -> dict[str, dict[str, Any]]:
    rows = json.loads(coldseal("ledger", "keys", desk.ledger, "--json", *more))
    return {row["thumbprint"]: row for row in rows}


class TestPeople:
    def test_the_ledger_knows_the_roles_and_only_the_table_the_name(self, desk: Desk) -> None:
        enrol_person(desk)
        table = desk.folder / "people.csv"
        thumbprint = signer("person").thumbprint.hex()
        row = keys(desk, "--people", table)[thumbprint]
        assert (row["role"], row["roles"], row["name"], row["organisation"]) == \
            ("person", ["quality assurance", "responsible person"], "Zo\u00eb Sauer", "maker")
        assert keys(desk)[thumbprint]["name"] is None
        assert table.stat().st_mode & 0o777 == 0o600
        assert b"Sauer" not in desk.ledger.read_bytes()
        assert "Zo\u00eb Sauer; in standing" in coldseal("ledger", "keys", desk.ledger, "--people",
                                                        table)

    def test_a_table_that_was_changed_names_nobody(self, desk: Desk) -> None:
        enrol_person(desk)
        table = desk.folder / "people.csv"
        table.write_text(table.read_text().replace("Sauer", "Bauer"))
        assert keys(desk, "--people", table)[signer("person").thumbprint.hex()]["name"] is None

    def test_the_table_has_no_row_for_who_was_refused(self, desk: Desk) -> None:
        enrol_person(desk)
        before = (desk.folder / "people.csv").read_bytes()
        assert "K1: " in enrol_person(desk, "Somebody Else", status=1)
        assert (desk.folder / "people.csv").read_bytes() == before

    def test_a_table_is_not_left_by_who_was_refused(self, desk: Desk) -> None:
        assert "S7: " in coldseal(
            "ledger", "enrol-person", desk.ledger, "--key", desk.key("maker-root"),
            "--person-key", desk.key("pharmacy-root"), "--role", "operator", "--name", "Zoe",
            "--people", desk.folder / "people.csv", status=1)
        assert not (desk.folder / "people.csv").exists()

    def test_an_unknown_role_is_told_the_known_ones(self, desk: Desk) -> None:
        said = coldseal("ledger", "enrol-person", desk.ledger, "--key", "k", "--person-key", "p",
                        "--role", "boss", "--name", "B", "--people", "t", status=2)
        assert "boss: no role of a person; there are quality assurance" in said

    @pytest.mark.parametrize(("text", "says"), [
        ("name,thumbprint,secret\n", "the first line is not thumbprint,name,secret"),
        ("thumbprint,name,secret\nabc,Zoe,12\n", "line 2: not a thumbprint")])
    def test_a_damaged_table_is_named_by_line(self, desk: Desk, text: str, says: str) -> None:
        (desk.folder / "people.csv").write_text(text)
        assert says in enrol_person(desk, status=2)

    def test_the_secret_makes_the_commitment_its_own(self) -> None:
        first = people_table.person(bytes(32), "Zoe", lambda size: b"a" * size)
        second = people_table.person(bytes(32), "Zoe", lambda size: b"b" * size)
        assert first.commitment() != second.commitment()

    def test_a_witness(self, desk: Desk) -> None:
        signer("witness").save(desk.key("witness"))
        coldseal("ledger", "enrol-witness", desk.ledger, "--key", desk.key("wholesaler-operations"),
                 "--witness-key", desk.key("witness"), "--level", "2")
        row = keys(desk)[signer("witness").thumbprint.hex()]
        assert (row["role"], row["organisation"]) == ("witness", WHOLESALER)


class TestRotation:
    def test_the_new_key_does_what_the_old_one_did(self, desk: Desk) -> None:
        signer("newer").save(desk.key("newer"))
        old = signer("maker operations")
        coldseal("ledger", "rotate", desk.ledger, old.kid.hex(), "--key", desk.key("maker-root"),
                 "--new-key", desk.key("newer"), "--old-key", desk.key("maker-operations"))
        assert keys(desk)[old.thumbprint.hex()]["standing"] == \
            f"replaced by {signer('newer').kid.hex()}"
        assert "S6: " in enrol_person(desk, status=1)
        coldseal("ledger", "register-profile", desk.ledger, "--key", desk.key("newer"),
                 "--profile", "refrigerated-2-8")

    def test_only_by_the_owners_root_key(self, desk: Desk) -> None:
        signer("newer").save(desk.key("newer"))
        rotate = ("ledger", "rotate", desk.ledger, desk.folder / "maker-operations.key.pub",
                  "--new-key", desk.key("newer"), "--key")
        assert "K3: " in coldseal(*rotate, desk.key("pharmacy-root"), status=1)
        said = coldseal(*rotate, desk.key("maker-operations"), status=1)
        assert "S7: operations keys do not sign the kind 'rotate'\n  do: " in said
        assert "rotate and revoke with a root key" in said


class TestRevocation:
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Desk:
        """Three packs, two in a crate; the crate goes to the wholesaler and on to the pharmacy."""
        desk = Desk(tmp_path)
        circle = desk.circle
        circle.commissioned(PACK, SECOND, THIRD, CRATE)
        circle.done(MAKER, c.ACTION_PACK, PACK, SECOND, parent=CRATE)
        circle.wait(60_000)
        circle.delivered(CRATE, to=WHOLESALER)
        circle.wait(60_000)
        circle.done(WHOLESALER, c.ACTION_PUT_AWAY, CRATE)
        circle.delivered(CRATE, to=PHARMACY, by=WHOLESALER)
        return desk.close()

    def revoke(self, desk: Desk, *more: object, status: int = 0) -> str:
        return coldseal("ledger", "revoke", desk.ledger, signer("wholesaler scanner").kid.hex(),
                        "--key", desk.key("wholesaler-root"), "--reason", "key compromise", *more,
                        status=status)

    def test_it_names_what_rests_on_the_key(self, desk: Desk) -> None:
        said = json.loads(self.revoke(desk, "--since", "1", "--json"))
        assert {row["item"] for row in said["items"]} == {PACK, SECOND, CRATE}
        (row,) = [row for row in said["items"] if row["item"] == PACK]
        assert row["custodian"] == PHARMACY
        assert [(touch["where"], touch["says"]) for touch in row["touches"]] == \
            [(CRATE, "received"), (CRATE, "put away"), (CRATE, "shipped")]
        assert json.loads(coldseal("ledger", "affected", desk.ledger,
                                   signer("wholesaler scanner").thumbprint.hex(),
                                   "--json")) == said

    def test_in_words(self, desk: Desk) -> None:
        said = self.revoke(desk, "--since", "2026-05-28T20:26:00Z")
        assert "revoke: registered as entry" in said
        assert "2 packs, 1 crate or place rest on it" in said
        assert f"  shipped with {CRATE} (entry " in said
        assert f"{PACK} is packed, with pharmacy" in said

    def test_what_was_registered_before_stands(self, desk: Desk) -> None:
        source = LedgerReader(SqliteStore(desk.ledger, readonly=True))
        checkpoint = source.checkpoint()
        source.close()
        assert checkpoint is not None
        said = json.loads(self.revoke(desk, "--since", str(checkpoint.size - 1), "--json"))
        assert (said["items"], said["tainted_from"]) == ([], checkpoint.size - 1)

    def test_a_key_nobody_knows(self, desk: Desk) -> None:
        said = coldseal("ledger", "revoke", desk.ledger, "00" * 8, "--key",
                        desk.key("maker-root"), "--since", "1", status=2)
        assert "no key of this ledger" in said

    @pytest.mark.parametrize(("since", "says"), [
        ("2026-05-28T20:26:00", "which zone?"), ("yesterday", "not a time"),
        ("99999", "no entry 99999")])
    def test_a_since_that_says_nothing(self, desk: Desk, since: str, says: str) -> None:
        assert says in self.revoke(desk, "--since", since, status=2)

    def test_a_reason_nobody_knows(self, desk: Desk) -> None:
        said = self.revoke(desk, "--since", "1", "--reason", "bored", status=2)
        assert "bored: no reason; there are unspecified, key compromise" in said

    def test_a_key_in_standing_puts_nothing_in_doubt(self, desk: Desk) -> None:
        said = coldseal("ledger", "affected", desk.ledger, signer("maker scanner").kid.hex(),
                        status=2)
        assert "is not revoked" in said

    def test_statements_of_an_organisation_are_named(self, desk: Desk) -> None:
        coldseal("ledger", "register-profile", desk.ledger, "--key", desk.key("maker-operations"),
                 "--profile", "refrigerated-2-8")
        said = coldseal("ledger", "revoke", desk.ledger, signer("maker operations").kid.hex(),
                        "--key", desk.key("maker-root"), "--since", "10")
        assert "profile, profile/refrigerated-2-8" in said


class TestGovernance:
    def test_a_majority_brings_a_change_into_effect(self, desk: Desk) -> None:
        said = coldseal("ledger", "propose", desk.ledger, "--key", desk.key("maker-root"),
                        "--parameter", "majority_percent=66")
        assert "parameters majority_percent=66; endorsed by maker (1 of 4 members): open" in said
        entry = said.split()[said.split().index("entry") + 1]
        for name in (WHOLESALER, PHARMACY):
            said = coldseal("ledger", "endorse-proposal", desk.ledger, entry, "--key",
                            desk.key(f"{name}-root"))
        assert "(3 of 4 members): in effect" in said
        (row,) = json.loads(coldseal("ledger", "proposals", desk.ledger, "--json"))
        assert (row["state"], sorted(row["endorsed_by"])) == \
            ("in effect", [MAKER, PHARMACY, WHOLESALER])
        assert "S9: " in coldseal("ledger", "endorse-proposal", desk.ledger, entry, "--key",
                                  desk.key("authority-root"), status=1)

    @pytest.mark.parametrize(("change", "says"), [
        (("--expel", PHARMACY), "pharmacy leaves"),
        (("--witness", "maker-root.key.pub"), "K1: "),
        (("--rules", "1"), "S10: "),
        (("--rules", "2"), "knows rules up to 1"),
        (("--parameter", "mayority_percent=66"), "S10: "),
        (("--expel", "nobody"), "nobody: no member"),
        (("--parameter", "majority"), "write a name and a whole number"),
        ((), "say one change"),
        (("--rules", "1", "--expel", PHARMACY), "say one change")])
    def test_one_change_at_a_time(self, desk: Desk, monkeypatch: pytest.MonkeyPatch,
                                  change: tuple[str, ...], says: str) -> None:
        monkeypatch.chdir(desk.folder)
        status = 0 if says == "pharmacy leaves" else 1 if says[-2:] == ": " else 2
        if change[:1] == ("--witness",):  # judged when it takes effect
            status, says = 0, "witness"
        assert says in coldseal("ledger", "propose", desk.ledger, "--key",
                                desk.key("maker-root"), *change, status=status)

    def test_an_organisation_is_taken_in(self, desk: Desk) -> None:
        for name in ("root", "operations"):
            signer(f"new {name}").save(desk.key(f"new-{name}"))
        (desk.folder / "new.toml").write_text(
            '[[organisation]]\nname = "Clinic"\nroles = ["hospital"]\n'
            'party = "https://id.gs1.org/417/9521321000025"\nprefixes = []\n'
            'root_key = "new-root.key.pub"\noperations_key = "new-operations.key.pub"\n')
        assert "take in Clinic" in coldseal(
            "ledger", "propose", desk.ledger, "--key", desk.key("maker-root"), "--admit",
            desk.folder / "new.toml")

    def test_what_is_no_proposal(self, desk: Desk) -> None:
        assert "entry 0 is no proposal" in coldseal(
            "ledger", "endorse-proposal", desk.ledger, "0", "--key", desk.key("maker-root"),
            status=2)
        assert coldseal("ledger", "proposals", desk.ledger) == "no proposals\n"
