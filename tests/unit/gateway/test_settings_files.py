"""Files that people write: whatever stands in them, the error names file and setting."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_gateway import config
from edge_gateway.commands import calibration_file, circle, device_file
from edge_gateway.errors import ConfigurationError
from ledger_client import signer as keys
from ledger_client.errors import UsageError
from tests.fuzz.files import CERTIFICATE, CIRCLE, DEVICE, GATEWAY, SERVICE
from tests.tidy.sources import ROOT
from tests.world import LOGGER_GIAI, MAKER_PARTY, signer

Load = Callable[[Path], object]
FILES: dict[str, tuple[Load, str]] = {
    name: (load, text.format(giai=LOGGER_GIAI, party=MAKER_PARTY)) for name, load, text in (
        ("circle", circle.load, CIRCLE), ("certificate", calibration_file.load, CERTIFICATE),
        ("device", device_file.load, DEVICE), ("gateway", config.load, GATEWAY),
        ("service", config.load, SERVICE))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    signer("maker root").save(tmp_path / "maker.key")
    (tmp_path / "certificate.pdf").write_bytes(b"%PDF")
    return tmp_path


def refused(folder: Path, name: str, data: bytes) -> str:
    load, _ = FILES[name]
    path = folder / f"{name}.toml"
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_the_file_as_it_should_be_is_read(folder: Path, name: str) -> None:
    load, text = FILES[name]
    path = folder / f"{name}.toml"
    path.write_text(text)
    load(path)


@pytest.mark.parametrize(("name", "load"), [
    ("circle", circle.load), ("logger", device_file.load),
    ("certificate", calibration_file.load), ("gateway", config.load)])
def test_the_file_in_the_guide_is_read(folder: Path, name: str, load: Load) -> None:
    text = (ROOT / "docs" / "gateway.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^`{name}\.toml`.*?^```toml\n(.*?)^```", text, re.M | re.S)
    for key in ("root", "operations"):
        signer(key).save(folder / f"maker-{key}.key")
    path = folder / f"{name}.toml"
    path.write_text(found)
    load(path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("data", [b"\xff\xfe", b"= 1", b"a = " + b"[" * 5000, b"", b"x = 1"])
def test_what_is_no_such_file_is_named(folder: Path, name: str, data: bytes) -> None:
    assert f"{name}.toml" in refused(folder, name, data)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_is_no_file(folder: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        FILES[name][0](folder)


@pytest.mark.parametrize(("name", "old", "new", "words"), [
    ("circle", '["manufacturer"]', "7", "roles"),
    ("circle", '["manufacturer"]', "[7]", "roles 1"),
    ("circle", '["manufacturer"]', '["king"]', "unknown role"),
    ("circle", 'root_key = "maker.key.pub"', "root_key = 7", "root_key"),
    ("circle", 'root_key = "maker.key.pub"', 'root_key = ""', "cannot be read"),
    ("circle", '"Maker"', '"Ma\\u0000ker"', "name"),
    ("certificate", '"0.25"', "0.25", "u95_degc"),
    ("certificate", '"0.25"', '"NaN"', "u95_degc"),
    ("certificate", '"0.25"', '"1e99999999999"', "u95_degc"),
    ("certificate", "2026-01-01", '"2026-01-01"', "valid_from"),
    ("certificate", "channel = 1", "channel = true", "channel"),
    ("certificate", '"certificate.pdf"', '"cert\\u0000"', "file"),
    ("certificate", '"certificate.pdf"', '"."', "cannot be read"),
    ("certificate", '"-0.12"', "[]", "correction_degc"),
    ("device", "interval_s = 300", 'interval_s = "x"', "interval_s"),
    ("device", '"8.0"', '"Infinity"', "above_degc"),
    ("device", '"8.0"', "[1, 2]", "above_degc"),
    ("device", "minutes = 60", "", "minutes"),
    ("device", "port = 8883", 'port = "8883"', "port"),
    ("gateway", "port = 1883", "port = 1.5", "port"),
    ("gateway", '"127.0.0.1"', '"example.org"', "another machine"),
    ("service", '"https://ledger.example.org:8470"', '"https://["', "url"),
])
def test_a_wrong_value_is_named(folder: Path, name: str, old: str, new: str, words: str) -> None:
    text = FILES[name][1]
    assert old in text
    assert words in refused(folder, name, text.replace(old, new, 1).encode())


@pytest.mark.parametrize("data", [b"", b"\xff", b"-----BEGIN PUBLIC KEY-----\nMFk=\n"])
def test_what_is_no_key_is_named(tmp_path: Path, data: bytes) -> None:
    for load in (keys.load, keys.load_public):
        path = tmp_path / "a.key"
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(UsageError, match=r"a\.key: not a PEM"):
            load(path)
        with pytest.raises(UsageError, match=r"cannot be read|lets others read"):
            load(tmp_path)
