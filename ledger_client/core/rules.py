"""The rules: `apply` decides every statement of a ledger, the same everywhere.

Pure and deterministic: state, submissions and ledger time in; outcomes and changed pairs out.
Invariants
- an entry hash is registered once, for ever
- entry 0 is genesis; until every founder endorsed it, only endorsements are accepted
- a statement is judged by the state before it; a refused one leaves no trace
- time never goes back, and is the same for every entry of a batch
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger_client.core import (
    allowance,
    calibration,
    capture,
    custody,
    enrolment,
    governance,
    identity,
    judgement,
    registry,
    sealing,
    state,
    statement,
)
from ledger_client.core.entry import Entry, Submission
from ledger_client.core.identity import Key
from ledger_client.core.state import View
from ledger_client.errors import InvalidData, Refused
from ledger_client.wire import codes
from ledger_client.wire.errors import WireError

RULES_VERSION = 1


@dataclass(frozen=True)
class Accepted:
    """Registered as entry `number`."""

    number: int
    entry_hash: bytes


@dataclass(frozen=True)
class Known:
    """Registered before, as entry `number`: submitting again is harmless."""

    number: int
    entry_hash: bytes


Outcome = Accepted | Known | Refused


@dataclass(frozen=True)
class _Kind:
    """Who may sign a kind of statement, and its rule."""

    roles: tuple[int, ...]
    apply: Callable[[Entry, Key, object], None]


def apply(view: View, submissions: Sequence[Submission], *, ledger: bytes | None, size: int,
          now_ms: int) -> list[Outcome]:
    """Judge each submission in order; `size` entries are registered before, `ledger` is None
    before genesis.  Changes gather in `view`."""
    outcomes: list[Outcome] = []
    for submission in submissions:
        branch = view.branch()
        try:
            outcome = _submit(branch, submission, ledger, size, now_ms)
        except Refused as refusal:
            outcomes.append(refusal)
            continue
        if isinstance(outcome, Accepted):
            ledger = ledger or outcome.entry_hash
            size += 1
            view.merge(branch)
        outcomes.append(outcome)
    return outcomes


def _submit(view: View, submission: Submission, ledger: bytes | None, size: int,
            now_ms: int) -> Accepted | Known:
    parsed = statement.parse(submission.statement)
    number = view.get(state.entry_key(parsed.entry_hash))
    if isinstance(number, int):
        return Known(number, parsed.entry_hash)
    entry = Entry(size, now_ms, ledger or parsed.entry_hash, parsed, submission.body, view)
    try:
        organisation = _judge(entry, ledger is None)
        if organisation is not None:
            allowance.spend(entry, organisation,
                            len(submission.statement) + len(submission.body or b""))
    except WireError as error:
        raise Refused("S10", str(error)) from error
    except InvalidData as error:
        raise error if isinstance(error, Refused) else Refused("S2", str(error)) from error
    view.put(state.entry_key(parsed.entry_hash), size)
    view.put(state.time_key(size), now_ms)
    return Accepted(size, parsed.entry_hash)


def _judge(entry: Entry, first: bool) -> bytes | None:
    """Root of the organisation that answers for the statement, None for genesis."""
    parsed = entry.statement
    if first != (parsed.kind == "genesis"):
        raise Refused("S4", "entry 0 is genesis, and nothing else is")
    if first:
        if parsed.ledger is not None or parsed.subject != "genesis" or entry.body is not None:
            raise Refused("S3", "genesis has no audience, sub is \"genesis\", and no body")
        identity.apply_genesis(entry, identity.decode_genesis(parsed.content()))
        return None
    if parsed.ledger != entry.ledger:
        raise Refused("S3", "aud is not this ledger")
    kind = _KINDS.get(parsed.kind)
    if kind is None:
        raise Refused("S4", f"the kind {parsed.kind!r} is not registered on a ledger")
    if identity.missing_founders(entry.view) and parsed.kind != "endorse":
        raise Refused("S4", "not every founder has endorsed genesis yet")
    if entry.body is not None and parsed.kind != "block":
        raise Refused("S1", "only a block has a body")
    in_force = identity.require_genesis(entry.view).rules
    if in_force > RULES_VERSION:
        raise Refused("S12", f"rules {in_force} are in force, and this software knows "
                             f"{RULES_VERSION}")
    signer = _signer(entry, kind)
    custody.expire_parked(entry)
    kind.apply(entry, signer, parsed.content())
    return signer.organisation


def _signer(entry: Entry, kind: _Kind) -> Key:
    """The signer's key: known, in standing, of the right role, and its signature verified."""
    key = identity.require_key(entry.view, entry.statement.issuer)
    entry.statement.verify(key.public_key)
    if not identity.in_standing(entry.view, entry.statement.issuer):
        raise Refused("S6", "the signer's key was revoked or replaced, or its owner left")
    if key.role not in kind.roles:
        raise Refused("S7", f"{identity.ROLE_NAMES[key.role]} keys do not sign the kind "
                            f"{entry.statement.kind!r}")
    return key


_KINDS = {
    "endorse": _Kind((codes.ROLE_ROOT,), governance.apply_endorse),
    "propose": _Kind((codes.ROLE_ROOT,), governance.apply_propose),
    "enrol": _Kind((codes.ROLE_OPERATIONS,), enrolment.apply_enrol),
    "rotate": _Kind((codes.ROLE_ROOT,), enrolment.apply_rotate),
    "revoke": _Kind((codes.ROLE_ROOT,), enrolment.apply_revoke),
    "profile": _Kind((codes.ROLE_OPERATIONS,), registry.apply_profile),
    "product": _Kind((codes.ROLE_OPERATIONS,), registry.apply_product),
    "calibration": _Kind((codes.ROLE_OPERATIONS,), calibration.apply_calibration),
    "capture": _Kind((codes.ROLE_PERSON, codes.ROLE_OPERATIONS), capture.apply_capture),
    "judgement": _Kind((codes.ROLE_PERSON, codes.ROLE_GATEWAY), judgement.apply_judgement),
    "block": _Kind((codes.ROLE_GATEWAY,), sealing.apply_block),
}
