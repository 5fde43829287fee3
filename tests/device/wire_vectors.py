"""Golden vectors of the wire formats, replayed in the subset that both interpreters share.

`micropython tests/device/wire_vectors.py tests/vectors` prints the number of cases of every file
and stops at the first that does not come out as written; with "verdicts" and a file of lines
"<format> <elapsed_ms> <hex>" it prints what each is found to be.  Tests in tests/unit/wire run the
same functions on CPython.
"""

import json
import sys

from ledger_client.wire import (
    cbor,
    codes,
    configuration,
    console,
    cose,
    event,
    record,
    scan,
    session,
    telemetry,
)
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Case = dict[str, Any]

SUBJECTS = ("cbor", "configuration", "console", "cose", "event", "record", "scan", "session",
            "telemetry")
LEDGER = bytes(range(32))  # the ledger id that every signed vector is for

# MicroPython's named tuples do not tell their fields.
CLOCK = ("unix_ms", "source", "error_ms", "timebase", "elapsed_ms")
RECORD = ("kid", "digest", "signature", "version", "epoch", "seq", "prev", "clock", "kind", "body")
SERIES = ("channel", "quantity", "exponent", "runs", "values")
SCAN = ("action", "symbols", "parent", "party", "place", "operator", "ref", "reason", "shown")
HELLO = ("kid", "epoch", "first_seq", "next_seq", "best_ack", "nonce")
ACK = ("kid", "epoch", "from_seq", "to_seq", "digest", "registered_seq", "journal_id", "unix_ms",
       "error_ms", "source", "nonce", "app_hash")
COMMAND = ("kid", "counter", "not_after_ms", "code", "nonce", "detail")
POSSESSION = ("root", "role", "thumbprint", "replaces")


def plain(value: object) -> object:
    """A decoded value as JSON holds it: bytes as {"bytes": hex}, a map as {"map": [pairs]}."""
    if type(value) is bytes:
        return {"bytes": value.hex()}
    if type(value) is dict:
        keys = sorted(value, key=cbor.encode)
        return {"map": [[plain(key), plain(value[key])] for key in keys]}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def named(names: "tuple[str, ...]", values: "Any") -> "Case":
    assert len(names) == len(values)
    return {name: plain(value) for name, value in zip(names, values)}


def same(one: bytes, other: bytes) -> None:
    """What decodes re-encodes to the same bytes."""
    assert one == other, (one.hex(), other.hex())


def read_cbor(data: bytes, case: "Case") -> object:
    value = cbor.decode(data)
    same(cbor.encode(value), data)
    return plain(value)


def read_utf8(data: bytes, case: "Case") -> object:
    value = cbor.decode(data, True)
    same(cbor.encode(value, True), data)
    return plain(value)


def read_sign1(data: bytes, case: "Case") -> object:
    message = cose.decode_sign1(data)
    same(cose.encode_sign1(message.protected, message.payload, message.signature), data)
    return named(("protected", "payload", "signature"), message)


def read_public_key(data: bytes, case: "Case") -> object:
    return {"thumbprint": plain(cose.thumbprint(data)), "kid": plain(cose.kid(data))}


def read_record(data: bytes, case: "Case") -> object:
    one = record.decode(data, LEDGER)
    head = cbor.encode([one.version, one.epoch, one.seq, one.prev, one.clock, one.kind])
    payload = b"\x87" + head[1:] + one.body
    same(record.encode(one.kid, payload, one.signature), data)
    assert one.digest == record.digest(one.kid, LEDGER, payload)
    fields = named(RECORD, one)
    fields["clock"] = named(CLOCK, one.clock)
    return fields


def read_effect(data: bytes, case: "Case") -> object:
    """Clock and body of a record whose frame is good."""
    one = record.decode(data, LEDGER)
    record.check_clock(one.clock)
    if one.kind == codes.KIND_TELEMETRY:
        return read_telemetry(one.body, {"elapsed_ms": one.clock.elapsed_ms})
    return read_scan(one.body, case) if one.kind == codes.KIND_SCAN else read_event(one.body, case)


def read_telemetry(data: bytes, case: "Case") -> object:
    series = telemetry.decode(data)
    same(cbor.encode(series), data)
    readings = telemetry.expand(series, Clock(None, 0, None, 1, case["elapsed_ms"]))
    for one in series:
        mine = [reading.value for reading in readings if reading.channel == one.channel]
        same(telemetry.encode_values(mine), one.values)
    return {"series": [named(SERIES, one) for one in series],
            "readings": [[one.channel, one.elapsed_ms, one.value] for one in readings]}


def read_packing(data: bytes, case: "Case") -> object:
    """What our packer makes of readings; another packer may choose other runs."""
    channel, quantity, exponent = case["series"]
    readings = [tuple(one) for one in case["readings"]]
    body = cbor.encode([telemetry.encode_series(channel, quantity, exponent, case["elapsed_ms"],
                                                readings)])
    same(body, data)
    return read_telemetry(body, case)


def read_scan(data: bytes, case: "Case") -> object:
    one = scan.decode(data)
    same(cbor.encode(one), data)
    return named(SCAN, one)


def read_event(data: bytes, case: "Case") -> object:
    code, detail = event.decode(data)
    same(cbor.encode([code] + detail), data)
    return {"code": code, "detail": plain(detail)}


def read_hello(data: bytes, case: "Case") -> object:
    hello = session.decode_hello(data)
    same(session.encode_hello(hello), data)
    return named(HELLO, hello)


def read_ack(data: bytes, case: "Case") -> object:
    ack = session.decode_ack(data)
    same(session.encode_ack(ack), data)
    return named(ACK, ack)


def read_command(data: bytes, case: "Case") -> object:
    command = session.decode_command(data)
    same(session.encode_command(command), data)
    return named(COMMAND, command)


def read_possession(data: bytes, case: "Case") -> object:
    proof = session.decode_possession(data)
    same(session.encode_possession(*proof), data)
    return named(POSSESSION, proof)


def read_signed(data: bytes, case: "Case") -> object:
    """An ack, command or proof under its signature."""
    kid, digest, signature, payload = session.open1(case["purpose"], LEDGER, data)
    same(cose.encode_sign1(cose.device_header(kid), payload, signature), data)
    return named(("kid", "digest", "signature", "payload"), (kid, digest, signature, payload))


def read_topic(data: bytes, case: "Case") -> object:
    kid, leaf = session.topic_kid(data.decode())
    assert session.topic(kid, leaf) == data.decode()
    return {"kid": plain(kid), "leaf": leaf}


def read_console(data: bytes, case: "Case") -> object:
    message = console.decode(data)
    if message is not None:
        same(console.encode(message).strip(), data.strip())  # line ends do not matter
    return plain(message)


def read_configuration(data: bytes, case: "Case") -> object:
    value = configuration.decode(data)
    same(configuration.encode(value), data)
    return plain(value)


READERS: "dict[str, Callable[[bytes, Case], object]]" = {
    "ack": read_ack, "cbor": read_cbor, "cbor utf-8": read_utf8, "command": read_command,
    "configuration": read_configuration, "console": read_console, "event": read_event,
    "hello": read_hello, "possession": read_possession, "public key": read_public_key,
    "record": read_record, "record effect": read_effect, "scan": read_scan, "sign1": read_sign1,
    "signed": read_signed, "telemetry": read_telemetry, "telemetry packing": read_packing,
    "topic": read_topic,
}

# Formats of which only values are refused, not bytes.
WRITERS: "dict[str, Callable[[Any], object]]" = {
    "cbor value": cbor.encode,
    "console message": console.encode,
    "telemetry readings": lambda readings: telemetry.encode_series(1, 1, 0, 1 << 40, readings),
}


def refusal(call: "Callable[..., object]", *arguments: object) -> str:
    """The rule that a call is refused by, "" when it is not."""
    try:
        call(*arguments)
    except WireError as error:
        assert str(error) == error.rule + ": " + error.detail
        return error.rule
    return ""


def check_valid(case: "Case") -> None:
    found = READERS[case["format"]](bytes.fromhex(case["hex"]), case)
    assert found == case["fields"], (case["name"], found)


def check_invalid(case: "Case") -> None:
    if "value" in case:
        rule = refusal(WRITERS[case["format"]], case["value"])
    else:
        if case["format"] == "record effect":  # such a record is kept: its frame is good
            record.decode(bytes.fromhex(case["hex"]), LEDGER)
        rule = refusal(READERS[case["format"]], bytes.fromhex(case["hex"]), case)
    assert rule == case["rule"], (case["name"], rule)


def load(folder: str, kind: str, subject: str) -> "list[Case]":
    with open(folder + "/" + kind + "/" + subject + ".json") as file:
        cases: "list[Case]" = json.load(file)["cases"]
    return cases


def replay(folder: str) -> "list[tuple[str, str, int]]":
    """(valid or invalid, subject, cases) of every file, all of them checked."""
    counts = []
    for subject in SUBJECTS:
        for kind, check in (("valid", check_valid), ("invalid", check_invalid)):
            cases = load(folder, kind, subject)
            for case in cases:
                check(case)
            counts.append((kind, subject, len(cases)))
    return counts


def verdict(line: str) -> str:
    """What a line "<format> <elapsed_ms> <hex>" is found to be: {"read": value} or
    {"refused": rule}, as JSON."""
    form, elapsed_ms, data = line.split("\t")
    case = {"elapsed_ms": int(elapsed_ms), "purpose": codes.PURPOSE_ACK}
    try:
        return json.dumps({"read": READERS[form](bytes.fromhex(data), case)})
    except WireError as error:
        return json.dumps({"refused": error.rule})


def _print_verdicts(path: str) -> None:
    with open(path) as file:
        for line in file:
            print(verdict(line.strip("\n")))


if __name__ == "__main__":
    if sys.argv[1] == "verdicts":
        _print_verdicts(sys.argv[2])
    else:
        for count in replay(sys.argv[1]):
            print(*count)
