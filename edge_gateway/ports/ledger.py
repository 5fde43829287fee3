"""The ledger as the gateway sees it: whose keys are in standing, and where blocks go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger_client.core import block, device_chain, identity, sealing, state, statement
from ledger_client.core.block import Leaf
from ledger_client.core.entry import Submission
from ledger_client.core.signature import Signer
from ledger_client.core.state import View
from ledger_client.errors import Refused, UsageError, VerificationFailed
from ledger_client.node.embedded import EmbeddedLedger, LedgerReader
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes


@dataclass(frozen=True)
class RegisteredBlock:
    """A block of this gateway as the ledger holds it."""

    height: int
    statement: bytes
    leaves: list[Leaf]
    entry: int
    receipt: bytes


class Directory(Protocol):
    """Questions that intake asks; used by one thread."""

    @property
    def ledger(self) -> bytes:
        """The ledger id."""

    def device_key(self, kid: bytes) -> bytes | None:
        """Public key of a device in standing; PipeFailed when that cannot be known now."""

    def registered_seq(self, kid: bytes, epoch: int) -> int | None:
        """Highest seq without a gap in the device's registered head, as last read."""

    def app_hash(self) -> bytes | None:
        """Of the newest checkpoint known."""

    def time_ms(self) -> int:
        """Ledger time of the newest checkpoint known, 0 before any is."""


class Registrar(Protocol):
    """Where blocks go; used by another thread."""

    def register(self, statement: bytes, body: bytes, sealed_ms: int) -> tuple[int, bytes]:
        """(entry, receipt); Refused with the rule, PipeFailed to try again."""

    def own_blocks(self, gateway: bytes, above: int) -> Iterator[RegisteredBlock]:
        """Blocks of a gateway above a height, ascending."""


class EmbeddedDirectory:
    """Reads the ledger file of this machine."""

    def __init__(self, path: Path) -> None:
        self._reader = LedgerReader(SqliteStore(path, readonly=True))

    @property
    def ledger(self) -> bytes:
        checkpoint = self._reader.checkpoint()
        assert checkpoint is not None
        return checkpoint.ledger

    def device_key(self, kid: bytes) -> bytes | None:
        view = self._reader.view()
        found = identity.key_of_kid(view, kid)
        if found is None or found[1].role != codes.ROLE_DEVICE or \
                found[1].tainted_from is not None:
            return None
        member = identity.require_organisation(view, found[1].organisation).member
        return found[1].public_key if member else None

    def registered_seq(self, kid: bytes, epoch: int) -> int | None:
        view = self._reader.view()
        thumbprint = view.get(state.kid_key(kid))
        if not isinstance(thumbprint, bytes):
            return None
        return device_chain.head(view, thumbprint, epoch).contiguous() or None

    def app_hash(self) -> bytes:
        checkpoint = self._reader.checkpoint()
        assert checkpoint is not None
        return checkpoint.app_hash()

    def time_ms(self) -> int:
        checkpoint = self._reader.checkpoint()
        assert checkpoint is not None
        return checkpoint.time_ms

    def close(self) -> None:
        self._reader.close()


class EmbeddedRegistrar:
    """Writes the ledger file of this machine; ledger time is the gateway's clock, or with virtual
    time the block's own."""

    def __init__(self, path: Path, signer: Signer, now_ms: Callable[[], int | None]) -> None:
        """UsageError when another process writes it, or another key signs its checkpoints."""
        self._now_ms = now_ms
        self._sealed_ms = 0
        self._engine = EmbeddedLedger(SqliteStore(path, readonly=False), signer, self._time)
        try:
            self._engine.require_signer()
        except BaseException:
            self._engine.close()
            raise

    def _time(self) -> int:
        now_ms = self._now_ms()
        return self._sealed_ms if now_ms is None else now_ms

    def register(self, statement: bytes, body: bytes, sealed_ms: int) -> tuple[int, bytes]:
        self._sealed_ms = sealed_ms
        answer = self._engine.submit([Submission(statement, body)])[0]
        if isinstance(answer, Refused):
            raise answer
        return answer.number, answer.receipt

    def own_blocks(self, gateway: bytes, above: int) -> Iterator[RegisteredBlock]:
        yield from own_blocks(self._engine, gateway, above)

    def close(self) -> None:
        self._engine.close()


class BlockSource(Protocol):
    """What `own_blocks` reads: a ledger's file, or a service through its client."""

    def view(self) -> View:
        """The state."""

    def statement(self, number: int) -> bytes:
        """The statement of an entry."""

    def entry(self, number: int) -> Submission:
        """Statement and body of an entry."""

    def receipt(self, number: int) -> bytes:
        """Receipt of an entry."""


def own_blocks(source: BlockSource, gateway: bytes, above: int) -> Iterator[RegisteredBlock]:
    """Walks back from the gateway's last registered block, then gives them oldest first.
    VerificationFailed when the ledger has forgotten blocks up to `above`."""
    head = sealing.gateway_head(source.view(), gateway)
    if head.height < above:
        raise VerificationFailed("gateway.head", "ledger", f"it knows blocks of this gateway up to "
                                 f"{head.height}, the journal has receipts up to {above}: an older "
                                 "copy of the ledger was put back. Put the newest one back")
    numbers = []
    entry_hash = head.entry_hash
    for _ in range(head.height, above, -1):
        number = source.view().get(state.entry_key(entry_hash))
        if not isinstance(number, int):
            raise VerificationFailed("state.entry", entry_hash.hex(), "a gateway's block that is "
                                     "no entry: the ledger's state contradicts itself")
        numbers.append(number)
        content = statement.parse(source.statement(number)).content()
        entry_hash = block.decode_header(content).prev
    for height, number in enumerate(reversed(numbers), above + 1):
        entry = source.entry(number)
        if entry.body is None:
            raise UsageError(f"block {height} of this gateway was pruned from the ledger, and the "
                             "journal lacks it: put a newer backup of the journal back")
        yield RegisteredBlock(height, entry.statement, block.decode_body(entry.body), number,
                              source.receipt(number))
