"""Ways of a pack through a trading circle, each with a passport at its end."""

from dataclasses import dataclass, field

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, passport
from ledger_client.core.checkpoint import Cosignature
from ledger_client.core.passport import Passport
from ledger_client.core.trust import Trust
from ledger_client.node.passport_maker import PassportMaker
from ledger_client.wire import codes, session
from tests.world import (
    CRATE,
    LOGGER_GIAI,
    OTHER_CRATE,
    PHARMACY_PARTY,
    START_MS,
    Device,
    World,
    label,
    pack,
    pack_symbol,
    signer,
)

ITEM = pack("S001")
SYMBOL = pack_symbol("S001")
MATE = pack_symbol("S002")
PALLET = "https://id.gs1.org/00/395060001340000032"
FRIDGE = "https://id.gs1.org/414/9506000134352"
ROOM = "https://id.gs1.org/414/9506000134369"
OTHER_GIAI = "https://id.gs1.org/8004/9506000134L2"
STEP_MS = 60_000
WITNESS = signer("witness")


@dataclass
class Scene:
    """Two scanners and two loggers; every scan and reading is a block of its own a minute later,
    unless `together` gathers them."""

    world: World = field(default_factory=lambda: World().found())

    def __post_init__(self) -> None:
        self.maker = self.world.device("maker scanner", self.world.maker)
        self.pharmacy = self.world.device("pharmacy scanner", self.world.pharmacy)
        self.logger = self.world.device("logger", self.world.maker, LOGGER_GIAI)
        self.other_logger = self.world.device("other logger", self.world.maker, OTHER_GIAI)

    def pass_time(self, by_ms: int = STEP_MS) -> None:
        self.world.now_ms += by_ms
        for device in (self.maker, self.pharmacy, self.logger, self.other_logger):
            device.now_ms = self.world.now_ms

    def scan(self, by: Device, action: int, *symbols: object, parent: str | None = None,
             **more: object) -> None:
        self.world.block(self.unsent(by, action, *symbols, parent=parent, **more))

    def unsent(self, by: Device, action: int, *symbols: object, parent: str | None = None,
               **more: object) -> bytes:
        """A scan that no gateway has."""
        self.pass_time()
        return by.scan(action, list(symbols), parent=None if parent is None else label(parent),
                       **more)  # type: ignore[arg-type]

    def new_epoch(self, epoch: int) -> None:
        """The logger lost its ring."""
        self.logger.epoch, self.logger.seq, self.logger.prev = epoch, 0, bytes(32)

    def measure(self, *values: int, by: Device | None = None) -> None:
        self.world.block(self.unsent_measure(*values, by=by))

    def unsent_measure(self, *values: int, by: Device | None = None) -> bytes:
        self.pass_time()
        return (by or self.logger).measure(list(values) or [500], interval_ms=1000)

    def commission(self, *symbols: object) -> None:
        for symbol in symbols:
            self.scan(self.maker, codes.ACTION_COMMISSION, symbol)

    def pack(self, *symbols: object, into: str, by: Device | None = None) -> None:
        self.scan(by or self.maker, codes.ACTION_PACK, *symbols, parent=into)

    def unpack(self, *symbols: object, of: str, by: Device | None = None) -> None:
        self.scan(by or self.maker, codes.ACTION_UNPACK, *symbols, parent=of)

    def attach(self, carrier: str, giai: str = LOGGER_GIAI) -> None:
        self.scan(self.maker, codes.ACTION_ATTACH, label(giai), parent=carrier)

    def detach(self, carrier: str, giai: str = LOGGER_GIAI, by: Device | None = None) -> None:
        self.scan(by or self.maker, codes.ACTION_DETACH, label(giai), parent=carrier)

    def put_away(self, symbol: object, place: str) -> None:
        self.scan(self.maker, codes.ACTION_PUT_AWAY, symbol, place=place)

    def ship(self, symbol: object) -> None:
        """From the maker to the pharmacy."""
        self.scan(self.maker, codes.ACTION_SHIP, symbol, party=PHARMACY_PARTY)

    def revoke(self, device: Device, since_ms: int) -> None:
        """A device of the maker's."""
        self.pass_time()
        self.world.register(self.world.state(
            "revoke", self.world.maker[0], identity.statement_subject(device.signer.public_key),
            [1, device.signer.kid, since_ms, 1]))

    def calibrate(self) -> None:
        """The logger gets a certificate."""
        self.pass_time()
        self.world.register(self.world.state(
            "calibration", self.world.maker[1], LOGGER_GIAI,
            [1, None, {"channel": 1, "points": [[200, 5], [800, -5]], "u95_cdeg": 10,
                       "valid_from_ms": START_MS, "valid_to_ms": START_MS + 10 ** 10,
                       "certificate": "C-1", "certificate_sha256": bytes(32)}]))

    def rotate(self) -> None:
        """The logger gets another key, under which it begins anew."""
        self.pass_time()
        world, old, new = self.world, self.logger.signer, signer("logger's next key")
        proof = session.sign1(codes.PURPOSE_POSSESSION, world.ledger, new,
                              session.encode_possession(
                                  world.maker[0].thumbprint, codes.ROLE_DEVICE, new.thumbprint,
                                  old.thumbprint))
        world.register(world.state("rotate", world.maker[0],
                                   identity.statement_subject(old.public_key),
                                   [1, old.thumbprint, new.public_key, proof, None]))
        self.logger.signer = new
        self.new_epoch(1)

    def hand_over(self, carrier: str) -> None:
        """From the maker to the pharmacy."""
        self.ship(label(carrier))
        self.scan(self.pharmacy, codes.ACTION_RECEIVE, label(carrier))

    def trust(self, *, threshold: int = 0) -> bytes:
        return Trust("Circle", self.world.ledger, self.world.ledger_signer.public_key,
                     ((WITNESS.public_key, 1),), threshold).encode()

    def passport(self, *, item: str = ITEM, evidence: bool = True) -> bytes:
        self.pass_time()
        return PassportMaker(self.world.engine, item, evidence=evidence).make(
            self.world.maker[1], self.world.now_ms // 1000, ["good", 0])

    def cosignature(self, level: int = 1) -> bytes:
        signed = self.world.engine.checkpoint()
        assert signed is not None
        return checkpoints.cosign(Cosignature(signed.app_hash(), level, self.world.now_ms),
                                  self.world.ledger, WITNESS)


def opened(data: bytes) -> Passport:
    return passport.decode(data)[1]


def pack_of(scene: Scene, serial: str) -> Passport:
    """The passport of another pack of the scene."""
    return opened(scene.passport(item=pack(serial)))


def resigned(content: Passport, by: World) -> bytes:
    """A passport whose maker signs what it likes."""
    return passport.encode(content, by.maker[1], 1_780_000_000)


def shift() -> Scene:
    """Crate with a logger from maker to pharmacy; unpacked whole, put away, dispensed."""
    scene = Scene()
    scene.world.product()
    scene.world.block(scene.logger.boot())
    scene.commission(SYMBOL, MATE, label(CRATE))
    scene.measure(500)
    scene.pack(SYMBOL, MATE, into=CRATE)
    scene.attach(CRATE)
    scene.measure(510, 515)
    scene.hand_over(CRATE)
    scene.measure(520)
    scene.detach(CRATE, by=scene.pharmacy)
    scene.measure(530)
    scene.measure(540)
    scene.unpack(of=CRATE, by=scene.pharmacy)
    scene.scan(scene.pharmacy, codes.ACTION_PUT_AWAY, SYMBOL, place=FRIDGE)
    scene.scan(scene.pharmacy, codes.ACTION_DISPENSE, SYMBOL)
    return scene


def single_unpack() -> Scene:
    """Out of the crate alone, while the logger stays and the crate goes on."""
    scene = Scene()
    scene.commission(SYMBOL, MATE, label(CRATE))
    scene.pack(SYMBOL, MATE, into=CRATE)
    scene.attach(CRATE)  # before the ledger has any record of the logger
    scene.world.block(scene.logger.boot())
    scene.measure(500, 510)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(520)
    scene.hand_over(CRATE)
    scene.measure(530)
    return scene


def open_crate() -> Scene:
    """Still in the crate; the crate had its logger before the pack came; a denied scan."""
    scene = Scene()
    scene.commission(SYMBOL, MATE, label(CRATE), label(OTHER_CRATE))
    scene.measure(490)
    scene.attach(CRATE)
    scene.measure(500)
    scene.pack(SYMBOL, into=CRATE)
    scene.measure(510)
    scene.pack(SYMBOL, into=OTHER_CRATE)
    scene.ship(label(CRATE))
    return scene


def fridge() -> Scene:
    """Put away at a place with a logger of its own, and taken out again."""
    scene = Scene()
    scene.commission(SYMBOL, label(FRIDGE))
    scene.measure(490)
    scene.attach(FRIDGE)
    scene.measure(500)
    scene.put_away(SYMBOL, FRIDGE)
    scene.measure(510)
    scene.scan(scene.maker, codes.ACTION_QUARANTINE, SYMBOL)
    scene.measure(520)
    scene.detach(FRIDGE)
    scene.measure(530)
    return scene


def pallet() -> Scene:
    """Two levels with a logger each; the pallet is unpacked whole, the pack taken out alone."""
    scene = Scene()
    scene.commission(SYMBOL, MATE, label(CRATE), label(PALLET))
    scene.attach(CRATE)
    scene.attach(PALLET, OTHER_GIAI)
    scene.measure(400)
    scene.measure(450, by=scene.other_logger)
    scene.pack(SYMBOL, MATE, into=CRATE)
    scene.pack(label(CRATE), into=PALLET)
    scene.measure(410)
    scene.measure(460, by=scene.other_logger)
    scene.hand_over(PALLET)
    scene.unpack(of=PALLET, by=scene.pharmacy)
    scene.measure(470, by=scene.other_logger)
    scene.unpack(SYMBOL, of=CRATE, by=scene.pharmacy)
    scene.measure(420)
    return scene


def revoked() -> Scene:
    """The maker's scanner is revoked after it packed."""
    scene = single_unpack()
    scene.revoke(scene.maker, scene.world.now_ms)
    return scene


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


def in_crate() -> Scene:
    """In a crate with a logger of which the ledger has two records."""
    scene = Scene()
    scene.world.block(scene.logger.boot())
    scene.commission(SYMBOL, MATE, label(CRATE), label(OTHER_CRATE), label(PALLET))
    scene.measure(490)
    scene.attach(CRATE)
    scene.pack(SYMBOL, MATE, into=CRATE)
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


def crate_goes_on() -> Scene:
    """Unpacked whole; the crate travels on by itself, which is no exposure of the pack."""
    scene = in_crate()
    scene.measure(500)
    scene.unpack(of=CRATE)
    scene.measure(510)
    scene.pack(label(CRATE), into=PALLET)
    scene.attach(PALLET, OTHER_GIAI)
    scene.measure(520, by=scene.other_logger)
    scene.unpack(label(CRATE), of=PALLET)
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


def second_place() -> Scene:
    """From a room to a fridge, each with a logger; then dispensed."""
    scene = Scene()
    scene.commission(SYMBOL)
    scene.measure(480)
    scene.attach(FRIDGE)
    scene.attach(ROOM, OTHER_GIAI)
    scene.put_away(SYMBOL, ROOM)
    scene.measure(2000, by=scene.other_logger)
    scene.put_away(SYMBOL, FRIDGE)
    scene.measure(482)
    scene.measure(2010, by=scene.other_logger)
    scene.detach(ROOM, OTHER_GIAI)
    scene.scan(scene.maker, codes.ACTION_DISPENSE, SYMBOL)
    scene.measure(490)
    scene.detach(FRIDGE)
    return scene


def still_in_fridge() -> Scene:
    """Put away, and there it is."""
    scene = Scene()
    scene.commission(SYMBOL)
    scene.measure(480)
    scene.put_away(SYMBOL, FRIDGE)
    scene.attach(FRIDGE)
    scene.measure(490)
    return scene


def crate_reused() -> Scene:
    """Unpacked whole; what the crate holds later is nobody's business here."""
    scene = in_crate()
    scene.measure(500)
    scene.unpack(of=CRATE)
    scene.measure(510)
    scene.commission(pack_symbol("S003"))
    scene.pack(pack_symbol("S003"), into=CRATE)
    scene.hand_over(CRATE)
    scene.measure(520)
    return scene


def same_crate_again() -> Scene:
    """Unpacked whole and packed again, alone and packed again; the crate has changed since."""
    scene = in_crate()
    scene.unpack(of=CRATE)
    scene.pack(SYMBOL, into=CRATE)
    scene.measure(500)
    scene.unpack(SYMBOL, of=CRATE)
    scene.measure(510)
    scene.pack(SYMBOL, into=CRATE)
    scene.ship(label(CRATE))
    return scene


def open_pallet() -> Scene:
    """In a crate that came onto a pallet, where both still are."""
    scene = in_crate()
    scene.pack(label(CRATE), into=PALLET)
    scene.attach(PALLET, OTHER_GIAI)
    scene.measure(500)
    scene.measure(400, by=scene.other_logger)
    scene.hand_over(PALLET)
    return scene


def off_the_pallet() -> Scene:
    """The crate leaves the pallet alone, and is unpacked whole."""
    scene = in_crate()
    scene.attach(PALLET, OTHER_GIAI)
    scene.pack(label(CRATE), into=PALLET)
    scene.measure(500)
    scene.measure(400, by=scene.other_logger)
    scene.unpack(label(CRATE), of=PALLET)
    scene.measure(410, by=scene.other_logger)
    scene.unpack(of=CRATE)
    scene.measure(510)
    return scene


def from_crate_to_pallet() -> Scene:
    """Out of a crate that stays on its pallet, onto that pallet, and off it."""
    scene = in_crate()
    scene.attach(PALLET, OTHER_GIAI)
    scene.pack(label(CRATE), into=PALLET)
    scene.measure(400, by=scene.other_logger)
    scene.unpack(SYMBOL, of=CRATE)
    scene.pack(SYMBOL, into=PALLET)
    scene.hand_over(PALLET)
    scene.unpack(SYMBOL, of=PALLET, by=scene.pharmacy)
    scene.measure(410, by=scene.other_logger)
    scene.measure(500)
    scene.scan(scene.pharmacy, codes.ACTION_QUARANTINE, label(PALLET))
    return scene


def far_apart() -> Scene:
    """The logger travels along twice; what it saw in between belongs to others."""
    scene = in_crate()
    scene.measure(500)
    scene.detach(CRATE)
    for value in (600, 610, 620, 630):
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


def as_deep_as_it_goes() -> Scene:
    """Eight levels of containment, the outermost at a place with a logger."""
    scene = Scene()
    units = [sscc(number) for number in range(7)]
    scene.commission(SYMBOL, *map(label, units))
    scene.measure(490)
    for inner, outer in zip((SYMBOL, *map(label, units)), units, strict=False):
        scene.pack(inner, into=outer)
    scene.put_away(label(units[-1]), FRIDGE)
    scene.attach(FRIDGE)
    scene.measure(500)
    return scene


def sscc(number: int) -> str:
    """Digital Link of a logistic unit, its check digit by GS1 General Specifications 7.9."""
    digits = f"3950600013499{number:04}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits))
    return f"https://id.gs1.org/00/{digits}{-total % 10}"


SCENES = {scene.__name__: scene for scene in
          (shift, single_unpack, open_crate, fridge, pallet, revoked, gaps, two_intervals,
           crate_goes_on, epochs, forked, one_block, late_shift, second_place, still_in_fridge,
           crate_reused, same_crate_again, open_pallet, off_the_pallet, from_crate_to_pallet,
           far_apart, rotated, calibrated, epochs_skipped, timeless, as_deep_as_it_goes)}
