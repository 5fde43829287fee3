"""A trading circle of four for tests of custody: who says what about which thing, what comes of it.

Everybody has a scanner; every scan is a block of its own unless a test seals it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ledger_client.core import identity, item, state, statement
from ledger_client.core.entry import Submission
from ledger_client.core.findings import Findings
from ledger_client.core.history import decode_event
from ledger_client.core.identity import Founder, GenesisContent
from ledger_client.core.item import Event, Item
from ledger_client.core.judgement import APPROVED
from ledger_client.core.rules import RULES_VERSION
from ledger_client.errors import Refused
from ledger_client.node.embedded import Registered
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import cbor, codes
from tests.world import (
    MAKER_PARTY,
    PHARMACY_PARTY,
    START_MS,
    Device,
    Gateway,
    World,
    label,
    pack,
    pack_symbol,
    signer,
)

MAKER, WHOLESALER, PHARMACY, AUTHORITY = "maker", "wholesaler", "pharmacy", "authority"
WHOLESALER_PARTY = "https://id.gs1.org/417/9530000000017"
AUTHORITY_PARTY = "https://id.gs1.org/417/9540000000014"
PARTIES = {MAKER: MAKER_PARTY, WHOLESALER: WHOLESALER_PARTY, PHARMACY: PHARMACY_PARTY,
           AUTHORITY: AUTHORITY_PARTY}
PREFIXES = {MAKER: ["9506000134"], WHOLESALER: ["9530000"], PHARMACY: ["9521321"], AUTHORITY: []}
ROLES = {MAKER: "manufacturer", WHOLESALER: "wholesaler", PHARMACY: "pharmacy",
         AUTHORITY: "regulator"}
PALLET = "https://id.gs1.org/00/395060001340000032"
STORE = "https://id.gs1.org/414/9506000134352"  # the maker's store, a place
DAY_MS = 24 * 3600 * 1000
MINUTE_MS = 60_000
CUSTODY = (b"contents/", b"unpacked/", b"attached/", b"recall/")  # and the items


@dataclass
class Said:
    """A registered scan: where it stands and what the rules found in it."""

    registered: Registered
    leaf: int
    rules: list[str]
    effective: bool  # whether custody is different now

    def about(self, rule: str) -> list[object]:
        return [self.registered.entry_hash, self.leaf, rule]


@dataclass
class Circle(World):
    """`scanners` by organisation; `clock_ms` is what they show, ledger time runs with it."""

    scanners: dict[str, Device] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.keys = {name: (signer(f"{name} root"), signer(f"{name} operations"))
                     for name in PARTIES}

    def genesis(self) -> bytes:
        founders = [Founder(name, [identity.ORGANISATION_ROLES[ROLES[name]]], PARTIES[name],
                            PREFIXES[name], root.public_key, operations.public_key)
                    for name, (root, operations) in self.keys.items()]
        content = GenesisContent(RULES_VERSION, {}, founders, self.ledger_signer.public_key, [],
                                 START_MS)
        return statement.build("genesis", self.maker[0], subject="genesis",
                               content=content.as_list(), ledger=None, issued_s=START_MS // 1000)

    def found(self) -> "Circle":
        genesis = self.genesis()
        self.ledger = statement.entry_hash(genesis)
        self.register(Submission(genesis))
        self.register(*[self.state("endorse", self.keys[name][0], "genesis", [1, self.ledger])
                        for name in (WHOLESALER, PHARMACY, AUTHORITY)])
        self.gateway = Gateway(self.ledger, self.enrol(codes.ROLE_GATEWAY, "gateway", self.maker,
                                                       [False]))
        self.scanners = {name: self.device(f"{name} scanner", self.keys[name]) for name in PARTIES}
        return self

    def root(self, name: str) -> bytes:
        return self.keys[name][0].thumbprint

    def wait(self, duration_ms: int) -> None:
        self.now_ms += duration_ms
        for device in self.scanners.values():
            device.now_ms += duration_ms

    def record(self, by: str, action: int, things: Sequence[object], *, to: str | None = None,
               **more: object) -> bytes:
        """A signed scan; a thing is a symbol, or the id whose label is scanned."""
        parent = more.pop("parent", None)
        return self.scanners[by].scan(
            action, [symbol_of(one) for one in things],
            parent=None if parent is None else symbol_of(parent),
            party=PARTIES.get(to, to) if to is not None else None, **more)  # type: ignore[arg-type]

    def scan(self, by: str, action: int, *things: object, to: str | None = None,
             **more: object) -> Said:
        return self.seal(self.record(by, action, things, to=to, **more))[0]

    def seal(self, *records: bytes) -> list[Said]:
        before = self.custody()
        registered = self.block(*records)
        effective = self.custody() != before
        return [Said(registered, leaf, self.found_in(registered, leaf), effective)
                for leaf in range(len(records))]

    def done(self, by: str, action: int, *things: object, to: str | None = None,
             **more: object) -> Said:
        """A scan that must have its effect, and no finding."""
        said = self.scan(by, action, *things, to=to, **more)
        assert (said.rules, said.effective) == ([], True)
        return said

    def denied(self, rule: str, by: str, action: int, *things: object, to: str | None = None,
               **more: object) -> Said:
        """A scan that must be this finding, once for each thing, and nothing else."""
        said = self.scan(by, action, *things, to=to, **more)
        assert (set(said.rules), said.effective) == ({rule}, False)
        return said

    def found_in(self, registered: Registered, leaf: int | None) -> list[str]:
        found = self.engine.view().load(Findings, state.finding_key(registered.number, leaf))
        return [] if found is None else [str(row[0]) for row in found.found]

    def custody(self) -> dict[bytes, object]:
        """All state of custody but the chains and the counters of sightings."""
        pairs: dict[bytes, object] = {key: cbor.decode(value) for word in CUSTODY
                                      for key, value in self.store.keys(word)}
        for key, _ in self.store.keys(b"item/"):
            found = self.item(key.decode().removeprefix("item/"))
            if found.status or found.loggers:
                pairs[key] = replace(found, length=0, head=b"", sightings=0)
        return pairs

    def item(self, uri: str) -> Item:
        found = item.load(self.engine.view(), uri)
        assert found is not None
        return found

    def status(self, uri: str) -> str:
        return item.STATUS_NAMES[self.item(uri).status]

    def custodian(self, uri: str) -> str | None:
        """Who holds the outermost parent."""
        _, outer = item.top(self.engine.view(), uri, self.item(uri))
        return next((name for name in PARTIES if self.root(name) == outer.custodian), None)

    def chain(self, uri: str) -> list[Event]:
        return [decode_event(one) for one in self.store.events(uri)]

    def person(self, owner: str, role: str, name: str | None = None) -> SoftwareSigner:
        """Enrol a person; the name's commitment is the name."""
        name = name or f"{owner} {role}"
        return self.enrol(codes.ROLE_PERSON, name, self.keys[owner],
                          [[identity.PERSON_ROLES[role]], name.encode().ljust(32, b".")[:32]])

    def judge(self, by: SoftwareSigner, about: list[object], meaning: int,
              outcome: int | None = APPROVED) -> str | None:
        """Register a judgement: None, or the rule that it is refused by."""
        (answer,) = self.engine.submit([self.judgement(by, about, meaning, outcome)])
        return answer.rule if isinstance(answer, Refused) else None

    def judgement(self, by: SoftwareSigner, about: list[object], meaning: int,
                  outcome: int | None = APPROVED) -> Submission:
        return self.state("judgement", by, "judgement",
                          [1, about, meaning, outcome, None, None, None])

    def expel(self, name: str) -> None:
        """By the votes of everybody else."""
        proposal = self.state("propose", self.maker[0], "proposal", [1, [4, self.root(name)]])
        self.register(proposal, *[
            self.state("endorse", self.keys[other][0], "proposal",
                       [1, statement.entry_hash(proposal.statement)])
            for other in PARTIES if other not in (MAKER, name)])

    def hold_about(self, uri: str) -> list[object]:
        return [uri, self.item(uri).head]


def symbol_of(thing: object) -> object:
    """A thing's own symbol; what is no id is one already."""
    if not isinstance(thing, str):
        return thing
    return pack_symbol(thing.rsplit("/", 1)[1]) if thing.startswith(pack("")) else label(thing)
