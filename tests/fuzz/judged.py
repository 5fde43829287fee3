"""Statements and records that are signed as they must be, whatever they say: the rules judge them.

A statement is refused or registered; a block with any records in it is registered.
"""

from functools import cache

from ledger_client.core import block, rules, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.core.entry import Submission
from ledger_client.core.rules import Accepted, Outcome
from ledger_client.core.state import View
from ledger_client.errors import Refused
from ledger_client.node.embedded import EmbeddedLedger, Registered
from ledger_client.signer import SoftwareSigner
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import codes, cose, record
from tests import ledger_vectors, micropython
from tests.device import wire_vectors
from tests.fuzz.target import Target
from tests.world import signer

(_LOG,) = wire_vectors.load(str(micropython.CHECKOUT / "tests" / "vectors"), "valid", "log")
_ENTRIES = [(ledger_vectors.submission(entry), entry["time_ms"]) for entry in _LOG["entries"]]
STATEMENTS = [submission.statement for submission, _ in _ENTRIES]
LEDGER = statement.entry_hash(STATEMENTS[0])
_SIGNERS = {one.thumbprint: one for one in map(signer, (
    "maker root", "maker operations", "pharmacy root", "pharmacy operations", "gateway",
    "gateway 2", "quality", "scanner", "logger"))}
_DEVICES = {_SIGNERS[one].kid: _SIGNERS[one] for one in _SIGNERS}
_FIRST_BLOCK = next(number for number, data in enumerate(STATEMENTS)
                    if statement.parse(data).kind == block.KIND)
_RECORDS = [leaf.record for submission, _ in _ENTRIES if submission.body
            for leaf in block.decode_body(submission.body)]


@cache
def before(number: int) -> MemoryStore:
    """A ledger's store with the entries before `number`."""
    store, now_ms = MemoryStore(), 0
    engine = EmbeddedLedger(store, signer("ledger"), lambda: now_ms)
    for submission, now_ms in _ENTRIES[:number]:  # noqa: B007  the engine's clock reads it
        (answer,) = engine.submit([submission])
        assert isinstance(answer, Registered), answer
    return store


def judge(number: int, submission: Submission) -> Outcome:
    """What the rules say of a statement in the place of entry `number`; nothing is written."""
    (outcome,) = rules.apply(View(before(number).get), [submission], ledger=LEDGER if number
                             else None, size=number, now_ms=_ENTRIES[number][1])
    return outcome


def targets() -> list[Target]:
    payloads = [bytes([number]) + statement.parse(data).payload
                for number, data in enumerate(STATEMENTS)]
    contents = [parsed.kid + _payload(data) for data in _RECORDS[:-1]
                if (parsed := record.decode(data, LEDGER))]
    return [Target("statement under the rules", _any_statement, STATEMENTS),
            Target("signed content under the rules", _any_content, payloads),
            Target("body under the rules", _any_body, [submission.body for submission, _
                                                       in _ENTRIES if submission.body]),
            Target("record under the rules", _any_record, _RECORDS),
            Target("signed record under the rules", _any_signed_record, contents)]


def _payload(data: bytes) -> bytes:
    return cose.decode_sign1(data).payload


def _decided(outcome: Outcome) -> None:
    if isinstance(outcome, Refused):
        raise outcome


def _any_statement(data: bytes) -> None:
    _decided(judge(_FIRST_BLOCK, Submission(data)))


def _any_content(data: bytes) -> None:
    """The first byte names the entry in whose place it stands, signed by its signer."""
    number = data[0] % len(STATEMENTS) if data else 0
    real = statement.parse(STATEMENTS[number])
    protected = cose.decode_sign1(STATEMENTS[number]).protected
    payload = data[1:]
    made = cose.encode_sign1(protected, payload, _SIGNERS[real.issuer].sign(
        cose.digest(protected, b"", payload)))
    _decided(judge(number, Submission(made, _ENTRIES[number][0].body)))


def _any_body(data: bytes) -> None:
    """Under the header that fits it, if it is a body at all."""
    _registered(block.decode_body(data))


def _any_record(data: bytes) -> None:
    _registered([Leaf(None, data)])


def _any_signed_record(data: bytes) -> None:
    """Signed by the device that the first bytes name, or by a stranger."""
    key: SoftwareSigner = _DEVICES.get(data[:8], signer("stranger"))
    payload = data[8:]
    digest = record.digest(key.kid, LEDGER, payload)
    made = record.encode(key.kid, payload, key.sign(digest))
    if len(made) <= codes.RECORD_BYTES:
        _registered([Leaf(None, made), Leaf(None, _RECORDS[0])])


def _registered(leaves: list[Leaf]) -> None:
    """No record keeps a block from being registered, unless it is too large for any."""
    body = block.encode_body(leaves)
    time_ms = _ENTRIES[_FIRST_BLOCK][1]
    header = BlockHeader(1, block.FIRST_PREV, block.body_root(leaves), len(leaves), time_ms,
                         b"journal1")
    sealed = block.seal(header, LEDGER, signer("gateway"))
    outcome = judge(_FIRST_BLOCK, Submission(sealed, body))
    large = len(body) > codes.BLOCK_BYTES or len(leaves) > codes.BLOCK_RECORDS \
        or any(len(leaf.record) > codes.RECORD_BYTES for leaf in leaves)
    assert large or isinstance(outcome, Accepted), outcome
