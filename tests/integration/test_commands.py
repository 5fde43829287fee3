"""Commands as people type them, over a ledger file."""

import subprocess
import sys
from pathlib import Path

import pytest

from ledger_client.core import trust
from ledger_client.store.sqlite import SqliteStore
from tests.commands import coldseal
from tests.shift import PACKS, whole_way
from tests.unit.passport_mutations import flipped
from tests.world import World, pack, signer

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger file with a shift on it, a product with a profile, and its keys."""
    path = tmp_path / "ledger.db"
    world = World(store=SqliteStore.create(path), witnesses=[signer("witness")]).found()
    whole_way(world)
    world.product()
    world.engine.close()
    world.ledger_signer.save(tmp_path / "ledger.key")
    world.pharmacy[1].save(tmp_path / "operations.key")
    signer("witness").save(tmp_path / "witness.key")
    return path


def test_verify_without_the_second_opinion_says_what_to_install() -> None:
    program = ("import sys; sys.modules['ecdsa'] = None; sys.argv = ['coldseal', 'verify', 'x']; "
               "from edge_gateway.cli import main; main()")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the second opinion needs ecdsa. ")


def test_verify_says_what_it_looked_at(ledger: Path) -> None:
    assert "what they must be" in coldseal("ledger", "verify", ledger)


def test_trace_takes_what_people_have(ledger: Path) -> None:
    by_uri = coldseal("trace", pack(PACKS[0]), "--ledger", ledger)
    by_symbol = coldseal("trace", f"(01)09506000134352(21){PACKS[0]}", "--ledger", ledger)
    assert by_uri == by_symbol
    assert "dispensed" in by_uri


def test_trace_of_an_unknown_pack_says_what_to_do(ledger: Path) -> None:
    said = coldseal("trace", pack("NONE"), "--ledger", ledger, status=2)
    assert "nobody commissioned it" in said
    assert "quarantine it" in said


def test_a_passport_is_made_and_verified(ledger: Path, tmp_path: Path) -> None:
    passport, trusted = tmp_path / "pack.passport", tmp_path / "ledger.trust"
    coldseal("passport", "make", pack(PACKS[0]), "--ledger", ledger, "--key",
             tmp_path / "operations.key", "-o", passport)
    coldseal("ledger", "trust", ledger, "-o", trusted)
    fingerprint = trust.decode(trusted.read_bytes()).fingerprint()
    said = coldseal("verify", passport, "--trust", trusted)
    assert f"VALID under {fingerprint}" in said
    assert "attested by the ledger: the events" in said
    said = coldseal("passport", "show", passport)
    assert "claimed by an unknown ledger: the events" in said
    assert "attested" not in said
    assert " as of 2026-05-2" in said.splitlines()[1]
    assert said.splitlines()[1] in coldseal("verify", passport, status=3)


def test_what_is_wrong_with_a_passport_is_said_as_the_guide_says_it(ledger: Path,
                                                                    tmp_path: Path) -> None:
    passport, trusted = tmp_path / "pack.passport", tmp_path / "ledger.trust"
    coldseal("passport", "make", pack(PACKS[0]), "--ledger", ledger, "--key",
             tmp_path / "operations.key", "-o", passport)
    coldseal("ledger", "trust", ledger, "-o", trusted)
    data = passport.read_bytes()
    for wrong, said in ((b"", "passport: this is no passport, or a damaged one (no COSE_Sign1"),
                        (b"hello", "passport: this is no passport"),
                        (data[:-1], "passport: this is no passport, or a damaged one"),
                        (flipped(data, 8 * len(data) - 1), "maker_key: the maker's statements")):
        passport.write_bytes(wrong)
        found = coldseal("verify", passport, "--trust", trusted, status=1)
        assert found.startswith(f"error: NOT VALID: {said}")
        assert "\nRely on nothing that this file says." in found or "Look whether it is" in found
        assert coldseal("passport", "show", passport, status=1).startswith("error: NOT VALID: ")


@pytest.mark.parametrize("who", ["pharmacy root", "a stranger"])
def test_a_passport_is_made_with_an_operations_key_only(ledger: Path, tmp_path: Path,
                                                        who: str) -> None:
    signer(who).save(tmp_path / "another.key")
    said = coldseal("passport", "make", pack(PACKS[0]), "--ledger", ledger, "--key",
                    tmp_path / "another.key", "-o", tmp_path / "pack.passport", status=2)
    assert "is no operations key in standing on this ledger" in said
    assert not (tmp_path / "pack.passport").exists()


def test_the_log_is_exported_imported_and_gives_the_same_ledger(ledger: Path,
                                                                tmp_path: Path) -> None:
    archive, again = tmp_path / "log.cbor", tmp_path / "again.db"
    coldseal("ledger", "export", ledger, archive)
    coldseal("ledger", "import", archive, again)
    assert coldseal("ledger", "verify", ledger).splitlines()[1] == \
        coldseal("ledger", "verify", again).splitlines()[1]


def test_a_changed_archive_is_refused(ledger: Path, tmp_path: Path) -> None:
    archive = tmp_path / "log.cbor"
    coldseal("ledger", "export", ledger, archive)
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    assert "error: " in coldseal("ledger", "import", archive, tmp_path / "again.db", status=1)


class TestOutput:
    """Where a file cannot be written is said in words, before anything is done."""

    @pytest.mark.parametrize("command", [
        ("passport", "make", pack(PACKS[0]), "--ledger", "ledger.db", "--key", "operations.key",
         "-o"),
        ("trace", pack(PACKS[0]), "--ledger", "ledger.db", "--plot"),
        ("export", pack(PACKS[0]), "--ledger", "ledger.db", "--epcis", "-o"),
        ("ledger", "trust", "ledger.db", "-o"),
        ("ledger", "export", "ledger.db"),
        ("label", "--gtin", "09506000134352", "--serial", "S1", "--lot", "L",
         "--expiry", "281231"),
        ("witness", "cosign", "ledger.db", "--key", "witness.key", "--trust", "t", "--state", "s",
         "-o"),
        ("witness", "cosign", "ledger.db", "--key", "witness.key", "--trust", "t", "-o", "c",
         "--state")], ids=lambda words: " ".join(words[:2]))
    @pytest.mark.parametrize(("path", "says"), [
        ("nowhere/x.svg", "there is no folder nowhere. Make it, or name another file"),
        ("folder.svg", "is a folder. Name a file in it")])
    def test_no_such_folder_or_is_one(self, ledger: Path, monkeypatch: pytest.MonkeyPatch,
                                      command: tuple[str, ...], path: str, says: str) -> None:
        monkeypatch.chdir(ledger.parent)
        coldseal("ledger", "trust", "ledger.db", "-o", "t")
        Path("folder.svg").mkdir()
        assert f"error: {path}: {says}" in coldseal(*command, path, status=2)
        assert not Path("s").exists()
        assert not Path("c").exists()

    def test_an_archive_is_never_overwritten(self, ledger: Path) -> None:
        archive = ledger.with_name("log")
        coldseal("ledger", "export", ledger, archive)
        before = archive.read_bytes()
        assert "log: is there already" in coldseal("ledger", "export", ledger, archive, status=2)
        assert archive.read_bytes() == before

    def test_a_key_where_none_can_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "cannot be made a folder" in coldseal("key", "make", tmp_path / "file" / "a.key",
                                                     status=2)
        assert "is a folder" in coldseal("key", "make", tmp_path, status=2)

    def test_the_last_net_names_the_file(self, ledger: Path) -> None:
        said = coldseal("ledger", "verify", ledger, "--archive", "nowhere", status=2)
        assert said == "error: nowhere: cannot be used (No such file or directory)\n"


class TestInspect:
    def test_what_is_no_cbor_is_not_shown_in_part(self, tmp_path: Path) -> None:
        cut = tmp_path / "cut"
        cut.write_bytes(bytes([0x01, 0x82, 0x01]))
        said = coldseal("inspect", cut, status=1)
        assert "item 0" not in said
        assert "not CBOR" in said

    @pytest.mark.parametrize("text", ["gtin,serial,lot,expiry\n", "{}\n", "hello\n", "Größe: 3\n"])
    def test_a_text_file(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "lot.csv").write_text(text, "utf-8")
        said = coldseal("inspect", tmp_path / "lot.csv", status=1)
        assert "neither CBOR nor COSE" in said
        assert "item 0" not in said

    def test_cbor_that_could_be_read_as_text(self, tmp_path: Path) -> None:
        (tmp_path / "word").write_bytes(b"ehello")
        assert "'hello'" in coldseal("inspect", tmp_path / "word")

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        assert "the file is empty" in coldseal("inspect", tmp_path / "empty", status=1)


@pytest.mark.parametrize("option", [("--threshold", "-3"), ("--level", "7")])
def test_a_trust_file_that_nothing_could_meet(ledger: Path, option: tuple[str, str]) -> None:
    assert "is not in the range" in coldseal("ledger", "trust", ledger, "-o",
                                             ledger.with_name("t"), *option, status=2)


def test_show_is_for_people(ledger: Path) -> None:
    said = coldseal("ledger", "show", ledger)
    assert "organisations      Maker, Pharmacy\n" in said
    assert "as of              2026-05-2" in said
    before = ledger.with_name("ledger.db-shm").exists(), ledger.stat().st_size
    assert before == (True, int(said.partition("bytes ")[2].split()[0]))


def test_what_is_no_archive_leaves_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Read me")
    before = set(tmp_path.iterdir())
    assert "README.md" in coldseal("ledger", "import", tmp_path / "README.md", tmp_path / "x.db",
                                   status=1)
    assert set(tmp_path.iterdir()) == before


class TestKeys:
    def test_a_ledger_key_that_lies_elsewhere(self, ledger: Path) -> None:
        key = ledger.with_name("ledger.key").rename(ledger.with_name("elsewhere.key"))
        signer("gateway 2").save(ledger.with_name("gateway.key"))
        enrol = ("ledger", "enrol-gateway", ledger, "--key", ledger.with_name("operations.key"),
                 "--gateway-key", ledger.with_name("gateway.key"))
        said = coldseal(*enrol, status=2)
        assert "ledger.key: no such key. Name the one that signs this ledger's checkpoints, " \
               "--ledger-key" in said
        coldseal(*enrol, "--ledger-key", key)

    def test_what_it_does_not_sign_needs_no_ledger_key(self, ledger: Path, tmp_path: Path) -> None:
        ledger.with_name("ledger.key").unlink()
        archive = tmp_path / "log.cbor"
        coldseal("ledger", "export", ledger, archive)
        coldseal("ledger", "trust", ledger, "-o", tmp_path / "trust")
        TestWitness().cosign(ledger, "--trust", tmp_path / "trust", "--reapply")
        coldseal("witness", "add", ledger, tmp_path / "cosignature")
        coldseal("ledger", "prune", ledger, "--archive", archive)

    def test_what_is_no_private_key_is_not_told_its_mode(self, ledger: Path) -> None:
        text = ledger.with_name("README.md")
        text.write_text("# Read me")
        make = ("passport", "make", pack(PACKS[0]), "--ledger", ledger, "-o",
                ledger.with_name("p"), "--key")
        assert "README.md: not a PEM private key" in coldseal(*make, text, status=2)
        said = coldseal(*make, ledger.with_name("operations.key.pub"), status=2)
        assert "operations.key.pub: not a PEM private key but a public one" in said

    def test_a_folder_is_no_ledger(self, ledger: Path) -> None:
        assert "is a folder" in coldseal("trace", pack(PACKS[0]), "--ledger", ledger.parent,
                                         status=2)

    def test_no_lock_is_laid_beside_a_ledger_that_is_not_there(self, ledger: Path) -> None:
        said = coldseal("ledger", "endorse", ledger.with_name("typo.db"), "--key",
                        ledger.with_name("operations.key"), status=2)
        assert "typo.db: no such ledger file" in said
        assert not ledger.with_name("typo.db.lock").exists()


class TestWitness:
    def cosign(self, ledger: Path, *more: object, status: int = 0) -> str:
        folder = ledger.parent
        return coldseal("witness", "cosign", ledger, "--key", folder / "witness.key", "--state",
                        folder / "witness.state", "-o", folder / "cosignature", *more,
                        status=status)

    def test_it_needs_trust_once(self, ledger: Path) -> None:
        assert "give --trust once" in self.cosign(ledger, status=2)
        coldseal("ledger", "trust", ledger, "-o", ledger.parent / "trust")
        self.cosign(ledger, "--trust", ledger.parent / "trust")
        self.cosign(ledger)

    def test_a_state_that_is_none_is_named(self, ledger: Path) -> None:
        (ledger.parent / "witness.state").write_text("# Read me")
        assert "witness.state: not what a witness has seen" in self.cosign(ledger, status=2)

    def test_it_refuses_a_history_that_went_back(self, ledger: Path, tmp_path: Path) -> None:
        archive = tmp_path / "log.cbor"
        coldseal("ledger", "trust", ledger, "-o", tmp_path / "trust")
        coldseal("ledger", "export", ledger, archive)
        older = tmp_path / "older.db"
        coldseal("ledger", "import", archive, older)
        self.cosign(ledger, "--trust", tmp_path / "trust")
        store = SqliteStore(older, readonly=False)
        connection = store._connection
        newest = connection.execute("SELECT max(number) FROM checkpoint").fetchone()[0]
        connection.execute("DELETE FROM checkpoint WHERE number = ?", (newest,))
        store.close()
        assert "older than" in self.cosign(older, status=1)

    def test_passports_carry_what_the_trust_file_asks_for(self, ledger: Path,
                                                          tmp_path: Path) -> None:
        trusted, passport = tmp_path / "trust", tmp_path / "pack.passport"
        coldseal("ledger", "trust", ledger, "-o", trusted, "--threshold", "1")
        make = ("passport", "make", pack(PACKS[0]), "--ledger", ledger, "--key",
                tmp_path / "operations.key", "-o", passport)
        coldseal(*make)
        assert "0 witnesses cosigned, 1 are needed" in coldseal(
            "verify", passport, "--trust", trusted, status=1)
        self.cosign(ledger, "--trust", trusted)
        coldseal("witness", "add", ledger, tmp_path / "cosignature")
        coldseal(*make)
        coldseal("verify", passport, "--trust", trusted)


def test_bodies_are_pruned_only_when_archive_and_witness_have_them(ledger: Path,
                                                                   tmp_path: Path) -> None:
    archive = tmp_path / "log.cbor"
    coldseal("ledger", "export", ledger, archive)
    prune = ("ledger", "prune", ledger, "--archive", archive, "--older-than-days", "0")
    assert "no witness at level 2" in coldseal(*prune, status=2)
    coldseal("ledger", "trust", ledger, "-o", tmp_path / "trust")
    TestWitness().cosign(ledger, "--trust", tmp_path / "trust", "--reapply")
    coldseal("witness", "add", ledger, tmp_path / "cosignature")
    assert "bodies forgotten" in coldseal(*prune)
    assert "its body was pruned" in coldseal("ledger", "verify", ledger, status=1)
    coldseal("ledger", "verify", ledger, "--archive", archive)
    assert "dispensed" in coldseal("trace", pack(PACKS[0]), "--ledger", ledger)
