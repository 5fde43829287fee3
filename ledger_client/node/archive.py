"""The log of a ledger as one file: for archives, for other nodes, for whoever re-applies it.

CBOR sequence (RFC 8742): ["coldseal log", 1], then for each checkpoint [its signed statement,
receipt signature, [* [statement, body / null]]].  Everything else follows from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import statement
from ledger_client.core.entry import Submission
from ledger_client.errors import DamagedStore, InvalidData, UsageError
from ledger_client.store.interface import Signed, Store
from ledger_client.wire import cbor, check
from ledger_client.wire.errors import WireError

NAME, VERSION = "coldseal log", 1
BATCH_BYTES = 256 * 1024 * 1024  # one batch is held in memory; no engine makes one this large


@dataclass(frozen=True)
class LoggedBatch:
    """A checkpoint and the entries that it added."""

    signed: Signed
    entries: list[Submission]


def batches(store: Store) -> Iterator[LoggedBatch]:
    """The log of a store, oldest first."""
    number, first = 0, 0
    while (signed := store.checkpoint(number)) is not None:
        try:
            size = checkpoints.decode(signed.checkpoint).size
        except WireError as error:
            raise DamagedStore(error.rule, f"checkpoint {number}", error.detail) from error
        entries = []
        for at in range(first, size):
            entry = store.entry(at)
            if entry is None:
                raise DamagedStore("store.missing", f"entry {at}", "the row is missing")
            entries.append(entry)
        yield LoggedBatch(signed, entries)
        number, first = number + 1, size


def write(store: Store, file: BinaryIO) -> int:
    """Write the whole log; how many entries.  UsageError when bodies were pruned: an archive
    holds everything."""
    file.write(cbor.encode([NAME, VERSION]))
    count = 0
    for batch in batches(store):
        for entry in batch.entries:
            if entry.body is None and statement.parse(entry.statement).kind == "block":
                raise UsageError(f"entry {count}: its body was pruned. Export from the archive, or "
                                 "from a node that holds everything")
            count += 1
        file.write(cbor.encode([batch.signed.statement, batch.signed.receipt_signature,
                                [[entry.statement, entry.body] for entry in batch.entries]]))
    return count


def read(path: Path) -> Iterator[LoggedBatch]:
    """Batches of an archive; InvalidData names the place where it breaks."""
    with path.open("rb") as file:
        data = file.read()
    at = 0
    try:
        header, at = cbor.read(data, at)
        if header != [NAME, VERSION]:
            raise InvalidData("archive.form", f"{path}: not a ledger archive of version {VERSION}")
        while at < len(data):
            value, end = cbor.read(data, at)
            yield _batch(value)
            at = end
    except WireError as error:
        raise InvalidData(error.rule, f"{path}, byte {at}: {error.detail}") from error


def _batch(value: object) -> LoggedBatch:
    rule = "archive.batch"
    signed, receipt_signature, entries = check.array(value, 3, rule)
    if type(signed) is not bytes or type(entries) is not list:
        raise WireError(rule, "not [checkpoint, signature, entries]")
    submissions = []
    for pair in entries:
        data, body = check.array(pair, 2, rule)
        if type(data) is not bytes or (body is not None and type(body) is not bytes):
            raise WireError(rule, "an entry is [statement, body / null]")
        submissions.append(Submission(data, body))
    return LoggedBatch(Signed(statement.parse(signed).payload, signed,
                              check.sized(receipt_signature, 64, rule)), submissions)
