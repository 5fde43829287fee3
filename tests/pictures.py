"""What a scanner sees in a picture: PNG pixels, and the symbols in them."""

import struct
import zlib

import zxingcpp


def luminance(png: bytes) -> memoryview:
    """Rows of grey pixels of a PNG with 8-bit RGB or RGBA (PNG specification, filters 0 to 4)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed, header = 8, b"", b""
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4:at + 8], png[at + 8:at + 8 + size]
        header = data if kind == b"IHDR" else header
        packed += data if kind == b"IDAT" else b""
        at += size + 12
    width, height, depth, colour = struct.unpack_from(">IIBB", header)
    assert depth == 8
    step = {2: 3, 6: 4}[colour]
    raw, before, grey = zlib.decompress(packed), bytearray(width * step), bytearray()
    for row in range(height):
        start = row * (width * step + 1)
        before = _unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + width * step]),
                             before, step)
        grey += bytes(before[1::step])  # green
    return memoryview(bytes(grey)).cast("B", [height, width])


def _unfiltered(kind: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    if kind in (0, 2):
        return row if kind == 0 else bytearray((one + up) & 0xFF
                                               for one, up in zip(row, above, strict=True))
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        row[at] = row[at] + _predicted(kind, left, above[at], corner) & 0xFF
    return row


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:  # left or average; the two others are done
        return (left + up) // 2 if kind == 3 else left
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))  # Paeth


def seen(pixels: memoryview) -> list[tuple[str, bytes]]:
    """(AIM identifier, bytes) of every symbol, as a barcode engine gives them."""
    found = zxingcpp.read_barcodes(pixels)
    return [(one.symbology_identifier, one.bytes) for one in found]
