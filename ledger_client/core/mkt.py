"""Mean kinetic temperature, exactly and the same on every machine.

T_K = (dH / R) / -ln( sum(t_i exp(-dH / (R T_i))) / sum(t_i) ), with T in K = degC + 273.15
(USP <1079.2>).  The exponentials are decimals of fixed precision turned into integers: sums are
exact.
"""

import decimal
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ledger_client.core.profile import Mkt
from ledger_client.core.timeline import Timeline
from ledger_client.core.verdict import MktResult

ZERO_CELSIUS_CDEG = 27315
# exp and ln are correctly rounded in a given context, hence equal everywhere.  Ninety digits hold
# exp(-dH / (R T)) down to liquid nitrogen (4e-57 at 77 K) with thirty of them to spare.
DIGITS = 90
_CONTEXT = decimal.Context(prec=DIGITS, rounding=decimal.ROUND_HALF_EVEN, Emin=-999999,
                           Emax=999999, traps=[decimal.InvalidOperation, decimal.DivisionByZero])
_SCALE = Decimal(10) ** DIGITS
_SHOWN = Decimal(10) ** 6  # results are in 10^-6 degC


def mean_kinetic_udeg(weighted: Iterable[tuple[int, int]], delta_h_j_mol: int,
                      gas_constant_uj_mol_k: int) -> int | None:
    """MKT in 10^-6 degC of (value_cdeg, weight) pairs; None without weight, or too near absolute
    zero to be told from it."""
    ratio = _ratio(delta_h_j_mol, gas_constant_uj_mol_k)
    total = weight_total = 0
    for value_cdeg, weight in weighted:
        total += _term(value_cdeg, ratio) * weight
        weight_total += weight
    return _inverse(total, weight_total, ratio)


def _ratio(delta_h_j_mol: int, gas_constant_uj_mol_k: int) -> Decimal:
    """dH / R in kelvin."""
    return _CONTEXT.divide(Decimal(delta_h_j_mol * 10**6), Decimal(gas_constant_uj_mol_k))


def _term(value_cdeg: int, ratio: Decimal) -> int:
    """exp(-dH / (R T)) * 10^DIGITS; nothing at or below absolute zero."""
    kelvin_cdeg = value_cdeg + ZERO_CELSIUS_CDEG
    if kelvin_cdeg <= 0:
        return 0
    exponent = _CONTEXT.divide(_CONTEXT.multiply(ratio, Decimal(-100)), Decimal(kelvin_cdeg))
    scaled = _CONTEXT.multiply(_CONTEXT.exp(exponent), _SCALE)
    return int(_CONTEXT.to_integral_value(scaled))


def _inverse(total: int, weight_total: int, ratio: Decimal) -> int | None:
    if total <= 0 or weight_total <= 0:
        return None
    mean = _CONTEXT.divide(Decimal(total), _CONTEXT.multiply(Decimal(weight_total), _SCALE))
    kelvin = _CONTEXT.divide(ratio, _CONTEXT.minus(_CONTEXT.ln(mean)))
    celsius = _CONTEXT.subtract(kelvin, Decimal("273.15"))
    return int(_CONTEXT.to_integral_value(_CONTEXT.multiply(celsius, _SHOWN)))


@dataclass(frozen=True)
class _Window:
    """Readings first..last; weights are doubled, to halve intervals exactly."""

    first: int
    last: int
    total: int
    weight: int

    def coverage_permille(self, window_ms: int) -> int:
        return min(1000, self.weight * 500 // window_ms) if window_ms else 0


def worst_window(timeline: Timeline, rule: Mkt) -> tuple[MktResult, list[tuple[int, int]]]:
    """The warmest window with enough data, and (from_ms, to_ms) of all that had enough.

    From each reading, all readings of the next rule.window_ms; or the whole exposure once.
    """
    ratio = _ratio(rule.delta_h_j_mol, rule.gas_constant_uj_mol_k)
    whole_ms = timeline.end_ms - timeline.start_ms
    window_ms = whole_ms if rule.window_ms is None else rule.window_ms
    windows = _windows(timeline, rule.window_ms, ratio)
    enough = [one for one in windows if one.weight
              and one.coverage_permille(window_ms) >= rule.coverage_min_permille]
    times = timeline.times
    if not enough:
        coverage = max((one.coverage_permille(window_ms) for one in windows), default=0)
        return _result(rule, None, (timeline.start_ms, timeline.end_ms), coverage), []
    warmest = enough[0]
    for one in enough:
        if one.total * warmest.weight > warmest.total * one.weight:
            warmest = one
    mkt_udeg = _inverse(warmest.total, warmest.weight, ratio)
    result = _result(rule, mkt_udeg, (times[warmest.first], times[warmest.last]),
                     warmest.coverage_permille(window_ms))
    return result, [(times[one.first], times[one.last]) for one in enough]


def _result(rule: Mkt, mkt_udeg: int | None, bounds: tuple[int, int],
            coverage_permille: int) -> MktResult:
    return MktResult(mkt_udeg, rule.limit_cdeg, bounds[0], bounds[1], coverage_permille,
                     rule.delta_h_j_mol, rule.gas_constant_uj_mol_k, rule.window_ms)


def _windows(timeline: Timeline, window_ms: int | None, ratio: Decimal) -> list[_Window]:
    times = timeline.times
    totals, weights = _sums(timeline, ratio)
    windows = []
    last = -1
    for first, start_ms in enumerate(times):
        before = last
        while last + 1 < len(times) and (window_ms is None
                                         or times[last + 1] < start_ms + window_ms):
            last += 1
        if last > before:  # else it lies inside the window before
            windows.append(_Window(first, last, totals[last + 1] - totals[first],
                                   weights[last + 1] - weights[first]))
    return windows


def _sums(timeline: Timeline, ratio: Decimal) -> tuple[list[int], list[int]]:
    """Sums before each reading: exponentials times doubled weights, and doubled weights in ms.

    A reading weighs half of the known intervals on both its sides, and where one side is unknown
    the other twice: so readings at one interval weigh the same, as in the textbook.
    """
    times, linked = timeline.times, timeline.linked
    terms = {value: _term(value, ratio) for value in set(timeline.values)}
    steps = [0, *(after - before if known else 0 for before, after, known
                  in zip(times, times[1:], linked[1:], strict=False)), 0]
    totals, weights = [0], [0]
    for number, value in enumerate(timeline.values):
        left, right = steps[number], steps[number + 1]
        weight = (left or right) + (right or left)
        totals.append(totals[-1] + terms[value] * weight)
        weights.append(weights[-1] + weight)
    return totals, weights
