"""Records: what a device signs and chains (device -> gateway -> block).

Content = [version, epoch, seq, prev, Clock, kind, body].  The first six parts keep place and type
in every version, so a frame is judged without looking at the body: no body can jam a device.
"""

from ledger_client.wire import cbor, check, codes, cose
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Record

FIRST_PREV = bytes(32)  # prev of seq 1 in every epoch


def content(epoch: int, seq: int, prev: bytes, clock: Clock, kind: int, body: object) -> bytes:
    """Payload of a record, encoded."""
    return cbor.encode([codes.VERSION, epoch, seq, prev, clock, kind, body])


def digest(kid: bytes, ledger: bytes, payload: bytes) -> bytes:
    """What the device signs, and the next record's prev."""
    return cose.digest(cose.device_header(kid), cose.context(codes.PURPOSE_RECORD, ledger), payload)


def encode(kid: bytes, payload: bytes, signature: bytes) -> bytes:
    """The record from its signed payload; raise WireError above RECORD_BYTES."""
    data = cose.encode_sign1(cose.device_header(kid), payload, signature)
    if len(data) > codes.RECORD_BYTES:
        raise WireError("record.bytes", "%d bytes, more than %d" % (len(data), codes.RECORD_BYTES))
    return data


def read(data: bytes, at: int, ledger: bytes) -> "tuple[Record, int]":
    """The record at `at` of a CBOR sequence: (record, where it ends).

    Raise WireError when there is no seven-part frame.  The signature's form is checked, the
    signature is not.
    """
    message, end = cose.read_sign1(data, at)
    if end - at > codes.RECORD_BYTES:
        raise WireError("record.bytes", "%d bytes, more than %d" % (end - at, codes.RECORD_BYTES))
    kid = cose.read_device_header(message.protected)
    version, epoch, seq, prev, clock, kind, body = _frame(message.payload)
    return Record(kid, digest(kid, ledger, message.payload), message.signature,
                  version, epoch, seq, prev, clock, kind, body), end


def decode(data: bytes, ledger: bytes) -> Record:
    """Exactly one record."""
    record, end = read(data, 0, ledger)
    if end != len(data):
        raise WireError("cbor.trailing", "%d bytes follow the record" % (len(data) - end))
    return record


def _frame(payload: bytes) -> "tuple[int, int, int, bytes, Clock, int, bytes]":
    major, count, at = cbor.head(payload, 0)
    if major != 4 or count != 7:
        raise WireError("record.frame", "the payload is not an array of seven")
    parts = []
    for _ in range(6):
        part, at = cbor.read(payload, at)
        parts.append(part)
    if at >= len(payload):
        raise WireError("record.frame", "the body is missing")
    version = check.uint(parts[0], "record.version")
    epoch, seq = check.uint(parts[1], "record.epoch"), check.uint(parts[2], "record.seq")
    if epoch == 0 or seq == 0:
        raise WireError("record.seq", "epoch and seq start at 1")
    prev = check.sized(parts[3], 32, "record.prev")
    clock = _clock(parts[4])
    return version, epoch, seq, prev, clock, check.uint(parts[5], "record.kind"), payload[at:]


def _clock(value: object) -> Clock:
    parts = check.array(value, 5, "record.clock")
    return Clock(check.uint_or_null(parts[0], "record.clock"),
                 check.uint(parts[1], "record.clock"),
                 check.uint_or_null(parts[2], "record.clock"),
                 check.uint(parts[3], "record.clock"),
                 check.uint(parts[4], "record.clock"))


def check_clock(clock: Clock) -> None:
    """Rules of a clock beyond its types: they cost a record its effect, never its place."""
    if clock.source > codes.SOURCE_ACK:
        raise WireError("clock.source", "source %d is unknown" % clock.source)
    unknown = clock.source == codes.SOURCE_NONE
    if (clock.unix_ms is None) != unknown or (clock.error_ms is None) != unknown:
        raise WireError("clock.null", "time and error are null exactly when the source is 0")
    if clock.timebase == 0:
        raise WireError("clock.timebase", "timebase starts at 1")
