"""Limits of what others send, each with a probe: it makes a thing of a size, and has it read."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from edge_gateway.core import intake
from ledger_client.core import (
    block,
    calibration,
    capture,
    identity,
    merkle,
    profile,
    registry,
    statement,
    trust,
)
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.core.entry import Submission
from ledger_client.epcis import json_text
from ledger_client.service import message_signature
from ledger_client.service.message_signature import Request
from ledger_client.wire import (
    cbor,
    codes,
    configuration,
    console,
    cose,
    record,
    scan,
    session,
    telemetry,
)
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock
from tests.generators.cases import story
from tests.world import Device, World, signer

KEY = signer("limits")
LEDGER = bytes(32)
CLOCK = Device("limits", LEDGER, KEY).clock()
MANY_MS = 1 << 40


def sized(make: Callable[[int], bytes], size: int) -> bytes:
    """What `make` gives for the filler that brings it to `size` bytes."""
    guess = size - len(make(0))
    for filler in range(guess, max(0, guess - 16), -1):
        if len(made := make(filler)) == size:
            return made
    raise AssertionError(f"nothing has {size} bytes")


def a_record(size: int) -> None:
    def make(filler: int) -> bytes:
        payload = record.content(1, 1, record.FIRST_PREV, CLOCK, 3, [99, bytes(filler)])
        return cose.encode_sign1(cose.device_header(KEY.kid), payload, KEY.sign(
            record.digest(KEY.kid, LEDGER, payload)))

    record.decode(sized(make, size), LEDGER)


def a_payload(size: int) -> None:
    found = intake.read_payload(session.topic(KEY.kid, "up"), bytes(size), ledger=LEDGER,
                                key_of=lambda kid: None, holds=lambda digest: False)
    (refused,) = found.refused
    if refused.rule == "intake.payload":
        raise WireError(refused.rule, refused.detail)


def series(channel: int, runs: list[list[int]], values: bytes) -> list[object]:
    return [channel, codes.QUANTITY_TEMPERATURE, -2, runs, values]


def telemetry_of(*parts: list[object]) -> None:
    telemetry.expand(telemetry.decode(cbor.encode(list(parts))),
                     Clock(None, codes.SOURCE_NONE, None, 1, MANY_MS))


def readings(count: int) -> None:
    telemetry_of(series(1, [[-count, 1, count]], bytes(count)))


def runs(count: int) -> None:
    telemetry_of(series(1, [[-count, 0, 1]] + [[1, 0, 1]] * (count - 1), bytes(count)))


def channels(count: int) -> None:
    telemetry_of(*[series(channel, [[0, 0, 1]], b"\0") for channel in range(count)])


def a_value(value: int) -> None:
    telemetry_of(series(1, [[0, 0, 1]], telemetry.encode_values([value])))


def a_delta(size: int) -> None:
    """Of so many bytes, the last of them not zero."""
    telemetry_of(series(1, [[0, 0, 1]], b"\x81" * (size - 1) + b"\x01"))


def a_place(beyond_ms: int) -> None:
    telemetry_of(series(1, [[beyond_ms, 0, 1]], b"\0"))


def a_scan(symbols: int = 1, size: int = 1, place: int = 1) -> None:
    scan.decode(cbor.encode([2, [["]d2", b"x" * size]] * symbols, None, None, "x" * place, None,
                             None, None, 0]))


def body(count: int) -> None:
    block.decode_body(block.encode_body([Leaf(None, b"x")] * count))


def body_of_bytes(size: int) -> None:
    block.decode_body(sized(lambda filler: block.encode_body([Leaf(None, bytes(filler))]), size))


def a_statement(size: int) -> None:
    statement.parse(sized(lambda filler: statement.build(
        "profile", KEY, subject="x", content=[1, None, bytes(filler)], ledger=LEDGER), size))


def subject(characters: int) -> None:
    statement.parse(statement.build("profile", KEY, subject="x" * characters, content=[1],
                                    ledger=LEDGER))


def sealed_ahead(ahead_ms: int) -> None:
    """A block that says it was sealed so long after ledger time."""
    world = World().found()
    leaves = [Leaf(None, b"x")]
    header = BlockHeader(1, block.FIRST_PREV, block.body_root(leaves), 1,
                         world.now_ms + ahead_ms, b"journal1")
    world.register(Submission(block.seal(header, world.ledger, world.gateway.signer),
                                    block.encode_body(leaves)))


def nested(levels: int) -> None:
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    cbor.decode(b"\x81" * (levels - 1) + b"\x80")
    cbor.encode(value)


def number(value: int) -> None:
    cbor.decode(b"\x1b" + value.to_bytes(8, "big"))
    cbor.encode(value)


def alarms(count: int) -> None:
    configuration.encode({
        "alarms": [[1, configuration.ABOVE, 800, 1]] * count, "broker": ["broker", 8883, 1],
        "giai": None, "interval_ms": 1, "party": "x", "place": None, "rescan_ms": 1,
        "telemetry_age_ms": 1})


def a_line(size: int) -> None:
    """A frame grows by four characters with each three bytes; what is between is no frame."""
    filler = (size - 2) // 4 * 3 - 12
    line = console.encode([1, 2, 3, bytes(filler)]) if size <= console.LINE_BYTES else \
        b"~" + b"A" * (size - 2) + b"\n"
    console.decode(line)


def founders(count: int) -> None:
    identity.decode_genesis(replace(story.GENESIS, founders=[story.FOUNDERS[0]] * count).as_list())


def prefixes(count: int) -> None:
    identity.decode_founder(replace(story.FOUNDERS[0], prefixes=["9506000"] * count).as_list())


def organisation_name(characters: int) -> None:
    identity.decode_founder(replace(story.FOUNDERS[0], name="x" * characters).as_list())


def witnesses(count: int) -> None:
    trust.decode(trust.Trust("x", LEDGER, KEY.public_key, ((KEY.public_key, 1),) * count,
                             0).encode())


def points(count: int) -> None:
    calibration.decode({**story.CALIBRATION, "points": [[at, 0] for at in range(count)]})


def a_product_name(characters: int) -> None:
    registry.decode_product({"name": "x" * characters, "profile": "cold"})


def a_profile(name: str) -> Callable[[int], None]:
    """A profile with so many of what `name` lists."""
    plain = story.PROFILE.as_map()

    def probe(count: int) -> None:
        lists: dict[str, list[object]] = {
            "ranges": [{"name": "storage", "low_cdeg": 200 - at, "low_op": "<",
                        "high_cdeg": 800 + at, "high_op": ">"} for at in range(count)],
            "alarms": [vars(story.PROFILE.alarms[at % 2]) for at in range(count)],
            "budgets": [vars(profile.Budget(800, None, 2, 1, None, "major"))] * count}
        profile.decode({**plain, name: lists[name]})

    return probe


def an_alarm(name: str) -> Callable[[int], None]:
    """A profile whose first alarm has this value."""
    plain = story.PROFILE.as_map()

    def probe(value: int) -> None:
        alarms = [vars(one) for one in story.PROFILE.alarms]
        profile.decode({**plain, "alarms": [{**alarms[0], name: value}, *alarms[1:]]})

    return probe


def a_source(characters: int) -> None:
    profile.decode({**story.PROFILE.as_map(), "source": "x" * characters})


def a_path(hashes: int) -> None:
    merkle.root_from_inclusion(bytes(32), 0, 1 << hashes, [bytes(32)] * hashes)


def corrections(count: int) -> None:
    capture.decode([1, [], None, [[bytes(32), at] for at in range(count)]])


def captured(count: int) -> None:
    capture.decode([1, [story.CAPTURE.events[0].as_list()] * count, None, None])


def depth_of_json(levels: int) -> None:
    json_text.loads(b"[" * levels + b"]" * levels)


def digits(count: int) -> None:
    json_text.loads(b"1" * count)


def a_nonce(characters: int) -> None:
    signed = message_signature.sign(Request("GET", "http", "h", "/", ""), KEY, bytes(32), 0,
                                    bytes(16))
    before, _, after = signed["signature-input"].partition('nonce="')
    message_signature.read(Request("GET", "http", "h", "/", "", {
        **signed, "signature-input": before + 'nonce="' + "x" * characters
        + after[after.index('"'):]}))


@dataclass(frozen=True)
class Limit:
    """`probe(value)` is taken, `probe(value + 1)` refused by `rule`; of an `open` limit the value
    itself is refused."""

    value: int
    probe: Callable[[int], None]
    rule: str
    open: bool = False


LIMITS = {
    "codes.RECORD_BYTES": Limit(codes.RECORD_BYTES, a_record, "record.bytes"),
    "codes.PAYLOAD_BYTES": Limit(codes.PAYLOAD_BYTES, a_payload, "intake.payload"),
    "codes.READINGS": Limit(codes.READINGS, readings, "telemetry.readings"),
    "codes.RUNS": Limit(codes.RUNS, runs, "telemetry.runs"),
    "codes.SERIES": Limit(codes.SERIES, channels, "telemetry.series"),
    "codes.SYMBOLS": Limit(codes.SYMBOLS, lambda n: a_scan(symbols=n), "scan.symbols"),
    "codes.SYMBOL_BYTES": Limit(codes.SYMBOL_BYTES, lambda n: a_scan(size=n), "scan.symbol"),
    "codes.TEXT": Limit(codes.TEXT, lambda n: a_scan(place=n), "scan.party"),
    "codes.VALUE_LIMIT": Limit(codes.VALUE_LIMIT, a_value, "telemetry.value", open=True),
    "codes.DELTA_BYTES": Limit(codes.DELTA_BYTES, a_delta, "telemetry.varint"),
    "codes.JITTER_MS": Limit(codes.JITTER_MS, a_place, "telemetry.place"),
    "codes.BLOCK_RECORDS": Limit(codes.BLOCK_RECORDS, body, "block.body"),
    "codes.BLOCK_BYTES": Limit(codes.BLOCK_BYTES, body_of_bytes, "block.body"),
    "codes.STATEMENT_BYTES": Limit(codes.STATEMENT_BYTES, a_statement, "S1"),
    "codes.TOLERANCE_MS": Limit(codes.TOLERANCE_MS, sealed_ahead, "B4"),
    "cbor.DEPTH_LIMIT": Limit(cbor.DEPTH_LIMIT, nested, "cbor.depth"),
    "cbor.INTEGER_LIMIT": Limit(cbor.INTEGER_LIMIT, number, "cbor.integer", open=True),
    "configuration.ALARMS": Limit(configuration.ALARMS, alarms, "configuration.alarms"),
    "console.LINE_BYTES": Limit(console.LINE_BYTES, a_line, "console.bytes"),
    "statement.SUBJECT_CHARACTERS": Limit(statement.SUBJECT_CHARACTERS, subject, "S1"),
    "identity.ORGANISATIONS": Limit(identity.ORGANISATIONS, founders, "genesis.form"),
    "identity.PREFIXES": Limit(identity.PREFIXES, prefixes, "organisation.form"),
    "identity.NAME_CHARACTERS": Limit(identity.NAME_CHARACTERS, organisation_name,
                                      "organisation.form"),
    "trust.WITNESSES": Limit(trust.WITNESSES, witnesses, "trust.form"),
    "calibration.POINTS": Limit(calibration.POINTS, points, "calibration.form"),
    "registry.PRODUCT_NAME_CHARACTERS": Limit(registry.PRODUCT_NAME_CHARACTERS, a_product_name,
                                              "product.form"),
    "profile.RANGES": Limit(profile.RANGES, a_profile("ranges"), "profile.ranges"),
    "profile.ALARMS": Limit(profile.ALARMS, a_profile("alarms"), "profile.alarms"),
    "profile.BUDGETS": Limit(profile.BUDGETS, a_profile("budgets"), "profile.budgets"),
    "profile.SAMPLES": Limit(profile.SAMPLES, an_alarm("min_samples"), "profile.min_samples"),
    "profile.DURATION_MS_MAX": Limit(profile.DURATION_MS_MAX, an_alarm("duration_ms"),
                                     "profile.duration_ms"),
    "profile.TEMPERATURE_CDEG_MAX": Limit(profile.TEMPERATURE_CDEG_MAX, an_alarm("limit_cdeg"),
                                          "profile.limit_cdeg"),
    "profile.SOURCE_CHARACTERS": Limit(profile.SOURCE_CHARACTERS, a_source, "profile.source"),
    "merkle.PATH_LIMIT": Limit(merkle.PATH_LIMIT, a_path, "merkle.path"),
    "capture.EVENTS": Limit(capture.EVENTS, captured, "capture.form"),
    "capture.CORRECTED": Limit(capture.CORRECTED, corrections, "capture.form"),
    "json_text.DEPTH": Limit(json_text.DEPTH, depth_of_json, "json.depth"),
    "json_text.NUMBER_CHARACTERS": Limit(json_text.NUMBER_CHARACTERS, digits, "json.number"),
    "message_signature.NONCE_CHARACTERS": Limit(message_signature.NONCE_CHARACTERS, a_nonce,
                                                "http.nonce"),
}
