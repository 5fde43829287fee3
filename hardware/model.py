"""What a part and a board are: the schema of hardware/parts/*.toml and hardware/boards/*.toml.

Units are in the names; `_mv` pairs are the lowest and the highest value, ends included.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hardware.toml_reader import read

Range = tuple[int, int]


@dataclass(frozen=True)
class RefusedPins:
    """Pins of a controller that nothing may be wired to."""

    pins: tuple[int, ...]
    why: str


@dataclass(frozen=True)
class Controller:
    """What the pins of a microcontroller can do."""

    family: str
    frequency_hz: int
    flash_bytes: int
    exists: tuple[Range, ...]
    adc: Range
    adc_mv_max: int
    wake: Range
    i2c_ids: tuple[int, ...]
    uart_ids: tuple[int, ...]
    usb: tuple[int, int]  # D-, D+
    refused: tuple[RefusedPins, ...]


@dataclass(frozen=True)
class Quantity:
    """What a sensor measures, in thousandths of the quantity's unit."""

    resolution_milli: int
    range_milli: Range
    accuracy_milli: int


@dataclass(frozen=True)
class Part:
    """One orderable part, from its data sheet."""

    name: str
    maker: str
    role: str
    source: str
    bus: str  # i2c, uart, usb or none
    terminals: dict[str, str]
    addresses: tuple[int, ...] = ()
    bauds: tuple[int, ...] = ()
    bus_hz_max: int = 0
    supply_mv: Range | None = None
    current_ua_max: int = 0
    current_ua_sleep: int = 0
    output_mv: Range | None = None
    output_ma_max: int = 0
    drift_ppm: int | None = None
    signals: tuple[str, ...] = ()
    quantities: dict[str, Quantity] = field(default_factory=dict)
    controller: Controller | None = None


@dataclass(frozen=True)
class Placed:
    """A part on a board; its reference (U1) is its key there."""

    part: str
    rail: str | None = None
    address: int | None = None
    fitted: bool = True
    channels: dict[str, int] = field(default_factory=dict)  # quantity -> channel of telemetry
    signals: dict[str, int] = field(default_factory=dict)  # signal of the part -> pin
    serves: str | None = None  # buttons.<name>, outputs.<name> or keypad


@dataclass(frozen=True)
class Rail:
    """A supply and the part that feeds it."""

    supply_mv: Range
    fed_by: str


@dataclass(frozen=True)
class I2c:
    """The one I2C bus."""

    id: int
    sda: int
    scl: int
    frequency_hz: int
    pull_up_ohm: int


@dataclass(frozen=True)
class Uart:
    """The one UART; tx and rx as the controller sees them."""

    id: int
    tx: int
    rx: int
    baud: int


@dataclass(frozen=True)
class Keypad:
    """A key matrix; `keys` are names by row, "" where a key has no function."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    keys: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Battery:
    """How the cell's voltage reaches an ADC pin: rail - ohms - pin - ohms - ground."""

    pin: int
    rail: str
    divider_ohm: tuple[int, int]


@dataclass(frozen=True)
class Partition:
    """A range of flash, as ESP-IDF's partition table names it."""

    type: str
    subtype: str
    offset: int
    bytes: int


@dataclass(frozen=True)
class BoardFile:
    """One hardware/boards/*.toml."""

    product: str  # logger or scanner
    name: str
    sleeps: bool
    gc_threshold_bytes: int
    i2c: I2c
    battery: Battery
    rails: dict[str, Rail]
    parts: dict[str, Placed]
    partitions: dict[str, Partition]
    outputs: dict[str, int] = field(default_factory=dict)
    buttons: dict[str, int] = field(default_factory=dict)
    uart: Uart | None = None
    keypad: Keypad | None = None


@dataclass(frozen=True)
class Board:
    """A board file, and the parts that it names: `catalogue` is by part file name."""

    file: str
    design: BoardFile
    catalogue: dict[str, Part]

    @property
    def controller(self) -> Controller:
        """The controller; the rules see to it that there is one."""
        return next(part.controller for _, _, part in self.placed() if part.controller)

    def placed(self) -> Iterator[tuple[str, Placed, Part]]:
        """(reference, placed, part) of every part whose description exists."""
        for reference, placed in self.design.parts.items():
            if placed.part in self.catalogue:
                yield reference, placed, self.catalogue[placed.part]


def load(folder: Path) -> list[Board]:
    """Every board of `folder` (boards/, parts/); raise HardwareError for a file of another form."""
    catalogue = {path.stem: read(path, Part) for path in sorted(folder.glob("parts/*.toml"))}
    return [
        Board(f"boards/{path.name}", read(path, BoardFile), catalogue)
        for path in sorted(folder.glob("boards/*.toml"))
    ]
