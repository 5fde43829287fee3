"""The hal of an ESP32-S3 board: every port that device/app.py asks for, from the board module."""

import gc
import hashlib
import os
import time

import machine
import micropython
from esp32 import Partition

from firmware.ports.console import SerialConsole
from firmware.ports.display import BoardDisplay
from firmware.ports.ds3231 import Ds3231
from firmware.ports.gm65 import Gm65
from firmware.ports.keypad import Keypad
from firmware.ports.nvs import NvsKeystore
from firmware.ports.partition import SECTOR_BYTES, PartitionFlash
from firmware.ports.radio import Radio
from firmware.ports.sensors import Sensors
from firmware.ports.ssd1306 import Ssd1306
from firmware.ports.timebase import Timebase
from ledger_client.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BUILD_MS = 1_790_000_000_000  # no clock is right before this firmware was made
WATCHDOG_MS = 60 * 1000  # longer than any one turn, a TLS handshake included
SLEEP_MS_MAX = 30 * 1000  # half of it: each wake feeds the watchdog
TURN_MS = 5  # between turns while awake
AWAKE_MS = 2 * 60 * 1000  # a logger gives up a dead network for this time after a record
_CAUSES = {machine.PWRON_RESET: codes.BOOT_POWER_ON, machine.HARD_RESET: codes.BOOT_RESET,
           machine.SOFT_RESET: codes.BOOT_RESET, machine.WDT_RESET: codes.BOOT_WATCHDOG}


class BoardHal:
    """One board.  The watchdog comes first and is fed by turns only."""

    def __init__(self, board: "Any") -> None:
        self._watchdog = machine.WDT(timeout=WATCHDOG_MS)
        machine.freq(board.CPU_HZ)
        gc.threshold(board.GC_THRESHOLD)  # type: ignore[attr-defined]
        micropython.kbd_intr(-1)  # the console is for frames: no way into the interpreter
        self.board = board
        self.boot_cause = _CAUSES.get(machine.reset_cause(), codes.BOOT_UNKNOWN)
        self.keys = NvsKeystore()
        self.flash = PartitionFlash(*board.JOURNAL)
        self.network = Radio(self.keys)
        self.console = SerialConsole()
        self.entropy = os.urandom
        self.image_sha256 = self._image_sha256()
        self._awake_since_ms = 0
        self._valid = False
        self._build(board)

    def _build(self, board: "Any") -> None:
        number, sda, scl, hz = board.I2C
        i2c = machine.I2C(number, sda=machine.Pin(sda), scl=machine.Pin(scl), freq=hz)
        parts = {driver: address for driver, _, address, fitted in board.PARTS if fitted}
        outputs = dict(board.OUTPUTS)
        self._timebase = self.rtc = Timebase(Ds3231(i2c, parts["ds3231"]), self.ticks_ms)
        self.sensors = Sensors(board.CHANNELS, i2c, _sleep_ms)
        self.display = BoardDisplay(Ssd1306(i2c, parts["ssd1306"]), outputs.get("buzzer"),
                                    self.ticks_ms)
        self.keypad = Keypad(board.BUTTONS, board.KEYPAD)
        self.engine = None
        if board.UART is not None:
            number, tx, rx, baud = board.UART
            self.engine = Gm65(machine.UART(number, baudrate=baud, tx=tx, rx=rx, rxbuf=8192))

    def ticks_ms(self) -> int:
        return int(time.ticks_ms())  # type: ignore[attr-defined]

    def elapsed_ms(self) -> int:
        return self._timebase.elapsed_ms()

    def floor_ms(self) -> int:
        return BUILD_MS

    def powered(self) -> bool:
        return True

    def network_time_ms(self) -> "int | None":
        return self.network.network_time_ms()

    def restart(self, error: Exception) -> None:
        self.log("restart after %r" % error)
        machine.reset()

    def log(self, text: str) -> None:
        print(text)

    def wait(self, app: "Any") -> bool:
        """Until the next turn; True: what the app had scheduled is due."""
        self._watchdog.feed()
        self.display.pump()
        if app.booted and not self._valid:
            self._valid = True
            Partition.mark_app_valid_cancel_rollback()
        due_ms, now_ms = app.due_ms(), self.elapsed_ms()
        if due_ms is not None and due_ms <= now_ms:
            self._awake_since_ms = now_ms
            return True
        awake = due_ms is None or not app.booted \
            or (not app.settled() and now_ms - self._awake_since_ms < AWAKE_MS)
        self.network.wanted(awake)
        if awake:
            _sleep_ms(TURN_MS)
        else:
            machine.lightsleep(min(due_ms - now_ms, SLEEP_MS_MAX))
            self._timebase.awake()
        return False

    def _image_sha256(self) -> bytes:
        """Of the whole partition that runs, so that a changed byte anywhere shows."""
        running = Partition(Partition.RUNNING)
        image, block = hashlib.sha256(), bytearray(SECTOR_BYTES)
        for number in range(running.info()[3] // SECTOR_BYTES):
            running.readblocks(number, block)
            image.update(block)
        return image.digest()


def _sleep_ms(pause_ms: int) -> None:
    time.sleep_ms(pause_ms)  # type: ignore[attr-defined]


def make_hal() -> BoardHal:
    """The hal of the board whose module the image holds; the manifest freezes exactly one."""
    for name in ("logger", "scanner"):
        try:
            board = __import__("firmware.boards." + name, None, None, ("PRODUCT",))
        except ImportError:
            continue
        return BoardHal(board)
    raise ValueError("the image holds no board module: build it with board=logger or scanner")
