"""Two packs and a crate of the maker's, and the maker's responsible person."""

import pytest

from ledger_client.signer import SoftwareSigner
from tests.circle import MAKER, Circle
from tests.world import CRATE, pack


@pytest.fixture
def circle() -> Circle:
    circle = Circle().found()
    circle.commissioned(pack("S1"), pack("S2"), CRATE)
    return circle


@pytest.fixture
def chief(circle: Circle) -> SoftwareSigner:
    return circle.person(MAKER, "responsible person")
