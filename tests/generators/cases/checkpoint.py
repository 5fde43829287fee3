"""Checkpoints, signed by the ledger and cosigned by witnesses."""

import hashlib

from ledger_client.core import checkpoint, statement
from ledger_client.core.checkpoint import Checkpoint, Cosignature
from ledger_client.wire import cbor
from tests.generators.cases.common import HASH, LEDGER, Case, Subject, invalid, valid
from tests.world import signer

LEDGER_KEY, WITNESS = signer("ledger"), signer("witness")
FIELDS: dict[str, object] = {
    "ledger": LEDGER, "number": 7, "prev": HASH, "time_ms": 1_780_000_000_000, "size": 12,
    "log_root": HASH[::-1], "state_root": bytes(32),
    "revoked": hashlib.sha256(cbor.encode([])).digest()}
CHECKPOINT = Checkpoint(**FIELDS)  # type: ignore[arg-type]
_COSIGNED: dict[str, object] = {"app_hash": CHECKPOINT.app_hash(), "level": 2,
                                "time_ms": 1_780_000_001_000}


def _plain(name: str, **other: object) -> Case:
    fields = FIELDS | other
    data = cbor.encode([1, *fields.values()])
    return valid(name, "checkpoint", data, {**fields, "app_hash": hashlib.sha256(data).digest()})


def _valid() -> list[Case]:
    cosignature = Cosignature(**_COSIGNED)  # type: ignore[arg-type]
    level_1 = Cosignature(CHECKPOINT.app_hash(), 1, 0)
    return [
        _plain("a checkpoint"), _plain("the first", number=0, prev=checkpoint.ZERO, size=1),
        valid("signed by the ledger key", "signed checkpoint",
              checkpoint.sign(CHECKPOINT, LEDGER_KEY), FIELDS, key=LEDGER_KEY.public_key),
        valid("cosigned: re-applied", "cosignature",
              checkpoint.cosign(cosignature, LEDGER, WITNESS), _COSIGNED, key=WITNESS.public_key),
        valid("cosigned: append-only", "cosignature", checkpoint.cosign(level_1, LEDGER, WITNESS),
              {**_COSIGNED, "level": 1, "time_ms": 0}, key=WITNESS.public_key)]


def _other(**fields: object) -> list[object]:
    return [1, *(FIELDS | fields).values()]


def _sign(kind: str, content: object, subject: str = "checkpoint",
          ledger: bytes | None = LEDGER) -> bytes:
    return statement.build(kind, LEDGER_KEY, subject=subject, content=content, ledger=ledger)


def _invalid() -> list[Case]:
    plain: list[tuple[str, object]] = [
        ("eight parts", _other()[:8]), ("ten parts", [*_other(), None]),
        ("version 2", [2, *FIELDS.values()]), ("ledger of 31 bytes", _other(ledger=LEDGER[:31])),
        ("number below 0", _other(number=-1)), ("prev null", _other(prev=None)),
        ("time_ms null", _other(time_ms=None)), ("size true", _other(size=True)),
        ("log_root of 33 bytes", _other(log_root=bytes(33))),
        ("state_root is text", _other(state_root="0" * 32)), ("revoked is a list",
                                                             _other(revoked=[]))]
    good = _other()
    signed = [
        ("another kind", _sign("cosignature", good), "checkpoint.kind"),
        ("another subject", _sign("checkpoint", good, "check"), "checkpoint.kind"),
        ("for another ledger", _sign("checkpoint", good, ledger=bytes(32)), "checkpoint.kind"),
        ("for no ledger", _sign("checkpoint", good, ledger=None), "checkpoint.kind"),
        ("of another ledger", _sign("checkpoint", _other(ledger=bytes(32))), "checkpoint.ledger"),
        ("eight parts, signed", _sign("checkpoint", good[:8]), "checkpoint.form"),
        ("not a statement", cbor.encode(good), "cose.tag")]
    cosigned = _COSIGNED.values()
    witnessed = [
        ("a checkpoint as cosignature", _sign("checkpoint", [1, *cosigned]), "cosignature.kind"),
        ("three parts", _sign("cosignature", [1, *cosigned][:3]), "cosignature.form"),
        ("version 2 of a cosignature", _sign("cosignature", [2, *cosigned]), "cosignature.form"),
        ("level 0", _sign("cosignature", [1, HASH, 0, 0]), "cosignature.form"),
        ("level 3", _sign("cosignature", [1, HASH, 3, 0]), "cosignature.form"),
        ("app_hash of 31 bytes", _sign("cosignature", [1, HASH[:31], 1, 0]), "cosignature.form"),
        ("time null", _sign("cosignature", [1, HASH, 1, None]), "cosignature.form")]
    key = LEDGER_KEY.public_key
    return [
        *[invalid(name, "checkpoint", cbor.encode(value), "checkpoint.form")
          for name, value in plain],
        *[invalid(name, "signed checkpoint", data, rule, key=key) for name, data, rule in signed],
        *[invalid(name, "cosignature", data, rule, key=key) for name, data, rule in witnessed],
        invalid("signed by another key", "signed checkpoint", _sign("checkpoint", good), "S2",
                key=WITNESS.public_key)]


SUBJECT = Subject(
    "Checkpoints of the ledger; signed ones and cosignatures are statements by the key x || y",
    _valid(), _invalid())
