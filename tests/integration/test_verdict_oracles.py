"""`coldseal verdict` beside what others found: the loggers' own firmware, a table of mean kinetic
temperatures, simulated faults.  Each test prints what was expected beside what came (pytest -s)."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edge_gateway.cli import app
from tests.shared_data import shared

MINUTE_MS, DAY_MS = 60_000, 86_400_000
FRIDGE_2L = "berlinger/FridgeTag_2L_130500109088_202206081014.txt"
FRIDGE_2 = "berlinger/FridgeTag_2_130400191542_202302140605.txt"
FRIDGE_UL = "berlinger/FridgeTag_UL_100800001215_202304201410.txt"
Q_TAG = "berlinger/QTag_CLm_doc_LR_RCPJ00010_02_202211090128.txt"
DEVICES = (FRIDGE_2L, FRIDGE_2, FRIDGE_UL, Q_TAG)
TRIGGER_LATE_MIN = 4  # a device samples every minute and logs every five
LOST_MIN = 15  # the ultra-low one knew the first quarter of an hour, and logged "--.-"


@dataclass(frozen=True)
class Got:
    """What came, as it is printed; a range agrees with what it encloses."""

    shown: str
    agrees: bool


@dataclass
class Table:
    """What was expected beside what came."""

    rows: list[tuple[str, str, Got]] = field(default_factory=list)

    def add(self, what: str, expected: object, got: object) -> None:
        self.rows.append((what, str(expected), got if isinstance(got, Got)
                          else Got(str(got), got == expected)))

    def check(self) -> None:
        for what, expected, got in self.rows:
            print(f"{what:48} expected {expected:>18}, got {got.shown:>18}"
                  f"{'' if got.agrees else '   <-- differs'}")
        assert self.rows
        assert [row for row in self.rows if not row[2].agrees] == []


def verdict(*arguments: object, status: int | None = None) -> dict[str, Any]:
    """The JSON of the command; its exit status says release or not."""
    done = CliRunner().invoke(app, ["verdict", *map(str, arguments), "--json"])
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (0 if found["outcome"] == "release" else 1)
    assert status is None or done.exit_code == status
    return found


def oracle(name: str) -> dict[str, Any]:
    table = json.loads(shared("compliance/oracles/device_reported_summaries.json").read_text())
    (found,) = [one for one in table["devices"] if one["file"] == name]
    return dict(found)


def test_every_device_of_the_oracle_is_looked_at_here() -> None:
    table = json.loads(shared("compliance/oracles/device_reported_summaries.json").read_text())
    assert sorted(one["file"] for one in table["devices"]) == sorted(DEVICES)


ALARM = """[[alarms]]
limit_degc = "{limit}"
op = "{op}"
mode = "{mode}"
window = "{window}"
duration = "{duration}"
min_samples = 1
severity = "major"
"""
PROFILE = """source = "the limits that the device was set to"
freeze_sensitive = false
expected_interval = "{step} min"
gap_tolerance = "0 s"
gap_policy = {{ outcome = "hold", charges_budgets = true }}
calibration_required = false
guard_band_cdeg = 0
[[ranges]]
name = "storage"
low_degc = "{low}"
high_degc = "{high}"
{alarms}
{mkt}
[aggregation]
minor = {{ certain = "release", possible = "release" }}
major = {{ certain = "hold", possible = "hold" }}
critical = {{ certain = "reject", possible = "hold" }}
"""
MKT = """[mkt]
delta_h_j_mol = 83000
gas_constant_uj_mol_k = 8314500
limit_degc = "8.0"
coverage_min_permille = 900
"""


def rules(limits: list[dict[str, Any]]) -> Iterator[str]:
    """The device's own, then each once more as time accumulated within a day."""
    for day in (False, True):
        for one in limits:
            cumulative = day or "cumulative" in one.get("type", "")
            yield ALARM.format(
                limit=one["t_limit_c"], op="<" if low(one) else ">",
                mode="cumulative" if cumulative else "single",
                window="day" if day else "trip" if cumulative else "none",
                duration="1 s" if day else f"{one['duration_min']} min")


def low(limit: dict[str, Any]) -> bool:
    return "low" in (limit.get("direction") or limit["type"])


def profile_of(device: dict[str, Any], folder: Path, step_min: int, mkt: str = "") -> Path:
    limits = device.get("limits") or device["alarm_config"]
    bounds = {low(one): one["t_limit_c"] for one in limits}
    path = folder / "device.toml"
    path.write_text(PROFILE.format(low=bounds[True], high=bounds[False], step=step_min, mkt=mkt,
                                   alarms="".join(rules(limits))))
    return path


def judged(name: str, folder: Path, step_min: int, mkt: str = "") -> dict[str, Any]:
    """The device's export judged by the limits that the device had."""
    return verdict(shared("compliance") / name, "--zone", "UTC", "--profile",
                   profile_of(oracle(name), folder, step_min, mkt))


def start_of(date: str) -> int:
    return round(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() * 1000)


def clock(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%H:%M")


@pytest.mark.parametrize("name", [FRIDGE_2L, FRIDGE_UL])
def test_day_by_day(name: str, tmp_path: Path) -> None:
    """Minutes beyond each limit, and the time of day at which the device raised its alarm."""
    device, table = oracle(name), Table()
    alarms = judged(name, tmp_path, 5)["verdict"]["alarms"]
    late_min = LOST_MIN if name == FRIDGE_UL else TRIGGER_LATE_MIN
    for day in sorted(device["days"], key=lambda one: str(one["date"])):
        start_ms = start_of(day["date"])
        for limit in device["limits"]:
            side = day["alarms"][limit["direction"]]
            what = f"{day['date']} {limit['direction']:4}"
            table.add(what + " minutes", side["accumulated_min"], minutes(
                alarms[len(device["limits"]) + limit["id"]], start_ms, side["accumulated_min"]))
            table.add(what + " alarm", side["triggered_at"], triggered(
                alarms[limit["id"]], start_ms, side["triggered_at"], late_min))
    table.check()


def minutes(alarm: dict[str, Any], start_ms: int, device_min: int) -> Got:
    """From the least to the most that the day had."""
    least, most = 0, 0
    for event in alarm["events"]:
        if start_ms <= event["possible_at_ms"] < start_ms + DAY_MS:
            least, most = event["at_least_ms"], event["at_most_ms"]
    return Got(f"{least // MINUTE_MS} to {most // MINUTE_MS}",
               least <= device_min * MINUTE_MS <= most)


def triggered(alarm: dict[str, Any], start_ms: int, device: str | None, late_min: int) -> Got:
    """When it had certainly fired: at most a row later; 00:00 of what goes on over midnight."""
    sure = [one for one in alarm["events"] if one["certain_at_ms"] is not None]
    if any(one["certain_at_ms"] < start_ms <= one["last_ms"] for one in sure):
        return Got("00:00", device == "00:00")
    fired = [one["certain_at_ms"] for one in sure
             if start_ms <= one["certain_at_ms"] < start_ms + DAY_MS]
    if not fired or device is None:
        return Got(clock(fired[0]) if fired else "None", not fired and device is None)
    hour, minute = map(int, device.split(":"))
    behind_ms = fired[0] - start_ms - (hour * 60 + minute) * MINUTE_MS
    return Got(clock(fired[0]), 0 <= behind_ms <= late_min * MINUTE_MS)


def test_sixty_days_in_alarm_are_one_alarm() -> None:
    """A logger that was left warm prints 00:00 sixty times; it has no rows, so nothing is known."""
    found = verdict(shared("compliance") / FRIDGE_2, "--zone", "UTC", "--profile",
                    "who-e006-30dtr", status=1)
    days = oracle(FRIDGE_2)["days"]
    table = Table()
    table.add("days whose alarm is carried over", len(days),
              sum(one["alarms"]["high"]["triggered_at"] == "00:00" for one in days))
    (alarm,) = found["device_alarms"]
    table.add("alarms", (1, len(days)), (len(found["device_alarms"]), alarm["days"]))
    table.add("minutes beyond the limit", sum(
        one["alarms"]["high"]["accumulated_min"] for one in days), alarm["beyond_ms"] // MINUTE_MS)
    table.add("when it began", None, alarm["triggered_ms"])
    table.add("readings", 0, found["verdict"]["readings"])
    table.add("outcome", "hold", found["outcome"])
    table.check()


def test_shipment_logger(tmp_path: Path) -> None:
    """Its alarms of four kinds, and its mean kinetic temperature, which it cuts to a tenth."""
    device, table = oracle(Q_TAG), Table()
    found = judged(Q_TAG, tmp_path, 10, MKT)["verdict"]
    for number, limit in enumerate(device["alarm_config"]):
        for event in device["alarm_events"].get(str(limit["slot"]), []):
            start_ms = start_of(event["start"])
            what = f"{limit['type']} from {event['start'][-5:]}"
            table.add(what + ", minutes", event["duration_min"], near(
                found["alarms"][number], start_ms, event["duration_min"],
                cumulative="cumulative" in limit["type"]))
    ours = found["mkt"]["mkt_udeg"]
    behind_udeg = ours - round(float(device["result"]["MKT"]) * 10**6)
    table.add("mean kinetic temperature", device["result"]["MKT"],
              Got(str(ours / 10**6), 0 <= behind_udeg < 150_000))
    table.add("lowest", device["result"]["Min T"], str(found["low_cdeg"] / 100))
    table.add("highest", device["result"]["Max T"], str(found["high_cdeg"] / 100))
    table.check()


def near(alarm: dict[str, Any], start_ms: int, device_min: int, *, cumulative: bool) -> Got:
    """Our firing at that time."""
    events = [one for one in alarm["events"] if one["first_ms"] is not None and
              (cumulative or abs(one["first_ms"] - start_ms) <= 10 * MINUTE_MS)]
    if len(events) != 1:
        return Got(f"{len(events)} alarms", False)
    least, most = events[0]["at_least_ms"] // MINUTE_MS, events[0]["at_most_ms"] // MINUTE_MS
    return Got(f"{least} to {most}", least <= device_min <= most)


def log_of(pieces: list[tuple[float, int]], folder: Path, step_min: int = 10) -> Path:
    """A table of a logger: so many minutes at each temperature, one after another."""
    path = folder / "log.csv"
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["time", "temperature °C"])
        for value, length_min in pieces:
            for _ in range(length_min // step_min):
                rows.writerow([f"{moment:%Y-%m-%dT%H:%M:%SZ}", value])
                moment += timedelta(minutes=step_min)
    return path


def test_mean_kinetic_temperatures(tmp_path: Path) -> None:
    """Every case of the table, to a millionth of a degree."""
    table = Table()
    for case in json.loads(shared("compliance/oracles/mkt_cases.json").read_text())["cases"]:
        unit_min, step_min = (1, 1) if "weights min" in case["case"] else (60, 2)
        path = log_of([(value, weight * unit_min) for value, weight in
                       case["pairs_temp_c_weight"]], tmp_path, step_min)
        found = verdict(path, "--profile", mkt_only(tmp_path))["verdict"]["mkt"]
        apart_udeg = abs(found["mkt_udeg"] - round(float(case["mkt_c"]) * 10**6))
        table.add(case["case"], case["mkt_c"], Got(str(found["mkt_udeg"] / 10**6), apart_udeg <= 1))
    table.check()


def mkt_only(folder: Path) -> Path:
    path = folder / "mkt.toml"
    path.write_text(PROFILE.format(
        low="-30.0", high="60.0", step=15, alarms=ALARM.format(
            limit="60.0", op=">", mode="single", window="none", duration="0 s") + ALARM.format(
            limit="-30.0", op="<", mode="single", window="none", duration="0 s"),
        mkt=MKT.replace("83000", "83144").replace("8314500", "8314400")))
    return path


def test_freezing_that_a_mean_kinetic_temperature_hides(tmp_path: Path) -> None:
    found = verdict(log_of([(5, 720), (-2, 720)], tmp_path), "--profile", "refrigerated-2-8",
                    status=1)
    table = Table()
    table.add("MKT below its limit", True, found["verdict"]["mkt"]["mkt_udeg"] < 8 * 10**6)
    table.add("outcome", "hold", found["outcome"])
    reasons = {one["code"] for one in found["verdict"]["reasons"]}
    table.add("freezing among the reasons", True, "freezing" in reasons)
    table.add("softened alarms", 0, sum(event["softened"] for alarm in found["verdict"]["alarms"]
                                        for event in alarm["events"]))
    table.check()


def test_single_against_cumulative(tmp_path: Path) -> None:
    """607 minutes above 8 degC in a day under a limit of 600 raised no alarm of a real logger: the
    temperature had returned in between.  A cumulative limit of as much is broken."""
    path = log_of([(5, 60), (9, 300), (5, 60), (9, 310), (5, 60)], tmp_path)
    by = tmp_path / "both.toml"
    by.write_text(PROFILE.format(low="2.0", high="8.0", step=10, mkt="", alarms="".join(
        ALARM.format(limit=limit, op=op, mode=mode, window=window, duration="600 min")
        for limit, op, mode, window in (("8.0", ">", "single", "none"),
                                        ("8.0", ">", "cumulative", "trip"),
                                        ("2.0", "<", "single", "none")))))
    alarms = verdict(path, "--profile", by, status=1)["verdict"]["alarms"]
    table = Table()
    table.add("single, 600 min", "none", alarms[0]["state"])
    table.add("cumulative, 600 min", "possible", alarms[1]["state"])
    longer = log_of([(5, 60), (9, 310), (5, 60), (9, 330), (5, 60)], tmp_path)
    alarms = verdict(longer, "--profile", by, status=1)["verdict"]["alarms"]
    table.add("single, two stays longer", "none", alarms[0]["state"])
    table.add("cumulative, two stays longer", "certain", alarms[1]["state"])
    table.check()


# scenario -> (HEAT for ten hours, FRZE for one, above 8 degC at any time, conforms to 2 to 8 degC
# but for the calibration that a simulator has not).
FAULTS = {
    "mains_normal": ("none", "none", "none", True),
    "solar_normal": ("none", "none", "none", True),
    "busy_facility": ("none", "none", "none", True),
    "power_outage": ("none", "none", "none", True),
    "compressor_failure": ("none", "none", "none", True),
    "stuck_door": ("none", "none", "certain", False),
}


def test_every_simulated_fault() -> None:
    folder, table = shared("compliance/cce_simulated_faults"), Table()
    table.add("scenarios", sorted(FAULTS), sorted(path.stem for path in folder.glob("*.json")))
    for name, (heat, freeze, warm, conforms) in FAULTS.items():
        path = folder / f"{name}.json"
        who = verdict(path, "--profile", "who-e003-ems")["verdict"]
        table.add(f"{name}: HEAT, FRZE", (heat, freeze),
                  tuple(one["state"] for one in who["alarms"]))
        cold = verdict(path, "--profile", "refrigerated-2-8", status=1)["verdict"]
        table.add(f"{name}: above 8 at any time", warm, cold["alarms"][0]["state"])
        held = {one["code"] for one in cold["reasons"] if one["outcome"] != "release"}
        table.add(f"{name}: only calibration is missing", conforms, held == {"calibration"})
    table.check()
