"""Profiles: what decodes re-encodes, and every wrong key is named."""

import copy
from typing import Any

import pytest

from ledger_client import profiles
from ledger_client.core import profile
from ledger_client.errors import UsageError
from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError

SHIPPED = [
    "crt", "ctc-vaccine", "eu-room", "frozen-cdc", "frozen-usp", "frozen-vaccine", "msupply",
    "refrigerated-2-8", "ultra-low", "who-e003-ems", "who-e006-30dtr", "who-tr07-type1",
    "who-tr07-type2",
]


def body() -> dict[str, Any]:
    return copy.deepcopy(profiles.load("refrigerated-2-8"))


def test_the_shipped_profiles_are_these() -> None:
    assert profiles.names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_survives_the_ledger(name: str) -> None:
    shipped = profiles.load(name)
    encoded = cbor.encode(shipped, True)
    decoded = profile.decode(cbor.decode(encoded, True))
    assert cbor.encode(decoded.as_map(), True) == encoded
    assert decoded.source
    assert decoded.storage is decoded.ranges[0]


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="refrigerated-2-8"):
        profiles.load("../pyproject")


# What is done to the body of refrigerated-2-8 -> rule, and words of the message.
WRONG = [
    ((), "x", "profile.form", "profile is not a map"),
    (("extra",), 1, "profile.form", "unknown key 'extra'"),
    (("source",), "", "profile.source", "1 to 256"),
    (("source",), "x" * 257, "profile.source", "1 to 256"),
    (("source",), 7, "profile.source", "profile.source is not text"),
    (("ranges",), [], "profile.ranges", "array of 1 to 4"),
    (("ranges", 0, "low_cdeg"), True, "profile.low_cdeg", "ranges[0].low_cdeg is not an integer"),
    (("ranges", 0, "low_cdeg"), 2.0, "profile.low_cdeg", "not an integer"),
    (("ranges", 0, "low_cdeg"), -27316, "profile.low_cdeg", "from -27315"),
    (("ranges", 0, "low_cdeg"), 800, "profile.ranges", "not below"),
    (("ranges", 0, "low_cdeg"), 100, "profile.ranges", "ranges[1] does not hold"),
    (("ranges", 0, "high_cdeg"), None, "profile.ranges", "ranges[1] does not hold"),
    (("ranges", 0, "low_op"), ">", "profile.low_op", "is not one of <, <="),
    (("ranges", 0, "high_op"), "<", "profile.high_op", "is not one of >, >="),
    (("ranges", 0), {}, "profile.ranges", "lacks the key 'name'"),
    (("alarms", 0, "op"), "==", "profile.op", "alarms[0].op"),
    (("alarms", 0, "mode"), "both", "profile.mode", "single, cumulative"),
    (("alarms", 0, "window"), "day", "profile.window", '"none"'),
    (("alarms", 0, "window"), 0, "profile.window", "from 1 to"),
    (("alarms", 0, "mode"), "cumulative", "profile.window", "cumulative"),
    (("alarms", 0, "duration_ms"), -1, "profile.duration_ms", "from 0"),
    (("alarms", 0, "min_samples"), 0, "profile.min_samples", "from 1"),
    (("alarms", 0, "severity"), "grave", "profile.severity", "minor, major, critical"),
    (("alarms",), [], "profile.alarms", "low side"),
    (("mkt", "delta_h_j_mol"), 0, "profile.delta_h_j_mol", "mkt.delta_h_j_mol"),
    (("mkt", "gas_constant_uj_mol_k"), 8314, "profile.gas_constant_uj_mol_k", "8000000"),
    (("mkt", "coverage_min_permille"), 1001, "profile.coverage_min_permille", "1000"),
    (("mkt", "window_ms"), 0, "profile.window_ms", "from 1"),
    (("mkt",), [], "profile.mkt", "not a map"),
    (("ranges", 0), {"name": "x", "low_cdeg": None, "low_op": "<", "high_cdeg": None,
                     "high_op": ">"}, "profile.ranges", "neither low_cdeg nor high_cdeg"),
    (("aggregation", "minor", "certain"), "reject", "profile.aggregation", "major is milder"),
    (("budgets", 0, "low_cdeg"), 1500, "profile.budgets", "not below"),
    (("budgets", 0, "max_events"), -1, "profile.max_events", "budgets[0].max_events"),
    (("freeze_sensitive",), 1, "profile.freeze_sensitive", "neither true nor false"),
    (("expected_interval_ms",), 0, "profile.expected_interval_ms", "from 1"),
    (("gap_policy", "outcome"), "ignore", "profile.outcome", "release, hold, reject"),
    (("gap_policy",), None, "profile.gap_policy", "not a map"),
    (("guard_band_cdeg",), -1, "profile.guard_band_cdeg", "from 0"),
    (("aggregation", "minor", "possible"), "hold", "profile.aggregation", "graver than certain"),
    (("aggregation", "critical", "certain"), "release", "profile.aggregation", "critical"),
]


@pytest.mark.parametrize(("path", "value", "rule", "words"), WRONG)
def test_a_wrong_value_is_refused_by_name(path: tuple[Any, ...], value: object, rule: str,
                                          words: str) -> None:
    whole: Any = {"": body()}
    target = whole
    steps: list[Any] = ["", *path]
    for step in steps[:-1]:
        target = target[step]
    target[steps[-1]] = value
    with pytest.raises(WireError) as caught:
        profile.decode(whole[""])
    assert caught.value.rule == rule
    assert words in caught.value.detail


@pytest.mark.parametrize("key", sorted(body()))
def test_every_key_is_needed(key: str) -> None:
    less = body()
    del less[key]
    with pytest.raises(WireError, match=f"lacks the key '{key}'"):
        profile.decode(less)


@pytest.mark.parametrize(("changes", "rule"), [
    ({"window": "none"}, "profile.window"),
    ({"window": 60_000}, "profile.window"),  # shorter than the duration
    ({"min_samples": 2}, "profile.min_samples"),
    ({"duration_ms": 0}, "profile.duration_ms"),
])
def test_a_cumulative_rule_counts_time_in_a_window(changes: dict[str, object], rule: str) -> None:
    whole = body()
    good = {"mode": "cumulative", "window": "trip", "duration_ms": 3_600_000}
    whole["alarms"][0].update(good)
    profile.decode(whole)
    whole["alarms"][0].update(changes)
    with pytest.raises(WireError) as caught:
        profile.decode(whole)
    assert caught.value.rule == rule


def test_mkt_needs_a_high_limit() -> None:
    whole = body()
    for one in whole["ranges"]:
        one["high_cdeg"] = None
    with pytest.raises(WireError, match="no high_cdeg"):
        profile.decode(whole)


def test_a_band_watches_its_side() -> None:
    whole = body()
    whole["alarms"] = []
    whole["budgets"].append(whole["budgets"][0] | {"low_cdeg": None, "high_cdeg": 200})
    decoded = profile.decode(whole)
    assert profile.banded(decoded, high=True)
    assert profile.banded(decoded, high=False)


def test_operators_say_what_lies_outside() -> None:
    inclusive = profile.decode(profiles.load("msupply")).storage
    strict = profile.decode(profiles.load("who-e006-30dtr")).storage
    assert [inclusive.holds(value) for value in (200, 201, 799, 800)] == [False, True, True, False]
    assert [strict.holds(value) for value in (199, 200, 800, 801)] == [False, True, True, False]


FILE = """
source = "a test"
freeze_sensitive = false
expected_interval = "5 min"
gap_tolerance_ms = 60000
gap_policy = { outcome = "hold", charges_budgets = false }
calibration_required = false
ranges = [{ name = "storage", high_degc = "8.05" }]
[[alarms]]
limit_cdeg = 805
op = ">"
mode = "cumulative"
window = "72 h"
duration = "1 h"
min_samples = 1
severity = "minor"
[aggregation]
minor = { certain = "hold", possible = "release" }
major = { certain = "hold", possible = "hold" }
critical = { certain = "reject", possible = "hold" }
"""


def test_a_file_reads_degrees_and_durations_exactly() -> None:
    read = profile.decode(profiles.parse(FILE))
    assert read.storage == profile.Range("storage", None, "<", 805, ">")
    assert (read.alarms[0].window, read.alarms[0].duration_ms) == (72 * 3600_000, 3600_000)
    assert read.step_ms_max == 360_000
    assert read.mkt is None
    assert read.guard_band_cdeg is None


@pytest.mark.parametrize(("old", "new", "words"), [
    ('"8.05"', "8.05", "write _degc"),
    ('"8.05"', '"8.055"', "two decimals"),
    ('"8.05"', '"warm"', "two decimals"),
    ('"8.05"', '"NaN"', "two decimals"),
    ('"5 min"', '"5 minutes"', '"30 min"'),
    ('"5 min"', "5", '"30 min"'),
    ('"5 min"', f'"{"9" * 5000} min"', '"30 min"'),
    ('"8.05"', '"1e999999"', "two decimals"),
    ('"8.05"', '"1e99999999999"', "two decimals"),
    ("source", "= source", "not TOML"),
    ("source", f"deep = {'[' * 5000}\nsource", "not TOML"),
])
def test_a_wrong_file_says_what_to_write(old: str, new: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        profiles.parse(FILE.replace(old, new, 1))


def test_a_window_of_nothing_is_refused_by_name() -> None:
    with pytest.raises(WireError, match=r"profile\.window"):
        profiles.parse(FILE.replace('"72 h"', '""'))
