"""Local times of exports in UTC, without a guess about zone, order of day and month, or a repeated
hour."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge_gateway.replay.sensor_log import BadLog, Question
from ledger_client.errors import UsageError

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")


def zone(name: str | tzinfo) -> tzinfo:
    """`name` is "UTC", an offset such as "+05:30", or a place such as "Europe/Zurich"."""
    if isinstance(name, tzinfo):
        return name
    found = _OFFSET.fullmatch(name)
    try:
        if found is None:
            return ZoneInfo(name)
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-offset if found[1] == "-" else offset, name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f'zone {name!r} is not known: use "UTC", "+02:00" or "Europe/Zurich"') \
            from error


def asked_zone(given: str | tzinfo | None, what: str) -> tzinfo:
    """The zone that was given, or the question for it."""
    if given is None:
        raise Question(f'{what} has local times and no zone: which zone was its clock set to? '
                       'Say --zone UTC, --zone +02:00 or --zone Europe/Zurich')
    return zone(given)


def unix_ms(local: datetime, where: tzinfo, line: int) -> int:
    """A wall-clock time in UTC; one that happens twice or never where clocks change is refused."""
    moment = local.replace(tzinfo=where)
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise BadLog(line, f"{local} happens twice or never in {where}: loggers seldom change "
                     'their clocks; say the offset it was set to, such as --zone +01:00')
    return int(moment.timestamp()) * 1000
