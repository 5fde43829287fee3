"""Readers for the exports of other makers' loggers: old data and new are judged alike."""

from datetime import tzinfo
from pathlib import Path

from edge_gateway.replay import berlinger, ds01, tables
from edge_gateway.replay.sensor_log import BadLog, Question, Row, SensorLog, segment
from ledger_client.errors import InvalidData

__all__ = ["BadLog", "Question", "Row", "SensorLog", "read", "segment"]

_HEAD_BYTES = 512


def read(path: Path, *, zone: str | tzinfo | None = None, date_order: str | None = None,
         unit: str | None = None, column: str | None = None) -> SensorLog:
    """The log in `path`, its format told by how it begins.

    Raise Question, which says what to pass, for what the file leaves open; BadLog with the line for
    what its format does not allow; InvalidData for a file of none of the formats.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"Device:"):
        return berlinger.read(path, zone=zone)
    if head.startswith((b"{", b"[")):
        logs = ds01.read(path)
        if len(logs) > 1:
            raise InvalidData("log", f"{path.name} holds {len(logs)} reports: read them one by one "
                              "with edge_gateway.replay.ds01")
        return logs[0]
    return tables.read(path, zone=zone, date_order=date_order, unit=unit, column=column)
