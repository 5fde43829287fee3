"""What this handheld remembers of packs: which crate it packed them into, which it dispensed.

Bounded; the oldest is forgotten.  After a start it is rebuilt from the records in the flash ring,
as far as they reach.  It serves the person's feedback only: the ledger judges by itself.
"""

from firmware.device import symbols
from firmware.device.shelf import KEY_BYTES, Shelf, key_of
from ledger_client.wire import codes, record, scan
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger_client.wire.values import Record

BUCKETS = 512  # some 1,500 packs in 56 kB
_NAME_BYTES = 10  # a crate's short name, for the screen
_DISPENSED = bytes(KEY_BYTES + _NAME_BYTES)


class Memory:
    """By a pack's identity: its crate, or that it was dispensed."""

    def __init__(self) -> None:
        self._shelf = Shelf(BUCKETS, KEY_BYTES + _NAME_BYTES)

    def pack(self, packs: "Iterable[str]", crate: str) -> None:
        name = symbols.short(crate).encode()
        value = key_of(crate) + name + bytes(_NAME_BYTES - len(name))
        for pack in packs:
            self._shelf.put(pack, value)

    def unpack(self, packs: "list[str]", crate: str) -> None:
        """Those packs are out of the crate; an empty list means all of it."""
        for pack in packs:
            if self.in_crate(pack, crate):
                self._shelf.remove(pack)
        if not packs:
            self._shelf.remove_all(key_of(crate))

    def dispense(self, pack: str) -> None:
        self._shelf.put(pack, _DISPENSED)

    def dispensed(self, pack: str) -> bool:
        return self._shelf.get(pack) == _DISPENSED

    def crate_name(self, pack: str) -> "str | None":
        """The short name of the crate that the pack is in."""
        value = self._shelf.get(pack)
        if value is None or value == _DISPENSED:
            return None
        return value[KEY_BYTES:].rstrip(b"\x00").decode()

    def in_crate(self, pack: str, crate: str) -> bool:
        value = self._shelf.get(pack)
        return value is not None and value[:KEY_BYTES] == key_of(crate)

    def replay(self, one: "Record") -> None:
        """Take in a record of the ring.  Records of ours hold symbols that could be read."""
        if one.kind != codes.KIND_SCAN:
            return
        found = scan.decode(one.body)
        if found.shown > codes.SHOWN_ALREADY or found.action not in _REMEMBERED:
            return
        packs = [_identity(raw) for raw in found.symbols]
        if found.action == codes.ACTION_DISPENSE:
            for pack in packs:
                self.dispense(pack)
        elif found.parent is not None:
            act = self.pack if found.action == codes.ACTION_PACK else self.unpack
            act(packs, _identity(found.parent))


_REMEMBERED = (codes.ACTION_PACK, codes.ACTION_UNPACK, codes.ACTION_DISPENSE)


def _identity(raw: "list[object]") -> str:
    return symbols.read(raw[0], raw[1]).identity  # type: ignore[arg-type]


def rebuild(memory: Memory, records: "Iterable[bytes]", ledger: bytes) -> None:
    """Replay records, oldest first; one that an older firmware wrote otherwise is passed over."""
    for data in records:
        try:
            memory.replay(record.decode(data, ledger))
        except WireError:
            continue
