"""Provisioning and status over the console of a real process."""

import stat
from collections.abc import Callable
from typing import Any

import pytest

from ledger_client.wire import codes, configuration, console, cose, event, session, telemetry
from tests.unit.firmware import bench
from tests.unit.firmware.bench import LEDGER, ROOT, START_MS
from tests.unit.firmware.conftest import Site

Start = Callable[[str], Site]
MINUTE_MS = 60_000


def test_identify_before_and_after(site: Start) -> None:
    one = site("scanner")
    product, board, version, public_key, ledger, epoch = one.device.ask(console.IDENTIFY)
    assert (product, board, ledger, epoch) == ("scanner", "coldseal-scanner-1", None, None)
    assert version.count(".") == 2
    assert len(public_key) == 64
    one.provision()
    assert one.device.ask(console.IDENTIFY)[3:] == [public_key, LEDGER, 1]


def test_proof_of_possession(site: Start) -> None:
    one = site("logger")
    proof = one.provision()
    kid, digest, signature, payload = session.open1(codes.PURPOSE_POSSESSION, LEDGER, proof)
    assert kid == cose.kid(one.public_key)
    assert bench.verifies(one.public_key, digest, signature)
    assert session.decode_possession(payload) \
        == (ROOT, codes.ROLE_DEVICE, cose.thumbprint(one.public_key), None)


def test_the_key_stays_and_is_private(site: Start) -> None:
    one = site("logger")
    one.provision()
    one.device.kill()
    for name in ("key", "provision", "epoch"):
        assert stat.S_IMODE((one.device.folder / name).stat().st_mode) == 0o600
    one.device.start()
    assert one.device.ask(console.IDENTIFY)[3] == one.public_key


GATEWAY = bench.HostKey(7).public_key
GOOD: list[Any] = [LEDGER, ROOT, codes.ROLE_DEVICE, bench.settings(1883), [GATEWAY], None]
REFUSED = [
    (0, LEDGER[:31], "provision.form"),
    (1, None, "provision.form"),
    (2, codes.ROLE_GATEWAY, "the role must be 3"),
    (3, b"\xa0", "configuration.form"),
    (3, None, "encoded bytes"),
    (3, bench.settings(1883, interval_ms=999), "at most every 1000 ms"),
    (4, [], "nothing is ever acknowledged"),
    (4, [GATEWAY] * 9, "1 to 8"),
    (4, [bytes(64)], "key.point"),
    (5, b"", "provision.form"),
]


@pytest.mark.parametrize(("place", "value", "text"), REFUSED)
def test_provision_refusals(site: Start, place: int, value: object, text: str) -> None:
    """Refused with the reason; the device stays unprovisioned and can be provisioned."""
    one = site("logger")
    arguments = [*GOOD[:place], value, *GOOD[place + 1:]]
    answer = one.device.answer(console.PROVISION, *arguments)
    assert answer[2] == console.ANSWER_ERROR
    assert text in answer[3]
    assert one.device.ask(console.IDENTIFY)[4] is None
    assert one.device.answer(console.PROVISION, *GOOD[:5])[2] == console.ANSWER_ERROR
    one.provision()


def test_a_key_belongs_to_one_ledger(site: Start) -> None:
    one = site("logger")
    one.provision()
    for place, value in ((0, bytes(32)), (1, bytes(32))):
        answer = one.device.answer(console.PROVISION, *GOOD[:place], value, *GOOD[place + 1:])
        assert answer[2] == console.ANSWER_ERROR
        assert "another ledger or owner" in answer[3]


def test_a_new_configuration_closes_the_record(site: Start) -> None:
    """Provisioned again for the same ledger: event 10, and work goes on by the new settings."""
    one = site("logger")
    one.provision()
    one.device.tell(f"{START_MS} start", f"{START_MS} sensor 0 5000",
                    f"{START_MS + 3 * MINUTE_MS} sensor 0 5000")
    one.device.until_shown(f"@{START_MS + 2 * MINUTE_MS} ")
    one.provision(interval_ms=2 * MINUTE_MS)
    one.device.tell(f"{START_MS + 9 * MINUTE_MS} end")
    assert one.device.end() == 0
    records = one.gateway.opened()
    assert [record.kind for record in records] == [3, 3, 1, 3, 1]
    assert event.decode(records[3].body)[0] == codes.EVENT_CONFIGURATION
    assert records[4].clock.elapsed_ms == 9 * MINUTE_MS


def test_status_and_close(site: Start) -> None:
    one = site("logger")
    assert "PROVISION first" in one.device.answer(console.STATUS)[3]
    assert "nothing is open" in one.device.answer(console.CLOSE)[3]
    one.provision()
    depth, cursor, next_seq, epoch, unix_ms, source, used, link = one.device.ask(console.STATUS)
    assert (depth, cursor, next_seq, epoch, unix_ms, source, used, link) \
        == (0, 1, 1, 1, None, 0, 0, 0)
    one.device.tell(f"{START_MS} start", f"{START_MS} sensor 0 5000",
                    f"{START_MS + MINUTE_MS} wait")
    one.device.until_shown("idle")
    assert one.device.ask(console.STATUS)[:6] == [0, 3, 3, 1, START_MS + MINUTE_MS, 1]
    assert one.device.ask(console.CLOSE) == []
    one.gateway.until(lambda: len(one.gateway.records) == 3)
    assert [record.kind for record in one.gateway.opened()] == [3, 3, 1]


def test_a_lost_ring_begins_a_new_epoch(site: Start) -> None:
    """The chip was swapped: what was signed before cannot be continued, so it is not."""
    one = site("logger")
    one.provision()
    one.device.tell(f"{START_MS} start", f"{START_MS} sensor 0 5000", f"{START_MS} end")
    assert one.device.end() == 0
    (one.device.folder / "flash.img").unlink()
    one.device.start()
    assert one.device.ask(console.IDENTIFY)[5] == 2
    one.device.tell(f"{START_MS + MINUTE_MS} start", f"{START_MS + MINUTE_MS} sensor 0 5000",
                    f"{START_MS + MINUTE_MS} end")
    assert one.device.end() == 0
    assert one.gateway.refused == []
    assert sorted(one.gateway.records) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    first = one.gateway.opened()[3]
    assert (first.prev, first.clock.timebase) == (bytes(32), 1)
    assert event.decode(first.body)[0] == codes.EVENT_BOOT


def damage(site: Site, data: bytes) -> None:
    """Change one bit inside `data` in the flash of a device that is off."""
    path = site.device.folder / "flash.img"
    image = bytearray(path.read_bytes())
    at = image.find(data)
    assert at > 0
    image[at + len(data) // 2] ^= 1
    path.write_bytes(image)


def test_a_damaged_record_is_a_gap(site: Start) -> None:
    """It is lost, and only it: the device does not wait for ever for its ack."""
    one = site("logger")
    one.provision(telemetry_age_ms=MINUTE_MS)
    one.gateway.acking = False
    one.device.tell(f"{START_MS} start", f"{START_MS} sensor 0 5000",
                    f"{START_MS + 9 * MINUTE_MS} sensor 0 5000")
    one.gateway.until(lambda: len(one.gateway.records) >= 8)
    one.device.kill()
    lost = one.gateway.records[1, 4]
    damage(one, lost)
    one.gateway.records.clear()
    one.gateway.acking = True
    one.device.start()
    one.device.tell(f"{START_MS + 10 * MINUTE_MS} start", f"{START_MS + 10 * MINUTE_MS} end")
    assert one.device.end() == 0
    seqs = [seq for _, seq in sorted(one.gateway.records)]
    assert seqs == [seq for seq in range(1, seqs[-1] + 1) if seq != 4]
    assert one.gateway.refused == []


def test_a_damaged_last_record_begins_a_new_epoch(site: Start) -> None:
    """It may have been sent, so its number is not used again; samples are not lost with it."""
    one = site("logger")
    one.provision(telemetry_age_ms=2 * MINUTE_MS)
    one.gateway.acking = False
    one.device.tell(f"{START_MS} start", f"{START_MS} sensor 0 5000",
                    f"{START_MS + 4 * MINUTE_MS} sensor 0 5000")
    one.gateway.until(lambda: len(one.gateway.records) == 3)
    one.device.until_shown(f"@{START_MS + 3 * MINUTE_MS} ")
    one.device.kill()
    damage(one, one.gateway.records[1, 3])
    one.gateway.records.clear()
    one.gateway.acking = True
    one.device.start()
    one.device.tell(f"{START_MS + 9 * MINUTE_MS} start", f"{START_MS + 9 * MINUTE_MS} end")
    assert one.device.end() == 0
    assert one.gateway.refused == []
    new = [record for record in one.gateway.opened() if record.epoch == 2]
    assert [(record.kind, record.clock.timebase) for record in new] \
        == [(3, 1), (1, 1), (3, 2), (3, 2)]
    assert new[0].prev == bytes(32)
    kept = telemetry.expand(telemetry.decode(new[1].body), new[1].clock)
    assert [reading.elapsed_ms // MINUTE_MS for reading in kept] == [0, 1, 2, 3]


def test_epoch_and_ring_lost_signs_nothing(site: Start) -> None:
    """Then no number is safe to use: the device says so and waits for a person."""
    one = site("logger")
    one.provision()
    one.device.kill()
    for name in ("flash.img", "epoch"):
        (one.device.folder / name).unlink()
    one.device.start()
    assert one.device.ask(console.IDENTIFY)[5] is None
    assert "both lost" in one.device.answer(console.STATUS)[3]


def test_damaged_and_unknown_requests_are_answered(site: Start) -> None:
    one = site("logger")
    assert "verb 9 is unknown" in one.device.answer(9)[3]
    process = one.device.process
    assert process is not None
    assert process.stdin is not None
    assert process.stdout is not None
    good = console.encode([1, 1, console.IDENTIFY])
    process.stdin.write(b"log text\n" + good[:-3] + b"A\n" + b"x" * 10_000 + b"\n")
    process.stdin.flush()
    answer = console.decode(process.stdout.readline())
    assert answer is not None
    assert answer[:3] == [1, 0, console.ANSWER_ERROR]
    assert one.device.ask(console.IDENTIFY)[0] == "logger"


def test_settings_of_the_bench_are_valid() -> None:
    assert configuration.decode(bench.settings(1883))["place"] == bench.PLACE
