"""The ledger's own key is rotated: what its operator, a witness and a verifier then do."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_gateway.cli import app
from ledger_client.errors import InvalidData, UsageError
from ledger_client.store.sqlite import SqliteStore
from tests.shift import PACKS, whole_way
from tests.world import World, pack, signer


def coldseal(*arguments: object, status: int = 0) -> str:
    """What a command prints, or the error that it ends with; in this process, to be quick."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if status == 0:
        assert done.exception is None, done.exception
        return done.stdout
    assert isinstance(done.exception, {1: InvalidData, 2: UsageError}[status]), done.exception
    return str(done.exception)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger with a shift, everybody's keys, a passport and a trust file of before."""
    world = World(store=SqliteStore.create(tmp_path / "ledger.db"),
                  witnesses=[signer("witness")]).found()
    whole_way(world)
    world.engine.close()
    for name, key in (("ledger", world.ledger_signer), ("new", signer("second ledger key")),
                      ("root", world.maker[0]), ("operations", world.maker[1]),
                      ("witness", signer("witness")), ("gateway", signer("gateway 2"))):
        key.save(tmp_path / f"{name}.key")
    coldseal("ledger", "trust", tmp_path / "ledger.db", "-o", tmp_path / "before.trust")
    make_passport(tmp_path, "before.passport")
    return tmp_path


def make_passport(folder: Path, name: str) -> None:
    coldseal("passport", "make", pack(PACKS[0]), "--ledger", folder / "ledger.db", "--key",
             folder / "operations.key", "-o", folder / name)


def cosign(folder: Path, *more: object, ledger: str = "ledger.db", status: int = 0) -> str:
    return coldseal("witness", "cosign", folder / ledger, "--key", folder / "witness.key",
                    "--state", folder / "seen", "-o", folder / "cosignature", *more,
                    status=status)


def rotate(folder: Path) -> None:
    coldseal("ledger", "rotate", folder / "ledger.db", signer("ledger").thumbprint.hex(),
             "--key", folder / "root.key", "--new-key", folder / "new.key")


def enrol(folder: Path, ledger_key: str, status: int = 0, ledger: str = "ledger.db") -> str:
    """An entry more, under this key."""
    return coldseal("ledger", "enrol-gateway", folder / ledger, "--key",
                    folder / "operations.key", "--gateway-key", folder / "gateway.key",
                    "--ledger-key", folder / ledger_key, status=status)


def test_from_the_rotation_on_only_the_new_key_signs(folder: Path) -> None:
    rotate(folder)
    assert "not the key that signs" in enrol(folder, "ledger.key", status=2)
    enrol(folder, "new.key")
    assert "what they must be" in coldseal("ledger", "verify", folder / "ledger.db")
    coldseal("ledger", "export", folder / "ledger.db", folder / "log")
    coldseal("ledger", "import", folder / "log", folder / "again.db")


def test_passports_verify_under_the_trust_file_of_their_time(folder: Path) -> None:
    rotate(folder)
    enrol(folder, "new.key")
    coldseal("ledger", "trust", folder / "ledger.db", "-o", folder / "after.trust")
    make_passport(folder, "after.passport")
    for passport in ("before", "after"):
        for trusted in ("before", "after"):
            coldseal("verify", folder / f"{passport}.passport", "--trust",
                     folder / f"{trusted}.trust", status=0 if passport == trusted else 1)


@pytest.mark.parametrize("level", [[], ["--reapply"]], ids=["level 1", "level 2"])
def test_a_witness_goes_on_when_it_is_given_the_new_trust_file(folder: Path,
                                                               level: list[str]) -> None:
    cosign(folder, "--trust", folder / "before.trust", *level)
    rotate(folder)
    enrol(folder, "new.key")
    coldseal("ledger", "trust", folder / "ledger.db", "-o", folder / "after.trust")
    assert "S2" in cosign(folder, *level, status=1)
    assert "level " in cosign(folder, "--trust", folder / "after.trust", *level)
    coldseal("witness", "add", folder / "ledger.db", folder / "cosignature")


@pytest.mark.parametrize("level", [[], ["--reapply"]], ids=["level 1", "level 2"])
def test_a_witness_refuses_a_second_history_at_either_level(folder: Path,
                                                            level: list[str]) -> None:
    """The operator copies the file, and goes on with both: of the same length, and longer."""
    shutil.copy(folder / "ledger.db", folder / "fork.db")
    enrol(folder, "ledger.key")
    cosign(folder, "--trust", folder / "before.trust", *level)
    assert "witness.older" in cosign(folder, *level, ledger="fork.db", status=1)
    signer("gateway 3").save(folder / "gateway 3.key")
    shutil.copy(folder / "gateway 3.key", folder / "gateway.key")
    enrol(folder, "ledger.key", ledger="fork.db")
    assert "witness.fork" in cosign(folder, *level, ledger="fork.db", status=1)
    signer("gateway 4").save(folder / "gateway 4.key")
    shutil.copy(folder / "gateway 4.key", folder / "gateway.key")
    enrol(folder, "ledger.key", ledger="fork.db")
    assert "merkle.consistency" in cosign(folder, *level, ledger="fork.db", status=1)
    cosign(folder, *level)  # the first history is still the one that it knows
