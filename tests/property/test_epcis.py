"""What we export comes in as the same custody on an empty second ledger of the same circle."""

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_client.core import item
from ledger_client.core.item import Item
from ledger_client.core.state import View
from ledger_client.epcis import in_json, json_text
from ledger_client.epcis.gathered import Gathering, Happening
from ledger_client.epcis.out_json import Exporter
from ledger_client.wire import codes
from tests.world import (
    CRATE,
    LOGGER_GIAI,
    OTHER_CRATE,
    PHARMACY_PARTY,
    World,
    label,
    pack,
    pack_symbol,
)

PACKS = ("S001", "S002", "S003")
PLACE = "https://id.gs1.org/414/9506000134352"
ITEMS = (*map(pack, PACKS), CRATE, OTHER_CRATE)
# What custody is; a chain's head and length, and links to loggers' chains, are each ledger's own.
FIELDS = ("status", "parent", "custodian", "place", "generation", "lot", "expiry", "destination",
          "source", "returning", "before", "loggers", "recalled", "since_ms")
packs = st.sampled_from(PACKS).map(pack_symbol)
crates = st.sampled_from((CRATE, OTHER_CRATE)).map(label)
things = packs | crates
places = st.sampled_from((None, PLACE))
# (by the pharmacy?, action, symbols, parent, party, place)
steps = st.one_of(
    st.tuples(st.booleans(), st.sampled_from((
        codes.ACTION_CANCEL, codes.ACTION_RECEIVE, codes.ACTION_REFUSE, codes.ACTION_PUT_AWAY,
        codes.ACTION_QUARANTINE, codes.ACTION_SALEABLE, codes.ACTION_DISPENSE,
        codes.ACTION_DECOMMISSION, codes.ACTION_STOLEN, codes.ACTION_SAMPLE)),
        st.lists(things, min_size=1, max_size=2), st.none(), st.none(), places),
    st.tuples(st.booleans(), st.just(codes.ACTION_PACK), st.lists(things, min_size=1, max_size=3),
              crates, st.none(), places),
    st.tuples(st.booleans(), st.just(codes.ACTION_UNPACK), st.lists(packs, max_size=2), crates,
              st.none(), places),
    st.tuples(st.booleans(), st.sampled_from((codes.ACTION_ATTACH, codes.ACTION_DETACH)),
              st.just([label(LOGGER_GIAI)]), crates, st.none(), st.none()),
    st.tuples(st.just(False), st.just(codes.ACTION_SHIP), st.lists(things, min_size=1, max_size=2),
              st.none(), st.just(PHARMACY_PARTY), places))


def told(history: list[tuple[object, ...]]) -> World:
    """A ledger on which devices scanned a history, one scan a block and a minute."""
    world = World().found()
    devices = (world.device("maker scanner", world.maker),
               world.device("pharmacy scanner", world.pharmacy))
    world.device("logger", world.maker, LOGGER_GIAI)
    born = [(False, codes.ACTION_COMMISSION, [one], None, None, None)
            for one in (*map(pack_symbol, PACKS), label(CRATE), label(OTHER_CRATE))]
    for pharmacy, action, symbols, parent, party, place in [*born, *history]:
        world.now_ms += 60_000
        for device in devices:
            device.now_ms = world.now_ms
        world.block(devices[bool(pharmacy)].scan(
            action, symbols, parent=parent, party=party, place=place))  # type: ignore[arg-type]
    return world


def everything(world: World) -> list[Happening]:
    """What happened to any item, each record once, in ledger order."""
    found: dict[tuple[object, ...], Happening] = {}
    gathering = Gathering(world.engine)
    for uri in ITEMS:
        for one in gathering.of(uri):
            key = (one.order, one.action, one.parent, one.lot, one.expiry)
            known = found[key].things if key in found else ()
            found[key] = replace(one, things=tuple(sorted({*known, *one.things})))
    return sorted(found.values(), key=lambda one: one.order)


def custody(view: View) -> list[dict[str, object]]:
    loaded = [item.load(view, uri) for uri in ITEMS]
    return [{name: getattr(one, name) for name in FIELDS} if isinstance(one, Item) else {}
            for one in loaded]


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=14))
def test_a_round_trip_keeps_custody(history: list[tuple[object, ...]]) -> None:
    first = told(history)
    second = World(now_ms=first.now_ms).found()
    second.device("logger", second.maker, LOGGER_GIAI)
    for party, run in itertools.groupby(everything(first), key=lambda one: one.organisation.party):
        text = Exporter(first.engine).document(list(run)).encode()
        assert json_text.loads(text)
        by = second.pharmacy if party == PHARMACY_PARTY else second.maker
        second.register(second.state("capture", by[1], "capture",
                                     in_json.read(text, party).capture.as_list()))
    assert second.rules_found() == []
    assert custody(second.engine.view()) == custody(first.engine.view())
