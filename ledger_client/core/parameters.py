"""What members set for their ledger, in genesis and by proposal; genesis may be silent on any."""

from ledger_client.wire import check
from ledger_client.wire.errors import WireError

MAJORITY_PERCENT = "majority_percent"  # more than this share of the members must endorse
ENTRIES_A_DAY, BYTES_A_DAY = "entries_a_day", "bytes_a_day"  # of one organisation
DEFAULTS = {MAJORITY_PERCENT: 50, ENTRIES_A_DAY: 1_000_000, BYTES_A_DAY: 1 << 30}
# Below half, two sides could decide the opposite; above 99, nobody could ever decide again.
_MAJORITY_LEAST, _MAJORITY_MOST = 50, 99


def checked(values: object, rule: str) -> dict[str, int]:
    """Names that these rules know, each with a number; WireError for any other."""
    if type(values) is not dict:
        raise WireError(rule, "parameters are a map")
    for name, value in values.items():
        if name not in DEFAULTS:
            raise WireError(rule, f"no parameter is called {name}; there are "
                            + ", ".join(sorted(DEFAULTS)))
        check.uint(value, rule)
    if not _MAJORITY_LEAST <= values.get(MAJORITY_PERCENT, _MAJORITY_LEAST) <= _MAJORITY_MOST:
        raise WireError(rule, f"{MAJORITY_PERCENT} is from {_MAJORITY_LEAST} to {_MAJORITY_MOST}")
    return values


def value(in_force: dict[str, int], name: str) -> int:
    return in_force.get(name, DEFAULTS[name])
