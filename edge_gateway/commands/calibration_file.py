"""A calibration certificate's figures in TOML, for `coldseal ledger register-calibration`.

giai = "https://id.gs1.org/8004/9506000134L1"
channel = 0
certificate = "DAkkS 0815"
file = "certificate.pdf"          # its SHA-256 is registered, the file stays here
valid_from = 2026-01-01           # days, UTC, both included
valid_to = 2026-12-31
u95_degc = "0.2"                  # expanded uncertainty, k = 2
[[point]]
indicated_degc = "5.0"
correction_degc = "-0.1"          # added to what the logger indicates
"""

import datetime
import hashlib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from edge_gateway import settings_file
from edge_gateway.errors import ConfigurationError

_FORM: settings_file.Form = {
    "giai": str, "channel": int, "certificate": str, "file": str, "valid_from": datetime.date,
    "valid_to": datetime.date, "u95_degc": str,
    "point": [{"indicated_degc": str, "correction_degc": str}]}
_CDEG_MAX = 100_000  # no thermometer shows more
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class CalibrationFile:
    """`body` as a calibration statement registers it."""

    giai: str
    body: dict[str, Any]


def load(path: Path) -> CalibrationFile:
    """ConfigurationError names the file and the key."""
    values = settings_file.load(path)
    settings_file.check(str(path), values, _FORM)
    try:
        certificate = (path.parent / values["file"]).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.filename}: cannot be read "
                                 f"({error.strerror})") from error
    return CalibrationFile(values["giai"], {
        "channel": values["channel"], "certificate": values["certificate"],
        "certificate_sha256": hashlib.sha256(certificate).digest(),
        "valid_from_ms": _day_ms(values["valid_from"]),
        "valid_to_ms": _day_ms(values["valid_to"]) + DAY_MS - 1,
        "u95_cdeg": _cdeg(path, "u95_degc", values["u95_degc"]),
        "points": [[_cdeg(path, "indicated_degc", point["indicated_degc"]),
                    _cdeg(path, "correction_degc", point["correction_degc"])]
                   for point in values["point"]]})


def _day_ms(value: datetime.date) -> int:
    return (value.toordinal() - datetime.date(1970, 1, 1).toordinal()) * DAY_MS


def _cdeg(path: Path, key: str, value: str) -> int:
    try:
        cdeg = Decimal(value) * 100
    except InvalidOperation:
        cdeg = Decimal("NaN")
    if not cdeg.is_finite() or abs(cdeg) > _CDEG_MAX or cdeg != int(cdeg):
        raise ConfigurationError(f"{path}: {key}: is a text such as \"0.25\" with at most two "
                                 "decimals: decimal fractions are not exact as numbers")
    return int(cdeg)
