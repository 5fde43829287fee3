"""Alarm rules: which fired for certain, which may have, which did not, and on what evidence.

single: one uninterrupted episode; it starts again from nothing when the temperature returns, and
one that goes on over midnight is one.  cumulative: all episodes of a window together.
"""

import bisect
from collections.abc import Sequence

from ledger_client.core import profile
from ledger_client.core.amount import Amount, Interval
from ledger_client.core.episodes import Episode
from ledger_client.core.profile import AlarmRule
from ledger_client.core.verdict import (
    CERTAIN,
    GAP,
    NONE,
    POSSIBLE,
    READINGS,
    STATES,
    Alarm,
    AlarmEvent,
)

DAY_MS = 24 * 3600 * 1000
FREEZING = AlarmRule(0, "<=", profile.SINGLE, profile.WINDOW_NONE, 0, 1, "major")


def judge_rule(number: int, rule: AlarmRule, episodes: Sequence[Episode],
               bounds: Interval) -> Alarm:
    """`episodes` are those of rule.outside; bounds is the exposure."""
    if rule.mode == profile.SINGLE:
        at_least_ms = max((one.longest_ms for one in episodes), default=0)
        at_most_ms = max((one.at_most_ms for one in episodes), default=0)
        events = [event for one in episodes if (event := _single(rule, one)) is not None]
    else:
        at_least_ms, at_most_ms, events = _cumulative(rule, episodes, bounds)
    state = max((one.state for one in events), default=NONE, key=STATES.index)
    return Alarm(number, state, at_least_ms, at_most_ms, tuple(events))


def merged(each: Sequence[Alarm]) -> Alarm:
    """One rule's alarms on several timelines: every firing of any, once."""
    events = sorted({event for alarm in each for event in alarm.events},
                    key=lambda one: (one.possible_at_ms, one.at_least_ms, one.at_most_ms))
    return Alarm(each[0].rule, max((alarm.state for alarm in each), key=STATES.index),
                 max(alarm.at_least_ms for alarm in each),
                 max(alarm.at_most_ms for alarm in each), tuple(events))


def _single(rule: AlarmRule, episode: Episode) -> AlarmEvent | None:
    firing = next((run for run in episode.runs if run.count >= rule.min_samples
                   and run.at_least_ms >= rule.duration_ms), None)
    enough = episode.unknown or episode.count + episode.doubts >= rule.min_samples
    if firing is None and not (enough and episode.at_most_ms >= rule.duration_ms):
        return None
    return AlarmEvent(
        state=POSSIBLE if firing is None else CERTAIN,
        cause=READINGS if episode.seen else GAP,
        first_ms=episode.first_ms, last_ms=episode.last_ms,
        possible_at_ms=episode.begin_ms + rule.duration_ms,
        certain_at_ms=None if firing is None else firing.from_ms + rule.duration_ms,
        at_least_ms=episode.longest_ms, at_most_ms=episode.at_most_ms,
        extreme_cdeg=episode.extreme_cdeg, softened=False)


def _cumulative(rule: AlarmRule, episodes: Sequence[Episode],
                bounds: Interval) -> tuple[int, int, list[AlarmEvent]]:
    """(at least, at most in any window, one firing a frame with all that lies in it)."""
    certain = Amount.of((run.from_ms, run.to_ms) for one in episodes for run in one.runs)
    possible = Amount.of((one.begin_ms, one.end_ms) for one in episodes)
    seen = [one for one in episodes if one.seen]
    shown = Amount.of((one.begin_ms, one.end_ms) for one in seen)
    at_least_ms = at_most_ms = 0
    events = []
    for frame, window_ms in _frames(rule, possible, bounds):
        least, most = certain.most(frame, window_ms), possible.most(frame, window_ms)
        at_least_ms, at_most_ms = max(at_least_ms, least), max(at_most_ms, most)
        earliest = possible.reached(frame, window_ms, rule.duration_ms)
        if earliest is None:
            continue
        certain_at = certain.reached(frame, window_ms, rule.duration_ms)
        # The possible amount grows no slower than the certain one: `earliest` is the earlier.
        inside = _inside(seen, (max(frame[0], earliest - window_ms), frame[1]))
        by_readings = shown.most(frame, window_ms) >= rule.duration_ms
        events.append(AlarmEvent(
            state=POSSIBLE if certain_at is None else CERTAIN,
            cause=READINGS if by_readings else GAP,
            first_ms=_ends(inside, first=True), last_ms=_ends(inside, first=False),
            possible_at_ms=earliest, certain_at_ms=certain_at,
            at_least_ms=least, at_most_ms=most,
            extreme_cdeg=_extreme(rule, inside), softened=False))
    return at_least_ms, at_most_ms, events


def _inside(seen: Sequence[Episode], firing: Interval) -> list[Episode]:
    """Those that touch a firing: bad readings ascend, and what is possible reaches beyond them into
    the intervals at both sides, so the neighbours are looked at too."""
    low = bisect.bisect_left(seen, firing[0], key=lambda one: one.last_ms or 0)
    high = bisect.bisect_right(seen, firing[1], key=lambda one: one.first_ms or 0)
    return [one for one in seen[max(0, low - 1):high + 1]
            if one.begin_ms <= firing[1] and one.end_ms >= firing[0]]


def _frames(rule: AlarmRule, possible: Amount, bounds: Interval) -> list[tuple[Interval, int]]:
    """(frame, window_ms) in which time is summed: the trip, each UTC day, or what lies so near
    together that a sliding window can hold parts of both."""
    if rule.window == profile.WINDOW_DAY:
        days = {day for from_ms, to_ms in possible.intervals
                for day in range(from_ms // DAY_MS, to_ms // DAY_MS + 1)}
        return [((day * DAY_MS, (day + 1) * DAY_MS), DAY_MS) for day in sorted(days)]
    if not possible.intervals:
        return []
    start = min(bounds[0], possible.intervals[0][0])
    end = max(bounds[1], possible.intervals[-1][1])
    if rule.window == profile.WINDOW_TRIP:
        return [((start, end), end - start)]
    assert isinstance(rule.window, int)
    frames: list[Interval] = []
    for from_ms, to_ms in possible.intervals:
        if frames and from_ms - frames[-1][1] < rule.window:
            frames[-1] = (frames[-1][0], to_ms)
        else:
            frames.append((from_ms, to_ms))
    return [(frame, rule.window) for frame in frames]


def _ends(inside: Sequence[Episode], *, first: bool) -> int | None:
    if first:
        return min((one.first_ms for one in inside if one.first_ms is not None), default=None)
    return max((one.last_ms for one in inside if one.last_ms is not None), default=None)


def _extreme(rule: AlarmRule, inside: Sequence[Episode]) -> int | None:
    values = [one.extreme_cdeg for one in inside if one.extreme_cdeg is not None]
    return (max if rule.high else min)(values, default=None)
