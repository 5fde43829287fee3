"""Every limit of what others send, at the limit and one above; and a list that none is missing."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger_client.core import calibration, contents, item, state
from ledger_client.core.findings import FINDINGS_PER_LEAF, Finding, Findings, add
from ledger_client.core.state import View
from ledger_client.errors import InvalidData
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import codes
from ledger_client.wire.errors import WireError
from tests.circle import MAKER, Circle
from tests.generators.cases import story
from tests.unit.limit_probes import LIMITS, Limit
from tests.world import CRATE, LOGGER_GIAI, World, pack

ROOT = Path(__file__).resolve().parent.parent.parent


def refusal(probe: Callable[[int], None], value: int) -> str:
    try:
        probe(value)
    except (WireError, InvalidData) as error:
        return error.rule
    return ""


@pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))
def test_at_the_limit_and_one_above(limit: Limit) -> None:
    most = limit.value - limit.open
    assert refusal(limit.probe, most) == ""
    assert refusal(limit.probe, most + 1) == limit.rule


# Limits whose reaching is a state of its own, tested where the file says; the file names them.
ELSEWHERE = {
    "codes.GAPS": "unit/core/test_device_chain.py", "codes.FORKS": "unit/core/test_device_chain.py",
    "codes.PENDING_LINKS": "unit/core/test_device_chain.py",
    "codes.EPOCHS": "unit/core/test_passport.py",
    "passport_source.EVENTS_READ": "unit/test_opinions_agree.py",
    "proven_values.URI_CHARACTERS": "unit/test_opinions_agree.py",
    "contents.CHILDREN": "unit/core/test_rows_crates.py",
    "contents.LOTS": "unit/core/test_rows_crates.py",
    "contents.UNITS": "unit/core/test_rows_crates.py",
    "contents.TREE_UNITS": "unit/core/test_looking_inside.py",
    "contents.HELD": "unit/test_limits.py",
    "item.CONTAINMENT_DEPTH": "unit/core/test_rows_crates.py",
    "rows_crates.LOGGERS": "unit/core/test_rows_loggers.py",
    "rows_ends.UNDO_MS": "unit/core/test_rows_ends.py",
    "parking.SETTLED": "unit/core/test_parking.py", "custody.PLACES": "unit/core/test_parking.py",
    "parking.LOOKS": "unit/core/test_looking_inside.py",
    "parking.PARKED_PER_ORGANISATION": "unit/core/test_parking.py",
    "parking.PARKED_FOR_ONE": "unit/core/test_parking.py",
    "passport.PASSPORT_BYTES": "unit/core/test_passport.py",
    "recall_list.LIST_BYTES": "unit/core/test_recall_list.py",
    "in_json.DOCUMENT_BYTES": "unit/epcis/test_in_json.py",
    "foreign.MESSAGE_BYTES": "unit/test_foreign.py",
    "findings.FINDINGS_PER_LEAF": "unit/test_limits.py",
    "calibration.CERTIFICATES": "unit/test_limits.py",
}
# When a device does something, not what it takes: tests/device, by their times.
OF_A_DEVICE = {
    "codes." + name for name in (
        "TELEMETRY_READINGS", "TELEMETRY_AGE_MS", "FLAP_PER_HOUR", "ACK_WAIT_MS", "RESEND_AGE_MS",
        "BEACON_AGE_MS", "GATEWAYS", "STEP_MAX_MS", "RECALL_LIST_AGE_MS")}


def limits_of(path: Path) -> dict[str, object]:
    """Public names of a module that are bound to whole numbers, in order."""
    found: dict[str, object] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            found |= {one.id: node.value for one in node.targets[0].elts
                      if isinstance(one, ast.Name)}
    return {name: value for name, value in found.items()
            if name.isupper() and not name.startswith("_")}


def test_no_limit_of_the_formats_is_missing() -> None:
    """All that stands in codes.py from the limits of a record on."""
    names = list(limits_of(ROOT / "ledger_client" / "wire" / "codes.py"))
    limits = {"codes." + name for name in names[names.index("RECORD_BYTES"):]}
    assert limits == {name for name in {*LIMITS, *ELSEWHERE, *OF_A_DEVICE}
                      if name.startswith("codes.")}


# Whole numbers in the rules that bound nothing that others send: meanings, caches, shares.
NO_LIMITS = ("VERSION", "CACHED", "LEVEL", "LINK_", "CHANGE_", "ROLE_", "VDS_", "DAY_MS", "_SHOWN",
             "MAJORITY", "FIRST_", "HASH_BYTES", "PREFIX_BITS", "DIGITS", "ZERO", "BUCKETS")
MEANINGS = ("item.", "judgement.", "mkt.", "verdict", "overlays.", "storage")
# Read with every answer of our own: the bits of a SHA-256.
INNER = {"state_tree.DEPTH_LIMIT", "profile.NAME_CHARACTERS", "profile.DELTA_H_J_MOL_MAX",
         "profile.GAS_CONSTANT_UJ_MOL_K"}


def test_no_limit_of_the_rules_is_missing() -> None:
    found = set()
    for path in sorted((ROOT / "ledger_client" / "core").glob("*.py")):
        for name, value in limits_of(path).items():
            number = isinstance(value, ast.Constant | ast.BinOp | ast.Tuple) and all(
                isinstance(getattr(one, "value", 0), int) and not isinstance(one, ast.Name)
                for one in ast.walk(value))
            full = f"{path.stem}.{name}"
            if number and not any(word in name for word in NO_LIMITS) \
                    and not full.startswith(MEANINGS):
                found.add(full)
    known = {*LIMITS, *ELSEWHERE, *INNER}
    assert found - known == set(), "give it a case in LIMITS, or say in ELSEWHERE where it is"


@pytest.mark.parametrize(("name", "path"), ELSEWHERE.items(), ids=list(ELSEWHERE))
def test_elsewhere_is_there(name: str, path: str) -> None:
    assert name.rpartition(".")[2] in (ROOT / "tests" / path).read_text(encoding="utf-8")


def test_findings_of_a_leaf_are_counted_beyond_their_limit() -> None:
    """codes of one leaf: FINDINGS_PER_LEAF are kept, what comes after is counted."""
    view = View(MemoryStore().get)
    for number in range(FINDINGS_PER_LEAF + 1):
        add(view, 1, 0, Finding("C0.5", None, [number]), None)
        held = view.load(Findings, state.finding_key(1, 0))
        assert held is not None
        assert (len(held.found), held.more) == (min(number + 1, FINDINGS_PER_LEAF),
                                                max(0, number + 1 - FINDINGS_PER_LEAF))


def test_certificates_of_a_logger_are_kept_up_to_their_limit() -> None:
    """calibration.CERTIFICATES, the newest; the state forgets the oldest, the log does not."""
    world = World().found()
    world.device("logger", world.maker, giai=LOGGER_GIAI)
    for number in range(calibration.CERTIFICATES + 1):
        world.register(world.state("calibration", world.maker[1], LOGGER_GIAI, [
            1, None, {**story.CALIBRATION, "certificate": f"K-{number}"}]))
    held = world.engine.view().load(calibration.Certificates,
                                    state.calibrations_key(LOGGER_GIAI))
    assert held is not None
    assert [calibration.number_of(row) for row in held.rows] == [
        f"K-{number}" for number in range(1, calibration.CERTIFICATES + 1)]


def test_children_on_hold_are_named_up_to_their_limit() -> None:
    """contents.HELD in one crate; one more is counted."""
    circle = Circle().found()
    packs = [pack(f"H{number}") for number in range(contents.HELD + 1)]
    circle.commissioned(CRATE)
    for start in range(0, len(packs), 16):
        some = packs[start:start + 16]
        circle.done(MAKER, codes.ACTION_COMMISSION, *some)
        circle.done(MAKER, codes.ACTION_PACK, *some, parent=CRATE)
    view = circle.engine.view()
    for uri in packs:
        known = item.load(view, uri)
        assert known is not None
        contents.hold(view, uri, known, True)
    found = contents.of(view, CRATE, circle.item(CRATE))
    assert (len(found.held), found.held_more, found.more) == (contents.HELD, 1, 0)
