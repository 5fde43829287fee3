"""Plots of an item's temperature, for a report that is printed without colour as well as with.

What is too warm, too cold or unknown is shaded, hatched each its own way, and named.  The figures
are those that the verdict was judged by: corrected by calibration.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from xml.sax.saxutils import escape

from edge_gateway import plot_line, plot_scale
from edge_gateway import plot_png as raster
from edge_gateway.plot_line import Point
from edge_gateway.plot_scale import Box, Scale
from ledger_client.core import storage_terms as say
from ledger_client.core.exposure import REVOKED
from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import Calibrations, Exposure
from ledger_client.core.timeline import NO_DATA_SINCE, Track, tracks
from ledger_client.core.verdict import CERTAIN, HIGH, LOW, Excursion, Verdict

WIDTH, HEIGHT = 1000, 480
_BOX = Box(left=58, top=92, width=808, height=296)
_LABEL_PX = 6.4  # mean width of a character of 11 px sans-serif
_WORDS_PX = 64  # from the right edge: beyond the last tick label and the limits in degrees
_MARK_PX = 6  # height of a hand-over's mark, between the frame and the tick labels
_NARROW_PX = 3  # a shade is never narrower: one reading must be seen on paper
_LABEL_ROWS_PX = (14, 28)  # above the plot
_LABELS = 8  # excursions with words beside them; all are shaded
_DOTS = 120  # with fewer readings than this each has a dot
_DENSE = 2000  # with more readings than pixels a thinner line keeps its shape
_INK, _FAINT, _WARM, _COLD, _GAP, _GOOD = \
    "#1b2733", "#8a939c", "#c2410c", "#1d5fa8", "#6b7280", "#e9f4ea"
_LINES_NAMED, _NAME_CHARACTERS = 4, 26  # what one row of the legend holds; names end differently
_ENTRY_GAP_PX = 10  # all that a legend can hold fits into its row
_DASHES = ("", "7 3", "2 3", "9 3 2 3")  # loggers that are there at once differ without colour
_STORAGE_LIMIT = "storage limit"
_OUTCOMES = {"release": "RELEASE", "hold": "HOLD FOR QA", "reject": "REJECT"}


def plot_svg(exposure: Exposure, profile: Profile, verdict: Verdict, title: str,
             zone: tzinfo = UTC, *, calibration: Calibrations = None, marks: bool = True) -> str:
    """An SVG image of 1000 x 480: temperature over time, the storage range, excursions and gaps.

    zone: of the time axis, named on it; marks: where loggers were attached and detached.
    """
    lines = tracks(exposure, calibration, profile.step_ms_max, verdict.to_ms)
    of = plot_scale.scale(_BOX, (verdict.from_ms, verdict.to_ms), _values(profile, lines))
    moments = _hand_overs(exposure, verdict) if marks else []
    parts = [
        *_frame(of, title, verdict, profile, zone), *_good(of, profile), *_gaps(of, verdict),
        *_excursions(of, profile, verdict), *_grid(of, zone), *_limits(of, profile),
        *_lines(of, lines), *_marks(of, moments), *_alarms(of, verdict), *_labels(of, verdict),
        *_legend(verdict, lines, bool(moments)), "</svg>"]
    return "\n".join(parts) + "\n"


def png_of(svg: str, *, width_px: int = 2 * WIDTH) -> bytes:
    """The same image as PNG.  Raise UsageError without the extra `plots`, or without any font."""
    return raster.render(svg, width_px)


def _values(profile: Profile, lines: Sequence[Track]) -> list[int]:
    """What the axis must show: all readings and the storage range."""
    storage = profile.storage
    values = [point.value_cdeg for line in lines for point in line.points]
    return values + [one for one in (storage.low_cdeg, storage.high_cdeg) if one is not None]


def _text(x: float, y: float, words: str, **style: object) -> str:
    given = " ".join(f'{key.replace("_", "-")}="{value}"' for key, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" {given}>{escape(words)}</text>'


def _rect(left: float, top: float, right: float, bottom: float, fill: str) -> str:
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(0.0, right - left):.1f}" ' \
        f'height="{max(0.0, bottom - top):.1f}" {fill}/>'


def _hatch(name: str, colour: str, path: str) -> str:
    return f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">' \
        f'<path d="{path}" stroke="{colour}" stroke-width="1.1" fill="none"/></pattern>'


def _frame(of: Scale, title: str, verdict: Verdict, profile: Profile,
           zone: tzinfo) -> Iterator[str]:
    description = f"Temperature of {verdict.item}: " \
        f"{say.count(len(verdict.excursions), 'excursion')}, " \
        f"{say.count(len(verdict.gaps), 'gap')}, outcome {verdict.outcome}"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" ' \
        f'width="{WIDTH}" height="{HEIGHT}" role="img" font-family="{raster.FONTS}" ' \
        f'font-size="11" fill="{_INK}">'
    yield f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    yield "<defs>" + _hatch("warm", _WARM, "M-2,2L2,-2M0,8L8,0M6,10L10,6") \
        + _hatch("cold", _COLD, "M-2,6L2,10M0,0L8,8M6,-2L10,2") \
        + _hatch("gap", _GAP, "M0,0L8,8M0,8L8,0") \
        + _hatch("revoked", _GAP, "M0,2H8M0,6H8") + "</defs>"
    yield _rect(0, 0, WIDTH, HEIGHT, 'fill="#ffffff"')
    yield _text(of.box.left, 26, title, font_size=17, font_weight="bold")
    span = f"{say.moment(verdict.from_ms, zone)} to {say.moment(verdict.to_ms, zone)}"
    yield _text(of.box.left, 46, f"{_OUTCOMES[verdict.outcome]}  ·  {span}  ·  storage range "
                f"{say.limits(profile.storage)}", font_size=12)


def _good(of: Scale, profile: Profile) -> Iterator[str]:
    storage = profile.storage
    top = of.box.top if storage.high_cdeg is None else of.y(storage.high_cdeg)
    bottom = of.box.bottom if storage.low_cdeg is None else of.y(storage.low_cdeg)
    yield _rect(of.box.left, top, of.box.right, bottom, f'fill="{_GOOD}"')


def _bands(of: Scale, spans: Iterable[tuple[int, int]]) -> list[tuple[float, float]]:
    """Pixels from left to right; what overlaps or nearly touches is one band, so that a thousand
    short stays do not add up to black."""
    bands: list[tuple[float, float]] = []
    for from_ms, to_ms in sorted(spans):
        left, right = of.x(from_ms), of.x(to_ms)
        if right - left < _NARROW_PX:
            middle = (left + right) / 2
            left, right = middle - _NARROW_PX / 2, middle + _NARROW_PX / 2
        if bands and left <= bands[-1][1] + 0.5:
            bands[-1] = (bands[-1][0], max(bands[-1][1], right))
        else:
            bands.append((left, right))
    return bands


def _gaps(of: Scale, verdict: Verdict) -> Iterator[str]:
    box = of.box
    for hatch, revoked in (("gap", False), ("revoked", True)):
        spans = [(one.from_ms, one.to_ms) for one in verdict.gaps
                 if (one.why == REVOKED) is revoked]
        for left, right in _bands(of, spans):
            yield _rect(left, box.top, right, box.bottom, f'fill="{_GAP}" fill-opacity="0.13"')
            yield _rect(left, box.top, right, box.bottom,
                        f'fill="url(#{hatch})" fill-opacity="0.4"')


def _excursions(of: Scale, profile: Profile, verdict: Verdict) -> Iterator[str]:
    """Shaded and hatched from the limit outwards, over the whole height that is outside."""
    storage, box = profile.storage, of.box
    high = box.top if storage.high_cdeg is None else of.y(storage.high_cdeg)
    low = box.bottom if storage.low_cdeg is None else of.y(storage.low_cdeg)
    for side, colour, hatch, top, bottom in ((HIGH, _WARM, "warm", float(box.top), high),
                                             (LOW, _COLD, "cold", low, float(box.bottom))):
        spans = [seen for one in verdict.excursions if one.side == side
                 for seen in _seen(one, verdict)]
        for left, right in _bands(of, spans):
            yield _rect(left, top, right, bottom, f'fill="{colour}" fill-opacity="0.15"')
            yield _rect(left, top, right, bottom, f'fill="url(#{hatch})" fill-opacity="0.6"')


def _seen(excursion: Excursion, verdict: Verdict) -> Iterator[tuple[int, int]]:
    """The stay without the gaps in it: nobody saw what they were like."""
    from_ms = excursion.first_ms
    for gap in verdict.gaps:
        if from_ms <= gap.from_ms and gap.to_ms <= excursion.last_ms:
            yield from_ms, gap.from_ms
            from_ms = gap.to_ms
    yield from_ms, excursion.last_ms


def _grid(of: Scale, zone: tzinfo) -> Iterator[str]:
    box = of.box
    for value in plot_scale.value_ticks(of):
        y = of.y(value)
        yield f'<path d="M{box.left},{y:.1f}H{box.right}" stroke="#d5d9dd" stroke-width="0.6"/>'
        yield _text(box.left - 6, y + 4, say.degrees(value).removesuffix(" °C").removesuffix(".0"),
                    text_anchor="end")
    for unix_ms, label, below in plot_scale.time_ticks(of, zone):
        x = of.x(unix_ms)
        yield f'<path d="M{x:.1f},{box.top}V{box.bottom + 5}" stroke="#d5d9dd" ' \
            'stroke-width="0.6"/>'
        yield _text(x, box.bottom + 20, label, text_anchor="middle")
        if below:
            yield _text(x, box.bottom + 34, below, text_anchor="middle", fill=_GAP)
    yield _rect(box.left, box.top, box.right, box.bottom,
                f'fill="none" stroke="{_INK}" stroke-width="1"')
    yield _text(box.left - 6, box.top - 8, "°C", text_anchor="end")
    zone_name = plot_scale.local(of.from_ms, zone).tzname() or "local time"
    yield _text(box.right + _WORDS_PX, box.bottom + 20, zone_name, font_weight="bold")


def _limits(of: Scale, profile: Profile) -> Iterator[str]:
    """The range of the label drawn strongly; alarm limits and wider ranges thinly.  Of lines too
    near to each other the first has the words."""
    used: list[float] = []
    for value, words in _limit_words(profile).items():
        if not of.shows(value):
            continue
        y, strong = of.y(value), words == _STORAGE_LIMIT
        style = 'stroke-width="1.8"' if strong else 'stroke-width="0.9" stroke-dasharray="5 4"'
        yield f'<path d="M{of.box.left},{y:.1f}H{of.box.right}" stroke="{_INK}" {style}/>'
        if all(abs(y - other) > 12 for other in used):
            used.append(y)
            yield _text(of.box.right + 6, y + 4, say.degrees(value),
                        font_weight="bold" if strong else "normal")
            yield _text(of.box.right + _WORDS_PX, y + 4, words, font_size=9, fill=_GAP)


def _limit_words(profile: Profile) -> dict[int, str]:
    """Limit -> what it is, the most important first."""
    storage = profile.storage
    words = {one: _STORAGE_LIMIT for one in (storage.high_cdeg, storage.low_cdeg)
             if one is not None}
    for rule in profile.alarms:
        words.setdefault(rule.limit_cdeg, "alarm limit")
    for wider in profile.ranges[1:]:
        for value in (wider.high_cdeg, wider.low_cdeg):
            if value is not None:
                words.setdefault(value, "permitted")
    return words


def _lines(of: Scale, lines: Sequence[Track]) -> Iterator[str]:
    for number, line in enumerate(lines):
        points = [Point(one.time_ms, one.value_cdeg, one.linked) for one in line.points]
        dashes = _DASHES[number % len(_DASHES)]
        style = f' stroke-dasharray="{dashes}"' if dashes else ""
        if points:
            yield f'<path d="{plot_line.path(points, of)}" fill="none" stroke="{_INK}" ' \
                f'stroke-width="{1.6 if len(points) < _DENSE else 1.1}" stroke-linejoin="round" ' \
                f'stroke-linecap="round"{style}/>'
        if len(lines) == 1 and len(points) <= _DOTS:
            yield from (f'<circle cx="{of.x(one.unix_ms):.1f}" cy="{of.y(one.value_cdeg):.1f}" '
                        'r="2.2"/>' for one in points)


def _hand_overs(exposure: Exposure, verdict: Verdict) -> list[int]:
    """Where a logger's time with the item begins or ends, inside the plot."""
    moments = {one.start_ms for one in exposure.segments} | {
        one.end_ms for one in exposure.segments if one.end_ms is not None}
    return sorted(one for one in moments if verdict.from_ms < one < verdict.to_ms)


def _marks(of: Scale, moments: Sequence[int]) -> Iterator[str]:
    for unix_ms in moments:
        x = of.x(unix_ms)
        yield f'<path d="M{x:.1f},{of.box.top}V{of.box.bottom}" stroke="{_INK}" ' \
            'stroke-width="1" stroke-dasharray="1 3"/>'
        yield _mark(x, of.box.bottom + _MARK_PX + 2)


def _mark(x: float, bottom: float) -> str:
    return f'<path d="M{x - 4:.1f},{bottom}l4,-{_MARK_PX}l4,{_MARK_PX}z" fill="#ffffff" ' \
        f'stroke="{_INK}"/>'


def _alarms(of: Scale, verdict: Verdict) -> Iterator[str]:
    """A flag at the top where a rule had certainly fired; one for those at the same place."""
    places = {round(of.x(event.certain_at_ms)) for alarm in verdict.alarms
              for event in alarm.events if event.certain_at_ms is not None}
    for x in sorted(places):
        yield f'<path d="M{x},{of.box.top - 1}l-4.5,-8h9z" fill="{_INK}"/>'


def _labels(of: Scale, verdict: Verdict) -> Iterator[str]:
    """The longest stays and gaps in words above the plot, in two rows, none over another."""
    wanted = sorted([*_excursion_labels(verdict), *_gap_labels(verdict)], reverse=True)[:_LABELS]
    rows: list[list[tuple[float, float]]] = [[] for _ in _LABEL_ROWS_PX]
    for _length, unix_ms, words, colour in wanted:
        half = len(words) * _LABEL_PX / 2
        middle = min(max(of.x(unix_ms), of.box.left + half), WIDTH - half - 4)
        for above_px, taken in zip(_LABEL_ROWS_PX, rows, strict=True):
            if all(middle + half < left or middle - half > right for left, right in taken):
                taken.append((middle - half - 6, middle + half + 6))
                yield _text(middle, of.box.top - above_px, words, text_anchor="middle",
                            fill=colour)
                break


_Label = tuple[int, int, str, str]  # (length_ms, at_ms, words, colour)


def _excursion_labels(verdict: Verdict) -> Iterator[_Label]:
    for one in verdict.excursions:
        warm = one.side == HIGH
        yield (one.at_least_ms, (one.first_ms + one.last_ms) // 2,
               f"{'too warm' if warm else 'too cold'} {say.degrees(one.extreme_cdeg)}, "
               f"{_length(one)}", _WARM if warm else _COLD)


def _length(one: Excursion) -> str:
    return f"≥ {say.at_least(one.at_least_ms)}" if one.at_least_ms else "one reading"


def _gap_labels(verdict: Verdict) -> Iterator[_Label]:
    for gap in verdict.gaps:
        words = "no data since" if gap.why == NO_DATA_SINCE else \
            f"{'no evidence' if gap.why == REVOKED else 'no data'} " \
            f"{say.at_most(gap.to_ms - gap.from_ms)}"
        yield gap.to_ms - gap.from_ms, (gap.from_ms + gap.to_ms) // 2, words, _GAP


def _legend(verdict: Verdict, lines: Sequence[Track], marked: bool) -> Iterator[str]:
    """What each pattern means; only what the plot shows."""
    sides = {one.side for one in verdict.excursions}
    entries = [('<rect width="22" height="12" y="-10" fill="' + _GOOD + '" stroke="' + _FAINT
                + '"/>', "storage range")]
    for shown, hatch, colour, words in (
            (HIGH in sides, "warm", _WARM, "too warm"),
            (bool(sides - {HIGH}), "cold", _COLD, "too cold"),
            (any(one.why != REVOKED for one in verdict.gaps), "gap", _GAP, "no data: unknown"),
            (any(one.why == REVOKED for one in verdict.gaps), "revoked", _GAP,
             "revoked: unknown")):
        if shown:
            entries.append((f'<rect width="22" height="12" y="-10" fill="url(#{hatch})" '
                            f'stroke="{colour}"/>', words))
    if any(event.state == CERTAIN for alarm in verdict.alarms for event in alarm.events):
        entries.append((f'<path d="M6,-9h9l-4.5,8z" fill="{_INK}"/>', "alarm rule fired"))
    if marked:
        entries.append((_mark(11, 0), "logger attached or detached"))
    yield from _entries(entries, HEIGHT - 26)
    yield from _entries(_loggers(lines), HEIGHT - 8)
    yield _text(WIDTH - 12, HEIGHT - 8, say.count(verdict.readings, "reading"),
                text_anchor="end", fill=_GAP)


def _loggers(lines: Sequence[Track]) -> list[tuple[str, str]]:
    """Where several were there at once: which line is whose."""
    entries = []
    for number, line in enumerate(lines[:_LINES_NAMED] if len(lines) > 1 else ()):
        names = ", ".join(dict.fromkeys(one.logger for one in line.segments))
        shown = names if len(names) <= _NAME_CHARACTERS else "…" + names[1 - _NAME_CHARACTERS:]
        entries.append((f'<path d="M0,-4h22" stroke="{_INK}" stroke-width="1.5" stroke-dasharray='
                        f'"{_DASHES[number % len(_DASHES)] or "none"}"/>', shown))
    return entries


def _entries(entries: Sequence[tuple[str, str]], y: int) -> Iterator[str]:
    x = float(_BOX.left)
    for drawing, words in entries:
        yield f'<g transform="translate({x:.1f},{y})">{drawing}' + _text(28, 0, words) + "</g>"
        x += 28 + len(words) * _LABEL_PX + _ENTRY_GAP_PX
