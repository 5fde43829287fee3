"""A packed crate with loggers, by the real rules; what its ledger answered at each checkpoint."""

import hashlib
from dataclasses import dataclass, field

from ledger_client import profiles
from ledger_client.core import answer, identity, verdict_difference
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.answer import StorageAnswer
from ledger_client.node import past
from ledger_client.node.past import PastSource
from ledger_client.node.source import LedgerSource
from tests.shift import HOUR_MS, PACKS, Shift, begin
from tests.world import GTIN, START_MS, Device, World, pack

OTHER_GIAI = "https://id.gs1.org/8004/9506000134L2"
STEP_MS = 300_000
HOUR = 12  # readings
PACK = pack(PACKS[0])
PROFILE = "refrigerated-2-8"


@dataclass
class Story:
    """A packed crate with a logger; `then` is what the ledger answered at each checkpoint."""

    world: World = field(default_factory=lambda: World().found())
    then: list[tuple[int, StorageAnswer]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shift: Shift = begin(self.world)
        self.second: Device = self.world.device("second logger", self.world.maker, OTHER_GIAI)
        self.tell(profile=uncalibrated())
        self.say(self.shift.logger.boot(), *self.shift.commissioned(), *self.shift.packed())

    def tell(self, profile: dict[str, object]) -> None:
        """The product, and the profile it needs."""
        self.register("profile", f"profile/{PROFILE}", None, profile)
        self.register("product", f"https://id.gs1.org/01/{GTIN}", None,
                      {"name": "Coldvax", "profile": PROFILE})

    def register(self, kind: str, subject: str, replaces: bytes | None,
                 body: dict[str, object]) -> bytes:
        """Its entry hash."""
        (registered,) = self.world.register(
            self.world.state(kind, self.world.maker[1], subject, [1, replaces, body]))
        self.remember()
        return registered.entry_hash

    def say(self, *records: bytes) -> None:
        self.world.now_ms += 1
        self.world.block(*records)
        self.remember()

    def measure(self, *values: int) -> bytes:
        """Readings of the logger, five minutes apart, the last one now."""
        return self.shift.logger.measure(values, STEP_MS)

    def wait(self, hours: int) -> None:
        self.shift.wait(hours * HOUR_MS)
        self.second.now_ms += hours * HOUR_MS
        self.world.now_ms += hours * HOUR_MS

    def remember(self) -> None:
        """What is answered now, once the pack has been commissioned."""
        engine = self.world.engine
        checkpoint = engine.checkpoint()
        assert checkpoint is not None
        if LedgerSource(engine).chain(PACK):
            self.then.append((checkpoint.number, answer.storage_answer(
                LedgerSource(engine), engine.view(), PACK, checkpoint.time_ms)))

    def of(self, entry: int) -> StorageAnswer:
        """What is said now of the checkpoint that covers an entry."""
        checkpoint = past.checkpoint_of(self.world.engine, entry)
        source = PastSource(self.world.engine, checkpoint)
        return answer.storage_answer(source, source.view, PACK, checkpoint.time_ms)

    def check(self) -> None:
        """Of every checkpoint the same is said as was then."""
        for number, then in self.then:
            signed = self.world.store.checkpoint(number)
            assert signed is not None
            checkpoint = checkpoints.decode(signed.checkpoint)
            assert self.of(checkpoint.size - 1) == then, f"checkpoint {number}"

    def outcomes(self) -> list[str]:
        """Each once, in order."""
        found = [one.verdict.outcome for _, one in self.then]
        return [one for number, one in enumerate(found) if number == 0 or found[number - 1] != one]

    def why(self, before: int = -2, after: int = -1) -> str:
        """The words between two of the answers remembered."""
        found = verdict_difference.difference(self.then[before][1], self.then[after][1])
        print("\n".join(verdict_difference.words(found)), "\n")
        if found.steps:
            assert found.steps[-1].outcome == self.then[after][1].verdict.outcome
        return "\n".join(verdict_difference.words(found))


def uncalibrated(**changes: object) -> dict[str, object]:
    """2 to 8 degC, any reading outside holds; no certificate is asked for."""
    return {**profiles.load(PROFILE), "calibration_required": False, **changes}


def revoke(story: Story, since: int | bytes) -> None:
    key = story.shift.logger.signer
    story.world.register(story.world.state(
        "revoke", story.world.maker[0], identity.statement_subject(key.public_key),
        [1, key.kid, since, 1]))
    story.remember()


def certificate(number: str, correction_cdeg: int) -> dict[str, object]:
    return {"channel": 0, "points": [[500, correction_cdeg]], "u95_cdeg": 20,
            "valid_from_ms": START_MS - 24 * HOUR_MS, "valid_to_ms": START_MS + 900 * HOUR_MS,
            "certificate": number, "certificate_sha256": hashlib.sha256(number.encode()).digest()}
