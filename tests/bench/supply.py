"""A trading circle's quarter for measurements: packs in crates on pallets, a logger with each
pallet, ninety days; every record signed, every block sealed, judged by the real rules.

A pallet lives for eighteen days: packed and shipped on the first, received and put away on the
third, its logger detached and everything unpacked on the seventeenth.  Then its logger goes with
the next one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ledger_client.core.entry import Submission
from ledger_client.wire import codes, telemetry
from tests.world import (
    BOOT_MS,
    PHARMACY_PARTY,
    START_MS,
    Device,
    World,
    label,
    pack_symbol,
)

PACKS_A_CRATE = 50
CRATES_A_PALLET = 8
PALLETS_A_LOGGER = 5  # one after the other
PACKS_A_PALLET = PACKS_A_CRATE * CRATES_A_PALLET
PACKS_A_LOT = 10_000
LIFE_DAYS, RECEIVED_DAY, UNPACKED_DAY = 18, 2, 16
WARM_DAY, WARM_READINGS = 5, range(100, 124)  # two hours at 12 degC
WARM_LOGGERS = 10  # one in so many has that
DAY_MS = 24 * 3600 * 1000
INTERVAL_MS = 300_000
READINGS_A_DAY = DAY_MS // INTERVAL_MS
PATTERNS = 16  # different days of readings
PLACES = 20
SCANNERS = 10  # of each organisation
BLOCK_BYTES = codes.BLOCK_BYTES - 1024
BATCH = 16  # blocks handed in together, as after an hour offline
BLOCK_RECORDS = 128  # a few minutes of a site


def sscc(number: int) -> str:
    """The maker's logistic unit of that number."""
    digits = f"{number // 10 ** 6}9506000134{number % 10 ** 6:06}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits))
    return f"https://id.gs1.org/00/{digits}{-total % 10}"


def crate(number: int) -> str:
    return sscc(number)


def pallet(number: int) -> str:
    return sscc(5_000_000 + number)


def giai(number: int) -> str:
    return f"https://id.gs1.org/8004/9506000134L{number}"


def place(number: int) -> str:
    return f"https://id.gs1.org/414/9521321000018/254/{number}"


def serial(number: int) -> str:
    return f"S{number:07}"


def lot(number: int) -> str:
    """Lot of the pack with a number."""
    return f"LOT{number // PACKS_A_LOT}"


@lru_cache(maxsize=PATTERNS * 4)
def day_of_readings(pattern: int, warm: bool, elapsed_ms: int) -> list[object]:
    """A body: one reading every five minutes of the day that ends at `elapsed_ms`."""
    first_ms = elapsed_ms - INTERVAL_MS * (READINGS_A_DAY - 1)
    readings = [(first_ms + INTERVAL_MS * at,
                 1200 if warm and at in WARM_READINGS else 400 + (at * 37 + pattern * 11) % 130)
                for at in range(READINGS_A_DAY)]
    return [telemetry.encode_series(1, codes.QUANTITY_TEMPERATURE, -2, elapsed_ms, readings)]


@dataclass
class Supply:
    """`packs` on the ledger of a world, when every batch of `batches` is registered."""

    world: World
    packs: int
    measured: bool = True  # False: loggers say nothing
    makers: list[Device] = field(default_factory=list)
    pharmacies: list[Device] = field(default_factory=list)
    loggers: list[Device] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.packs % PACKS_A_PALLET == 0, "pallets are full"
        self.pallets = self.packs // PACKS_A_PALLET
        count = -(-self.pallets // PALLETS_A_LOGGER)
        self.makers = [self.world.device(f"maker {at}", self.world.maker)
                       for at in range(SCANNERS)]
        self.pharmacies = [self.world.device(f"pharmacy {at}", self.world.pharmacy)
                           for at in range(SCANNERS)]
        self.loggers = [self.world.device(f"logger {at}", self.world.maker, giai(at))
                        for at in range(count)]
        self.readings = self.measured * count * READINGS_A_DAY * LIFE_DAYS * PALLETS_A_LOGGER

    def batches(self) -> Iterator[list[Submission]]:
        """Blocks in the order of time; the world's clock goes with them."""
        self.world.product()
        yield from self._sealed([device.boot() for device in
                                 [*self.makers, *self.pharmacies, *self.loggers]])
        for turn in range(PALLETS_A_LOGGER):
            for day in range(LIFE_DAYS):
                yield from self._sealed(self._day(turn, day))

    def _day(self, turn: int, day: int) -> Iterator[bytes]:
        """What is recorded on one day, all at noon; loggers report at its end."""
        first = turn * len(self.loggers)
        pallets = range(first, min(first + len(self.loggers), self.pallets))
        self._clock(START_MS + (turn * LIFE_DAYS + day) * DAY_MS + DAY_MS // 2)
        acts = {0: self._pack, RECEIVED_DAY: self._receive, UNPACKED_DAY: self._unpack}
        if day in acts:
            for number in pallets:
                yield from acts[day](number, number - first)
        self._clock(START_MS + (turn * LIFE_DAYS + day + 1) * DAY_MS)
        for at, logger in enumerate(self.loggers if self.measured else []):
            body = day_of_readings((at + day) % PATTERNS, day == WARM_DAY and
                                   at % WARM_LOGGERS == 0, self.world.now_ms - BOOT_MS)
            yield logger.sign(codes.KIND_TELEMETRY, body)

    def _clock(self, now_ms: int) -> None:
        self.world.now_ms = now_ms
        for device in [*self.makers, *self.pharmacies, *self.loggers]:
            device.now_ms = now_ms

    def _pack(self, number: int, logger: int) -> Iterator[bytes]:
        by = self.makers[number % SCANNERS]
        units = [crate(number * CRATES_A_PALLET + at) for at in range(CRATES_A_PALLET)]
        on = label(pallet(number))
        yield by.scan(codes.ACTION_COMMISSION, [on, *map(label, units)])
        for at, unit in enumerate(units):
            first = number * PACKS_A_PALLET + at * PACKS_A_CRATE
            things = [pack_symbol(serial(one), lot(one))
                      for one in range(first, first + PACKS_A_CRATE)]
            yield by.scan(codes.ACTION_COMMISSION, things)
            yield by.scan(codes.ACTION_PACK, things, parent=label(unit))
        yield by.scan(codes.ACTION_ATTACH, [label(giai(logger))], parent=on)
        yield by.scan(codes.ACTION_PACK, list(map(label, units)), parent=on)
        yield by.scan(codes.ACTION_SHIP, [on], party=PHARMACY_PARTY)

    def _receive(self, number: int, logger: int) -> Iterator[bytes]:
        by, on = self.pharmacies[number % SCANNERS], label(pallet(number))
        yield by.scan(codes.ACTION_RECEIVE, [on])
        yield by.scan(codes.ACTION_PUT_AWAY, [on], place=place(number % PLACES))

    def _unpack(self, number: int, logger: int) -> Iterator[bytes]:
        by, on = self.pharmacies[number % SCANNERS], label(pallet(number))
        yield by.scan(codes.ACTION_DETACH, [label(giai(logger))], parent=on)
        yield by.scan(codes.ACTION_UNPACK, [], parent=on)

    def _sealed(self, records: Iterator[bytes] | Sequence[bytes]) -> Iterator[list[Submission]]:
        blocks: list[Submission] = []
        waiting: list[bytes] = []
        size = 0
        for record in records:
            if waiting and (size + len(record) > BLOCK_BYTES or len(waiting) == BLOCK_RECORDS):
                blocks.append(self.world.gateway.seal(waiting, self.world.now_ms))
                waiting, size = [], 0
            if len(blocks) == BATCH:
                yield blocks
                blocks = []
            waiting.append(record)
            size += len(record) + 16
        if waiting:
            blocks.append(self.world.gateway.seal(waiting, self.world.now_ms))
        yield blocks
