"""Records: the frame that every body is judged behind, and bodies that cost a record its effect."""

from ledger_client.wire import cbor, codes, cose, record
from ledger_client.wire.values import Clock
from tests.device.wire_vectors import CLOCK as CLOCK_FIELDS
from tests.device.wire_vectors import named
from tests.generators.cases import event, scan, telemetry
from tests.generators.cases.common import (
    CLOCK,
    DEVICE,
    GATEWAY,
    HASH,
    LEDGER,
    Case,
    Subject,
    invalid,
    sign_record,
    valid,
)

_BEACON = [codes.EVENT_BEACON, HASH]
_NO_TIME = Clock(None, codes.SOURCE_NONE, None, 1, 5000)


def _payload(kind: int, body: object, *, clock: object = CLOCK, seq: object = 2,
             epoch: object = 1, prev: object = HASH, version: object = codes.VERSION) -> bytes:
    return cbor.encode([version, epoch, seq, prev, clock, kind, body])


def _with_body(kind: int, body: bytes) -> bytes:
    """A payload whose body need not be CBOR."""
    return _payload(kind, None)[:-1] + body


def _case(name: str, payload: bytes, clock: Clock = CLOCK, **other: object) -> Case:
    """A good frame; `other` are the fields that are not those of _payload."""
    data = sign_record(payload)
    digest = record.digest(DEVICE.kid, LEDGER, payload)
    fields: dict[str, object] = {
        "kid": DEVICE.kid, "digest": digest, "signature": data[-cose.SIGNATURE_BYTES:],
        "version": 1, "epoch": 1, "seq": 2, "prev": HASH, **other}
    return valid(name, "record", data, fields) | {"fields": {
        **valid("", "", b"", fields)["fields"],  # type: ignore[dict-item]
        "clock": named(CLOCK_FIELDS, clock)}}


def _kind(name: str, kind: int, body: bytes) -> Case:
    return _case(name, _with_body(kind, body), kind=kind, body=body)


def _clocks() -> list[Case]:
    body = cbor.encode(_BEACON)
    clocks = [
        ("a device without time", _NO_TIME), ("RTC holdover", CLOCK._replace(source=1)),
        ("time from an ack", CLOCK._replace(source=3)),
        ("the largest numbers", Clock((1 << 53) - 1, 2, (1 << 53) - 1, (1 << 53) - 1,
                                      (1 << 53) - 1)),
        ("a source nobody knows: the frame is good", CLOCK._replace(source=4)),
        ("a time with source 0: the frame is good", CLOCK._replace(source=0))]
    return [_case(name, _payload(3, _BEACON, clock=clock), clock, kind=3, body=body)
            for name, clock in clocks]


def _valid() -> list[Case]:
    body = cbor.encode(_BEACON)
    full = codes.RECORD_BYTES - len(sign_record(_payload(3, [99, bytes(8000)]))) + 8000
    largest = cbor.encode([99, bytes(full)])
    return [
        _case("first of an epoch", _payload(3, _BEACON, seq=1, prev=record.FIRST_PREV), seq=1,
              prev=record.FIRST_PREV, kind=3, body=body),
        *[_kind(f"telemetry: {case['name']}", codes.KIND_TELEMETRY, bytes.fromhex(str(case["hex"])))
          for case in telemetry.SUBJECT.valid[:3]],
        *[_kind(f"scan: {case['name']}", codes.KIND_SCAN, bytes.fromhex(str(case["hex"])))
          for case in scan.SUBJECT.valid[:4]],
        *[_kind(f"event: {case['name']}", codes.KIND_EVENT, bytes.fromhex(str(case["hex"])))
          for case in event.SUBJECT.valid],
        *_clocks(),
        _case("version 2: the frame is good", _payload(3, _BEACON, version=2), version=2, kind=3,
              body=body),
        _kind("kind 9: the frame is good", 9, body),
        _kind("a body that is no CBOR: the frame is good", 3, b"\xff\x00"),
        _case("largest epoch and seq", _payload(3, _BEACON, epoch=(1 << 53) - 1, seq=(1 << 53) - 1),
              epoch=(1 << 53) - 1, seq=(1 << 53) - 1, kind=3, body=body),
        _kind("8192 bytes", 3, largest)]


def _bad_frames() -> list[tuple[str, bytes, str]]:
    good = [1, 1, 2, HASH, list(CLOCK), 3, _BEACON]

    def other(place: int, value: object) -> bytes:
        return cbor.encode([*good[:place], value, *good[place + 1:]])

    def clock(place: int, value: object) -> bytes:
        return other(4, [*CLOCK[:place], value, *CLOCK[place + 1:]])

    return [
        ("six parts", cbor.encode(good[:6]), "record.frame"),
        ("eight parts", cbor.encode([*good, None]), "record.frame"),
        ("a map", cbor.encode({1: 1}), "record.frame"),
        ("no body", cbor.encode(good[:6]).replace(b"\x86", b"\x87", 1), "record.frame"),
        ("no payload", b"", "cbor.short"),
        ("indefinite array of seven", b"\x9f" + cbor.encode(good)[1:] + b"\xff", "cbor.indefinite"),
        ("count of parts in two bytes", b"\x98\x07" + cbor.encode(good)[1:], "cbor.shortest"),
        ("version true", other(0, True), "record.version"),
        ("version is text", other(0, "1"), "record.version"),
        ("version below 0", other(0, -1), "record.version"),
        ("epoch null", other(1, None), "record.epoch"), ("epoch 0", other(1, 0), "record.seq"),
        ("seq 0", other(2, 0), "record.seq"), ("seq true", other(2, True), "record.seq"),
        ("seq below 0", other(2, -2), "record.seq"),
        ("prev of 31 bytes", other(3, HASH[:31]), "record.prev"),
        ("prev null", other(3, None), "record.prev"),
        ("clock null", other(4, None), "record.clock"),
        ("clock of four", other(4, list(CLOCK[:4])), "record.clock"),
        ("clock is a map", other(4, {}), "record.clock"),
        ("unix_ms below 0", clock(0, -1), "record.clock"),
        ("source null", clock(1, None), "record.clock"),
        ("error_ms true", clock(2, True), "record.clock"),
        ("timebase null", clock(3, None), "record.clock"),
        ("elapsed_ms below 0", clock(4, -1), "record.clock"),
        ("kind is text", other(5, "3"), "record.kind"),
        ("kind below 0", other(5, -3), "record.kind"),
        ("epoch as a float", cbor.encode(good).replace(b"\x01\x02", b"\xf9\x3c\x00", 1),
         "cbor.float")]


def _headers() -> list[tuple[str, bytes, str]]:
    payload, signature = _payload(3, _BEACON), bytes(31) + b"\1" + bytes(31) + b"\1"
    kid = DEVICE.kid
    headers = [
        ("no alg", cbor.encode({4: kid})), ("no kid", cbor.encode({1: -7})),
        ("alg ES384", cbor.encode({1: -35, 4: kid})), ("alg true", cbor.encode({1: True, 4: kid})),
        ("kid of 7 bytes", cbor.encode({1: -7, 4: kid[:7]})),
        ("kid of 9 bytes", cbor.encode({1: -7, 4: kid + b"\0"})),
        ("a content type", cbor.encode({1: -7, 3: 0, 4: kid})),
        ("kid before alg", b"\xa2\x04\x48" + kid + b"\x01\x26"), ("empty header", b""),
        ("alg in two bytes", b"\xa2\x01\x38\x06\x04\x48" + kid)]
    return [(name, cose.encode_sign1(header, payload, signature), "cose.header")
            for name, header in headers]


def _over() -> bytes:
    """A record of 8193 bytes, signed all the same."""
    spare = codes.RECORD_BYTES + 1 - len(sign_record(_payload(3, [99, bytes(8000)]))) + 8000
    payload = _payload(3, [99, bytes(spare)])
    signature = DEVICE.sign(record.digest(DEVICE.kid, LEDGER, payload))
    return cose.encode_sign1(cose.device_header(DEVICE.kid), payload, signature)


def _invalid() -> list[Case]:
    good = sign_record(_payload(3, _BEACON))
    return [
        *[invalid(name, "record", sign_record(payload), rule)
          for name, payload, rule in _bad_frames()],
        *[invalid(name, "record", data, rule) for name, data, rule in _headers()],
        invalid("8193 bytes", "record", _over(), "record.bytes"),
        invalid("two records", "record", good + good, "cbor.trailing"),
        *_without_effect()]


def _without_effect() -> list[Case]:
    """Good frames, kept and sealed: clock or body break a rule."""
    clocks = [
        ("source 4", CLOCK._replace(source=4), "clock.source"),
        ("a time with source 0", CLOCK._replace(source=0), "clock.null"),
        ("an error without a time", _NO_TIME._replace(error_ms=5), "clock.null"),
        ("no time with source 2", _NO_TIME._replace(source=2), "clock.null"),
        ("no error with source 2", CLOCK._replace(error_ms=None), "clock.null"),
        ("timebase 0", CLOCK._replace(timebase=0), "clock.timebase")]
    bodies = [("telemetry", 1, telemetry), ("scan", 2, scan), ("event", 3, event)]
    return [
        *[invalid(f"clock: {name}", "record effect", sign_record(_payload(3, _BEACON, clock=clock)),
                  rule) for name, clock, rule in clocks],
        *[invalid(f"{what}: {case['name']}", "record effect",
                  sign_record(_with_body(kind, bytes.fromhex(str(case["hex"])))), str(case["rule"]))
          for what, kind, module in bodies for case in module.SUBJECT.invalid[:2]],
        invalid("a body that is no CBOR", "record effect", sign_record(_with_body(3, b"\xff")),
                "cbor.indefinite"),
        invalid("bytes after the body", "record effect",
                sign_record(_with_body(3, cbor.encode(_BEACON) + b"\0")), "cbor.trailing")]


SUBJECT = Subject(
    f"Records of a device with kid {DEVICE.kid.hex()} and key {DEVICE.public_key.hex()}; "
    f"another key's kid is {GATEWAY.kid.hex()}", _valid(), _invalid())
