"""Scans: raw symbols stay as the engine gave them."""

from ledger_client.wire import cbor, codes, gs1, scan
from tests.device.wire_vectors import refusal
from tests.world import CRATE, label, pack_symbol


def body(action: int, symbols: object, parent: object = None) -> bytes:
    return cbor.encode([action, symbols, parent, None, None, None, None, None, 0])


def test_a_symbol_keeps_its_bytes() -> None:
    raw = b"0109506000134352\x1d10" + bytes(range(128, 256))
    found = scan.decode(body(codes.ACTION_CHECK, [["]d2", raw]]))
    assert found.symbols == [["]d2", raw]]


def test_a_scanned_pack_can_be_read_again() -> None:
    (symbol,) = scan.decode(body(codes.ACTION_COMMISSION, [pack_symbol("S1")])).symbols
    assert gs1.identity(gs1.parse(*symbol)) == (  # type: ignore[arg-type]
        "https://id.gs1.org/01/09506000134352/21/S1")


def test_only_unpack_takes_all_of_a_parent() -> None:
    found = {action for action in range(1, 30)
             if refusal(scan.decode, body(action, [], label(CRATE))) == ""}
    assert found == {codes.ACTION_UNPACK}


def test_an_action_of_another_time_is_read() -> None:
    assert scan.decode(body(99, [pack_symbol("S1")])).action == 99
