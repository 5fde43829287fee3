"""The hal of the unix port: every port that device/app.py asks for, from the environment.

COLDSEAL_DEVICE     directory with flash.img and the key store
COLDSEAL_BOARD      logger or scanner
COLDSEAL_STIMULI    file or FIFO of what happens (optional: without it time stands still)
COLDSEAL_SCREEN     file that the screen's text is appended to (optional)
COLDSEAL_SEED       repeatable "random" bytes, for simulations only (optional)
"""

import hashlib
import os
import select
import time

from firmware.device import ticks
from firmware.host import chips, entropy, flash, network
from firmware.host.display import HostDisplay
from firmware.host.engine import EngineUart
from firmware.host.keystore import FileKeystore
from firmware.host.stimuli import Stimuli
from firmware.host.world import IDLE_MS, World
from firmware.ports.console import SerialConsole
from firmware.ports.ds3231 import Ds3231
from firmware.ports.gm65 import Gm65
from firmware.ports.sensors import Sensors
from firmware.ports.ssd1306 import Ssd1306
from ledger_client.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICKS_START_MS = ticks.PERIOD_MS - 5000  # the wrap, once in 12 days on a board, comes at once
_SOURCES = ("firmware", "firmware/device", "firmware/ports", "firmware/host", "firmware/boards",
            "ledger_client/wire")


class Keypad:
    """Keys that were pressed since the last time."""

    def __init__(self) -> None:
        self._pressed: "list[str]" = []

    def press(self, name: str) -> None:
        self._pressed.append(name)

    def read(self) -> "list[str]":
        pressed, self._pressed = self._pressed, []
        return pressed


class HostHal:
    """One device on this machine."""

    boot_cause = codes.BOOT_POWER_ON

    def __init__(self, board: "Any", directory: str) -> None:
        self.board = board
        self._poll = select.poll()
        self._ticks_base: int = time.ticks_ms()  # type: ignore[attr-defined]
        self.entropy = entropy.source(os.getenv("COLDSEAL_SEED"))
        self.keys = FileKeystore(directory)
        self.flash = flash.open_flash(directory + "/flash.img", board.JOURNAL[1])
        self.console = SerialConsole(self._poll)
        self.network = network.HostNetwork(self.keys, self._poll)
        self.keypad = Keypad()
        self.image_sha256 = _image_sha256()
        self._build(board)

    def _build(self, board: "Any") -> None:
        """The board's parts, joined to their chips."""
        addresses = {driver: address for driver, _, address, _ in board.PARTS}
        sensor_chips = {one[3]: chips.Sht4xChip() for one in board.CHANNELS}
        on_bus: "dict[int, Any]" = {
            addresses["ds3231"]: chips.Ds3231Chip(lambda: self._world.now_ms),
            addresses["ssd1306"]: chips.Ssd1306Chip()}
        for address in sensor_chips:
            on_bus[address] = sensor_chips[address]
        bus = chips.I2cBus(on_bus)
        uart = EngineUart()
        self.rtc = Ds3231(bus, addresses["ds3231"])
        self.sensors = Sensors(board.CHANNELS, bus, lambda _: None)
        self.engine = Gm65(uart)
        self.display = HostDisplay(Ssd1306(bus, addresses["ssd1306"]),
                                   os.getenv("COLDSEAL_SCREEN"))
        by_channel = {one[0]: sensor_chips[one[3]] for one in board.CHANNELS
                      if one[1] == codes.QUANTITY_TEMPERATURE}
        stimuli = Stimuli(os.getenv("COLDSEAL_STIMULI"))
        self._stimuli = stimuli
        self._world = World(stimuli, {"sensors": by_channel, "engine": uart, "keypad": self.keypad,
                                      "network": self.network, "display": self.display}, self._idle)

    def ticks_ms(self) -> int:
        now: int = time.ticks_ms()  # type: ignore[attr-defined]
        return (now - self._ticks_base + TICKS_START_MS) & ticks.PERIOD_MS - 1

    def elapsed_ms(self) -> int:
        return self._world.now_ms - (self._world.start_ms or 0)

    def floor_ms(self) -> int:
        """Nothing is earlier than the start of virtual time, as the RTC tells it."""
        return (self._world.start_ms or 0) // 1000 * 1000

    def powered(self) -> bool:
        return self._world.power_on()

    def network_time_ms(self) -> "int | None":
        """Nobody tells a virtual time over SNTP."""
        return None

    def wait(self, app: "Any") -> bool:
        return self._world.wait(app)

    def restart(self, error: Exception) -> None:
        """A board starts anew; here whoever runs the device should see what went wrong."""
        raise error

    def log(self, text: str) -> None:
        print(text)

    def _idle(self, with_stimuli: bool) -> None:
        """Real time passes until something arrives, IDLE_MS at most."""
        watch = with_stimuli and self._stimuli.fifo
        if watch:
            self._poll.register(self._stimuli.file, select.POLLIN)
        self._poll.poll(IDLE_MS)
        if watch:
            self._poll.unregister(self._stimuli.file)


def _image_sha256() -> bytes:
    """What a board tells of its flashed image: here of the sources, names and contents."""
    image = hashlib.sha256()
    for folder in _SOURCES:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                image.update(name.encode())
                with open(folder + "/" + name, "rb") as file:
                    image.update(file.read())
    return image.digest()


def make_hal() -> HostHal:
    """The hal of this process; raises ValueError when the environment lacks something."""
    directory, name = os.getenv("COLDSEAL_DEVICE"), os.getenv("COLDSEAL_BOARD")
    if not directory or name not in ("logger", "scanner"):
        raise ValueError("set COLDSEAL_DEVICE to the device's directory and COLDSEAL_BOARD to "
                         "logger or scanner")
    board = __import__("firmware.boards." + name, None, None, ("PRODUCT",))
    return HostHal(board, directory)
