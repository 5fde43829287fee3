"""The opinion on a passport: every check in its order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ledger_client.second_opinion.against import against
from ledger_client.second_opinion.chains import DEPTH, Chains
from ledger_client.second_opinion.evidence import Keys, Scans
from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import (
    PASSPORT_BYTES,
    Link,
    Passport,
    StatedVerdict,
    read_passport,
)
from ledger_client.second_opinion.proven import PRODUCT, ItemState, State, formed
from ledger_client.second_opinion.signed import Signatures, Statement, read_statement
from ledger_client.second_opinion.telemetry import Log, Telemetry
from ledger_client.second_opinion.travel import Travel
from ledger_client.second_opinion.trust_file import Checkpoint, open_checkpoint, read_trust
from ledger_client.wire import check, cose
from ledger_client.wire.errors import WireError

_GTIN_START = "https://id.gs1.org/01/"
_NAME_CHARACTERS = 64  # of a storage profile
_PRODUCT_NAME_CHARACTERS = 128
_PACKED = 3  # status of an item in a parent


class Told(NamedTuple):
    """An event of the way: of which item, when (Unix ms), which scan action, its signer's
    thumbprint and stated name; `outcome` is the rule that denied it effect; `entry` and `leaf` say
    where in the log."""

    item: str
    unix_ms: int
    action: int
    signer: bytes
    name: str
    outcome: str | None
    entry: int
    leaf: int | None
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Opinion:
    """`field` is the path of what does not hold, "" when the passport is valid; `detail` says why.
    The rest is of a valid one.

    `as_of_ms` is ledger time of the checkpoint (Unix ms), `number` and `size` its number and the
    entries it covers.  `fingerprint` names the trust file; None means self-consistent only.
    `status` is the item's; `recalled` whether it, its lot or what it is or was in is, None for what
    is not and has no lot.  `lot` and `expiry` (YYMMDD) are a pack's; `against` is what
    speaks against using it.  `absent` is the evidence that the passport leaves out, `tainted` what
    rests on a revoked key: (what, the entry from which on its owner declared it not to be
    believed).  For `names` of who signed and `verdict` only the passport's maker stands.
    """

    valid: bool
    field: str
    detail: str
    item: str = ""
    as_of_ms: int | None = None
    fingerprint: str | None = None
    ledger: bytes = b""
    number: int = 0
    size: int = 0
    maker: bytes = b""
    status: int = 0
    recalled: bool | None = None
    lot: str | None = None
    expiry: str | None = None
    against: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    absent: tuple[str, ...] = ()
    tainted: tuple[tuple[str, int], ...] = ()
    names: tuple[str, ...] = ()
    verdict: StatedVerdict | None = None


def judge(passport: bytes, trust: bytes | None) -> Opinion:
    """The opinion on the file `passport` under the trust file `trust`; never raises on any bytes.
    Without a trust file the ledger key is the one that the passport names."""
    try:
        return _judge(passport, trust)
    except Fault as fault:
        return Opinion(False, fault.field, fault.detail)


def _judge(data: bytes, trust: bytes | None) -> Opinion:
    signatures = Signatures()
    trusted = None
    if trust is not None:
        with at("trust"):
            trusted = read_trust(trust, signatures)
    with at("passport"):
        signed = read_statement(data, PASSPORT_BYTES)
    passport = read_passport(signed)
    _check_maker(passport, signed, signatures)
    checkpoint = open_checkpoint(passport, trusted, signatures)
    state = State(passport.proofs, checkpoint.state_root)
    chains = Chains(passport.item, passport.chains, state)
    known = state.item(passport.item)
    if known is None:
        raise Fault("item", f"the ledger knows no {passport.item}")
    path = _outwards(passport.item, known, state)
    scans = Scans(passport, chains)
    telemetry = _checked_telemetry(passport, checkpoint, Travel(chains, scans), state)
    _check_profile(passport.item, state)
    state.check_all_used()
    _check_signatures(passport, scans, telemetry, signatures)
    return Opinion(
        True, "", "", item=passport.item, as_of_ms=checkpoint.time_ms,
        fingerprint=None if trusted is None else trusted.fingerprint, ledger=passport.ledger,
        number=checkpoint.number, size=checkpoint.size, maker=signed.issuer,
        status=path[0].status, recalled=_recalled(path), lot=known.lot, expiry=known.expiry,
        against=tuple(_against(path, checkpoint.time_ms)),
        told=_told(chains, scans, passport.names),
        absent=(*scans.absent(), *telemetry.absent),
        tainted=(*_tainted(passport, chains), *telemetry.tainted(dict(passport.revoked))),
        names=tuple(passport.parties), verdict=passport.verdict)


def _check_maker(passport: Passport, signed: Statement, signatures: Signatures) -> None:
    with at("maker_key"):
        signatures.verify_statement(passport.maker_key, signed)


class _Carrier(NamedTuple):
    """The item, or what it is in; `recalled` is None for what is not and has no lot."""

    uri: str
    status: int
    recalled: bool | None
    expiry: str | None


def _outwards(uri: str, known: ItemState, state: State) -> list[_Carrier]:
    """The item and what it is in, however deep, the outermost last.  What a parent that was
    unpacked whole left to it counts as its own."""
    found: list[_Carrier] = []
    for _ in range(DEPTH):
        left = None if known.parent is None else \
            state.unpacked(known.parent, known.parent_generation)
        status, recalled = known.status, _recalled_itself(uri, known, state)
        if left is not None:
            status = left.status if status == _PACKED else status
            recalled = left.recalled or recalled
        found.append(_Carrier(uri, status, recalled, known.expiry))
        if known.parent is None or left is not None:
            return found
        uri, known = known.parent, _parent(known.parent, known.parent_generation, state)
    raise Fault("proofs", f"{uri} lies too deep in others")


def _recalled(path: list[_Carrier]) -> bool | None:
    """Whether it is recalled: by itself, with its lot, or with what it is or was in."""
    return any(one.recalled for one in path) or (None if path[0].recalled is None else False)


def _against(path: list[_Carrier], now_ms: int) -> Iterator[str]:
    """That it is in something recalled is its own recall."""
    itself, *carriers = path
    yield from against(itself.status, _recalled(path), itself.expiry, now_ms)
    for one in carriers:
        for what in against(one.status, None, one.expiry, now_ms):
            yield f"{what} ({one.uri}, which it is in)"


def _parent(uri: str, generation: int, state: State) -> ItemState:
    """A carrier that was not unpacked whole since something was packed into it."""
    known = state.item(uri)
    if known is None or known.generation != generation:
        raise Fault("proofs", f"{uri} was unpacked whole since, and what it left is not proven")
    return known


def _recalled_itself(item: str, known: ItemState, state: State) -> bool | None:
    """Of a lot the value, or the proof that there is none, is due; None: it has no lot."""
    gtin = _gtin(item)
    if gtin is None or known.lot is None:
        return True if known.recalled else None
    _, value = state.value(f"recall/{gtin}/{known.lot}".encode())
    return value is not None or known.recalled


def _checked_telemetry(passport: Passport, checkpoint: Checkpoint, travel: Travel,
                       state: State) -> Telemetry:
    log = Log(passport.ledger, checkpoint.size, checkpoint.log_root)
    telemetry = Telemetry(passport, state, log)
    telemetry.check(travel.attachments())
    return telemetry


def _check_profile(item: str, state: State) -> None:
    """Product and profile may be proven, for whoever recomputes the verdict."""
    gtin = _gtin(item)
    product = b"product/" + _GTIN_START.encode() + (gtin or "").encode()
    if gtin is None or not state.has(product):
        return
    place, value = state.value(product)
    if value is None:
        return
    with at(place):
        content = formed(value, PRODUCT)[3]
        if set(content) != {"name", "profile"}:
            raise WireError("product", "it is not its name and its profile's")
        check.text(content["name"], _PRODUCT_NAME_CHARACTERS, "product")
        name = check.text(content["profile"], _NAME_CHARACTERS, "product")
    profile = b"profile/profile/" + name.encode()
    if state.has(profile):
        state.value(profile)


def _check_signatures(passport: Passport, scans: Scans, telemetry: Telemetry,
                      signatures: Signatures) -> None:
    """Last, because signatures are what costs time: about 2 ms each."""
    keys = Keys(passport.keys)
    scans.verify(keys, signatures)
    telemetry.verify(keys, signatures)
    keys.check_all_used()


def _told(chains: Chains, scans: Scans, names: dict[bytes, str]) -> tuple[Told, ...]:
    """By time, then as the log has them."""
    found = [Told(item, scans.unix_ms(event), event.action, event.signer, names[event.signer],
                  event.outcome, event.entry, event.leaf, event.links)
             for (item, _), event in chains.all_events().items()]
    return tuple(sorted(found, key=lambda one: (one.unix_ms, one.entry, one.leaf or 0)))


def _tainted(passport: Passport, chains: Chains) -> list[tuple[str, int]]:
    """Events at or after the entry from which on their signer is not to be believed."""
    revoked = dict(passport.revoked)
    found = [(f"{item} event {number}", event.entry, revoked.get(event.signer[:cose.KID_BYTES]))
             for (item, number), event in chains.all_events().items()]
    return [(what, since) for what, entry, since in found if since is not None and entry >= since]


def _gtin(item: str) -> str | None:
    """GTIN of a pack."""
    return item[len(_GTIN_START):].partition("/")[0] if item.startswith(_GTIN_START) else None
