"""Ways of a pack with loggers that miss records, begin anew, or come late."""

from collections.abc import Callable

from ledger_client.wire import codes
from tests.unit.crate_scenes import in_crate
from tests.unit.second_opinion_scenes import OTHER_GIAI, STEP_MS, SYMBOL, Scene
from tests.world import CRATE, LOGGER_GIAI, label

FROZEN_CDEG = -1500

def gaps() -> Scene:
    """The logger loses records, begins a new epoch, and still travels."""
    scene = Scene()
    scene.world.block(scene.logger.boot())
    scene.commission(SYMBOL, label(CRATE))
    scene.attach(CRATE)
    scene.pack(SYMBOL, into=CRATE)
    scene.measure(500)
    scene.unsent_measure(505)
    scene.measure(510)
    scene.new_epoch(2)
    scene.world.block(scene.logger.boot())
    scene.measure(520)
    scene.unsent_measure(525)
    scene.unsent_measure(526)
    scene.measure(530)
    return scene


def two_intervals() -> Scene:
    """The same logger attached twice while the pack is in the crate."""
    scene = in_crate()
    scene.measure(500)
    scene.detach(CRATE)
    scene.measure(510)
    scene.measure(520)
    scene.attach(CRATE)
    scene.measure(530)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(540)
    return scene


def epochs() -> Scene:
    """A new epoch of the logger before the pack is taken out; a scanner without time of day."""
    scene = in_crate()
    scene.measure(500)
    scene.new_epoch(2)
    scene.measure(510)
    scene.maker.source = codes.SOURCE_NONE
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(520)
    return scene


def forked() -> Scene:
    """Another record with a seq that the ledger had, and one that comes late."""
    scene = in_crate()
    seq, prev = scene.logger.seq, scene.logger.prev
    scene.measure(500)
    after = scene.logger.seq, scene.logger.prev
    scene.logger.seq, scene.logger.prev = seq, prev
    scene.measure(900)
    scene.logger.seq, scene.logger.prev = after
    late = scene.unsent_measure(505)
    scene.measure(510)
    scene.world.block(late)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(520)
    return scene


def one_block() -> Scene:
    """A logger on the pack itself; blocks of several records."""
    scene = Scene()
    maker, logger = scene.maker, scene.logger
    scene.world.block(logger.boot(), maker.scan(codes.ACTION_COMMISSION, [SYMBOL]),
                      maker.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=SYMBOL))
    first = scene.unsent_measure(500, 501)
    scene.pass_time()
    detached = maker.scan(codes.ACTION_DETACH, [label(LOGGER_GIAI)], parent=SYMBOL)
    scene.world.block(first, detached, scene.unsent_measure(510), scene.unsent_measure(520),
                      scene.unsent_measure(530))
    return scene


def late_attach() -> Scene:
    """The attach scan is registered after records that were made since, one of them missing."""
    scene = Scene()
    scene.world.block(scene.logger.boot())
    scene.commission(SYMBOL, label(CRATE))
    scene.pack(SYMBOL, into=CRATE)
    scene.measure(470)
    scene.measure(480)
    late = scene.unsent(scene.maker, codes.ACTION_ATTACH, label(LOGGER_GIAI), parent=CRATE)
    scene.measure(490, 495)
    scene.unsent_measure(498)
    scene.measure(500)
    scene.world.block(late)
    scene.measure(510)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(520)
    scene.measure(530)
    scene.measure(540)
    return scene


def late_shift() -> Scene:
    """Attached and detached before the ledger hears of either; no record since."""
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE))
    scene.pack(SYMBOL, into=CRATE)
    scene.measure(480)
    scene.measure(485)
    attached = scene.unsent(scene.maker, codes.ACTION_ATTACH, label(LOGGER_GIAI), parent=CRATE)
    scene.measure(490, 495)
    detached = scene.unsent(scene.maker, codes.ACTION_DETACH, label(LOGGER_GIAI), parent=CRATE)
    scene.measure(500)
    scene.measure(505)
    scene.world.block(attached, detached)
    return scene


def far_apart() -> Scene:
    """The logger travels along twice; what it saw in between belongs to others."""
    scene = in_crate()
    scene.measure(500)
    scene.detach(CRATE)
    for value in (600, 610, 620, 630, 640, 650):
        scene.measure(value)
    scene.attach(CRATE)
    scene.measure(510)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(520)
    scene.measure(530)
    return scene


def rotated() -> Scene:
    """The logger gets another key between two rides."""
    scene = in_crate()
    scene.measure(500)
    scene.detach(CRATE)
    scene.measure(510)
    scene.rotate()
    scene.measure(520)
    scene.attach(CRATE)
    scene.measure(530)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(540)
    return scene


def calibrated() -> Scene:
    """The logger has a certificate."""
    scene = in_crate()
    scene.calibrate()
    scene.measure(500)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(510)
    return scene


def epochs_skipped() -> Scene:
    """Of two epochs the ledger has nothing; a gap where the pack was taken out."""
    scene = in_crate()
    scene.new_epoch(4)
    scene.measure(500)
    scene.unpack(SYMBOL, of=CRATE)
    scene.unsent_measure(510)
    scene.measure(520)
    return scene


def anew(times: int) -> Scene:
    """The logger begins anew so often at once, with a record on either side; beside another."""
    scene = in_crate()
    scene.attach(CRATE, OTHER_GIAI)
    scene.measure(600, by=scene.other_logger)
    scene.measure(500)
    scene.new_epoch(1 + times)
    scene.measure(510)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(520)
    scene.measure(530)
    return scene


def late_by_turns(gaps: int) -> Scene:
    """So many records of the ride never come, each between two that do."""
    scene = in_crate()
    records = [scene.unsent_measure(500) for _ in range(2 * gaps)]
    scene.world.block(*records[1::2])
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(520)
    scene.measure(530)
    return scene


def timeless() -> Scene:
    """The logger forgets the time of day for a while."""
    scene = in_crate()
    scene.logger.source = codes.SOURCE_NONE
    scene.measure(500)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(510)
    scene.logger.source = codes.SOURCE_SNTP
    scene.measure(520)
    scene.measure(530)
    return scene


def misdated(scene: Scene, by_ms: int, make: Callable[[], bytes]) -> None:
    """A record of the logger's while its clock is off."""
    right_ms = scene.logger.now_ms
    scene.logger.now_ms += by_ms
    scene.world.block(make())
    scene.logger.now_ms = right_ms


def clock_ahead() -> Scene:
    """One record with the clock far ahead, then it freezes until the pack is taken out."""
    scene = in_crate()
    scene.measure(500)
    misdated(scene, 60 * STEP_MS, lambda: scene.logger.measure([505]))
    return frozen_until_taken_out(scene)


def boot_ahead() -> Scene:
    """The logger boots with its clock far ahead, then it freezes until the pack is taken out."""
    scene = in_crate()
    scene.measure(500)
    misdated(scene, 60 * STEP_MS, scene.logger.boot)
    return frozen_until_taken_out(scene)


def frozen_until_taken_out(scene: Scene) -> Scene:
    scene.measure(FROZEN_CDEG)
    scene.measure(FROZEN_CDEG)
    scene.unpack(SYMBOL, of=CRATE)
    for value in (510, 520, 530):
        scene.measure(value)
    return scene


def clock_behind() -> Scene:
    """Frozen after an attaching of which the ledger hears late; then one boot and one record with
    the clock behind."""
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE))
    scene.pack(SYMBOL, into=CRATE)
    for value in (460, 470, 480):
        scene.measure(value)
    late = scene.unsent(scene.maker, codes.ACTION_ATTACH, label(LOGGER_GIAI), parent=CRATE)
    scene.measure(FROZEN_CDEG)
    scene.measure(FROZEN_CDEG)
    misdated(scene, -60 * STEP_MS, scene.logger.boot)
    misdated(scene, -60 * STEP_MS, lambda: scene.logger.measure([490]))
    scene.world.block(late)
    scene.measure(500)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(510)
    scene.measure(520)
    return scene


def clocks_set_wrong() -> Scene:
    """Two records of a ride with the time of day wrong, ahead after an attaching of which the
    ledger hears late, behind before the pack is taken out; the logger goes on being used."""
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE))
    scene.pack(SYMBOL, into=CRATE)
    for value in (440, 450, 460, 470, 480):
        scene.measure(value)
    late = scene.unsent(scene.maker, codes.ACTION_ATTACH, label(LOGGER_GIAI), parent=CRATE)
    scene.logger.clock_off_ms = 60 * STEP_MS
    scene.measure(490)
    scene.logger.clock_off_ms = 0
    scene.measure(500)
    scene.world.block(late)
    scene.logger.clock_off_ms = -60 * STEP_MS
    scene.measure(510)
    scene.logger.clock_off_ms = 0
    scene.measure(520)
    scene.unpack(SYMBOL, of=CRATE)
    for value in (530, 540, 550, 560, 570):
        scene.measure(value)
    return scene
