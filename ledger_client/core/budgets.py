"""Budgets: time outside the storage range that the label or the manufacturer's stability data
permits, over the whole life of the item, across every change of custody."""

from collections.abc import Callable, Sequence

from ledger_client.core.episodes import Episode, episodes
from ledger_client.core.profile import Budget, Profile, banded
from ledger_client.core.timeline import Timeline
from ledger_client.core.verdict import CERTAIN, NONE, POSSIBLE, STATES, BudgetUse

# What no band holds is permitted no time, with the severity of the gravest band.
_NOTHING = Budget(None, None, 0, 0, 0, "minor")


def judge(profile: Profile, timeline: Timeline) -> list[BudgetUse]:
    """One use for each band of the profile, and one for what no band holds, when it has bands."""
    if not profile.budgets:
        return []
    uses = [_use(profile, timeline, number, band) for number, band in enumerate(profile.budgets)]
    return [*uses, _use(profile, timeline, None, _NOTHING)]


def worst(uses: Sequence[BudgetUse]) -> BudgetUse:
    """Of one band's uses on several timelines the gravest."""
    return max(uses, key=lambda one: (STATES.index(one.state), one.at_least_ms, one.at_most_ms))


def severity(profile: Profile, use: BudgetUse) -> str:
    order = ("minor", "major", "critical")
    if use.band is not None:
        return profile.budgets[use.band].severity
    return max((band.severity for band in profile.budgets), key=order.index)


def _membership(profile: Profile, number: int | None) -> Callable[[int], bool]:
    """Whether a temperature is charged to a band: outside the range, and the first that holds it;
    None: to no band, though its side has one."""
    def charged(value_cdeg: int) -> bool:
        below, above = profile.storage.below(value_cdeg), profile.storage.above(value_cdeg)
        if not (below or above):
            return False
        first = next((at for at, band in enumerate(profile.budgets) if band.holds(value_cdeg)),
                     None)
        return first == number and (number is not None or banded(profile, above))
    return charged


def _use(profile: Profile, timeline: Timeline, number: int | None, band: Budget) -> BudgetUse:
    found = episodes(timeline, _membership(profile, number), high=True)
    charges = number is not None and profile.gap_policy.charges_budgets
    seen = [one for one in found if one.seen]
    charged = found if charges else seen
    unknown_ms = sum(one.unknown_ms for one in charged) if charges else 0
    longest = [_at_most(one, charges) for one in charged]
    use = BudgetUse(
        band=number, state=NONE, at_least_ms=sum(one.at_least_ms for one in seen),
        at_most_ms=sum(longest), unknown_ms=unknown_ms,
        single_at_least_ms=max((one.longest_ms for one in seen), default=0),
        single_at_most_ms=max(longest, default=0),
        events_at_least=sum(one.count > 0 for one in seen),
        # Gaps and doubts may part two events; a gap with none beside it is charged as time only.
        events_at_most=sum(len(one.runs) + one.doubts for one in seen))
    return _with_state(use, band)


def _at_most(episode: Episode, charges: bool) -> int:
    return episode.at_most_ms - (0 if charges else episode.unknown_ms)


def _with_state(use: BudgetUse, band: Budget) -> BudgetUse:
    if _exceeded(band, use.at_least_ms, use.single_at_least_ms, use.events_at_least):
        state = CERTAIN
    elif _exceeded(band, use.at_most_ms, use.single_at_most_ms, use.events_at_most):
        state = POSSIBLE
    else:
        state = NONE
    return BudgetUse(use.band, state, use.at_least_ms, use.at_most_ms, use.unknown_ms,
                     use.single_at_least_ms, use.single_at_most_ms, use.events_at_least,
                     use.events_at_most)


def _exceeded(band: Budget, total_ms: int, single_ms: int, events: int) -> bool:
    """One reading has no length, but it is an event: no time permitted is no event permitted."""
    no_time = 0 in (band.max_total_ms, band.max_single_ms)
    return (band.max_total_ms is not None and total_ms > band.max_total_ms) or \
        (band.max_single_ms is not None and single_ms > band.max_single_ms) or \
        (band.max_events is not None and events > band.max_events) or (no_time and events > 0)
