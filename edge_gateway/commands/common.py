"""What commands share: printing, times, opening a ledger."""

import datetime
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway.commands.screen import Screen
from ledger_client import signer
from ledger_client.core import item
from ledger_client.errors import UsageError
from ledger_client.node import naming
from ledger_client.node.embedded import EmbeddedLedger, LedgerReader
from ledger_client.store.sqlite import SqliteStore

EXIT_DATA, EXIT_USAGE, EXIT_SELF_CONSISTENT, EXIT_PIPE = 1, 2, 3, 4

out, err = Screen(), Screen(stderr=True)

canonical = naming.named  # of what a person writes to name an item

LedgerPath = Annotated[Path, typer.Option("--ledger", help="The ledger file.", metavar="FILE")]
LedgerKey = Annotated[Path | None, typer.Option(
    "--ledger-key", help="Key that signs checkpoints; default: ledger.key beside the ledger.",
    metavar="FILE")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
SimulatedTime = Annotated[str | None, typer.Option(
    "--simulated-time", help="Simulation only: ledger time of this entry, ISO 8601 with zone.",
    metavar="TIME")]


def read_file(path: Path) -> bytes:
    """UsageError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error


def reader(path: Path) -> LedgerReader:
    """A ledger for reading; a running gateway does not mind."""
    return LedgerReader(opened(path, readonly=True))


def keeper(path: Path) -> LedgerReader:
    """A ledger for writing what stands beside its entries and is not signed by its key."""
    return LedgerReader(opened(path, readonly=False))


def writer(path: Path, key: Path | None, simulated_time: str | None) -> EmbeddedLedger:
    """A ledger for writing; there is one writer at a time."""
    store = opened(path, readonly=False)
    try:
        signs = checkpoint_signer(path, key)
    except UsageError:
        store.close()
        raise
    return EmbeddedLedger(store, signs, clock(simulated_time))


def checkpoint_signer(ledger: Path, key: Path | None) -> signer.SoftwareSigner:
    """The ledger key that a person names, or that lies beside the file: no new one would do."""
    path = key or ledger.with_name("ledger.key")
    if not path.exists():
        raise UsageError(f"{path}: no such key. Name the one that signs this ledger's "
                         "checkpoints, --ledger-key")
    return signer.load(path)


def opened(path: Path, *, readonly: bool) -> SqliteStore:
    """A ledger file; asked before the lock of a writer is laid beside it."""
    if path.parts[:1] in (("http:",), ("https:",)):
        url = f"{path.parts[0]}//{'/'.join(path.parts[1:])}"
        raise UsageError(f"{url}: this command works where the ledger file lies. A service is "
                         "asked by a program, LedgerClient.ask (docs/questions.md)")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder. Name the ledger file in it")
    if not path.exists():
        raise UsageError(f"{path}: no such ledger file. `coldseal ledger create` founds a ledger")
    return SqliteStore(path, readonly=readonly)


class clock:
    """Ledger time: the system's, or what a simulation says."""

    def __init__(self, simulated_time: str | None) -> None:
        self._fixed_ms = None if simulated_time is None else unix_ms(simulated_time)

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 if self._fixed_ms is None else self._fixed_ms


def unix_ms(text: str) -> int:
    """Unix milliseconds of an ISO 8601 time, which must have a zone."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text}: not a time such as 2026-05-28T20:26:40Z") from error
    if moment.tzinfo is None:
        raise UsageError(f"{text}: which zone? Write 2026-05-28T20:26:40Z or ...+02:00")
    return round(moment.timestamp() * 1000)


_LAST_MS = 253_402_214_400_000  # a day before the year 10000, which datetime does not know


def when(time_ms: int, zone: datetime.tzinfo | None = None) -> str:
    """A time for a person: UTC, and local when that is another."""
    if time_ms >= _LAST_MS:  # what somebody signed may say any number
        return f"{time_ms} ms after 1970"
    moment = datetime.datetime.fromtimestamp(time_ms / 1000, datetime.UTC)
    local = moment.astimezone(zone)
    text = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    if local.utcoffset():
        text += f" ({local:%H:%M} local)" if local.date() == moment.date() \
            else f" ({local:%Y-%m-%d %H:%M} local)"
    return text


_HELD_NO_MORE = {item.STATUS_NAMES[item.DISPENSED]: "given out by",
                 item.STATUS_NAMES[item.DECOMMISSIONED]: "last held by",
                 item.STATUS_NAMES[item.DESTROYED]: "last held by"}


def holding(status: str) -> str:
    """How the one who has the custody of a thing stands to it, by the name of its status."""
    return _HELD_NO_MORE.get(status, "with")


def counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def print_json(value: object) -> None:
    json.dump(value, sys.stdout, indent=2, sort_keys=True)
    sys.stdout.write("\n")
