"""Device events: every code, and what breaks each detail."""

from ledger_client.wire import cbor
from tests.generators.cases.common import HASH, NONCE, Case, Subject, invalid, valid

_VALID: list[tuple[str, list[object]]] = [
    ("boot", [1, 1, "0.1.0", HASH]), ("clock set", [2]),
    ("clock step", [3, 1000, 2000, 2]), ("clock step from no time", [3, None, 2000, 3]),
    ("battery", [4, 3700, 85]), ("battery without a gauge", [4, 2900, None]),
    ("sensor fault", [5, 1, 2]), ("sensor restored", [6, 1, 12]),
    ("door opened", [7, 1]), ("door closed", [7, 0]), ("tamper", [8, 1]),
    ("readings discarded", [9, 1000, 301000, 2]), ("configuration applied", [10, HASH]),
    ("firmware changed", [11, "0.2.0", HASH]), ("local alarm raised", [12, 1, 0]),
    ("local alarm acknowledged", [13, 1, 0, 1, NONCE]),
    ("local alarm cleared", [13, 1, 0, 0, None]), ("custody broken", [14, b"\xd2\x84"]),
    ("beacon", [15, HASH]), ("crash", [16, "logger.sample", "OSError 110"]),
    ("operator in", [17, NONCE, 1]), ("operator out", [17, NONCE, 0]),
    ("64 characters", [16, "x" * 64, ""]),
]
_INVALID: list[tuple[str, object, str]] = [
    ("no code", [], "event.parts"), ("a map", {}, "event.parts"), ("a number", 2, "event.parts"),
    ("code 0", [0], "event.code"), ("code 18", [18], "event.code"),
    ("code is text", ["2"], "event.code"), ("code true", [True], "event.code"),
    ("code below 0", [-2], "event.code"),
    ("clock set with a detail", [2, 0], "event.parts"), ("boot without hash", [1, 1, "v"],
                                                       "event.parts"),
    ("cause null", [1, None, "v", HASH], "event.detail"),
    ("version of 65 characters", [1, 1, "v" * 65, HASH], "event.detail"),
    ("version is bytes", [1, 1, b"v", HASH], "event.detail"),
    ("hash of 31 bytes", [10, HASH[:31]], "event.detail"),
    ("hash null", [15, None], "event.detail"),
    ("after_ms null", [3, 0, None, 2], "event.detail"),
    ("before_ms below 0", [3, -1, 0, 2], "event.detail"),
    ("percent true", [4, 3700, True], "event.detail"),
    ("channel below 0", [5, -1, 2], "event.detail"), ("door 2", [7, 2], "event.detail"),
    ("door true", [7, True], "event.detail"), ("acknowledged 2", [13, 1, 0, 2, None],
                                              "event.detail"),
    ("pseudonym of 15 bytes", [13, 1, 0, 1, NONCE[:15]], "event.detail"),
    ("ack is text", [14, "ack"], "event.detail"), ("operator null", [17, None, 1], "event.detail"),
    ("operator in is 2", [17, NONCE, 2], "event.detail"),
    ("text null", [16, "place", None], "event.detail"),
]


def _case(name: str, value: list[object]) -> Case:
    return valid(name, "event", cbor.encode(value), {"code": value[0], "detail": value[1:]})


SUBJECT = Subject(
    "Bodies of device events", [_case(name, value) for name, value in _VALID],
    [invalid(name, "event", cbor.encode(value), rule) for name, value, rule in _INVALID])
