"""A store held against the same ledger computed anew: everything beside the log, and nothing more.

Raises DamagedStore for the first difference, by the name of the place.
"""

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, state, statement
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.state import View
from ledger_client.errors import DamagedStore, InvalidData
from ledger_client.store.interface import Store
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import codes


def compare(store: Store, anew: MemoryStore) -> None:
    newest = _checkpoint(anew, None)
    store.check_form()
    _compare_log(store, anew, newest)
    _compare_state(store, anew)
    _compare_chains(store, anew, newest.size)
    cosignatures = sum(_check_cosignatures(store, anew, number)
                       for number in range(newest.number + 1))
    _compare_counts(store, {**anew.counts(), "cosignatures": cosignatures})


def _checkpoint(store: Store, number: int | None) -> Checkpoint:
    signed = store.checkpoint(number)
    assert signed is not None, "what was computed anew has it"
    return checkpoints.decode(signed.checkpoint)


def _compare_log(store: Store, anew: MemoryStore, newest: Checkpoint) -> None:
    if store.counts()["checkpoints"] != newest.number + 1:
        raise DamagedStore("store.checkpoint", f"checkpoint {newest.number + 1}",
                           "the row is missing, and later ones are there")
    if store.entry(newest.size) is not None:
        raise DamagedStore("store.entry", f"entry {newest.size}", "no checkpoint covers it: it was "
                           "added, or the checkpoint is missing")
    _compare_covering(store, anew, newest)
    for level, index, digest in anew.nodes():
        if store.node(level, index) != digest:
            raise DamagedStore("store.node", f"log node {level}, {index}", "the hash is another")


def _compare_covering(store: Store, anew: MemoryStore, newest: Checkpoint) -> None:
    """Each checkpoint is found by the first and the last entry that it covers, and by no other."""
    first = 0
    for number in range(newest.number + 1):
        size = _checkpoint(anew, number).size
        for entry in (first, size - 1):
            if store.checkpoint_covering(entry) != anew.checkpoint(number):
                raise DamagedStore("store.checkpoint", f"checkpoint {number}",
                                   f"it is not found by entry {entry}, which it covers")
        first = size
    if store.checkpoint_covering(newest.size) is not None:
        raise DamagedStore("store.checkpoint", f"checkpoint {newest.number}",
                           f"it is found by entry {newest.size}, which is not there")


def _compare_counts(store: Store, expected: dict[str, int]) -> None:
    """Each that is expected was found: there is none beside them, which nothing leads to yet."""
    found = store.counts()
    for name, count in expected.items():
        if found[name] != count:
            raise DamagedStore("store.count", name, f"there are {found[name]}, and the log comes "
                               f"to {count}")


def _compare_state(store: Store, anew: MemoryStore) -> None:
    stored, computed = dict(store.keys(b"")), dict(anew.keys(b""))
    for key in sorted(stored.keys() | computed.keys()):
        # by key as it is listed, and as it is found
        if not stored.get(key) == computed.get(key) == store.get(key):
            raise DamagedStore("store.state", f"state {state.describe(key)}",
                               "the stored value is not what the log comes to")
    if set(store.buckets()) != set(anew.buckets()):
        raise DamagedStore("store.bucket", "state tree", "a stored bucket is another")


def _compare_chains(store: Store, anew: MemoryStore, size: int) -> None:
    for item in anew.items():
        if store.events(item) != anew.events(item):
            raise DamagedStore("store.chain", f"chain of {item}",
                               "an event is not what the log comes to")
    for other in anew.linked():
        if list(store.linking(other)) != list(anew.linking(other)):
            raise DamagedStore("store.index", f"index of {other}",
                               "it does not name the events that link this")
    for entry in range(size):
        if list(store.happened(entry)) != list(anew.happened(entry)):
            raise DamagedStore("store.index", f"index of entry {entry}",
                               "it does not name the events that this brought")


def _check_cosignatures(store: Store, anew: MemoryStore, number: int) -> int:
    """How many there are."""
    checkpoint = _checkpoint(anew, number)
    held = store.cosignatures(number)
    for data in held:
        try:
            issuer = statement.parse(data).issuer
            key = identity.require_key(View(anew.get), issuer)
            opened = checkpoints.open_cosignature(data, checkpoint.ledger, key.public_key)
        except InvalidData as error:
            raise DamagedStore("store.cosignature", f"cosignature of checkpoint {number}",
                               f"it does not hold ({error})") from error
        if key.role != codes.ROLE_WITNESS or opened.app_hash != checkpoint.app_hash():
            raise DamagedStore("store.cosignature", f"cosignature of checkpoint {number}",
                               "it is no witness's, or for another checkpoint")
        if store.cosignature(number, issuer) != data or held.count(data) > 1:
            raise DamagedStore("store.cosignature", f"cosignature of checkpoint {number}",
                               "it stands there twice, or as another witness's")
    return len(held)
