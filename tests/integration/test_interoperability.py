"""Ours judged by scitt-cose, another implementation of RFC 9942 and RFC 9943, and theirs by us."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger_client import foreign
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, merkle, receipt, statement
from ledger_client.errors import VerificationFailed
from ledger_client.service import submission
from ledger_client.wire import codes
from tests import side_packages
from tests.rotation import NEW, rotated
from tests.world import World, pack_symbol, signer

JUDGE = Path(__file__).with_name("scitt_judge.py")
KEY = ec.derive_private_key(0xC01D5EA1, ec.SECP256R1())
Question = dict[str, Any]


@pytest.fixture(scope="module")
def folder() -> Path:
    return side_packages.side("interop")


@pytest.fixture(scope="module")
def world() -> World:
    """Blocks, then a rotation of the ledger key and one entry more."""
    world = World().found()
    device = world.device("maker scanner", world.maker)
    for serial in range(4):
        world.block(device.scan(codes.ACTION_COMMISSION, [pack_symbol(f"S{serial}")]))
    return rotated(world)


def ask(folder: Path, questions: list[Question]) -> list[Question]:
    done = subprocess.run([sys.executable, "-S", str(JUDGE)], input=json.dumps(questions),
                          env=side_packages.environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers: list[Question] = json.loads(done.stdout)
    assert len(answers) == len(questions)
    return answers


def pem(public_key: bytes) -> str:
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + public_key)
    return point.public_bytes(serialization.Encoding.PEM,
                              serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def entries_of(world: World) -> list[bytes]:
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    return [world.engine.statement(number) for number in range(checkpoint.size)]


def key_of(world: World, data: bytes) -> bytes:
    """The public key that a statement names as its issuer's."""
    return public(world, statement.parse(data).issuer)


def public(world: World, thumbprint: bytes) -> bytes:
    return identity.require_key(world.engine.view(), thumbprint).public_key


def changed(data: bytes) -> list[bytes]:
    """`data` with one bit of every third byte flipped."""
    return [data[:at] + bytes((data[at] ^ 1 << at % 8,)) + data[at + 1:]
            for at in range(0, len(data), 3)]


def test_they_accept_every_statement_of_ours(folder: Path, world: World) -> None:
    entries = entries_of(world)
    answers = ask(folder, [{"ask": "statement", "data": data.hex(),
                            "pem": pem(key_of(world, data))} for data in entries])
    for data, answer in zip(entries, answers, strict=True):
        parsed = statement.parse(data)
        assert answer == {"ok": True, "issuer": statement.issuer_uri(parsed.issuer),
                          "subject": parsed.subject,
                          "content_type": statement.content_type(parsed.kind)}


def test_they_and_we_refuse_every_changed_statement(folder: Path, world: World) -> None:
    data = entries_of(world)[3]
    key, known = key_of(world, data), foreign.p256_key(key_of(world, data))
    answers = ask(folder, [{"ask": "statement", "data": one.hex(), "pem": pem(key)}
                           for one in changed(data)])
    assert [answer["ok"] for answer in answers] == [False] * len(answers)
    for one in changed(data):
        with pytest.raises(VerificationFailed):
            foreign.verify(foreign.read(one), known)


def receipts_of(world: World) -> list[tuple[bytes, bytes, bytes]]:
    """(receipt, entry, key of its issuer) of every entry, before and after the rotation."""
    found = []
    for number, data in enumerate(entries_of(world)):
        given = world.engine.receipt(number)
        found.append((given, statement.entry_hash(data),
                      public(world, receipt.decode(given).issuer)))
    return found


def questions_of(given: list[tuple[bytes, bytes, bytes]]) -> list[Question]:
    return [{"ask": "receipt", "data": data.hex(), "entry": entry.hex(), "pem": pem(key)}
            for data, entry, key in given]


def test_they_accept_every_receipt_of_ours(folder: Path, world: World) -> None:
    given = receipts_of(world)
    assert len({key for _, _, key in given}) == 2, "both ledger keys"
    for number, ((data, entry, key), answer) in enumerate(zip(
            given, ask(folder, questions_of(given)), strict=True)):
        opened = receipt.decode(data)
        assert answer["ok"], (number, answer)
        assert (answer["size"], answer["index"]) == (opened.size, opened.index)
        assert answer["root"] == opened.verify(entry, key).hex()


def test_they_refuse_receipts_of_other_entries_keys_and_every_change(
        folder: Path, world: World) -> None:
    given = receipts_of(world)
    data, entry, key = given[5]
    wrong = [(data, given[4][1], key), (data, entry, NEW.public_key),
             (data, entry, signer("stranger").public_key), (given[4][0], entry, key)]
    wrong += [(one, entry, key) for one in changed(data)]
    accepted = [one for one, answer in zip(wrong, ask(folder, questions_of(wrong)), strict=True)
                if answer["ok"]]
    assert len(accepted) <= 1
    # The size in a proof is not signed by RFC 9942 alone: ours repeats it where it is.
    for one, entry_hash, issuer in accepted:
        with pytest.raises(VerificationFailed, match=r"receipt\.form"):
            receipt.decode(one).verify(entry_hash, issuer)


def test_their_trees_are_ours(folder: Path, world: World) -> None:
    hashes = [statement.entry_hash(data) for data in entries_of(world)]
    questions, paths = [], []
    for older in range(1, len(hashes)):
        path = world.engine.consistency_path(older, len(hashes))
        paths.append(path)
        questions.append({"ask": "tree", "entries": [one.hex() for one in hashes], "older": older,
                          "root": _root(world).hex(), "path": [one.hex() for one in path]})
    for path, answer in zip(paths, ask(folder, questions), strict=True):
        assert (answer["root"], answer["consistent"]) == (_root(world).hex(), True)
        assert answer["consistency"] == [one.hex() for one in path]
        assert answer["inclusion"] == [
            [one.hex() for one in world.engine.inclusion_path(at, len(hashes))]
            for at in range(len(hashes))]


def _root(world: World) -> bytes:
    checkpoint = world.engine.checkpoint()
    assert checkpoint is not None
    return checkpoint.log_root


def test_they_refuse_a_changed_consistency_path(folder: Path, world: World) -> None:
    hashes = [statement.entry_hash(data).hex() for data in entries_of(world)]
    path = world.engine.consistency_path(3, len(hashes))
    other = [bytes(32), *path[1:]]
    (answer,) = ask(folder, [{"ask": "tree", "entries": hashes, "older": 3,
                              "root": _root(world).hex(), "path": [one.hex() for one in other]}])
    assert not answer["consistent"]
    with pytest.raises(VerificationFailed, match=r"merkle\.consistency"):
        merkle.check_consistency(3, len(hashes), _old_root(world, 3), _root(world), other)


def _old_root(world: World, size: int) -> bytes:
    leaves = [statement.entry_hash(data) for data in entries_of(world)[:size]]
    return merkle.root(merkle.list_node(leaves), size)


def test_we_accept_theirs_and_refuse_every_change(folder: Path) -> None:
    private = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption()).decode()
    key = foreign.ForeignKey(-7, KEY.public_key())
    (answer,) = ask(folder, [{"ask": "theirs", "pem": private, "payload": "x" * 40, "size": 6}])
    made = bytes.fromhex(answer["statement"])
    assert foreign.verify(foreign.read(made), key) == b"x" * 40
    for index, one in enumerate(map(bytes.fromhex, answer["receipts"])):
        entry = foreign.entry_hash(made)
        assert foreign.verify_receipt(one, entry, key).index == index
        for wrong in changed(one):
            _refused_or_another_size(wrong, entry, key, one)


def _refused_or_another_size(wrong: bytes, entry: bytes, key: foreign.ForeignKey,
                             one: bytes) -> None:
    """What RFC 9942 leaves unsigned may change: the size, as long as the path fits it."""
    try:
        found = foreign.verify_receipt(wrong, entry, key)
    except VerificationFailed:
        return
    assert found.root == foreign.verify_receipt(one, entry, key).root


def test_a_transparent_statement_of_theirs_is_our_entry(folder: Path, world: World) -> None:
    """With receipts attached (394) it is the same entry, and the service empties the map."""
    data = entries_of(world)[4]
    given = world.engine.receipt(4)
    (answer,) = ask(folder, [{"ask": "attached", "data": data.hex(), "receipts": [given.hex()]}])
    transparent = bytes.fromhex(answer["data"])
    assert answer["receipts"] == [given.hex()]
    assert foreign.entry_hash(transparent) == statement.entry_hash(data)
    assert submission.stripped(transparent) == data


def test_they_read_a_signed_checkpoint_as_a_statement(folder: Path, world: World) -> None:
    signed = world.engine.signed_checkpoint().statement
    (answer,) = ask(folder, [{"ask": "statement", "data": signed.hex(),
                              "pem": pem(NEW.public_key)}])
    assert (answer["ok"], answer["subject"]) == (True, checkpoints.SUBJECT)
