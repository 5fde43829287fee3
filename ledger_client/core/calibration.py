"""Calibration certificates of loggers, registered by a laboratory or the owner.

Content = [1, replaces / null, {channel, points, u95_cdeg, valid_from_ms, valid_to_ms, certificate,
certificate_sha256}]; sub = the logger's GIAI Digital Link.  Certificates of different times stand
side by side; one with the same number replaces.
"""

from dataclasses import dataclass

from ledger_client.core import identity, state
from ledger_client.core.entry import Entry
from ledger_client.core.identity import ORGANISATION_ROLES, Key
from ledger_client.core.state import Stored, View
from ledger_client.core.storage_values import Calibration
from ledger_client.errors import Refused
from ledger_client.wire import check, codes
from ledger_client.wire.errors import WireError

CERTIFICATES = 16  # of one logger, newest kept: a year each outlives the logger
POINTS = 32
_KEYS = {"channel", "points", "u95_cdeg", "valid_from_ms", "valid_to_ms", "certificate",
         "certificate_sha256"}


@dataclass(frozen=True)
class Certificates(Stored):
    """`rows` are [entry, entry hash, content], oldest first."""

    rows: list[list[object]]


def apply_calibration(entry: Entry, signer: Key, content: object) -> None:
    """The owner of the logger, or any laboratory of the circle."""
    version, replaces, body = check.array(content, 3, "calibration.form")
    check.version(version, codes.VERSION, "calibration.form")
    check.sized_or_null(replaces, 32, "calibration.form")
    if type(body) is not dict:
        raise WireError("calibration.form", "the body is a map")
    decode(body)
    giai = entry.statement.subject
    _check_signer(entry, signer, giai)
    before = entry.view.load(Certificates, state.calibrations_key(giai)) or Certificates([])
    same = [row for row in before.rows if number_of(row) == body["certificate"]]
    if replaces != (same[0][1] if same else None):
        raise Refused("S9", "it does not replace the certificate of that number that is current")
    rest = [row for row in before.rows if row not in same]
    row = [entry.number, entry.statement.entry_hash, body]
    entry.view.store(state.calibrations_key(giai), Certificates([*rest, row][-CERTIFICATES:]))


def _check_signer(entry: Entry, signer: Key, giai: str) -> None:
    thumbprint = entry.view.get(state.asset_key(giai))
    if not isinstance(thumbprint, bytes):
        raise Refused("K6", f"{giai} is the label of no device here")
    owner = identity.require_key(entry.view, thumbprint).organisation
    roles = identity.require_organisation(entry.view, signer.organisation).roles
    if signer.organisation != owner and ORGANISATION_ROLES["laboratory"] not in roles:
        raise Refused("S7", "the owner of the logger or a laboratory registers its calibration")


def number_of(row: list[object]) -> object:
    """The certificate's number in a row of Certificates."""
    body = row[2]
    assert isinstance(body, dict)
    return body["certificate"]


def decode(body: dict[str, object]) -> Calibration:
    """WireError names the key that is wrong."""
    rule = "calibration.form"
    if set(body) != _KEYS:
        raise WireError(rule, "the keys are " + ", ".join(sorted(_KEYS)))
    check.uint(body["channel"], rule)
    check.sized(body["certificate_sha256"], 32, rule)
    points = body["points"]
    if type(points) is not list or not 0 < len(points) <= POINTS:
        raise WireError(rule, f"points: 1 to {POINTS} of [indicated_cdeg, correction_cdeg]")
    pairs = [tuple(check.array(point, 2, rule)) for point in points]
    if any(type(value) is not int for pair in pairs for value in pair) or \
            sorted({pair[0] for pair in pairs}) != [pair[0] for pair in pairs]:  # type: ignore[type-var]
        raise WireError(rule, "points: integers in hundredths of a degree, ascending")
    return Calibration(check.text(body["certificate"], codes.TEXT, rule),
                       check.uint(body["valid_from_ms"], rule),
                       check.uint(body["valid_to_ms"], rule),
                       tuple(pairs),  # type: ignore[arg-type]
                       check.uint(body["u95_cdeg"], rule))


def of(view: View, giai: str, at_ms: int) -> tuple[int, Calibration] | None:
    """(entry number, the certificate that is valid at a time), else the newest, which is then said
    to be expired or not yet valid."""
    held = view.load(Certificates, state.calibrations_key(giai))
    if held is None:
        return None
    found = [(row[0], decode(row[2])) for row in held.rows
             if isinstance(row[0], int) and isinstance(row[2], dict)]
    valid = [one for one in found if one[1].valid_at(at_ms)]
    return valid[-1] if valid else found[-1]
