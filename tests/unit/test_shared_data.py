"""The door to third-party data: a path, or a skip that says what is missing and what to do."""

from pathlib import Path

import pytest

from tests import shared_data
from tests.shared_data import shared


def test_the_named_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDSEAL_SHARED_DATA", str(tmp_path))
    (tmp_path / "wire").mkdir()
    assert shared("wire") == tmp_path / "wire"


def test_absent_data_skips_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDSEAL_SHARED_DATA", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match=r"wire\.json.*COLDSEAL_SHARED_DATA"):
        shared("wire.json")


def test_without_a_name_it_lies_beside_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLDSEAL_SHARED_DATA", raising=False)
    monkeypatch.setattr(shared_data, "_CHECKOUT", tmp_path / "checkout")
    (tmp_path / "shared" / "data" / "wire").mkdir(parents=True)
    assert shared("wire") == tmp_path / "shared" / "data" / "wire"
