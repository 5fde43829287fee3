"""Every shared GS1 vector, replayed on CPython and in the real micropython binary."""

import json
from typing import Any

import pytest

from ledger_client.epcis import urn
from ledger_client.wire import digital_link, gs1_elements
from ledger_client.wire.errors import WireError
from tests import micropython
from tests.device import gs1_replay
from tests.shared_data import shared

VECTORS = "provenance/gs1-vectors"
PASS_RATE = 0.99

_NO_REGISTRY = "needs a register of allocated company prefixes; the same data is valid elsewhere"
_UNKNOWN_AI = "lets unassigned identifiers pass, which are refused here always"
# What of which file is not met, and why.  A miss that is not here fails; so does one that is met.
KNOWN_MISSES = {
    ("digital_link_generate", "(01)12312312312326(99)000001(89)XXX(95)INT"): _UNKNOWN_AI,
    ("digital_link_parse", "https://example.com/01/09520123456788?99=XYZ&89=ABC123"): _UNKNOWN_AI,
    ("linters", "couponcode 012345612345611110123"): _NO_REGISTRY,
    ("linters", "couponcode 012345612345611110123101101230123456"): _NO_REGISTRY,
    ("linters", "couponcode 01234561234561111012321101230123456"): _NO_REGISTRY,
    ("linters", "couponcode 012345612345611110123611234567"): _NO_REGISTRY,
    ("linters", "gcppos1 1234567"): _NO_REGISTRY,
    ("linters", "gcppos2 I1234567"): _NO_REGISTRY,
}


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared(f"{VECTORS}/{name}.json").read_text())["cases"]
    return found


def foreign_link(case: dict[str, Any]) -> bool:
    """Names for keys and short GTINs are read on the host, where partners' documents come in."""
    try:
        elements = digital_link.parse_digital_link(urn.with_identifiers(case["uri"]))
    except WireError:
        return not case["valid"]
    sent = gs1_elements.to_element_string(elements).decode()
    return bool("^" + sent.replace("\x1d", "^") == case["element_string"])


def epc_uri(case: dict[str, Any]) -> bool:
    try:
        return bool(urn.canonical(case["epc_uri"]) == case["digital_link"])
    except WireError:
        return case["digital_link"] is None


def label(case: dict[str, Any]) -> str:
    """What the case gives to the parser."""
    if "linter" in case:
        return f"{case['linter']} {case['data']}"
    for given in ("bracketed", "uri", "epc_uri", "element_string", "scan_data", "raw"):
        if given in case:
            return str(case[given])
    return str(case)


def replayed() -> tuple[int, list[tuple[str, str]]]:
    """(cases replayed, file and label of the misses) over all files."""
    count = 0
    missed = []
    for name in sorted(gs1_replay.REPLAYS):
        found = cases(name)
        count += len(found)
        for case in [found[number] for number in gs1_replay.misses(name, found)]:
            with_options = name == "digital_link_parse" and case["options"]
            if not (with_options and foreign_link(case)):
                missed.append((name, label(case)))
    for name, replay, found in (
            ("epc_uri_to_digital_link", epc_uri, cases("epc_uri_to_digital_link")),
            ("real-pack-strings", gs1_replay.real_pack, json.loads(
                shared("provenance/real-pack-strings.json").read_text())["cases"])):
        count += len(found)
        missed += [(name, label(case)) for case in found if not replay(case)]
    return count, missed


def test_all_but_the_known_misses_pass(capsys: pytest.CaptureFixture[str]) -> None:
    count, missed = replayed()
    rate = (count - len(missed)) / count
    with capsys.disabled():
        print(f"\nGS1 vectors: {count - len(missed)} of {count} cases, {100 * rate:.2f} %")
    assert set(missed) == set(KNOWN_MISSES)
    assert rate >= PASS_RATE


def test_the_parser_on_our_own_symbols() -> None:
    gs1_replay.check_symbols()


def run_on_device(*arguments: str) -> str:
    # The large heap is for the vector files; the parser needs 40 kB and 28 kB a symbol.
    return micropython.run("tests/device/gs1_replay.py", *arguments, heap="32M")


def test_micropython_parses_our_own_symbols() -> None:
    assert run_on_device() == ""


def test_micropython_misses_the_same_cases() -> None:
    lines = [line.split() for line in run_on_device(str(shared(VECTORS))).splitlines()]
    counted = {name: int(number) for word, name, number in lines if word == "cases"}
    assert counted == {name: len(cases(name)) for name in gs1_replay.REPLAYS}
    assert {(name, int(number)) for word, name, number in lines if word == "miss"} == {
        (name, number) for name in gs1_replay.REPLAYS
        for number in gs1_replay.misses(name, cases(name))}
