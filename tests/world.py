"""A small trading circle for tests: keys, a genesis, devices that sign, gateways that seal.

Everything is deterministic: keys come from names, time is what a test says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger_client import profiles
from ledger_client.core import block, identity, statement
from ledger_client.core.block import BlockHeader, Leaf
from ledger_client.core.entry import Submission
from ledger_client.core.findings import Findings
from ledger_client.core.identity import Founder, GenesisContent
from ledger_client.core.rules import RULES_VERSION
from ledger_client.node.embedded import EmbeddedLedger, Registered
from ledger_client.signer import SoftwareSigner
from ledger_client.store.interface import Store
from ledger_client.store.memory import MemoryStore
from ledger_client.wire import cbor, codes, cose, record, session, telemetry
from ledger_client.wire.values import Clock

START_MS = 1_780_000_000_000  # 2026-05-28T20:26:40Z
BOOT_MS = START_MS - 24 * 3600 * 1000  # devices run for a day before a test begins
MAKER_PARTY = "https://id.gs1.org/417/9506000134352"
PHARMACY_PARTY = "https://id.gs1.org/417/9521321000018"
LOGGER_GIAI = "https://id.gs1.org/8004/9506000134L1"
CRATE = "https://id.gs1.org/00/395060001340000018"
OTHER_CRATE = "https://id.gs1.org/00/395060001340000025"
GTIN = "09506000134352"
GS = b"\x1d"


def signer(name: str) -> SoftwareSigner:
    """The key that belongs to a name."""
    return SoftwareSigner.generate(
        lambda size: b"".join(hashlib.sha256(b"%s %d" % (name.encode(), part)).digest()
                              for part in range(2))[:size])


def pack_symbol(serial: str, lot: str = "LOT42A", expiry: str = "281231") -> list[object]:
    return ["]d2", b"01%s17%s10%s%s21%s" % (GTIN.encode(), expiry.encode(), lot.encode(), GS,
                                            serial.encode())]


def pack(serial: str) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{serial}"


def label(uri: str) -> list[object]:
    """The symbol on a crate, party or asset label."""
    _, _, _, ai, value = uri.split("/")
    return ["]C1", (ai + value).encode()]


@dataclass
class Device:
    """A device's chain; `scan` and the others return the next signed record."""

    name: str
    ledger: bytes
    signer: SoftwareSigner
    epoch: int = 1
    seq: int = 0
    prev: bytes = record.FIRST_PREV
    now_ms: int = START_MS
    source: int = codes.SOURCE_SNTP
    clock_off_ms: int = 0  # of the time of day; elapsed time is right

    def clock(self) -> Clock:
        elapsed_ms = self.now_ms - BOOT_MS
        if self.source == codes.SOURCE_NONE:
            return Clock(None, self.source, None, 1, elapsed_ms)
        return Clock(self.now_ms + self.clock_off_ms, self.source, 1000, 1, elapsed_ms)

    def sign(self, kind: int, body: object) -> bytes:
        self.seq += 1
        payload = record.content(self.epoch, self.seq, self.prev, self.clock(), kind, body)
        self.prev = record.digest(self.signer.kid, self.ledger, payload)
        return record.encode(self.signer.kid, payload, self.signer.sign(self.prev))

    def boot(self) -> bytes:
        return self.sign(codes.KIND_EVENT, [codes.EVENT_BOOT, codes.BOOT_POWER_ON, "test",
                                            bytes(32)])

    def scan(self, action: int, symbols: Sequence[object], *, parent: object = None,
             party: str | None = None, place: str | None = None, reason: int | None = None,
             shown: int = 0) -> bytes:
        return self.sign(codes.KIND_SCAN, [action, list(symbols), parent, party, place, None, None,
                                           reason, shown])

    def measure(self, values: Sequence[int], interval_ms: int = 300_000) -> bytes:
        """One telemetry record; its last reading is now."""
        elapsed_ms = self.now_ms - BOOT_MS
        first = elapsed_ms - interval_ms * (len(values) - 1)
        readings = [(first + interval_ms * at, value) for at, value in enumerate(values)]
        return self.sign(codes.KIND_TELEMETRY, [telemetry.encode_series(
            1, codes.QUANTITY_TEMPERATURE, -2, elapsed_ms, readings)])


@dataclass
class Gateway:
    """A gateway that seals what it is given."""

    ledger: bytes
    signer: SoftwareSigner
    height: int = 0
    prev: bytes = block.FIRST_PREV
    journal_id: bytes = b"journal1"

    def seal(self, records: Sequence[bytes], sealed_ms: int) -> Submission:
        leaves = [Leaf(sealed_ms, one) for one in records]
        header = BlockHeader(self.height + 1, self.prev, block.body_root(leaves), len(leaves),
                             sealed_ms, self.journal_id)
        data = block.seal(header, self.ledger, self.signer)
        self.height, self.prev = header.height, statement.entry_hash(data)
        return Submission(data, block.encode_body(leaves))


@dataclass
class World:
    """Maker and pharmacy on one embedded ledger with one gateway."""

    store: Store = field(default_factory=MemoryStore)
    now_ms: int = START_MS
    witnesses: list[SoftwareSigner] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.maker = (signer("maker root"), signer("maker operations"))
        self.pharmacy = (signer("pharmacy root"), signer("pharmacy operations"))
        self.ledger_signer = signer("ledger")
        self.engine = EmbeddedLedger(self.store, self.ledger_signer, lambda: self.now_ms)
        self.ledger = b""

    def found(self) -> "World":
        """Genesis, endorsement, a gateway."""
        genesis = self.genesis()
        self.ledger = statement.entry_hash(genesis)
        self.register(Submission(genesis))
        self.register(self.endorse())
        self.gateway = Gateway(self.ledger, self.enrol(codes.ROLE_GATEWAY, "gateway", self.maker,
                                                       [False]))
        return self

    def genesis(self) -> bytes:
        founders = [
            Founder(name, [1], party, prefixes, root.public_key, operations.public_key)
            for name, party, prefixes, (root, operations) in (
                ("Maker", MAKER_PARTY, ["9506000134"], self.maker),
                ("Pharmacy", PHARMACY_PARTY, ["9521321"], self.pharmacy))]
        content = GenesisContent(RULES_VERSION, {}, founders, self.ledger_signer.public_key,
                                 [(one.public_key, 1) for one in self.witnesses], START_MS)
        return statement.build("genesis", self.maker[0], subject="genesis",
                               content=content.as_list(), ledger=None, issued_s=START_MS // 1000)

    def endorse(self) -> Submission:
        return self.state("endorse", self.pharmacy[0], "genesis", [1, self.ledger])

    def state(self, kind: str, by: SoftwareSigner, subject: str, content: object) -> Submission:
        return Submission(statement.build(kind, by, subject=subject, content=content,
                                          ledger=self.ledger, issued_s=self.now_ms // 1000))

    def register(self, *submissions: Submission) -> list[Registered]:
        """Register; a refusal fails the test."""
        answers = self.engine.submit(submissions)
        for answer in answers:
            if not isinstance(answer, Registered):
                raise answer
        return [answer for answer in answers if isinstance(answer, Registered)]

    def enrolment(self, role: int, new: SoftwareSigner,
                  owner: tuple[SoftwareSigner, SoftwareSigner],
                  details: list[object]) -> Submission:
        root = owner[0].thumbprint
        proof = session.sign1(codes.PURPOSE_POSSESSION, self.ledger, new,
                              session.encode_possession(root, role, new.thumbprint, None))
        return self.state("enrol", owner[1], identity.statement_subject(new.public_key),
                          [1, role, root, new.public_key, proof, details])

    def enrol(self, role: int, name: str, owner: tuple[SoftwareSigner, SoftwareSigner],
              details: list[object]) -> SoftwareSigner:
        new = signer(name)
        self.register(self.enrolment(role, new, owner, details))
        return new

    def device(self, name: str, owner: tuple[SoftwareSigner, SoftwareSigner],
               giai: str | None = None) -> Device:
        product = "scanner" if giai is None else "logger"
        key = self.enrol(codes.ROLE_DEVICE, name, owner, [giai, 5, product])
        return Device(name, self.ledger, key, now_ms=self.now_ms)

    def block(self, *records: bytes) -> Registered:
        """Seal and register records in one block."""
        return self.register(self.gateway.seal(records, self.now_ms))[0]

    def thumbprint(self, device: Device) -> bytes:
        return cose.thumbprint(device.signer.public_key)

    def product(self, profile: str = "refrigerated-2-8") -> None:
        """Register a shipped profile and the product that names it."""
        self.register(
            self.state("profile", self.maker[1], f"profile/{profile}",
                       [1, None, profiles.load(profile)]),
            self.state("product", self.maker[1], f"https://id.gs1.org/01/{GTIN}",
                       [1, None, {"name": "Coldvax", "profile": profile}]))

    def rules_found(self) -> list[str]:
        """Rule ids of every finding, in log order."""
        return [str(row[0]) for _, value in self.store.keys(b"finding/")
                for row in Findings.of(cbor.decode(value)).found]
