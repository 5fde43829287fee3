"""A ledger as it was at an earlier checkpoint, read from what it holds now.

A log only grows, so the past is what is there less what came later.
- a chain was its events up to the first that was applied later: one registered in a later entry, or
  a parked one (it keeps its own entry) that took effect at a later ledger time.  Of checkpoints
  that bear the same time, because a clock was set back, such a one counts from the first
- a record, a certificate, a profile was there when its entry was; an older version is found by what
  the newer one says it replaces
- a key was revoked when the digest of revoked keys in the checkpoint says so
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, state, statement
from ledger_client.core.calibration import CERTIFICATES, Certificates
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.device_chain import Registered
from ledger_client.core.history import Numbered
from ledger_client.core.identity import Key
from ledger_client.core.item import Event
from ledger_client.core.registry import Current
from ledger_client.core.state import Stored, View
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.source import LedgerSource
from ledger_client.wire import cbor, check, cose

_VERSIONED = (b"profile", b"product")
# Read as they are now: what could differ in them no verdict rests on, and later corrections are
# left out by PastSource itself.
_LASTING = (b"genesis", b"organisation", b"kid", b"entry", b"corrected")


def checkpoint_at(reader: LedgerReader, time_ms: int) -> Checkpoint:
    """The newest checkpoint not later than a ledger time; UsageError when there was none."""
    newest = reader.checkpoint()
    low, high = 0, -1 if newest is None else newest.number
    while low <= high:
        middle = (low + high) // 2
        if _numbered(reader, middle).time_ms <= time_ms:
            low = middle + 1
        else:
            high = middle - 1
    if high < 0:
        raise UsageError("the ledger has no checkpoint that early")
    return _numbered(reader, high)


def checkpoint_of(reader: LedgerReader, entry: int) -> Checkpoint:
    """The checkpoint that first covers an entry; UsageError when there is no such entry."""
    signed = reader.store.checkpoint_covering(entry)
    if signed is None:
        raise UsageError(f"there is no entry {entry}")
    return checkpoints.decode(signed.checkpoint)


def _numbered(reader: LedgerReader, number: int) -> Checkpoint:
    signed = reader.store.checkpoint(number)
    assert signed is not None, "checkpoints are numbered without a gap"
    return checkpoints.decode(signed.checkpoint)


class PastSource(LedgerSource):
    """History as it stood at a checkpoint; `view` answers what a storage answer asks for."""

    def __init__(self, reader: LedgerReader, as_of: Checkpoint) -> None:
        super().__init__(reader)
        self._as_of = as_of
        self._revoked = _revoked_at(reader, as_of)
        self._view = self.view = View(self._read)
        self._length = cache(lambda uri: len(self.chain(uri)))

    def chain(self, uri: str) -> list[Numbered]:
        found: list[Numbered] = []
        for one in super().chain(uri):  # in the order in which events were applied
            event = one.event
            if event.entry >= self._as_of.size or event.time_ms > self._as_of.time_ms:
                break
            found.append(one)
        return found

    def linking(self, other: str) -> Iterator[tuple[str, Numbered]]:
        return (row for row in super().linking(other) if row[1].number < self._length(row[0]))

    def happened(self, entry: int) -> Iterator[tuple[str, Numbered]]:
        return (row for row in super().happened(entry) if row[1].number < self._length(row[0]))

    def declared_in_error(self, event: Event) -> int | None:
        entry = super().declared_in_error(event)
        return None if entry is None or entry >= self._as_of.size else entry

    def device_records(self, thumbprint: bytes, epoch: int,
                       seq: int) -> Iterator[tuple[Registered, tuple[int, int]]]:
        return (row for row in super().device_records(thumbprint, epoch, seq)
                if row[0].entry < self._as_of.size)

    def _read(self, key: bytes) -> bytes | None:
        """The encoded value of a state key then."""
        word = key.partition(b"/")[0]
        live = self._reader.store.get(key)
        if live is None or word in _LASTING:
            return live
        values = cbor.decode(live, utf8=True)
        value: Stored | None
        if word == b"key":
            value = self._key(Key.of(values))
        elif word == b"calibrations":
            value = self._certificates(Certificates.of(values))
        else:
            assert word in _VERSIONED, f"{state.describe(key)}: not known of the past"
            value = self._version(Current.of(values))
        return None if value is None else cbor.encode(value.as_list(), utf8=True)

    def _key(self, key: Key) -> Key:
        return replace(key, tainted_from=self._revoked.get(cose.thumbprint(key.public_key)
                                                           [:cose.KID_BYTES]))

    def _version(self, current: Current) -> Current | None:
        """Back through what each version replaced."""
        while current.entry >= self._as_of.size:
            _, before, _ = self._content(current.entry)
            if not isinstance(before, bytes):
                return None
            number = self._number(before)
            _, _, body = self._content(number)
            assert isinstance(body, dict)
            current = Current(number, before, current.version - 1, body)
        return current

    def _certificates(self, held: Certificates) -> Certificates | None:
        """Each number of a certificate back through what replaced it."""
        if len(held.rows) == CERTIFICATES and held.rows[-1][0] >= self._as_of.size:  # type: ignore[operator]
            raise UsageError("the logger has so many certificates that the ledger no longer keeps "
                             "those of that time")
        rows = [found for row in held.rows for found in [self._certificate(row)] if found]
        if not rows:
            return None
        return Certificates(sorted(rows, key=lambda row: row[0]))  # type: ignore[arg-type, return-value]

    def _certificate(self, row: list[object]) -> list[object] | None:
        number, entry_hash, body = row
        assert isinstance(number, int)
        while number >= self._as_of.size:
            _, before, _ = self._content(number)
            if not isinstance(before, bytes):
                return None
            number, entry_hash = self._number(before), before
            _, _, body = self._content(number)
        return [number, entry_hash, body]

    def _content(self, number: int) -> list[object]:
        """[version, replaces / null, body] of a registered statement."""
        parsed = statement.parse(self._reader.statement(number))
        return check.array(parsed.content(), 3, parsed.kind + ".form")

    def _number(self, entry_hash: bytes) -> int:
        found = self._reader.view().get(state.entry_key(entry_hash))
        assert isinstance(found, int), "what was replaced is registered"
        return found


def _revoked_at(reader: LedgerReader, as_of: Checkpoint) -> dict[bytes, int]:
    """kid -> first tainted entry, of the keys that were revoked then: the keys revoked now less
    those whose revocation lies in a later batch that changed the digest."""
    revoked = {kid: since for kid, since in identity.revoked(reader.view())
               if isinstance(kid, bytes) and isinstance(since, int)}
    newest = reader.checkpoint()
    assert newest is not None
    at = newest
    while at.revoked != as_of.revoked:
        first = _first_with(reader, as_of.number, at)
        begin = _numbered(reader, first.number - 1)
        for number in range(begin.size, first.size):
            revoked.pop(_revokes(reader, number) or b"", None)
        at = begin
    return revoked


def _first_with(reader: LedgerReader, before: int, at: Checkpoint) -> Checkpoint:
    """The first checkpoint after number `before` with the digest of `at`."""
    low, high = before + 1, at.number
    while low < high:
        middle = (low + high) // 2
        if _numbered(reader, middle).revoked == at.revoked:
            high = middle
        else:
            low = middle + 1
    return _numbered(reader, low)


def _revokes(reader: LedgerReader, number: int) -> bytes | None:
    """The kid that an entry revokes."""
    parsed = statement.parse(reader.statement(number))
    if parsed.kind != "revoke":
        return None
    kid = check.array(parsed.content(), 4, "revoke.form")[1]
    assert isinstance(kid, bytes)
    return kid
