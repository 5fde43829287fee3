"""Commands as people type them, run in this process: what they print, and their exit status."""

import contextlib
import io
from pathlib import Path
from unittest import mock

from edge_gateway import cli
from ledger_client.store.sqlite import SqliteStore
from tests.circle import PARTIES, Circle


def coldseal(*arguments: object, status: int = 0) -> str:
    """Output of a command; its errors, when it is to fail."""
    printed, complained = io.StringIO(), io.StringIO()
    with mock.patch("sys.argv", ["coldseal", *map(str, arguments)]), \
            contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
    assert code == status, printed.getvalue() + complained.getvalue()
    return printed.getvalue() if status == 0 else printed.getvalue() + complained.getvalue()


class Desk:
    """A ledger file of the four, and the keys of all of them beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.db"
        self.circle = Circle(store=SqliteStore.create(self.ledger)).found()
        self.circle.ledger_signer.save(folder / "ledger.key")
        for name in PARTIES:
            root, operations = self.circle.keys[name]
            root.save(folder / f"{name}-root.key")
            operations.save(folder / f"{name}-operations.key")

    def close(self) -> "Desk":
        """Give the file to the commands."""
        self.circle.engine.close()
        return self

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"
