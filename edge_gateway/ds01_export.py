"""What the loggers of an item measured, as a WHO PQS E006/DS01 transmission.

What the ledger does not know of loggers and their appliances stands in a file, fields named as the
standard names them:

source = "org.example"                          # who sends
[[logger]]
giai = "https://id.gs1.org/8004/9506000134L1"   # on its label
AMID = "tenant:1/fridge:7"                      # the appliance
CID = "UGA"                                     # country
EDOP = "2026-01-05"                             # of the logger: day of production, maker, model,
EMFR = "Coldseal"                               # PQS code, serial number, version
EMOD = "logger"
EPQS = "E006/000"
ESER = "0011223344556677"
EMSV = "0.1.0"
SID = "0011223344556677:1"                      # its probe: id, maker, model
SMFR = "Analog Devices"
SMOD = "DS18B20"
"""

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

from edge_gateway import settings_file
from edge_gateway.judged import Judged
from edge_gateway.replay import ds01
from edge_gateway.replay.ds01 import Report, Transmission
from ledger_client.core.storage_values import Exposure, Reading
from ledger_client.errors import UsageError

_REPORT = ("AMID", "CID", "EDOP", "EMFR", "EMOD", "EPQS", "ESER", "EMSV")
_SENSOR = ("SID", "SMFR", "SMOD")
_FORM: settings_file.Form = {
    "source": str, "logger": [dict.fromkeys(("giai", *_REPORT, *_SENSOR), str)]}


def transmission(judged: Judged, path: Path, now_ms: int) -> str:
    """The JSON of all readings, raw as the loggers gave them, and of the alarms of their verdict.

    ConfigurationError for a file of another form, UsageError for a logger that it does not name:
    nothing is left out in silence.
    """
    values = settings_file.load(path)
    settings_file.check(str(path), values, _FORM)
    known = {one["giai"]: one for one in values["logger"]}
    measured = _by_logger(judged.exposure)
    for giai in measured:
        if giai not in known:
            raise UsageError(f"{path}: says nothing of {giai}, which was with the item: add a "
                             "[[logger]]")
    reports = [_report(known[giai], readings) for giai, readings in sorted(measured.items())]
    if not reports:
        raise UsageError(f"{judged.exposure.item}: no logger measured anything")
    of = Transmission(_id_of(judged.exposure), values["source"], reports)
    return json.dumps(ds01.transmission(of, judged.verdict, judged.profile, now_ms=now_ms),
                      indent=1) + "\n"


def _by_logger(exposure: Exposure) -> dict[str, list[Reading]]:
    """Each logger's readings in order, one it gave in two segments once."""
    found: dict[str, dict[tuple[int, int], Reading]] = {}
    for segment in exposure.segments:
        found.setdefault(segment.logger, {}).update(
            ((one.unix_ms, one.value_cdeg), one) for one in segment.readings)
    return {giai: [rows[at] for at in sorted(rows)] for giai, rows in found.items() if rows}


def _report(known: dict[str, Any], readings: list[Reading]) -> Report:
    sid, maker, model = (known[name] for name in _SENSOR)
    return Report({name: known[name] for name in _REPORT}, (sid, maker, model), readings)


def _id_of(exposure: Exposure) -> str:
    """The same for the same readings: sending them again is a retransmission, not a duplicate."""
    text = repr([(giai, [(one.unix_ms, one.value_cdeg) for one in readings])
                 for giai, readings in sorted(_by_logger(exposure).items())])
    return str(uuid.UUID(bytes=hashlib.sha256(f"{exposure.item} {text}".encode()).digest()[:16]))
