"""Trust file: whose word a verifier takes, never found in what is to be verified.

Map {version, name, ledger, ledger_key, witnesses: [* [key, level]], threshold}.
"""

import hashlib
from dataclasses import dataclass

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import signature, statement
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.errors import InvalidData, VerificationFailed
from ledger_client.wire import cbor, check, cose
from ledger_client.wire.errors import WireError

VERSION = 1
WITNESSES = 64
_KEYS = {"version", "name", "ledger", "ledger_key", "witnesses", "threshold"}


@dataclass(frozen=True)
class Trust:
    """`threshold` witnesses of those named must have cosigned a checkpoint, each at least at its
    level."""

    name: str
    ledger: bytes
    ledger_key: bytes
    witnesses: tuple[tuple[bytes, int], ...]
    threshold: int

    def encode(self) -> bytes:
        return cbor.encode({
            "version": VERSION, "name": self.name, "ledger": self.ledger,
            "ledger_key": self.ledger_key, "threshold": self.threshold,
            "witnesses": [list(witness) for witness in self.witnesses]}, utf8=True)

    def fingerprint(self) -> str:
        """For a person to compare: the first 16 bytes of the file's SHA-256."""
        return hashlib.sha256(self.encode()).hexdigest()[:32]

    def open_checkpoint(self, data: bytes, cosignatures: list[bytes]) -> Checkpoint:
        """The checkpoint, final under this trust; InvalidData when it is not."""
        checkpoint = checkpoints.open_signed(data, self.ledger, self.ledger_key)
        count = self._witnessed(checkpoint, cosignatures)
        if count < self.threshold:
            raise VerificationFailed("trust.threshold", "cosignatures",
                                     f"{count} witnesses cosigned, {self.threshold} are needed")
        return checkpoint

    def _witnessed(self, checkpoint: Checkpoint, cosignatures: list[bytes]) -> int:
        """How many named witnesses cosigned; a bad signature of one of them is an error."""
        levels = {cose.thumbprint(key): (key, level) for key, level in self.witnesses}
        found = set()
        for number, data in enumerate(cosignatures):
            try:
                issuer = statement.parse(data).issuer
                if issuer not in levels:
                    continue
                opened = checkpoints.open_cosignature(data, self.ledger, levels[issuer][0])
            except InvalidData as error:
                raise VerificationFailed(error.rule, f"cosignatures[{number}]", error.detail) \
                    from error
            if opened.app_hash != checkpoint.app_hash():
                raise VerificationFailed("trust.cosignature", f"cosignatures[{number}]",
                                         "it is for another checkpoint")
            if opened.level >= levels[issuer][1]:
                found.add(issuer)
        return len(found)


def decode(data: bytes) -> Trust:
    """WireError when it is no trust file."""
    rule = "trust.form"
    value = cbor.decode(data, utf8=True)
    if type(value) is not dict or set(value) != _KEYS:
        raise WireError(rule, "not a trust file")
    check.version(value["version"], VERSION, rule)
    witnesses = value["witnesses"]
    if type(witnesses) is not list or len(witnesses) > WITNESSES:
        raise WireError(rule, f"not at most {WITNESSES} witnesses")
    named = []
    for witness in witnesses:
        key, level = check.array(witness, 2, rule)
        named.append((check.sized(key, 64, rule), check.uint(level, rule)))
    trust = Trust(check.text(value["name"], 64, rule), check.sized(value["ledger"], 32, rule),
                  check.sized(value["ledger_key"], 64, rule), tuple(named),
                  check.uint(value["threshold"], rule))
    for key, _ in [(trust.ledger_key, 0), *named]:
        _check_key(key)
    return trust


def _check_key(key: bytes) -> None:
    try:
        signature.check_public_key(key)
    except InvalidData as error:
        raise WireError("trust.key", error.detail) from error


