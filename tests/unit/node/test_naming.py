"""One name for each thing, however it is spelt; people read what labels print."""

import pytest

from ledger_client.errors import UsageError
from ledger_client.node import naming
from tests.world import CRATE, GTIN, LOGGER_GIAI, pack


@pytest.mark.parametrize("uri", [pack("S1"), pack("A%281%29%2F%25"), CRATE, LOGGER_GIAI])
def test_what_is_printed_names_the_same(uri: str) -> None:
    assert naming.named(naming.printed(uri)) == uri


def test_links_within_words() -> None:
    assert naming.printed(f"on hold ({pack('S1')}, which it is in)") == \
        f"on hold ((01){GTIN}(21)S1, which it is in)"


@pytest.mark.parametrize("text", [
    "https://id.gs1.org/foo", f"https://id.gs1.org/01/{GTIN[:-1]}9/21/S1", "https://example.com"])
def test_what_is_no_canonical_link_stays(text: str) -> None:
    assert naming.printed(text) == text


def test_two_labels_at_once_name_neither() -> None:
    with pytest.raises(UsageError, match="two values"):
        naming.named(f"(01){GTIN}(21)S1(01){GTIN}(21)S2")


def test_a_lot_is_named_where_it_is_asked_for() -> None:
    text = f"(01){GTIN}(10)LOT42A"
    assert naming.named(text, lot=True) == f"https://id.gs1.org/01/{GTIN}/10/LOT42A"
    with pytest.raises(UsageError, match="names no pack"):
        naming.named(text)
