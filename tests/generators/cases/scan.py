"""Scans: one for each action, the limits, and what breaks each part."""

from ledger_client.wire import cbor, codes
from tests.device.wire_vectors import SCAN
from tests.generators.cases.common import NONCE, PLACE, Case, Subject, invalid, valid
from tests.world import CRATE, PHARMACY_PARTY, label, pack_symbol

_PACK = pack_symbol("S001")
_CRATE = label(CRATE)
_PLAIN: dict[str, object] = {
    "action": codes.ACTION_COMMISSION, "symbols": [_PACK], "parent": None, "party": None,
    "place": None, "operator": None, "ref": None, "reason": None, "shown": codes.SHOWN_ACCEPTED}


def _body(**other: object) -> list[object]:
    return [(_PLAIN | other)[name] for name in SCAN]


def _case(name: str, **other: object) -> Case:
    return valid(name, "scan", cbor.encode(_body(**other)), _PLAIN | other)


def _valid() -> list[Case]:
    return [
        _case("commission one pack"),
        _case("pack two into a crate", action=codes.ACTION_PACK, parent=_CRATE,
              symbols=[_PACK, pack_symbol("S002")]),
        _case("unpack all of a crate", action=codes.ACTION_UNPACK, symbols=[], parent=_CRATE),
        _case("ship to a party, by an operator, for an order", action=codes.ACTION_SHIP,
              symbols=[_CRATE], party=PHARMACY_PARTY, operator=NONCE, ref=NONCE[::-1]),
        _case("put away at a place", action=codes.ACTION_PUT_AWAY, place=PLACE),
        _case("quarantine for a reason, warned", action=codes.ACTION_QUARANTINE, reason=3,
              shown=codes.SHOWN_WARNED),
        _case("dispense, refused on the display", action=codes.ACTION_DISPENSE,
              shown=codes.SHOWN_REFUSED),
        _case("attach a logger", action=codes.ACTION_ATTACH, parent=_CRATE,
              symbols=[["]C1", b"80049506000134L1"]]),
        *[_case(f"action {action}", action=action) for action in range(25)],
        _case("an action nobody knows", action=99),
        _case("64 symbols", symbols=[pack_symbol(f"S{number:03}") for number in range(64)]),
        _case("a symbol of one byte", symbols=[["]A0", b"7"]]),
        _case("a symbol of 256 bytes", symbols=[["]d1", bytes(range(256))]]),
        _case("a party of 64 characters", party="https://id.gs1.org/417/" + "1" * 41)]


def _invalid() -> list[tuple[str, object, str]]:
    good = _body()
    return [
        ("eight parts", good[:8], "scan.parts"), ("ten parts", [*good, None], "scan.parts"),
        ("a map", {}, "scan.parts"),
        ("65 symbols", _body(symbols=[_PACK] * 65), "scan.symbols"),
        ("no symbols", _body(symbols=[]), "scan.symbols"),
        ("no symbols and no parent", _body(action=codes.ACTION_UNPACK, symbols=[]), "scan.symbols"),
        ("no symbols to pack", _body(action=codes.ACTION_PACK, symbols=[], parent=_CRATE),
         "scan.symbols"),
        ("symbols null", _body(symbols=None), "scan.symbols"),
        ("a symbol of three", _body(symbols=[[*_PACK, 0]]), "scan.symbol"),
        ("an empty symbol", _body(symbols=[["]d2", b""]]), "scan.symbol"),
        ("a symbol of 257 bytes", _body(symbols=[["]d2", bytes(257)]]), "scan.symbol"),
        ("a symbol as text", _body(symbols=[["]d2", "0109506000134352"]]), "scan.symbol"),
        ("an identifier without ]", _body(symbols=[["d2 ", b"1"]]), "scan.aim"),
        ("an identifier of two", _body(symbols=[["]d", b"1"]]), "scan.aim"),
        ("an identifier of four", _body(symbols=[["]d22", b"1"]]), "scan.aim"),
        ("an identifier as bytes", _body(symbols=[[b"]d2", b"1"]]), "scan.aim"),
        ("an empty parent", _body(parent=["]C1", b""]), "scan.symbol"),
        ("a parent as text", _body(parent=CRATE), "scan.symbol"),
        ("a party of 65 characters", _body(party="1" * 65), "scan.party"),
        ("a party as bytes", _body(party=b"1"), "scan.party"),
        ("a place as a number", _body(place=1), "scan.party"),
        ("shown 4", _body(shown=4), "scan.shown"), ("shown null", _body(shown=None), "scan.shown"),
        ("shown true", _body(shown=True), "scan.shown"),
        ("action below 0", _body(action=-1), "scan.action"),
        ("action null", _body(action=None), "scan.action"),
        ("operator of 15 bytes", _body(operator=NONCE[:15]), "scan.operator"),
        ("operator as text", _body(operator="0123456789abcdef"), "scan.operator"),
        ("ref of 17 bytes", _body(ref=NONCE + b"\0"), "scan.ref"),
        ("reason below 0", _body(reason=-1), "scan.reason")]


SUBJECT = Subject(
    "Bodies of scans", _valid(),
    [invalid(name, "scan", cbor.encode(value), rule) for name, value, rule in _invalid()])
