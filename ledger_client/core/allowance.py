"""What an organisation may register in a day of ledger time: no member fills the others' disks.

What keeps a ledger in order, and costs little, is not counted: it must work on the worst day.
"""

from dataclasses import dataclass

from ledger_client.core import identity, parameters, state
from ledger_client.core.entry import Entry
from ledger_client.core.state import Stored
from ledger_client.errors import Refused

NOT_COUNTED = ("endorse", "propose", "rotate", "revoke")
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Spent(Stored):
    """Of the day that began `day` days after 1970, UTC."""

    day: int
    entries: int
    octets: int


def spend(entry: Entry, organisation: bytes, octets: int) -> None:
    """Count an entry of so many bytes, body included; Refused when the day's allowance is used."""
    if entry.statement.kind in NOT_COUNTED:
        return
    key, day = state.spent_key(organisation), entry.now_ms // DAY_MS
    before = entry.view.load(Spent, key)
    if before is None or before.day != day:
        before = Spent(day, 0, 0)
    after = Spent(day, before.entries + 1, before.octets + octets)
    allowed = identity.require_genesis(entry.view).parameters
    entries = parameters.value(allowed, parameters.ENTRIES_A_DAY)
    if after.entries > entries:
        raise Refused("S11", f"{entries} entries a day, and this is one more")
    most = parameters.value(allowed, parameters.BYTES_A_DAY)
    if after.octets > most:
        raise Refused("S11", f"{most} bytes a day, and this makes {after.octets}")
    entry.view.store(key, after)
