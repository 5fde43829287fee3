"""A small ledger, entry by entry: founders, devices, a profile, blocks, rotation, revocation."""

from dataclasses import dataclass, field

from ledger_client.core import identity, statement
from ledger_client.core.block import FIRST_PREV
from ledger_client.core.capture import Capture, CapturedEvent
from ledger_client.core.entry import Submission
from ledger_client.core.identity import Founder, GenesisContent
from ledger_client.core.judgement import ACKNOWLEDGED
from ledger_client.core.profile import (
    Aggregation,
    AlarmRule,
    Effect,
    GapPolicy,
    Profile,
    Range,
)
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, session
from ledger_client.wire.values import Scan
from tests.generators.cases.common import HASH, Case
from tests.world import (
    CRATE,
    GTIN,
    LOGGER_GIAI,
    MAKER_PARTY,
    PHARMACY_PARTY,
    START_MS,
    Device,
    Gateway,
    label,
    pack_symbol,
    signer,
)

MAKER = signer("maker root"), signer("maker operations")
PHARMACY = signer("pharmacy root"), signer("pharmacy operations")
LEDGER_KEY, WITNESS = signer("ledger"), signer("witness")
PRODUCT = f"https://id.gs1.org/01/{GTIN}"

FOUNDERS = [
    Founder("Maker", [identity.ORGANISATION_ROLES["manufacturer"]], MAKER_PARTY, ["9506000134"],
            MAKER[0].public_key, MAKER[1].public_key),
    Founder("Apotheke am Brühl", [identity.ORGANISATION_ROLES["pharmacy"]], PHARMACY_PARTY,
            ["9521321"], PHARMACY[0].public_key, PHARMACY[1].public_key)]
GENESIS = GenesisContent(1, {"entries_a_day": 1_000_000}, FOUNDERS, LEDGER_KEY.public_key,
                         [(WITNESS.public_key, 2)], START_MS)
_EFFECTS = Aggregation(Effect("release", "release"), Effect("hold", "hold"),
                       Effect("reject", "hold"))
PROFILE = Profile(
    source="made for vectors", ranges=(Range("storage", 200, "<", 800, ">"),),
    alarms=(AlarmRule(800, ">", "single", "none", 3_600_000, 1, "major"),
            AlarmRule(200, "<", "cumulative", "trip", 60_000, 1, "critical")),
    mkt=None, budgets=(), freeze_sensitive=True, expected_interval_ms=300_000,
    gap_tolerance_ms=600_000, gap_policy=GapPolicy("hold", False), calibration_required=False,
    guard_band_cdeg=None, aggregation=_EFFECTS)
CALIBRATION: dict[str, object] = {
    "channel": 1, "certificate": "K-2026-17", "certificate_sha256": HASH,
    "points": [[200, -3], [800, 5]], "u95_cdeg": 12, "valid_from_ms": START_MS - 1,
    "valid_to_ms": START_MS + 365 * 24 * 3600 * 1000}
CAPTURE = Capture((CapturedEvent(START_MS + 12_000, 1000, Scan(
    codes.ACTION_RECEIVE, [label(CRATE)], None, None, "https://id.gs1.org/414/9521321000018", None,
    None, None, codes.SHOWN_ACCEPTED)),), HASH)


@dataclass
class Story:
    """Entries so far; each is registered a second after the one before."""

    ledger: bytes = b""
    now_ms: int = START_MS
    entries: list[Case] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)

    def state(self, kind: str, by: SoftwareSigner, subject: str, content: object) -> Submission:
        return Submission(statement.build(
            kind, by, subject=subject, content=content, ledger=self.ledger or None,
            issued_s=self.now_ms // 1000))

    def enrolment(self, role: int, new: SoftwareSigner, details: list[object],
                  owner: tuple[SoftwareSigner, SoftwareSigner] = MAKER) -> Submission:
        proof = self.possession(new, owner[0], role, None)
        return self.state("enrol", owner[1], identity.statement_subject(new.public_key),
                          [1, role, owner[0].thumbprint, new.public_key, proof, details])

    def possession(self, new: SoftwareSigner, root: SoftwareSigner, role: int,
                   replaces: bytes | None) -> bytes:
        return session.sign1(codes.PURPOSE_POSSESSION, self.ledger, new, session.encode_possession(
            root.thumbprint, role, new.thumbprint, replaces))

    def rotation(self, old: SoftwareSigner, new: SoftwareSigner, role: int,
                 consent: bytes | None) -> Submission:
        proof = self.possession(new, MAKER[0], role, old.thumbprint)
        return self.state("rotate", MAKER[0], identity.statement_subject(old.public_key),
                          [1, old.thumbprint, new.public_key, proof, consent])

    def revocation(self, key: SoftwareSigner, since: object) -> Submission:
        return self.state("revoke", MAKER[0], identity.statement_subject(key.public_key),
                          [1, key.kid, since, 1])

    def register(self, submission: Submission) -> None:
        self.entries.append(case_of(submission, self.now_ms))
        self.hashes.append(statement.entry_hash(submission.statement))
        self.ledger = self.hashes[0]
        self.now_ms += 1000

    def device(self, name: str, giai: str | None) -> Device:
        key = signer(name)
        product = "scanner" if giai is None else "logger"
        self.register(self.enrolment(codes.ROLE_DEVICE, key, [giai, 5, product]))
        return Device(name, self.ledger, key, now_ms=self.now_ms)


def case_of(submission: Submission, time_ms: int) -> Case:
    return {"time_ms": time_ms, "statement": submission.statement.hex(),
            "body": None if submission.body is None else submission.body.hex()}


def told() -> Story:
    """The whole story; every kind of statement is in it."""
    story = Story()
    story.register(story.state("genesis", MAKER[0], "genesis", GENESIS.as_list()))
    story.register(story.state("endorse", PHARMACY[0], "genesis", [1, story.ledger]))
    story.register(story.enrolment(codes.ROLE_GATEWAY, signer("gateway"), [False]))
    scanner, logger = story.device("scanner", None), story.device("logger", LOGGER_GIAI)
    story.register(story.state("profile", MAKER[1], "profile/cold", [1, None, PROFILE.as_map()]))
    story.register(story.state("product", MAKER[1], PRODUCT, [
        1, None, {"name": "Vakzin 10 µg", "profile": "cold"}]))
    gateway = Gateway(story.ledger, signer("gateway"))
    story.register(gateway.seal(shift(scanner, logger), story.now_ms))
    story.register(story.state("profile", MAKER[1], "profile/cold", [
        1, story.hashes[5], {**PROFILE.as_map(), "gap_tolerance_ms": 900_000}]))
    story.register(story.rotation(signer("gateway"), signer("gateway 2"), codes.ROLE_GATEWAY,
                                  signer("gateway").sign(signer("gateway 2").thumbprint)))
    second = Gateway(story.ledger, signer("gateway 2"), prev=FIRST_PREV, journal_id=b"journal2")
    story.register(second.seal([logger.measure([520, 530]), b"no record"], story.now_ms))
    _decided(story)
    story.register(story.revocation(scanner.signer, story.hashes[7]))
    story.register(story.revocation(logger.signer, START_MS + 9_500))
    story.register(story.state("capture", PHARMACY[1], "capture", CAPTURE.as_list()))
    story.register(story.state("capture", MAKER[1], "capture", Capture(
        (), corrected=((story.hashes[7], 5),)).as_list()))
    return story


def _decided(story: Story) -> None:
    """What people and members say: a calibration, a proposal, a judgement of a finding."""
    story.register(story.enrolment(codes.ROLE_PERSON, signer("quality"), [
        [identity.PERSON_ROLES["quality assurance"]], HASH]))
    story.register(story.state("calibration", MAKER[1], LOGGER_GIAI, [1, None, CALIBRATION]))
    story.register(story.state("propose", MAKER[0], "proposal", [1, [1, {"majority_percent": 66}]]))
    story.register(story.state("endorse", PHARMACY[0], "proposal", [1, story.hashes[-1]]))
    story.register(story.state("judgement", signer("quality"), "judgement",
                               judgement(story.hashes[7], 5, "C0.5")))


def judgement(about: bytes, leaf: int | None, rule: str | None,
              meaning: int = ACKNOWLEDGED) -> list[object]:
    return [1, [about, leaf, rule], meaning, None, 7, None, HASH]


def shift(scanner: Device, logger: Device) -> list[bytes]:
    """Two packs, one of them twice, into a crate with a logger, and off to the pharmacy."""
    return [
        logger.boot(), scanner.boot(),
        *[scanner.scan(codes.ACTION_COMMISSION, [symbol])
          for symbol in (pack_symbol("S1"), pack_symbol("S2"), label(CRATE), pack_symbol("S1"))],
        scanner.scan(codes.ACTION_PACK, [pack_symbol("S1"), pack_symbol("S2")],
                     parent=label(CRATE)),
        logger.measure([500, 510, 520]),
        scanner.scan(codes.ACTION_ATTACH, [label(LOGGER_GIAI)], parent=label(CRATE)),
        scanner.scan(codes.ACTION_SHIP, [label(CRATE)], party=PHARMACY_PARTY),
        logger.sign(codes.KIND_EVENT, [codes.EVENT_BEACON, HASH])]
