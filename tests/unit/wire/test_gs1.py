"""What a symbol says, what it is refused for, and what it names."""

import pytest

from ledger_client.wire import digital_link, gs1, gs1_coupon, gs1_elements, gs1_symbols
from ledger_client.wire.errors import WireError

PACK = b"0109506000134352" + b"21A/1\x1d" + b"17281231" + b"10L1"


def rule_of(aim: str, data: bytes) -> str:
    with pytest.raises(WireError) as refused:
        gs1.parse(aim, data)
    return refused.value.rule


@pytest.mark.parametrize("aim", gs1.ELEMENT_STRING_AIMS)
def test_every_gs1_symbology_holds_element_strings(aim: str) -> None:
    assert gs1.parse(aim, PACK) == [
        ("01", "09506000134352"), ("21", "A/1"), ("17", "281231"), ("10", "L1")]


@pytest.mark.parametrize(("aim", "data", "rule"), [
    ("]d2", b"", "gs1.empty"),
    ("]d2", b"\x1d0109506000134352", "gs1.unknown_ai"),
    ("]d2", b"0109506000134352\x1d\x1d10A", "gs1.unknown_ai"),
    ("]d2", b"0", "gs1.unknown_ai"),
    ("]d2", b"0109506000134352890", "gs1.unknown_ai"),
    ("]d2", b"0109506000134352310", "gs1.unknown_ai"),
    ("]d2", b"01095060001343523106000001", "gs1.unknown_ai"),
    ("]d2", b"0109506000134352" + b"10", "gs1.length"),
    ("]d2", b"0109506000134352" + b"10" + 21 * b"A", "gs1.length"),
    ("]d2", b"010950600013435", "gs1.length"),
    ("]d2", b"01095060001\x1d4352", "gs1.length"),
    ("]d2", b"0109506000134351", "gs1.csum"),
    ("]d2", b"0109506000134352" + b"10A B", "gs1.cset82"),
    ("]d2", b"0109506000134352" + b"10A\xe9", "gs1.cset82"),
    ("]d2", b"0109506000134352" + b"17281301", "gs1.yymmd0"),
    ("]d2", b"0109506000134352" + b"10A\x1d10B", "gs1.repeated"),
    ("]d2", b"0109506000134352" + b"021" + b"950600013434937" + b"5", "gs1.csum"),
    ("]d2", b"10A", "gs1.required"),
    ("]d2", b"0109506000134352" + b"375", "gs1.excluded"),
    ("]d2", b"91A\x1d" * 65, "gs1.elements"),
    ("]d1", PACK, "gs1.plain"),
    ("]Q1", b"https://example.com/about", "gs1.link_path"),
    ("]E0", b"950600013435", "gs1.retail"),
    ("]E0", b"9506000134351", "gs1.retail"),
    ("]C0", PACK, "gs1.aim"),
    ("", b"", "gs1.aim"),
])
def test_what_is_refused_and_by_which_rule(aim: str, data: bytes, rule: str) -> None:
    assert rule_of(aim, data) == rule


def test_a_separator_that_nothing_needs_is_tolerated() -> None:
    assert gs1.parse("]d2", b"0109506000134352\x1d10A\x1d") == [
        ("01", "09506000134352"), ("10", "A")]


def test_a_repeated_identifier_may_repeat_its_value() -> None:
    assert gs1.parse("]d2", b"91A\x1d91A") == [("91", "A"), ("91", "A")]


def test_two_symbols_of_a_label_are_judged_together() -> None:
    contents = gs1.read("]C1", b"0209506000134352" + b"3712")
    unit = gs1.read("]C1", b"00106141411234567897")
    assert rule_of("]C1", b"0209506000134352" + b"3712") == "gs1.required"
    gs1_elements.check_together(contents + unit)


@pytest.mark.parametrize(("brackets", "name"), [
    ("(01)09506000134352(21)A/1(17)281231", "https://id.gs1.org/01/09506000134352/21/A%2F1"),
    ("(00)106141411234567897(01)09506000134352(21)7", "https://id.gs1.org/01/09506000134352/21/7"),
    ("(00)106141411234567897", "https://id.gs1.org/00/106141411234567897"),
    ("(8004)9506000134352L-1", "https://id.gs1.org/8004/9506000134352L-1"),
    ("(414)9506000134352", "https://id.gs1.org/414/9506000134352"),
    ("(414)9506000134352(254)A1", "https://id.gs1.org/414/9506000134352/254/A1"),
    ("(417)9506000134352", "https://id.gs1.org/417/9506000134352"),
    ("(01)09506000134352(10)L1", None),
    ("(91)A", None),
])
def test_identity_is_the_finest_key(brackets: str, name: str | None) -> None:
    elements = gs1_elements.from_brackets(brackets)
    assert gs1.identity(elements) == name
    if name:
        parsed = digital_link.parse_digital_link(name)
        assert gs1.identity(parsed) == name
        assert digital_link.digital_link(parsed) == name


def test_a_lot_is_named_only_when_asked() -> None:
    elements = gs1_elements.from_brackets("(01)09506000134352(10)L1")
    assert gs1.identity(elements, lot=True) == "https://id.gs1.org/01/09506000134352/10/L1"
    assert gs1.identity([("91", "A")], lot=True) is None


def test_what_a_pack_lacks_is_named() -> None:
    assert gs1.missing_for_pack(gs1.parse("]d2", PACK)) == []
    # the separator after the lot was lost: the serial is part of the lot, and nobody can tell
    lost = gs1.parse("]d2", b"0108586007703851" + b"17241231" + b"10HB5R21587E4QA11R")
    assert gs1.missing_for_pack(lost) == ["serial"]


@pytest.mark.parametrize(("yymmdd", "current_year", "day"), [
    ("281231", 2026, (2028, 12, 31)),
    ("760101", 2026, (2076, 1, 1)),  # 50 ahead
    ("770101", 2026, (1977, 1, 1)),  # 51 ahead: the century before
    ("990101", 2026, (1999, 1, 1)),
    ("110101", 2060, (2011, 1, 1)),  # 49 behind
    ("100101", 2060, (2110, 1, 1)),  # 50 behind: the century after
    ("280229", 2026, (2028, 2, 29)),
])
def test_the_century_of_a_date(
        yymmdd: str, current_year: int, day: tuple[int, int, int]) -> None:
    assert gs1.expiry_day(yymmdd, current_year) == (*day, None)


@pytest.mark.parametrize(("yymmdd", "current_year", "day"), [
    ("270600", 2026, (2027, 6, 30)),
    ("280200", 2026, (2028, 2, 29)),
    ("000200", 2060, (2100, 2, 28)),
    ("271200", 2026, (2027, 12, 31)),
])
def test_day_00_is_the_last_of_its_month_with_a_warning(
        yymmdd: str, current_year: int, day: tuple[int, int, int]) -> None:
    *found, warning = gs1.expiry_day(yymmdd, current_year)
    assert tuple(found) == day
    assert warning is not None
    assert str(day[2]) in warning


@pytest.mark.parametrize(("yymmdd", "current_year"), [
    ("241131", 2026), ("241301", 2026), ("240001", 2026), ("2411", 2026), ("", 2026),
    ("２４1101", 2026), ("270229", 2026),
    ("000229", 2060),  # 2100 is no leap year
])
def test_a_day_that_does_not_exist_is_refused(yymmdd: str, current_year: int) -> None:
    with pytest.raises(WireError, match=r"gs1\.yymmd0"):
        gs1.expiry_day(yymmdd, current_year)


@pytest.mark.parametrize(("name", "prefixes", "owner"), [
    ("01/09506000134352/21/7", ["9506000"], "9506000"),  # after the indicator digit
    ("01/19506000134359/21/7", ["9506000"], "9506000"),
    ("01/09506000134352/21/7", ["0950600"], None),
    ("01/00000012345670/21/7", ["0000012"], "0000012"),  # GS1-8 prefix: five zeros before it
    ("00/106141411234567897", ["0614141"], "0614141"),  # after the extension digit
    ("00/106141411234567897", ["106141"], None),
    ("8004/9506000134352L-1", ["9506000"], "9506000"),
    ("414/9506000134352/254/A1", ["9506", "9506000"], "9506000"),  # the longest
    ("417/9506000134352", ["9506000"], "9506000"),
    ("8003/09506000134352A", ["9506000"], "9506000"),  # after the zero that starts a GRAI
    ("01/09506000134352/21/7", [], None),
    ("01/09506000134352/21/7", ["", "950", "9506000134352", "95o6"], None),  # no prefixes
    ("91/9506000134352", ["9506000"], None),
    ("89/9506000134352", ["9506000"], None),
    ("01", ["9506000"], None),
])
def test_the_prefix_that_owns_a_name(
        name: str, prefixes: list[str], owner: str | None) -> None:
    assert gs1.gcp_owner("https://id.gs1.org/" + name, prefixes) == owner


def test_a_name_on_another_stem_belongs_to_nobody() -> None:
    assert gs1.gcp_owner("https://example.com/01/09506000134352/21/7", ["9506000"]) is None


def test_brackets_within_a_value_are_escaped() -> None:
    elements = gs1_elements.from_brackets(r"(01)09506000134352(10)A\(1)")
    assert elements == [("01", "09506000134352"), ("10", "A(1)")]
    assert gs1_elements.to_brackets(elements) == r"(01)09506000134352(10)A\(1)"


@pytest.mark.parametrize("text", ["", "01", "(01", r"(10)A" + "\\", "(10)", "(0x)1"])
def test_broken_brackets_are_refused(text: str) -> None:
    with pytest.raises(WireError, match="gs1"):
        gs1_elements.from_brackets(text)


@pytest.mark.parametrize("uri", [
    "https://example.com/01/09506000134352?99=%4",
    "https://example.com/01/09506000134352?99=%GG",
    "https://example.com/01/09506000134352?99=%C3%A9",
    "https://example.com/01/09506000134352?10=A",  # a qualifier of this key belongs into the path
    "https://example.com/01/09506000134352?21=A",
    "https://example.com/01/09506000134352/",
    "https://example.com/01/09506000134352/21/1/10/A",
    "https:///01/09506000134352",
    "https://exam_ple/01/09506000134352",
    "https://example.com/01/0950600013435é",
])
def test_broken_links_are_refused(uri: str) -> None:
    with pytest.raises(WireError, match="gs1"):
        digital_link.parse_digital_link(uri)


def test_a_link_says_an_element_once() -> None:
    twice = [("01", "09506000134352"), ("10", "A"), ("10", "A")]
    assert digital_link.digital_link(twice) == "https://id.gs1.org/01/09506000134352/10/A"
    with pytest.raises(WireError, match=r"gs1\.repeated"):
        digital_link.digital_link([*twice, ("10", "B")])


@pytest.mark.parametrize(("symbology", "message", "sent"), [
    ("DM", "^01095060001343522112", "]d201095060001343522112"),
    ("DataBarExpanded", "^91A^|^99B", "]e091A\x1d99B"),  # one separator before the composite
    ("DataBarExpanded", "^91A|^99B", "]e091A\x1d99B"),
    ("GS1_128_CCA", "^91A", "]C191A"),
    ("EAN13", "^0109506000134352", "]E09506000134352"),
    ("EAN13", "^0119506000134359", None),  # an indicator digit has no place in 13 digits
    ("EAN13", "^01950600013435", None),
    ("QR", "^01", None),
    ("Aztec", "A", None),
])
def test_what_a_reader_transmits(symbology: str, message: str, sent: str | None) -> None:
    if sent is None:
        with pytest.raises(WireError, match="gs1"):
            gs1_symbols.transmission(symbology, message)
    else:
        assert gs1_symbols.transmission(symbology, message) == sent


@pytest.mark.parametrize(("expiration", "start", "fault"), [
    ("000607", "990607", ""), ("990607", "000607", "coupon expiration before start"),
    ("260607", "260607", ""), ("260606", "260607", "coupon expiration before start"),
])
def test_a_coupon_expires_after_its_start(expiration: str, start: str, fault: str) -> None:
    assert gs1_coupon.couponcode(f"0123456123456111101233{expiration}4{start}") == fault
