"""Verification requests: is this pack as its label says, and what may be done with it?

Answers in the manner of the US verification router service (GS1 Lightweight Verification
Messaging) and with the pack states of the EU system (EMVS).  `verified` says that the identity
exists here, never by itself that the pack may be sold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger_client.core import item, overlays, state
from ledger_client.core.item import Item
from ledger_client.core.state import View
from ledger_client.core.state_tree import StateProof
from ledger_client.node.embedded import LedgerReader

EXPIRED, RECALLED, SUSPECT, ILLEGITIMATE = "Expired", "Recalled", "Suspect", "Illegitimate"
# Status -> pack state of the EU system; what it has no word for is Active, and may be less.
_PACK_STATES = {
    item.ACTIVE: "Active", item.PACKED: "Active", item.IN_TRANSIT: "Active",
    item.RECEIVED: "Active", item.STOCK: "Active", item.RETURNED: "Active",
    item.HELD: "Locked", item.ILLEGITIMATE: "Locked", item.DISPENSED: "Supplied",
    item.DECOMMISSIONED: "Checked-out", item.DESTROYED: "Destroyed", item.STOLEN: "Stolen",
    item.SAMPLED: "Sample",
}


@dataclass(frozen=True)
class Verification:
    """`failure` is one of the reasons of the messaging standard; `absent` the proof that nobody
    commissioned the pack here, `state_root` what it comes to."""

    item: str
    verified: bool
    failure: str | None
    information: str | None
    pack_state: str | None
    state_root: bytes
    absent: StateProof | None


def verify(reader: LedgerReader, uri: str, lot: str | None, expiry: str | None) -> Verification:
    """`lot` and `expiry` (AI 17, YYMMDD) as the label has them, None: not asked."""
    checkpoint = reader.checkpoint()
    assert checkpoint is not None
    view = reader.view()
    known = item.load(view, uri)
    if known is None or known.status in (0, item.ENCODED):
        absent = None if known is not None else _absence(reader, uri)
        return Verification(uri, False, "No_match_GTIN_Serial", None, None,
                            checkpoint.state_root, absent)
    failure = _mismatch(known, lot, expiry)
    path = item.path(view, uri, known)
    information = _information(view, path, checkpoint.time_ms)
    return Verification(uri, failure is None, failure, information,
                        _pack_state(path, information), checkpoint.state_root, None)


def form(reader: LedgerReader, found: Verification) -> dict[str, Any]:
    """For JSON: `data` is as the messaging standard has it, the rest is ours."""
    checkpoint = reader.checkpoint()
    assert checkpoint is not None
    data: dict[str, Any] = {"verified": found.verified}
    if found.failure is not None:
        data["verificationFailureReason"] = found.failure
    if found.information is not None:
        data["additionalInfo"] = found.information
    return {"item": found.item, "data": data, "pack_state": found.pack_state,
            "as_of_ms": checkpoint.time_ms, "checkpoint": checkpoint.number,
            "state_root": found.state_root.hex(),
            "absence_proof": None if found.absent is None else _hexed(found.absent.as_list())}


def _hexed(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return [_hexed(one) for one in value] if isinstance(value, list | tuple) else value


def _absence(reader: LedgerReader, uri: str) -> StateProof:
    value, proof = reader.prover().prove(state.item_key(uri))
    assert value is None
    return proof


def _mismatch(known: Item, lot: str | None, expiry: str | None) -> str | None:
    """Literally, as the label spells it: a day 00 is not the last of its month."""
    wrong = [name for name, asked, held in (("Lot", lot, known.lot),
                                            ("Expiry", expiry, known.expiry))
             if asked is not None and asked != held]
    return "_".join(["No_match_GTIN_Serial", *wrong]) if wrong else None


def _information(view: View, path: Sequence[tuple[str, Item]], now_ms: int) -> str | None:
    """The gravest thing that hinders it, or a crate that it is in."""
    (_, known), *carriers = path
    if known.status == item.ILLEGITIMATE:
        return ILLEGITIMATE
    hindrances = {one for carrier, outer in path
                  for one in overlays.own(view, carrier, outer, now_ms)}
    for hindrance, said in ((overlays.RECALLED, RECALLED), (overlays.HELD, SUSPECT),
                            (overlays.EXPIRED, EXPIRED)):
        if hindrance in hindrances:
            return said
    gone = known.status == item.STOLEN or any(outer.status not in item.LIVE
                                              for _, outer in carriers)
    return SUSPECT if gone else None


def _pack_state(path: Sequence[tuple[str, Item]], information: str | None) -> str:
    """What ended a pack's life, or that of a crate that it is in, stays its state; else recall and
    expiry come first."""
    statuses = [one.status for _, one in path]
    ended = [one for one in statuses if one not in (*item.LIVE, item.ILLEGITIMATE)]
    if not ended and information in (RECALLED, EXPIRED):
        return information
    locked = [one for one in statuses if one in (item.HELD, item.ILLEGITIMATE)]
    return _PACK_STATES[(ended or locked or statuses)[0]]
