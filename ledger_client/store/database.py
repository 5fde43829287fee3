"""Opening SQLite files the way power cuts demand: WAL, synchronous=FULL, a schema version, one
writer at a time."""

import fcntl
import os
import sqlite3
from importlib import resources
from pathlib import Path

from ledger_client.errors import DamagedStore, UsageError

# Of a ledger or journal and, by SQLite, of the files beside it: who moves what is the business of
# its organisations, and a lock that others can open is one that they can hold.
MODE = 0o600
BUSY_MS = 10_000  # a reader waits this long for a checkpoint of the WAL, then says so


class WriterLock:
    """The one writer of a file, across processes; held until closed or the process dies."""

    def __init__(self, path: Path) -> None:
        self._file = open(  # noqa: SIM115 (held open: the lock is the file)
            f"{path}.lock", "a+b", opener=lambda name, flags: os.open(name, flags, MODE))
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            holder = self._file.read().decode(errors="replace").strip() or "another process"
            self._file.close()
            raise UsageError(f"{path}: process {holder} is writing to it; there is one writer. "
                             "Stop that service, or send the statement to it") from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()).encode())
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def create(path: Path, *, package: str, schema: str, application_id: int, version: int) -> None:
    """Make a new file from a .sql resource; UsageError when it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE))
    except FileExistsError as error:
        raise UsageError(f"{path}: is there already. Name a new file, or move this one away") \
            from error
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(
            f"BEGIN; {resources.files(package).joinpath(schema).read_text()}"
            f"PRAGMA application_id={application_id}; PRAGMA user_version={version}; COMMIT;")
    finally:
        connection.close()


def connect(path: Path, *, what: str, application_id: int, version: int,
            readonly: bool) -> sqlite3.Connection:
    """Open an existing file; UsageError when it is missing, of another kind, or of another version
    than this program's."""
    if not path.exists():
        raise UsageError(f"{path}: no such {what}")
    mode = "ro" if readonly else "rw"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True,
                                 isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA synchronous=FULL")
        found = connection.execute("PRAGMA application_id").fetchone()[0]
        schema = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        connection.close()
        raise UsageError(f"{path}: not a {what} ({error})") from error
    if found != application_id:
        connection.close()
        raise UsageError(f"{path}: not a {what}")
    if schema != version:
        connection.close()
        raise UsageError(_other_version(path, schema, version))
    return connection


def _other_version(path: Path, schema: int, known: int) -> str:
    if schema > known:
        return (f"{path}: made by a newer Coldseal (schema {schema}, this program knows {known}). "
                "Install that version; nothing was changed")
    return (f"{path}: made by an older Coldseal (schema {schema}, this program writes {known}). "
            "Empty it with that version: a gateway's journal by forwarding all, a ledger by "
            "`coldseal ledger export`, which this one reads with `coldseal ledger import`")


def check_form(connection: sqlite3.Connection, script: str) -> None:
    """DamagedStore unless the file has exactly what the script makes, triggers and views
    included, and SQLite finds indexes and rows in agreement."""
    made = sqlite3.connect(":memory:")
    try:
        made.executescript(script)
        differing = _form(connection) ^ _form(made)
    finally:
        made.close()
    for kind, name, _ in sorted(differing):
        raise DamagedStore("store.form", f"{kind} {name}", "it is missing, another or one too many")
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise DamagedStore("store.form", "file", str(found))


def _form(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    return {(kind, name, " ".join((sql or "").split())) for kind, name, sql in
            connection.execute("SELECT type, name, sql FROM sqlite_master")}
