"""Plots: nothing that matters is left out, and no colour is needed to read them."""

import itertools
import re
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_gateway import plot, plot_line, plot_scale, replay
from edge_gateway.plot_line import Point
from edge_gateway.plot_scale import Box, Scale
from ledger_client import profiles
from ledger_client.core import profile, storage
from ledger_client.core.exposure import REVOKED
from ledger_client.core.storage_values import Calibration, Exposure, Segment
from ledger_client.errors import UsageError
from tests.shared_data import shared
from tests.storage_scenes import (
    COLD,
    DAY_MS,
    GOOD,
    HOUR_MS,
    START_MS,
    STEP,
    WARM,
    alone,
    make,
    readings,
)

SVG = "{http://www.w3.org/2000/svg}"
SVG_BYTES = 400_000  # of the longest log at hand
BOX = Box(0, 0, 800, 300)


def drawn(values: list[int | None], title: str = "A pack", **options: object) -> str:
    exposure = alone(readings(values))
    verdict = storage.judge(make(), exposure, None, exposure.to_ms)
    return plot.plot_svg(exposure, make(), verdict, title, **options)  # type: ignore[arg-type]


def words(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_every_state_is_hatched_and_named() -> None:
    svg = drawn([GOOD, *[WARM] * 20, GOOD, *[COLD] * 20, GOOD, *[None] * 20, GOOD])
    for name in ("warm", "cold", "gap"):
        assert f'<pattern id="{name}"' in svg
        assert svg.count(f"url(#{name})") >= 2  # in the plot and in the legend
    assert {"too warm", "too cold", "no data: unknown", "alarm rule fired", "storage range"} <= \
        set(words(svg))
    assert "too warm 9.0 °C, ≥ 1 h 35 min" in words(svg)
    assert "no data 1 h 45 min" in words(svg)
    assert "UTC" in words(svg)


def test_what_did_not_happen_is_not_in_the_legend() -> None:
    shown = set(words(drawn([GOOD] * 10)))
    assert shown.isdisjoint({"too warm", "too cold", "no data: unknown", "alarm rule fired"})
    assert "10 readings" in shown


def test_a_gap_in_an_excursion_is_not_hatched_as_warm() -> None:
    svg = drawn([GOOD, *[WARM] * 20, *[None] * 20, *[WARM] * 20, GOOD])
    bands = {name: [(float(one.get("x", "0")), float(one.get("width", "0")))
                    for one in ET.fromstring(svg).iter(f"{SVG}rect")
                    if one.get("fill") == f"url(#{name})" and one.get("height") != "12"]
             for name in ("warm", "gap")}
    assert len(bands["warm"]) == 2
    (first, width), (second, _) = bands["warm"]
    assert bands["gap"][0] == pytest.approx((first + width, second - first - width), abs=0.2)


def test_what_a_revoked_key_signed_is_named() -> None:
    taken = readings([GOOD, GOOD])
    last_ms = START_MS + HOUR_MS
    exposure = Exposure("item", START_MS, last_ms, (Segment(
        "L1", START_MS, None, readings=taken, missing=((START_MS + 2 * STEP, last_ms, REVOKED),)),))
    verdict = storage.judge(make(), exposure, None, last_ms)
    svg = plot.plot_svg(exposure, make(), verdict, "A pack")
    assert "revoked: unknown" in words(svg)
    assert "no data: unknown" not in words(svg)


def test_the_hatches_differ() -> None:
    patterns = ET.fromstring(drawn([GOOD] * 3)).iter(f"{SVG}pattern")
    assert len({one[0].get("d") for one in patterns}) == 4


def test_a_title_is_text_never_markup() -> None:
    svg = drawn([GOOD] * 3, title='<script>&"x"')
    assert '<script>&"x"' in words(svg)
    assert "<script>" not in svg


def test_the_zone_is_named_and_moves_the_ticks() -> None:
    values: list[int | None] = [GOOD] * (12 * 12)
    assert "00:00" in words(drawn(values))
    india = words(drawn(values, zone=ZoneInfo("Asia/Kolkata")))
    assert "IST" in india
    assert "06:00" in india
    assert "00:00" not in india


def test_one_bad_reading_in_a_year_is_still_seen() -> None:
    taken = readings([GOOD] * 4000 + [1200] + [GOOD] * 4000, step_ms=HOUR_MS)
    exposure = alone(taken)
    by = make(step_ms=HOUR_MS)
    svg = plot.plot_svg(exposure, by, storage.judge(by, exposure, None, exposure.to_ms), "Year")
    widths = [float(one.get("width", "0")) for one in ET.fromstring(svg).iter(f"{SVG}rect")
              if one.get("fill") == "url(#warm)"]
    assert widths[0] >= 3
    assert "too warm 12.0 °C, one reading" in words(svg)


def test_calibration_is_drawn_as_it_was_judged() -> None:
    exposure = alone(readings([GOOD] * 5))
    offset = Calibration("C", 0, 2**52, ((0, 1000),), 10)
    verdict = storage.judge(make(), exposure, offset, exposure.to_ms)
    svg = plot.plot_svg(exposure, make(), verdict, "x", calibration=offset)
    raw = plot.plot_svg(exposure, make(), verdict, "x")
    assert "14" in words(svg)  # the axis reaches up to the corrected 15 degC
    assert "14" not in words(raw)


def two_loggers() -> Exposure:
    end_ms = START_MS + 40 * STEP
    return Exposure("item", START_MS, end_ms, (
        Segment("truck", START_MS, None, readings=readings([GOOD] * 41)),
        Segment("crate", START_MS + 10 * STEP, end_ms - 5 * STEP,
                readings=readings([GOOD] * 20, start_ms=START_MS + 10 * STEP))))


def test_two_loggers_are_told_apart_and_hand_overs_are_marked() -> None:
    exposure = two_loggers()
    verdict = storage.judge(make(), exposure, None, exposure.to_ms)
    svg = plot.plot_svg(exposure, make(), verdict, "x")
    assert {"truck", "crate", "logger attached or detached"} <= set(words(svg))
    assert 'stroke-dasharray="7 3"' in svg
    bare = plot.plot_svg(exposure, make(), verdict, "x", marks=False)
    assert "logger attached or detached" not in words(bare)


def test_the_zone_stands_clear_of_a_tick_at_the_edge() -> None:
    svg = drawn([GOOD] * 37, zone=ZoneInfo("Europe/Zurich"))  # to 04:00
    (zone,) = [one for one in ET.fromstring(svg).iter(f"{SVG}text") if one.text == "CET"]
    edges = [float(one.get("x") or 0) + len(one.text or "") * plot._LABEL_PX / 2
             for one in ET.fromstring(svg).iter(f"{SVG}text")
             if one.get("text-anchor") == "middle" and float(one.get("y") or 0) > plot._BOX.bottom]
    assert float(zone.get("x") or 0) > max(edges)


def test_marks_of_hand_overs_stand_below_the_frame() -> None:
    exposure = two_loggers()
    svg = plot.plot_svg(exposure, make(), storage.judge(make(), exposure, None, exposure.to_ms),
                        "x")
    bottoms = [float(one) for one in re.findall(r"M[\d.]+,([\d.]+)l4,-", svg)[:-1]]  # the legend's
    assert len(bottoms) == 2
    assert all(bottom - 6 > plot._BOX.bottom for bottom in bottoms)


def test_words_that_would_meet_stand_in_two_rows() -> None:
    svg = drawn([*[GOOD] * 40, *[WARM] * 10, *[GOOD] * 3, *[COLD] * 9, *[GOOD] * 40])
    heights = {one.text: one.get("y") for one in ET.fromstring(svg).iter(f"{SVG}text")
               if (one.text or "").startswith("too ") and "≥" in (one.text or "")}
    assert len(heights) == 2
    assert len(set(heights.values())) == 2


def test_long_names_of_loggers_keep_their_ends() -> None:
    exposure = two_loggers()
    named = Exposure("item", exposure.from_ms, exposure.to_ms, tuple(
        Segment(f"https://id.gs1.org/8004/401234512345{number}", one.start_ms, one.end_ms,
                readings=one.readings) for number, one in enumerate(exposure.segments)))
    shown = words(plot.plot_svg(named, make(), storage.judge(make(), named, None, named.to_ms),
                                "x"))
    assert "…s1.org/8004/4012345123450" in shown
    assert "…s1.org/8004/4012345123451" in shown


def test_nothing_known_is_one_hatched_field() -> None:
    exposure = Exposure("item", START_MS, START_MS + DAY_MS, ())
    svg = plot.plot_svg(exposure, make(), storage.judge(make(), exposure, None, exposure.to_ms),
                        "Nothing")
    assert "no data 1 d" in words(svg)
    assert svg.count("url(#gap)") == 2


def test_no_length_at_all() -> None:
    assert "1 reading" in words(drawn([GOOD]))


@pytest.mark.parametrize("name", profiles.names())
def test_every_shipped_profile_can_be_drawn(name: str) -> None:
    by = profile.decode(profiles.load(name))
    exposure = alone(readings([-9500, -2000, -1200, 100, GOOD, 2200, 2800, 5000]))
    verdict = storage.judge(by, exposure, None, exposure.to_ms)
    assert words(plot.plot_svg(exposure, by, verdict, name))[0] == name


def test_the_longest_log_stays_small_and_keeps_its_extremes() -> None:
    log = replay.read(shared("compliance/berlinger/FridgeTag_2L_130500109088_202206081014.txt"),
                      zone="UTC")
    segment = replay.segment(log)
    assert segment.end_ms is not None
    exposure = Exposure("item", segment.start_ms, segment.end_ms, (segment,))
    by = profile.decode(profiles.load("who-e006-30dtr"))
    verdict = storage.judge(by, exposure, None, exposure.to_ms)
    svg = plot.plot_svg(exposure, by, verdict, "Fridge-tag 2 L")
    print(len(svg.encode()), "bytes")
    assert len(svg.encode()) < SVG_BYTES
    line = max((one.get("d", "") for one in ET.fromstring(svg).iter(f"{SVG}path")), key=len)
    heights = [float(y) for y in re.findall(r",([\d.]+)", line)]
    values = [one.value_cdeg for one in segment.readings]
    of = plot_scale.scale(Box(58, 92, 808, 296), (0, 1), [*values, 200, 800])
    assert min(heights) == pytest.approx(of.y(max(values)), abs=0.06)
    assert max(heights) == pytest.approx(of.y(min(values)), abs=0.06)


points = st.lists(st.tuples(st.integers(1, 400), st.integers(-3000, 3000), st.booleans()),
                  min_size=1, max_size=300)


@given(points)
@settings(deadline=None)
def test_thinning_keeps_every_extreme_and_every_gap(steps: list[tuple[int, int, bool]]) -> None:
    at, taken = 0, []
    for step, value, linked in steps:
        at += step
        taken.append(Point(at, value, linked))
    of = Scale(BOX, 0, 20_000, -3000, 3000)
    pieces = plot_line.thinned(taken, of)
    kept = [one for piece in pieces for one in piece]
    assert len(pieces) == sum(not one.linked for one in taken[1:]) + 1
    assert [one for one in taken if one in kept] == kept  # in order, none made up
    columns: dict[int, list[Point]] = {}
    for one in taken:
        columns.setdefault(int(of.x(one.unix_ms)), []).append(one)
    for inside in columns.values():
        values = [one.value_cdeg for one in inside]
        left = [one.value_cdeg for one in kept if one in inside]
        assert (min(left), max(left)) == (min(values), max(values))
    for number in {int(of.x(one.unix_ms)) for one in kept}:
        assert len([one for one in kept if int(of.x(one.unix_ms)) == number]) <= \
            4 * (1 + sum(not one.linked for one in columns[number]))


@pytest.mark.parametrize("hours", [0, 1, 5, 24, 100, 24 * 30, 24 * 400, 24 * 4000])
@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Europe/Zurich"),
                                  timezone(timedelta(hours=-3, minutes=-30))])
def test_ticks_are_few_apart_and_inside(hours: int, zone: timezone | ZoneInfo) -> None:
    of = plot_scale.scale(BOX, (START_MS, START_MS + hours * HOUR_MS), [200, 800])
    ticks = plot_scale.time_ticks(of, zone)
    places = [of.x(one[0]) for one in ticks]
    assert len(ticks) <= BOX.width // 50
    assert all(after - before > 50 for before, after in itertools.pairwise(places))
    assert all(of.from_ms <= one[0] <= of.to_ms for one in ticks)
    assert hours < 1 or len(ticks) >= 2


@pytest.mark.parametrize("values", [[500], [200, 800], [-9000, 4000], [499, 501], [-2**31, 2**31]])
def test_the_scale_shows_all_values(values: list[int]) -> None:
    of = plot_scale.scale(BOX, (0, 1), values)
    assert all(of.shows(one) for one in values)
    assert len(plot_scale.value_ticks(of)) >= 2 or values[0] == -2**31


def test_png_has_the_picture() -> None:
    pytest.importorskip("resvg_py", reason="the extra `plots` is not installed")
    png = plot.png_of(drawn([GOOD, *[WARM] * 20, GOOD]), width_px=500)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20], "big") == 500
    assert len(png) > 5000  # a blank page has a tenth


def test_png_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match=r"needs resvg-py\. .*-e '\.\[plots\]'"):
        plot.png_of(drawn([GOOD] * 3))
