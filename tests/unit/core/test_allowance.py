"""What an organisation may register in a day of ledger time."""

import pytest

from ledger_client import profiles
from ledger_client.core import rules, state, statement
from ledger_client.core.allowance import DAY_MS, Spent
from ledger_client.core.entry import Submission
from ledger_client.core.parameters import BYTES_A_DAY, DEFAULTS, ENTRIES_A_DAY
from ledger_client.errors import Refused
from ledger_client.node.embedded import Registered
from tests.rotation import rotation
from tests.world import World, pack_symbol


@pytest.fixture
def world() -> World:
    return World().found()


def limited(world: World, **parameters: int) -> World:
    """After both members agreed on what one of them may."""
    proposal = world.state("propose", world.maker[0], "proposal", [1, [1, parameters]])
    world.register(proposal, world.state("endorse", world.pharmacy[0], "proposal",
                                         [1, statement.entry_hash(proposal.statement)]))
    world.now_ms += DAY_MS  # what was registered to get here is another day's
    return world


def product(world: World, number: int) -> Submission:
    """A profile: one entry of the maker's."""
    return world.state("profile", world.maker[1], f"profile/p{number}",
                       [1, None, profiles.load("refrigerated-2-8")])


def rule(world: World, submission: Submission) -> str:
    (answer,) = world.engine.submit([submission])
    return answer.rule if isinstance(answer, Refused) else ""


def spent(world: World) -> Spent:
    found = world.engine.view().load(Spent, state.spent_key(world.maker[0].thumbprint))
    assert found is not None
    return found


def octets(submission: Submission) -> int:
    return len(submission.statement) + len(submission.body or b"")


def test_entries_at_the_limit_and_one_above(world: World) -> None:
    limited(world, **{ENTRIES_A_DAY: 3})
    assert [rule(world, product(world, number)) for number in range(4)] == ["", "", "", "S11"]
    assert spent(world).entries == 3


def test_bytes_at_the_limit_and_one_above(world: World) -> None:
    """A block's body counts with its statement."""
    device = world.device("scanner", world.maker)
    sealed = world.gateway.seal([device.scan(1, [pack_symbol("S1")])], world.now_ms)
    assert sealed.body
    for most, expected in ((octets(sealed) - 1, "S11"), (octets(sealed), "")):
        limited(world, **{BYTES_A_DAY: most})
        assert rule(world, sealed) == expected


def test_the_next_day_begins_with_nothing(world: World) -> None:
    limited(world, **{ENTRIES_A_DAY: 1})
    world.now_ms -= world.now_ms % DAY_MS + 1  # the last millisecond of a day
    world.now_ms += DAY_MS
    assert [rule(world, product(world, number)) for number in range(2)] == ["", "S11"]
    world.now_ms += 1
    assert rule(world, product(world, 1)) == ""


def test_each_organisation_has_its_own(world: World) -> None:
    limited(world, **{ENTRIES_A_DAY: 1})
    assert rule(world, product(world, 0)) == ""
    other = world.enrolment(5, world.gateway.signer, world.pharmacy, [[1], bytes(32)])
    assert rule(world, other) != "S11"


def test_what_keeps_order_is_not_counted(world: World) -> None:
    """A member that used up its day can still replace a stolen key, and change the allowance."""
    limited(world, **{ENTRIES_A_DAY: 0})
    assert rule(world, product(world, 0)) == "S11"
    assert rule(world, rotation(world)) == ""


def test_what_is_refused_costs_nothing(world: World) -> None:
    limited(world, **{ENTRIES_A_DAY: 1})
    assert rule(world, world.state("product", world.maker[1], "nothing", [1])) != ""
    assert rule(world, product(world, 0)) == ""


def test_what_stands_there_is_known_even_on_a_spent_day(world: World) -> None:
    limited(world, **{ENTRIES_A_DAY: 1})
    first = product(world, 0)
    world.register(first)
    (again,) = world.engine.submit([first])
    assert isinstance(again, Registered)
    assert not again.fresh


def test_the_default_of_a_silent_genesis(world: World) -> None:
    """A million and 1 GiB, both too many to register here: what was spent is put there."""
    world.register(product(world, 0))
    key, day = state.spent_key(world.maker[0].thumbprint), spent(world).day
    size = octets(product(world, 1))
    for entries, used, expected in (
            (DEFAULTS[ENTRIES_A_DAY] - 1, 0, ""), (DEFAULTS[ENTRIES_A_DAY], 0, "S11"),
            (0, DEFAULTS[BYTES_A_DAY] - size, ""), (0, DEFAULTS[BYTES_A_DAY] - size + 1, "S11")):
        assert _judged(world, key, Spent(day, entries, used)) == expected


def _judged(world: World, key: bytes, before: Spent) -> str:
    view = world.engine.view()
    view.store(key, before)
    (outcome,) = rules.apply(view, [product(world, 1)], ledger=world.ledger, size=100,
                             now_ms=world.now_ms)
    return outcome.rule if isinstance(outcome, Refused) else ""
