"""Readers for the exports of other makers' loggers: old data and new are judged alike."""

from datetime import tzinfo
from pathlib import Path

from edge_gateway.replay import berlinger, ds01, tables
from edge_gateway.replay.sensor_log import BadLog, Question, Row, SensorLog, segment

__all__ = ["BadLog", "Question", "Row", "SensorLog", "read", "segment"]

_HEAD_BYTES = 512


def read(path: Path, *, zone: str | tzinfo | None = None, date_order: str | None = None,
         unit: str | None = None, column: str | None = None,
         report: int | None = None) -> SensorLog:
    """The log in `path`, its format told by how it begins.

    column: part of a heading, or one of DS01's temperatures; report: of DS01, from 1.

    Raise Question, which says what to pass, for what the file leaves open; BadLog with the line for
    what its format does not allow; InvalidData for a file of none of the formats.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"Device:"):
        return berlinger.read(path, zone=zone)
    if head.startswith((b"{", b"[")):
        return _report(path, ds01.read(path, temperature=column or ds01.TEMPERATURES[0]), report)
    return tables.read(path, zone=zone, date_order=date_order, unit=unit, column=column)


def _report(path: Path, logs: list[SensorLog], number: int | None) -> SensorLog:
    if number is None and len(logs) == 1:
        return logs[0]
    if number is None or not 1 <= number <= len(logs):
        raise Question(f"{path.name} holds {len(logs)} reports: which one? Say --report and a "
                       f"number from 1 to {len(logs)}")
    return logs[number - 1]
