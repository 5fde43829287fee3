"""A ledger read as it was at an earlier checkpoint."""

from collections.abc import Callable

import pytest

from ledger_client.core import capture, identity, statement
from ledger_client.core.capture import Capture
from ledger_client.errors import InvalidData, UsageError
from ledger_client.node import past
from ledger_client.node.past import PastSource
from ledger_client.node.source import LedgerSource
from ledger_client.wire import codes
from tests.unit.past_story import HOUR, PACK, Story
from tests.world import CRATE, LOGGER_GIAI, OTHER_CRATE, START_MS, label


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


def test_an_event_declared_in_error_later_was_not_then() -> None:
    story = Story()
    engine = story.world.engine
    then = engine.checkpoint()
    assert then is not None
    (event,) = [one.event for one in LedgerSource(engine).chain(PACK)
                if one.event.action == codes.ACTION_PACK]
    assert event.leaf is not None
    wrong = (statement.entry_hash(engine.statement(event.entry)), event.leaf)
    (registered,) = story.world.register(story.world.state(
        "capture", story.world.maker[1], capture.SUBJECT, Capture((), None, (wrong,)).as_list()))
    assert LedgerSource(engine).declared_in_error(event) == registered.number
    assert PastSource(engine, then).declared_in_error(event) is None
    now = engine.checkpoint()
    assert now is not None
    assert PastSource(engine, now).declared_in_error(event) == registered.number


def test_what_an_entry_brought_is_there_from_its_checkpoint_on() -> None:
    story = Story()
    engine = story.world.engine
    (born, *_) = LedgerSource(engine).chain(PACK)
    entry = born.event.entry
    covering, before = past.checkpoint_of(engine, entry), past.checkpoint_of(engine, entry - 1)
    assert list(PastSource(engine, covering).happened(entry)) == \
        list(LedgerSource(engine).happened(entry))
    assert list(PastSource(engine, before).happened(entry)) == []


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
