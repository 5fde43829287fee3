"""Rules of a block: refused only for what the gateway did wrong, never for what a record says."""

from dataclasses import dataclass

from ledger_client.core import block, records, state
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.core.entry import Entry
from ledger_client.core.identity import Key
from ledger_client.core.state import Stored, View
from ledger_client.errors import Refused
from ledger_client.wire import codes
from ledger_client.wire.errors import WireError


@dataclass(frozen=True)
class GatewayHead(Stored):
    """A gateway's last registered block."""

    height: int
    entry_hash: bytes
    sealed_ms: int


_NO_BLOCK = GatewayHead(block.FIRST_HEIGHT - 1, block.FIRST_PREV, 0)


def gateway_head(view: View, thumbprint: bytes) -> GatewayHead:
    return view.load(GatewayHead, state.gateway_key(thumbprint)) or _NO_BLOCK


def apply_block(entry: Entry, signer: Key, content: object) -> None:
    """Judge header and body, then every record."""
    if entry.statement.subject != block.SUBJECT or entry.body is None:
        raise Refused("B1", "a block has sub \"block\" and a body")
    try:
        header, leaves = block.decode_header(content), block.decode_body(entry.body)
    except WireError as error:
        raise Refused("B1", str(error)) from error
    _check_link(entry, header)
    _check_body(header, leaves)
    entry.view.store(state.gateway_key(entry.statement.issuer), GatewayHead(
        header.height, entry.statement.entry_hash, header.sealed_ms))
    for number, leaf in enumerate(leaves):
        records.apply_record(entry, number, leaf)


def _check_link(entry: Entry, header: BlockHeader) -> None:
    before = gateway_head(entry.view, entry.statement.issuer)
    if header.height != before.height + 1 or header.prev != before.entry_hash:
        raise Refused("B2", f"height {header.height} on another block than the gateway's last, "
                            f"height {before.height}, {before.entry_hash.hex()[:16]}")
    if header.sealed_ms < before.sealed_ms:
        raise Refused("B4", f"sealed {before.sealed_ms - header.sealed_ms} ms before the last")
    if header.sealed_ms > entry.now_ms + codes.TOLERANCE_MS:
        raise Refused("B4", f"sealed {header.sealed_ms - entry.now_ms} ms beyond ledger time")


def _check_body(header: BlockHeader, leaves: list[Leaf]) -> None:
    if header.count != len(leaves) or header.root != block.body_root(leaves):
        raise Refused("B3", "root or count are not those of the body")
