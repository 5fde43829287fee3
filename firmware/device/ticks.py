"""Monotonic milliseconds of 30 bits that wrap, as on the ESP32 (every 12.4 days)."""

PERIOD_MS = 1 << 30
SPAN_MS = PERIOD_MS >> 1  # nothing longer than this can be told from its opposite


def since(start: int, now: int) -> int:
    """Milliseconds from `start` to `now`, below SPAN_MS apart."""
    return now - start & PERIOD_MS - 1


def reached(deadline: int, now: int) -> bool:
    return since(deadline, now) < SPAN_MS
