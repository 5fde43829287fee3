"""What a verdict says: plain frozen values, and one list of them that CBOR can hold.

Durations are milliseconds "at least" and "at most"; temperatures cdeg, corrected by calibration.
"""

from dataclasses import dataclass, fields, is_dataclass

from ledger_client.core.timeline import Gap

CERTAIN, POSSIBLE, NONE = "certain", "possible", "none"
STATES = (NONE, POSSIBLE, CERTAIN)  # ascending

LOW, HIGH = "low", "high"

READINGS, GAP = "readings", "gap"  # what makes an alarm: readings show it, or only a gap allows it

# Codes of a reason.  Its subject is an index into the list named beside it, else None.
REASON_NO_READINGS = "no readings"
REASON_ALARM = "alarm"  # Verdict.alarms
REASON_BUDGET = "budget"  # Verdict.budgets
REASON_FREEZING = "freezing"
REASON_EXCURSION = "excursion"  # outside, and no rule fired
REASON_MKT = "mkt"  # release: it made alarms milder; hold: it is above its limit
REASON_GAP = "gap"
REASON_NO_DATA_SINCE = "no data since"
REASON_CALIBRATION = "calibration"  # Verdict.calibrations
REASON_GUARD_BAND = "guard band"  # Verdict.conformities
REASON_DISAGREEMENT = "disagreement"

PASS, CONDITIONAL_PASS = "pass", "conditional pass"
CONDITIONAL_FAIL, FAIL = "conditional fail", "fail"
CONFORMITIES = (PASS, CONDITIONAL_PASS, CONDITIONAL_FAIL, FAIL)  # ascending

CALIBRATION_MISSING, CALIBRATION_EXPIRED = "missing", "expired"
CALIBRATION_NOT_YET, CALIBRATION_IN_FORCE = "not yet valid", "in force"


@dataclass(frozen=True)
class AlarmEvent:
    """One firing.  possible_at_ms is the earliest moment it can have fired, certain_at_ms the
    moment by which it certainly had.  `softened`: MKT makes it one severity milder."""

    state: str
    cause: str
    first_ms: int | None
    last_ms: int | None
    possible_at_ms: int
    certain_at_ms: int | None
    at_least_ms: int
    at_most_ms: int
    extreme_cdeg: int | None
    softened: bool


@dataclass(frozen=True)
class Alarm:
    """A rule of the profile (index) and its firings; at_least_ms and at_most_ms are the most that
    it saw, be it too little to fire."""

    rule: int
    state: str
    at_least_ms: int
    at_most_ms: int
    events: tuple[AlarmEvent, ...]


@dataclass(frozen=True)
class Excursion:
    """One stay outside the storage range, on one side.

    `rule` is the gravest alarm rule that fired in it, None when none did; `range` the narrowest
    further range of the profile that it never left, None when it left all.  `open`: no data came
    after it, so at_most_ms only ends where the exposure does.
    """

    side: str
    first_ms: int
    last_ms: int
    at_least_ms: int
    at_most_ms: int
    unknown_ms: int
    extreme_cdeg: int
    certain: bool
    rule: int | None
    range: int | None
    loggers: tuple[str, ...]
    open: bool


@dataclass(frozen=True)
class BudgetUse:
    """What a band was charged; `band` None is time outside in no band.

    unknown_ms is the part of at_most_ms that gaps were charged with.
    """

    band: int | None
    state: str
    at_least_ms: int
    at_most_ms: int
    unknown_ms: int
    single_at_least_ms: int
    single_at_most_ms: int
    events_at_least: int
    events_at_most: int


@dataclass(frozen=True)
class MktResult:
    """The worst window, and what it was computed with; mkt_udeg (10^-6 degC) is None when no window
    had enough data."""

    mkt_udeg: int | None
    limit_cdeg: int
    from_ms: int
    to_ms: int
    coverage_permille: int
    delta_h_j_mol: int
    gas_constant_uj_mol_k: int
    window_ms: int | None

    @property
    def passes(self) -> bool:
        return self.mkt_udeg is not None and self.mkt_udeg <= self.limit_cdeg * 10_000


@dataclass(frozen=True)
class Conformity:
    """ILAC-G8:09/2019 4.2.3 for one limit of the storage range, by its worst reading.

    `decision` and guard_cdeg are None when no uncertainty is known to guard with.
    """

    side: str
    limit_cdeg: int
    guard_cdeg: int | None
    extreme_cdeg: int
    at_ms: int
    logger: str
    decision: str | None


@dataclass(frozen=True)
class CalibrationState:
    """Of one logger over its readings; `certificate` is None when missing."""

    logger: str
    state: str
    certificate: str | None


@dataclass(frozen=True)
class Disagreement:
    """Two loggers together: one outside the storage range, one inside."""

    from_ms: int
    to_ms: int
    outside: str
    outside_cdeg: int
    inside: str
    inside_cdeg: int


@dataclass(frozen=True)
class Times:
    """How long inside, outside and unknown; of several timelines the worst."""

    total_ms: int
    inside_at_least_ms: int
    outside_at_least_ms: int
    outside_at_most_ms: int
    unknown_ms: int


@dataclass(frozen=True)
class Reason:
    """Why the outcome is at least `outcome`."""

    outcome: str
    code: str
    subject: int | None
    state: str


@dataclass(frozen=True)
class Verdict:
    """Recomputable by anyone from (item, profile entry, checkpoint); never stored."""

    item: str
    from_ms: int
    to_ms: int
    outcome: str
    reasons: tuple[Reason, ...]
    readings: int
    last_reading_ms: int | None
    low_cdeg: int | None
    high_cdeg: int | None
    times: Times
    excursions: tuple[Excursion, ...]
    alarms: tuple[Alarm, ...]
    freezing: tuple[AlarmEvent, ...]
    budgets: tuple[BudgetUse, ...]
    mkt: MktResult | None
    gaps: tuple[Gap, ...]
    conformities: tuple[Conformity, ...]
    calibrations: tuple[CalibrationState, ...]
    disagreements: tuple[Disagreement, ...]

    def as_list(self) -> list[object]:
        """The fields in this order, nested dataclasses as lists too: text, integers, true, false
        and null only."""
        plain = _plain(self)
        assert isinstance(plain, list)
        return plain


def _plain(value: object) -> object:
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
