"""Storage profiles: the rules a verdict is judged by, as data that the ledger versions.

A profile has no name: the statement that registers it does, and its version is the ledger's.
Temperatures are hundredths of a degree Celsius (cdeg), durations milliseconds.  Every key is always
present, so that one profile has one encoding.
"""

import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from ledger_client.core import profile_check
from ledger_client.wire.errors import WireError

SOURCE_CHARACTERS = 256  # a title, a clause and a date
NAME_CHARACTERS = 64
RANGES = 4  # a label has a storage range and one or two permitted ones
ALARMS = 32  # the richest logger found takes 18 boundaries
BUDGETS = 16
SAMPLES = 1000
ABSOLUTE_ZERO_CDEG = -27315
TEMPERATURE_CDEG_MAX = 100000  # 1000 degC: above every sensor and every oven
DURATION_MS_MAX = 100 * 366 * 24 * 3600 * 1000  # a hundred years: longer than any shelf life
DELTA_H_J_MOL_MAX = 1000000
GAS_CONSTANT_UJ_MOL_K = (8000000, 9000000)  # 8.3144 J/(mol K), as each source rounds it

OPERATORS: dict[str, Callable[[int, int], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}
HIGH_SIDE = (">", ">=")
LOW_SIDE = ("<", "<=")
SINGLE, CUMULATIVE = "single", "cumulative"
WINDOW_NONE, WINDOW_DAY, WINDOW_TRIP = "none", "day", "trip"
SEVERITIES = ("minor", "major", "critical")  # ascending
RELEASE, HOLD, REJECT = "release", "hold", "reject"
OUTCOMES = (RELEASE, HOLD, REJECT)  # ascending


@dataclass(frozen=True)
class Range:
    """Temperatures from low to high; `low_op` and `high_op` say what lies outside."""

    name: str
    low_cdeg: int | None
    low_op: str
    high_cdeg: int | None
    high_op: str

    def below(self, value_cdeg: int) -> bool:
        return self.low_cdeg is not None and OPERATORS[self.low_op](value_cdeg, self.low_cdeg)

    def above(self, value_cdeg: int) -> bool:
        return self.high_cdeg is not None and OPERATORS[self.high_op](value_cdeg, self.high_cdeg)

    def holds(self, value_cdeg: int) -> bool:
        return not self.below(value_cdeg) and not self.above(value_cdeg)


@dataclass(frozen=True)
class AlarmRule:
    """Fires when `value op limit` lasted duration_ms or longer.

    single: without interruption.  cumulative: summed over `window`: "trip" (the whole exposure),
    "day" (a UTC day) or a sliding window in milliseconds.  A source whose alarm needs *more* than
    its duration is written with one millisecond more.
    """

    limit_cdeg: int
    op: str
    mode: str
    window: str | int
    duration_ms: int
    min_samples: int
    severity: str

    @property
    def high(self) -> bool:
        return self.op in HIGH_SIDE

    def outside(self, value_cdeg: int) -> bool:
        return OPERATORS[self.op](value_cdeg, self.limit_cdeg)


@dataclass(frozen=True)
class Mkt:
    """Mean kinetic temperature; window_ms None is the whole exposure.

    delta_h in J/mol and the gas constant in uJ/(mol K), because sources round both differently.
    """

    delta_h_j_mol: int
    gas_constant_uj_mol_k: int
    window_ms: int | None
    limit_cdeg: int
    coverage_min_permille: int


@dataclass(frozen=True)
class Budget:
    """Time permitted outside the storage range while between low and high, both included.

    Bands are tried in order; None is no limit.  What lies outside the range and in no band, on a
    side that has bands, is permitted no time at all.
    """

    low_cdeg: int | None
    high_cdeg: int | None
    max_total_ms: int | None
    max_single_ms: int | None
    max_events: int | None
    severity: str

    def holds(self, value_cdeg: int) -> bool:
        return (self.low_cdeg is None or value_cdeg >= self.low_cdeg) and \
            (self.high_cdeg is None or value_cdeg <= self.high_cdeg)


@dataclass(frozen=True)
class GapPolicy:
    """What time without data leads to by itself, and whether budgets pay for it."""

    outcome: str
    charges_budgets: bool


@dataclass(frozen=True)
class Effect:
    """What an alarm of one severity leads to."""

    certain: str
    possible: str


@dataclass(frozen=True)
class Aggregation:
    """Severity to outcome; the gravest outcome of all is the verdict's."""

    minor: Effect
    major: Effect
    critical: Effect

    def effect(self, severity: str) -> Effect:
        return {"minor": self.minor, "major": self.major, "critical": self.critical}[severity]


@dataclass(frozen=True)
class Profile:
    """ranges[0] is the storage range of the label; each later one holds the one before.

    guard_band_cdeg None takes the expanded uncertainty of the calibration in force.
    """

    source: str
    ranges: tuple[Range, ...]
    alarms: tuple[AlarmRule, ...]
    mkt: Mkt | None
    budgets: tuple[Budget, ...]
    freeze_sensitive: bool
    expected_interval_ms: int
    gap_tolerance_ms: int
    gap_policy: GapPolicy
    calibration_required: bool
    guard_band_cdeg: int | None
    aggregation: Aggregation

    @property
    def storage(self) -> Range:
        return self.ranges[0]

    @property
    def step_ms_max(self) -> int:
        """Two readings further apart than this have a gap between them."""
        return self.expected_interval_ms + self.gap_tolerance_ms

    def as_map(self) -> dict[str, object]:
        """The body that `decode` takes: text keys, lists, integers, booleans, None."""
        plain = _plain(self)
        assert isinstance(plain, dict)
        return plain


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def decode(body: object) -> Profile:
    """The profile that a registered body states.

    Raise WireError("profile.<what>") naming the key: wrong, missing or unknown keys, types, limits,
    and rules that contradict each other or leave a side of the storage range unwatched.
    """
    profile = _PROFILE(body, "profile")
    assert isinstance(profile, Profile)
    _check_ranges(profile.ranges)
    for number, rule in enumerate(profile.alarms):
        _check_alarm(rule, f"alarms[{number}]")
    for number, band in enumerate(profile.budgets):
        _check_budget(band, f"budgets[{number}]")
    _check_aggregation(profile.aggregation)
    _check_watched(profile)
    if profile.mkt is not None and profile.storage.high_cdeg is None:
        raise WireError("profile.mkt", "mkt judges excursions above the storage range, "
                        "which has no high_cdeg")
    return profile


def _check_ranges(ranges: tuple[Range, ...]) -> None:
    for number, one in enumerate(ranges):
        where = f"ranges[{number}]"
        if one.low_cdeg is None and one.high_cdeg is None:
            raise WireError("profile.ranges", where + " has neither low_cdeg nor high_cdeg")
        if one.low_cdeg is not None and one.high_cdeg is not None and one.low_cdeg >= one.high_cdeg:
            raise WireError("profile.ranges", where + ".low_cdeg is not below high_cdeg")
    for number, (inner, outer) in enumerate(itertools.pairwise(ranges)):
        if (outer.low_cdeg is not None and (inner.low_cdeg is None
                                            or inner.low_cdeg < outer.low_cdeg)) or \
                (outer.high_cdeg is not None and (inner.high_cdeg is None
                                                  or inner.high_cdeg > outer.high_cdeg)):
            raise WireError("profile.ranges", f"ranges[{number + 1}] does not hold the one before")


def _check_alarm(rule: AlarmRule, where: str) -> None:
    if rule.mode == SINGLE:
        if rule.window != WINDOW_NONE:
            raise WireError("profile.window", f'{where}.window of a single rule is "none"')
        return
    if rule.window == WINDOW_NONE:
        raise WireError("profile.window", f'{where}.window of a cumulative rule is "trip", "day" '
                        "or milliseconds")
    if rule.min_samples != 1:
        raise WireError("profile.min_samples", f"{where} is cumulative: it counts time, so "
                        "min_samples is 1")
    if rule.duration_ms == 0:
        raise WireError("profile.duration_ms", f"{where} is cumulative: its duration_ms is not 0")
    if isinstance(rule.window, int) and rule.window < rule.duration_ms:
        raise WireError("profile.window", f"{where}.window is shorter than duration_ms")


def _check_budget(band: Budget, where: str) -> None:
    if band.low_cdeg is not None and band.high_cdeg is not None and band.low_cdeg >= band.high_cdeg:
        raise WireError("profile.budgets", where + ".low_cdeg is not below high_cdeg")


def _check_aggregation(aggregation: Aggregation) -> None:
    before = Effect(RELEASE, RELEASE)
    for severity in SEVERITIES:
        effect = aggregation.effect(severity)
        if OUTCOMES.index(effect.possible) > OUTCOMES.index(effect.certain):
            raise WireError("profile.aggregation", severity + ".possible is graver than certain")
        if OUTCOMES.index(effect.certain) < OUTCOMES.index(before.certain) or \
                OUTCOMES.index(effect.possible) < OUTCOMES.index(before.possible):
            raise WireError("profile.aggregation", severity + " is milder than a lesser severity")
        before = effect


def _check_watched(profile: Profile) -> None:
    """A limit that no rule and no band looks at would release whatever passes it."""
    storage = profile.storage
    for side, limit, high in (("low", storage.low_cdeg, False), ("high", storage.high_cdeg, True)):
        ruled = any(rule.high == high for rule in profile.alarms)
        if limit is not None and not ruled and not banded(profile, high):
            raise WireError("profile.alarms", f"no alarm and no budget watches the {side} side of "
                            f"the storage range")


def banded(profile: Profile, high: bool) -> bool:
    """Whether a budget permits time on this side of the storage range."""
    storage = profile.storage
    if high:
        return storage.high_cdeg is not None and any(
            band.high_cdeg is None or band.high_cdeg > storage.high_cdeg
            for band in profile.budgets)
    return storage.low_cdeg is not None and any(
        band.low_cdeg is None or band.low_cdeg < storage.low_cdeg for band in profile.budgets)


def _record(kind: type[Any], **keys: profile_check.Check) -> profile_check.Check:
    return profile_check.record(kind, keys)


_temperature = profile_check.integer(ABSOLUTE_ZERO_CDEG, TEMPERATURE_CDEG_MAX)
_duration = profile_check.integer(0, DURATION_MS_MAX)
_outcome = profile_check.choice(OUTCOMES)
_effect = _record(Effect, certain=_outcome, possible=_outcome)

_RANGE = _record(
    Range,
    name=profile_check.text(NAME_CHARACTERS),
    low_cdeg=profile_check.nullable(_temperature), low_op=profile_check.choice(LOW_SIDE),
    high_cdeg=profile_check.nullable(_temperature), high_op=profile_check.choice(HIGH_SIDE))
_ALARM = _record(
    AlarmRule,
    limit_cdeg=_temperature, op=profile_check.choice(tuple(OPERATORS)),
    mode=profile_check.choice((SINGLE, CUMULATIVE)),
    window=profile_check.either(profile_check.choice((WINDOW_NONE, WINDOW_DAY, WINDOW_TRIP)),
                                profile_check.integer(1, DURATION_MS_MAX)),
    duration_ms=_duration, min_samples=profile_check.integer(1, SAMPLES),
    severity=profile_check.choice(SEVERITIES))
_MKT = _record(
    Mkt,
    delta_h_j_mol=profile_check.integer(1, DELTA_H_J_MOL_MAX),
    gas_constant_uj_mol_k=profile_check.integer(*GAS_CONSTANT_UJ_MOL_K),
    window_ms=profile_check.nullable(profile_check.integer(1, DURATION_MS_MAX)),
    limit_cdeg=_temperature, coverage_min_permille=profile_check.integer(1, 1000))
_BUDGET = _record(
    Budget,
    low_cdeg=profile_check.nullable(_temperature), high_cdeg=profile_check.nullable(_temperature),
    max_total_ms=profile_check.nullable(_duration),
    max_single_ms=profile_check.nullable(_duration),
    max_events=profile_check.nullable(profile_check.integer(0, SAMPLES)),
    severity=profile_check.choice(SEVERITIES))
_PROFILE = _record(
    Profile,
    source=profile_check.text(SOURCE_CHARACTERS),
    ranges=profile_check.array(_RANGE, 1, RANGES),
    alarms=profile_check.array(_ALARM, 0, ALARMS),
    mkt=profile_check.nullable(_MKT),
    budgets=profile_check.array(_BUDGET, 0, BUDGETS),
    freeze_sensitive=profile_check.boolean,
    expected_interval_ms=profile_check.integer(1, DURATION_MS_MAX),
    gap_tolerance_ms=_duration,
    gap_policy=_record(GapPolicy, outcome=_outcome, charges_budgets=profile_check.boolean),
    calibration_required=profile_check.boolean,
    guard_band_cdeg=profile_check.nullable(profile_check.integer(0, TEMPERATURE_CDEG_MAX)),
    aggregation=_record(Aggregation, minor=_effect, major=_effect, critical=_effect))
