"""Rates and nonces: pure, in a time of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_client.service.limits import BUCKETS, NonceCache, TokenBuckets, caller_of


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_a_burst_then_the_rate() -> None:
    time = Time()
    buckets = TokenBuckets(2, 5, time)
    assert [buckets.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    assert buckets.take("b") == 0  # another caller
    time.now = 499
    assert buckets.take("a") == 1
    time.now = 500
    assert [buckets.take("a"), buckets.take("a")] == [0, 1]
    time.now = 10 ** 9
    assert [buckets.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 1]  # never more than a burst


def test_a_slow_rate_says_how_long_to_wait() -> None:
    time = Time()
    buckets = TokenBuckets(1, 1, time)
    assert (buckets.take("a"), buckets.take("a")) == (0, 1)


@given(st.lists(st.integers(0, 3000), max_size=60), st.integers(1, 5), st.integers(1, 9))
def test_never_more_than_burst_and_rate(pauses_ms: list[int], per_s: int, burst: int) -> None:
    time = Time()
    buckets = TokenBuckets(per_s, burst, time)
    taken = 0
    for pause_ms in pauses_ms:
        time.now += pause_ms
        taken += buckets.take("a") == 0
        assert taken <= burst + per_s * time.now // 1000


def test_callers_are_remembered_up_to_a_limit() -> None:
    buckets = TokenBuckets(1, 1, Time())
    assert buckets.take(-1) == 0
    for caller in range(BUCKETS - 1):
        buckets.take(caller)
    assert buckets.take(-1) == 1  # still known, and now the newest
    buckets.take(BUCKETS)
    assert buckets.take(-1) == 1
    assert buckets.take(0) == 0  # the one unseen for longest was forgotten


@pytest.mark.parametrize(("address", "caller"), [
    ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("::ffff:192.0.2.1", "192.0.2.1"),
    ("", ""), ("testclient", "testclient")])
def test_an_ipv6_customer_is_one_caller(address: str, caller: str) -> None:
    assert caller_of(address) == caller


def test_a_nonce_is_good_once() -> None:
    time = Time()
    nonces = NonceCache(time)
    assert nonces.fresh(b"key", "n", 60) is True
    assert nonces.fresh(b"key", "n", 60) is False
    assert nonces.fresh(b"other", "n", 60) is True
    time.now = 60
    assert nonces.fresh(b"key", "n", 60) is False
    time.now = 61  # its signature has expired: nobody can use it any more
    assert nonces.fresh(b"key", "n", 120) is True


def test_a_full_cache_forgets_nothing_early() -> None:
    time = Time()
    nonces = NonceCache(time, limit=2)
    assert [nonces.fresh(b"key", text, 60) for text in "abc"] == [True, True, None]
    assert nonces.fresh(b"key", "a", 60) is False
    time.now = 61
    assert nonces.fresh(b"key", "c", 120) is True
