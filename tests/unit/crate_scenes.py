"""Ways of a pack through crates, pallets and places."""

from ledger_client.wire import codes
from tests.unit.second_opinion_scenes import (
    FRIDGE,
    MATE,
    OTHER_GIAI,
    PALLET,
    ROOM,
    SYMBOL,
    Scene,
)
from tests.world import CRATE, OTHER_CRATE, label, pack_symbol


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


def in_crate() -> Scene:
    """In a crate with a logger of which the ledger has two records."""
    scene = Scene()
    scene.world.block(scene.logger.boot())
    scene.commission(SYMBOL, MATE, label(CRATE), label(OTHER_CRATE), label(PALLET))
    scene.measure(490)
    scene.attach(CRATE)
    scene.pack(SYMBOL, MATE, into=CRATE)
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


def shipment_cancelled() -> Scene:
    """Back in stock without being put away anew; leaving again is no arrival."""
    scene = Scene()
    scene.commission(SYMBOL)
    scene.measure(480)
    scene.attach(FRIDGE)
    scene.put_away(SYMBOL, FRIDGE)
    scene.measure(490)
    scene.ship(SYMBOL)
    scene.scan(scene.maker, codes.ACTION_CANCEL, SYMBOL)
    scene.measure(500)
    scene.scan(scene.maker, codes.ACTION_DISPENSE, SYMBOL)
    scene.measure(510)
    return scene


def crate_from_fridge() -> Scene:
    """Packed into a crate that stands in a fridge and leaves it."""
    scene = Scene()
    scene.commission(SYMBOL, label(CRATE))
    scene.measure(480)
    scene.attach(FRIDGE)
    scene.put_away(label(CRATE), FRIDGE)
    scene.put_away(SYMBOL, FRIDGE)
    scene.measure(490)
    scene.pack(SYMBOL, into=CRATE)
    scene.measure(500)
    scene.hand_over(CRATE)
    scene.measure(510)
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


def pallet_unpacked() -> Scene:
    """The pallet is unpacked whole; the crate keeps what it holds."""
    scene = in_crate()
    scene.pack(label(CRATE), into=PALLET)
    scene.measure(500)
    scene.unpack(of=PALLET)
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


def recalled_pallet() -> Scene:
    """In a crate on a pallet that is recalled."""
    scene = in_crate()
    scene.pack(label(CRATE), into=PALLET)
    scene.recall(label(PALLET))
    return scene


def out_of_recalled_pallet() -> Scene:
    """Taken out of its crate alone, on the recalled pallet."""
    scene = recalled_pallet()
    scene.unpack(SYMBOL, of=CRATE)
    return scene


def out_of_recalled_crate() -> Scene:
    """The recalled crate was unpacked whole, and filled anew."""
    scene = in_crate()
    scene.recall(label(CRATE))
    scene.unpack(of=CRATE)
    scene.commission(pack_symbol("S003"))
    scene.pack(pack_symbol("S003"), into=CRATE)
    return scene


def sscc(number: int) -> str:
    """Digital Link of a logistic unit, its check digit by GS1 General Specifications 7.9."""
    digits = f"3950600013499{number:04}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits))
    return f"https://id.gs1.org/00/{digits}{-total % 10}"
