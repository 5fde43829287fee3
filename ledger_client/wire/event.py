"""Device event body: [code, * detail]."""

from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError

# one letter per detail: u uint, U uint or null, f 0 or 1, h SHA-256, t text, B byte string,
# p pseudonym or null, q pseudonym
_DETAILS = {
    codes.EVENT_BOOT: "uth",
    codes.EVENT_CLOCK_SET: "",
    codes.EVENT_CLOCK_STEP: "Uuu",
    codes.EVENT_BATTERY: "uU",
    codes.EVENT_SENSOR_FAULT: "uu",
    codes.EVENT_SENSOR_RESTORED: "uu",
    codes.EVENT_DOOR: "f",
    codes.EVENT_TAMPER: "u",
    codes.EVENT_DISCARDED: "uuu",
    codes.EVENT_CONFIGURATION: "h",
    codes.EVENT_FIRMWARE: "th",
    codes.EVENT_ALARM_RAISED: "uu",
    codes.EVENT_ALARM_CLEARED: "uufp",
    codes.EVENT_CUSTODY_BROKEN: "B",
    codes.EVENT_BEACON: "h",
    codes.EVENT_CRASH: "tt",
    codes.EVENT_OPERATOR: "qf",
}


def decode(body: bytes) -> "tuple[int, list[object]]":
    """(code, details) of a known event, every rule of form checked."""
    value = cbor.decode(body)
    if type(value) is not list or not value:
        raise WireError("event.parts", "an event is an array that starts with its code")
    code, details = check.uint(value[0], "event.code"), value[1:]
    if code not in _DETAILS:
        raise WireError("event.code", "event %d is unknown" % code)
    shape = _DETAILS[code]
    if len(details) != len(shape):
        raise WireError("event.parts", "event %d has %d details" % (code, len(shape)))
    for letter, detail in zip(shape, details):
        _check_detail(letter, detail)
    return code, details


def _check_detail(letter: str, detail: object) -> None:
    rule = "event.detail"
    if letter == "u":
        check.uint(detail, rule)
    elif letter == "U":
        check.uint_or_null(detail, rule)
    elif letter == "f":
        if check.uint(detail, rule) > 1:
            raise WireError(rule, "not 0 or 1")
    elif letter == "h":
        check.sized(detail, 32, rule)
    elif letter == "t":
        check.text(detail, codes.TEXT, rule)
    elif letter == "B":
        if type(detail) is not bytes:
            raise WireError(rule, "not a byte string")
    elif letter == "p":
        check.sized_or_null(detail, 16, rule)
    else:
        check.sized(detail, 16, rule)
