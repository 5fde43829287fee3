"""The golden vectors of the ledger's formats."""

import re

import pytest

from ledger_client.core import rule_book
from tests import ledger_vectors, micropython
from tests.device import wire_vectors
from tests.unit.wire.test_vectors import rules_of

VECTORS = str(micropython.CHECKOUT / "tests" / "vectors")
CORE = micropython.CHECKOUT / "ledger_client" / "core"
BYTES = [subject for subject in ledger_vectors.SUBJECTS if subject != "log"]
(LOG,) = wire_vectors.load(VECTORS, "valid", "log")
REFUSED = wire_vectors.load(VECTORS, "invalid", "log")


@pytest.mark.parametrize("subject", BYTES)
def test_what_is_written_is_read(subject: str) -> None:
    for case in wire_vectors.load(VECTORS, "valid", subject):
        ledger_vectors.check_valid(case)


@pytest.mark.parametrize("subject", BYTES)
def test_what_is_wrong_is_refused_by_its_rule(subject: str) -> None:
    cases = wire_vectors.load(VECTORS, "invalid", subject)
    assert cases
    for case in cases:
        ledger_vectors.check_invalid(case)


def test_a_log_comes_to_its_checkpoint() -> None:
    ledger_vectors.check_log(LOG)


@pytest.mark.parametrize("case", REFUSED, ids=[case["name"] for case in REFUSED])
def test_what_a_ledger_refuses(case: ledger_vectors.Case) -> None:
    ledger_vectors.check_refused_entry(case, {"entries": LOG["entries"][:case["after"]]})


def test_every_form_rule_refuses_something() -> None:
    modules = ("block", "checkpoint", "merkle", "receipt", "state_tree", "trust")
    written = set().union(*(rules_of(CORE / f"{module}.py") for module in modules))
    refused = {case["rule"] for subject in BYTES
               for case in wire_vectors.load(VECTORS, "invalid", subject)}
    elsewhere = {
        "merkle.size", "merkle.consistency",  # between two trees: test_merkle.py
        "trust.threshold", "trust.cosignature"}  # of a file and a checkpoint: test_checkpoint.py
    assert written - elsewhere <= refused


def test_every_rule_of_statements_refuses_something() -> None:
    """S5 is no refusal: a statement that stands in the log is answered with where it stands.  J4
    names the custody rule that came between, of which there are many; S11 needs a day's worth of
    entries: test_allowance.py; after S12 there is nothing more: test_identity.py."""
    book = {rule for rule in rule_book.RULES if re.fullmatch(r"[SKJB]\d+", rule)} - {"J4"}
    assert book - {"S5", "S11", "S12"} == {case["rule"] for case in REFUSED} & book


def test_every_reader_has_cases() -> None:
    assert set(ledger_vectors.READERS) == {
        case["format"] for subject in BYTES for kind in ("valid", "invalid")
        for case in wire_vectors.load(VECTORS, kind, subject)}
