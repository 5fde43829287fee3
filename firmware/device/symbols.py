"""What a scanned symbol is on: read once by GS1 rules, named by its canonical identity."""

from collections import namedtuple

from ledger_client.wire import gs1

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Symbol(NamedTuple):
        """`raw` is [AIM identifier, bytes], as a record holds it."""

        raw: "list[object]"
        kind: str
        identity: str
        missing: "list[str]"
else:
    Symbol = namedtuple("Symbol", ("raw", "kind", "identity", "missing"))

PACK, CRATE, ASSET, PARTY, OTHER = "pack", "crate", "logger", "partner", "other"
_KINDS = {"01": PACK, "00": CRATE, "8004": ASSET, "417": PARTY}
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
        return Symbol([aim, data], PACK if with_gtin else OTHER, "", missing)
    kind = _KINDS.get(identity[len(gs1.STEM) + 1:].split("/")[0], OTHER)
    return Symbol([aim, data], kind, identity, missing if kind == PACK else [])


def short(identity: str) -> str:
    """The end of an identity, for the screen."""
    value = identity.split("/")[-1]
    return value if len(value) <= _TAIL else ".." + value[-_TAIL:]
