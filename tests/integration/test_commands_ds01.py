"""`coldseal export --ds01`: what an item's loggers measured, valid by the schema of receivers."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge_gateway import replay
from ledger_client.store.sqlite import SqliteStore
from tests.commands import coldseal
from tests.shared_data import shared
from tests.shift import HOUR_MS, PACKS, begin
from tests.world import LOGGER_GIAI, START_MS, World

PACK = f"(01)09506000134352(21){PACKS[0]}"
CRATE_LABEL = "(00)395060001340000018"
LOGGERS = """source = "org.example"
[[logger]]
giai = "{giai}"
AMID = "tenant:1/fridge:7"
CID = "UG"
EDOP = "2026-01-05"
EMFR = "Coldseal"
EMOD = "logger"
EPQS = "E006/000"
ESER = "0011223344556677"
EMSV = "0.1.0"
SID = "0011223344556677:1"
SMFR = "Analog Devices"
SMOD = "DS18B20"
"""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crate whose logger was an hour good, twelve warm, under the WHO's alarms."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    world = World(store=SqliteStore.create(path)).found()
    shift = begin(world)
    world.product("who-e003-ems")
    world.block(shift.logger.boot(), *shift.commissioned(), *shift.packed())
    for hours, value in ((1, 512), (6, 1150), (6, 1200)):
        shift.wait(hours * HOUR_MS)
        world.now_ms += hours * HOUR_MS
        world.block(shift.logger.measure([value] * (12 * hours)))
    world.engine.close()
    return path


def export(ledger: Path, folder: Path, *, giai: str = LOGGER_GIAI, item: str = PACK,
           status: int = 0) -> str:
    loggers = folder / "loggers.toml"
    loggers.write_text(LOGGERS.format(giai=giai))
    return coldseal("export", item, "--ledger", ledger, "--ds01", loggers, "-o",
                    folder / "ds01.json", status=status)


def written(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "ds01.json").read_text())
    return found


def test_it_is_valid_by_every_schema(ledger: Path, tmp_path: Path) -> None:
    assert "156 readings" in export(ledger, tmp_path)
    for path in sorted(shared("compliance/cce_interop").glob("*.json")):
        jsonschema.validate(written(tmp_path), json.loads(path.read_text()),
                            cls=jsonschema.Draft202012Validator)


def test_it_reads_back_with_its_alarms(ledger: Path, tmp_path: Path) -> None:
    export(ledger, tmp_path, item=CRATE_LABEL)
    log = replay.read(tmp_path / "ds01.json")
    rows = list(log.rows)
    assert {value for _, value in rows} == {512, 1150, 1200}
    assert START_MS < rows[0][0] < rows[-1][0] == START_MS + 13 * HOUR_MS
    alarms = [one["ALRM"] for one in written(tmp_path)["data"][0]["records"]]
    assert alarms[-1] == "HEAT"  # ten hours above 8 degC are over
    assert 20 < alarms.count("HEAT") < 36
    assert "HEAT" in {note.split(": ")[1] for note in log.notes}


def test_sent_again_it_bears_the_same_id(ledger: Path, tmp_path: Path) -> None:
    export(ledger, tmp_path)
    first = written(tmp_path)
    export(ledger, tmp_path)
    assert written(tmp_path) == first


def test_a_logger_that_the_file_does_not_name_is_not_left_out(ledger: Path, tmp_path: Path) -> None:
    said = export(ledger, tmp_path, giai="https://id.gs1.org/8004/9506000134L9", status=2)
    assert f"says nothing of {LOGGER_GIAI}" in said
    assert not (tmp_path / "ds01.json").exists()


def test_what_was_never_measured(ledger: Path, tmp_path: Path) -> None:
    said = export(ledger, tmp_path, item="(00)395060001340000025", status=2)
    assert "no logger measured anything" in said


def test_a_file_of_another_form_is_named(ledger: Path, tmp_path: Path) -> None:
    said = export(ledger, tmp_path, giai='x"\nextra = "', status=2)
    assert "loggers.toml" in said


def test_one_kind_at_a_time(ledger: Path, tmp_path: Path) -> None:
    for options in ((), ("--epcis", "--ds01", tmp_path / "x.toml")):
        assert "say --epcis" in coldseal("export", PACK, "--ledger", ledger, *options, "-o",
                                         tmp_path / "x", status=2)
