"""Recalling lots and packs as people type it, and the signed list of where they are."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cddl_verifier import Validator

from edge_gateway.commands import recall
from ledger_client.core import recall_list
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import cbor
from ledger_client.wire import codes as c
from tests.circle import AUTHORITY, MAKER, PALLET, PHARMACY, STORE, WHOLESALER
from tests.commands import Desk, coldseal
from tests.micropython import CHECKOUT
from tests.world import CRATE, GTIN, OTHER_CRATE, PHARMACY_PARTY, pack, pack_symbol, signer

PACKS = [pack(f"S{number}") for number in range(6)]
OTHER_LOT = pack("T1")
LOT = f"{GTIN}=LOT42A"


class Recalling:
    """Six packs of a lot: in a crate on a pallet on its way, in a crate in store, dispensed, at the
    pharmacy; and one of another lot in the same crate."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        circle = self.desk.circle
        circle.commissioned(*PACKS, pack_symbol("T1", lot="LOT43"), CRATE, OTHER_CRATE, PALLET)
        circle.done(MAKER, c.ACTION_PACK, PACKS[0], PACKS[1],
                    pack_symbol("T1", lot="LOT43"), parent=CRATE)
        circle.done(MAKER, c.ACTION_PACK, CRATE, parent=PALLET)
        circle.done(MAKER, c.ACTION_PACK, PACKS[2], parent=OTHER_CRATE)
        circle.done(MAKER, c.ACTION_PUT_AWAY, OTHER_CRATE, place=STORE)
        circle.wait(60_000)
        circle.delivered(PACKS[3])
        circle.done(PHARMACY, c.ACTION_PUT_AWAY, PACKS[3])
        circle.done(PHARMACY, c.ACTION_DISPENSE, PACKS[3])
        circle.delivered(PACKS[4], to=WHOLESALER)
        circle.done(MAKER, c.ACTION_SHIP, PALLET, to=PHARMACY)
        for owner, role in ((MAKER, "responsible person"), (MAKER, "operator"),
                            (WHOLESALER, "responsible person"), (AUTHORITY, "regulator")):
            circle.person(owner, role).save(self.desk.key(f"{owner} {role}"))
        self.list, self.csv, self.trust = (folder / name for name in (
            "recall.list", "recall.csv", "ledger.trust"))
        self.desk.close()

    def start(self, *what: object, by: str = f"{MAKER} responsible person", maker: str = MAKER,
              status: int = 0) -> str:
        return coldseal("recall", "start", "--ledger", self.desk.ledger, "--key", self.desk.key(by),
                        "--list-key", self.desk.key(f"{maker}-operations"), "-o", self.list,
                        "--csv", self.csv, *what, status=status)

    def verified(self) -> dict[str, Any]:
        if not self.trust.exists():
            coldseal("ledger", "trust", self.desk.ledger, "-o", self.trust)
        found: dict[str, Any] = json.loads(coldseal("recall", "verify", self.list, "--trust",
                                                    self.trust, "--json"))
        return found


@pytest.fixture
def recalling(tmp_path: Path) -> Recalling:
    return Recalling(tmp_path)


def test_a_lot_is_found_wherever_it_is(recalling: Recalling) -> None:
    said = recalling.start("--lot", LOT)
    assert f"       2  in transit, with maker (https://id.gs1.org/417/9506000134352), inside " \
           f"{PALLET}, on its way to {PHARMACY_PARTY}" in said
    assert "       6  in all" in said
    assert f"       1  dispensed, given out by {PHARMACY} ({PHARMACY_PARTY})" in said
    found = recalling.verified()
    where = {row["item"]: (row["status"], row["inside"], row["holder"], row["place"])
             for row in found["recalled"]}
    assert where == {
        PACKS[0]: ("packed", [CRATE, PALLET], MAKER, None),
        PACKS[1]: ("packed", [CRATE, PALLET], MAKER, None),
        PACKS[2]: ("packed", [OTHER_CRATE], MAKER, STORE),
        PACKS[3]: ("dispensed", [], PHARMACY, None),
        PACKS[4]: ("received", [], WHOLESALER, None),
        PACKS[5]: ("active", [], MAKER, None)}
    assert (found["signed_by"], [one["lot"] for one in found["lots"]]) == (MAKER, ["LOT42A"])
    said = coldseal("check", PACKS[5], "--ledger", recalling.desk.ledger)
    assert "but it is Recalled: do not pass it on" in said


def test_the_table_for_a_spreadsheet(recalling: Recalling) -> None:
    recalling.start("--lot", LOT)
    with recalling.csv.open(newline="") as file:
        rows = {row["item"]: row for row in csv.DictReader(file)}
    assert len(rows) == 6
    assert rows[PACKS[0]] == {
        "item": PACKS[0], "lot": "LOT42A", "status": "packed", "inside": f"{CRATE} {PALLET}",
        "holder": MAKER, "party": "https://id.gs1.org/417/9506000134352", "place": "",
        "destination": PHARMACY_PARTY}
    again = recalling.csv.with_name("again.csv")
    coldseal("recall", "verify", recalling.list, "--csv", again, status=3)
    assert again.read_bytes() == recalling.csv.read_bytes()


def test_nothing_in_the_table_is_a_formula(recalling: Recalling) -> None:
    """Lots and names are others' words."""
    recalling.start("--lot", LOT)
    _, held = recall_list.decode(recalling.list.read_bytes())
    for start in "=+-@":
        said = start + 'HYPERLINK("https://x","refund")'
        recall.write_csv(recalling.csv, replace(
            held, lots=((GTIN, said),),
            parties=tuple((root, said, party) for root, _, party in held.parties)))
        with recalling.csv.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert {(row["lot"], row["holder"]) for row in rows} <= {("'" + said, "'" + said),
                                                                 ("'" + said, "")}
        assert rows[0]["item"] == PACKS[0]


def test_packs_and_a_crate_with_all_in_it(recalling: Recalling) -> None:
    items = recalling.list.with_name("items.txt")
    items.write_text(f"{CRATE}\n\n(01){GTIN}(21)S5\n")
    recalling.start("--items", items)
    found = recalling.verified()
    assert {row["item"] for row in found["recalled"]} == {CRATE, *PACKS[:2], OTHER_LOT, PACKS[5]}
    assert sorted(found["items"]) == sorted([CRATE, PACKS[5]])


def test_what_is_taken_out_of_a_recalled_crate_stays_on_the_list(recalling: Recalling) -> None:
    items = recalling.list.with_name("items.txt")
    items.write_text(f"{OTHER_CRATE}\n")
    recalling.start("--items", items)
    circle = recalling.desk.circle
    circle.store = SqliteStore(recalling.desk.ledger, readonly=False)
    circle.engine = EmbeddedLedger(circle.store, circle.ledger_signer, lambda: circle.now_ms)
    circle.wait(60_000)
    circle.done(MAKER, c.ACTION_UNPACK, parent=OTHER_CRATE)
    recalling.desk.close()
    coldseal("recall", "list", "--ledger", recalling.desk.ledger, "--items", items, "--list-key",
             recalling.desk.key("maker-operations"), "-o", recalling.list)
    assert {row["item"]: row["inside"] for row in recalling.verified()["recalled"]} == {
        OTHER_CRATE: [], PACKS[2]: []}


def test_later_the_list_is_made_again(recalling: Recalling) -> None:
    recalling.start("--lot", LOT)
    before = recalling.list.read_bytes()
    said = recalling.start("--lot", LOT)
    assert "it is in force already" in said
    listed = coldseal("recall", "list", "--ledger", recalling.desk.ledger, "--lot", LOT,
                      "--list-key", recalling.desk.key("maker-operations"), "-o", recalling.list)
    assert "6  in all" in listed
    assert recalling.list.read_bytes() == before  # nothing has happened since


def test_a_lot_of_which_no_pack_is_known_is_meant(recalling: Recalling) -> None:
    said = recalling.start("--lot", f"{GTIN}=NOLOT", "--lot", LOT, "--unknown-lot")
    assert f"lot NOLOT of {GTIN}: no pack of it is known. Is it written as on the label?\n" in said
    assert f"lot LOT42A of {GTIN}\n" in said
    assert "it is in force already" in recalling.start("--lot", f"{GTIN}=NOLOT")


def test_a_list_of_what_is_not_recalled(recalling: Recalling) -> None:
    said = coldseal("recall", "list", "--ledger", recalling.desk.ledger, "--lot", LOT,
                    "--list-key", recalling.desk.key("maker-operations"), "-o", recalling.list,
                    status=2)
    assert f"recall/{GTIN}/LOT42A is not recalled: recall it first" in said


def test_a_regulator_recalls_what_is_not_its_own(recalling: Recalling) -> None:
    recalling.start("--lot", LOT, by=f"{AUTHORITY} regulator", maker=AUTHORITY)
    assert recalling.verified()["signed_by"] == AUTHORITY


@pytest.mark.parametrize(("by", "maker", "says"), [
    (f"{WHOLESALER} responsible person", WHOLESALER, "C12.2: the organisation may not recall"),
    (f"{MAKER} operator", MAKER, "J2: none of the person's roles")])
def test_whoever_may_not_leaves_no_trace(recalling: Recalling, by: str, maker: str,
                                         says: str) -> None:
    before = coldseal("ledger", "show", recalling.desk.ledger)
    assert says in recalling.start("--lot", LOT, by=by, maker=maker, status=1)
    assert coldseal("ledger", "show", recalling.desk.ledger) == before
    assert not recalling.list.exists()


class TestNothingIsRegisteredBefore:
    """The list could not be written, or nobody would take its word."""

    @pytest.fixture
    def recalling(self, recalling: Recalling) -> Iterator[Recalling]:
        before = coldseal("ledger", "show", recalling.desk.ledger)
        yield recalling
        assert coldseal("ledger", "show", recalling.desk.ledger) == before
        assert not recalling.list.exists()

    @pytest.mark.parametrize("lot", ["lot42a", "LOT4", "NOLOT"])
    def test_its_lot(self, recalling: Recalling, lot: str) -> None:
        """A recall cannot be taken back."""
        said = recalling.start("--lot", LOT, "--lot", f"{GTIN}={lot}", status=2)
        assert f"lot {lot} of {GTIN}: no pack of it is known" in said
        assert "--unknown-lot" in said

    @pytest.mark.parametrize("option", ["-o", "--csv"])
    def test_its_file(self, recalling: Recalling, option: str) -> None:
        assert "there is no folder nowhere" in recalling.start("--lot", LOT, option, "nowhere/x",
                                                               status=2)

    @pytest.mark.parametrize(("name", "says"), [
        ("stranger", "is unknown on this ledger"), ("maker-root", "is no operations key"),
        ("maker operator", "is no operations key"), ("gateway", "is no operations key")])
    @pytest.mark.parametrize("command", ["start", "list"])
    def test_its_key(self, recalling: Recalling, command: str, name: str, says: str) -> None:
        desk = recalling.desk
        if name in ("stranger", "gateway"):
            signer(name).save(desk.key(name))
        person = ("--key", desk.key(f"{MAKER} responsible person")) if command == "start" else ()
        said = coldseal("recall", command, "--ledger", desk.ledger, "--lot", LOT, "--list-key",
                        desk.key(name), "-o", recalling.list, *person, status=2)
        assert says in said


def test_a_list_under_a_key_that_was_replaced(recalling: Recalling) -> None:
    desk = recalling.desk
    signer("new").save(desk.key("new"))
    coldseal("ledger", "rotate", desk.ledger, f"{desk.key('maker-operations')}.pub", "--key",
             desk.key("maker-root"), "--new-key", desk.key("new"))
    assert "was replaced or revoked" in recalling.start("--lot", LOT, status=2)
    desk.key("new").rename(desk.key("maker-operations"))
    assert "registered as entry" in recalling.start("--lot", LOT)


@pytest.mark.parametrize(("what", "says"), [
    ((), "recall what?"),
    (("--lot", "09506000134352"), "write a GTIN and its lot"),
    (("--lot", "09506000134353=LOT42A"), "it cannot be recalled: gs1.csum"),
    (("--lot", f"{GTIN}=L{chr(0xf6)}T"), "it cannot be recalled: "),
    ((pack("NONE"),), "nobody commissioned it"),
    (("--items", "/nonexistent"), "cannot be read")])
def test_what_cannot_be_recalled(recalling: Recalling, what: tuple[str, ...], says: str) -> None:
    assert says in recalling.start(*what, status=2)


class TestVerifying:
    @pytest.fixture
    def signed(self, recalling: Recalling) -> Recalling:
        recalling.start("--lot", LOT, PACKS[5])
        coldseal("ledger", "trust", recalling.desk.ledger, "-o", recalling.trust)
        return recalling

    def test_the_words(self, signed: Recalling) -> None:
        said = coldseal("recall", "verify", signed.list, "--trust", signed.trust)
        assert said.startswith("VALID under ")
        assert "stated by maker: the packs and where they are" in said
        assert "attested by the ledger: who signed" in said
        said = coldseal("recall", "verify", signed.list, status=3)
        assert said.startswith("SELF-CONSISTENT ONLY")
        assert "claimed by an unknown ledger: who signed" in said

    def test_it_is_as_the_schema_says(self, signed: Recalling) -> None:
        schema = Validator((CHECKOUT / "docs" / "coldseal.cddl").read_text("utf-8"))
        found = schema.validate(signed.list.read_bytes(), root_type="SignedRecallList",
                                require_deterministic=True)
        assert (found.valid, found.errors) == (True, ())

    def test_anything_can_inspect_it(self, signed: Recalling) -> None:
        said = coldseal("inspect", signed.list)
        assert "application/coldseal.recall-list+cbor" in said
        assert PACKS[0] in said

    def test_one_changed_byte_anywhere_is_found(self, signed: Recalling) -> None:
        data = signed.list.read_bytes()
        for at in range(0, len(data), max(1, len(data) // 60)):
            signed.list.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            assert "error: " in coldseal("recall", "verify", signed.list, "--trust", signed.trust,
                                         status=1), at

    def test_another_ledgers_trust(self, signed: Recalling, tmp_path: Path) -> None:
        value = cbor.decode(signed.trust.read_bytes(), utf8=True)
        assert isinstance(value, dict)
        other = tmp_path / "other.trust"
        other.write_bytes(cbor.encode({**value, "ledger": bytes(32)}, utf8=True))
        assert "trust.ledger" in coldseal("recall", "verify", signed.list, "--trust", other,
                                          status=1)
