"""The person's side of a board: display and buzzer."""

from machine import PWM, Pin

from firmware.device import screen, ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TONE_HZ = 2700  # where small piezo buzzers are loudest
_ON, _OFF = 32768, 0  # duty of 65536


class BoardDisplay:
    """`driver` draws rows; `buzzer` is a pin number or None.  `pump` goes on with a pattern."""

    def __init__(self, driver: "Any", buzzer: "int | None", ticks_ms: "Callable[[], int]") -> None:
        self._driver = driver
        self._pwm = None if buzzer is None else PWM(Pin(buzzer), freq=_TONE_HZ, duty_u16=_OFF)
        self._ticks_ms = ticks_ms
        self._pattern: "list[int]" = []  # sound and silence in turn, as long as each lasts
        self._sounding = False
        self._until = 0

    def show(self, unix_ms: "int | None", signal: str, rows: "list[str]") -> None:
        self._driver.show(rows)
        if signal in screen.BEEPS:
            self._pattern = list(screen.BEEPS[signal])
            self._sounding, self._until = False, self._ticks_ms()
            self.pump()

    def pump(self) -> None:
        """Switch the buzzer when a part of the pattern is over."""
        if self._pwm is None or not ticks.reached(self._until, self._ticks_ms()):
            return
        self._sounding = bool(self._pattern) and not self._sounding
        self._pwm.duty_u16(_ON if self._sounding else _OFF)
        if self._pattern:
            self._until = self._until + self._pattern.pop(0) & ticks.PERIOD_MS - 1
