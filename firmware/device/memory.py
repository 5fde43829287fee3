"""What this handheld remembers of packs: which crate it packed them into, which it dispensed.

Bounded; the oldest is forgotten.  After a start it is rebuilt from the records in the flash ring,
as far as they reach.  It serves the person's feedback only: the ledger judges by itself.
"""

from firmware.device import symbols
from ledger_client.wire import codes, record, scan
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger_client.wire.values import Record

PACKS = 2048  # about 200 kB of the handheld's PSRAM
_DISPENSED = ""  # no crate has this identity


class Memory:
    """Identities of packs, with the crate they are in."""

    def __init__(self) -> None:
        self._crates: "dict[str, str]" = {}
        self._order: "list[str]" = []

    def pack(self, packs: "Iterable[str]", crate: str) -> None:
        for pack in packs:
            self._put(pack, crate)

    def unpack(self, packs: "list[str]", crate: str) -> None:
        """Those packs are out of the crate; an empty list means all of it."""
        for pack in packs or [one for one in self._order if self._crates[one] == crate]:
            if self._crates.get(pack) == crate:
                del self._crates[pack]
                self._order.remove(pack)

    def dispense(self, pack: str) -> None:
        self._put(pack, _DISPENSED)

    def dispensed(self, pack: str) -> bool:
        return self._crates.get(pack) == _DISPENSED

    def crate_of(self, pack: str) -> "str | None":
        return self._crates.get(pack) or None

    def _put(self, pack: str, crate: str) -> None:
        if pack not in self._crates:
            self._order.append(pack)
            if len(self._order) > PACKS:
                del self._crates[self._order.pop(0)]
        self._crates[pack] = crate

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
