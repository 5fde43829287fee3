"""Contents of statements: one of every kind, and genesis in forms that are refused."""

from dataclasses import replace

from ledger_client.core import statement
from ledger_client.wire import cbor
from tests.device.wire_vectors import plain
from tests.generators.cases.common import HASH, Case, Subject, invalid
from tests.generators.cases.story import CAPTURE, FOUNDERS, GENESIS, told

_NAMES = (
    "genesis", "endorsement of genesis", "enrolment of a gateway", "enrolment of a scanner",
    "enrolment of a logger", "a profile", "a product", "a block", "a profile that replaces another",
    "rotation with consent", "a block of the gateway's new key", "enrolment of a person",
    "a calibration", "a proposal", "endorsement of a proposal", "a judgement",
    "revocation since an entry", "revocation since a time", "a capture", "a correction")


def _valid() -> list[Case]:
    cases = []
    for name, entry in zip(_NAMES, told().entries, strict=True):
        parsed = statement.parse(bytes.fromhex(str(entry["statement"])))
        cases.append({"name": name, "format": "content", "kind": parsed.kind,
                      "hex": parsed.payload.hex(), "fields": plain(parsed.content())})
    return cases


def _founder(**other: object) -> list[object]:
    return [1, 1, {}, [replace(FOUNDERS[0], **other).as_list()], *GENESIS.as_list()[4:]]  # type: ignore[arg-type]


def _invalid() -> list[Case]:
    good = GENESIS.as_list()

    def other(place: int, value: object) -> list[object]:
        return [*good[:place], value, *good[place + 1:]]

    form, organisation, witness = "genesis.form", "organisation.form", "genesis.witness"
    contents = [
        ("six parts", good[:6], form), ("version 2", other(0, 2), form),
        ("rules null", other(1, None), form), ("parameters are an array", other(2, []), form),
        ("a parameter below 0", other(2, {"a": -1}), form),
        ("a parameter by number", other(2, {1: 1}), form), ("no founder", other(3, []), form),
        ("65 founders", other(3, [FOUNDERS[0].as_list()] * 65), form),
        ("ledger key of 32 bytes", other(4, bytes(32)), form), ("created_ms null", other(6, None),
                                                               form),
        ("witnesses null", other(5, None), form),
        ("a witness without level", other(5, [[bytes(64)]]), witness),
        ("a witness's thumbprint", other(5, [[bytes(32), 1]]), witness),
        ("a level as text", other(5, [[bytes(64), "2"]]), witness),
        ("a founder of five", other(3, [FOUNDERS[0].as_list()[:5]]), organisation),
        ("a name of 65 characters", _founder(name="x" * 65), organisation),
        ("roles null", _founder(roles=None), organisation),
        ("a role as text", _founder(roles=["wholesaler"]), organisation),
        ("party null", _founder(party=None), organisation),
        ("33 prefixes", _founder(prefixes=["9506000"] * 33), organisation),
        ("a prefix of 13 digits", _founder(prefixes=["9506000134352"]), organisation),
        ("a prefix as a number", _founder(prefixes=[9506000]), organisation),
        ("a root key of 65 bytes", _founder(root_key=bytes(65)), organisation),
        ("an operations key null", _founder(operations_key=None), organisation)]
    return [invalid(name, "content", cbor.encode(value, utf8=True), rule, kind="genesis")
            for name, value, rule in contents]


def _invalid_captures() -> list[Case]:
    events, source = CAPTURE.as_list()[1:3]
    assert isinstance(events, list)
    (time_ms, error_ms, body), = events
    form, event = "capture.form", "capture.event"
    contents: list[tuple[str, object, str]] = [
        ("a capture of three", [1, events, source], form),
        ("a capture of version 2", [2, events, source, None], form),
        ("neither events nor corrections", [1, [], source, None], form),
        ("events null", [1, None, source, None], form),
        ("513 events", [1, events * 513, source, None], form),
        ("a source of 31 bytes", [1, events, bytes(31), None], form),
        ("no corrected events", [1, events, source, []], form),
        ("65 corrected events", [1, events, source, [[HASH, 0]] * 65], form),
        ("a corrected event without leaf", [1, events, source, [[HASH]]], form),
        ("a corrected event by number", [1, events, source, [[7, 0]]], form),
        ("an error without time", [1, [[None, error_ms, body]], source, None], event),
        ("a time without error", [1, [[time_ms, None, body]], source, None], event),
        ("a time before 1970", [1, [[-1, error_ms, body]], source, None], event),
        ("an event of two", [1, [[time_ms, error_ms]], source, None], event),
        ("a scan of eight", [1, [[time_ms, error_ms, body[:8]]], source, None], "scan.parts")]
    return [invalid(name, "content", cbor.encode(value, utf8=True), rule, kind="capture")
            for name, value, rule in contents]


SUBJECT = Subject(
    "Payloads of statements by kind; what a ledger makes of them is in log.json", _valid(),
    _invalid() + _invalid_captures())
