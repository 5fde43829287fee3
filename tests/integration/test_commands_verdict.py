"""`coldseal verdict` as people type it: of packs and crates on a ledger, then and now; of files."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger_client import profiles
from ledger_client.core import identity
from ledger_client.core.answer import gtin_of
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes
from tests.commands import coldseal
from tests.shared_data import shared
from tests.shift import HOUR_MS, PACKS, begin
from tests.world import CRATE, LOGGER_GIAI, OTHER_CRATE, World, label, pack, pack_symbol

PACK = f"(01)09506000134352(21){PACKS[0]}"
CRATE_LABEL = "(00)395060001340000018"
Q_TAG = "compliance/berlinger/QTag_CLm_doc_LR_RCPJ00010_02_202211090128.txt"
SUMMARIES = "compliance/berlinger/FridgeTag_2_130400191542_202302140605.txt"
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crate of ten packs and its logger, an hour good, an hour warm, then silence; what the
    logger still held came a day later."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    world = World(store=SqliteStore.create(path)).found()
    shift = begin(world)
    world.product()
    world.block(shift.logger.boot(), *shift.commissioned(), *shift.packed())

    def wait(hours: int) -> None:
        shift.wait(hours * HOUR_MS)
        world.now_ms += hours * HOUR_MS

    wait(1)
    world.block(shift.logger.measure([500] * 13))
    wait(1)
    world.block(shift.logger.measure([1100] * 12))
    wait(1)
    held = shift.logger.measure([600] * 12)
    wait(1)
    world.block(shift.maker.scan(codes.ACTION_CHECK, [label(CRATE)]))
    world.block(held, shift.logger.measure([500] * 12))
    world.engine.close()
    return path


def ask(*arguments: object, status: int = 1) -> str:
    return coldseal("verdict", *arguments, status=status)


def asked(*arguments: object, status: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(*arguments, "--json", status=status))
    return found


def test_what_happened_stands_first(ledger: Path) -> None:
    lines = ask(PACK, "--ledger", ledger).splitlines()
    assert lines[0] == "HOLD FOR QA: do not use it and do not throw it away."
    assert lines[1].startswith(f"Item {pack(PACKS[0])}, ")
    assert 'profile "refrigerated-2-8", version 1' in lines[2]
    headings = [line for line in lines if line.endswith(":") and not line.startswith("-")]
    assert headings == ["What happened:", "What else was with it then:", "What to do now:",
                        "Evidence:"]
    text = "\n".join(lines)
    assert "Too warm, up to 11.0 °C (limit 8.0 °C), from 2026-05-28 21:31 to 22:26 UTC" in text
    assert "at least 54 min, at most 1 h 6 min" in text
    assert f"- 9 packs: {pack(PACKS[1])}," in text


def test_of_a_crate_it_is_the_profile_of_what_is_in_it(ledger: Path) -> None:
    found = asked(CRATE_LABEL, "--ledger", ledger)
    assert (found["item"], found["profile"]) == (CRATE, "refrigerated-2-8")
    assert sum(gtin_of(one) is not None for one in found["touched"]) == 10
    assert len(found["verdict"]["excursions"]) == 1
    missing = ask(CRATE_LABEL, "--ledger", ledger, "--profile", "crt")
    assert "no profile 'crt' is registered on this ledger" in missing


def test_a_crate_of_several_profiles_or_none_asks_by_which(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    world = World(store=SqliteStore.create(path)).found()
    shift = begin(world)
    world.product()
    other: list[object] = ["]d2", b"0109506000134369" b"17281231" b"10LOT7\x1d" b"21X1"]
    world.register(
        world.state("profile", world.maker[1], "profile/crt", [1, None, profiles.load("crt")]),
        world.state("product", world.maker[1], "https://id.gs1.org/01/09506000134369",
                    [1, None, {"name": "Warmvax", "profile": "crt"}]))
    crate = label(CRATE)
    world.block(*[shift.maker.scan(codes.ACTION_COMMISSION, [one])
                  for one in (crate, label(OTHER_CRATE), pack_symbol("A1"), other)],
                shift.maker.scan(codes.ACTION_PACK, [pack_symbol("A1"), other], parent=crate))
    world.engine.close()
    said = ask(CRATE_LABEL, "--ledger", path, status=2)
    assert "holds products of 2 profiles: crt, refrigerated-2-8. By which one?" in said
    assert asked(CRATE_LABEL, "--ledger", path, "--profile", "crt")["profile"] == "crt"
    assert "holds products of 0 profiles. By which one?" in ask(
        "(00)395060001340000025", "--ledger", path, status=2)


def test_a_crate_without_a_logger(ledger: Path) -> None:
    text = ask("(00)395060001340000025", "--ledger", ledger)
    assert "There is not one reading: nothing is known." in text


def test_then_and_now(ledger: Path) -> None:
    now = asked(PACK, "--ledger", ledger)
    then = asked(PACK, "--ledger", ledger, "--as-of", now["entries"] - 2, "--compare")
    assert then["checkpoint"] == now["checkpoint"] - 1
    assert then["verdict"]["gaps"][-1]["why"] == "no data since"
    assert then["now"]["verdict"] == now["verdict"]
    (why,) = then["now"]["why"]
    assert why["kind"] == "data"
    assert why["says"][0].startswith(f"24 readings of logger {LOGGER_GIAI}")
    text = ask(PACK, "--ledger", ledger, "--as-of", now["entries"] - 2, "--compare")
    assert "not its newest word" in text.splitlines()[1]
    assert "measured before then, registered after." in text


def test_at_a_time(ledger: Path) -> None:
    found = asked(PACK, "--ledger", ledger, "--at", "2026-05-28T21:30:00Z")
    assert found["verdict"]["high_cdeg"] == 500
    assert "which zone?" in ask(PACK, "--ledger", ledger, "--at", "2026-05-28T21:30:00", status=2)
    assert "no checkpoint that early" in ask(PACK, "--ledger", ledger, "--at",
                                             "2020-01-01T00:00:00Z", status=2)
    assert "not on the ledger yet" in ask(PACK, "--ledger", ledger, "--as-of", 1, status=2)
    assert "there is no entry 999" in ask(PACK, "--ledger", ledger, "--as-of", 999, status=2)


@pytest.mark.parametrize(("options", "words"), [
    (("--compare",), "--compare with which earlier verdict?"),
    (("--at", "2026-05-28T21:30:00Z", "--as-of", "3"), "not both"),
    (("--unit", "C"), "--unit does not go with --ledger"),
    (("--clock-error", "3 s"), "--clock-error does not go with --ledger"),
    (("--profile", "crt"), "judged by the profile of its product"),
    (("--plot", "x.pdf"), "a plot is .svg or .png"),
    (("--zone", "Mars"), "Europe/Zurich"),
])
def test_what_makes_no_sense_is_refused(ledger: Path, options: tuple[str, ...],
                                        words: str) -> None:
    assert words in ask(PACK, "--ledger", ledger, *options, status=2)


def test_an_unknown_pack_is_to_be_quarantined(ledger: Path) -> None:
    assert "quarantine it" in ask("(01)09506000134352(21)NONE", "--ledger", ledger, status=2)


def test_plots(ledger: Path, tmp_path: Path) -> None:
    ask(PACK, "--ledger", ledger, "--plot", tmp_path / "pack.svg")
    assert "url(#warm)" in (tmp_path / "pack.svg").read_text()
    ask(PACK, "--ledger", ledger, "--plot", tmp_path / "pack.png")
    assert (tmp_path / "pack.png").read_bytes().startswith(PNG)


def test_a_passport_with_a_revoked_logger_states_its_verdict_and_proves_none(
        tmp_path: Path) -> None:
    """Which of its records were registered before, only the ledger knows."""
    path = tmp_path / "ledger.db"
    world = World(store=SqliteStore.create(path)).found()
    shift = begin(world)
    world.product()
    world.block(shift.logger.boot(), *shift.commissioned(), *shift.packed())
    stolen_ms = world.now_ms + 1
    shift.wait(HOUR_MS)
    world.now_ms += HOUR_MS
    world.block(shift.logger.measure([500] * 13))
    key = shift.logger.signer
    world.register(world.state("revoke", world.maker[0],
                               identity.statement_subject(key.public_key),
                               [1, key.kid, stolen_ms, 1]))
    world.engine.close()
    world.maker[1].save(tmp_path / "operations.key")
    assert asked(PACK, "--ledger", path)["verdict"]["readings"] == 0
    coldseal("passport", "make", PACK, "--ledger", path, "--key", tmp_path / "operations.key",
             "-o", tmp_path / "pack.passport")
    text = coldseal("passport", "show", tmp_path / "pack.passport")
    assert (f"telemetry of {LOGGER_GIAI} rests on a key that its owner declared not to be believed "
            "from entry ") in text
    assert "stated, not proven" in text
    assert "recomputed here" not in text


def test_a_logger_that_was_taken_off_before_what_it_had_seen(tmp_path: Path) -> None:
    """Whoever holds the crate says when; that there is more is said."""
    path = tmp_path / "ledger.db"
    world = World(store=SqliteStore.create(path)).found()
    shift = begin(world)
    world.product()
    world.block(shift.logger.boot(), *shift.commissioned(), *shift.packed())
    early_ms = shift.maker.now_ms + 1000
    shift.wait(HOUR_MS)
    world.now_ms += HOUR_MS
    world.block(shift.logger.measure([-1500] * 13))
    shift.maker.now_ms = early_ms
    world.block(shift.maker.scan(codes.ACTION_DETACH, [label(LOGGER_GIAI)], parent=label(CRATE)))
    world.engine.close()
    said = ask(PACK, "--ledger", path, status=1)
    assert "rule C24.3: logger" in said
    assert "What it made then is not in this verdict: look whether the logger was there" in said


def test_a_passport_without_what_cannot_be_proven_whole_says_so(tmp_path: Path) -> None:
    """The logger began anew more often than any verifier follows."""
    path, made = tmp_path / "ledger.db", tmp_path / "pack.passport"
    world = World(store=SqliteStore.create(path)).found()
    shift = begin(world)
    world.product()
    world.block(shift.logger.boot(), *shift.commissioned(), *shift.packed())
    shift.logger.epoch, shift.logger.seq, shift.logger.prev = codes.EPOCHS + 2, 0, bytes(32)
    shift.wait(HOUR_MS)
    world.now_ms += HOUR_MS
    world.block(shift.logger.measure([500] * 13))
    world.engine.close()
    world.maker[1].save(tmp_path / "operations.key")
    text = coldseal("passport", "make", PACK, "--ledger", path, "--key",
                    tmp_path / "operations.key", "-o", made)
    assert (f"! not in it: telemetry of {LOGGER_GIAI}: from epoch 1 to the newest, 258, are more "
            "than 256") in text
    text = coldseal("passport", "show", made)
    assert f"not in this file: telemetry of {LOGGER_GIAI}" in text
    assert "stated, not proven" in text


GOOD = "time,temperature °C\n2026-03-01T00:00:00Z,5.0\n2026-03-01T00:10:00Z,5.1\n"
CERTIFICATE = """giai = "https://id.gs1.org/8004/9506000134L1"
channel = 0
certificate = "DAkkS 0815"
file = "certificate.pdf"
valid_from = 2026-01-01
valid_to = 2026-12-31
u95_degc = "0.2"
[[point]]
indicated_degc = "5.0"
correction_degc = "{correction}"
"""


def file(folder: Path, text: str = GOOD) -> Path:
    path = folder / "log.csv"
    path.write_text(text)
    return path


class TestFiles:
    def test_release_is_status_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "certificate.pdf").write_bytes(b"%PDF")
        certificate = tmp_path / "certificate.toml"
        certificate.write_text(CERTIFICATE.format(correction="-0.1"))
        text = ask(file(tmp_path), "--profile", "refrigerated-2-8", "--calibration", certificate,
                   status=0)
        assert text.startswith("RELEASE")
        assert "certificate DAkkS 0815" in text
        assert f"DAkkS 0815 is of logger {LOGGER_GIAI}, valid from 2026-01-01 00:00 UTC to" in text
        certificate.write_text(CERTIFICATE.format(correction="4.0"))
        assert "Too warm, up to 9.1 °C" in ask(
            file(tmp_path), "--profile", "refrigerated-2-8", "--calibration", certificate)
        certificate.write_text(CERTIFICATE.format(correction="4.0").replace("2026-", "2025-"))
        text = ask(file(tmp_path), "--profile", "refrigerated-2-8", "--calibration", certificate)
        assert "expired (certificate DAkkS 0815): outside its validity it corrects nothing" in text
        assert "highest 5.1 °C" in text

    def test_a_profile_of_ones_own(self, tmp_path: Path) -> None:
        own = tmp_path / "own.toml"
        own.write_text(Path("ledger_client/profiles/crt.toml").read_text())
        assert asked(file(tmp_path), "--profile", own)["profile"] == "own"
        assert "which profile?" in ask(file(tmp_path), status=2)
        assert "there are: crt" in ask(file(tmp_path), "--profile", "cold", status=2)

    def test_the_interval_that_the_logger_was_set_to(self, tmp_path: Path) -> None:
        hourly = GOOD.replace("00:10:00", "01:00:00")
        path = file(tmp_path, hourly)
        assert asked(path, "--profile", "refrigerated-2-8")["verdict"]["gaps"]
        wide = ("--profile", "refrigerated-2-8", "--interval", "1 h", "--clock-error", "90 s")
        assert asked(path, *wide)["verdict"]["gaps"] == []
        text = ask(path, *wide)
        assert "- Judged with an interval of 1 h, as you said." in text
        assert "- The clock may have been off by 90 s, as you said." in text
        assert "is not text like" in ask(path, *wide[:2], "--interval", "hourly", status=2)

    def test_what_the_device_says_of_itself(self) -> None:
        path = shared(Q_TAG)
        text = ask(path, "--profile", "refrigerated-2-8", "--zone", "+01:00")
        assert "- Its limit below 2.0 °C for 30 min without interruption: 3 alarms." in text
        assert "From 2022-11-08 12:46 +01:00: 2 h 25 min beyond the limit." in text
        assert "carries its maker's signature" in text

    def test_the_figures_of_the_device_have_units(self) -> None:
        text = ask(shared(Q_TAG), "--profile", "refrigerated-2-8", "--zone", "+01:00")
        figures = [line for line in text.splitlines() if line.startswith(("- MKT", "- Avrg T"))]
        assert figures
        assert all(line.endswith((" °C.", " kJ/mol.")) for line in figures)

    def test_without_readings_the_device_speaks_first(self) -> None:
        text = ask(shared(SUMMARIES), "--profile", "refrigerated-2-8", "--zone", "UTC")
        assert text.index("59 d 6 h beyond the limit") < text.index("What happened:")
        assert text.count("What the device says of itself:") == 1
        assert "- Error 19, counted 1, last at 2022-03-24 15:30 device time." in text
        assert "to 2023-02-14 06:05 UTC." in text
        assert "This export lacks those data" in text

    def test_what_is_open_is_asked(self, tmp_path: Path) -> None:
        assert "Say --zone UTC" in ask(shared(Q_TAG), "--profile", "crt", status=2)
        path = file(tmp_path, "time,value\n03/04/2026 10:00,5.0\n04/04/2026 10:00,5.0\n")
        said = ask(path, "--profile", "crt", "--zone", "UTC", status=2)
        assert "names no unit: is it Celsius or Fahrenheit? Say --unit C" in said
        said = ask(path, "--profile", "crt", "--zone", "UTC", "--unit", "C", status=2)
        assert "such as '03/04/2026 10:00'" in said
        assert "--date-order dmy or --date-order mdy" in said
        asked(path, "--profile", "crt", "--zone", "UTC", "--unit", "C", "--date-order", "dmy")

    def test_a_broken_line_is_named(self, tmp_path: Path) -> None:
        said = ask(file(tmp_path, GOOD + "2026-03-01T00:20:00Z,warm\n"), "--profile", "crt")
        assert "line 4: 'warm' is no temperature" in said

    def test_what_is_for_ledgers(self, tmp_path: Path) -> None:
        assert "--at does not go with a file" in ask(
            file(tmp_path), "--profile", "crt", "--at", "2026-05-28T21:30:00Z", status=2)
        assert "For a pack or crate say --ledger FILE" in ask(PACK, status=2)
        assert "cannot be read (Is a directory)" in ask(tmp_path, "--profile", "crt", status=2)
        nowhere = tmp_path / "nowhere" / "plot.svg"
        assert "cannot be written" in ask(file(tmp_path), "--profile", "crt", "--plot", nowhere,
                                          status=2)
