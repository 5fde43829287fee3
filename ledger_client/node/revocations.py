"""What a revocation puts in doubt, asked of an open ledger.

The index over the chains leads from the key's own entries to items, and from crates and places to
what was in them; only entries since the key was tainted are read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger_client.core import affected, identity, statement
from ledger_client.core.affected import Affected
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
    taint = affected.taint_of(source, thumbprint, key.tainted_from,
                              source.device_records(thumbprint, 0, 0))
    stated = _stated(reader, thumbprint, key, key.tainted_from)
    first = [*_signed(reader, thumbprint, _entries(source, thumbprint, key.tainted_from, stated)),
             *_carriers(reader, key)]
    found = affected.candidates(first, lambda uri: _linking(reader, uri))
    items = list(affected.affected(source, taint, _counted(found, progress)))
    return Doubtful(sorted(items, key=lambda one: one.item), stated)


def _counted(items: Iterator[str], progress: Progress) -> Iterator[str]:
    for done, uri in enumerate(items, 1):
        yield uri
        progress(done)


def _stated(reader: LedgerReader, thumbprint: bytes, key: Key, first: int) -> list[Stated]:
    """Devices sign records, never statements."""
    checkpoint = reader.checkpoint()
    if key.role == codes.ROLE_DEVICE or checkpoint is None:
        return []
    parsed = ((number, statement.parse(reader.statement(number)))
              for number in range(first, checkpoint.size))
    return [Stated(number, one.kind, one.subject) for number, one in parsed
            if one.issuer == thumbprint]


def _entries(source: LedgerSource, thumbprint: bytes, first: int,
             stated: list[Stated]) -> list[int]:
    """Entries in which the key said something: its records' blocks, or its own statements."""
    return sorted({held.entry for held, _ in source.device_records(thumbprint, 0, 0)
                   if held.entry >= first} | {one.entry for one in stated})


def _signed(reader: LedgerReader, thumbprint: bytes, entries: list[int]) -> Iterator[str]:
    """Items with an event by the key."""
    for entry in entries:
        for uri, _, event in reader.store.happened(entry):
            if decode_event(event).signer == thumbprint:
                yield uri


def _carriers(reader: LedgerReader, key: Key) -> Iterator[str]:
    """What a logger travelled with."""
    label = key.details[0] if key.role == codes.ROLE_DEVICE else None
    if isinstance(label, str):
        yield from _linking(reader, label)


def _linking(reader: LedgerReader, uri: str) -> Iterator[str]:
    for one, _, _ in reader.store.linking(uri):
        yield one
