"""Printing labels, as people type it."""

from pathlib import Path

import pytest

from ledger_client.wire import gs1
from tests.commands import coldseal
from tests.pictures import luminance, seen

PACK = ("--gtin", "09506000134352", "--serial", "S001", "--lot", "LOT42A", "--expiry", "2028-12-31")
LIST = "gtin,serial,lot,expiry,sscc\n" + "".join(
    f"09506000134352,S/{number},LOT42A,281231,\n" for number in range(3)) + \
    ",,,,395060001340000018\n"


def test_a_pack(tmp_path: Path) -> None:
    said = coldseal("label", tmp_path / "pack.png", *PACK)
    assert said.endswith("pack.png: https://id.gs1.org/01/09506000134352/21/S001\n")
    ((aim, data),) = seen(luminance((tmp_path / "pack.png").read_bytes()))
    assert gs1.missing_for_pack(gs1.parse(aim, data)) == []
    coldseal("label", tmp_path / "pack.svg", *PACK, "--qr", "--module-um", "500")
    assert 'mm"' in (tmp_path / "pack.svg").read_text()


def test_a_list_into_a_folder(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    said = coldseal("label", tmp_path / "labels", "--csv", tmp_path / "list.csv", "--png")
    assert said.endswith("4 labels\n")
    files = sorted(path.name for path in (tmp_path / "labels").iterdir())
    assert files == ["000001-S%2F0.png", "000002-S%2F1.png", "000003-S%2F2.png",
                     "000004-395060001340000018.png"]
    ((aim, data),) = seen(luminance((tmp_path / "labels" / files[1]).read_bytes()))
    assert gs1.identity(gs1.parse(aim, data)) == "https://id.gs1.org/01/09506000134352/21/S%2F1"


def test_a_list_onto_pages(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    coldseal("label", tmp_path / "page.svg", "--csv", tmp_path / "list.csv")
    assert (tmp_path / "page.svg").read_text().count("<path") == 4
    (tmp_path / "many.csv").write_text("sscc\n" + "".join(
        f"{text}\n" for text in (sscc(number) for number in range(200))))
    coldseal("label", tmp_path / "many.svg", "--csv", tmp_path / "many.csv")
    pages = sorted(tmp_path.glob("many-*.svg"))
    assert len(pages) > 1
    assert sum(page.read_text().count("<path") for page in pages) == 200


def sscc(number: int) -> str:
    digits = f"3950600013400{number:04}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


@pytest.mark.parametrize(("arguments", "says"), [
    (("x.pdf", *PACK), "a label is .svg or .png"),
    (("x.svg", "--gtin", "09506000134352"), "missing: serial, lot, expiry"),
    (("x.svg", "--sscc", "395060001340000019"), "incorrect check digit"),
    (("x.svg", "--csv", "list.csv", *PACK), "not both"),
    (("x.png", "--csv", "list.csv"), "into a folder, or onto pages"),
    (("x.svg", "--csv", "none.csv"), "cannot be read"),
    (("x.svg", "--csv", "empty.csv"), "there is no label in it"),
    (("folder", "--csv", "twice.csv"), "rows 1 and 2 are labels of the same thing"),
    (("folder", "--csv", "bad.csv"), "row 2: no label: gs1.csum")])
def test_what_cannot_be_printed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                               arguments: tuple[str, ...], says: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text(LIST)
    Path("empty.csv").write_text("sscc\n")
    Path("twice.csv").write_text("sscc\n" + "395060001340000018\n" * 2)
    Path("bad.csv").write_text("sscc\n395060001340000018\n395060001340000019\n")
    assert says in coldseal("label", *arguments, status=2)
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".csv"]
