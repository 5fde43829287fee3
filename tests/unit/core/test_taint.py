"""Which records of a revoked device still count: by what the records after them vouch for."""

import hashlib
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ledger_client.core.device_chain import Registered
from ledger_client.core.taint import Place, tainted
from ledger_client.wire import codes

Rows = list[tuple[Registered, Place]]


def digest(epoch: int, seq: int) -> bytes:
    return hashlib.sha256(b"%d %d" % (epoch, seq)).digest()


def rows(entries: Sequence[tuple[int, int]], epoch: int = 1) -> Rows:
    """Records as (seq, entry)."""
    return [(Registered(digest(epoch, seq), entry, 0, codes.KIND_TELEMETRY), (epoch, seq))
            for seq, entry in entries]


def prev_of(held: Rows) -> dict[bytes, bytes]:
    """An honest chain: each names the one before it."""
    return {one.digest: digest(epoch, seq - 1) for one, (epoch, seq) in held}


def lost(held: Rows, since: int | None) -> list[int]:
    chain = prev_of(held)
    return sorted(place[1] for place in tainted(held, since, lambda one: chain[one.digest]))


def test_a_key_that_is_not_revoked_taints_nothing() -> None:
    assert lost(rows([(1, 5), (2, 6)]), None) == []


def test_from_the_first_tainted_entry_on() -> None:
    assert lost(rows([(1, 5), (2, 6), (3, 7)]), 6) == [2, 3]


def test_one_that_came_late_but_is_named_by_one_that_counts() -> None:
    assert lost(rows([(1, 5), (2, 9), (3, 6), (4, 8)]), 7) == [4]


def test_so_does_a_run_of_them() -> None:
    assert lost(rows([(1, 9), (2, 10), (3, 11), (4, 6)]), 7) == []


def test_a_record_that_is_missing_between_vouches_for_nothing() -> None:
    assert lost(rows([(1, 9), (3, 6)]), 7) == [1]


def test_another_epoch_vouches_for_nothing() -> None:
    held = [*rows([(1, 9)], epoch=1), *rows([(2, 6)], epoch=2)]
    assert lost(held, 7) == [1]


def test_one_that_names_another_vouches_for_nothing() -> None:
    held = rows([(1, 9), (2, 6)])
    assert tainted(held, 7, lambda one: bytes(32)) == {(1, 1)}
    assert tainted(held, 7, lambda one: None) == {(1, 1)}, "its body was pruned"


@given(st.lists(st.integers(0, 20), max_size=20), st.integers(0, 20))
def test_what_was_registered_before_always_counts(entries: list[int], since: int) -> None:
    held = rows(list(enumerate(entries, 1)))
    out = lost(held, since)
    assert all(entries[seq - 1] >= since for seq in out)
    assert out == list(range(len(entries) - len(out) + 1, len(entries) + 1)), "always an end of it"
