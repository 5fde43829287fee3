"""Chains of records: links, gaps, forks, clones, revoked keys, and what a block may hold beside."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger_client.core import device_chain, identity
from ledger_client.core.device_chain import Head
from ledger_client.core.judgement import APPROVED, CLEAR_FORK, REJECTED
from ledger_client.node.embedded import Registered
from ledger_client.wire import cbor, codes, record
from ledger_client.wire.values import Clock
from tests.circle import DAY_MS, MAKER, PHARMACY, Circle, Said
from tests.world import Device, Gateway, pack, pack_symbol

FAR = (1 << 53) - 1  # the largest number that the encoding has


@pytest.fixture
def circle() -> Circle:
    return Circle().found()


@pytest.fixture
def device(circle: Circle) -> Device:
    return circle.device("logger 1", circle.keys[MAKER], "https://id.gs1.org/8004/9506000134L7")


def measured(device: Device, count: int) -> list[bytes]:
    return [device.measure([500 + at]) for at in range(count)]


def head(circle: Circle, device: Device, epoch: int = 1) -> Head:
    return device_chain.head(circle.engine.view(), circle.thumbprint(device), epoch)


def rules(said: list[Said]) -> list[str]:
    return [rule for one in said for rule in one.rules]


def at_seq(device: Device, seq: int, prev: bytes = b"p" * 32) -> bytes:
    """A record with any seq."""
    device.seq, device.prev = seq - 1, prev
    return device.measure([500])


def revoke(circle: Circle, device: Device, since: object) -> Registered:
    return circle.register(circle.state(
        "revoke", circle.maker[0], identity.statement_subject(device.signer.public_key),
        [1, device.signer.kid, since, 1]))[0]


class TestOrder:
    def test_records_in_order_leave_no_trace_but_the_head(self, circle: Circle,
                                                          device: Device) -> None:
        assert rules(circle.seal(*measured(device, 5))) == []
        assert head(circle, device) == Head(5, device.prev, [], 0, [], 0, [], 0)

    def test_a_gap_is_remembered_until_it_is_filled(self, circle: Circle, device: Device) -> None:
        one = measured(device, 5)
        circle.seal(one[0], one[4])
        found = head(circle, device)
        assert (found.gaps, found.contiguous(), len(found.pending)) == ([[2, 4]], 1, 1)
        circle.seal(one[2])
        assert head(circle, device).gaps == [[2, 2], [4, 4]]
        assert rules(circle.seal(one[1], one[3])) == []
        assert head(circle, device) == Head(5, device.prev, [], 0, [], 0, [], 0)

    @pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0), (2, 0, 1)])
    def test_every_order_comes_to_the_same_head(self, circle: Circle, device: Device,
                                                order: tuple[int, ...]) -> None:
        one = measured(device, 3)
        assert [rule for at in order for rule in rules(circle.seal(one[at]))] == []
        assert head(circle, device) == Head(3, device.prev, [], 0, [], 0, [], 0)

    def test_gaps_beyond_the_limit_are_counted(self, circle: Circle, device: Device) -> None:
        for at in range(1, codes.GAPS + 1):
            circle.seal(at_seq(device, 2 * at))
        assert (len(head(circle, device).gaps), head(circle, device).gaps_more) == (codes.GAPS, 0)
        circle.seal(at_seq(device, 2 * codes.GAPS + 2))
        assert (len(head(circle, device).gaps), head(circle, device).gaps_more) == (codes.GAPS, 1)

    def test_a_gap_that_is_filled_in_its_middle_keeps_the_limit(self, circle: Circle,
                                                                device: Device) -> None:
        for at in range(1, codes.GAPS + 1):
            circle.seal(at_seq(device, 10 * at))
        for at in range(codes.GAPS):
            circle.seal(at_seq(device, 10 * at + 5))
        found = head(circle, device)
        assert (len(found.gaps), found.gaps_more) == (codes.GAPS, codes.GAPS // 2)
        assert found.contiguous() == 0

    def test_pending_links_beyond_the_limit_are_counted(self, circle: Circle,
                                                        device: Device) -> None:
        records = [at_seq(device, 2 * at) for at in range(1, codes.PENDING_LINKS + 2)]
        for at in range(0, len(records), 64):
            circle.seal(*records[at:at + 64])
        found = head(circle, device)
        assert (len(found.pending), found.pending_more) == (codes.PENDING_LINKS, 1)


class TestLinks:
    def test_prev_must_be_the_record_before(self, circle: Circle, device: Device) -> None:
        circle.seal(*measured(device, 2))
        device.prev = b"x" * 32
        said = circle.seal(device.measure([1]))
        assert rules(said) == ["R6"]

    def test_the_first_record_has_no_record_before(self, circle: Circle, device: Device) -> None:
        assert rules(circle.seal(at_seq(device, 1, b"x" * 32))) == ["R6"]

    def test_a_late_record_is_compared_with_the_one_after_it(self, circle: Circle,
                                                             device: Device) -> None:
        one, _, three = measured(device, 3)
        circle.seal(one, three)
        forged = at_seq(device, 2, record.decode(three, circle.ledger).prev)
        assert rules(circle.seal(forged)) == ["R6", "R6"]  # with the one before, and the one after

    def test_the_same_record_again_is_nothing(self, circle: Circle, device: Device) -> None:
        """I10: through any gateway, and its signature is not looked at again."""
        one = device.measure([1])
        circle.seal(one)
        before = dict(circle.store.keys(b"head/")) | dict(circle.store.keys(b"record/"))
        other = Gateway(circle.ledger, circle.enrol(codes.ROLE_GATEWAY, "other",
                                                    circle.keys[PHARMACY], [False]))
        broken = one[:-1] + bytes([one[-1] ^ 1])
        circle.register(other.seal([one, broken], circle.now_ms))
        assert dict(circle.store.keys(b"head/")) | dict(circle.store.keys(b"record/")) == before
        assert circle.rules_found() == []


class TestForks:
    def fork(self, circle: Circle, device: Device, count: int) -> list[Said]:
        """Records that were registered, and others in their places."""
        twin = replace(device)
        said = circle.seal(*measured(device, count))
        twin.now_ms += 1
        return [*said, *circle.seal(*[twin.measure([at]) for at in range(count)])]

    def test_the_first_registered_wins_and_the_other_is_kept(self, circle: Circle,
                                                            device: Device) -> None:
        said = self.fork(circle, device, 1)
        assert rules(said) == ["R5"]
        found = head(circle, device)
        assert (found.digest, len(found.forks), found.forks_more) == (device.prev, 1, 0)
        assert device_chain.device(circle.engine.view(), circle.thumbprint(device)).forked

    def test_a_fork_has_no_effect(self, circle: Circle) -> None:
        scanner = circle.scanners[MAKER]
        twin = replace(scanner)
        circle.done(MAKER, codes.ACTION_COMMISSION, pack("S1"))
        said = circle.seal(twin.scan(codes.ACTION_COMMISSION, [pack_symbol("S2")]))
        assert (rules(said), said[0].effective) == (["R5"], False)

    def test_the_same_fork_again_is_nothing(self, circle: Circle, device: Device) -> None:
        twin = replace(device)
        twin.now_ms += 1
        circle.seal(device.measure([1]))
        other = twin.measure([1])
        assert rules(circle.seal(other)) == ["R5"]
        assert rules(circle.seal(other)) == []

    def test_forks_beyond_the_limit_are_counted(self, circle: Circle, device: Device) -> None:
        self.fork(circle, device, codes.FORKS + 1)
        found = head(circle, device)
        assert (len(found.forks), found.forks_more) == (codes.FORKS, 1)

    def test_the_owner_clears_the_device(self, circle: Circle, device: Device) -> None:
        said = self.fork(circle, device, 2)[2:]
        owner = circle.person(MAKER, "quality assurance")
        stranger = circle.person(PHARMACY, "quality assurance")
        view = circle.engine.view
        assert circle.judge(stranger, said[0].about("R5"), CLEAR_FORK) == "J2"
        assert circle.judge(owner, said[0].about("R5"), CLEAR_FORK, REJECTED) is None
        assert device_chain.device(view(), circle.thumbprint(device)).forked
        assert circle.judge(owner, said[1].about("R5"), CLEAR_FORK, APPROVED) is None
        assert not device_chain.device(view(), circle.thumbprint(device)).forked
        assert len(head(circle, device).forks) == 2  # the evidence stays


class TestEpochs:
    def test_each_epoch_has_its_chain(self, circle: Circle, device: Device) -> None:
        circle.seal(*measured(device, 2))
        device.epoch, device.seq, device.prev = 2, 0, record.FIRST_PREV
        assert rules(circle.seal(*measured(device, 3))) == []
        assert (head(circle, device, 1).seq, head(circle, device, 2).seq) == (2, 3)

    def test_an_older_epoch_after_a_newer_one_is_a_clone(self, circle: Circle,
                                                         device: Device) -> None:
        twin = replace(device, epoch=2)
        circle.seal(twin.measure([1]))
        said = circle.seal(device.measure([1]))
        assert rules(said) == ["R7"]
        found = device_chain.device(circle.engine.view(), circle.thumbprint(device))
        assert found.epoch == 2

    def test_the_time_by_which_it_made_a_record(self, circle: Circle, device: Device) -> None:
        """Never earlier again, at most ledger time, and nothing from a tainted record."""
        def made_ms() -> int | None:
            return device_chain.device(circle.engine.view(), circle.thumbprint(device)).made_ms

        assert made_ms() is None
        device.source = codes.SOURCE_NONE
        circle.seal(device.measure([1]))
        assert made_ms() is None
        device.source = codes.SOURCE_SNTP
        late = device.measure([1])
        circle.wait(DAY_MS)
        device.now_ms = circle.now_ms
        circle.seal(device.measure([1]))
        circle.seal(late)
        assert made_ms() == device.now_ms - 1000
        device.now_ms = circle.now_ms + DAY_MS
        circle.seal(device.measure([1]))
        assert made_ms() == circle.now_ms
        circle.wait(2 * DAY_MS)
        revoke(circle, device, circle.now_ms)
        device.now_ms = circle.now_ms
        assert rules(circle.seal(device.measure([1]))) == ["R4"]
        assert made_ms() == circle.now_ms - 2 * DAY_MS

    def test_numbers_may_be_as_large_as_the_encoding_has_them(self, circle: Circle,
                                                              device: Device) -> None:
        device.epoch = FAR
        circle.seal(at_seq(device, FAR - 1))
        assert rules(circle.seal(at_seq(device, FAR, device.prev))) == []
        assert head(circle, device, FAR).gaps == [[1, FAR - 2]]


class TestRevokedKeys:
    def test_what_a_later_record_names_as_its_prev_existed_before(self, circle: Circle,
                                                                 device: Device) -> None:
        one, two, three = measured(device, 3)
        circle.seal(one, three)
        revoke(circle, device, circle.now_ms + 1)
        assert rules(circle.seal(two)) == []
        assert rules(circle.seal(device.measure([1]))) == ["R4"]

    def test_a_tainted_record_vouches_for_no_other(self, circle: Circle, device: Device) -> None:
        """Whoever has the key could make both."""
        circle.seal(*measured(device, 1))
        revoke(circle, device, circle.now_ms + 1)
        two, three = measured(device, 2)
        assert rules(circle.seal(three)) == ["R4"]
        assert rules(circle.seal(two)) == ["R4"]

    def test_scans_of_a_revoked_key_have_no_effect(self, circle: Circle) -> None:
        revoke(circle, circle.scanners[MAKER], circle.now_ms + 1)
        circle.denied("R4", MAKER, codes.ACTION_COMMISSION, pack("S1"))

    def test_an_old_record_of_a_revoked_scanner_sets_free_what_waits_for_it(
            self, circle: Circle) -> None:
        scanner = circle.scanners[MAKER]
        boot, first, second = scanner.boot(), *[
            circle.record(MAKER, codes.ACTION_COMMISSION, [pack(name)]) for name in ("S1", "S2")]
        circle.seal(boot, second)
        revoke(circle, scanner, circle.now_ms + 1)
        (said,) = circle.seal(first)
        assert (said.rules, circle.status(pack("S1")), circle.status(pack("S2"))) == \
            ([], "active", "active")

    def test_a_tainted_record_fills_the_gap_that_others_wait_for(self, circle: Circle) -> None:
        scanner = circle.scanners[MAKER]
        boot, _, third = [scanner.boot() for _ in range(3)]
        last = circle.record(MAKER, codes.ACTION_COMMISSION, [pack("S1")])
        circle.seal(boot, third, last)
        revoke(circle, scanner, circle.now_ms + 1)
        twin = replace(scanner, seq=1, prev=b"x" * 32)
        assert rules(circle.seal(twin.boot())) == ["R6", "R6", "R4"]  # links, and the key
        assert circle.status(pack("S1")) == "active"

    def test_a_device_of_an_expelled_member_is_not_in_standing(self, circle: Circle) -> None:
        waiting = circle.record(PHARMACY, codes.ACTION_CHECK, [pack("S1")])
        circle.expel(PHARMACY)
        (said,) = circle.seal(waiting)
        assert (said.rules, said.effective) == (["R4"], False)


class TestFrames:
    """What a gateway should not have sealed, or a device not have signed."""

    def test_no_frame(self, circle: Circle) -> None:
        for broken in (b"", b"\x00", cbor.encode([1, 2]), bytes(8192)):
            assert rules(circle.seal(broken)) == ["R1"]

    def test_no_device(self, circle: Circle, device: Device) -> None:
        stranger = Device("stranger", circle.ledger, circle.ledger_signer)
        for by in (stranger, replace(device, signer=circle.gateway.signer)):
            assert rules(circle.seal(by.measure([1]))) == ["R2"]

    def test_a_bad_signature(self, circle: Circle, device: Device) -> None:
        one = device.measure([1])
        assert rules(circle.seal(one[:-1] + bytes([one[-1] ^ 1]))) == ["R3"]
        assert rules(circle.seal(one)) == []  # its place was not taken

    def test_a_record_for_another_ledger(self, circle: Circle, device: Device) -> None:
        assert rules(circle.seal(replace(device, ledger=bytes(32)).measure([1]))) == ["R3"]

    def test_an_unknown_version_or_kind_keeps_its_place(self, circle: Circle,
                                                        device: Device) -> None:
        assert rules(circle.seal(device.sign(9, []))) == ["R10"]
        assert rules(circle.seal(device.sign(FAR, []))) == ["R10"]
        assert head(circle, device).seq == 2

    @pytest.mark.parametrize(("kind", "body"), [
        (codes.KIND_TELEMETRY, []), (codes.KIND_TELEMETRY, [[1, 1, 7, [], b""]]),
        (codes.KIND_EVENT, [99]), (codes.KIND_SCAN, {}), (codes.KIND_SCAN, [1, [], *[None] * 7]),
        (codes.KIND_SCAN, [1, [["]d2", b"x" * 257]], *[None] * 6, 0])])
    def test_a_broken_body_keeps_its_place(self, circle: Circle, device: Device, kind: int,
                                           body: object) -> None:
        assert rules(circle.seal(device.sign(kind, body))) == ["R11"]
        assert head(circle, device).seq == 1


CLOCKS: list[tuple[str, Callable[[int], Clock]]] = [
    ("R8", lambda now: Clock(now, 9, 1000, 1, 5)),
    ("R8", lambda now: Clock(now, 0, 1000, 1, 5)),
    ("R8", lambda now: Clock(None, 2, None, 1, 5)),
    ("R8", lambda now: Clock(now, 2, 1000, 0, 5)),
    ("R9", lambda now: Clock(now + 1001, 2, 1000, 1, 5)),
    ("R9", lambda now: Clock(FAR, 2, 0, 1, FAR)),
]


class TestClocks:
    @pytest.mark.parametrize(("rule", "clock"), CLOCKS)
    def test_a_clock_that_cannot_be_right_is_found(self, circle: Circle, rule: str,
                                                   clock: Callable[[int], Clock]) -> None:
        scanner = Wound(**vars(circle.scanners[MAKER]), wrong=clock(circle.now_ms))
        (said,) = circle.seal(scanner.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")]))
        assert said.rules == [rule]
        since_ms = circle.item(pack("S1")).since_ms
        assert since_ms == (None if rule == "R8" else circle.now_ms)

    def test_a_clock_ahead_by_its_error_is_right(self, circle: Circle) -> None:
        scanner = Wound(**vars(circle.scanners[MAKER]),
                        wrong=Clock(circle.now_ms + 1000, 2, 1000, 1, 5))
        assert rules(circle.seal(scanner.boot())) == []

    @pytest.mark.parametrize("clock", [Clock(FAR, 2, 0, 1, 5), Clock(0, 2, FAR, 1, 5)])
    def test_a_wrong_clock_stops_nobody_else(self, circle: Circle, clock: Clock) -> None:
        """A scan is late only against what the ledger itself can bound."""
        scanner = Wound(**vars(circle.scanners[MAKER]), wrong=clock)
        circle.seal(scanner.scan(codes.ACTION_COMMISSION, [pack_symbol("S1")]))
        circle.scanners[MAKER].seq, circle.scanners[MAKER].prev = scanner.seq, scanner.prev
        circle.wait(1001)
        circle.done(MAKER, codes.ACTION_PUT_AWAY, pack("S1"))


class Wound(Device):
    """A device whose clock shows anything."""

    def __init__(self, wrong: Clock, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.wrong = wrong

    def clock(self) -> Clock:
        return self.wrong
