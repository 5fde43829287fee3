"""What holds for every message: refusals have a name, and what is written is read back."""

import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from ledger_client.epcis import urn
from ledger_client.wire import digital_link, gs1, gs1_elements, gs1_linters, gs1_symbols, gs1_syntax
from ledger_client.wire.errors import WireError

AIMS = st.sampled_from([*gs1.ELEMENT_STRING_AIMS, *gs1.PLAIN_AIMS, *gs1.RETAIL_DIGITS, "]A0"])
CSET_82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
IDENTIFIERS = ["00", "01", "02", "10", "11", "17", "21", "22", "235", "240", "253", "254", "30",
               "3103", "37", "3922", "410", "414", "417", "421", "7003", "710", "8003", "8004",
               "8006", "8008", "8013", "8020", "8110", "8200", "91", "99", "89"]


def digits(size: int) -> st.SearchStrategy[str]:
    return st.text(string.digits, min_size=size, max_size=size)


def checked(size: int) -> st.SearchStrategy[str]:
    return digits(size - 1).map(lambda text: text + gs1_linters.check_digit(text))


def text(limit: int) -> st.SearchStrategy[str]:
    return st.text(CSET_82, min_size=1, max_size=limit)


DATES = st.dates().map(lambda day: f"{day.year % 100:02}{day.month:02}{day.day:02}").filter(
    lambda yymmdd: not gs1_linters.yymmdd(yymmdd))
VALUES = {
    "00": checked(18), "01": checked(14), "414": checked(13), "417": checked(13),
    "8004": st.tuples(digits(4), text(26)).map("".join), "253": st.tuples(
        checked(13), text(17)).map("".join),
    "21": text(20), "10": text(20), "22": text(20), "235": text(28), "254": text(20),
    "240": text(30), "99": text(90), "17": DATES, "11": DATES, "7003": DATES.map(
        lambda date: date + "2359"),
    "3103": digits(6), "30": st.integers(0, 99999999).map(str), "422": st.just("756"),
}
ELEMENT = st.sampled_from(sorted(VALUES)).flatmap(lambda ai: st.tuples(st.just(ai), VALUES[ai]))
ELEMENTS = st.lists(ELEMENT, min_size=1, max_size=8)
MESSAGES = st.lists(st.one_of(
    st.sampled_from(IDENTIFIERS), st.just("\x1d"), digits(6), digits(14), text(12), st.text()),
    max_size=8).map(lambda parts: "".join(parts).encode())


def outcome(read: Callable[..., Any], *arguments: object) -> tuple[Any, str]:
    """(what was read, "") or (None, the rule of the refusal); any other exception fails."""
    try:
        return read(*arguments), ""
    except WireError as error:
        return None, error.rule


@given(AIMS, st.one_of(st.binary(max_size=256), MESSAGES))
@example("]d2", "01²".encode())
def test_a_symbol_is_read_or_refused_by_name(aim: str, data: bytes) -> None:
    elements, rule = outcome(gs1.parse, aim, data)
    assert (elements is None) == rule.startswith("gs1.")
    name = gs1.identity(elements or [], lot=True)
    assert name is None or urn.canonical(name) == name


@given(st.one_of(st.text(), MESSAGES.map(lambda data: data.decode()), st.lists(
    st.sampled_from([*IDENTIFIERS, "/", "?", "&", "=", "%2", "#", "a", "09506000134352"])).map(
        lambda parts: "https://id.gs1.org/" + "".join(parts))))
def test_any_text_is_read_or_refused_by_name(given_text: str) -> None:
    for read in (gs1_elements.from_brackets, digital_link.parse_digital_link, urn.canonical,
                 lambda message: gs1_symbols.transmission("EAN13", message),
                 lambda message: gs1_symbols.transmission("DataBarExpanded", message)):
        found, rule = outcome(read, given_text)
        assert (found is None) == rule.startswith("gs1.")


@given(st.sampled_from(sorted(gs1_linters.LINTERS)), st.text(max_size=30))
def test_a_linter_answers_for_every_text(name: str, data: str) -> None:
    assert isinstance(gs1_syntax.lint(name, data), str)


@given(st.sampled_from(["iban", "packagetype", "couponcode", "couponposoffer", "iso4217"]),
       st.one_of(st.text(max_size=30), st.text(string.digits, max_size=70)))
def test_a_listed_linter_answers_for_every_text(name: str, data: str) -> None:
    assert isinstance(gs1_syntax.lint(name, data), str)


@given(ELEMENTS)
def test_element_strings_are_read_back(elements: list[tuple[str, str]]) -> None:
    sent = gs1_elements.to_element_string(elements)
    assert gs1_elements.from_element_string(sent.decode()) == elements
    assert gs1.read("]d2", sent) == elements


@given(ELEMENTS)
def test_brackets_are_read_back(elements: list[tuple[str, str]]) -> None:
    assert gs1_elements.from_brackets(gs1_elements.to_brackets(elements)) == elements


@given(st.lists(ELEMENT, max_size=8, unique_by=lambda element: element[0]))
def test_links_are_read_back(elements: list[tuple[str, str]]) -> None:
    link, rule = outcome(digital_link.digital_link, elements)
    event(rule or "written")
    if link is None:
        assert rule in ("gs1.link_key", "gs1.link_attribute")
        return
    parsed = digital_link.parse_digital_link(link)
    assert sorted(parsed) == sorted(set(elements))
    assert digital_link.digital_link(parsed) == link


@pytest.mark.parametrize("place", range(13))
@given(checked(14), st.data())
def test_a_wrong_digit_never_passes(place: int, gtin: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from([digit for digit in string.digits if digit != gtin[place]]))
    with pytest.raises(WireError, match=r"gs1\.csum"):
        gs1.parse("]d2", b"01" + (gtin[:place] + other + gtin[place + 1:]).encode())
