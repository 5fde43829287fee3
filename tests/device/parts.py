"""Real parts of a device over flash in memory, for the scripts beside this file."""

import hashlib
import io

from firmware.device.chain import Chain
from firmware.device.ecdsa import Signer
from firmware.device.journal import SEGMENT_BYTES, Journal
from firmware.device.state import State
from firmware.host.entropy import source
from firmware.host.flash import Flash
from ledger_client.wire import codes, record, session
from ledger_client.wire.values import Ack, Clock, Record

LEDGER = hashlib.sha256(b"ledger of the device tests").digest()
START_MS = 1760000000000
GATEWAYS = (Signer(bytes(31) + b"\x07", source("7")), Signer(bytes(31) + b"\x08", source("8")))


def flash(segments: int = 8) -> Flash:
    size = segments * SEGMENT_BYTES
    return Flash(io.BytesIO(b"\xff" * size), size)


def chain(memory: Flash) -> Chain:
    """A new device on blank flash, or the same one after a power cut."""
    state = State()
    journal = Journal(memory, state.encode)
    recovery = journal.mount()
    one = Chain(Signer(bytes(31) + b"\x2a", source("device")), LEDGER, journal, state)
    if recovery is None:
        one.begin(1)
    else:
        state.restore(recovery.state)
        one.resume(recovery)
        state.cursor = max(state.cursor, journal.first_held())
        journal.cursor = state.cursor
    return one


def clock(elapsed_ms: int, timebase: int = 1) -> Clock:
    return Clock(START_MS + elapsed_ms, codes.SOURCE_HOLDOVER, 1000, timebase, elapsed_ms)


def unknown_clock(elapsed_ms: int) -> Clock:
    return Clock(None, codes.SOURCE_NONE, None, 1, elapsed_ms)


def records(one: Chain) -> "list[Record]":
    """What the ring holds, opened; the chain is checked."""
    out: "list[Record]" = []
    found = one.journal.next_record(one.journal.place_of(*one.journal.first_held()))
    while found is not None:
        opened = record.decode(found[3], one.ledger)
        if out and opened.epoch == out[-1].epoch:
            assert opened.prev == out[-1].digest and opened.seq == out[-1].seq + 1
        out.append(opened)
        found = one.journal.next_record(found[0])
    return out


def beacons(one: Chain, count: int) -> None:
    """Records of no meaning here."""
    for _ in range(count):
        one.event(clock(one.next_seq * 1000), codes.EVENT_BEACON, bytes(32))


def ack(one: Chain, gateway: Signer, to_seq: "int | None", changes: "dict[str, object]") -> bytes:
    """A signed custody ack of 1..to_seq of this epoch, with some fields changed."""
    fields = {"kid": one.kid, "epoch": one.epoch, "from_seq": None, "to_seq": to_seq,
              "digest": None, "registered_seq": None, "journal_id": bytes(8), "unix_ms": None,
              "error_ms": None, "source": 0, "nonce": None, "app_hash": None}
    if to_seq is not None:
        fields["from_seq"] = 1
        held = one.journal.find(one.epoch, to_seq)
        fields["digest"] = bytes(32) if held is None else record.decode(held, one.ledger).digest
    for name in changes:
        assert name in fields
        fields[name] = changes[name]
    order = ("kid", "epoch", "from_seq", "to_seq", "digest", "registered_seq", "journal_id",
             "unix_ms", "error_ms", "source", "nonce", "app_hash")
    value = Ack(*[fields[name] for name in order])  # type: ignore[arg-type]
    return session.sign1(codes.PURPOSE_ACK, one.ledger, gateway, session.encode_ack(value))
