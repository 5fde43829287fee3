"""Events of item chains by what they link and by their entry: an index in a ledger file.

It follows from the chains and can be made anew; nothing that is proven rests on it.  Things are
numbered, so that an event costs a few bytes beside its chain and not its names once more.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources

from ledger_client.core import history, item, state, state_tree
from ledger_client.core.item import Item
from ledger_client.core.state import Chained
from ledger_client.wire import cbor

_CHUNK = 10_000  # events taken in together when an index is made: some 10 MB

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


def script() -> str:
    """What makes its tables."""
    return resources.files(__package__).joinpath("chain_index.sql").read_text()


def make(connection: sqlite3.Connection) -> None:
    """The index of a file that has none, within a transaction."""
    for statement in script().split(";"):
        connection.execute(statement)
    rows = connection.execute("SELECT item, number, event FROM chain ORDER BY item, number")
    while chunk := rows.fetchmany(_CHUNK):
        add(connection, [_chained(connection, *row) for row in chunk])


def _chained(connection: sqlite3.Connection, uri: str, number: int, data: bytes) -> Chained:
    event = history.decode_event(data)
    (value,) = connection.execute("SELECT value FROM state WHERE path = ?",
                                  (state_tree.path_of(state.item_key(uri)),)).fetchone()
    lot = Item.of(cbor.decode(value, utf8=True)).lot
    return Chained(uri, number, data, event.entry, item.others(uri, lot, event))


def linking(connection: sqlite3.Connection, other: str) -> Iterator[tuple[str, int, bytes]]:
    """As Store.linking."""
    yield from connection.execute(_LINKING, (other,))


def happened(connection: sqlite3.Connection, entry: int) -> Iterator[tuple[str, int, bytes]]:
    """As Store.happened."""
    yield from connection.execute(_HAPPENED, (entry,))
