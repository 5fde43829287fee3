"""A device's configuration: given at provisioning, changed by commands, named by its SHA-256.

Map with text keys, every one present; null where it does not apply.
"""

from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError

BELOW, ABOVE = 0, 1  # operators of a local alarm: strictly below, strictly above the limit
ALARMS = 8  # local alarm rules a device evaluates at every sample

KEYS = ("alarms", "broker", "giai", "interval_ms", "party", "place", "rescan_ms",
        "telemetry_age_ms")


def encode(configuration: "dict[str, object]") -> bytes:
    data = cbor.encode(configuration)
    decode(data)
    return data


def decode(data: bytes) -> "dict[str, object]":
    """Every key checked:

    alarms            [* [channel, BELOW / ABOVE, limit in 10^-2 of the unit, duration_ms]]
    broker            [host, port, tls: 0 / 1]
    giai              Digital Link URI of the asset label on the case, or null
    interval_ms       between two samples (a scanner: 0)
    party             Digital Link URI of the owner, for the display
    place             Digital Link URI where a fixed device stands, or null
    rescan_ms         the same symbol again within this time is no record
    telemetry_age_ms  a telemetry record closes at this age
    """
    rule = "configuration.form"
    value = cbor.decode(data)
    if type(value) is not dict or len(value) != len(KEYS) \
            or [key for key in KEYS if key not in value]:
        raise WireError(rule, "the keys are not " + ", ".join(KEYS))
    _check_alarms(value["alarms"])
    host, port, tls = check.array(value["broker"], 3, rule)
    check.text(host, codes.TEXT, rule)
    if not 0 < check.uint(port, rule) < 65536 or check.uint(tls, rule) > 1:
        raise WireError(rule, "broker is [host, port 1..65535, tls 0 or 1]")
    for key in ("giai", "place"):
        if value[key] is not None:
            check.text(value[key], codes.TEXT, rule)
    check.text(value["party"], codes.TEXT, rule)
    for key in ("interval_ms", "rescan_ms", "telemetry_age_ms"):
        check.uint(value[key], rule)
    return value


def _check_alarms(alarms: object) -> None:
    rule = "configuration.alarms"
    if type(alarms) is not list or len(alarms) > ALARMS:
        raise WireError(rule, "not at most %d alarm rules" % ALARMS)
    for alarm in alarms:
        channel, operator, limit, duration_ms = check.array(alarm, 4, rule)
        check.uint(channel, rule)
        check.uint(duration_ms, rule)
        if check.uint(operator, rule) > ABOVE or type(limit) is not int:
            raise WireError(rule, "an alarm is [channel, 0 below / 1 above, limit, duration_ms]")
