"""A device's console: requests and answers over a serial line, or over pipes."""

import select
import time
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ledger_client.errors import PipeFailed, UsageError
from ledger_client.wire import check, console
from ledger_client.wire.errors import WireError

ANSWER_S = 20.0  # a board makes its key and signs within this
BAUD = 115200


class Line(Protocol):
    """A byte line; `read` gives what is there within the time, b"" for nothing."""

    def write(self, data: bytes) -> None:
        """Send everything."""

    def read(self, timeout_s: float) -> bytes:
        """Some bytes, b"" when none came in time; PipeFailed when the line is closed."""


class PipeLine:
    """Two pipes, such as the standard streams of a simulated device."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink

    def write(self, data: bytes) -> None:
        self._sink.write(data)
        self._sink.flush()

    def read(self, timeout_s: float) -> bytes:
        ready, _, _ = select.select([self._source], [], [], timeout_s)
        if not ready:
            return b""
        data = self._source.read1(4096) if hasattr(self._source, "read1") \
            else self._source.read(1)
        if not data:
            raise PipeFailed("the device closed its console")
        assert isinstance(data, bytes)
        return data


class SerialLine:
    """A serial port, by pyserial."""

    def __init__(self, port: str) -> None:
        import serial
        try:
            self._serial = serial.serial_for_url(port, baudrate=BAUD, timeout=0)
        except serial.SerialException as error:
            raise UsageError(f"{port}: cannot be opened ({error}). Is the device plugged in, and "
                             "may this user read it (group dialout)?") from error

    def write(self, data: bytes) -> None:
        self._serial.write(data)

    def read(self, timeout_s: float) -> bytes:
        self._serial.timeout = timeout_s
        data: bytes = self._serial.read(max(1, self._serial.in_waiting))
        return data


@dataclass(frozen=True)
class Identity:
    """What a device says of itself; ledger and epoch are None before it is provisioned."""

    product: str
    board: str
    version: str
    public_key: bytes
    ledger: bytes | None
    epoch: int | None


@dataclass(frozen=True)
class Status:
    """How a device is doing."""

    queue: int
    cursor: int
    next_seq: int
    epoch: int
    unix_ms: int | None
    source: int
    used_permille: int
    link_up: bool


class DeviceConsole:
    """Asks one device; every answer is checked against its request's number."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._number = 0
        self._buffer = b""

    def identify(self) -> Identity:
        product, board, version, key, ledger, epoch = self._ask(console.IDENTIFY, 6)
        rule = "console.identity"
        return Identity(check.text(product, 64, rule), check.text(board, 64, rule),
                        check.text(version, 64, rule), check.sized(key, 64, rule),
                        check.sized_or_null(ledger, 32, rule), check.uint_or_null(epoch, rule))

    def provision(self, *, ledger: bytes, root: bytes, role: int, configuration: bytes,
                  gateways: list[bytes]) -> bytes:
        """The new key's proof of possession."""
        (proof,) = self._ask(console.PROVISION, 1, ledger, root, role, configuration, gateways,
                             None)
        if type(proof) is not bytes:
            raise WireError("console.proof", "the proof is a byte string")
        return proof

    def status(self) -> Status:
        rule = "console.status"
        values = self._ask(console.STATUS, 8)
        numbers = [check.uint_or_null(value, rule) for value in values]
        queue, cursor, next_seq, epoch, unix_ms, source, used, link = numbers
        return Status(queue or 0, cursor or 0, next_seq or 0, epoch or 0, unix_ms, source or 0,
                      used or 0, bool(link))

    def close_record(self) -> None:
        """Hand-over: an open telemetry record is closed and signed."""
        self._ask(console.CLOSE, 0)

    def _ask(self, verb: int, results: int, *arguments: object) -> list[object]:
        self._number += 1
        self._line.write(console.encode([console.VERSION, self._number, verb, *arguments]))
        deadline = time.monotonic() + ANSWER_S
        while True:
            message = self._message(deadline)
            if message[1] != self._number:
                continue  # the answer to a request that was given up
            if message[2] != console.ANSWER_OK:
                raise UsageError(f"the device refuses: {message[3]}")
            if len(message) != 3 + results:
                raise WireError("console.answer", f"the answer has not {results} parts")
            return message[3:]

    def _message(self, deadline: float) -> list[object]:
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                message = console.decode(line)
                if message is not None:
                    return message
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                raise PipeFailed(f"the device did not answer within {ANSWER_S:.0f} s. Is it on, "
                                 "and is this its console port?")
            self._buffer = (self._buffer + self._line.read(left))[-2 * console.LINE_BYTES:]
