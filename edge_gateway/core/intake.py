"""Intake: which records of an MQTT payload are journaled, which are duplicates, what is refused.

A record whose signature and frame are good, by a key in standing, is accepted whatever its body
holds: no record can jam a device.  Refused is what cannot be attributed to an enrolled key; it is
kept for inspection and counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger_client.core import signature
from ledger_client.errors import PipeFailed
from ledger_client.wire import codes, record, session
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record

# public key (x || y) of a device in standing by its kid, or None; PipeFailed when nobody knows now
KeyOf = Callable[[bytes], bytes | None]
# whether a verified record with this digest is held
Holds = Callable[[bytes], bool]


@dataclass(frozen=True)
class NewRecord:
    """A verified record that is not in the journal yet."""

    parsed: Record
    data: bytes


@dataclass(frozen=True)
class RefusedInput:
    """Bytes that cannot be attributed, and why."""

    rule: str
    detail: str
    data: bytes


@dataclass
class Payload:
    """What one MQTT message held; `touched` are the (epoch, seq) that an ack should cover."""

    kid: bytes
    accepted: list[NewRecord] = field(default_factory=list)
    duplicates: list[tuple[int, int]] = field(default_factory=list)
    refused: list[RefusedInput] = field(default_factory=list)

    def touched(self) -> list[tuple[int, int]]:
        return self.duplicates + [(one.parsed.epoch, one.parsed.seq) for one in self.accepted]


def read_payload(topic: str, data: bytes, *, ledger: bytes, key_of: KeyOf, holds: Holds) -> Payload:
    """Split and judge the payload of an `up` message.  What cannot be parsed ends it: that part and
    the rest are refused."""
    try:
        kid, leaf = session.topic_kid(topic)
    except WireError as error:
        return Payload(b"", refused=[RefusedInput(error.rule, error.detail, data)])
    judge = _Judge(Payload(kid), key_of, holds)
    result = judge.result
    if leaf != "up" or len(data) > codes.PAYLOAD_BYTES:
        result.refused.append(RefusedInput("intake.payload", f"{len(data)} bytes on {leaf}", data))
        return result
    at = 0
    while at < len(data):
        try:
            parsed, end = record.read(data, at, ledger)
        except WireError as error:
            result.refused.append(RefusedInput(error.rule, error.detail, data[at:]))
            break
        judge.judge(parsed, data[at:end])
        at = end
    return result


class _Judge:
    """Sorts the records of one payload."""

    def __init__(self, result: Payload, key_of: KeyOf, holds: Holds) -> None:
        self.result = result
        self._key_of = key_of
        self._holds = holds
        self._seen: set[bytes] = set()

    def judge(self, parsed: Record, data: bytes) -> None:
        """A duplicate is decided by digest before the signature: only verified ones are held."""
        if parsed.kid != self.result.kid:
            self._refuse("intake.kid", "the record is another device's than its topic", data)
            return
        if parsed.digest in self._seen or self._holds(parsed.digest):
            self.result.duplicates.append((parsed.epoch, parsed.seq))
            return
        try:
            key = self._key_of(parsed.kid)
        except PipeFailed as error:  # not acked, so the device sends it again
            self._refuse("intake.standing-unknown", str(error), data)
            return
        if key is None:
            self._refuse("intake.standing", "no device in standing has this key", data)
            return
        try:
            signature.verify(key, parsed.digest, parsed.signature)
        except signature.BadSignature as error:
            self._refuse("intake.signature", error.detail, data)
            return
        self._seen.add(parsed.digest)
        self.result.accepted.append(NewRecord(parsed, data))

    def _refuse(self, rule: str, detail: str, data: bytes) -> None:
        self.result.refused.append(RefusedInput(rule, detail, data))
