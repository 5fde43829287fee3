"""Excursions: every stay outside the storage range, and how long it was in all."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from ledger_client.core.episodes import Episode, episodes
from ledger_client.core.profile import SEVERITIES, Profile
from ledger_client.core.timeline import Timeline
from ledger_client.core.verdict import HIGH, LOW, STATES, Alarm, AlarmEvent, Excursion, Times


@dataclass(frozen=True)
class _Firings:
    """The firings of one rule that readings show, in order."""

    rule: int
    severity: int
    high: bool
    events: list[AlarmEvent]

    def during(self, first_ms: int, last_ms: int) -> AlarmEvent | None:
        at = bisect.bisect_left(self.events, first_ms, key=_last_ms)
        if at < len(self.events) and (self.events[at].first_ms or 0) <= last_ms:
            return self.events[at]
        return None


def _last_ms(event: AlarmEvent) -> int:
    return event.last_ms or 0


def excursions(profile: Profile, lines: Sequence[Timeline],
               judged: Sequence[Sequence[Alarm]]) -> tuple[Excursion, ...]:
    """Each once, in order, though several timelines show it; judged[i] are the alarms of
    lines[i]."""
    found = {_excursion(profile, side, one, firings)
             for line, alarms in zip(lines, judged, strict=True)
             for firings in [[_firings(profile, alarm) for alarm in alarms]]
             for side, each in _sides(profile, line) for one in each if one.seen}
    return tuple(sorted(found, key=lambda one: (one.first_ms, one.last_ms, one.side, one.loggers)))


def _firings(profile: Profile, alarm: Alarm) -> _Firings:
    rule = profile.alarms[alarm.rule]
    return _Firings(alarm.rule, SEVERITIES.index(rule.severity), rule.high,
                    [one for one in alarm.events if one.last_ms is not None])


def _sides(profile: Profile, line: Timeline) -> list[tuple[str, list[Episode]]]:
    return [(LOW, episodes(line, profile.storage.below, high=False)),
            (HIGH, episodes(line, profile.storage.above, high=True))]


def _excursion(profile: Profile, side: str, episode: Episode,
               firings: Sequence[_Firings]) -> Excursion:
    first_ms, last_ms, extreme = episode.first_ms, episode.last_ms, episode.extreme_cdeg
    assert first_ms is not None
    assert last_ms is not None
    assert extreme is not None
    fired = [(STATES.index(event.state), one.severity, -one.rule)
             for one in firings if one.high == (side == HIGH)
             for event in [one.during(first_ms, last_ms)] if event is not None]
    kept = (number for number, one in enumerate(profile.ranges) if number and one.holds(extreme))
    return Excursion(
        side=side, first_ms=first_ms, last_ms=last_ms, at_least_ms=episode.at_least_ms,
        at_most_ms=episode.at_most_ms, unknown_ms=episode.unknown_ms, extreme_cdeg=extreme,
        certain=episode.count > 0, rule=-max(fired)[2] if fired else None,
        range=next(kept, None), loggers=episode.loggers, open=episode.open)


def times(profile: Profile, line: Timeline) -> Times:
    """Of one timeline.  A step from below the range to above it counts once for each side."""
    seen = [one for _side, found in _sides(profile, line) for one in found if one.seen]
    total_ms = line.end_ms - line.start_ms
    unknown_ms = sum(to_ms - from_ms for from_ms, to_ms in line.gaps())
    outside_ms = sum(one.at_most_ms - one.unknown_ms for one in seen)
    return Times(total_ms, max(0, total_ms - unknown_ms - outside_ms),
                 sum(one.at_least_ms for one in seen), outside_ms, unknown_ms)
