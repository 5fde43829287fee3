"""Block headers and bodies."""

from ledger_client.core import block, merkle
from ledger_client.core.block import Leaf
from ledger_client.wire import cbor
from tests.generators.cases.common import CLOCK, HASH, Case, Subject, invalid, sign_record, valid

_HEADER: dict[str, object] = {
    "height": 2, "prev": HASH, "root": HASH[::-1], "count": 512, "sealed_ms": 1_780_000_000_000,
    "journal_id": b"journal1"}
_RECORD = sign_record(cbor.encode([1, 1, 2, HASH, CLOCK, 3, [2]]))


def _header(name: str, **other: object) -> Case:
    fields = _HEADER | other
    return valid(name, "block header", cbor.encode([1, *fields.values()]), fields)


def _body(name: str, *leaves: Leaf) -> Case:
    root = merkle.root(merkle.list_node([leaf.entry() for leaf in leaves]), len(leaves))
    return valid(name, "block body", block.encode_body(leaves), {
        "leaves": [[leaf.received_ms, leaf.record] for leaf in leaves], "root": root})


def _valid() -> list[Case]:
    record = Leaf(1_780_000_000_000, _RECORD)
    return [
        _header("a header"),
        _header("the first of a gateway", height=1, prev=block.FIRST_PREV, count=1),
        _body("one record", record), _body("a gateway without a clock", Leaf(None, _RECORD)),
        _body("three records", record, Leaf(None, _RECORD), Leaf(0, b"\xff")),
        _body("512 records", *[Leaf(None, b"")] * 512)]


def _headers() -> list[tuple[str, object]]:
    def other(**fields: object) -> list[object]:
        return [1, *(_HEADER | fields).values()]

    return [
        ("six parts", other()[:6]), ("eight parts", [*other(), None]), ("a map", {}),
        ("version 2", [2, *_HEADER.values()]), ("version true", [True, *_HEADER.values()]),
        ("height null", other(height=None)), ("prev of 31 bytes", other(prev=HASH[:31])),
        ("root null", other(root=None)), ("count below 0", other(count=-1)),
        ("sealed_ms null", other(sealed_ms=None)),
        ("journal_id of 7 bytes", other(journal_id=b"journal"))]


def _invalid() -> list[Case]:
    bodies: list[tuple[str, object]] = [
        ("no record", []), ("a map", {}), ("513 records", [[None, b""]] * 513),
        ("a pair of three", [[None, b"", 0]]), ("a record alone", [_RECORD]),
        ("received_ms below 0", [[-1, _RECORD]]), ("received_ms true", [[True, _RECORD]]),
        ("a record null", [[0, None]]), ("a record as text", [[0, "record"]])]
    return [
        *[invalid(name, "block header", cbor.encode(value), "block.header")
          for name, value in _headers()],
        *[invalid(name, "block body", cbor.encode(value), "block.body") for name, value in bodies],
        invalid("a byte after the body", "block body", cbor.encode([[None, b""]]) + b"\0",
                "cbor.trailing")]


SUBJECT = Subject("Contents of block statements, and bodies with their root", _valid(), _invalid())
