"""SSD1306 display, 128 x 64, over I2C: sixteen by eight characters (datasheet revision 1.1)."""

import framebuf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WIDTH, HEIGHT, CHARACTER = 128, 64, 8
_COMMANDS, _DATA = b"\x00", b"\x40"  # control bytes (section 8.1.5.2)
_START = (0xAE,  # display off while it is set up
          0xD5, 0x80, 0xA8, HEIGHT - 1, 0xD3, 0x00, 0x40,  # clock, rows, offset, start line
          0x20, 0x00,  # horizontal addressing: one write fills the screen
          0xA1, 0xC8, 0xDA, 0x12,  # column and row order of the common modules
          0x81, 0xCF, 0xD9, 0xF1, 0xDB, 0x30, 0xA4, 0xA6,  # contrast, precharge, not inverted
          0x8D, 0x14, 0xAF)  # charge pump on, display on
_WHOLE = (0x21, 0, WIDTH - 1, 0x22, 0, HEIGHT // CHARACTER - 1)


class Ssd1306:
    """`i2c` is machine.I2C or a bus of simulated chips."""

    def __init__(self, i2c: "Any", address: int) -> None:
        self._i2c = i2c
        self._address = address
        self._frame = bytearray(_DATA) + bytearray(WIDTH * HEIGHT // 8)
        self._pixels = framebuf.FrameBuffer(memoryview(self._frame)[1:], WIDTH, HEIGHT,
                                            framebuf.MONO_VLSB)
        self._i2c.writeto(address, _COMMANDS + bytes(_START))

    def show(self, rows: "list[str]") -> None:
        """Draw eight rows of at most sixteen characters."""
        self._pixels.fill(0)
        for place, row in enumerate(rows):
            self._pixels.text(row, 0, place * CHARACTER)
        self._i2c.writeto(self._address, _COMMANDS + bytes(_WHOLE))
        self._i2c.writeto(self._address, self._frame)
