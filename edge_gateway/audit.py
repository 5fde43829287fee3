"""Verifying a journal against the devices' signatures, its own blocks and the ledger's receipts."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from edge_gateway.config import ServiceSettings, Settings
from edge_gateway.ports import remote_ledger
from edge_gateway.ports.journal import Journal, Row, SealedBlock
from ledger_client import signer
from ledger_client.core import block, identity, receipt, signature, statement
from ledger_client.core.block import Leaf
from ledger_client.core.state import View
from ledger_client.errors import DamagedStore, InvalidData
from ledger_client.node.embedded import LedgerReader
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import record
from ledger_client.wire.errors import WireError

Progress = Callable[[int, int], None]


def verify_journal(settings: Settings, progress: Progress) -> dict[str, int]:
    """Counts of what was verified; DamagedStore names the row or block that differs."""
    journal = Journal(settings.journal, readonly=True)
    try:
        with _ledger(settings) as ledger:
            counts = journal.counts()
            audit = _Audit(journal, ledger, signer.load_public(signer.public_path(settings.key)))
            for done, row in enumerate(journal.rows(0), 1):
                audit.check_row(row)
                progress(done, counts["rows"])
            audit.check_blocks()
            return counts
    finally:
        journal.close()


@dataclass(frozen=True)
class _Ledger:
    """What the rows and receipts are checked against."""

    view: View
    ledger: bytes


@contextmanager
def _ledger(settings: Settings) -> Iterator[_Ledger]:
    """The ledger file of this machine, or a service."""
    if isinstance(settings.ledger, ServiceSettings):
        client = remote_ledger.connect(settings.ledger, signer.load(settings.key), None)
        try:
            yield _Ledger(client.view(), client.trust.ledger)
        finally:
            client.close()
        return
    reader = LedgerReader(SqliteStore(settings.ledger, readonly=True))
    try:
        checkpoint = reader.checkpoint()
        assert checkpoint is not None
        yield _Ledger(reader.view(), checkpoint.ledger)
    finally:
        reader.close()


class _Audit:
    def __init__(self, journal: Journal, ledger: _Ledger, gateway_key: bytes) -> None:
        self._journal = journal
        self._ledger = ledger
        self._gateway_key = gateway_key
        self._keys: dict[bytes, bytes | None] = {}  # by kid: a service is asked once for each

    def check_row(self, row: Row) -> None:
        """The record is what its device signed, and the columns beside it are the record's."""
        field = f"row {row.number}"
        try:
            parsed = record.decode(row.record, self._ledger.ledger)
        except WireError as error:
            raise DamagedStore("journal.row", field, f"no record any more ({error})") from error
        key = self._key_of(parsed.kid)
        if key is None:
            raise DamagedStore("journal.row", field, f"the ledger knows no device "
                               f"{parsed.kid.hex()}")
        try:
            signature.verify(key, parsed.digest, parsed.signature)
        except signature.BadSignature as error:
            raise DamagedStore("journal.row", field, "the record is not what its device signed "
                               f"({error.detail})") from error
        if (parsed.kid, parsed.epoch, parsed.seq, parsed.digest) != \
                (row.kid, row.epoch, row.seq, row.digest):
            raise DamagedStore("journal.row", field, "the columns are not the record's")

    def _key_of(self, kid: bytes) -> bytes | None:
        if kid not in self._keys:
            found = identity.key_of_kid(self._ledger.view, kid)
            self._keys[kid] = None if found is None else found[1].public_key
        return self._keys[kid]

    def check_blocks(self) -> None:
        """Each block follows the one before, holds its rows, and stands in the ledger."""
        height, prev, next_row = 0, block.FIRST_PREV, 1
        for sealed in self._journal.blocks():
            field = f"block {sealed.height}"
            header = self._open(sealed, field)
            if (header.height, header.prev) != (height + 1, prev) or sealed.first_row != next_row:
                raise DamagedStore("journal.block", field, "it does not follow the block before")
            leaves = [Leaf(row.received_ms, row.record)
                      for row in self._journal.rows(sealed.first_row, sealed.last_row)]
            if (header.count, header.root) != (len(leaves), block.body_root(leaves)):
                raise DamagedStore("journal.block", field, f"rows {sealed.first_row} to "
                                   f"{sealed.last_row} are not those that were sealed")
            self._check_receipt(sealed, field)
            height, prev = header.height, statement.entry_hash(sealed.statement)
            next_row = sealed.last_row + 1

    def _open(self, sealed: SealedBlock, field: str) -> block.BlockHeader:
        try:
            parsed = statement.parse(sealed.statement)
            parsed.verify(self._gateway_key)
            header = block.decode_header(parsed.content())
        except (InvalidData, WireError) as error:
            raise DamagedStore("journal.block", field, f"its statement does not hold ({error})") \
                from error
        if header.height != sealed.height:
            raise DamagedStore("journal.block", field, "its statement is another block's")
        return header

    def _check_receipt(self, sealed: SealedBlock, field: str) -> None:
        if sealed.receipt is None:
            return
        entry_hash = hashlib.sha256(sealed.statement).digest()
        try:
            opened = receipt.decode(sealed.receipt)
            opened.verify(entry_hash, identity.checkpoint_key(
                self._ledger.view, opened.issuer, opened.size))
        except InvalidData as error:
            raise DamagedStore("journal.receipt", field, f"its receipt does not hold ({error})") \
                from error
        if opened.index != sealed.entry:
            raise DamagedStore("journal.receipt", field, "its receipt is for another entry")
