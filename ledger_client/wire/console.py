"""Console frames: provisioning and status over a serial line (host: a pipe).

A frame is one line: "~", base64 of (CBOR message + its CRC-32, big-endian), newline.  Any other
line is log text for a person and is skipped.  Request = [1, number, verb, * arguments]; answer =
[1, number, 0, * results] or [1, number, 1, error text].  The line carries no secret: keys are made
on the device and never leave it.
"""

import binascii

from ledger_client.wire import cbor, check
from ledger_client.wire.errors import WireError

VERSION = 1
LINE_BYTES = 4096  # bounds what a device buffers from a noisy line
IDENTIFY, PROVISION, STATUS, CLOSE = 1, 2, 3, 4
ANSWER_OK, ANSWER_ERROR = 0, 1


def encode(message: "list[object]") -> bytes:
    """The line of a message, newline included."""
    payload = cbor.encode(message)
    line = _line(payload + binascii.crc32(payload).to_bytes(4, "big"))
    _check_length(line)
    return line


def decode(line: bytes) -> "list[object] | None":
    """The message of a line, None for log text; raise WireError for a damaged frame."""
    line = line.strip() + b"\n"
    if line[:1] != b"~":
        return None
    _check_length(line)
    try:
        data = binascii.a2b_base64(line[1:])
    except ValueError:
        raise WireError("console.frame", "the frame is not base64")
    if _line(data) != line:  # both interpreters skip foreign characters and take any padding
        raise WireError("console.frame", "the frame is not base64 as it is written")
    if len(data) < 5 or binascii.crc32(data[:-4]).to_bytes(4, "big") != data[-4:]:
        raise WireError("console.frame", "the frame's CRC does not match")
    message = cbor.decode(data[:-4])
    if type(message) is not list or len(message) < 3:
        raise WireError("console.form", "not an array of at least three")
    check.version(message[0], VERSION, "console.form")
    check.uint(message[1], "console.form")
    check.uint(message[2], "console.form")
    return message


def _line(data: bytes) -> bytes:
    return b"~" + binascii.b2a_base64(data).rstrip(b"\n") + b"\n"


def _check_length(line: bytes) -> None:
    if len(line) > LINE_BYTES:
        raise WireError("console.bytes", "a line of %d bytes, more than %d"
                        % (len(line), LINE_BYTES))
