"""`coldseal where`, `held`, `contents` and `touched` as people type them."""

import json
from pathlib import Path

import pytest

from ledger_client.core.judgement import RECALL
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes as c
from tests.circle import MAKER, STORE
from tests.commands import Desk, coldseal
from tests.shift import PACKS, whole_way
from tests.world import CRATE as CASE
from tests.world import LOGGER_GIAI, World, label, pack, pack_symbol, signer

CRATE = "(00)395060001340000018"
PACK = f"(01)09506000134352(21){PACKS[0]}"
LOGGER = "(8004)9506000134L1"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("questions") / "ledger.db"
    world = World(store=SqliteStore.create(path)).found()
    whole_way(world)
    world.product()
    world.engine.close()
    return path


def ask(ledger: Path, *arguments: object, status: int = 0) -> str:
    return coldseal(*arguments, "--ledger", ledger, status=status)


def asked(ledger: Path, *arguments: object) -> dict[str, object]:
    answer = json.loads(ask(ledger, *arguments, "--json"))
    assert isinstance(answer, dict)
    return answer


def test_where_is_it_and_where_was_it(ledger: Path) -> None:
    said = ask(ledger, "where", PACK)
    assert "is dispensed, since 2026-05-29" in said
    assert "nobody on this ledger holds it any more" in said
    assert "as of 2026-05-29" in said
    said = ask(ledger, "where", PACK, "--at", "2026-05-28T21:00:00Z")
    assert "was packed, since 2026-05-28 20:26:40 UTC" in said
    assert "on the way to (417)9521321000018, since 2026-05-28 20:26:40" in said
    assert "held by Maker" in said
    found = asked(ledger, "where", PACK, "--at", "2026-05-28T23:00:00+02:00")
    assert (found["status"], found["inside"]) == \
        ("packed", ["https://id.gs1.org/00/395060001340000018"])


LABEL_LINK = f"https://id.gs1.org/01/09506000134352/10/LOT42A/21/{PACKS[0]}?17=281231"


@pytest.mark.parametrize("spelt", [LABEL_LINK, LABEL_LINK.replace("https", "http"),
                                   LABEL_LINK.replace("id.gs1.org", "example.com/med")])
@pytest.mark.parametrize("question", ["where", "held", "contents", "trace", "check"])
def test_a_pack_is_the_same_however_its_label_spells_it(ledger: Path, question: str,
                                                        spelt: str) -> None:
    assert ask(ledger, question, spelt) == ask(ledger, question, PACK)


@pytest.mark.parametrize(("spelt", "said"), [
    ("https://id.gs1.org/foo", "ends in no primary key"),
    (LABEL_LINK.split("?")[0] + "/", "ends in no primary key"),
    (f"https://id.gs1.org/01/9506000134352/21/{PACKS[0]}", "too short"),
    (f"https://id.gs1.org/01/09506000134353/21/{PACKS[0]}", "incorrect check digit"),
    ("https://id.gs1.org/01/09506000134352/10/LOT42A", "a serial (21)")])
def test_what_names_no_thing_is_not_called_unknown(ledger: Path, spelt: str, said: str) -> None:
    for question in ("where", "trace", "check"):
        complaint = ask(ledger, question, spelt, status=2)
        assert said in complaint
        assert "quarantine" not in complaint


def test_who_held_it(ledger: Path) -> None:
    said = ask(ledger, "held", PACK)
    assert said.index("Maker") < said.index("Pharmacy")
    assert "shipped 2026-05-28 20:26:40 UTC to (417)9521321000018" in said
    held = asked(ledger, "held", PACK)["held"]
    assert isinstance(held, list)
    assert [one["holder"]["name"] for one in held] == ["Maker", "Pharmacy"]
    assert held[0]["until"] == held[1]["since"]


def test_a_label_that_is_wrong_says_what_the_pack_is(ledger: Path) -> None:
    said = ask(ledger, "check", PACK, "--lot", "other", status=1).splitlines()
    assert said == ["NOT VERIFIED: No_match_GTIN_Serial_Lot",
                    "! AGAINST USING IT: dispensed already",
                    "do: quarantine it until its origin is known"]


def test_what_is_in_it_and_what_was(ledger: Path) -> None:
    assert "contains nothing" in ask(ledger, "contents", CRATE)
    said = ask(ledger, "contents", CRATE, "--at", "2026-05-28T21:00:00Z")
    assert "contained 10 packs" in said
    assert f"  (01)09506000134352(21){PACKS[9]} since" in said
    assert pack(PACKS[10]) not in said


def test_what_was_touched(ledger: Path) -> None:
    said = ask(ledger, "touched", "--logger", LOGGER, "--above", "8", "--since",
               "2026-05-28T20:00:00Z", "--until", "2026-05-30T20:00:00Z")
    assert "touched: 10 packs, 1 crate or pallet" in said
    assert "touched: nothing" in ask(ledger, "touched", "--logger", LOGGER, "--below", "2.5")
    assert ask(ledger, "touched", "--pack", PACK).startswith("touched: 10 packs, 1 crate")
    by_device = ask(ledger, "touched", "--key", signer("maker scanner").thumbprint.hex()[:12])
    assert "has events of 12 packs, 2 crates and pallets" in by_device
    assert "and measured beside" in ask(ledger, "touched", "--key", LOGGER)
    found = asked(ledger, "touched", "--key", LOGGER_GIAI)
    assert found["touched"] == []


def test_a_key_by_its_file(ledger: Path, tmp_path: Path) -> None:
    signer("pharmacy scanner").save(tmp_path / "scanner.key")
    found = asked(ledger, "touched", "--key", tmp_path / "scanner.key.pub")
    assert len(found["touched"]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(("arguments", "said"), [
    (["where", "(01)09506000134352(21)NONE"], "quarantine it"),
    (["where", PACK, "--at", "2026-05-28"], "which zone?"),
    (["where", PACK, "--at", "Tuesday"], "not a time"),
    (["where", PACK, "--at", "2025-05-28T00:00:00Z"], "that was at 2026-05-28T20:26:40Z"),
    (["where", PACK, "--at", "2027-05-28T00:00:00Z"], "the ledger goes to"),
    (["where", "(01)09506000134353(21)X"], "no GS1 identity"),
    (["where", "(414)9506000134352"], "`coldseal contents`"),
    (["held", LOGGER], "it has none now"),
    (["contents", LOGGER], "`coldseal touched --logger`"),
    (["contents", "(414)4012345000009"], "ever put away at this place on this ledger. Is the GLN"),
    (["contents", "(414)401234500009"], "too short"),
    (["contents", "(00)395060001340000094"], "nobody commissioned it"),
    (["touched"], "one of --logger"),
    (["touched", "--pack", PACK, "--above", "8"], "about a --logger"),
    (["touched", "--pack", PACK, "--since", "2026-05-28T20:00:00Z"], "leave --since out"),
    (["touched", "--logger", LOGGER, "--above", "warm"], "not a temperature"),
    (["touched", "--logger", LOGGER, "--above", "8.125"], "two decimals"),
    (["touched", "--logger", "(8004)9506000134L7"], "ever attached"),
    (["touched", "--key", "me"], "eight or more hex digits"),
])
def test_what_cannot_be_answered_says_why(ledger: Path, arguments: list[str],
                                          said: str) -> None:
    assert said.lower() in ask(ledger, *arguments, status=2).lower()


@pytest.mark.parametrize("question", ["where", "held", "contents", "trace", "verdict"])
@pytest.mark.parametrize(("uri", "said"), [
    ("(8004)9506000134L1", "logger"), ("(414)9521321000018", "a place is where it is"),
    ("(417)9521321000018", "an organisation is not a thing")])
def test_what_is_no_pack_or_crate_is_told_the_same_everywhere(ledger: Path, question: str, uri: str,
                                                              said: str) -> None:
    if (question, uri[:5]) == ("contents", "(414)"):
        said = "put away at no place is at none: `coldseal where`"
    complaint = ask(ledger, question, uri, status=2)
    assert said in complaint
    assert "commissioned" not in complaint


def test_a_place_with_a_logger_is_no_thing_either(hindered: "Hindered") -> None:
    for question in ("where", "held", "trace"):
        assert "a place is where it is" in ask(hindered.ledger, question, STORE, status=2)
    said = ask(hindered.ledger, "verdict", STORE, "--profile", "refrigerated-2-8", status=1)
    assert "There is not one reading" in said


def test_people_read_what_labels_print_and_programs_links(ledger: Path) -> None:
    for question in (["where", PACK], ["held", PACK], ["contents", CRATE],
                     ["touched", "--logger", LOGGER]):
        assert "https://" not in ask(ledger, *question)
        assert "https://id.gs1.org/" in ask(ledger, *question, "--json")
    history = ask(ledger, "trace", PACK).partition("\n\n")[0]
    assert "packed into (00)395060001340000018, Maker" in history
    assert "https://" not in history


def test_every_answer_names_its_time(ledger: Path) -> None:
    for question in ("where", "held", "contents", "trace"):
        assert "\nas of 2026-05-29 10:26:40 UTC, entry 13\n" in ask(ledger, question, PACK)
    assert asked(ledger, "trace", PACK)["as_of"] == asked(ledger, "where", PACK)["as_of"]


@pytest.mark.parametrize("question", [
    ["where", PACK], ["trace", PACK], ["check", PACK], ["touched", "--key", "0123456789"],
    ["verdict", PACK]])
def test_a_service_is_not_asked_like_a_file(question: list[str]) -> None:
    for url in ("http://127.0.0.1:8470", "https://ledger.example.com/x"):
        said = coldseal(*question, "--ledger", url, status=2)
        assert f"{url}: " in said
        assert "LedgerClient.ask" in said


def test_a_place_that_a_scan_names_may_be_empty(hindered: "Hindered") -> None:
    assert "contains nothing" in ask(hindered.ledger, "contents", STORE)


def test_a_crate_is_told_where_its_storage_is_judged(ledger: Path) -> None:
    assert f'a crate: ask `coldseal verdict "{CRATE}"`' in ask(ledger, "trace", CRATE)


def test_of_a_pack_without_a_logger_nothing_is_known(ledger: Path) -> None:
    said = ask(ledger, "touched", "--pack", f"(01)09506000134352(21){PACKS[11]}", status=2)
    assert "no logger was with it: nothing is known" in said


class Hindered:
    """A pack that is recalled and out of date, one on hold, one dispensed, one without
    fault in a crate on hold."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        circle = self.desk.circle
        circle.commissioned(pack_symbol("S1", expiry="260529"), pack_symbol("S2", lot="LOT43"),
                            pack_symbol("S3", lot="LOT43"), pack_symbol("S4", lot="LOT43"), CASE)
        circle.done(MAKER, c.ACTION_QUARANTINE, pack("S2"))
        circle.done(MAKER, c.ACTION_PUT_AWAY, pack("S3"), place=STORE)
        circle.done(MAKER, c.ACTION_DISPENSE, pack("S3"), place=STORE)
        circle.done(MAKER, c.ACTION_PACK, pack("S4"), parent=CASE)
        circle.done(MAKER, c.ACTION_QUARANTINE, CASE)
        circle.wait(3 * 24 * 3600 * 1000)
        chief = circle.person(MAKER, "responsible person")
        about = circle.denied("C12.1", MAKER, c.ACTION_RECALL, pack("S1")).about("C12.1")
        assert circle.judge(chief, about, RECALL) is None
        circle.product()
        circle.block(circle.device("logger", circle.keys[MAKER], LOGGER_GIAI).boot())
        circle.done(MAKER, c.ACTION_ATTACH, label(LOGGER_GIAI), parent=STORE)
        self.ledger = self.desk.close().ledger

    def passport(self, uri: str) -> Path:
        path = self.desk.folder / "pack.passport"
        coldseal("passport", "make", uri, "--ledger", self.ledger, "--key",
                 self.desk.key(f"{MAKER}-operations"), "-o", path)
        return path


@pytest.fixture(scope="module")
def hindered(tmp_path_factory: pytest.TempPathFactory) -> Hindered:
    return Hindered(tmp_path_factory.mktemp("hindered"))


@pytest.mark.parametrize(("uri", "more"), [
    (pack("S1"), ["but it is Recalled: do not pass it on",
                  "! AGAINST USING IT: recalled; expired"]),
    (pack("S3"), ["! AGAINST USING IT: dispensed already"]),
    (pack("S4"), ["but it is Suspect: do not pass it on",
                  f"! AGAINST USING IT: on hold ({CASE}, which it is in)"])])
def test_a_label_that_is_right_is_not_all(hindered: Hindered, uri: str, more: list[str]) -> None:
    verified, *said = ask(hindered.ledger, "check", uri).splitlines()
    assert verified.startswith("VERIFIED")
    assert said == more


@pytest.mark.parametrize(("uri", "against"), [
    (pack("S1"), ["recalled", "expired"]), (pack("S2"), ["on hold"]),
    (pack("S3"), ["dispensed already"]), (pack("S4"), [f"on hold ({CASE}, which it is in)"])])
def test_what_speaks_against_using_it_stands_by_its_status(hindered: Hindered, uri: str,
                                                           against: list[str]) -> None:
    line = f"! AGAINST USING IT: {'; '.join(against)}"
    for question, status in (("where", 0), ("trace", 0), ("verdict", 1)):
        assert ask(hindered.ledger, question, uri, status=status).splitlines()[1] == line
        said = ask(hindered.ledger, question, uri, "--json", status=status)
        assert json.loads(said)["against"] == against
    said = coldseal("verify", hindered.passport(uri), "--json", status=3)
    assert json.loads(said)["against"] == against


@pytest.mark.parametrize(("uri", "label"), [
    (pack("S1"), "lot LOT42A, expiry 2026-05-29"), (pack("S2"), "lot LOT43, expiry 2028-12-31")])
def test_a_passport_is_read_with_the_label_beside_it(hindered: Hindered, uri: str,
                                                     label: str) -> None:
    assert label in coldseal("verify", hindered.passport(uri), status=3).splitlines()


def test_a_pack_that_expired_since_is_said_to_be(tmp_path: Path) -> None:
    """By the present clock: the ledger's newest entry is of another time."""
    desk = Desk(tmp_path)
    desk.circle.commissioned(pack_symbol("S1", expiry="260610"), pack_symbol("S2"))
    desk.close()
    assert "! EXPIRED SINCE by this machine's clock: do not use it" in ask(
        desk.ledger, "trace", pack("S1")).splitlines()
    assert "EXPIRED" not in ask(desk.ledger, "trace", pack("S2"))
