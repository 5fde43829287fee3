"""What the service's own resources answer, in CBOR; receipts and keys have their standards' forms.

State         = [1, value / null, Proof, checkpoint]
Proof         = [bitmap, [* sibling], [path, digest] / null]
Chain         = [1, value / null, Proof, first, head before it, [* event], checkpoint]
Log           = [1, checkpoint, [* [statement, body / null, [* hash]]]]
Cosignatures  = [1, checkpoint number, [* statement]]
`checkpoint` is the ledger key's signed statement; who reads an answer verifies it against that.
A log's entries begin with the one that was asked for; the hashes are its inclusion path.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ledger_client.core import merkle
from ledger_client.core.entry import Submission
from ledger_client.core.state_tree import StateProof
from ledger_client.wire import cbor, check
from ledger_client.wire.errors import WireError

VERSION = 1
CBOR, COSE, JSON = "application/cbor", "application/cose", "application/json"


def to_text(data: bytes) -> str:
    """Bytes as they stand in a path: base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """WireError for anything that `to_text` does not make."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise WireError("path.base64url", "not base64url") from error
    if to_text(data) != text:
        raise WireError("path.base64url", "not base64url without padding")
    return data


@dataclass(frozen=True)
class StateAnswer:
    """A value (None: absent) with its proof against a signed checkpoint."""

    value: bytes | None
    proof: StateProof
    checkpoint: bytes

    def encode(self) -> bytes:
        return cbor.encode([VERSION, self.value, self.proof.as_list(), self.checkpoint])


@dataclass(frozen=True)
class ChainAnswer:
    """An item's value with proof, and its events from number `first` to the last."""

    state: StateAnswer
    first: int
    before: bytes
    events: Sequence[bytes]

    def encode(self) -> bytes:
        return cbor.encode([VERSION, self.state.value, self.state.proof.as_list(), self.first,
                            self.before, list(self.events), self.state.checkpoint])


@dataclass(frozen=True)
class Logged:
    """An entry with its inclusion path."""

    entry: Submission
    path: Sequence[bytes]


@dataclass(frozen=True)
class LogPage:
    """Entries from the one that was asked for on, under a signed checkpoint."""

    checkpoint: bytes
    entries: Sequence[Logged]

    def encode(self) -> bytes:
        return cbor.encode([VERSION, self.checkpoint, [
            [one.entry.statement, one.entry.body, list(one.path)] for one in self.entries]])


def decode_state(data: bytes) -> StateAnswer:
    rule = "answer.state"
    value, proof, checkpoint = _parts(data, 4, rule)
    return StateAnswer(_bytes_or_null(value, rule), _proof(proof, rule), _bytes(checkpoint, rule))


def decode_chain(data: bytes) -> ChainAnswer:
    rule = "answer.chain"
    value, proof, first, before, events, checkpoint = _parts(data, 7, rule)
    state = StateAnswer(_bytes_or_null(value, rule), _proof(proof, rule), _bytes(checkpoint, rule))
    return ChainAnswer(state, check.uint(first, rule), check.sized(before, 32, rule),
                       [_bytes(one, rule) for one in _list(events, rule)])


def decode_log(data: bytes) -> LogPage:
    rule = "answer.log"
    checkpoint, entries = _parts(data, 3, rule)
    return LogPage(_bytes(checkpoint, rule), [_logged(one, rule) for one in _list(entries, rule)])


def _logged(value: object, rule: str) -> Logged:
    statement, body, path = check.array(value, 3, rule)
    return Logged(Submission(_bytes(statement, rule), _bytes_or_null(body, rule)),
                  _hashes(path, rule))


def encode_cosignatures(number: int, statements: Sequence[bytes]) -> bytes:
    return cbor.encode([VERSION, number, list(statements)])


def decode_cosignatures(data: bytes) -> tuple[int, list[bytes]]:
    """(checkpoint number, statements)."""
    rule = "answer.cosignatures"
    number, statements = _parts(data, 3, rule)
    return check.uint(number, rule), [_bytes(one, rule) for one in _list(statements, rule)]


def decode_json(data: bytes) -> dict[str, object]:
    """An answer in JSON: an object."""
    rule = "answer.json"
    try:
        value = json.loads(data)
    except ValueError as error:
        raise WireError(rule, "not JSON") from error
    if type(value) is not dict:
        raise WireError(rule, "not an object")
    return value


def encode_submission(submission: Submission) -> bytes:
    """What POST /entries takes as application/cbor."""
    return cbor.encode([submission.statement, submission.body])


def _parts(data: bytes, size: int, rule: str) -> list[object]:
    parts = check.array(cbor.decode(data), size, rule)
    check.version(parts[0], VERSION, rule)
    return parts[1:]


def _proof(value: object, rule: str) -> StateProof:
    bitmap, siblings, other = check.array(value, 3, rule)
    pair = None
    if other is not None:
        path, digest = check.array(other, 2, rule)
        pair = check.sized(path, 32, rule), check.sized(digest, 32, rule)
    return StateProof(_bytes(bitmap, rule), tuple(_hashes(siblings, rule)), pair)


def _hashes(value: object, rule: str) -> list[bytes]:
    return [check.sized(one, merkle.HASH_BYTES, rule) for one in _list(value, rule)]


def _list(value: object, rule: str) -> list[object]:
    if type(value) is not list:
        raise WireError(rule, "not an array")
    return value


def _bytes(value: object, rule: str) -> bytes:
    if type(value) is not bytes:
        raise WireError(rule, "not a byte string")
    return value


def _bytes_or_null(value: object, rule: str) -> bytes | None:
    return None if value is None else _bytes(value, rule)
