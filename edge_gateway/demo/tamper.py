"""Four attempts to cheat: one byte each, and the ordinary command that finds it.

Works as an attacker with the files would: on copies, with sqlite3 and a byte editor.
"""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from edge_gateway.demo.processes import command


@dataclass(frozen=True)
class Attempt:
    """What was changed, the command, and what it said."""

    what: str
    command: str
    caught: bool
    said: str


@dataclass(frozen=True)
class _Row:
    """One blob of one database: `select` gives (number, blob), `update` takes (blob, number)."""

    what: str
    database: str
    select: str
    update: str
    command: list[str]
    names: str  # what the command must name


_ROWS = (
    _Row("a journal row", "journal.db",
         "SELECT number, record FROM row ORDER BY number LIMIT 1 OFFSET 5",
         "UPDATE row SET record = ? WHERE number = ?",
         ["gateway", "verify", "--config", "gateway.toml"], "row "),
    _Row("a block body", "ledger.db",
         "SELECT number, body FROM entry WHERE body IS NOT NULL ORDER BY number LIMIT 1",
         "UPDATE entry SET body = ? WHERE number = ?",
         ["ledger", "verify", "ledger.db"], "leaf "),
    _Row("a ledger entry", "ledger.db",
         "SELECT number, statement FROM entry ORDER BY number LIMIT 1 OFFSET 3",
         "UPDATE entry SET statement = ? WHERE number = ?",
         ["ledger", "verify", "ledger.db"], "entry "))


def attempts(files: Path, passport: Path, trust: Path, scratch: Path) -> list[Attempt]:
    """`files` holds ledger, journal, keys and settings of the gateway, which must be stopped."""
    return [*[_database(files, scratch / str(number), row) for number, row in enumerate(_ROWS)],
            _passport(passport, trust, scratch / "passport")]


def _database(files: Path, folder: Path, row: _Row) -> Attempt:
    shutil.copytree(files, folder)
    connection = sqlite3.connect(folder / row.database)
    number, data = connection.execute(row.select).fetchone()
    connection.execute(row.update, (_flipped(data, len(data) // 2), number))
    connection.commit()
    connection.close()
    located = [str(folder / one) if one.endswith((".toml", ".db")) else one for one in row.command]
    return _judged(row.what, located, row.names)


def _passport(passport: Path, trust: Path, folder: Path) -> Attempt:
    folder.mkdir(parents=True)
    changed = folder / passport.name
    data = passport.read_bytes()
    changed.write_bytes(_flipped(data, len(data) * 3 // 4))  # in the telemetry, which comes last
    return _judged("the passport", ["verify", str(changed), "--trust", str(trust)], "")


def _flipped(data: bytes, at: int) -> bytes:
    """One bit of the byte at a place."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def _judged(what: str, arguments: list[str], names: str) -> Attempt:
    done = command(*arguments)
    said = done.error.strip().removeprefix("error: ")
    return Attempt(what, "coldseal " + " ".join(arguments), done.status == 1 and names in said,
                   said)
