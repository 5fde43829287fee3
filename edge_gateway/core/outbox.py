"""When to try the ledger again: for ever, with doubling pauses and jitter."""

FIRST_PAUSE_MS = 500
PAUSE_MAX_MS = 60_000  # an outage ends unnoticed for at most this long


def pause_ms(failures: int, jitter: float) -> int:
    """Pause after `failures` failures in a row; `jitter` in 0..1 spreads gateways apart."""
    longest = min(FIRST_PAUSE_MS << min(failures - 1, 16), PAUSE_MAX_MS)
    return int(longest * (0.5 + jitter / 2))
