"""What one record costs a gateway: reading its frame, its telemetry, against its signature."""

from collections.abc import Callable

from ledger_client.core import signature
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, record, telemetry
from ledger_client.wire.values import Clock
from tests.bench.harness import Benchmark, Measured, median_ns

LEDGER = bytes(range(32))
CLOCK = Clock(1_800_000_000_000, codes.SOURCE_HOLDOVER, 500, 1, 21_600_000)


def signed() -> tuple[bytes, bytes]:
    """(public key, a record with six hours of readings, one every five minutes)."""
    key = SoftwareSigner.generate(bytes)  # a key of zeros + 1: nothing here is secret
    readings = [(at * 300_000, 500 + at * 37 % 23) for at in range(72)]
    quantity = codes.QUANTITY_TEMPERATURE
    series = telemetry.encode_series(0, quantity, -2, CLOCK.elapsed_ms, readings)
    payload = record.content(1, 1, record.FIRST_PREV, CLOCK, codes.KIND_TELEMETRY, [series])
    made = key.sign(record.digest(key.kid, LEDGER, payload))
    return key.public_key, record.encode(key.kid, payload, made)


def _against_verification(call: Callable[[bytes], object]) -> Callable[[int], Measured]:
    def measure(rounds: int) -> Measured:
        public_key, data = signed()
        one = record.decode(data, LEDGER)

        def many() -> None:
            for _ in range(rounds):
                call(data)

        def verify() -> None:
            for _ in range(rounds):
                signature.verify(public_key, one.digest, one.signature)

        return Measured(median_ns(many) / rounds / 1000, median_ns(verify) / rounds / 1000)

    return measure


def _expand(data: bytes) -> object:
    one = record.decode(data, LEDGER)
    return telemetry.expand(telemetry.decode(one.body), one.clock)


BENCHMARKS = (
    Benchmark("record_decode_us", "us a record", "its signature verified by cryptography",
              (10, 2000), _against_verification(lambda data: record.decode(data, LEDGER))),
    Benchmark("record_expand_us", "us a record", "its signature verified by cryptography",
              (10, 2000), _against_verification(_expand)),
)
