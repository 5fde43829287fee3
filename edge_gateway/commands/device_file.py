"""A device's configuration in TOML, as `coldseal device enrol` takes it.

giai = "https://id.gs1.org/8004/9506000134L1"   # label on the case; leave out for a scanner
party = "https://id.gs1.org/417/9506000134352"
place = "https://id.gs1.org/414/9506000134352"  # of a fixed device; leave out for others
interval_s = 300                                # 0: a scanner
telemetry_age_h = 6
rescan_s = 30
drift_ppm = 5
[broker]
host = "127.0.0.1"
port = 1883
tls = false
[[alarm]]
channel = 0
above_degc = "8.0"                              # or below_degc
minutes = 60
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from edge_gateway import settings_file
from edge_gateway.errors import ConfigurationError
from ledger_client.wire import codes, configuration
from ledger_client.wire.errors import WireError

_DEFAULTS: dict[str, Any] = {
    "giai": None, "place": None, "interval_s": 0, "rescan_s": 30, "drift_ppm": 5, "alarm": [],
    "telemetry_age_h": codes.TELEMETRY_AGE_MS // 3_600_000}
_FORM: settings_file.Form = {
    "party": str, "broker": dict, "giai": str, "place": str, "interval_s": int, "rescan_s": int,
    "drift_ppm": int, "alarm": [dict], "telemetry_age_h": int}
_CDEG_MAX = 100_000  # no thermometer shows more


@dataclass(frozen=True)
class DeviceFile:
    """`configuration` as the device takes it; giai and drift_ppm go into its enrolment too."""

    configuration: bytes
    giai: str | None
    drift_ppm: int


def load(path: Path) -> DeviceFile:
    """ConfigurationError names the file and the key."""
    values = settings_file.load(path)
    settings_file.check(str(path), values, _FORM, frozenset(_DEFAULTS))
    values = _DEFAULTS | values
    try:
        encoded = configuration.encode({
            "alarms": [_alarm(path, alarm) for alarm in values["alarm"]],
            "broker": _broker(path, values["broker"]), "giai": values["giai"],
            "interval_ms": values["interval_s"] * 1000, "party": values["party"],
            "place": values["place"], "rescan_ms": values["rescan_s"] * 1000,
            "telemetry_age_ms": values["telemetry_age_h"] * 3_600_000})
    except WireError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return DeviceFile(encoded, values["giai"], values["drift_ppm"])


def _broker(path: Path, values: dict[str, Any]) -> list[object]:
    settings_file.check(f"{path}: [broker]", values, {"host": str, "port": int, "tls": bool},
                        frozenset({"tls"}))
    return [values["host"], values["port"], int(values.get("tls", True))]


def _alarm(path: Path, values: dict[str, Any]) -> list[object]:
    sides = {"above_degc": configuration.ABOVE, "below_degc": configuration.BELOW}
    given = [side for side in sides if side in values]
    if len(given) != 1:
        raise ConfigurationError(f"{path}: [[alarm]]: the settings are channel, minutes, and "
                                 "above_degc or below_degc")
    settings_file.check(f"{path}: [[alarm]]", values, {"channel": int, "minutes": int,
                                                       given[0]: str})
    try:
        limit_cdeg = Decimal(values[given[0]]) * 100
    except InvalidOperation as error:
        raise ConfigurationError(f"{path}: [[alarm]]: {given[0]} is a text such as \"8.0\": "
                                 "decimal fractions are not exact as numbers") from error
    if not limit_cdeg.is_finite() or abs(limit_cdeg) > _CDEG_MAX or limit_cdeg != int(limit_cdeg):
        raise ConfigurationError(f"{path}: [[alarm]]: {given[0]} is no temperature, or has more "
                                 "than two decimals")
    return [values["channel"], sides[given[0]], int(limit_cdeg), values["minutes"] * 60_000]
