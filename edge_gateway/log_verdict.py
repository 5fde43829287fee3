"""A verdict on a logger's export: what the log itself shows, and beside it what the device says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from edge_gateway import replay
from edge_gateway.replay import device_alarms
from edge_gateway.replay.device_alarms import DeviceAlarm
from edge_gateway.replay.sensor_log import Limit, SensorLog
from ledger_client.core import storage
from ledger_client.core import storage_terms as say
from ledger_client.core.profile import CUMULATIVE, Profile
from ledger_client.core.storage_values import Calibration, Exposure, Segment
from ledger_client.core.verdict import Verdict
from ledger_client.errors import InvalidData

ALARMS_SHOWN = 10
_UNITS = {"MKT Energy": "kJ/mol"}  # the other figures of a device are temperatures


@dataclass(frozen=True)
class LogVerdict:
    """`exposure` is the whole log: whatever was beside the logger all that time."""

    log: SensorLog
    profile: Profile
    exposure: Exposure
    verdict: Verdict


def judge(log: SensorLog, profile: Profile, *, clock_error_ms: int = 0,
          interval_ms: int | None = None, calibration: Calibration | None = None) -> LogVerdict:
    """The verdict of `profile`; interval_ms is what the logger was set to, where the profile
    expects another.  Raise InvalidData for a log that holds nothing at all."""
    by = profile if interval_ms is None else replace(profile, expected_interval_ms=interval_ms)
    exposure = _exposure(log, clock_error_ms)
    verdict = storage.judge(by, exposure, calibration, exposure.to_ms)
    return LogVerdict(log, by, exposure, verdict)


def _exposure(log: SensorLog, error_ms: int) -> Exposure:
    """From the first to the last thing it logged; of a log of summaries only, its days, the last
    of which ended when the report was made."""
    name = f"{log.device} {log.serial}".strip()
    whole = _segment(log, error_ms)
    if whole is not None:
        assert whole.end_ms is not None
        return Exposure(name, whole.start_ms, whole.end_ms, (whole,))
    if not log.days:
        raise InvalidData("log", f"{name}: the log has neither rows nor daily summaries")
    start_ms, end_ms = log.days[0].start_ms, log.days[-1].start_ms + device_alarms.DAY_MS
    if log.stopped_ms is not None and start_ms <= log.stopped_ms:
        end_ms = min(end_ms, log.stopped_ms)
    return Exposure(name, start_ms, end_ms, (Segment(log.serial, start_ms, end_ms),))


def _segment(log: SensorLog, error_ms: int) -> Segment | None:
    return replay.segment(log, error_ms=error_ms) if has_rows(log) else None


def has_rows(log: SensorLog) -> bool:
    """Whether there are readings, not summaries alone."""
    return next(iter(log.rows), None) is not None


def device_words(log: SensorLog, path: Path, zone: tzinfo) -> list[str]:
    """Lines about what the device says of itself; it decides nothing here."""
    lines = [*_alarm_lines(log, zone),
             *(f"- {key}: {value} {_UNITS.get(key, '°C')}." for key, value in log.results),
             *(f"- {note[:1].upper()}{note[1:]}." for note in log.notes)]
    if log.signature is not None:
        lines.append(f"- {path.name} (SHA-256 {log.signature.file_sha256.hex()}) carries its "
                     "maker's signature, which nobody but the maker can verify.")
    return ["", "What the device says of itself:", *lines] if lines else []


def _alarm_lines(log: SensorLog, zone: tzinfo) -> Iterator[str]:
    found = device_alarms.alarms(log)
    for limit in log.limits:
        mine = [one for one in found if one.slot == limit.slot]
        yield f"- Its limit {_limit(limit)}: {say.count(len(mine), 'alarm') if mine else 'none'}."
        yield from (f"  {_alarm(one, zone)}" for one in mine[:ALARMS_SHOWN])
        if len(mine) > ALARMS_SHOWN:
            yield f"  And {len(mine) - ALARMS_SHOWN} more."


def _limit(limit: Limit) -> str:
    beyond = "below" if limit.op == "<" else "above"
    how = "in all" if limit.mode == CUMULATIVE else "without interruption"
    return f"{beyond} {say.degrees(limit.limit_cdeg)} for {say.at_least(limit.duration_ms)} {how}"


def _alarm(one: DeviceAlarm, zone: tzinfo) -> str:
    since = "Since before the export begins" if one.triggered_ms is None else \
        f"From {say.moment(one.triggered_ms, zone)}"
    days = "" if one.days == 1 else f", on {one.days} days in a row"
    return f"{since}{days}: {say.at_least(one.beyond_ms)} beyond the limit."
