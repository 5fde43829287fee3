"""Trust files."""

import hashlib

from ledger_client.wire import cbor
from tests.generators.cases.checkpoint import LEDGER_KEY, WITNESS
from tests.generators.cases.common import LEDGER, Case, Subject, invalid, valid

_FILE: dict[str, object] = {
    "version": 1, "name": "Maker and pharmacy", "ledger": LEDGER,
    "ledger_key": LEDGER_KEY.public_key, "witnesses": [[WITNESS.public_key, 2]], "threshold": 1}


def _case(title: str, **other: object) -> Case:
    file = _FILE | other
    data = cbor.encode(file, utf8=True)
    fields = {key: value for key, value in file.items() if key != "version"}
    return valid(title, "trust", data, {
        **fields, "fingerprint": hashlib.sha256(data).hexdigest()[:32]})


def _invalid() -> list[tuple[str, object, str]]:
    form = "trust.form"
    no_point = bytes(64)
    return [
        ("an array", [], form), ("no threshold", {key: value for key, value in _FILE.items()
                                                  if key != "threshold"}, form),
        ("an unknown key", _FILE | {"validators": []}, form),
        ("version 2", _FILE | {"version": 2}, form), ("name is bytes", _FILE | {"name": b""}, form),
        ("a name of 65 characters", _FILE | {"name": "x" * 65}, form),
        ("ledger of 31 bytes", _FILE | {"ledger": LEDGER[:31]}, form),
        ("ledger_key is a thumbprint", _FILE | {"ledger_key": LEDGER_KEY.thumbprint}, form),
        ("witnesses null", _FILE | {"witnesses": None}, form),
        ("a witness without level", _FILE | {"witnesses": [[WITNESS.public_key]]}, form),
        ("a level below 0", _FILE | {"witnesses": [[WITNESS.public_key, -1]]}, form),
        ("65 witnesses", _FILE | {"witnesses": [[WITNESS.public_key, 1]] * 65}, form),
        ("threshold null", _FILE | {"threshold": None}, form),
        ("ledger_key is no point", _FILE | {"ledger_key": no_point}, "trust.key"),
        ("a witness is no point", _FILE | {"witnesses": [[no_point, 1]]}, "trust.key"),
        ("a newline in the name", _FILE | {"name": "x"}, "cbor.text")]


def _encoded(name: str, value: object) -> bytes:
    data = cbor.encode(value, utf8=True)
    return data.replace(b"ax", b"a\n", 1) if name.startswith("a newline") else data


SUBJECT = Subject(
    "Trust files; the fingerprint is the beginning of their SHA-256",
    [_case("one witness"), _case("no witness", witnesses=[], threshold=0),
     _case("a name in UTF-8", name="Kühlkette")],
    [invalid(name, "trust", _encoded(name, value), rule) for name, value, rule in _invalid()])
