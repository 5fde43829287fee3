"""The verifier page in a real browser says what the second opinion says, and reaches nothing."""

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger_client.core import item, state, statement, story
from ledger_client.second_opinion import judge, words
from ledger_client.second_opinion.against import is_expired
from ledger_client.wire import codes, cose
from tests.chromium import Page
from tests.tidy.sources import ROOT
from tests.unit.logger_scenes import anew, late_by_turns
from tests.unit.passport_lies import LIES, of_own_ledger, rerooted
from tests.unit.passport_mutations import changed, flipped, omissions, scrambled
from tests.unit.passport_scenes import SCENES
from tests.unit.second_opinion_scenes import (
    ITEM,
    LOT,
    SYMBOL,
    WITNESS,
    Scene,
    opened,
    resigned,
    signed_anew,
)
from tests.unit.test_opinions_agree import (
    EXPIRIES,
    HINDERED,
    MOMENTS_MS,
    expired,
    held,
    misshapen,
    of_any_status,
    other_values,
)
from tests.unit.test_second_opinion_trust import (
    CONTENT,
    FILE,
    SCENE,
    circle,
    cosignature,
    high_s,
    trust_file,
    wrong,
)
from tests.verifier_page import File, opened_page, said_by, said_by_page, shown
from tests.world import CRATE, signer

AS_OF_MS, DAY_MS = 1_780_000_000_000, 24 * 3600 * 1000
OMISSIONS, CHANGES = 6, 3  # of each kind, a scene
MADE = {name: make() for name, make in SCENES.items()}
FILES = {name: scene.passport() for name, scene in MADE.items()}
SHIFT = MADE["shift"]
PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 40

# format of tests/vectors -> how the page reads `data` of a case; it throws, or promises to
READERS = {
    "cbor": "cborDecode(data)",
    "cbor utf-8": "cborDecode(data, true)",
    "sign1": "readSign1(data)",
    "record": "readRecord(data, ledger)",
    "scan": "readScanAction(data)",
    "telemetry": "readSeries(data).forEach((one) => checkReadings(one, BigInt(given.elapsed_ms)))",
    "path": "check(given, listRoot(bytesOf(given.entry), index(data), given.size, path(data)))",
    "state proof": "check(given, stateRoot(bytesOf(given.key), bytesOf(given.value), proof(data)))",
    "trust": "readTrust(data, new Signatures())",
}
# of each case: true, false for what is refused, or another error
VECTORS = """(() => {
  const fromHex = (digits) => digits === "" ? new Uint8Array(0) : bytesOfHex(digits);
  const bytesOf = (value) => value === null ? null : fromHex(value.bytes);
  const index = (data) => uint(array(cborDecode(data), 2)[0]);
  const path = (data) => list(cborDecode(data)[1]).map(hash);
  const proof = (data) => readPair([new Uint8Array(0), null, cborDecode(data)]).proof;
  const check = (given, root) => {
    if (hex(root) !== given.fields.root.bytes) throw new Error("another root");
  };
  const readers = {%s};
  return ((cases, ledger) => Promise.all(cases.map(
    (one) => readers[one.format](fromHex(one.hex), one, ledger).then(() => true,
      (error) => error instanceof WireError ? false : String(error)))))(%s, bytesOfHex("%s"));
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened_page(tmp_path_factory.mktemp("page")) as found:
        yield found


def assert_same(page: Page, files: dict[str, File]) -> None:
    """Both say the same of every file."""
    found = dict(zip(files, said_by_page(page, files.values()), strict=True))
    assert found == {what: said_by(judge(*file)) for what, file in files.items()}


def damaged(name: str) -> Iterator[tuple[str, bytes]]:
    """(what was done, the file): left out, changed or scrambled before the maker signed, or bits
    flipped after it."""
    data, scene, chance = FILES[name], MADE[name], random.Random(name)
    payload, content = cose.decode_sign1(data).payload, opened(data)
    left_out = list(omissions(content))
    for what, less in chance.sample(left_out, min(OMISSIONS, len(left_out))):
        yield what, resigned(less, scene.world)
    for number in range(CHANGES):
        other = FILES[chance.choice(list(FILES))]
        given = cose.decode_sign1(other).payload
        bit = chance.randrange(8 * len(payload))
        yield f"changed {number}", resigned(changed(content, opened(other), chance), scene.world)
        yield f"scrambled {number}", signed_anew(data, scrambled(payload, given, chance), scene)
        yield f"payload flipped {number}", signed_anew(data, flipped(payload, bit), scene)
        yield f"flipped {number}", flipped(data, chance.randrange(8 * len(data)))


@pytest.mark.parametrize("name", SCENES)
def test_it_says_what_the_second_opinion_says(page: Page, name: str) -> None:
    trust = MADE[name].trust()
    honest: dict[str, File] = {
        "trusted": (FILES[name], trust), "untrusted": (FILES[name], None),
        "core": (MADE[name].passport(evidence=False), trust)}
    assert all(valid for valid, *_ in said_by_page(page, honest.values()))
    assert_same(page, honest | {what: (data, trust) for what, data in damaged(name)})


def test_it_follows_a_logger_as_far(page: Page) -> None:
    made = {"as often as it may": anew(codes.EPOCHS).made(),
            "too often, left out": anew(codes.EPOCHS + 1).made(),
            "gaps, left out": late_by_turns(codes.GAPS + 1).made()}
    files: dict[str, File] = {what: (data, None) for what, (data, _) in made.items()}
    assert all(valid for valid, *_ in said_by_page(page, files.values()))
    assert_same(page, files)


def test_no_lie_divides_them(page: Page) -> None:
    made = {name: make() for name, (make, _) in LIES.items()}
    lies: dict[str, File] = {name: (resigned(content, scene.world), None)
                             for name, (scene, content) in made.items()}
    assert not any(valid for valid, *_ in said_by_page(page, lies.values()))
    assert_same(page, lies)


def test_no_state_of_any_form_divides_them(page: Page) -> None:
    assert_same(page, {what: (resigned(of_own_ledger(SHIFT, state.item_key(CRATE), values),
                                       SHIFT.world), None) for what, values in misshapen()})


@pytest.mark.parametrize("name", ["gaps", "calibrated"])
def test_no_value_of_another_ledger_divides_them(page: Page, name: str) -> None:
    content = opened(FILES[name])
    assert_same(page, {what: (resigned(rerooted(MADE[name], content, changed_), MADE[name].world),
                              None) for what, changed_ in other_values(content)})


def test_it_finds_the_same_against_any_status(page: Page) -> None:
    assert_same(page, {what: (data, None) for what, data in of_any_status()})
    assert_same(page, {str(found): (make().passport(), None) for found, make in HINDERED.items()})


@pytest.mark.parametrize(("now_ms", "said"), [(AS_OF_MS, False), (AS_OF_MS + 30 * DAY_MS, True)])
def test_a_pack_that_expired_since_is_said_to_be(page: Page, now_ms: int, said: bool) -> None:
    opinion = json.dumps({"trust": None, "asOfMs": AS_OF_MS, "recalled": False, "against": [],
                          "tainted": [], "expiry": "260610"})
    alarms = page.run(f"headOf({opinion}, {now_ms}).under.map((one) => one.textContent)")
    assert any("EXPIRED SINCE" in str(one) for one in alarms) is said


def test_it_reads_an_expiry_as_the_others_do(page: Page) -> None:
    cases = [(text, now_ms) for text in EXPIRIES for now_ms in MOMENTS_MS]
    found = page.run(f"{json.dumps(cases)}.map((one) => [isExpired(...one), expiryWords(...one)])")
    assert found == [[is_expired(*case), words.expiry(*case)] for case in cases]


def revoked() -> Scene:
    """Scanner and logger were revoked before they signed."""
    scene = SCENES["single_unpack"]()
    for device in (scene.maker, scene.logger):
        scene.revoke(device, scene.world.now_ms - 400_000)
    return scene


def test_what_was_signed_after_a_revocation_is_named_by_both(page: Page) -> None:
    scene = revoked()
    data = scene.passport()
    assert judge(data, None).tainted
    assert_same(page, {"revoked": (data, scene.trust())})


def test_a_revocation_is_said_first(page: Page, tmp_path: Path) -> None:
    scene = revoked()
    (tmp_path / "pack.passport").write_bytes(scene.passport())
    page.choose("#passport", tmp_path / "pack.passport")
    text = shown(page)
    assert text.index("Some of it rests on a revoked key") < text.index("The pack")
    assert text.count("on a revoked key, not to be believed from entry ") == 2
    for what, since in judge(scene.passport(), None).tainted:
        assert f"{what}, from entry {since} on" in text


@pytest.mark.parametrize("symbol", [SYMBOL, LOT], ids=["pack", "lot"])
def test_a_recall_is_said_first(page: Page, tmp_path: Path, symbol: list[object]) -> None:
    scene = SCENES["single_unpack"]()
    scene.recall(symbol)
    (tmp_path / "pack.passport").write_bytes(scene.passport())
    assert judge(scene.passport(), None).recalled is True
    assert_same(page, {"recalled": (scene.passport(), scene.trust())})
    page.choose("#passport", tmp_path / "pack.passport")
    text = shown(page)
    assert text.index("RECALLED. Do not dispense it.") < text.index("The pack")


@pytest.mark.parametrize(("make", "against"), [
    (expired, "expired"), (held, "on hold; expired"), (SCENES["shift"], "dispensed already")])
def test_what_speaks_against_using_it_is_said_first(
        page: Page, tmp_path: Path, make: Callable[[], Scene], against: str) -> None:
    (tmp_path / "pack.passport").write_bytes(make().passport())
    page.choose("#passport", tmp_path / "pack.passport")
    text = shown(page)
    assert text.index(f"AGAINST USING IT: {against}\n") < text.index("The pack")
    assert "\nLot\nLOT42A\nExpiry\n20" in text
    assert page.run("document.getElementById('result').classList.contains('alarmed')")


def test_whose_word_counts_is_the_same(page: Page) -> None:
    named = trust_file(witnesses=((WITNESS.public_key, 1),), threshold=1)
    trusts = {
        "right": trust_file(), "another ledger": trust_file(ledger=bytes(32)),
        "another key": trust_file(key=signer("nobody").public_key), "a witness": named,
        "no point": trust_file(key=bytes(64)), "beyond the field": trust_file(key=b"\xff" * 64),
        "witness no point": trust_file(witnesses=((bytes(63) + b"\1", 1),)),
        "empty": b"", "the passport": FILE, "cut": trust_file()[:-1], "long": bytes(70_000)}
    files: dict[str, File] = {what: (FILE, trust) for what, trust in trusts.items()}
    for what, given in {
            "one": (cosignature(),), "level": (cosignature(0),), "high s": (high_s(cosignature()),),
            "wrong": (wrong(cosignature()),), "stranger": (cosignature(by="stranger"),),
            "other checkpoint": (cosignature(), cosignature(app_hash=bytes(32)))}.items():
        content = replace(CONTENT, cosignatures=given)
        files[f"cosigned: {what}"] = resigned(content, SCENE.world), named
    files["checkpoint with high s"] = resigned(
        replace(CONTENT, checkpoint=high_s(CONTENT.checkpoint)), SCENE.world), None
    assert_same(page, files)


def test_what_is_made_to_keep_it_busy_is_refused_by_both(page: Page) -> None:
    items = statement.build("passport", SCENE.world.maker[1], subject=ITEM, ledger=bytes(32),
                            issued_s=1, content=[None] * (1 << 20))
    assert_same(page, {"a circle": (circle(1), None), "over and over": (circle(40), None),
                       "a million items": (items, None)})


def test_its_hash_is_sha_256(page: Page) -> None:
    """Around every border of a block."""
    found = page.run("Array.from({ length: 200 }, (_, size) => "
                     "hex(sha256(Uint8Array.from({ length: size }, (_, at) => at))))")
    assert found == [hashlib.sha256(bytes(range(size))).hexdigest() for size in range(200)]


@pytest.mark.parametrize("validity", ["valid", "invalid"])
def test_it_reads_the_golden_vectors(page: Page, validity: str) -> None:
    readers = ",".join(f"{json.dumps(name)}: async (data, given, ledger) => {reader}"
                       for name, reader in READERS.items())
    wrong_about, seen = [], set()
    for file in sorted((ROOT / "tests" / "vectors" / validity).glob("*.json")):
        vectors = json.loads(file.read_text())
        cases = [case for case in vectors["cases"] if case["format"] in READERS]
        seen |= {case["format"] for case in cases}
        reads = page.run(VECTORS % (readers, json.dumps(cases), vectors["ledger"]))
        wrong_about += [(file.name, case["name"], read)
                        for case, read in zip(cases, reads, strict=True)
                        if read is not (validity == "valid")]
    assert wrong_about == []
    assert seen == set(READERS)


def test_it_uses_the_words_of_the_commands(page: Page) -> None:
    actions = range(codes.ACTION_COMMISSION, codes.ACTION_DETACH + 1)
    assert page.run("STATUS_WORDS") == {str(code): name for code, name in item.STATUS_NAMES.items()}
    assert page.run("ACTION_WORDS") == {str(code): story.done(code) for code in actions}


@pytest.mark.parametrize("field", ["passport", "trust", "ledger", "ledger_key", "cosignatures",
                                   "cosignatures[0]", "maker_key"])
def test_it_says_what_to_do_in_the_words_of_the_file(page: Page, field: str) -> None:
    assert page.run(f'remedyWords("{field}")') == words.remedy(field)
    assert page.run(f'`{field}: ${{faultWords("{field}", "x")}}`') == words.refusal(field, "x")[0]


@pytest.mark.parametrize(("uri", "named"), [
    ("https://id.gs1.org/01/09506000134352/21/S001", "(01)09506000134352 (21)S001"),
    ("https://id.gs1.org/01/09506000134352/21/a%2Fb", "(01)09506000134352 (21)a/b"),
    ("https://id.gs1.org/01/09506000134352/21/%zz", "(01)09506000134352 (21)%zz"),
    ("https://example.org/01/1", "https://example.org/01/1"), ("", "")])
def test_items_read_as_their_labels_do(page: Page, uri: str, named: str) -> None:
    assert page.run(f"itemWords({json.dumps(uri)})") == named


def test_it_shows_what_it_found(page: Page, tmp_path: Path) -> None:
    files = {"pack.passport": FILES["shift"], "ledger.trust": SHIFT.trust(),
             "changed.passport": flipped(FILES["shift"], 20_000), "picture.jpg": PICTURE,
             "empty": b"", "other.trust": trust_file(ledger=bytes(32))}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    page.choose("#passport", tmp_path / "pack.passport")
    assert shown(page).startswith("≈ SELF-CONSISTENT ONLY")
    page.choose("#trust", tmp_path / "ledger.trust")
    good = shown(page)
    fingerprint = judge(FILES["shift"], SHIFT.trust()).fingerprint
    assert good.startswith("✓ VALID\nAGAINST USING IT: dispensed already\nunder Circle, trust file "
                           f"{fingerprint}\nas of 2026-05-28 ")
    for part in ("(01)09506000134352 (21)S001", "\ndispensed\n",
                 "neither it nor its lot is recalled", "packed into (00)395060001340000018",
                 "by Pharmacy, entry 25, leaf 0", "None: every device record",
                 "Storage verdict RELEASE"):
        assert part in good

    for name in ("changed.passport", "picture.jpg", "empty", "ledger.trust"):
        page.choose("#passport", tmp_path / name)
        text = shown(page)
        assert text.startswith("✗ NOT VALID\nField\n"), name
        assert judge(files[name], SHIFT.trust()).field in text
    page.choose("#passport", tmp_path / "pack.passport")
    for name, field in (("other.trust", "ledger"), ("picture.jpg", "trust")):
        page.choose("#trust", tmp_path / name)
        assert shown(page).startswith(f"✗ NOT VALID\nField\n{field}\n")
    page.run("document.getElementById('forget').click()")
    assert shown(page).startswith("≈ SELF-CONSISTENT ONLY")


def test_a_file_can_be_dropped(page: Page) -> None:
    page.run("""(() => {
      const dropped = new DataTransfer();
      dropped.items.add(new File(["nothing"], "dropped.passport"));
      document.getElementById("passport-hint").dispatchEvent(new DragEvent("drop",
        { dataTransfer: dropped, bubbles: true, cancelable: true }));
    })()""")
    assert shown(page).startswith("✗ NOT VALID")
    assert page.run("document.getElementById('passport-name').textContent") == "dropped.passport"


def test_what_people_wrote_stays_text(page: Page, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.passport"
    (tmp_path / name).write_bytes(FILES["shift"])
    page.choose("#passport", tmp_path / name)
    shown(page)
    assert page.run("document.getElementById('passport-name').textContent") == name
    assert page.run("document.images.length") == 0


def test_every_input_has_its_label_and_the_result_is_announced(page: Page) -> None:
    labels = "[...document.querySelectorAll('input')].map((one) => one.labels[0].textContent)"
    assert page.run(labels) == ["1. Passport", "2. Trust file"]
    assert page.run("document.querySelector('[role=status] #headline') !== null")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, tmp_path: Path, width: int) -> None:
    (tmp_path / "pack.passport").write_bytes(FILES["as_deep_as_it_goes"])
    page.send("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1,
              mobile=width < 500)
    page.choose("#passport", tmp_path / "pack.passport")
    shown(page)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("attempt", "directive"), [
    ("fetch('https://example.org/')", "connect-src"), ("fetch('data:,x')", "connect-src"),
    ("new Function('return 1')", "script-src"),
    ("import('data:text/javascript,1')", "script-src-elem"),
    ("document.body.append(element('img', { src: 'data:,x' }))", "img-src"),
    ("document.body.append(element('script', {}, 'document.title = 1'))", "script-src-elem"),
    ("document.body.append(element('iframe', { src: 'https://example.org/' }))", "frame-src")])
def test_it_forbids_itself_network_and_other_code(page: Page, attempt: str,
                                                  directive: str) -> None:
    refused = page.send(
        "Runtime.evaluate", awaitPromise=True, returnByValue=True,
        allowUnsafeEvalBlockedByCSP=False, expression=f"""new Promise((done) => {{
          addEventListener("securitypolicyviolation",
            (event) => done(event.effectiveDirective), {{ once: true }});
          (async () => {attempt})().catch(() => null);
        }})""")
    assert refused["result"]["value"] == directive


def test_no_request_leaves_it(tmp_path: Path) -> None:
    (tmp_path / "pack.passport").write_bytes(FILES["shift"])
    (tmp_path / "ledger.trust").write_bytes(SHIFT.trust())
    with opened_page(tmp_path) as page:
        page.choose("#passport", tmp_path / "pack.passport")
        page.choose("#trust", tmp_path / "ledger.trust")
        assert shown(page).startswith("✓ VALID")
        assert page.requested() == [(tmp_path / "verifier.html").as_uri()]
        assert page.complaints() == []
