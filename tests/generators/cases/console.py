"""Console lines: frames and log text; hex is that of the line, newline included."""

import binascii

from ledger_client.wire import cbor, console
from tests.generators.cases.common import (
    DEVICE,
    LEDGER,
    Case,
    Subject,
    invalid,
    refused_value,
    valid_value,
)

_LONGEST = 3058  # bytes of a result in the longest line: 4094, the next is 4098


def _frame(payload: bytes) -> bytes:
    """The line of any bytes, right or wrong ones."""
    crc = binascii.crc32(payload).to_bytes(4, "big")
    return b"~" + binascii.b2a_base64(payload + crc)


def _message(name: str, message: list[object]) -> Case:
    return valid_value(name, "console", _frame(cbor.encode(message)), message)


def _valid() -> list[Case]:
    text = {"log text": b"I (312) boot: ESP32-S3\r\n", "an empty line": b"\r\n",
            "a tilde inside": b"load ~ 3 %\n"}
    return [
        _message("identify", [1, 1, console.IDENTIFY]),
        _message("answer to identify", [1, 1, 0, "logger", "bench", "0.1.0", DEVICE.public_key,
                                        None, 1]),
        _message("provision", [1, 2, console.PROVISION, LEDGER, "https://id.gs1.org/417/1"]),
        _message("an error", [1, 2, 1, "not provisioned"]),
        _message("the longest line", [1, 3, 0, bytes(_LONGEST)]),
        *[valid_value(name, "console", line, None) for name, line in text.items()]]


def _invalid() -> list[Case]:
    good = _frame(cbor.encode([1, 1, 1]))
    bad_crc = b"~" + binascii.b2a_base64(cbor.encode([1, 1, 1]) + bytes(4))
    lines = [
        ("nothing after the tilde", b"~\n", "console.frame"),
        ("one base64 character", b"~A\n", "console.frame"),
        ("no base64", b"~\xff\xfe\xfd\n", "console.frame"),
        ("a CRC of zeros", bad_crc, "console.frame"),
        ("a character lost", good[:4] + good[5:], "console.frame"),
        ("a foreign character inside", good[:5] + b"*" + good[5:], "console.frame"),
        ("a space inside", good[:5] + b" " + good[5:], "console.frame"),
        ("padding without need", good[:-1] + b"==\n", "console.frame"),
        ("no payload", _frame(b""), "console.frame"),
        ("payload is no CBOR", _frame(b"\xff"), "cbor.indefinite"),
        ("two items", _frame(cbor.encode([1, 1, 1]) * 2), "cbor.trailing"),
        ("a map", _frame(cbor.encode({})), "console.form"),
        ("two parts", _frame(cbor.encode([1, 1])), "console.form"),
        ("version 2", _frame(cbor.encode([2, 1, 1])), "console.form"),
        ("version true", _frame(cbor.encode([True, 1, 1])), "console.form"),
        ("number below 0", _frame(cbor.encode([1, -1, 1])), "console.form"),
        ("verb is text", _frame(cbor.encode([1, 1, "identify"])), "console.form"),
        ("a line too long", _frame(cbor.encode([1, 3, 0, bytes(_LONGEST + 1)])), "console.bytes")]
    cases = [invalid(name, "console", line, rule) for name, line, rule in lines]
    return [*cases, refused_value("a message too long to encode", "console message",
                                  [1, 3, 0, "x" * 4000], "console.bytes")]


SUBJECT = Subject(
    "Lines of the console; the fields are the message, or null for text that is for a person",
    _valid(), _invalid())
