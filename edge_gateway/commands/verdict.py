"""`coldseal verdict`: was it kept as it must be?  Of an item on a ledger, or of a logger export."""

from dataclasses import asdict
from datetime import tzinfo
from pathlib import Path

import typer

from edge_gateway import item_verdict, log_verdict, replay
from edge_gateway.commands import calibration_file
from edge_gateway.commands import verdict_options as option
from edge_gateway.commands.common import (
    EXIT_DATA,
    Json,
    canonical,
    out,
    print_json,
    reader,
    unix_ms,
)
from edge_gateway.item_verdict import Asked
from edge_gateway.judged import Judged
from edge_gateway.replay import SensorLog, device_alarms, local_time
from ledger_client import profiles
from ledger_client.core import calibration, profile, verdict_difference
from ledger_client.core import storage_terms as say
from ledger_client.core.profile import RELEASE
from ledger_client.core.storage_values import Calibration
from ledger_client.core.verdict_words import Naming
from ledger_client.errors import UsageError


def verdict(
        named: option.Named, ledger: option.Ledger = None, *, by: option.Profile = None,
        zone: option.Zone = None, date_order: option.DateOrder = None, unit: option.Unit = None,
        column: option.Column = None, report: option.Report = None,
        interval: option.Interval = None, clock_error: option.ClockError = None,
        certificate: option.Calibration = None, at: option.At = None, as_of: option.AsOf = None,
        compare: option.Compare = False, plot: option.Plot = None, as_json: Json = False) -> None:
    """Was it kept as it must be?  Of an item with --ledger, else of a logger's export.

    Exit status 1: that is not shown (hold or reject).
    """
    shown = local_time.zone(zone or "UTC")
    if ledger is not None:
        _refuse("--ledger", date_order=date_order, unit=unit, column=column, report=report,
                interval=interval, clock_error=clock_error, calibration=certificate)
        at_ms = None if at is None else unix_ms(at)
        judged, difference = item_verdict.judge(
            reader(ledger), Asked(canonical(named), by, at_ms, as_of, compare), shown)
    else:
        _refuse("a file", at=at, as_of=as_of, compare=compare or None)
        path, difference = _file(named), None
        log = replay.read(path, zone=zone, date_order=date_order, unit=unit, column=column,
                          report=report)
        judged = _of_log((path, log), by, shown, clock_error=clock_error, interval=interval,
                         certificate=certificate)
    if plot is not None:
        judged.write_plot(plot)
    if as_json:
        print_json(judged.as_json(difference))
    else:
        lines = judged.words() + ([] if difference is None else
                                  ["", *verdict_difference.words(difference, shown)])
        for line in lines:
            out.print(line)
    if judged.verdict.outcome != RELEASE:
        raise typer.Exit(EXIT_DATA)


def _refuse(what: str, **options: object) -> None:
    """Options that mean nothing here are not passed over in silence."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError("--" + given[0].replace("_", "-") + f" does not go with {what}")


def _file(named: str) -> Path:
    path = Path(named)
    try:
        path.open("rb").close()
    except FileNotFoundError as error:
        raise UsageError(f"{named}: no such file. For a pack or crate say --ledger FILE") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    return path


def _of_log(of: tuple[Path, SensorLog], by: str | None, zone: tzinfo, *, clock_error: str | None,
            interval: str | None, certificate: Path | None) -> Judged:
    if by is None:
        raise UsageError("which profile? Say --profile and one of "
                         f"{', '.join(profiles.names())}, or a TOML file of your own")
    path, log = of
    name, body = profiles.named(by)
    held, whose = (None, []) if certificate is None else _certificate(certificate, zone)
    found = log_verdict.judge(
        log, profile.decode(body), calibration=held,
        interval_ms=None if interval is None else profiles.duration_ms("--interval", interval),
        clock_error_ms=profiles.duration_ms("--clock-error", clock_error or "0 s"))
    said = [f"- {what} {text}, as you said." for what, text in (
        ("Judged with an interval of", interval),
        ("The clock may have been off by", clock_error)) if text is not None]
    device = log_verdict.device_words(log, path, zone)
    lead, below = ([], device) if log_verdict.has_rows(log) else ([*device, ""], [])
    return Judged(found.verdict, found.exposure, found.profile, Naming(name, None, zone), held,
                  {"device": log.device, "serial": log.serial, "format": log.format,
                   "device_alarms": [asdict(one) for one in device_alarms.alarms(log)]},
                  (*whose, *said, *below), lead=tuple(lead), of_export=True)


def _certificate(path: Path, zone: tzinfo) -> tuple[Calibration, list[str]]:
    """It, and whose it is: nothing in an export proves which logger made it."""
    held = calibration_file.load(path)
    found = calibration.decode(held.body)
    return found, [f"- Certificate {found.certificate} is of logger {held.giai}, valid from "
                   f"{say.moment(found.valid_from_ms, zone)} to "
                   f"{say.moment(found.valid_to_ms, zone)}; that this file is that logger's, you "
                   "say."]
