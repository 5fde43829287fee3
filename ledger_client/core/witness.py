"""Witness: signs a checkpoint only when it extends every one it saw before.

Level 1 looks at the log's consistency proof, level 2 re-applied the log as well.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import merkle
from ledger_client.core.checkpoint import Checkpoint, Cosignature
from ledger_client.core.signature import Signer
from ledger_client.errors import VerificationFailed
from ledger_client.wire import cbor, check

LEVEL_CONSISTENT, LEVEL_REAPPLIED = 1, 2
STATE_VERSION = 1


@dataclass(frozen=True)
class Seen:
    """The newest checkpoint that a witness signed; the only thing it remembers."""

    ledger: bytes
    ledger_key: bytes
    number: int
    size: int
    log_root: bytes
    app_hash: bytes

    def encode(self) -> bytes:
        return cbor.encode([STATE_VERSION, *astuple(self)])


def decode_seen(data: bytes) -> Seen:
    """WireError when it is no witness state."""
    rule = "witness.state"
    version, ledger, key, number, size, root, app_hash = check.array(cbor.decode(data), 7, rule)
    check.version(version, STATE_VERSION, rule)
    return Seen(check.sized(ledger, 32, rule), check.sized(key, 64, rule),
                check.uint(number, rule), check.uint(size, rule), check.sized(root, 32, rule),
                check.sized(app_hash, 32, rule))


def first_sight(checkpoint: Checkpoint, ledger_key: bytes) -> Seen:
    """Trust on first use: what a witness starts from."""
    return Seen(checkpoint.ledger, ledger_key, checkpoint.number, checkpoint.size,
                checkpoint.log_root, checkpoint.app_hash())


def under_key(seen: Seen, ledger_key: bytes) -> Seen:
    """The same memory after the ledger's key was rotated to one that the operator trusts."""
    return replace(seen, ledger_key=ledger_key)


def extend(seen: Seen, signed: bytes, consistency: Sequence[bytes]) -> tuple[Seen, Checkpoint]:
    """What a witness has seen after `signed`; VerificationFailed when it does not extend it."""
    checkpoint = checkpoints.open_signed(signed, seen.ledger, seen.ledger_key)
    if checkpoint.number < seen.number or checkpoint.size < seen.size:
        raise VerificationFailed("witness.older", "checkpoint",
                                 f"checkpoint {checkpoint.number} is older than {seen.number}, "
                                 "which was seen before: the ledger was put back, or shows two "
                                 "histories")
    same = seen.number == checkpoint.number or seen.size == checkpoint.size  # each adds entries
    if same and checkpoint.app_hash() != seen.app_hash:
        raise VerificationFailed("witness.fork", "checkpoint", f"another checkpoint "
                                 f"{seen.number} was seen before: the ledger shows two histories")
    merkle.check_consistency(seen.size, checkpoint.size, seen.log_root, checkpoint.log_root,
                             consistency)
    return first_sight(checkpoint, seen.ledger_key), checkpoint


def cosign(seen: Seen, level: int, time_ms: int, signer: Signer) -> bytes:
    return checkpoints.cosign(Cosignature(seen.app_hash, level, time_ms), seen.ledger, signer)
