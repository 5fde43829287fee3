"""A trading circle in which packs go their ways, and the passports at the end."""

from dataclasses import dataclass, field, replace

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, passport
from ledger_client.core.checkpoint import Cosignature
from ledger_client.core.judgement import APPROVED, RECALL
from ledger_client.core.passport import Party, Passport
from ledger_client.core.trust import Trust
from ledger_client.node.passport_maker import PassportMaker
from ledger_client.wire import codes, cose, session
from tests.world import (
    GTIN,
    LOGGER_GIAI,
    PHARMACY_PARTY,
    START_MS,
    Device,
    World,
    label,
    pack,
    pack_symbol,
    signer,
)

ITEM = pack("S001")
SYMBOL = pack_symbol("S001")
LOT = ["]d2", b"01" + GTIN.encode() + b"10LOT42A\x1d"]
MATE = pack_symbol("S002")
PALLET = "https://id.gs1.org/00/395060001340000032"
FRIDGE = "https://id.gs1.org/414/9506000134352"
ROOM = "https://id.gs1.org/414/9506000134369"
OTHER_GIAI = "https://id.gs1.org/8004/9506000134L2"
STEP_MS = 60_000
WITNESS = signer("witness")


@dataclass
class Scene:
    """Two scanners and two loggers; every scan and reading is a block of its own a minute later,
    unless `together` gathers them."""

    world: World = field(default_factory=lambda: World().found())

    def __post_init__(self) -> None:
        self.maker = self.world.device("maker scanner", self.world.maker)
        self.pharmacy = self.world.device("pharmacy scanner", self.world.pharmacy)
        self.logger = self.world.device("logger", self.world.maker, LOGGER_GIAI)
        self.other_logger = self.world.device("other logger", self.world.maker, OTHER_GIAI)

    def pass_time(self, by_ms: int = STEP_MS) -> None:
        self.world.now_ms += by_ms
        for device in (self.maker, self.pharmacy, self.logger, self.other_logger):
            device.now_ms = self.world.now_ms

    def scan(self, by: Device, action: int, *symbols: object, parent: str | None = None,
             **more: object) -> None:
        self.world.block(self.unsent(by, action, *symbols, parent=parent, **more))

    def unsent(self, by: Device, action: int, *symbols: object, parent: str | None = None,
               **more: object) -> bytes:
        """A scan that no gateway has."""
        self.pass_time()
        return by.scan(action, list(symbols), parent=None if parent is None else label(parent),
                       **more)  # type: ignore[arg-type]

    def new_epoch(self, epoch: int) -> None:
        """The logger lost its ring."""
        self.logger.epoch, self.logger.seq, self.logger.prev = epoch, 0, bytes(32)

    def measure(self, *values: int, by: Device | None = None) -> None:
        self.world.block(self.unsent_measure(*values, by=by))

    def unsent_measure(self, *values: int, by: Device | None = None) -> bytes:
        self.pass_time()
        return (by or self.logger).measure(list(values) or [500], interval_ms=1000)

    def commission(self, *symbols: object) -> None:
        for symbol in symbols:
            self.scan(self.maker, codes.ACTION_COMMISSION, symbol)

    def pack(self, *symbols: object, into: str, by: Device | None = None) -> None:
        self.scan(by or self.maker, codes.ACTION_PACK, *symbols, parent=into)

    def unpack(self, *symbols: object, of: str, by: Device | None = None) -> None:
        self.scan(by or self.maker, codes.ACTION_UNPACK, *symbols, parent=of)

    def attach(self, carrier: str, giai: str = LOGGER_GIAI) -> None:
        self.scan(self.maker, codes.ACTION_ATTACH, label(giai), parent=carrier)

    def detach(self, carrier: str, giai: str = LOGGER_GIAI, by: Device | None = None) -> None:
        self.scan(by or self.maker, codes.ACTION_DETACH, label(giai), parent=carrier)

    def put_away(self, symbol: object, place: str) -> None:
        self.scan(self.maker, codes.ACTION_PUT_AWAY, symbol, place=place)

    def ship(self, symbol: object) -> None:
        """From the maker to the pharmacy."""
        self.scan(self.maker, codes.ACTION_SHIP, symbol, party=PHARMACY_PARTY)

    def revoke(self, device: Device, since_ms: int) -> None:
        """A device of the maker's."""
        self.pass_time()
        self.world.register(self.world.state(
            "revoke", self.world.maker[0], identity.statement_subject(device.signer.public_key),
            [1, device.signer.kid, since_ms, 1]))

    def recall(self, symbol: object) -> None:
        """A pack or its lot; a person signs for it."""
        block = self.world.block(self.unsent(self.maker, codes.ACTION_RECALL, symbol))
        person = self.world.enrol(
            codes.ROLE_PERSON, "recalls", self.world.maker,
            [[identity.PERSON_ROLES["responsible person"]], bytes(32)])
        self.world.register(self.world.state("judgement", person, "judgement", [
            1, [block.entry_hash, 0, "C12.1"], RECALL, APPROVED, None, None, None]))

    def calibrate(self) -> None:
        """The logger gets a certificate."""
        self.pass_time()
        self.world.register(self.world.state(
            "calibration", self.world.maker[1], LOGGER_GIAI,
            [1, None, {"channel": 1, "points": [[200, 5], [800, -5]], "u95_cdeg": 10,
                       "valid_from_ms": START_MS, "valid_to_ms": START_MS + 10 ** 10,
                       "certificate": "C-1", "certificate_sha256": bytes(32)}]))

    def rotate(self) -> None:
        """The logger gets another key, under which it begins anew."""
        self.pass_time()
        world, old, new = self.world, self.logger.signer, signer("logger's next key")
        proof = session.sign1(codes.PURPOSE_POSSESSION, world.ledger, new,
                              session.encode_possession(
                                  world.maker[0].thumbprint, codes.ROLE_DEVICE, new.thumbprint,
                                  old.thumbprint))
        world.register(world.state("rotate", world.maker[0],
                                   identity.statement_subject(old.public_key),
                                   [1, old.thumbprint, new.public_key, proof, None]))
        self.logger.signer = new
        self.new_epoch(1)

    def hand_over(self, carrier: str) -> None:
        """From the maker to the pharmacy."""
        self.ship(label(carrier))
        self.scan(self.pharmacy, codes.ACTION_RECEIVE, label(carrier))

    def trust(self, *, threshold: int = 0) -> bytes:
        return Trust("Circle", self.world.ledger, self.world.ledger_signer.public_key,
                     ((WITNESS.public_key, 1),), threshold).encode()

    def passport(self, *, item: str = ITEM, evidence: bool = True) -> bytes:
        data, left_out = self.made(item, evidence=evidence)
        assert left_out == []
        return data

    def made(self, item: str = ITEM, *, evidence: bool = True) -> tuple[bytes, list[str]]:
        """A passport, and what its maker left out."""
        self.pass_time()
        maker = PassportMaker(self.world.engine, item, evidence=evidence)
        return maker.make(self.world.maker[1], self.world.now_ms // 1000,
                          STATED_VERDICT), maker.left_out

    def cosignature(self, level: int = 1) -> bytes:
        signed = self.world.engine.checkpoint()
        assert signed is not None
        return checkpoints.cosign(Cosignature(signed.app_hash(), level, self.world.now_ms),
                                  self.world.ledger, WITNESS)


# where docs/coldseal.cddl has the parts
PARTS = {"version": 1, "ledger_key": 2, "checkpoint": 3, "proofs": 4, "signers": 5, "chains": 6,
         "parties": 7, "maker_key": 8, "cosignatures": 9, "revoked": 10, "verdict": 11, "keys": 12,
         "records": 13, "telemetry": 14}
STATED_VERDICT: list[object] = ["RELEASE", 5, [6], 1_780_000_000_000, bytes(32)]


def opened(data: bytes) -> Passport:
    return passport.decode(data)[1]


def pack_of(scene: Scene, serial: str) -> Passport:
    """The passport of another pack of the scene."""
    return opened(scene.passport(item=pack(serial)))


def resigned(content: Passport, by: World) -> bytes:
    """A passport whose maker signs what it likes, its parties fitted to the events."""
    signers = sorted({event.signer for chain in content.chains for event in chain.events})
    parties = (Party("Everybody", "https://id.gs1.org/417/1", tuple(signers)),)
    return passport.encode(replace(content, parties=parties), by.maker[1], 1_780_000_000)


def signed_anew(data: bytes, payload: bytes, scene: Scene) -> bytes:
    """The file with another payload, signed by its maker."""
    protected = cose.decode_sign1(data).protected
    digest = cose.digest(protected, b"", payload)
    return cose.encode_sign1(protected, payload, scene.world.maker[1].sign(digest))
