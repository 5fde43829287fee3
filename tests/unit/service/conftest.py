"""One service for the tests of a module: each adds to its log, none depends on another."""

from collections.abc import Iterator

import pytest

from ledger_client.client import LedgerClient
from tests.served import Served, founded, serve


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    started = serve(folder, *founded(folder))
    yield started
    started.close()


@pytest.fixture
def client(served: Served) -> Iterator[LedgerClient]:
    yield served.client()
    served.hang_up()
