"""Scan body: what a handheld recorded.

Body = [action, symbols, parent, party, place, operator, ref, reason, shown].  Symbols stay the
bytes that the barcode engine gave, with AIM identifier and GS: parsing is repeated by the rules.
"""

from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Scan

PSEUDONYM_BYTES = 16


def encode(scan: Scan) -> bytes:
    """A scan's body."""
    return cbor.encode(scan)


def decode(body: bytes) -> Scan:
    """A scan, every rule of form checked; the meaning of action and symbols is the rules'."""
    parts = check.array(cbor.decode(body), 9, "scan.parts")
    action, symbols, parent, party, place, operator, ref, reason, shown = parts
    if type(symbols) is not list or len(symbols) > codes.SYMBOLS:
        raise WireError("scan.symbols", "not at most %d symbols" % codes.SYMBOLS)
    for symbol in symbols:
        _check_symbol(symbol)
    if parent is not None:
        _check_symbol(parent)
    if not symbols and (parent is None or action != codes.ACTION_UNPACK):
        raise WireError("scan.symbols", "only unpack of a whole parent has no symbols")
    for uri in (party, place):
        if uri is not None:
            check.text(uri, codes.TEXT, "scan.party")
    if check.uint(shown, "scan.shown") > codes.SHOWN_REFUSED:
        raise WireError("scan.shown", "shown is not in 0..3")
    return Scan(check.uint(action, "scan.action"), symbols, parent,  # type: ignore[arg-type]
                party, place,  # type: ignore[arg-type]
                check.sized_or_null(operator, PSEUDONYM_BYTES, "scan.operator"),
                check.sized_or_null(ref, PSEUDONYM_BYTES, "scan.ref"),
                check.uint_or_null(reason, "scan.reason"), shown)  # type: ignore[arg-type]


def _check_symbol(symbol: object) -> None:
    aim, data = check.array(symbol, 2, "scan.symbol")
    if type(aim) is not str or len(aim) != 3 or aim[0] != "]":
        raise WireError("scan.aim", "no AIM identifier such as ]d2")
    if type(data) is not bytes or not 0 < len(data) <= codes.SYMBOL_BYTES:
        raise WireError("scan.symbol", "a symbol has 1 to %d bytes" % codes.SYMBOL_BYTES)
