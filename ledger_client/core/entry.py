"""What a rule sees of the entry it judges."""

from dataclasses import dataclass, field

from ledger_client.core.parking import Budget
from ledger_client.core.state import View
from ledger_client.core.statement import Statement


@dataclass(frozen=True)
class Submission:
    """What a client hands in: a statement, and a block's body beside it."""

    statement: bytes
    body: bytes | None = None


@dataclass(frozen=True)
class Entry:
    """An entry while it is applied; `now_ms` is ledger time, `budget` what it may still set in
    motion."""

    number: int
    now_ms: int
    ledger: bytes
    statement: Statement
    body: bytes | None
    view: View
    budget: Budget = field(default_factory=Budget)
