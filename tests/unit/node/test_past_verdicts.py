"""A later checkpoint's verdict supersedes the earlier; either can be recomputed, and why they
differ is said.  All through the real rules: what a ledger answered then is what it says of then."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from ledger_client import profiles
from ledger_client.core import answer, identity, verdict_difference
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.answer import StorageAnswer
from ledger_client.core.exposure import REVOKED
from ledger_client.errors import InvalidData, UsageError
from ledger_client.node import past
from ledger_client.node.past import PastSource
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes
from tests.shift import HOUR_MS, PACKS, Shift, begin
from tests.world import (
    CRATE,
    GTIN,
    LOGGER_GIAI,
    OTHER_CRATE,
    START_MS,
    Device,
    World,
    label,
    pack,
)

OTHER_GIAI = "https://id.gs1.org/8004/9506000134L2"
STEP_MS = 300_000
HOUR = 12  # readings
PACK = pack(PACKS[0])
PROFILE = "refrigerated-2-8"


@dataclass
class Story:
    """A packed crate with a logger; `then` is what the ledger answered at each checkpoint."""

    world: World = field(default_factory=lambda: World().found())
    then: list[tuple[int, StorageAnswer]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shift: Shift = begin(self.world)
        self.second: Device = self.world.device("second logger", self.world.maker, OTHER_GIAI)
        self.tell(profile=uncalibrated())
        self.say(self.shift.logger.boot(), *self.shift.commissioned(), *self.shift.packed())

    def tell(self, profile: dict[str, object]) -> None:
        """The product, and the profile it needs."""
        self.register("profile", f"profile/{PROFILE}", None, profile)
        self.register("product", f"https://id.gs1.org/01/{GTIN}", None,
                      {"name": "Coldvax", "profile": PROFILE})

    def register(self, kind: str, subject: str, replaces: bytes | None,
                 body: dict[str, object]) -> bytes:
        """Its entry hash."""
        (registered,) = self.world.register(
            self.world.state(kind, self.world.maker[1], subject, [1, replaces, body]))
        self.remember()
        return registered.entry_hash

    def say(self, *records: bytes) -> None:
        self.world.now_ms += 1
        self.world.block(*records)
        self.remember()

    def measure(self, *values: int) -> bytes:
        """Readings of the logger, five minutes apart, the last one now."""
        return self.shift.logger.measure(values, STEP_MS)

    def wait(self, hours: int) -> None:
        self.shift.wait(hours * HOUR_MS)
        self.second.now_ms += hours * HOUR_MS
        self.world.now_ms += hours * HOUR_MS

    def remember(self) -> None:
        """What is answered now, once the pack has been commissioned."""
        engine = self.world.engine
        checkpoint = engine.checkpoint()
        assert checkpoint is not None
        if LedgerSource(engine).chain(PACK):
            self.then.append((checkpoint.number, answer.storage_answer(
                LedgerSource(engine), engine.view(), PACK, checkpoint.time_ms)))

    def of(self, entry: int) -> StorageAnswer:
        """What is said now of the checkpoint that covers an entry."""
        checkpoint = past.checkpoint_of(self.world.engine, entry)
        source = PastSource(self.world.engine, checkpoint)
        return answer.storage_answer(source, source.view, PACK, checkpoint.time_ms)

    def check(self) -> None:
        """Of every checkpoint the same is said as was then."""
        for number, then in self.then:
            signed = self.world.store.checkpoint(number)
            assert signed is not None
            checkpoint = checkpoints.decode(signed.checkpoint)
            assert self.of(checkpoint.size - 1) == then, f"checkpoint {number}"

    def outcomes(self) -> list[str]:
        """Each once, in order."""
        found = [one.verdict.outcome for _, one in self.then]
        return [one for number, one in enumerate(found) if number == 0 or found[number - 1] != one]

    def why(self, before: int = -2, after: int = -1) -> str:
        """The words between two of the answers remembered."""
        found = verdict_difference.difference(self.then[before][1], self.then[after][1])
        print("\n".join(verdict_difference.words(found)), "\n")
        if found.steps:
            assert found.steps[-1].outcome == self.then[after][1].verdict.outcome
        return "\n".join(verdict_difference.words(found))


def uncalibrated(**changes: object) -> dict[str, object]:
    """2 to 8 degC, any reading outside holds; no certificate is asked for."""
    return {**profiles.load(PROFILE), "calibration_required": False, **changes}


def test_late_data() -> None:
    """The gateway that had a day of telemetry comes back: what was unknown turns out good."""
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    assert story.outcomes() == ["hold", "release"]
    story.wait(2)
    late = story.measure(*[510] * (2 * HOUR + 1))
    story.wait(1)
    following = story.measure(*[520] * (HOUR + 1))
    story.say(following)  # the record before it is missing
    assert story.then[-1][1].verdict.outcome == "hold"
    assert story.then[-1][1].verdict.gaps
    story.say(late)
    assert story.outcomes() == ["hold", "release", "hold", "release"]
    story.check()
    text = story.why()
    assert f"25 readings of logger {LOGGER_GIAI}" in text
    assert ": measured before then, registered after." in text
    assert "With that it is RELEASE." in text


def test_late_data_may_be_bad() -> None:
    story = Story()
    story.wait(2)
    late = story.measure(*[900] * (HOUR + 1))
    story.say(story.shift.maker.scan(codes.ACTION_CHECK, [label(CRATE)]))
    assert not story.then[-1][1].verdict.excursions
    story.say(late)
    (stay,) = story.then[-1][1].verdict.excursions
    assert stay.extreme_cdeg == 900
    story.check()
    assert "13 readings" in story.why()


def test_loggers_that_disagree_and_the_second_comes_late() -> None:
    story = Story()
    story.say(story.second.boot(), story.shift.maker.scan(
        codes.ACTION_ATTACH, [label(OTHER_GIAI)], parent=label(CRATE)))
    story.wait(2)
    story.say(story.measure(*[500] * (2 * HOUR + 1)))
    assert story.then[-1][1].verdict.outcome == "release"
    story.say(story.second.measure([500] * HOUR + [950] * (HOUR + 1), STEP_MS))
    after = story.then[-1][1].verdict
    assert after.outcome == "hold"
    assert {(one.outside, one.inside) for one in after.disagreements} == {(OTHER_GIAI, LOGGER_GIAI)}
    story.check()
    text = story.why()
    assert f"of logger {OTHER_GIAI}" in text
    assert "it is now HOLD" in text


def test_a_logger_moved_between_crates_without_a_scan() -> None:
    """The other crate's scan is refused its effect, so the readings stay this crate's until the
    detaching, scanned offline, is registered; then they are nobody's."""
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    detach = story.shift.maker.scan(codes.ACTION_DETACH, [label(LOGGER_GIAI)], parent=label(CRATE))
    story.wait(1)
    handheld = story.world.device("another scanner", story.world.maker)
    attach = handheld.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=label(OTHER_CRATE))
    story.say(attach, story.measure(*[1900] * HOUR))
    assert "C23.1" in story.world.rules_found()
    assert story.then[-1][1].verdict.high_cdeg == 1900
    story.say(detach)
    after = story.then[-1][1].verdict
    assert after.high_cdeg == 500
    assert [one.why for one in after.gaps] == ["no logger"]
    assert after.outcome == "hold"
    story.check()
    text = story.why()
    assert "left out now, because a scan that came later says that the logger was not with" in text
    assert f"Logger {LOGGER_GIAI} was with it until" in text


def revoke(story: Story, since: int | bytes) -> None:
    key = story.shift.logger.signer
    story.world.register(story.world.state(
        "revoke", story.world.maker[0], identity.statement_subject(key.public_key),
        [1, key.kid, since, 1]))
    story.remember()


def test_a_device_revoked_later() -> None:
    """Its word from the first tainted entry on is no evidence: that time is unknown again."""
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    stolen_ms = story.world.now_ms + 1
    story.wait(1)
    story.say(story.measure(*[500] * HOUR))
    assert story.then[-1][1].verdict.outcome == "release"
    revoke(story, stolen_ms)
    after = story.then[-1][1].verdict
    assert (after.outcome, after.readings) == ("hold", HOUR)
    assert [one.why for one in after.gaps] == [REVOKED]
    story.check()
    text = story.why()
    assert "12 readings" in text
    assert "left out now, because the logger's key was revoked." in text


def test_what_a_record_that_counts_names_as_the_one_before_counts_too() -> None:
    """It was registered after the theft, but existed before: whoever has the key cannot make it."""
    story = Story()
    story.wait(1)
    late = story.measure(*[500] * (HOUR + 1))
    story.wait(1)
    story.say(story.measure(*[500] * HOUR))
    stolen_ms = story.world.now_ms + 1
    story.wait(1)
    story.say(late)
    story.say(story.measure(*[500] * HOUR))
    revoke(story, stolen_ms)
    after = story.then[-1][1].verdict
    assert after.readings == 2 * HOUR
    assert [one.why for one in after.gaps] == [REVOKED]
    story.check()


def test_revocations_are_told_apart_by_their_checkpoints() -> None:
    """Two keys revoked at different times: at each checkpoint those that were revoked then."""
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    other = story.second.signer
    for key in (other, story.shift.logger.signer):
        story.world.register(story.world.state(
            "revoke", story.world.maker[0], identity.statement_subject(key.public_key),
            [1, key.kid, START_MS, 1]))
        story.remember()
    assert [one.verdict.readings for _, one in story.then[-3:]] == [HOUR, HOUR, 0]
    story.check()


def test_a_profile_corrected_later() -> None:
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * HOUR, 850))
    assert story.then[-1][1].verdict.outcome == "hold"
    current = story.world.engine.view().get(b"profile/profile/" + PROFILE.encode())
    assert isinstance(current, list)
    ranges = [{"name": "storage", "low_cdeg": 200, "low_op": "<", "high_cdeg": 900,
               "high_op": ">"}]
    corrected = uncalibrated(ranges=ranges, mkt=None, budgets=[])
    alarms = corrected["alarms"]
    assert isinstance(alarms, list)
    corrected["alarms"] = [{**one, "limit_cdeg": {800: 900}.get(one["limit_cdeg"],
                                                              one["limit_cdeg"])}
                           for one in alarms]
    story.register("profile", f"profile/{PROFILE}", current[1], corrected)
    assert story.outcomes()[-2:] == ["hold", "release"]
    story.check()
    text = story.why()
    assert f'The profile was "{PROFILE}" version 1' in text
    assert "version 2" in text
    assert "What differs in the profile: alarms, budgets, mkt, ranges." in text


def certificate(number: str, correction_cdeg: int) -> dict[str, object]:
    return {"channel": 0, "points": [[500, correction_cdeg]], "u95_cdeg": 20,
            "valid_from_ms": START_MS - 24 * HOUR_MS, "valid_to_ms": START_MS + 900 * HOUR_MS,
            "certificate": number, "certificate_sha256": hashlib.sha256(number.encode()).digest()}


def test_a_calibration_registered_later_and_replaced() -> None:
    story = Story()
    story.wait(1)
    story.say(story.measure(*[790] * (HOUR + 1)))
    assert story.then[-1][1].verdict.outcome == "release"
    first = story.register("calibration", LOGGER_GIAI, None, certificate("DKD-1", 30))
    assert story.then[-1][1].verdict.outcome == "hold"
    assert "was missing; now it is judged by certificate DKD-1 (in force)" in story.why()
    story.register("calibration", LOGGER_GIAI, first, certificate("DKD-1", -5))
    assert story.then[-1][1].verdict.outcome == "release"
    story.register("calibration", LOGGER_GIAI, None, certificate("DKD-2", -10))
    story.check()


def test_a_scan_that_waited_for_its_device_is_of_the_time_it_took_effect() -> None:
    """Its event bears the entry of the scan, which lies before; the chain shows when it came in."""
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    missing = story.shift.maker.scan(codes.ACTION_CHECK, [label(OTHER_CRATE)])
    parked = story.shift.maker.scan(codes.ACTION_DETACH, [label(LOGGER_GIAI)], parent=label(CRATE))
    story.say(parked)
    story.wait(1)
    story.say(story.measure(*[500] * HOUR))
    assert story.then[-1][1].exposure.segments[0].end_ms is None
    story.say(missing)
    assert story.then[-1][1].exposure.segments[0].end_ms is not None
    story.check()


def test_time_alone_can_change_a_verdict() -> None:
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    story.wait(48)
    story.say(story.shift.maker.scan(codes.ACTION_CHECK, [label(OTHER_CRATE)]))
    assert story.outcomes()[-2:] == ["release", "hold"]
    assert "Nothing came since, and that itself counts" in story.why()
    story.check()


def test_nothing_changed() -> None:
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    story.say(story.shift.maker.scan(codes.ACTION_CHECK, [label(OTHER_CRATE)]))
    assert "Nothing that the verdict rests on has changed." in story.why()


def test_checkpoints_are_found_by_time_and_by_entry() -> None:
    story = Story()
    story.wait(1)
    story.say(story.measure(500))
    engine = story.world.engine
    newest = engine.checkpoint()
    assert newest is not None
    assert past.checkpoint_at(engine, newest.time_ms) == newest
    before = past.checkpoint_at(engine, newest.time_ms - 1)
    assert before.number == newest.number - 1
    assert past.checkpoint_of(engine, newest.size - 1) == newest
    absent: tuple[Callable[[], object], ...] = (
        lambda: past.checkpoint_at(engine, START_MS - 1), lambda: past.checkpoint_of(engine, 9999))
    for call in absent:
        with pytest.raises(UsageError):
            call()


def test_a_product_registered_later_was_not_known_then() -> None:
    story = Story()
    with pytest.raises(InvalidData, match="no product with a storage profile"):
        story.of(0)


