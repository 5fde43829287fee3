"""Console lines as they come from a serial port: noise, line ends, damage."""

import pytest

from ledger_client.wire import console
from ledger_client.wire.errors import WireError
from tests.device.wire_vectors import refusal

MESSAGE: list[object] = [1, 7, console.IDENTIFY]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b" \r\n"])
@pytest.mark.parametrize("start", [b"", b" ", b"\r"])
def test_line_ends_and_blanks_around_do_not_matter(start: bytes, end: bytes) -> None:
    assert console.decode(start + console.encode(MESSAGE)[:-1] + end) == MESSAGE


def test_every_damaged_character_is_noticed() -> None:
    line = console.encode(MESSAGE)
    for at in range(1, len(line) - 1):
        for other in (line[at] ^ 1, line[at] ^ 0x20, 0x2A, 0xFF):
            with pytest.raises(WireError):
                console.decode(line[:at] + bytes((other,)) + line[at + 1:])


def test_what_does_not_begin_with_a_tilde_is_for_a_person() -> None:
    for line in (b"", b"\n", b"I (31) boot\r\n", console.encode(MESSAGE)[1:], b"x" * 9000):
        assert console.decode(line) is None


def test_a_line_is_no_longer_than_a_device_buffers() -> None:
    longest = max(size for size in range(4000) if not refusal(
        console.encode, [1, 7, 0, bytes(size)]))
    assert console.LINE_BYTES - 4 < len(console.encode([1, 7, 0, bytes(longest)])) \
        <= console.LINE_BYTES
