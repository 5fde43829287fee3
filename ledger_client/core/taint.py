"""Which records of a revoked device are evidence no more (revocation, and what a thief can sign).

A record counts when it was registered before the first tainted entry, or when a record that counts
names it as the one before: then it existed before, whoever has the key now.
"""

from collections.abc import Callable, Sequence

from ledger_client.core.device_chain import Registered

RULE = "R4"  # of a record that is registered when its key is revoked or its owner expelled
Place = tuple[int, int]  # (epoch, seq)
PrevOf = Callable[[Registered], bytes | None]  # None: the record is not at hand


def tainted(rows: Sequence[tuple[Registered, Place]], first_tainted: int | None,
            prev_of: PrevOf) -> frozenset[Place]:
    """Places of the records of one device, given in order, that do not count."""
    if first_tainted is None:
        return frozenset()
    found: set[Place] = set()
    after: tuple[Registered, Place] | None = None
    for held, place in reversed(rows):
        if held.entry >= first_tainted and not _vouched(held, place, after, found, prev_of):
            found.add(place)
        after = held, place
    return frozenset(found)


def _vouched(held: Registered, place: Place, after: tuple[Registered, Place] | None,
             found: set[Place], prev_of: PrevOf) -> bool:
    if after is None:
        return False
    follower, at = after
    return at == (place[0], place[1] + 1) and at not in found and \
        prev_of(follower) == held.digest
