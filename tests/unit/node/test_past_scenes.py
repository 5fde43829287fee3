"""What is read of the past is what the log came to then: every scene is applied again, one
checkpoint after another, and what each answers is held against what the finished ledger says of it.
"""

from dataclasses import dataclass

import pytest

from ledger_client.core import answer, exposure, identity
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.history import Source
from ledger_client.core.state import View
from ledger_client.errors import InvalidData
from ledger_client.node import archive, reapply
from ledger_client.node.embedded import LedgerReader
from ledger_client.node.past import PastSource
from ledger_client.node.source import LedgerSource
from ledger_client.store.memory import MemoryStore
from tests.unit.passport_scenes import SCENES


@dataclass
class Comparison:
    """The ledger of then grows in `store`, beside the finished one."""

    finished: LedgerReader
    store: MemoryStore
    compared: int = 0

    def __call__(self, size: int) -> None:
        """A checkpoint was applied."""
        then = LedgerReader(self.store)
        checkpoint = then.checkpoint()
        assert checkpoint is not None
        assert checkpoint.size == size
        if not identity.missing_founders(then.view()):
            self.compare(then, checkpoint)

    def compare(self, then: LedgerReader, checkpoint: Checkpoint) -> None:
        source, past = LedgerSource(then), PastSource(self.finished, checkpoint)
        for uri in self.store.items():
            assert past.chain(uri) == source.chain(uri), uri
            assert list(past.linking(uri)) == list(source.linking(uri)), uri
            assert exposure.exposure(past, uri, checkpoint.time_ms) == \
                exposure.exposure(source, uri, checkpoint.time_ms), uri
            assert verdict(past, past.view, uri, checkpoint.time_ms) == \
                verdict(source, then.view(), uri, checkpoint.time_ms), uri
            self.compared += 1


def verdict(source: Source, view: View, uri: str, until_ms: int) -> object:
    """The answer, or why there is none."""
    try:
        return answer.storage_answer(source, view, uri, until_ms)
    except InvalidData as error:
        return str(error)


@pytest.mark.parametrize("name", SCENES)
def test_every_checkpoint_of_every_scene(name: str) -> None:
    world = SCENES[name]().world
    store = MemoryStore()
    compare = Comparison(world.engine, store)
    reapply.replay(archive.batches(world.store), store, compare)
    assert compare.compared
