"""A trading circle of four for tests of custody: who says what about which thing, what comes of it.

Everybody has a scanner; every scan is a block of its own unless a test seals it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ledger_client.core import identity, item, rules, state, statement
from ledger_client.core.entry import Submission
from ledger_client.core.findings import Findings
from ledger_client.core.history import decode_event
from ledger_client.core.identity import Founder, GenesisContent
from ledger_client.core.item import Event, Item
from ledger_client.core.judgement import APPROVED
from ledger_client.core.rules import RULES_VERSION, Accepted
from ledger_client.core.state import View
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
AUTHORITY_PARTY = "https://id.gs1.org/417/9540000000019"
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

    def trial(self, by: str, action: int, *things: object, to: str | None = None,
              **more: object) -> tuple[list[str], bool]:
        """What would come of a scan, as (rules, whether custody would be different)."""
        kept = replace(self.scanners[by]), replace(self.gateway)
        submission = self.gateway.seal([self.record(by, action, things, to=to, **more)],
                                       self.now_ms)
        self.scanners[by], self.gateway = kept
        view = self.engine.view()
        number = self.size()
        (outcome,) = rules.apply(view, [submission], ledger=self.ledger, size=number,
                                 now_ms=self.now_ms)
        assert isinstance(outcome, Accepted), outcome
        after = custody({**dict(self.store.keys(b"")), **view.changes})
        return found_in(view, number, 0), after != self.custody()

    def size(self) -> int:
        """Entries that are registered."""
        checkpoint = self.engine.checkpoint()
        assert checkpoint is not None
        return checkpoint.size

    def commissioned(self, *things: object) -> None:
        for thing in things:
            self.done(MAKER, codes.ACTION_COMMISSION, thing)

    def expired(self) -> str:
        """A pack in stock whose day is over."""
        self.commissioned(pack_symbol("S9", expiry="260528"))
        self.done(MAKER, codes.ACTION_PUT_AWAY, pack("S9"))
        self.wait(DAY_MS)
        return pack("S9")

    def delivered(self, thing: object, to: str = PHARMACY, by: str = MAKER) -> None:
        """Shipped and received."""
        self.done(by, codes.ACTION_SHIP, thing, to=to)
        self.done(to, codes.ACTION_RECEIVE, thing)

    def found_in(self, registered: Registered, leaf: int | None) -> list[str]:
        return found_in(self.engine.view(), registered.number, leaf)

    def custody(self) -> dict[bytes, object]:
        return custody(dict(self.store.keys(b"")))

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


def custody(pairs: Mapping[bytes, bytes | None]) -> dict[bytes, object]:
    """All state of custody but the chains and the counters of sightings."""
    view = View(pairs.get)
    kept: dict[bytes, object] = {}
    for key, value in pairs.items():
        if value is not None and key.startswith(CUSTODY):
            kept[key] = cbor.decode(value)
        found = item.load(view, key.decode()[5:]) if key.startswith(b"item/") else None
        if found is not None and (found.status or found.loggers):
            kept[key] = replace(found, length=0, head=b"", sightings=0)
    return kept


def found_in(view: View, number: int, leaf: int | None) -> list[str]:
    """Rules found in a leaf of an entry."""
    found = view.load(Findings, state.finding_key(number, leaf))
    return [] if found is None else [str(row[0]) for row in found.found]


def symbol_of(thing: object) -> object:
    """A thing's own symbol; what is no id is one already."""
    if not isinstance(thing, str):
        return thing
    return pack_symbol(thing.rsplit("/", 1)[1]) if thing.startswith(pack("")) else label(thing)
