"""Events of item chains by what they link and by their entry: an index in a ledger file.

It follows from the chains; nothing that is proven rests on it.  Things are numbered, so that an
event costs a few bytes beside its chain and not its names once more.
"""

import sqlite3
from collections.abc import Iterator, Sequence

from ledger_client.core.state import Chained

_EVENTS = "SELECT chain.item, chain.number, chain.event FROM {index} AS found " \
    "JOIN name ON name.id = found.item " \
    "JOIN chain ON chain.item = name.uri AND chain.number = found.number " \
    "WHERE {where} ORDER BY chain.item, chain.number"
_LINKING = _EVENTS.format(index="link",
                          where="found.other = (SELECT id FROM name WHERE uri = ?)")
_HAPPENED = _EVENTS.format(index="happened", where="found.entry = ?")


def add(connection: sqlite3.Connection, events: Sequence[Chained]) -> None:
    """Take in events, within the transaction that adds them to their chains."""
    names = {one.item for one in events} | {other for one in events for other in one.others}
    connection.executemany("INSERT OR IGNORE INTO name (uri) VALUES (?)",
                           [(name,) for name in sorted(names)])
    connection.executemany(
        "INSERT INTO happened SELECT ?, id, ? FROM name WHERE uri = ?",
        [(one.entry, one.number, one.item) for one in events])
    connection.executemany(
        "INSERT INTO link SELECT other.id, item.id, ? FROM name AS other, name AS item "
        "WHERE other.uri = ? AND item.uri = ?",
        [(one.number, other, one.item) for one in events for other in one.others])


def linking(connection: sqlite3.Connection, other: str) -> Iterator[tuple[str, int, bytes]]:
    """As Store.linking."""
    yield from connection.execute(_LINKING, (other,))


def happened(connection: sqlite3.Connection, entry: int) -> Iterator[tuple[str, int, bytes]]:
    """As Store.happened."""
    yield from connection.execute(_HAPPENED, (entry,))
