"""Pruning: old bodies of blocks may be forgotten where an archive holds them and a witness at
level 2 has re-applied the log up to a later checkpoint."""

from collections.abc import Iterable

from ledger_client.core import block, identity, statement, witness
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.errors import InvalidData, UsageError
from ledger_client.node.archive import LoggedBatch
from ledger_client.node.embedded import LedgerReader

RETENTION_DAYS = 400  # a recall of what was dispensed a year ago still finds everything here


def prune(reader: LedgerReader, archived: Iterable[LoggedBatch], older_than_ms: int) -> int:
    """How many bodies were forgotten; UsageError says which condition does not hold."""
    newest = reader.checkpoint()
    if newest is None:
        raise UsageError("the ledger has no genesis yet")
    covered = _reapplied_size(reader, newest)
    if covered == 0:
        raise UsageError("no witness at level 2 has re-applied this log: `coldseal witness cosign "
                         "--reapply` on a witness's machine, then `coldseal witness add`")
    count = number = 0
    for logged in archived:
        checkpoint = checkpoints.decode(logged.signed.checkpoint)
        for entry in logged.entries:
            if number < covered and checkpoint.time_ms < newest.time_ms - older_than_ms \
                    and entry.body is not None:
                count += _forget(reader, number, entry.statement, entry.body)
            number += 1
    return count


def _forget(reader: LedgerReader, number: int, data: bytes, body: bytes) -> bool:
    """Forget a body that the archive holds bit for bit."""
    if reader.entry(number).statement != data:
        raise InvalidData("archive.entry", f"entry {number} in the archive is another one")
    leaves = block.decode_body(body)
    if block.body_root(leaves) != block.decode_header(statement.parse(data).content()).root:
        raise InvalidData("archive.body", f"entry {number}: the body in the archive was changed")
    return reader.store.prune(number)


def _reapplied_size(reader: LedgerReader, newest: Checkpoint) -> int:
    """Entries covered by the newest checkpoint that a level 2 witness cosigned."""
    for number in range(newest.number, -1, -1):
        signed = reader.store.checkpoint(number)
        assert signed is not None
        for data in reader.store.cosignatures(number):
            thumbprint = statement.parse(data).issuer
            key = identity.require_key(reader.view(), thumbprint).public_key
            opened = checkpoints.open_cosignature(data, newest.ledger, key)
            if opened.level >= witness.LEVEL_REAPPLIED:
                return checkpoints.decode(signed.checkpoint).size
    return 0
