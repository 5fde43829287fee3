"""An organisation's own table of its people: who is behind an enrolled key.

CSV with the columns thumbprint, name, secret.  The ledger holds only HMAC-SHA-256(secret, name), so
the table is the one place where a key has a name: deleting a row is the erasure.
"""

import csv
import hashlib
import hmac
import io
import os
import unicodedata
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

from edge_gateway.errors import ConfigurationError
from ledger_client.store import durable

COLUMNS = ["thumbprint", "name", "secret"]
SECRET_BYTES = 32  # as long as the hash


@dataclass(frozen=True)
class Person:
    """`thumbprint` and `secret` in hex."""

    thumbprint: str
    name: str
    secret: str

    def commitment(self) -> bytes:
        """What the ledger holds: keyed, because names can be guessed."""
        return hmac.digest(bytes.fromhex(self.secret), self.name.encode(), hashlib.sha256)


def person(thumbprint: bytes, name: str,
           entropy: Callable[[int], bytes] = os.urandom) -> Person:
    """A new row; the name in normal form C, so that the same letters are the same bytes."""
    return Person(thumbprint.hex(), unicodedata.normalize("NFC", name),
                  entropy(SECRET_BYTES).hex())


def load(path: Path) -> list[Person]:
    """Every row; none when there is no file yet.  ConfigurationError names the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({error})") from error
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or rows[0] != COLUMNS:
        raise ConfigurationError(f"{path}: the first line is not {','.join(COLUMNS)}")
    return [_row(path, line, row) for line, row in enumerate(rows[1:], 2)]


def _row(path: Path, line: int, row: list[str]) -> Person:
    try:
        thumbprint, name, secret = row
        if (len(bytes.fromhex(thumbprint)), len(bytes.fromhex(secret))) != (32, SECRET_BYTES):
            raise ValueError
    except ValueError as error:
        raise ConfigurationError(f"{path}: line {line}: not a thumbprint, a name and a secret, "
                                 "both of 64 hexadecimal digits") from error
    return Person(thumbprint, name, secret)


def save(path: Path, people: list[Person]) -> None:
    """Of mode 0600: it names people."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *map(astuple, people)])
    durable.replace_file(path, text.getvalue().encode())


def name_of(people: list[Person], thumbprint: bytes, commitment: bytes) -> str | None:
    """The name behind a key, when the ledger's commitment is to it."""
    for one in people:
        if one.thumbprint == thumbprint.hex():
            return one.name if hmac.compare_digest(one.commitment(), commitment) else None
    return None
