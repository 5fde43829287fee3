"""What was with a pack's loggers while they showed its excursions, and what was not."""

from ledger_client.core import answer, touched
from ledger_client.core.touched import ALWAYS, Range
from ledger_client.node.questions import Questions
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes
from tests.shift import HOUR_MS, PACKS, Shift, begin
from tests.unit.crate_scenes import in_crate
from tests.unit.logger_scenes import FROZEN_CDEG, misdated
from tests.unit.second_opinion_scenes import ITEM, STEP_MS, SYMBOL
from tests.world import CRATE, LOGGER_GIAI, World, label, pack, pack_symbol

GUEST, LEAVER = "GUEST", PACKS[1]


def story() -> World:
    """Two warm hours with a good one between: one pack left before the second, a guest came and
    went within the good one."""
    world = World().found()
    shift = begin(world)
    world.product()
    world.block(shift.logger.boot(), *shift.commissioned(), *shift.packed(),
                shift.maker.scan(codes.ACTION_COMMISSION, [pack_symbol(GUEST)]))
    hour(world, shift, 500)
    hour(world, shift, 1200)
    hour(world, shift, 500)
    half = HOUR_MS // 4
    for action, serial in ((codes.ACTION_PACK, GUEST), (codes.ACTION_UNPACK, GUEST),
                           (codes.ACTION_UNPACK, LEAVER)):
        shift.wait(half)
        world.now_ms += half
        world.block(shift.maker.scan(action, [pack_symbol(serial)], parent=label(CRATE)))
    shift.wait(half)
    world.now_ms += half
    world.block(shift.logger.measure([500] * 12))
    hour(world, shift, 1200)
    return world


def hour(world: World, shift: Shift, value: int) -> None:
    shift.wait(HOUR_MS)
    world.now_ms += HOUR_MS
    world.block(shift.logger.measure([value] * 12))


def test_only_while_they_lasted() -> None:
    world = story()
    source = LedgerSource(world.engine)
    found = answer.storage_answer(source, world.engine.view(), pack(PACKS[0]), world.now_ms)
    assert len(found.verdict.excursions) == 2
    first, second = found.verdict.excursions
    rows = {one.item: one.interval for one in touched.by_excursions(
        source, found.exposure, found.verdict.excursions)}
    assert pack(GUEST) not in rows
    assert set(rows) == {CRATE, *map(pack, PACKS[:10])}
    assert (rows[CRATE].from_ms, rows[CRATE].to_ms) == (first.first_ms, second.last_ms)
    assert (rows[pack(LEAVER)].from_ms, rows[pack(LEAVER)].to_ms) == \
        (first.first_ms, first.last_ms)


def test_without_an_excursion_nothing_is_touched() -> None:
    world = story()
    source = LedgerSource(world.engine)
    found = answer.storage_answer(source, world.engine.view(), pack(PACKS[0]), world.now_ms)
    assert touched.by_excursions(source, found.exposure, []) == []


def test_a_record_with_its_clock_ahead_hides_nothing_that_was_there() -> None:
    scene = in_crate()
    scene.pass_time()
    misdated(scene, 3 * STEP_MS, lambda: scene.logger.measure([FROZEN_CDEG]))
    scene.measure(FROZEN_CDEG)
    scene.pass_time(5 * STEP_MS)
    scene.unpack(SYMBOL, of=CRATE)
    found = touched.by_logger(LedgerSource(scene.world.engine), LOGGER_GIAI, ALWAYS,
                              Range(200, 800))
    assert ITEM in {one.item for one in found}


def test_what_a_revoked_logger_says_counts_as_touched() -> None:
    """Its excursion does not vanish with its key."""
    scene = in_crate()
    scene.world.product()
    scene.pass_time(10 * STEP_MS)
    since_ms = scene.world.now_ms
    scene.measure(1200, 1200)
    scene.pass_time(10 * STEP_MS)
    scene.unpack(SYMBOL, of=CRATE)
    scene.revoke(scene.logger, since_ms)
    questions = Questions(scene.world.engine)
    for found in (questions.touched_by_logger(LOGGER_GIAI, ALWAYS, Range(None, 800)),
                  questions.touched_by_excursions(ITEM)):
        assert ITEM in {one.item for one in found}
        assert questions.disbelieved(found) == 2
