"""The channels of a board, read once a sample: each sensor is asked once, whatever it measures."""

from firmware.ports import sht4x
from ledger_client.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PLACES = {codes.QUANTITY_TEMPERATURE: 0, codes.QUANTITY_HUMIDITY: 1}  # in what a sensor measures


class Sensors:
    """`channels`: (channel, quantity, driver, address) of the board module."""

    def __init__(self, channels: "tuple[tuple[int, int, str, int], ...]", i2c: "Any",
                 sleep_ms: "Callable[[int], None]") -> None:
        self._channels = channels
        self._sensors = {}
        for _, _, driver, address in channels:
            if driver != "sht4x":
                raise ValueError("board: no driver %s for a channel, only sht4x" % driver)
            self._sensors[address] = sht4x.Sht4x(i2c, address, sleep_ms)

    def read(self) -> "list[tuple[int | None, int]]":
        """(value in 10^-2 of the unit, 0) or (None, fault) for every channel, in their order."""
        measured = {}
        for address in self._sensors:
            measured[address] = self._measure(address)
        readings: "list[tuple[int | None, int]]" = []
        for _, quantity, _, address in self._channels:
            values, fault = measured[address]
            readings.append((None, fault) if values is None else (values[_PLACES[quantity]], 0))
        return readings

    def _measure(self, address: int) -> "tuple[tuple[int, int] | None, int]":
        try:
            return self._sensors[address].measure(), 0
        except OSError:
            return None, codes.FAULT_NO_ANSWER
        except sht4x.ChecksumError:
            return None, codes.FAULT_CHECKSUM
        except sht4x.ImplausibleError:
            return None, codes.FAULT_IMPLAUSIBLE
