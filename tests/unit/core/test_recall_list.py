"""A recall list whose own signer lies, or that is no recall list, is refused by name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger_client.core import recall_list, statement
from ledger_client.core.trust import Trust
from ledger_client.errors import VerificationFailed
from ledger_client.node import recalls
from ledger_client.node.embedded import Registered
from ledger_client.node.recalls import ListMaker, Recall
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes as c
from tests.circle import MAKER, PHARMACY, Circle
from tests.world import CRATE, GTIN, pack

PACK, SECOND, THIRD = pack("S1"), pack("S2"), pack("S3")
RECALL = Recall(((GTIN, "LOT42A"),), (SECOND,))


@pytest.fixture(scope="module")
def circle() -> Circle:
    circle = Circle().found()
    circle.commissioned(PACK, SECOND, THIRD, CRATE)
    circle.done(MAKER, c.ACTION_PACK, PACK, parent=CRATE)
    circle.delivered(THIRD)
    person = circle.person(MAKER, "responsible person")
    done = circle.engine.submit(recalls.statements(circle.engine, RECALL, person, circle.now_ms))
    assert all(isinstance(one, Registered) for one in done)
    return circle


def made(circle: Circle, maker: SoftwareSigner, recall: Recall = RECALL) -> bytes:
    lister = ListMaker(circle.engine)
    return lister.make(recall, lister.found(recall), maker, 0)


def trust(circle: Circle) -> Trust:
    return Trust("", circle.ledger, circle.ledger_signer.public_key, (), 0)


def test_what_is_made_is_verified(circle: Circle) -> None:
    done: list[int] = []
    lister = ListMaker(circle.engine, done.append)
    things = lister.found(RECALL)
    assert things == {PACK: 0, SECOND: 0, THIRD: 0}
    found = recall_list.verify(lister.make(RECALL, things, circle.keys[MAKER][1], 0), trust(circle))
    assert (found.maker.name, found.fingerprint) == (MAKER, trust(circle).fingerprint())
    assert [root for _, root in found.recalls] == [circle.root(MAKER)]
    held = found.held
    assert [(one.item, one.lot, held.inside(one.where), (held.holder(one.where) or [""])[0])
            for one in held.recalled] == [(PACK, 0, [CRATE], MAKER), (SECOND, 0, [], MAKER),
                                          (THIRD, 0, [], PHARMACY)]
    assert done == [1, 2, 3]


def test_every_proof_is_there_once_and_in_order(circle: Circle) -> None:
    _, held = recall_list.decode(made(circle, circle.keys[MAKER][1]))
    assert [one.key for one in held.proofs] == recall_list.needed(
        held, circle.keys[MAKER][1].thumbprint, circle.root(MAKER))
    assert len(held.proofs) == 4


SLASHED = (GTIN, "A/B")  # a GS1 lot may have a slash in it


@pytest.fixture(scope="module")
def slashed() -> Circle:
    circle = Circle().found()
    person = circle.person(MAKER, "responsible person")
    done = circle.engine.submit(recalls.statements(circle.engine, Recall((SLASHED,)), person,
                                                   circle.now_ms))
    assert all(isinstance(one, Registered) for one in done)
    return circle


def test_a_proof_is_of_one_lot_only(slashed: Circle) -> None:
    """The same state key, split elsewhere, is no other lot of another GTIN."""
    maker = slashed.keys[MAKER][1]
    data = made(slashed, maker, Recall((SLASHED,)))
    assert recall_list.verify(data, trust(slashed)).held.lots == (SLASHED,)
    _, held = recall_list.decode(data)
    for lot in ((GTIN + "/A", "B"), (GTIN[:-1], "2/A/B"), ("", GTIN + "/A/B")):
        lie = recall_list.encode(replace(held, lots=(lot,)), slashed.ledger, maker, 1)
        with pytest.raises(VerificationFailed, match=r"recall\.form.*14 digits"):
            recall_list.verify(lie, trust(slashed))


def changed(circle: Circle, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The list with other content, signed anew by its maker."""
    maker = circle.keys[MAKER][1]
    content = statement.parse(made(circle, maker), recall_list.LIST_BYTES).content()
    assert isinstance(content, dict)
    change(content)
    return statement.build(recall_list.KIND, maker, subject=recall_list.SUBJECT, content=content,
                           ledger=circle.ledger)


LIES: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("no proof at all", lambda held: held["proofs"].clear(), "recall.maker"),
    ("no proof of the maker's key", lambda held: held["proofs"].pop(0), "recall.maker"),
    ("no proof of the organisation", lambda held: held["proofs"].pop(1), "recall.maker"),
    ("no proof of a recall", lambda held: held["proofs"].pop(2), "recall.proofs"),
    ("a lot that nobody recalled", lambda held: held["lots"].append([GTIN, "L2"]),
     "recall.proofs"),
    ("an item that nobody recalled", lambda held: held["items"].append(PACK), "recall.proofs"),
    ("a proof too many", lambda held: held["proofs"].append(held["proofs"][0]), "recall.proofs"),
    ("another value", lambda held: held["proofs"][2].__setitem__(1, b"\x82\x01\x40"),
     "recall.proof"),
    ("a pack twice", lambda held: held["recalled"].append(held["recalled"][0]), "recall.form"),
    ("a lot that is not there", lambda held: held["recalled"][0].__setitem__(1, 1), "recall.form"),
    ("a unit that is not there", lambda held: held["recalled"][0].__setitem__(3, 1),
     "recall.form"),
    ("a unit inside itself", lambda held: held["units"][0].__setitem__(2, 0), "recall.form"),
    ("a party that is not there", lambda held: held["recalled"][1].__setitem__(4, 9),
     "recall.form"),
    ("inside and at a place", lambda held: held["recalled"][0].__setitem__(5, "https://x"),
     "recall.form"),
    ("no status", lambda held: held["recalled"][0].__setitem__(2, 0), "recall.form"),
    ("a key too many", lambda held: held.__setitem__("more", 1), "recall.form"),
    ("another version", lambda held: held.__setitem__("version", 2), "recall.form"),
    ("a proof of absence", lambda held: held["proofs"][0][2].__setitem__(2, [bytes(32)] * 2),
     "recall.form"),
    ("no checkpoint", lambda held: held.__setitem__("checkpoint", b""), "signature"),
    ("another maker's key", lambda held: held.__setitem__("maker_key", bytes(64)), "S2"),
]


@pytest.mark.parametrize(("change", "rule"), [row[1:] for row in LIES],
                         ids=[row[0] for row in LIES])
def test_a_lie_is_refused(circle: Circle, change: Callable[[dict[str, Any]], object],
                          rule: str) -> None:
    with pytest.raises(VerificationFailed) as refused:
        recall_list.verify(changed(circle, change), trust(circle))
    assert rule in str(refused.value)


def test_only_an_operations_key_signs_a_list(circle: Circle) -> None:
    with pytest.raises(VerificationFailed, match=r"recall\.maker"):
        recall_list.verify(made(circle, circle.keys[MAKER][0]), trust(circle))


def test_an_item_that_is_in_a_recalled_lot_only_was_not_recalled_itself(circle: Circle) -> None:
    data = made(circle, circle.keys[MAKER][1], Recall((), (PACK,)))
    with pytest.raises(VerificationFailed, match=r"recall\.item"):
        recall_list.verify(data, trust(circle))


@pytest.mark.parametrize("data", [b"", b"\x80", bytes(100)])
def test_what_is_no_list(data: bytes) -> None:
    with pytest.raises(VerificationFailed):
        recall_list.verify(data, None)


def test_another_kind_of_statement(circle: Circle) -> None:
    checkpoint = circle.engine.signed_checkpoint().statement
    with pytest.raises(VerificationFailed, match="not a recall list"):
        recall_list.verify(checkpoint, None)
