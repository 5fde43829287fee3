"""How much of the service one client may take."""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# A site's gateways may share an address; each asks a few times a minute, more after an outage.
ADDRESS_PER_S, ADDRESS_BURST = 50, 400
KEY_PER_S, KEY_BURST = 50, 400
BUCKETS = 4096  # callers remembered; the one unseen for longest is forgotten
NONCES = 65_536  # ten keys at their full rate for a whole window; none is ever forgotten early
FOLLOWERS = 64  # long polls that wait at once; each holds a connection
CONNECTIONS = 256  # that are answered; a request on one more is told to come back (503)
ADDRESS_CONNECTIONS = 64  # a quarter; a site's gateways hold one each
SOCKETS = 2 * CONNECTIONS  # with those that agree on TLS; half the files a process may open
HEAD_S = 15  # to receive a request's head, from the connection or its first byte on
EXCHANGE_S = 120  # from head to answer taken: body, long poll, and 2 MB at 30 kB/s
WAITING_SUBMISSIONS = 128  # of SUBMISSION_BYTES each: 33 MB at worst
GROUP_SUBMISSIONS = 64  # in one batch; more only adds latency
BODY_BYTES = 1024  # of a request that needs none
BODY_S = 20  # to receive a body: a slow line sends a block of 192 KiB in that
FOLLOW_WAIT_S = 25  # a long poll: below the half minute after which middle boxes cut lines
STATE_KEY_BYTES = 512
LOG_ENTRIES, LOG_BYTES = 256, 1024 * 1024  # a page of the log; one entry always goes
QUESTIONERS = 2  # threads for questions, which gateways never wait for
QUERY_ROWS = 200_000  # of the ledger, looked at for a question: some 10 s
QUERY_ITEMS = 20_000  # of an answer, as many as a pallet holds: about 6 MB
CHAIN_EVENTS = 10_000  # about 2 MB; a longer chain is asked for from a number on
GRACE_S = 10  # after SIGTERM for what is under way
KEEP_ALIVE_S = 75  # a gateway asks at least twice a minute


@dataclass(frozen=True)
class Limits:
    """Rates: requests a second, and how many at once after a pause."""

    address_per_s: int = ADDRESS_PER_S
    address_burst: int = ADDRESS_BURST
    key_per_s: int = KEY_PER_S
    key_burst: int = KEY_BURST


class TokenBuckets:
    """One token bucket a caller; safe for several threads."""

    def __init__(self, per_s: int, burst: int, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._per_s = per_s
        self._full = burst * 1000  # thousandths: a rate a second is one a millisecond
        self._held: OrderedDict[object, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: object) -> int:
        """Seconds to wait; 0: go on."""
        now_ms = self._now_ms()
        with self._lock:
            held, at_ms = self._held.pop(caller, (self._full, now_ms))
            held = min(self._full, held + max(0, now_ms - at_ms) * self._per_s)
            missing = max(0, 1000 - held)
            self._held[caller] = (held if missing else held - 1000), now_ms
            if len(self._held) > BUCKETS:
                self._held.popitem(last=False)
            return -(-missing // (1000 * self._per_s))


class NonceCache:
    """Nonces that were used and whose signatures have not expired; safe for several threads."""

    def __init__(self, now_s: Callable[[], int], limit: int = NONCES) -> None:
        self._now_s = now_s
        self._limit = limit
        self._expires_s: dict[tuple[bytes, str], int] = {}
        self._lock = threading.Lock()

    def used(self, thumbprint: bytes, nonce: str) -> bool:
        """Whether it was; keeps nothing."""
        with self._lock:
            return (thumbprint, nonce) in self._expires_s

    def fresh(self, thumbprint: bytes, nonce: str, expires_s: int) -> bool | None:
        """True once for a nonce, then False; None: there is no room to remember it."""
        now_s = self._now_s()
        with self._lock:
            while self._expires_s and next(iter(self._expires_s.values())) < now_s:
                del self._expires_s[next(iter(self._expires_s))]
            if (thumbprint, nonce) in self._expires_s:
                return False
            if len(self._expires_s) >= self._limit:
                return None
            self._expires_s[thumbprint, nonce] = expires_s
            return True


def caller_of(address: str) -> str:
    """Whom an address counts for: itself, or its /64 (what one IPv6 customer has)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:  # as a socket that listens on :: names it
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
