"""Labels are read back by another implementation as the very things they are for."""

import importlib
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_gateway import plot_png
from edge_gateway.labels import drawing, rows
from edge_gateway.labels.symbol import DATAMATRIX, QR, Symbol, symbol
from ledger_client.errors import UsageError
from ledger_client.wire import gs1
from tests.pictures import luminance, seen

PACK = [("01", "09506000134352"), ("17", "281231"), ("10", "LOT42A"), ("21", "S001")]
THINGS = {
    "pack": (PACK, "https://id.gs1.org/01/09506000134352/21/S001"),
    "pack with every sign": (
        [*PACK[:2], ("10", "!\"%&'()*+,-./"), ("21", ":;<=>?_aZ09")],
        "https://id.gs1.org/01/09506000134352/21/%3A%3B%3C%3D%3E%3F_aZ09"),
    "crate": ([("00", "395060001340000018")], "https://id.gs1.org/00/395060001340000018"),
    "party": ([("417", "9506000134352")], "https://id.gs1.org/417/9506000134352"),
    "place": ([("414", "9506000134352")], "https://id.gs1.org/414/9506000134352"),
    "logger": ([("8004", "9506000134L1")], "https://id.gs1.org/8004/9506000134L1"),
}
KINDS = {DATAMATRIX: "]d2", QR: "]Q1"}
_SIGNS = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def scanned(made: Symbol) -> list[tuple[str, bytes]]:
    """The modules themselves, three pixels each."""
    quiet = [False] * made.quiet
    lines = [[False] * made.size] * made.quiet
    lines = [*lines, *([*quiet, *row, *quiet] for row in made.rows), *lines]
    data = b"".join(bytes(0 if dark else 255 for dark in line for _ in range(3))
                    for line in lines for _ in range(3))
    return seen(memoryview(data).cast("B", [3 * made.size] * 2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("thing", THINGS)
def test_a_picture_is_read_back(thing: str, kind: str) -> None:
    elements, uri = THINGS[thing]
    drawn = drawing.label(symbol(elements, kind))
    png = plot_png.render(drawing.for_pixels(drawn), 3 * drawn.width_um // drawing.X_UM)
    ((aim, data),) = seen(luminance(png))
    assert aim == KINDS[kind]
    found = gs1.parse(aim, data)
    assert gs1.identity(found) == uri
    assert sorted(found) == sorted(elements)


@given(lot=st.text(_SIGNS, min_size=1, max_size=20), serial=st.text(_SIGNS, min_size=1,
                                                                    max_size=20),
       kind=st.sampled_from(sorted(KINDS)))
@settings(max_examples=30, deadline=None)
def test_any_lot_and_serial_is_read_back(lot: str, serial: str, kind: str) -> None:
    elements = [*PACK[:2], ("10", lot), ("21", serial)]
    ((aim, data),) = scanned(symbol(elements, kind))
    assert sorted(gs1.parse(aim, data)) == sorted(elements)


def test_a_link_leads_where_it_is_told_to() -> None:
    ((_, data),) = scanned(symbol(PACK, QR, "https://example.com/med"))
    assert data == b"https://example.com/med/01/09506000134352/10/LOT42A/21/S001?17=281231"
    assert gs1.identity(gs1.parse("]Q1", data)) == THINGS["pack"][1]


@pytest.mark.parametrize(("elements", "says"), [
    ([("01", "09506000134353")], "gs1.csum: AI (01)"),
    ([("00", "395060001340000019")], "incorrect check digit"),
    ([("417", "9506000134353")], "incorrect check digit"),
    ([*PACK[:3], ("21", "S\u00f6")], "gs1.cset82"),
    ([*PACK[:3], ("21", "S[1")], "gs1.cset82"),
    ([*PACK[:3], ("21", "S" * 21)], "AI (21)"),
    ([*PACK[:1], ("17", "281231x"), *PACK[2:]], "AI (17)"),
    ([*PACK[:1], ("17", "281331"), *PACK[2:]], "gs1.yymmd0"),
    ([*PACK[:1], ("17", "281200"), *PACK[2:]], "day 00: write the last day"),
    ([("999", "1")], "no label: gs1."),
    ([("01", "09506000134352"), ("37", "5")], "exclude each other"),
    ([("01", "09506000134352")], "names no single")])
@pytest.mark.parametrize("kind", KINDS)
def test_what_no_label_may_say(elements: list[tuple[str, str]], says: str, kind: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        symbol(elements, kind)


class TestDrawing:
    def test_it_prints_in_its_real_size(self) -> None:
        made = symbol(PACK)
        text = drawing.svg(drawing.label(made, 500))
        width_um = drawing.label(made, 500).width_um
        assert f'width="{width_um // 1000}.{width_um % 1000:03}mm"' in text
        assert width_um % 500 == 0
        assert width_um >= made.size * 500

    def test_people_read_every_element(self) -> None:
        text = drawing.svg(drawing.label(symbol([*PACK[:3], ("21", "<&>".replace("&", "x"))])))
        for line in ("(01)09506000134352", "(17)281231", "(10)LOT42A", "(21)&lt;x&gt;"):
            assert f">{line}</text>" in text

    def test_a_page_is_full_before_the_next_begins(self) -> None:
        labels = [drawing.label(symbol([*PACK[:3], ("21", f"S{number}")])) for number in range(80)]
        made = drawing.pages(labels)
        assert len(made) == 2
        assert all((one.width_um, one.height_um) == drawing.PAGE_UM for one in made)
        assert sum(one.body.count("<path") for one in made) == 80
        for place in re.findall(r"translate\((\d+) (\d+)\)", made[0].body):
            assert int(place[0]) + labels[0].width_um <= drawing.PAGE_UM[0]
            assert int(place[1]) + labels[0].height_um <= drawing.PAGE_UM[1]

    def test_every_label_of_a_page_is_read(self) -> None:
        labels = [drawing.label(symbol([*PACK[:3], ("21", f"S{number}")])) for number in range(3)]
        (page,) = drawing.pages(labels)
        found = seen(luminance(plot_png.render(drawing.for_pixels(page), 1000)))
        assert {gs1.identity(gs1.parse(*one)) for one in found} == \
            {f"https://id.gs1.org/01/09506000134352/21/S{number}" for number in range(3)}


class TestRows:
    @pytest.mark.parametrize(("values", "says"), [
        ({}, "give one of gtin, sscc"),
        ({"gtin": "1", "sscc": "2"}, "give one of gtin, sscc"),
        ({"gtin": "1", "lot": "2"}, "missing: serial, expiry"),
        ({"sscc": "1", "lot": "2"}, "lot has no place on the label of a sscc"),
        ({"gtin": "1", "serial": "1", "lot": "1", "expiry": "2028-02-30"}, "not a day")])
    def test_one_thing_at_a_time(self, values: dict[str, str], says: str) -> None:
        with pytest.raises(UsageError, match=says):
            rows.elements(values)

    def test_in_the_order_of_a_label(self) -> None:
        assert rows.elements({"serial": "S001", "lot": "LOT42A", "expiry": "2028-12-31",
                              "gtin": "09506000134352", "sscc": None}) == PACK

    @pytest.mark.parametrize(("text", "says"), [
        ("gtin;serial\n", "the column 'gtin;serial' is none of gtin"),
        ("", "the column '' is none of"),
        ("gtin,serial,lot,expiry\n1,2,3\n", "line 2: a pack's label .* missing: expiry"),
        ("sscc\n1,2\n", "line 2: more values than columns")])
    def test_a_file_is_named_by_line(self, tmp_path: Path, text: str, says: str) -> None:
        (tmp_path / "list.csv").write_text(text)
        with pytest.raises(UsageError, match=says):
            list(rows.read(tmp_path / "list.csv"))


@pytest.mark.parametrize(("kind", "module", "package"), [(DATAMATRIX, "zxingcpp", "zxing-cpp"),
                                                         (QR, "segno", "segno")])
def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, kind: str,
                                                     module: str, package: str) -> None:
    importlib.import_module(module)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=rf"labels need {package}\. .*-e '\.\[labels\]'"):
        symbol(PACK, kind)
