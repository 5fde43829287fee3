"""A later checkpoint's verdict supersedes the earlier; either can be recomputed, and why they
differ is said.  All through the real rules: what a ledger answered then is what it says of then."""

from ledger_client.core import governance, verdict_difference
from ledger_client.core.exposure import REVOKED
from ledger_client.wire import codes
from tests.unit.past_story import (
    HOUR,
    OTHER_GIAI,
    PROFILE,
    STEP_MS,
    Story,
    certificate,
    revoke,
    uncalibrated,
)
from tests.world import CRATE, LOGGER_GIAI, OTHER_CRATE, Gateway, label


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


def test_what_was_measured_since_and_what_came_late_are_told_apart() -> None:
    story = Story()
    story.wait(1)
    late = story.measure(*[500] * (HOUR + 1))
    story.say(story.shift.maker.scan(codes.ACTION_CHECK, [label(OTHER_CRATE)]))
    story.wait(1)
    story.say(late, story.measure(*[500] * HOUR))
    text = story.why()
    assert "13 readings" in text
    assert ": measured before then, registered after." in text
    assert "12 readings" in text
    assert ": measured since." in text


def test_a_logger_that_was_there_before_the_ledger_knew() -> None:
    """The attaching was scanned at a dock that was offline."""
    story = Story()
    attach = story.shift.maker.scan(codes.ACTION_ATTACH, [label(OTHER_GIAI)], parent=label(CRATE))
    story.wait(1)
    story.say(story.second.boot(), story.measure(*[500] * (HOUR + 1)))
    story.say(attach, story.second.measure([510] * HOUR, STEP_MS))
    text = story.why()
    assert f"Logger {OTHER_GIAI} was with it from 2026-05-28 20:26 UTC: that was registered" in text
    assert f"of logger {OTHER_GIAI}" in text
    story.check()


def test_each_step_has_the_outcome_after_it() -> None:
    """Late data that are good, then a certificate that makes them bad."""
    story = Story()
    story.wait(1)
    late = story.measure(*[790] * (HOUR + 1))
    story.say(story.shift.maker.scan(codes.ACTION_CHECK, [label(OTHER_CRATE)]))
    before = len(story.then) - 1
    story.say(late)
    story.register("calibration", LOGGER_GIAI, None, certificate("DKD-1", 30))
    found = verdict_difference.difference(story.then[before][1], story.then[-1][1])
    assert [(one.kind, one.outcome) for one in found.steps] == \
        [(verdict_difference.DATA, "release"), (verdict_difference.CALIBRATION, "hold")]


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
    assert "left out now, because the logger's key was revoked" in text


def test_an_owner_expelled_later() -> None:
    """What its loggers said before stands; what they say since is no evidence."""
    story = Story()
    story.wait(1)
    story.say(story.measure(*[500] * (HOUR + 1)))
    world = story.world
    (proposal,) = world.register(world.state(
        "propose", world.pharmacy[0], governance.SUBJECT,
        [1, [governance.CHANGE_EXPEL, world.maker[0].thumbprint]]))
    world.register(world.state("endorse", world.maker[0], governance.SUBJECT,
                               [1, proposal.entry_hash]))
    keeper = world.enrol(codes.ROLE_GATEWAY, "another gateway", world.pharmacy, [False])
    world.gateway = Gateway(world.ledger, keeper)
    story.wait(1)
    story.say(story.measure(*[500] * HOUR))
    after = story.then[-1][1].verdict
    assert (after.outcome, after.readings) == ("hold", HOUR)
    assert [one.why for one in after.gaps] == [REVOKED]
    story.check()


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
