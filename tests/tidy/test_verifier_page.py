"""The verifier page keeps to itself, and its sources keep the sizes that Python's do."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from ledger_client import verifier
from tests.tidy.sources import ROOT
from tests.tidy.test_style import FUNCTION_LINES, MODULE_LINES

FOLDER = ROOT / "ledger_client" / "verifier"
SOURCES = sorted(FOLDER.glob("*.js"))
LINE = 100
# Data that becomes markup or code, and whatever reaches beyond the page.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\bFunction\(|javascript:|"
    r"\bfetch\b|XMLHttpRequest|WebSocket|EventSource|sendBeacon|Worker|\bimport\(|localStorage|"
    r"sessionStorage|indexedDB|cookie|https?://(?!id\\?\.gs1)")


def between(text: str, tag: str) -> str:
    start, end = text.index(f"<{tag}>") + len(tag) + 2, text.index(f"</{tag}>")
    return text[start:end]


def test_the_policy_allows_this_script_and_style_only() -> None:
    page = verifier.page()
    allowed = {}
    for tag in ("script", "style"):
        digest = hashlib.sha256(between(page, tag).encode()).digest()
        allowed[tag] = base64.b64encode(digest).decode()
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{allowed['script']}'; "
        f"style-src 'sha256-{allowed['style']}'; base-uri 'none'; form-action 'none'")
    assert page.count("<script") == page.count("<style") == page.count("</script") == 1
    assert "{{" not in page
    assert " style=" not in page


def test_every_source_is_in_the_page() -> None:
    assert {f"{name}.js" for name in verifier.SCRIPTS} == {path.name for path in SOURCES}
    assert all(path.read_text(encoding="utf-8") in verifier.page() for path in SOURCES)


@pytest.mark.parametrize("path", [*SOURCES, FOLDER / "page.html"], ids=lambda path: path.name)
def test_no_source_makes_markup_of_data_or_reaches_out(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_sources_are_short_and_say_what_they_are(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= MODULE_LINES
    assert [number for number, line in enumerate(lines, 1) if len(line) > LINE] == []
    ends = [number for number, line in enumerate(lines) if re.fullmatch(r"(  )?\}", line)]
    starts = [number for number, line in enumerate(lines)
              if re.match(r"(async )?function\*? |  (async )?\w+\(.*\) \{$", line)]
    for start in starts:
        assert next(end for end in ends if end > start) - start < FUNCTION_LINES, lines[start]


@pytest.mark.parametrize("line", [
    "result.innerHTML = name", "eval(text)", "new Function(text)", "fetch(address)",
    "new WebSocket(a)", "a.href = 'https://example.org'"])
def test_what_is_forbidden_is_seen(line: str) -> None:
    assert FORBIDDEN.search(line)
