"""What a scanned symbol is on: read once by GS1 rules, named by its canonical identity."""

from collections import namedtuple

from ledger_client.wire import gs1

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Symbol(NamedTuple):
        """`aim` and `data` as the engine gave them, and what GS1 rules say of them."""

        aim: str
        data: bytes
        kind: str
        identity: str
        missing: "list[str]"
else:
    Symbol = namedtuple("Symbol", ("aim", "data", "kind", "identity", "missing"))

PACK, CRATE, ASSET, PARTY, OTHER = "pack", "crate", "logger", "partner", "other"
_KINDS = {"01": PACK, "00": CRATE, "8004": ASSET, "417": PARTY}
_KEY_PLACE = 3  # of the primary key in a Digital Link: https: // host / key / value
_TAIL = 8  # of an identity on a 16-column screen: enough to tell two crates apart


def read(aim: str, data: bytes) -> Symbol:
    """The symbol; raises WireError (gs1.*) for what is no GS1 symbol.

    kind OTHER, or an empty identity: it names no single thing.  A pack lists what it lacks.
    """
    elements = gs1.parse(aim, data)
    missing = gs1.missing_for_pack(elements)
    identity = gs1.identity(elements)
    if identity is None:
        with_gtin = "GTIN" not in missing
        return Symbol(aim, data, PACK if with_gtin else OTHER, "", missing)
    kind = _KINDS.get(identity.split("/")[_KEY_PLACE], OTHER)
    return Symbol(aim, data, kind, identity, missing if kind == PACK else [])


def short(identity: str) -> str:
    """The end of an identity, for the screen."""
    value = identity.split("/")[-1]
    return value if len(value) <= _TAIL else ".." + value[-_TAIL:]
