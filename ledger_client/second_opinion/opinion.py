"""The opinion on a passport: every check in its order."""

from dataclasses import dataclass, field

from ledger_client.second_opinion.chains import Chains
from ledger_client.second_opinion.evidence import Keys, Scans
from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import PASSPORT_BYTES, Passport, read_passport
from ledger_client.second_opinion.proven import State
from ledger_client.second_opinion.signed import Signatures, Statement, read_statement
from ledger_client.second_opinion.telemetry import Log, Telemetry
from ledger_client.second_opinion.travel import Travel
from ledger_client.second_opinion.trust_file import Checkpoint, open_checkpoint, read_trust
from ledger_client.wire import check
from ledger_client.wire.errors import WireError

_GTIN_START = "https://id.gs1.org/01/"
_NAME_CHARACTERS = 64  # of a storage profile


@dataclass(frozen=True)
class Opinion:
    """`field` is the path of what does not hold, "" when the passport is valid; `detail` says why.

    `as_of_ms` is ledger time of the checkpoint (Unix ms).  `fingerprint` names the trust file; None
    means self-consistent only.  `recalled` says whether the lot is, None for what has no lot.
    `absent` is the evidence that the passport leaves out, `stated` the parts for which only its
    maker stands, `revoked` the keys that signed parts of it and are revoked.
    """

    valid: bool
    field: str
    detail: str
    item: str
    as_of_ms: int | None
    fingerprint: str | None
    recalled: bool | None = None
    absent: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()


@dataclass
class _Found:
    """What is known so far: a refusal tells it too."""

    item: str = ""
    as_of_ms: int | None = None
    fingerprint: str | None = None
    recalled: bool | None = None
    absent: list[str] = field(default_factory=list)
    stated: tuple[str, ...] = ()
    revoked: list[str] = field(default_factory=list)


def judge(passport: bytes, trust: bytes | None) -> Opinion:
    """The opinion on the file `passport` under the trust file `trust`; never raises on any bytes.
    Without a trust file the ledger key is the one that the passport names."""
    found = _Found()
    try:
        _judge(passport, trust, found)
        place, detail = "", ""
    except Fault as fault:
        place, detail = fault.field, fault.detail
    return Opinion(not place, place, detail, found.item, found.as_of_ms, found.fingerprint,
                   found.recalled, tuple(found.absent), found.stated, tuple(found.revoked))


def _judge(data: bytes, trust: bytes | None, found: _Found) -> None:
    signatures = Signatures()
    trusted = None
    if trust is not None:
        with at("trust"):
            trusted = read_trust(trust, signatures)
        found.fingerprint = trusted.fingerprint
    with at("passport"):
        signed = read_statement(data, PASSPORT_BYTES)
    passport = read_passport(signed.payload)
    found.item, found.stated = passport.item, passport.stated
    _check_maker(passport, signed, signatures)
    checkpoint = open_checkpoint(passport, trusted, signatures)
    found.as_of_ms = checkpoint.time_ms
    state = State(passport.proofs, checkpoint.state_root)
    chains = Chains(passport.item, passport.chains, state)
    found.recalled = _recalled(passport.item, state)
    _check_evidence(passport, checkpoint, chains, state=state, signatures=signatures, found=found)
    found.absent += _absent_profile(passport.item, state)
    state.check_all_used()


def _check_maker(passport: Passport, signed: Statement, signatures: Signatures) -> None:
    if signed.kind != "passport" or signed.subject != passport.item or signed.issued_s is None:
        raise Fault("passport", "not a dated statement of kind passport about its item")
    if signed.ledger != passport.ledger:
        raise Fault("ledger", "the maker's statement names another ledger")
    with at("maker_key"):
        signatures.verify_statement(passport.maker_key, signed)


def _recalled(item: str, state: State) -> bool | None:
    """Whether the pack's lot is recalled; the value, or the proof that there is none, is due."""
    known = state.item(item)
    if known is None:
        raise Fault("item", f"the ledger knows no {item}")
    gtin = _gtin(item)
    if gtin is None or known.lot is None:
        return None
    _, value = state.value(f"recall/{gtin}/{known.lot}".encode())
    return value is not None


def _check_evidence(passport: Passport, checkpoint: Checkpoint, chains: Chains, *,
                    state: State, signatures: Signatures, found: _Found) -> None:
    keys = Keys(passport.keys)
    scans = Scans(passport, chains)
    telemetry = Telemetry(passport, state,
                          Log(passport.ledger, checkpoint.size, checkpoint.log_root))
    telemetry.check(Travel(chains, scans).intervals(passport.item))
    # Last, because signatures are what costs time: about 2 ms each.
    scans.verify(keys, signatures)
    telemetry.verify(keys, signatures)
    keys.check_all_used()
    found.absent += [*scans.absent, *telemetry.absent]
    signers = telemetry.thumbprints() | {event.signer for _, _, event in chains.all_events()}
    found.revoked += [f"{kid.hex()} from entry {number}" for kid, number in passport.revoked
                      if any(signer.startswith(kid) for signer in signers)]


def _absent_profile(item: str, state: State) -> list[str]:
    """Which of product and profile the passport has no proof of."""
    gtin = _gtin(item)
    if gtin is None:
        return []
    product = b"product/" + _GTIN_START.encode() + gtin.encode()
    if not state.has(product):
        return [f"product {gtin}"]
    place, value = state.value(product)
    if value is None:
        return []
    with at(place):
        content = check.array(value, 4, "product")[3]
        if type(content) is not dict or "profile" not in content:
            raise WireError("product", "it names no profile")
        name = check.text(content["profile"], _NAME_CHARACTERS, "product")
    profile = b"profile/profile/" + name.encode()
    if not state.has(profile):
        return [f"profile {name}"]
    state.value(profile)
    return []


def _gtin(item: str) -> str | None:
    """GTIN of a pack."""
    return item[len(_GTIN_START):].partition("/")[0] if item.startswith(_GTIN_START) else None
