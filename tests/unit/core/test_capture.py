"""Captures: what a person or an organisation's desk states about custody."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ledger_client.core import capture, history, identity, item, passport_verify, state, story
from ledger_client.core.capture import CORRECTED, EVENTS, Capture, CapturedEvent
from ledger_client.core.judgement import APPROVED, DESTROY, RECALL, RELEASE
from ledger_client.errors import Refused
from ledger_client.node import reapply
from ledger_client.node.embedded import Registered
from ledger_client.node.passport_maker import PassportMaker
from ledger_client.node.source import LedgerSource
from ledger_client.signer import SoftwareSigner
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import cbor, codes
from ledger_client.wire.values import Scan
from tests import shift
from tests.unit.second_opinion_scenes import Scene
from tests.world import (
    CRATE,
    LOGGER_GIAI,
    MAKER_PARTY,
    PHARMACY_PARTY,
    START_MS,
    World,
    label,
    pack,
    pack_symbol,
)

SOURCE = hashlib.sha256(b"document").digest()
ITEM = pack("S001")
PACK = pack_symbol("S001")
MINUTE_MS = 60_000


@pytest.fixture
def world() -> World:
    return World().found()


def event(action: int, *symbols: list[object], time_ms: int | None = START_MS,
          parent: list[object] | None = None, party: str | None = None,
          place: str | None = None) -> CapturedEvent:
    return CapturedEvent(time_ms, None if time_ms is None else 1000, Scan(
        action, list(symbols), parent, party, place, None, None, None, codes.SHOWN_ACCEPTED))


def submit(world: World, content: object, by: SoftwareSigner,
           subject: str = capture.SUBJECT) -> Registered | Refused:
    (answer,) = world.engine.submit([world.state("capture", by, subject, content)])
    return answer


def captured(world: World, by: SoftwareSigner, *events: CapturedEvent,
             corrected: Sequence[tuple[bytes, int]] = (),
             source: bytes | None = None) -> Registered:
    answer = submit(world, Capture(events, source, tuple(corrected)).as_list(), by)
    assert isinstance(answer, Registered), answer
    return answer


def refusal(world: World, content: object, by: SoftwareSigner,
            subject: str = capture.SUBJECT) -> Refused:
    """Why it is refused; and that it left no trace."""
    before = world.engine.checkpoint()
    answer = submit(world, content, by, subject)
    assert isinstance(answer, Refused), answer
    assert world.engine.checkpoint() == before
    return answer


def person(world: World, name: str = "quality", role: str = "quality assurance") -> SoftwareSigner:
    return world.enrol(codes.ROLE_PERSON, name, world.maker,
                       [[identity.PERSON_ROLES[role]], bytes(32)])


def judge(world: World, by: SoftwareSigner, about: tuple[Registered, int, str],
          meaning: int) -> Registered | Refused:
    registered, leaf, rule = about
    (answer,) = world.engine.submit([world.state("judgement", by, "judgement", [
        1, [registered.entry_hash, leaf, rule], meaning, APPROVED, None, None, None])])
    return answer


def status(world: World, uri: str) -> str:
    found = item.load(world.engine.view(), uri)
    assert found is not None
    return item.STATUS_NAMES[found.status]


def commissioned(world: World) -> Registered:
    """A pack and a crate, stated by the maker's desk."""
    return captured(world, world.maker[1], event(codes.ACTION_COMMISSION, PACK),
                    event(codes.ACTION_COMMISSION, label(CRATE)), source=SOURCE)


def test_events_of_a_document_have_the_effects_of_scans(world: World) -> None:
    commissioned(world)
    captured(world, world.maker[1],
             event(codes.ACTION_PACK, PACK, parent=label(CRATE)),
             event(codes.ACTION_SHIP, label(CRATE), party=PHARMACY_PARTY))
    assert (status(world, ITEM), status(world, CRATE)) == ("packed", "in transit")
    captured(world, world.pharmacy[1], event(codes.ACTION_RECEIVE, label(CRATE)),
             event(codes.ACTION_UNPACK, parent=label(CRATE)),
             event(codes.ACTION_PUT_AWAY, PACK), event(codes.ACTION_DISPENSE, PACK))
    assert status(world, ITEM) == "dispensed"
    assert world.rules_found() == []


def test_an_event_that_breaks_a_row_is_a_finding_beside_it(world: World) -> None:
    registered = captured(world, world.pharmacy[1], event(codes.ACTION_CHECK, label(MAKER_PARTY)),
                          event(codes.ACTION_COMMISSION, PACK))
    assert item.load(world.engine.view(), ITEM) is None
    assert world.rules_found() == ["C0.2", "C1.2"]
    for leaf in (0, 1):
        assert world.engine.view().read(state.finding_key(registered.number, leaf)) is not None


def test_devices_and_desks_share_one_custody(world: World) -> None:
    scanner = world.device("scanner", world.maker)
    commissioned(world)
    world.block(scanner.scan(codes.ACTION_PACK, [PACK], parent=label(CRATE)))
    captured(world, world.maker[1], event(codes.ACTION_SHIP, label(CRATE), party=PHARMACY_PARTY))
    assert (status(world, ITEM), status(world, CRATE)) == ("packed", "in transit")


def test_an_event_that_is_ahead_of_its_commission_is_parked(world: World) -> None:
    """I9, for a document as for a handheld."""
    captured(world, world.maker[1], event(codes.ACTION_PACK, PACK, parent=label(CRATE)))
    commissioned(world)
    assert status(world, ITEM) == "packed"
    assert world.rules_found() == []


def test_an_event_before_the_last_transition_is_late(world: World) -> None:
    commissioned(world)
    captured(world, world.maker[1],
             event(codes.ACTION_PUT_AWAY, PACK, time_ms=START_MS - 10 * MINUTE_MS))
    assert world.rules_found() == ["C0.8"]
    assert status(world, ITEM) == "active"


def test_the_chain_holds_the_digest_of_the_event(world: World) -> None:
    registered = commissioned(world)
    (found,) = LedgerSource(world.engine).chain(ITEM)
    stated = event(codes.ACTION_COMMISSION, PACK)
    assert found.event.digest == hashlib.sha256(cbor.encode(stated.as_list())).digest()
    assert (found.event.entry, found.event.leaf) == (registered.number, 0)
    assert found.event.signer == world.maker[1].thumbprint


def test_history_reads_time_and_scan_from_the_statement(world: World) -> None:
    commissioned(world)
    captured(world, world.maker[1], event(codes.ACTION_PUT_AWAY, PACK, time_ms=None))
    known, unknown = history.steps(LedgerSource(world.engine), ITEM)
    assert known.scan == event(codes.ACTION_COMMISSION, PACK).scan
    assert known.moment == history.Moment(START_MS, 1000)
    assert unknown.moment == history.Moment(world.now_ms, 0)


def test_a_document_is_captured_once_by_an_organisation(world: World) -> None:
    commissioned(world)
    again = Capture((event(codes.ACTION_PUT_AWAY, PACK),), SOURCE).as_list()
    assert refusal(world, again, world.maker[1]).rule == "E1"
    captured(world, world.pharmacy[1], event(codes.ACTION_CHECK, PACK), source=SOURCE)


def test_who_may_not_capture(world: World) -> None:
    content = Capture((event(codes.ACTION_COMMISSION, PACK),)).as_list()
    scanner = world.device("scanner", world.maker)
    for by in (world.maker[0], world.gateway.signer, scanner.signer):
        assert refusal(world, content, by).rule == "S7"
    captured(world, person(world), event(codes.ACTION_COMMISSION, PACK))
    assert status(world, ITEM) == "active"


def test_what_has_not_happened_yet_is_refused(world: World) -> None:
    for ahead_ms, right in ((codes.TOLERANCE_MS + 1000, True), (codes.TOLERANCE_MS + 1001, False)):
        stated = event(codes.ACTION_COMMISSION, PACK, time_ms=START_MS + ahead_ms)
        answer = submit(world, Capture((stated,)).as_list(), world.maker[1])
        assert isinstance(answer, Registered) if right else answer.rule == "E4"  # type: ignore[union-attr]


@pytest.mark.parametrize(("time_ms", "said"), [
    (START_MS + 86_225_445, "event 1 of 2026-05-29 20:23 UTC lies 23 h 57 min ahead of ledger"),
    (2 ** 52, "event 1 of 4503599627370496 ms after 1970 lies")])
def test_what_has_not_happened_yet_is_named_for_people(world: World, time_ms: int,
                                                       said: str) -> None:
    stated = event(codes.ACTION_COMMISSION, PACK, time_ms=time_ms)
    assert said in refusal(world, Capture((stated,)).as_list(), world.maker[1]).detail


@pytest.mark.parametrize(("content", "rule"), [
    ([1, [], None, None], "S10"), ([1, [], SOURCE, None], "S10"), ([1, [], None, []], "S10"),
    ([2, [[None, None, None]], None, None], "S10"), ([1, [[None, None, None]], None, None], "S10"),
    ([1, [[None, 1, list(event(1, PACK).scan)]], None, None], "S10"),
    ([1, [[1, None, list(event(1, PACK).scan)]], None, None], "S10"),
    ([1, [], None, [[bytes(32), None]]], "S10"), ([1, [], None, [[bytes(31), 0]]], "S10"),
    ([1, [], None, [[bytes(32), 0]]], "E2")])
def test_a_content_of_another_form_is_refused(world: World, content: object, rule: str) -> None:
    assert refusal(world, content, world.maker[1]).rule == rule


def test_the_subject_is_capture(world: World) -> None:
    content = Capture((event(codes.ACTION_COMMISSION, PACK),)).as_list()
    assert refusal(world, content, world.maker[1], subject=ITEM).rule == "S8"


def test_limits_at_the_limit_and_above(world: World) -> None:
    registered = commissioned(world)
    check = [None, None, [22, [["]C1", b"00395060001340000018"]], None, None, None, None, None,
                          None, 0]]
    assert isinstance(submit(world, [1, [check] * EVENTS, None, None], world.maker[1]), Registered)
    assert refusal(world, [1, [check] * (EVENTS + 1), None, None], world.maker[1]).rule == "S10"
    marks = [[registered.entry_hash, leaf] for leaf in range(CORRECTED + 1)]
    assert refusal(world, [1, [], None, marks], world.maker[1]).rule == "S10"
    assert isinstance(submit(world, [1, [], None, marks[:-1]], world.maker[1]), Registered)
    assert refusal(world, [1, [], None, [[registered.entry_hash, EVENTS]]],
                   world.maker[1]).rule == "E2"


def test_a_correction_stands_beside_what_it_is_about(world: World) -> None:
    first = commissioned(world)
    correction = captured(world, world.maker[1], event(codes.ACTION_DECOMMISSION, PACK),
                          corrected=[(first.entry_hash, 0)])
    assert status(world, ITEM) == "decommissioned"
    assert world.rules_found() == ["E5"]
    begun, ended = history.steps(LedgerSource(world.engine), ITEM)
    assert (begun.in_error, ended.in_error) == (correction.number, None)
    lines = story.tell(LedgerSource(world.engine), ITEM, lambda signer: "Maker")
    assert lines[0].text == f"commissioned, declared in error by entry {correction.number}"
    again = Capture((), corrected=((first.entry_hash, 0),)).as_list()
    assert refusal(world, again, world.maker[1]).rule == "E3"


def test_a_scan_of_a_device_can_be_declared_in_error(world: World) -> None:
    scanner = world.device("scanner", world.maker)
    block = world.block(scanner.scan(codes.ACTION_COMMISSION, [PACK]))
    correction = captured(world, world.maker[1], corrected=[(block.entry_hash, 0)])
    (step,) = history.steps(LedgerSource(world.engine), ITEM)
    assert step.in_error == correction.number
    assert status(world, ITEM) == "active"


def test_what_another_organisation_declares_is_its_word_only(world: World) -> None:
    first = commissioned(world)
    captured(world, world.pharmacy[1], corrected=[(first.entry_hash, 0)])
    (step,) = history.steps(LedgerSource(world.engine), ITEM)
    assert step.in_error is None
    assert world.rules_found() == ["E5"]  # which stays to be seen
    mine = captured(world, world.maker[1], corrected=[(first.entry_hash, 0)])
    (step,) = history.steps(LedgerSource(world.engine), ITEM)
    assert step.in_error == mine.number


def test_a_recall_from_the_desk_awaits_its_judgement(world: World) -> None:
    commissioned(world)
    responsible = person(world, "responsible", "responsible person")
    stated = captured(world, responsible, event(codes.ACTION_RECALL, pack_symbol("S009")))
    found = item.load(world.engine.view(), ITEM)
    assert found is not None
    assert found.recalled is False
    # the symbol names one pack, S009, which nobody commissioned: the recall waits for it
    assert world.rules_found() == []
    stated = captured(world, responsible, event(codes.ACTION_RECALL, PACK))
    assert world.rules_found() == ["C12.1"]
    assert isinstance(judge(world, responsible, (stated, 0, "C12.1"), RECALL), Registered)
    found = item.load(world.engine.view(), ITEM)
    assert found is not None
    assert found.recalled is True


def test_a_witness_is_another_person_than_the_one_who_stated_it(world: World) -> None:
    commissioned(world)
    first, second = person(world, "first"), person(world, "second")
    stated = captured(world, first, event(codes.ACTION_QUARANTINE, PACK),
                      event(codes.ACTION_DESTROY, PACK))
    answer = judge(world, first, (stated, 1, "C17.1"), DESTROY)
    assert isinstance(answer, Refused)
    assert answer.rule == "J2"
    assert isinstance(judge(world, second, (stated, 1, "C17.1"), DESTROY), Registered)
    assert status(world, ITEM) == "destroyed"


def test_who_stated_a_hold_does_not_release_it(world: World) -> None:
    commissioned(world)
    first, second = person(world, "first"), person(world, "second")
    stated = captured(world, first, event(codes.ACTION_QUARANTINE, PACK),
                      event(codes.ACTION_RELEASE, PACK))
    answer = judge(world, first, (stated, 1, "C10.1"), RELEASE)
    assert isinstance(answer, Refused)
    assert answer.rule == "J4"
    assert isinstance(judge(world, second, (stated, 1, "C10.1"), RELEASE), Registered)


def test_reapplying_the_log_gives_the_same_ledger(world: World) -> None:
    first = commissioned(world)
    captured(world, world.maker[1], event(codes.ACTION_PACK, PACK, parent=label(CRATE)),
             corrected=[(first.entry_hash, 1)])
    anew = reapply.reapply(world.store)
    assert isinstance(anew, MemoryStore)
    assert dict(anew.keys(b"")) == dict(world.store.keys(b""))


def test_a_pruned_block_is_no_capture(world: World) -> None:
    scanner = world.device("scanner", world.maker)
    block = world.block(scanner.scan(codes.ACTION_COMMISSION, [PACK]))
    world.store.prune(block.number)
    (step,) = history.steps(LedgerSource(world.engine), ITEM)
    assert step.scan is None


def test_a_passport_lists_captured_events_as_absent() -> None:
    """Attached from the desk long before it is registered, so that time by ledger and by the
    statement differ; the telemetry's proofs hold all the same."""
    scene = Scene()
    scene.commission(pack_symbol("S001"), label(CRATE))
    scene.pack(pack_symbol("S001"), into=CRATE)
    scene.measure(500)
    attached_ms = scene.world.now_ms
    scene.measure(510)
    captured(scene.world, scene.world.maker[1], event(
        codes.ACTION_ATTACH, label(LOGGER_GIAI), parent=label(CRATE), time_ms=attached_ms))
    scene.measure(520)
    scene.pass_time(shift.HOUR_MS)
    for cdeg in (525, 526, 527):
        scene.measure(cdeg)
    captured(scene.world, scene.world.maker[1], event(
        codes.ACTION_DETACH, label(LOGGER_GIAI), parent=label(CRATE),
        time_ms=scene.world.now_ms - 30 * MINUTE_MS))
    scene.measure(530)
    data = PassportMaker(scene.world.engine, ITEM, evidence=True).make(
        scene.world.maker[1], scene.world.now_ms // 1000)
    found = passport_verify.verify(data, None)
    assert found.absent == ["device records of 2 events"]
    assert [step.scan is None for step in history.steps(found.source, CRATE)] == [True, True]
    assert [step.scan is None for step in history.steps(found.source, ITEM)] == [False, False]


def test_form_reads_back_what_it_writes() -> None:
    content = Capture((event(codes.ACTION_COMMISSION, PACK), event(
        codes.ACTION_PACK, PACK, parent=label(CRATE), time_ms=None)), SOURCE, ((SOURCE, 3),))
    assert capture.decode(content.as_list()) == content
    only = replace(content, events=(), source=None)
    assert capture.decode(only.as_list()) == only
