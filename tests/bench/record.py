"""What one record costs a gateway: reading its frame, its telemetry and its signature."""

from collections.abc import Callable
from time import perf_counter_ns

from ledger_client.core import signature
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, record, telemetry
from ledger_client.wire.values import Clock

LEDGER = bytes(range(32))
CLOCK = Clock(1_800_000_000_000, codes.SOURCE_HOLDOVER, 500, 1, 21_600_000)
ROUNDS = 2000


def signed() -> tuple[bytes, bytes]:
    """(public key, a record with six hours of readings, one every five minutes)."""
    key = SoftwareSigner.generate(bytes)  # a key of zeros + 1: nothing here is secret
    readings = [(at * 300_000, 500 + at * 37 % 23) for at in range(72)]
    quantity = codes.QUANTITY_TEMPERATURE
    series = telemetry.encode_series(0, quantity, -2, CLOCK.elapsed_ms, readings)
    payload = record.content(1, 1, record.FIRST_PREV, CLOCK, codes.KIND_TELEMETRY, [series])
    made = key.sign(record.digest(key.kid, LEDGER, payload))
    return key.public_key, record.encode(key.kid, payload, made)


def per_call_ns(call: Callable[[], object]) -> int:
    start = perf_counter_ns()
    for _ in range(ROUNDS):
        call()
    return (perf_counter_ns() - start) // ROUNDS


def main() -> None:
    """Microseconds a record, each the mean of ROUNDS calls."""
    public_key, data = signed()
    one = record.decode(data, LEDGER)
    for name, call in (
        ("decode the frame", lambda: record.decode(data, LEDGER)),
        ("expand the readings", lambda: telemetry.expand(telemetry.decode(one.body), one.clock)),
        ("verify the signature", lambda: signature.verify(public_key, one.digest, one.signature)),
    ):
        print(f"  {name:22} {per_call_ns(call) / 1000:8.1f} us of a record of {len(data)} bytes")


if __name__ == "__main__":
    main()
