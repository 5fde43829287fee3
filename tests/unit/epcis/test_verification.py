"""Requests to verify a pack, and `coldseal export`, `capture` and `check` over a ledger file."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from edge_gateway import cli
from ledger_client.core import identity, item, state, state_tree
from ledger_client.core.judgement import APPROVED, DESTROY, ILLEGITIMATE, RECALL
from ledger_client.epcis import in_json, verification
from ledger_client.errors import ColdsealError, UsageError
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes
from tests.shift import PACKS, begin, whole_way
from tests.world import (
    CRATE,
    GTIN,
    MAKER_PARTY,
    PHARMACY_PARTY,
    START_MS,
    World,
    label,
    pack,
    pack_symbol,
)

ITEM = pack("S001")
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def world() -> World:
    made = World().found()
    made.scanner = made.device("scanner", made.maker)  # type: ignore[attr-defined]
    scan(made, codes.ACTION_COMMISSION, pack_symbol("S001"))
    return made


def scan(world: World, action: int, *symbols: object, **more: Any) -> Any:
    return world.block(world.scanner.scan(action, list(symbols), **more))  # type: ignore[attr-defined]


def asked(world: World, uri: str = ITEM, lot: str | None = "LOT42A",
          expiry: str | None = "281231") -> verification.Verification:
    return verification.verify(world.engine, uri, lot, expiry)


def judged(world: World, action: int, rule: str, meaning: int, role: str) -> None:
    block = scan(world, action, pack_symbol("S001"))
    person = world.enrol(codes.ROLE_PERSON, role, world.maker,
                         [[identity.PERSON_ROLES[role]], bytes(32)])
    world.register(world.state("judgement", person, "judgement", [
        1, [block.entry_hash, 0, rule], meaning, APPROVED, None, None, None]))


def test_a_pack_as_labelled_is_verified(world: World) -> None:
    found = asked(world)
    assert (found.verified, found.failure, found.information) == (True, None, None)
    assert found.pack_state == "Active"
    assert asked(world, lot=None, expiry=None).verified


@pytest.mark.parametrize(("lot", "expiry", "failure"), [
    ("LOT42B", "281231", "No_match_GTIN_Serial_Lot"),
    ("LOT42A", "281230", "No_match_GTIN_Serial_Expiry"),
    ("lot42a", "281230", "No_match_GTIN_Serial_Lot_Expiry"),
    ("LOT42A", "281200", "No_match_GTIN_Serial_Expiry")])  # literally, as the EU system compares
def test_the_exact_reason(world: World, lot: str, expiry: str, failure: str) -> None:
    found = asked(world, lot=lot, expiry=expiry)
    assert (found.verified, found.failure) == (False, failure)
    assert found.absent is None


def test_never_commissioned_here_is_proven(world: World) -> None:
    found = asked(world, pack("S999"))
    assert (found.verified, found.failure) == (False, "No_match_GTIN_Serial")
    assert found.absent is not None
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    assert state_tree.root_from_proof(state.item_key(pack("S999")), None, found.absent) == \
        found.state_root == checkpoint.state_root


def test_what_is_only_printed_is_not_verified(world: World) -> None:
    scan(world, codes.ACTION_ALLOCATE, pack_symbol("S002"))
    assert not asked(world, pack("S002")).verified


def test_a_hold_is_suspect_also_of_the_crate_around(world: World) -> None:
    scan(world, codes.ACTION_COMMISSION, label(CRATE))
    scan(world, codes.ACTION_PACK, pack_symbol("S001"), parent=label(CRATE))
    assert asked(world).information is None
    scan(world, codes.ACTION_QUARANTINE, label(CRATE))
    assert (asked(world).verified, asked(world).information) == (True, "Suspect")
    assert asked(world, CRATE, None, None).pack_state == "Locked"


@pytest.mark.parametrize(("action", "state"), [
    (codes.ACTION_STOLEN, "Stolen"), (codes.ACTION_DISPENSE, "Supplied"),
    (codes.ACTION_QUARANTINE, "Locked"), (codes.ACTION_DECOMMISSION, "Checked-out")])
def test_what_befalls_the_crate_around(world: World, action: int, state: str) -> None:
    scan(world, codes.ACTION_COMMISSION, label(CRATE))
    scan(world, codes.ACTION_PACK, pack_symbol("S001"), parent=label(CRATE))
    scan(world, action, label(CRATE))
    assert (asked(world).information, asked(world).pack_state) == ("Suspect", state)


def test_recalled_expired_illegitimate(world: World) -> None:
    world.now_ms = START_MS + 1000 * DAY_MS
    scan(world, codes.ACTION_CHECK, pack_symbol("S001"))  # ledger time goes on
    assert (asked(world).information, asked(world).pack_state) == ("Expired", "Expired")
    judged(world, codes.ACTION_RECALL, "C12.1", RECALL, "responsible person")
    assert (asked(world).information, asked(world).pack_state) == ("Recalled", "Recalled")
    scan(world, codes.ACTION_QUARANTINE, pack_symbol("S001"))
    judged(world, codes.ACTION_ILLEGITIMATE, "C11.1", ILLEGITIMATE, "quality assurance")
    assert asked(world).information == "Illegitimate"
    judged(world, codes.ACTION_DESTROY, "C17.1", DESTROY, "pharmacist")
    assert asked(world).pack_state == "Destroyed"


@pytest.mark.parametrize(("actions", "pack_state"), [
    ([codes.ACTION_DISPENSE], "Supplied"), ([codes.ACTION_DECOMMISSION], "Checked-out"),
    ([codes.ACTION_STOLEN], "Stolen"), ([codes.ACTION_QUARANTINE], "Locked"),
    ([codes.ACTION_PUT_AWAY], "Active"), ([codes.ACTION_PUT_AWAY, codes.ACTION_SAMPLE], "Sample")])
def test_pack_states(world: World, actions: list[int], pack_state: str) -> None:
    for action in actions:
        scan(world, action, pack_symbol("S001"))
    assert asked(world).pack_state == pack_state


def test_every_status_has_a_pack_state() -> None:
    assert set(verification._PACK_STATES) | {item.ENCODED} == set(item.STATUS_NAMES)


# --- the commands

@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger file with the whole way on it, its keys, and an empty second ledger."""
    for name, filled in (("ledger.db", True), ("second.db", False)):
        made = World(store=SqliteStore.create(tmp_path / name)).found()
        if filled:
            whole_way(made)
        else:
            begin(made)
        made.store.close()
    made.ledger_signer.save(tmp_path / "ledger.key")
    made.maker[1].save(tmp_path / "maker.key")
    made.pharmacy[1].save(tmp_path / "pharmacy.key")
    return tmp_path


def run(*words: object, expect: int = 0) -> Result:
    done = CliRunner().invoke(cli.app, [str(word) for word in words])
    if isinstance(done.exception, ColdsealError):
        raise done.exception
    assert done.exit_code == expect, (done.output, done.exception)
    return done


def test_export_and_capture_by_both_organisations(folder: Path) -> None:
    for party, key in ((MAKER_PARTY, "maker.key"), (PHARMACY_PARTY, "pharmacy.key")):
        run("export", CRATE, "--ledger", folder / "ledger.db", "--epcis", "--party", party, "-o",
            folder / "out.json")
        done = run("capture", folder / "out.json", "--ledger", folder / "second.db", "--key",
                   folder / key, "--json")
        assert json.loads(done.output)["findings"] == []
    captured = done
    done = run("trace", CRATE, "--ledger", folder / "second.db", "--json")
    assert json.loads(done.output)["status"] == "received"
    again = run("capture", folder / "out.json", "--ledger", folder / "second.db", "--key",
                folder / "pharmacy.key", "--json")  # the same statement: known, no second telling
    assert json.loads(again.output)["entry"] == json.loads(captured.output)["entry"]
    again = run("capture", folder / "out.json", "--ledger", folder / "second.db", "--key",
                folder / "pharmacy.key")
    assert "3 scans, 0 corrections (it was registered before)" in again.output


def test_a_document_of_the_other_organisation_is_not_taken(folder: Path) -> None:
    run("export", CRATE, "--ledger", folder / "ledger.db", "--epcis", "-o", folder / "out.json")
    with pytest.raises(in_json.NotTaken, match="its own key"):
        run("capture", folder / "out.json", "--ledger", folder / "second.db", "--key",
            folder / "maker.key")


def test_findings_of_a_capture_are_printed(folder: Path) -> None:
    run("export", CRATE, "--ledger", folder / "ledger.db", "--epcis", "--party", PHARMACY_PARTY,
        "-o", folder / "out.json")
    text = (folder / "out.json").read_text()
    (folder / "out.json").write_text(text.replace('"receiving"', '"storing"').replace(
        '"in_progress"', '"sellable_accessible"'))
    done = run("capture", folder / "out.json", "--ledger", folder / "ledger.db", "--key",
               folder / "pharmacy.key")
    assert "rule C24.1" in done.output
    assert "do:" in done.output


def test_export_xml(folder: Path) -> None:
    run("export", CRATE, "--ledger", folder / "ledger.db", "--epcis", "--format", "xml",
        "--affirm", "--transaction", "po=urn:epcglobal:cbv:bt:9521321000018:1", "-o",
        folder / "out.xml")
    assert b"btt:po" in (folder / "out.xml").read_bytes()


@pytest.mark.parametrize("words", [
    ["--format", "csv"], ["--format", "xml", "--party", MAKER_PARTY], ["--transaction", "po"],
    ["--party", "https://id.gs1.org/417/4012345000009"]])
def test_what_export_is_asked_wrongly(folder: Path, words: list[str]) -> None:
    with pytest.raises(UsageError):
        run("export", CRATE, "--ledger", folder / "ledger.db", "--epcis", *words, "-o",
            folder / "out")
    assert not (folder / "out").exists()


def test_check(folder: Path) -> None:
    named = f"(01){GTIN}(21){PACKS[1]}"
    done = run("check", named, "--lot", "LOT42A", "--expiry", "281231", "--ledger",
               folder / "ledger.db", "--json")
    assert json.loads(done.output)["data"] == {"verified": True}
    for expiry in ("281231", "2028-12-31"):
        assert run("check", named, "--expiry", expiry, "--ledger",
                   folder / "ledger.db").output.startswith("VERIFIED")
    done = run("check", named, "--lot", "other", "--ledger", folder / "ledger.db", expect=1)
    assert "No_match_GTIN_Serial_Lot" in done.output
    for printed in (f"{named}(17)281231(10)other",
                  f"https://id.gs1.org/01/{GTIN}/10/other/21/{PACKS[1]}?17=281231"):
        done = run("check", printed, "--ledger", folder / "ledger.db", expect=1)
        assert "No_match_GTIN_Serial_Lot" in done.output
    done = run("check", f"{named}(17)271231(10)LOT42A", "--ledger", folder / "ledger.db", expect=1)
    assert "No_match_GTIN_Serial_Expiry" in done.output
    run("check", f"{named}(17)281231(10)LOT42A", "--lot", "LOT42A", "--ledger",
        folder / "ledger.db")
    done = run("check", f"(01){GTIN}(21)nobody", "--ledger", folder / "ledger.db", "--json",
               expect=1)
    found = json.loads(done.output)
    assert found["absence_proof"]
    assert len(found["state_root"]) == 64
    done = run("check", f"(01){GTIN}(21)nobody", "--ledger", folder / "ledger.db", expect=1)
    assert found["state_root"] in done.output


@pytest.mark.parametrize(("words", "said"), [
    ([f"(01){GTIN}(21){PACKS[1]}(10)LOT42A", "--lot", "LOT42B"], "Say one"),
    ([f"(01){GTIN}(21){PACKS[1]}(17)281231", "--expiry", "281230"], "Say one"),
    ([f"(01){GTIN}(21){PACKS[1]}", "--expiry", "2028-13-01"], "such as 2028-12-31"),
    ([f"(01){GTIN}(21){PACKS[1]}", "--expiry", "281331"], "six digits after .17., YYMMDD"),
    ([CRATE], "names no pack"), ([f"(01){GTIN}(10)LOT42A"], "names no pack"), (["S1"], "no GS1")])
def test_what_check_is_asked_wrongly(folder: Path, words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        run("check", *words, "--ledger", folder / "ledger.db")
