"""Governance: members change parameters, rules and membership by proposal and endorsement.

A proposal is a statement of one member; it takes effect in the entry whose endorsement completes
the majority that genesis states, and is closed then.  The proposer endorses by proposing.
"""

from dataclasses import dataclass, replace

from ledger_client.core import identity, parameters, state
from ledger_client.core.entry import Entry
from ledger_client.core.identity import Key
from ledger_client.core.state import Stored, View
from ledger_client.errors import Refused
from ledger_client.wire import check, codes
from ledger_client.wire.errors import WireError

SUBJECT = "proposal"
CHANGE_PARAMETERS, CHANGE_RULES, CHANGE_ADMIT, CHANGE_EXPEL, CHANGE_WITNESS = 1, 2, 3, 4, 5
WITNESS_LEVELS = (1, 2)


@dataclass(frozen=True)
class Proposal(Stored):
    """`endorsers` are roots of members; `open` until it took effect."""

    entry: int
    change: list[object]
    endorsers: list[bytes]
    open: bool


def apply_propose(entry: Entry, signer: Key, content: object) -> None:
    """Content = [1, change]; change = [kind, detail]."""
    version, change = check.array(content, 2, "propose.form")
    check.version(version, codes.VERSION, "propose.form")
    if entry.statement.subject != SUBJECT:
        raise Refused("S8", f"sub is not {SUBJECT!r}")
    kind, detail = check.array(change, 2, "propose.change")
    _check_change(entry, kind, detail)
    proposal = Proposal(entry.number, [kind, detail], [], True)
    _endorse(entry, state.proposal_key(entry.statement.entry_hash), proposal, signer.organisation)


def apply_endorse(entry: Entry, signer: Key, content: object) -> None:
    """Content = [1, entry hash of genesis or of a proposal]; sub says which."""
    rule = "endorse.form"
    version, endorsed = check.array(content, 2, rule)
    check.version(version, codes.VERSION, rule)
    endorsed = check.sized(endorsed, 32, rule)
    if entry.statement.subject == "genesis":
        if endorsed != entry.ledger:
            raise Refused("S8", "it endorses another ledger's genesis")
        identity.apply_founder_endorsement(entry, signer)
        return
    if entry.statement.subject != SUBJECT or identity.missing_founders(entry.view):
        raise Refused("S4", "only genesis can be endorsed here and now")
    key = state.proposal_key(endorsed)
    proposal = entry.view.load(Proposal, key)
    if proposal is None or not proposal.open:
        raise Refused("S9", "no open proposal has this entry hash")
    if signer.organisation in proposal.endorsers:
        raise Refused("S9", "this member has endorsed the proposal before")
    _endorse(entry, key, proposal, signer.organisation)


def _endorse(entry: Entry, key: bytes, proposal: Proposal, member: bytes) -> None:
    endorsers = sorted([*proposal.endorsers, member])
    members = identity.members(entry.view)
    percent = parameters.value(identity.require_genesis(entry.view).parameters,
                               parameters.MAJORITY_PERCENT)
    standing = [one for one in endorsers if one in members]
    decided = len(standing) * 100 > percent * len(members)
    entry.view.store(key, replace(proposal, endorsers=endorsers, open=not decided))
    if decided:
        _take_effect(entry, proposal.change)


def _check_change(entry: Entry, kind: object, detail: object) -> None:
    """Form first, so that what is endorsed can take effect."""
    rule = "propose.change"
    kind = check.uint(kind, rule)
    if kind == CHANGE_PARAMETERS:
        parameters.checked(detail, rule)
    elif kind == CHANGE_RULES:
        if check.uint(detail, rule) <= identity.require_genesis(entry.view).rules:
            raise Refused("S10", "rules only become newer")
    elif kind == CHANGE_ADMIT:
        identity.decode_founder(detail)
    elif kind == CHANGE_EXPEL:
        if check.sized(detail, 32, rule) not in identity.members(entry.view):
            raise Refused("K6", "no member has this root")
    elif kind == CHANGE_WITNESS:
        witness, level = check.array(detail, 2, rule)
        check.sized(witness, 64, rule)
        if check.uint(level, rule) not in WITNESS_LEVELS:
            raise WireError(rule, "a witness has level 1 or 2")
    else:
        raise WireError(rule, "unknown kind of change")


def _take_effect(entry: Entry, change: list[object]) -> None:
    kind, detail = change
    view = entry.view
    genesis = identity.require_genesis(view)
    if kind == CHANGE_PARAMETERS:
        assert isinstance(detail, dict)
        view.store(state.genesis_key(),
                   replace(genesis, parameters=genesis.parameters | detail))
    elif kind == CHANGE_RULES:
        assert isinstance(detail, int)
        view.store(state.genesis_key(), replace(genesis, rules=detail))
    elif kind == CHANGE_ADMIT:
        identity.add_organisation(entry, identity.decode_founder(detail))
    elif kind == CHANGE_EXPEL:
        assert isinstance(detail, bytes)
        _expel(view, detail)
    else:
        assert isinstance(detail, list)
        identity.add_witness(entry, detail[0], detail[1])


def _expel(view: View, root: bytes) -> None:
    """What the organisation did stands; from now on none of its keys is in standing."""
    organisation = identity.require_organisation(view, root)
    view.store(state.organisation_key(root), replace(organisation, member=False))
    identity.set_members(view, [one for one in identity.members(view) if one != root])
