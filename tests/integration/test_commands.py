"""Commands as people type them, over a ledger file."""

import subprocess
import sys
from pathlib import Path

import pytest

from ledger_client.core import trust
from ledger_client.store.sqlite import SqliteStore
from tests.shift import PACKS, whole_way
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


def coldseal(*arguments: object, status: int = 0) -> str:
    """Output of a command; its errors, when it is to fail."""
    done = subprocess.run([sys.executable, "-m", "edge_gateway", *map(str, arguments)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout if status == 0 else done.stderr


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
    coldseal("verify", passport, status=3)
    data = bytearray(passport.read_bytes())
    data[len(data) // 2] ^= 1
    passport.write_bytes(data)
    assert "error: " in coldseal("verify", passport, "--trust", trusted, status=1)


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
