"""What commands share that register statements: the answer of the rules, refusals with a remedy."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge_gateway.commands.common import err, out
from edge_gateway.commands.desk import Desk
from ledger_client.core import identity, rule_book, statement
from ledger_client.core.entry import Submission
from ledger_client.errors import Refused, UsageError
from ledger_client.node.embedded import LedgerReader, Registered
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, session


def ledger_id(source: LedgerReader | Desk) -> bytes:
    checkpoint = source.checkpoint()
    if checkpoint is None:
        raise UsageError("the ledger has no genesis yet")
    return checkpoint.ledger


def register(engine: Desk, submission: Submission) -> Registered:
    """Where it stands; Refused with what to do about it."""
    return register_all(engine, [submission])[0]


def register_all(engine: Desk, submissions: Sequence[Submission]) -> list[Registered]:
    """The same for several in one batch, which share a checkpoint."""
    found = []
    for answer in engine.submit(submissions):
        if isinstance(answer, Refused):
            raise with_remedy(answer)
        found.append(answer)
    return found


def with_remedy(refused: Refused) -> Refused:
    """The same with what to do about it, as findings say it; J4 names a rule of custody, whose
    remedy it is, or the item alone."""
    rule = refused.detail.partition(":")[0] if refused.rule == "J4" else refused.rule
    known = rule_book.RULES.get(rule, rule_book.RULES.get(refused.rule))
    return refused if known is None else \
        Refused(refused.rule, f"{refused.detail}\n  do: {known.remedy}")


def register_statement(engine: Desk, key: SoftwareSigner, kind: str, subject: str,
                       content: object) -> Registered:
    """Sign a statement and register it."""
    return register(engine, Submission(statement.build(kind, key, subject=subject, content=content,
                                                       ledger=ledger_id(engine))))


def announce(kind: str, registered: Registered) -> None:
    out.print(f"{kind}: registered as entry {registered.number}"
              + ("" if registered.fresh else " (it was before)"))


def enrol(engine: Desk, operations: SoftwareSigner, new: SoftwareSigner,
          role: int, details: list[object]) -> Registered:
    """Enrol a key that is at hand and proves its possession, for the owner of `operations`."""
    owner = identity.require_key(engine.view(), operations.thumbprint).organisation
    proof = session.sign1(codes.PURPOSE_POSSESSION, ledger_id(engine), new,
                          session.encode_possession(owner, role, new.thumbprint, None))
    return register_statement(
        engine, operations, "enrol", identity.statement_subject(new.public_key),
        [codes.VERSION, role, owner, new.public_key, proof, details])


@contextmanager
def progress(text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error while something long runs; called with how much is
    done.  Elsewhere than on a terminal it would leave an empty line."""
    with Progress(TextColumn(text), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                  console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)
