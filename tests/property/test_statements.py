"""Any content of any kind of statement is registered or refused by name; nothing stops a node."""

from functools import cache
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ledger_client.core import block, rules, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.core.entry import Submission
from ledger_client.core.rules import Accepted, Known, Outcome
from ledger_client.core.state import View
from ledger_client.errors import Refused
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.wire import cbor, record
from tests import damage, ledger_vectors, micropython
from tests.device import wire_vectors
from tests.generators.cases import story
from tests.world import START_MS, Device, signer

VECTORS = str(micropython.CHECKOUT / "tests" / "vectors")
(LOG,) = wire_vectors.load(VECTORS, "valid", "log")
ENTRIES: list[dict[str, Any]] = LOG["entries"]
LEDGER = statement.entry_hash(bytes.fromhex(ENTRIES[0]["statement"]))
BLOCK = 7  # the entry that is a block of the scanner's and the logger's records
SIGNERS = {one.thumbprint: one for one in (
    *story.MAKER, *story.PHARMACY,
    *map(signer, ("gateway", "gateway 2", "quality")))}
THOROUGH = settings(max_examples=300, deadline=None)  # the first of an entry replays the log


@cache
def ledger_before(number: int) -> EmbeddedLedger:
    """The ledger of the vectors before its entry `number`."""
    return ledger_vectors.replay({"entries": ENTRIES[:number]})


def judged(number: int, submission: Submission) -> Outcome:
    """What comes of a submission in the place of entry `number`; nothing is kept."""
    (outcome,) = rules.apply(
        View(ledger_before(number).store.get), [submission], ledger=LEDGER if number else None,
        size=number, now_ms=ENTRIES[number]["time_ms"])
    event(outcome.rule if isinstance(outcome, Refused) else "registered")
    return outcome


@THOROUGH
@given(st.integers(0, len(ENTRIES) - 1), st.data())
def test_any_content(number: int, draw: st.DataObject) -> None:
    before = ledger_vectors.submission(ENTRIES[number])
    parsed = statement.parse(before.statement)
    content = damage.replaced(parsed.content(), draw)
    if not wire_vectors.refusal(cbor.encode, content, True):
        data = statement.build(parsed.kind, SIGNERS[parsed.issuer], subject=parsed.subject,
                               content=content, ledger=parsed.ledger, issued_s=parsed.issued_s)
        outcome = judged(number, Submission(data, before.body))
        assert isinstance(outcome, Accepted | Refused | Known)


def sealed(records: list[bytes]) -> Submission:
    """That block with other records in it."""
    before = block.decode_header(statement.parse(
        bytes.fromhex(ENTRIES[BLOCK]["statement"])).content())
    leaves = [Leaf(None, one) for one in records]
    header = BlockHeader(before.height, before.prev, block.body_root(leaves), len(leaves),
                         before.sealed_ms, before.journal_id)
    return Submission(block.seal(header, LEDGER, signer("gateway")), block.encode_body(leaves))


@THOROUGH
@given(st.data())
def test_whatever_a_device_signs_is_accepted_in_its_block(draw: st.DataObject) -> None:
    """A body of any kind and form costs a record its effect, never the block its place."""
    devices = {device.signer.kid: device for device in (
        Device(name, LEDGER, signer(name), now_ms=START_MS) for name in ("scanner", "logger"))}
    records = []
    for leaf in block.decode_body(bytes.fromhex(ENTRIES[BLOCK]["body"])):
        one = record.decode(leaf.record, LEDGER)
        body = cbor.decode(one.body)
        if draw.draw(st.integers(0, 3)) == 0:
            body = damage.replaced(body, draw)
        kind = draw.draw(st.sampled_from([one.kind] * 8 + [1, 2, 3, 9]))
        if not wire_vectors.refusal(cbor.encode, [body]):
            records.append(devices[one.kid].sign(kind, body))
    outcome = judged(BLOCK, sealed(records))
    assert isinstance(outcome, Accepted), outcome
