"""Two opinions on every passport: what one calls valid the other does, and they conclude alike."""

import datetime
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from ledger_client import second_opinion
from ledger_client.core import against, item, overlays, passport_verify, state, statement, trust
from ledger_client.core.passport import Passport
from ledger_client.core.passport_source import EVENTS_READ
from ledger_client.core.proven_values import URI_CHARACTERS
from ledger_client.errors import VerificationFailed
from ledger_client.second_opinion.against import expiry_day, is_expired
from ledger_client.wire import cbor, codes, cose
from tests.tidy.sources import ROOT
from tests.unit.crate_scenes import in_crate, single_unpack
from tests.unit.logger_scenes import anew
from tests.unit.passport_lies import of_own_ledger, rerooted
from tests.unit.passport_mutations import LARGE, changed, flipped, omissions, scrambled
from tests.unit.passport_scenes import SCENES
from tests.unit.second_opinion_scenes import (
    ITEM,
    OTHER_GIAI,
    PALLET,
    STEP_MS,
    Scene,
    opened,
    resigned,
    signed_anew,
)
from tests.unit.test_second_opinion_trust import circle
from tests.world import CRATE, START_MS, pack_symbol

LIES = 12  # of each kind, a scene
MADE = {name: make() for name, make in SCENES.items()}
FILES = {name: scene.passport() for name, scene in MADE.items()}


def conclusions(scene: Scene, data: bytes) -> tuple[object, object]:
    """What both opinions come to; None: it is not valid."""
    trusted = scene.trust()
    second = second_opinion.judge(data, trusted)
    said = (second.item, second.fingerprint, second.as_of_ms, second.status, second.recalled,
            second.lot, second.expiry, second.against, list(second.absent),
            list(second.tainted)) if second.valid else None
    try:
        first = passport_verify.verify(data, trust.decode(trusted))
    except VerificationFailed:
        return None, said
    return (first.passport.item, first.fingerprint, first.checkpoint.time_ms, first.item.status,
            first.recalled, first.item.lot, first.item.expiry,
            tuple(against.outwards(first.view, first.passport.item, first.item,
                                    first.checkpoint.time_ms)),
            first.absent, first.tainted), said


def revoked() -> Scene:
    """Scanner and logger were revoked before they signed all of it."""
    scene = single_unpack()
    for device in (scene.maker, scene.logger):
        scene.revoke(device, scene.world.now_ms - 6 * STEP_MS)
    return scene


def without_trust(data: bytes) -> tuple[bool, bool]:
    """Whether each opinion takes it for self-consistent."""
    try:
        passport_verify.verify(data, None)
    except VerificationFailed:
        return False, second_opinion.judge(data, None).valid
    return True, second_opinion.judge(data, None).valid


def expired() -> Scene:
    """Its label's day was over two days ago, by a month's last day."""
    scene = Scene()
    scene.commission(pack_symbol("S001", expiry="260500"))
    scene.pass_time(6 * 24 * 3600 * 1000)
    scene.measure(500)
    return scene


def held() -> Scene:
    scene = expired()
    scene.scan(scene.maker, codes.ACTION_QUARANTINE, pack_symbol("S001", expiry="260500"))
    return scene


def stolen() -> Scene:
    scene = Scene()
    scene.commission(pack_symbol("S001"))
    scene.scan(scene.maker, codes.ACTION_STOLEN, pack_symbol("S001"))
    return scene


# what speaks against a pack -> the way there
HINDERED: dict[tuple[str, ...], Callable[[], Scene]] = {
    ("expired",): expired, ("on hold", "expired"): held,
    ("reported stolen or lost",): stolen,
    ("dispensed already",): SCENES["shift"], ("recalled",): SCENES["recalled_pallet"],
    (): SCENES["single_unpack"]}


@pytest.mark.parametrize("found", HINDERED, ids=str)
def test_both_say_what_speaks_against_using_it(found: tuple[str, ...]) -> None:
    scene = HINDERED[found]()
    data = scene.passport()
    first, second = conclusions(scene, data)
    assert first == second
    assert second_opinion.judge(data, None).against == found


def unheard() -> Scene:
    """Of one logger the ledger has nothing."""
    scene = in_crate()
    scene.attach(CRATE, OTHER_GIAI)
    return scene


@pytest.mark.parametrize("scene", [*MADE.values(), revoked(), unheard(), anew(codes.EPOCHS)],
                         ids=[*MADE, "revoked", "unheard", "anew"])
def test_both_conclude_the_same(scene: Scene) -> None:
    view = scene.world.engine.view()
    for uri in (ITEM, CRATE, PALLET):
        if view.read(b"item/" + uri.encode()) is not None:
            for evidence in (True, False):
                first, second = conclusions(scene, scene.passport(item=uri, evidence=evidence))
                assert first == second
                assert first is not None


def lies(name: str) -> Iterator[tuple[str, bytes]]:
    """(what was done, the file that the maker signed afterwards)."""
    data, scene, chance = FILES[name], MADE[name], random.Random(name)
    payload, content = cose.decode_sign1(data).payload, opened(data)
    for what, less in omissions(content):
        yield what, resigned(less, scene.world)
    others = [FILES[chance.choice(list(FILES))] for _ in range(LIES)]
    for number, other in enumerate(others):
        given = cose.decode_sign1(other).payload
        again = changed(content, opened(other), chance)
        kinds: dict[str, Callable[[], bytes]] = {
            "changed": lambda again=again: resigned(again, scene.world),  # type: ignore[misc]
            "scrambled": lambda given=given: signed_anew(  # type: ignore[misc]
                data, scrambled(payload, given, chance), scene),
            "flipped": lambda: flipped(data, chance.randrange(8 * len(data))),
            "payload flipped": lambda: signed_anew(
                data, flipped(payload, chance.randrange(8 * len(payload))), scene)}
        for kind, make in kinds.items():
            yield f"{kind} {number}", make()


@pytest.mark.parametrize("name", SCENES)
def test_no_lie_divides_them(name: str) -> None:
    for what, data in lies(name):
        first, second = conclusions(MADE[name], data)
        assert first == second, what


def test_every_field_that_is_named_is_explained() -> None:
    explained = set(re.findall(r"`(\w+)(?:\[..\])?`", "\n".join(
        line.split("|")[1] for line in (ROOT / "docs/verifying.md").read_text().splitlines()
        if line.startswith("| `"))))
    scene, named = MADE["shift"], set()
    for what, data in (*lies("shift"), ("none", b"hello"), ("empty", b"")):
        second = second_opinion.judge(data, scene.trust())
        named |= {second.field} - {""}
        try:
            passport_verify.verify(data, trust.decode(scene.trust()))
        except VerificationFailed as error:
            named |= {error.field}
            assert not second.valid, what
    heads = {re.split(r"[\[ .]", field)[0] for field in named}
    assert {"passport", "proofs", "maker_key"} <= heads <= explained


def misshapen() -> Iterator[tuple[str, list[object]]]:
    """(what is wrong, the state of an item as no rule makes it)."""
    good = replace(item.unborn(CRATE), status=item.ACTIVE).as_list()
    yield "shorter", good[:-1]
    yield "longer", [*good, 1]
    for place, value in enumerate(good):
        for wrong in (None, "x", "x" * (URI_CHARACTERS + 1), [1], 99, -1, True, {1: 2}, b"x"):
            if type(wrong) is not type(value) or wrong == 99:
                yield f"{place} {wrong!r}", [*good[:place], wrong, *good[place + 1:]]


def test_no_state_of_any_form_divides_them() -> None:
    """A ledger of one's own can hold values that no rule makes."""
    scene = MADE["shift"]
    good = replace(item.unborn(CRATE), status=item.ACTIVE)
    accepted = set()
    for what, values in [("good", good.as_list()), *misshapen()]:
        passport = of_own_ledger(scene, state.item_key(CRATE), values)
        first, second = without_trust(resigned(passport, scene.world))
        assert first == second, what
        accepted |= {what} if first else set()
    assert "good" in accepted
    assert not accepted & {"shorter", "longer", "0 99", "0 'x'", "15 [1]", "16 None"}


def other_values(content: Passport) -> Iterator[tuple[str, dict[bytes, bytes | None]]]:
    """(what, values that no rule makes in the place of proven ones)."""
    for pair in content.proofs:
        if pair.value is None:
            continue
        for what, value in (("null", cbor.encode(None)), ("no CBOR", b"\xff\xff"), ("7", b"\x07"),
                            ("an array of an array", cbor.encode([[1]])), ("text", b"\x61x")):
            yield f"{what} {pair.key!r}", {pair.key: value}
        if pair.key.startswith(b"head/"):
            head = cbor.decode(pair.value, utf8=True)
            assert isinstance(head, list)
            (low, high), *rest = head[2] or [[2, 2]]
            for gap in ([low, low - 2], [low, 1], [low, 0], [low, low - 1], [high + 9, 2**52],
                        [0, high], [1, 2**52], [low, head[0]]):
                other = [*head[:2], [gap, *rest], *head[3:]]
                yield f"gap {gap} {pair.key!r}", {pair.key: cbor.encode(other, utf8=True)}


@pytest.mark.parametrize("name", ["gaps", "calibrated", "off_the_pallet"])
def test_no_value_of_another_ledger_divides_them(name: str) -> None:
    """A ledger of somebody's own proves whatever its state holds."""
    scene, content = MADE[name], opened(FILES[name])
    accepted = []
    for what, changed_ in other_values(content):
        first, second = without_trust(resigned(rerooted(scene, content, changed_), scene.world))
        assert first == second, what
        accepted += [what] if first else []
    assert without_trust(resigned(rerooted(scene, content, {}), scene.world)) == (True, True)
    assert not [what for what in accepted if what.startswith(("null", "no CBOR", "gap"))]


def of_any_status() -> Iterator[tuple[str, bytes]]:
    """(what it is, the passport) of each status a crate can have, with and without a date."""
    scene = MADE["shift"]
    for status in item.STATUS_NAMES:
        for expiry in (None, "691231", "691232", "700101"):  # its ledger time is 1 ms after 1970
            known = replace(item.unborn(CRATE), status=status, expiry=expiry)
            passport = of_own_ledger(scene, state.item_key(CRATE), known.as_list())
            yield f"{status} {expiry}", resigned(passport, scene.world)


def test_both_say_alike_what_speaks_against_any_status() -> None:
    said = set()
    for what, data in of_any_status():
        first = passport_verify.verify(data, None)
        second = second_opinion.judge(data, None)
        assert second.against == tuple(against.outwards(first.view, CRATE, first.item, 1)), what
        said |= set(second.against)
    assert len(said) == 10


def test_a_passport_without_its_time_is_none() -> None:
    content = cbor.decode(cose.decode_sign1(FILES["shift"]).payload, utf8=True)
    scene = MADE["shift"]
    data = statement.build("passport", scene.world.maker[1], subject=ITEM, content=content,
                           ledger=scene.world.ledger, issued_s=None)
    assert without_trust(data) == (False, False)


def test_ways_that_multiply_end() -> None:
    """Chains that no ledger holds can name each other so that the ways through them multiply."""
    with pytest.raises(VerificationFailed, match=f"more than {EVENTS_READ} events to follow"):
        passport_verify.verify(circle(40), None)
    assert without_trust(circle(1)) == (True, True)


def test_a_time_beyond_the_calendar_is_some_time() -> None:
    for expired in (overlays.expired, is_expired):
        assert expired("900101", 1 << 62)
        assert expired("900101", LARGE)


EXPIRIES = ("281231", "281200", "240229", "250229", "000229", "751301", "760100", "750100",
            "251100", "28123", "2812311", "28123x", "281232", "", "28123\u0661", "+81231")
MOMENTS_MS = (0, START_MS, 1_861_919_999_999, 1_861_920_000_000, 4_107_542_400_000, LARGE)


def test_both_read_an_expiry_alike() -> None:
    """2029-01-01 begins at 1,861,920,000,000; about 2100 the day 02-29 comes and goes."""
    for text in EXPIRIES:
        for now_ms in MOMENTS_MS:
            assert is_expired(text, now_ms) is overlays.expired(text, now_ms), (text, now_ms)
            assert expiry_day(text, now_ms) == overlays.last_day(text, now_ms), (text, now_ms)
    assert expiry_day("281200", START_MS) == datetime.date(2028, 12, 31)
    assert not is_expired("281231", 1_861_919_999_999)
    assert is_expired("281231", 1_861_920_000_000)
