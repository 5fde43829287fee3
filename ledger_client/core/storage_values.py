"""What a verdict is computed from: readings, the loggers that travelled with an item, calibrations.

Times are Unix milliseconds, temperatures hundredths of a degree Celsius (cdeg) as the logger
reported them: a calibration is applied when judging and never written into a reading.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """The true time lies within unix_ms ± error_ms; `where` = (entry, leaf) of its record."""

    unix_ms: int
    error_ms: int
    value_cdeg: int
    where: tuple[int, int] | None = None


@dataclass(frozen=True)
class Segment:
    """The time that the item travelled with one logger; end_ms None is still together.

    `missing` = (from_ms, to_ms, why): time for which the logger says itself that it has no data.
    `disbelieved` are readings under a revoked key: no evidence of good, and missing too.
    """

    logger: str
    start_ms: int
    end_ms: int | None
    start_error_ms: int = 0
    end_error_ms: int = 0
    readings: tuple[Reading, ...] = ()
    missing: tuple[tuple[int, int, str], ...] = ()
    disbelieved: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class Exposure:
    """Everything known of the temperatures around one item from from_ms to to_ms.

    Segments may overlap (two loggers in one crate) and may leave time uncovered.  `ended` is what
    became of the item at to_ms ("dispensed"), None when its life goes on.
    """

    item: str
    from_ms: int
    to_ms: int
    segments: tuple[Segment, ...]
    ended: str | None = None

    def __post_init__(self) -> None:
        assert self.from_ms <= self.to_ms, "an exposure ends before it begins"


@dataclass(frozen=True)
class Calibration:
    """A certificate: `points` = (indicated_cdeg, correction_cdeg) ascending, one point an offset.

    u95_cdeg is the expanded uncertainty (k = 2) that the certificate states.
    """

    certificate: str
    valid_from_ms: int
    valid_to_ms: int
    points: tuple[tuple[int, int], ...]
    u95_cdeg: int

    def __post_init__(self) -> None:
        indicated = [point[0] for point in self.points]
        assert indicated, "a calibration has a point"
        assert all(a < b for a, b in itertools.pairwise(indicated)), \
            "calibration points ascend"

    def valid_at(self, unix_ms: int) -> bool:
        return self.valid_from_ms <= unix_ms <= self.valid_to_ms

    def corrected(self, value_cdeg: int) -> int:
        """Linear between points, constant beyond the outer ones, rounded to nearest (half up)."""
        points = self.points
        if value_cdeg <= points[0][0]:
            return value_cdeg + points[0][1]
        for (left, before), (right, after) in itertools.pairwise(points):
            if value_cdeg <= right:
                span = right - left
                share = 2 * (after - before) * (value_cdeg - left) + span
                return value_cdeg + before + share // (2 * span)
        return value_cdeg + points[-1][1]


Calibrations = Calibration | Mapping[str, Calibration] | None


def calibration_of(calibrations: Calibrations, logger: str) -> Calibration | None:
    """The one of this logger; a single Calibration is every logger's."""
    if calibrations is None or isinstance(calibrations, Calibration):
        return calibrations
    return calibrations.get(logger)


def calibration_at(calibrations: Calibrations, logger: str, unix_ms: int) -> Calibration | None:
    """The one of this logger if it is valid then: outside its validity a certificate corrects
    nothing, else one that ran out could hide what the logger shows."""
    found = calibration_of(calibrations, logger)
    return found if found is not None and found.valid_at(unix_ms) else None
