"""What a revocation puts in doubt, asked of an open ledger.

The index over the chains leads from the key's own entries to items, and from crates and places to
what was in them; only entries since the key was tainted are read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger_client.core import affected, block, identity, statement
from ledger_client.core.affected import Affected, Taint
from ledger_client.core.history import decode_event
from ledger_client.core.identity import Key
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Stated:
    """A statement by the key since it was tainted."""

    entry: int
    kind: str
    subject: str


@dataclass(frozen=True)
class Doubtful:
    """Items that rest on a tainted key, and the statements that it signed since."""

    items: list[Affected]
    statements: list[Stated]


def doubtful(reader: LedgerReader, thumbprint: bytes,
             progress: Progress = lambda done: None) -> Doubtful:
    """What rests on a revoked key; `progress` is told how many items were looked at."""
    key = identity.require_key(reader.view(), thumbprint)
    if key.tainted_from is None:
        raise UsageError(f"the key {thumbprint.hex()[:16]} is not revoked")
    source = LedgerSource(reader)
    taint = Taint(thumbprint, key.tainted_from)
    stated: list[Stated] = []
    if key.role == codes.ROLE_DEVICE:
        taint = _of_device(source, thumbprint, key.tainted_from)
    else:
        stated = _stated(reader, thumbprint, key.tainted_from)
    first = [*_signed(reader, taint, stated), *_carriers(reader, key)]
    found = affected.candidates(first, lambda uri: _linking(reader, uri))
    items = list(affected.affected(source, taint, _counted(found, progress)))
    return Doubtful(sorted(items, key=lambda one: one.item), stated)


def _counted(items: Iterator[str], progress: Progress) -> Iterator[str]:
    for done, uri in enumerate(items, 1):
        yield uri
        progress(done)


def _of_device(source: LedgerSource, thumbprint: bytes, first: int) -> Taint:
    places = source.tainted(thumbprint)
    return affected.of_device(thumbprint, first, [
        (held, source.record_at(held.entry, held.leaf) if source.has_body(held.entry) else None)
        for held, place in source.device_records(thumbprint, 0, 0) if place in places])


def _stated(reader: LedgerReader, thumbprint: bytes, first: int) -> list[Stated]:
    """Statements, which every key but a device's signs."""
    checkpoint = reader.checkpoint()
    assert checkpoint is not None
    parsed = ((number, statement.parse(reader.statement(number)))
              for number in range(first, checkpoint.size))
    return [Stated(number, one.kind, one.subject) for number, one in parsed
            if one.issuer == thumbprint]


def _signed(reader: LedgerReader, taint: Taint, stated: list[Stated]) -> Iterator[str]:
    """Items with an event by the key: in its records' blocks, or by its own statements.  What is
    in a gateway's blocks, others have signed."""
    entries = {entry for entry, _ in taint.records or ()} | \
        {one.entry for one in stated if one.kind != block.KIND}
    for entry in sorted(entries):
        for uri, _, event in reader.store.happened(entry):
            if taint.of(decode_event(event)):
                yield uri


def _carriers(reader: LedgerReader, key: Key) -> Iterator[str]:
    """What a logger travelled with."""
    label = key.details[0] if key.role == codes.ROLE_DEVICE else None
    if isinstance(label, str):
        yield from _linking(reader, label)


def _linking(reader: LedgerReader, uri: str) -> Iterator[str]:
    for one, _, _ in reader.store.linking(uri):
        yield one
