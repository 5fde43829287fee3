"""Judgements: what a person decides about a finding, and holds.

Content = [1, about, meaning, outcome / null, reason code / null, detail commitment / null, shown
hash / null].  about = [entry hash, leaf / null, rule / null] of a finding or of an earlier
judgement, or for a hold without a scan [item id, its current head].  There is one judgement about a
thing; a later one is about that judgement.  A remark about a finding is for whom it concerns; one
about an earlier judgement, or a whole entry, anybody makes, once for each organisation, so that
nobody uses it up for others.
"""

from dataclasses import dataclass, replace

from ledger_client.core import custody, device_chain, identity, item, rows_ends, rule_book, state
from ledger_client.core.entry import Entry
from ledger_client.core.findings import Findings
from ledger_client.core.identity import PERSON_ROLES, Key
from ledger_client.core.scene import Denied, Scene
from ledger_client.core.state import Stored, View
from ledger_client.errors import Refused
from ledger_client.wire import cbor, check, codes
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Scan

SUBJECT = "judgement"
APPROVED, REJECTED = 1, 0
ACKNOWLEDGED, HOLD, RELEASE, ILLEGITIMATE, RECALL, DESTROY, UNDO, ACCEPT_STORAGE, CLEAR_FORK = \
    1, 2, 3, 4, 5, 6, 7, 8, 9
FORK_RULE = "R5"
_QA, _RESPONSIBLE = PERSON_ROLES["quality assurance"], PERSON_ROLES["responsible person"]
_PHARMACIST, _REGULATOR = PERSON_ROLES["pharmacist"], PERSON_ROLES["regulator"]


@dataclass(frozen=True)
class Meaning:
    """Who may judge so, and the row that an approval brings about; a witness's is never about what
    he stated himself."""

    roles: frozenset[int]
    rule: str | None = None
    action: int = 0
    witness: bool = False


_MEANINGS = {
    ACKNOWLEDGED: Meaning(frozenset(PERSON_ROLES.values())),
    HOLD: Meaning(frozenset((_QA, _RESPONSIBLE, _PHARMACIST, _REGULATOR)),
                  action=codes.ACTION_QUARANTINE),
    RELEASE: Meaning(frozenset((_QA, _RESPONSIBLE)), "C10.1", codes.ACTION_RELEASE),
    ILLEGITIMATE: Meaning(frozenset((_QA, _RESPONSIBLE)), "C11.1", codes.ACTION_ILLEGITIMATE),
    RECALL: Meaning(frozenset((_RESPONSIBLE, _REGULATOR)), "C12.1", codes.ACTION_RECALL),
    DESTROY: Meaning(frozenset(PERSON_ROLES.values()), "C17.1", codes.ACTION_DESTROY,
                     witness=True),
    UNDO: Meaning(frozenset((_RESPONSIBLE, _PHARMACIST)), "C20.1", codes.ACTION_UNDO),
    ACCEPT_STORAGE: Meaning(frozenset((_QA, _RESPONSIBLE))),
    CLEAR_FORK: Meaning(frozenset((_QA, _RESPONSIBLE)), FORK_RULE),
}


# findings that one meaning alone is about: nobody can use them up with a remark
_RESERVED: dict[object, int] = {one.rule: number for number, one in _MEANINGS.items() if one.rule}


def awaited(rule: str) -> tuple[int, frozenset[int]] | None:
    """(meaning, roles that may judge) of what findings of a rule wait for; None: for nothing."""
    number = _RESERVED.get(rule)
    return None if number is None else (number, _MEANINGS[number].roles)


@dataclass(frozen=True)
class Judged(Stored):
    """The judgement in force about something."""

    entry: int
    person: bytes
    meaning: int
    outcome: int | None


def apply_judgement(entry: Entry, signer: Key, content: object) -> None:
    """Form, role, currency; then what an approval brings about."""
    rule = "judgement.form"
    version, about, meaning, outcome, reason, detail, shown = check.array(content, 7, rule)
    check.version(version, codes.VERSION, rule)
    number = check.uint(meaning, rule)
    if number not in _MEANINGS or entry.statement.subject != SUBJECT:
        raise WireError(rule, "an unknown meaning, or sub is not \"judgement\"")
    decided = check.uint_or_null(outcome, rule)
    check.uint_or_null(reason, rule)
    check.sized_or_null(detail, 32, rule)
    check.sized_or_null(shown, 32, rule)
    kind = _MEANINGS[number]
    _check_role(signer, kind, number)
    if type(about) is list and len(about) == 2:
        _apply_hold(entry, signer, number, about)
    else:
        _apply_about(entry, signer, (number, kind, decided), about)
    key = _key(about, signer.organisation)
    if entry.view.read(key) is not None:
        raise Refused("J3", "it was judged before: judge that judgement")
    entry.view.store(key, Judged(entry.number, entry.statement.issuer, number, decided))


def _check_role(signer: Key, kind: Meaning, number: int) -> None:
    if signer.role == codes.ROLE_GATEWAY:
        if number != HOLD or signer.details != [True]:
            raise Refused("J2", "a gateway whose enrolment says so may hold, and nothing else")
        return
    roles = signer.details[0]
    assert isinstance(roles, list)
    if not kind.roles & set(roles):
        raise Refused("J2", "none of the person's roles may judge so")


def _apply_hold(entry: Entry, signer: Key, number: int, about: list[object]) -> None:
    """Row 9 without a scan: an excursion, a negative verification.  By a party to the item: a
    hold by anybody else would stop a shipment between others.  At ledger time: a release that was
    scanned before is late (I6)."""
    uri = check.text(about[0], 128, "judgement.about")
    head = check.sized(about[1], 32, "judgement.about")
    if number != HOLD:
        raise Refused("J1", "only a hold is about an item")
    before = item.load(entry.view, uri)
    if before is None or before.status not in item.LIVE:
        raise Refused("J1", f"{uri} is no live item here")
    if before.head != head:
        raise Refused("J3", f"{uri} has changed since: its head is another")
    if item.on_hold(before):  # who held it first is whom row 10 asks for
        raise Refused("J4", f"{uri} is on hold already")
    scene = _scene(entry, signer, codes.ACTION_QUARANTINE, None)
    if not scene.is_party(uri, before) and \
            rows_ends.ROLE_REGULATOR not in scene.organisation.roles:
        raise Refused("J2", f"{uri} is held by its custodian, whom it was sent to, or a regulator")
    held = rows_ends.hold(scene, uri, before)
    scene.keep(uri, replace(held, item=replace(held.item, since_ms=scene.now_ms)))
    custody.settle(scene)


def _apply_about(entry: Entry, signer: Key, decision: tuple[int, Meaning, int | None],
                 about: object) -> None:
    """A finding, or an earlier judgement."""
    entry_hash, leaf, rule = check.array(about, 3, "judgement.about")
    number, kind, decided = decision
    entry_number = entry.view.get(state.entry_key(check.sized(entry_hash, 32, "judgement.about")))
    if not isinstance(entry_number, int) or number == HOLD:
        raise Refused("J1", "no entry has this hash, or a hold is not about an item")
    leaf = check.uint_or_null(leaf, "judgement.about")
    if rule is None:
        if leaf is not None:
            raise Refused("J1", "a leaf is judged by its findings: name the rule of one")
        return  # an earlier judgement or a whole entry: a remark that brings nothing about
    findings = entry.view.load(Findings, state.finding_key(entry_number, leaf))
    found = [] if findings is None else [row for row in findings.found if row[0] == rule]
    if findings is None or not found:
        raise Refused("J1", f"there is no finding {rule} there")
    if kind.rule not in (None, rule) or _RESERVED.get(rule, number) != number:
        raise Refused("J1", f"a judgement of meaning {number} is not about findings {rule}")
    if kind.rule is not None and decided not in (APPROVED, REJECTED):
        raise WireError("judgement.outcome", "it is approved (1) or rejected (0)")
    if kind.action:
        _bring_about(entry, signer, (kind, decided), (entry_number, leaf))
    elif number == CLEAR_FORK:
        _clear_fork(entry, signer, found[0], decided)
    elif findings.root is not None and findings.root != signer.organisation:
        _check_concerned(entry, signer, found)


def _key(about: object, root: bytes) -> bytes:
    if type(about) is list and about[-1] is None:
        return state.judgement_key(cbor.encode([root, *about]))
    return state.judgement_key(cbor.encode(about))


def _check_concerned(entry: Entry, signer: Key, found: list[list[object]]) -> None:
    """Besides who stated it: a party to one of the items, and regulators."""
    scene = _scene(entry, signer, 0, None)
    items = [(str(uri), item.load(entry.view, str(uri))) for _, uri, _ in found if uri is not None]
    if rows_ends.ROLE_REGULATOR not in scene.organisation.roles and \
            not any(known is not None and scene.is_party(uri, known) for uri, known in items):
        raise Refused("J2", "it is for the organisation that stated it, the item's custodian, "
                            "whom it was sent to, or a regulator")


def _clear_fork(entry: Entry, signer: Key, finding: list[object], decided: int | None) -> None:
    """The owner's word that the device may be believed again."""
    facts = finding[2]
    assert isinstance(facts, list)
    _, _, thumbprint = facts
    if identity.require_key(entry.view, thumbprint).organisation != signer.organisation:
        raise Refused("J2", "a person of the device's owner judges")
    if decided == APPROVED:
        device_chain.clear_fork(entry.view, thumbprint)


def _bring_about(entry: Entry, signer: Key, decision: tuple[Meaning, int | None],
                 where: tuple[int, int | None]) -> None:
    """Every item that the judged scan named, each judged again as it is now."""
    kind, decided = decision
    number, leaf = where
    key = state.awaiting_key(number, leaf or 0)
    rows = entry.view.get(key)
    if not isinstance(rows, list):
        raise Refused("J3", "nothing awaits this judgement any more")
    entry.view.remove(key)
    for action, uri, place, root, person, head in rows:
        _check_party(entry, signer, kind, (root, person))
        if decided == APPROVED:
            _take_effect(_scene(entry, signer, action, place), uri, head)


def _check_party(entry: Entry, signer: Key, kind: Meaning,
                 stated: tuple[bytes, bytes | None]) -> None:
    """Whoever is somebody else neither approves nor stands in the way; a regulator may recall."""
    root, person = stated
    organisation = identity.require_organisation(entry.view, signer.organisation)
    regulates = kind.action == codes.ACTION_RECALL and \
        rows_ends.ROLE_REGULATOR in organisation.roles
    if root != signer.organisation and not regulates:
        raise Refused("J2", "a person of the organisation that scanned judges")
    if kind.witness and person is not None and \
            identity.same_holder(entry.view, person, entry.statement.issuer):
        raise Refused("J2", "a witness is another person than the one who stated it")


def _take_effect(scene: Scene, uri: str, head: bytes | None) -> None:
    """`head` is the item's after the scan: a judgement that was withheld is not about what came
    later."""
    before = item.load(scene.view, uri)
    if head is not None and before is not None and before.head != head:
        raise Refused("J3", f"{uri} has changed since it was scanned: scan it again")
    try:
        change = rows_ends.judged(scene, uri, before)
    except Denied as denied:
        raise Refused("J4", f"{denied.rule}: {rule_book.sentence(denied.rule, denied.facts)}"
                      ) from denied
    if change is not None:
        scene.keep(uri, change)
        custody.settle(scene)


def _scene(entry: Entry, signer: Key, action: int, place: str | None) -> Scene:
    """A judgement acts like a scan of its row, at ledger time, without a device."""
    scan = Scan(action, [], None, None, place, None, None, None, codes.SHOWN_ACCEPTED)
    clock = Clock(None, codes.SOURCE_NONE, None, 1, 0)
    return Scene(entry, None, scan, clock,
                 identity.require_organisation(entry.view, signer.organisation),
                 entry.statement.issuer, entry.statement.entry_hash,
                 person=entry.statement.issuer)


def judged_about(view: View, about: list[object]) -> Judged | None:
    """The judgement in force about a finding, or that held an item."""
    return view.load(Judged, state.judgement_key(cbor.encode(about)))


