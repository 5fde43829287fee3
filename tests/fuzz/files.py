"""Files that a person names: archives, settings, keys, logs of other makers."""

import atexit
import io
import json
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from edge_gateway import config, replay
from edge_gateway.commands import calibration_file, circle, device_file
from edge_gateway.replay import ds01
from ledger_client import profiles, signer
from ledger_client.node import archive
from tests.fuzz import judged
from tests.fuzz.target import FILE_REFUSALS, Target
from tests.world import LOGGER_GIAI, MAKER_PARTY, PHARMACY_PARTY, pack
from tests.world import signer as key_of

_CIRCLE = """[[organisation]]
name = "Maker"
roles = ["manufacturer"]
party = "{party}"
prefixes = ["9506000134"]
root_key = "maker.key.pub"
operations_key = "maker.key.pub"
"""
_CERTIFICATE = """giai = "{giai}"
channel = 1
certificate = "K-2026-17"
file = "certificate.pdf"
valid_from = 2026-01-01
valid_to = 2026-12-31
u95_degc = "0.25"
[[point]]
indicated_degc = "5.0"
correction_degc = "-0.12"
"""
_DEVICE = """giai = "{giai}"
party = "{party}"
drift_ppm = 5
interval_s = 300
[broker]
host = "broker.local"
port = 8883
[[alarm]]
channel = 1
above_degc = "8.0"
minutes = 60
"""
_GATEWAY = """ledger = "ledger.db"
ledger_key = "ledger.key"
journal = "journal.db"
key = "gateway.key"
seal_interval_s = 5
[broker]
host = "127.0.0.1"
port = 1883
"""
_SERVICE = """journal = "journal.db"
key = "gateway.key"
[ledger]
url = "https://ledger.example.org:8470"
trust = "ledger.trust"
[broker]
host = "127.0.0.1"
port = 1883
"""
_TABLE = "time,temperature (°C)\n" + "".join(
    f"2026-05-{day:02}T08:00:00Z,{day % 7}.5\n" for day in range(1, 20))
_FRIDGE_TAG = """Device:\tFridge-tag 2L
Vers: 1.0
Fw Vers: 2.2
Conf:
 Zone: 0.00
 Temp unit: C
Hist:
 TS Actv: 2026-05-02 10:00
"""


@cache
def _folder() -> Path:
    """For this process; with the files that the settings name."""
    folder = Path(tempfile.mkdtemp(prefix="coldseal-fuzz-"))
    atexit.register(shutil.rmtree, folder)
    maker = key_of("maker root")
    maker.save(folder / "maker.key")
    (folder / "certificate.pdf").write_bytes(b"%PDF")
    return folder


def _file(load: Callable[[Path], object], suffix: str = "") -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        path = _folder() / f"input{suffix}"
        path.write_bytes(data)
        path.chmod(0o600)  # or a private key is refused for that
        load(path)

    return read


def targets() -> list[Target]:
    filled = {name: text.format(giai=LOGGER_GIAI, party=MAKER_PARTY).encode() for name, text in (
        ("circle", _CIRCLE), ("certificate", _CERTIFICATE), ("device", _DEVICE))}
    maker = _folder() / "maker.key"
    read = [
        ("archive", lambda path: list(archive.read(path)), [_archive()]),
        ("founders' circle", circle.load, [filled["circle"]]),
        ("calibration certificate", calibration_file.load, [filled["certificate"]]),
        ("device settings", device_file.load, [filled["device"]]),
        ("gateway settings", config.load, [_GATEWAY.encode(), _SERVICE.encode()]),
        ("storage profile", lambda path: profiles.parse(path.read_text("utf-8", "replace")),
         _profiles()),
        ("private key file", signer.load, [maker.read_bytes()]),
        ("public key file", signer.load_public, [signer.public_path(maker).read_bytes()]),
        ("sensor log", lambda path: replay.read(path, zone="UTC"),
         [_TABLE.encode(), _FRIDGE_TAG.encode(), _TABLE.replace(",", ";").encode()]),
        ("WHO PQS report", ds01.read, [_report()])]
    return [Target(name, _file(load), seeds, FILE_REFUSALS) for name, load, seeds in read]


def _profiles() -> list[bytes]:
    folder = Path(profiles.__file__).parent
    return [path.read_bytes() for path in sorted(folder.glob("*.toml"))]


def _archive() -> bytes:
    file = io.BytesIO()
    archive.write(judged.before(len(judged.STATEMENTS)), file)
    return file.getvalue()


def _report() -> bytes:
    return json.dumps({"records": [
        {"ABST": f"20260528T20{minute:02}00Z", "TVC": 4.5, "BEMD": 14} for minute in range(9)],
        "AMFR": "maker", "AMOD": "model", "ASER": "1"}).encode()


def epcis_documents() -> list[bytes]:
    """Two documents as partners send them."""
    shared = {"type": "ObjectEvent", "eventTime": "2026-05-28T22:26:40+02:00",
              "eventTimeZoneOffset": "+02:00", "epcList": [pack("S1")]}
    events = [
        {**shared, "action": "ADD", "bizStep": "commissioning", "disposition": "active",
         "ilmd": {"cbvmda:lotNumber": "LOT42A", "cbvmda:itemExpirationDate": "2028-12-31"}},
        {**shared, "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
         "sourceList": [{"type": "possessing_party", "source": MAKER_PARTY}],
         "destinationList": [{"type": "possessing_party", "destination": PHARMACY_PARTY}]}]
    return [json.dumps({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0",
        "creationDate": "2026-05-28T22:26:41+02:00",
        "epcisBody": {"eventList": chosen}}).encode() for chosen in (events, events[:1])]
