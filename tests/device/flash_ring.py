"""The journal: wear, order, every cut point torn and clean, damage, full, the reserve."""

import io
import sys

from firmware.device.journal import (
    GRAIN,
    SEGMENT_BYTES,
    Journal,
    JournalFull,
    Recovery,
)
from firmware.host.flash import Flash, PowerCut

SEGMENTS = 8
SIZE = SEGMENTS * SEGMENT_BYTES
RECORD_BYTES = 240
STATE = b"state of the test, as long as one with an ack: " + bytes(200)


def blank() -> Flash:
    return Flash(io.BytesIO(b"\xff" * SIZE), SIZE)


def data_of(seq: int, size: int = RECORD_BYTES) -> bytes:
    return (b"%08d" % seq) * (size // 8)


def new(flash: Flash, state: bytes = STATE) -> Journal:
    return Journal(flash, lambda: state)


def mounted(flash: Flash) -> "tuple[Journal, Recovery]":
    journal = new(flash)
    found = journal.mount()
    assert found is not None, "no segment is whole"
    return journal, found


def records(journal: Journal) -> "list[int]":
    """Every seq in the ring, in order; the bytes are checked."""
    seqs = []
    found = journal.next_record(journal.place_of(*journal.first_held()))
    while found is not None:
        place, _, seq, data = found
        assert data == data_of(seq, len(data)), "record %d is not what was written" % seq
        seqs.append(seq)
        found = journal.next_record(place)
    return seqs


def check_wear() -> None:
    """Below 0.1 erases a record of 240 bytes, and the ring goes round."""
    flash = blank()
    journal = new(flash)
    journal.format(1)
    for seq in range(1, 1001):
        journal.append_record((1, seq), data_of(seq))
        journal.cursor = (1, seq + 1)
        if seq % 8 == 0:
            journal.mark()
    assert flash.erases < 100, "%d erases for 1000 records" % flash.erases
    journal, found = mounted(flash)
    assert (found.epoch, found.next_seq, found.certain) == (1, 1001, True)
    assert found.state == STATE
    first = journal.first_held()[1]
    assert records(journal) == list(range(first, 1001))
    assert journal.find(1, 1000) == data_of(1000)
    assert journal.find(1, first) == data_of(first)
    assert journal.find(1, first - 1) is None
    assert journal.find(1, 1001) is None


def work(journal: Journal, done: "list[tuple[str, int]]", start: int) -> None:
    """Samples, closing records, events and marks; `done` gets what is durable.

    It starts a second round of the ring, so that segments are erased under it.
    """
    seq = start
    while seq < start + 150:
        for sample in range(3):
            journal.append_pending(b"%08d" % (seq * 10 + sample))
            done.append(("sample", seq * 10 + sample))
        journal.append_record((1, seq), data_of(seq, 480), closing=True)
        done.append(("closing", seq))
        journal.append_record((1, seq + 1), data_of(seq + 1), reserve=True)
        done.append(("event", seq + 1))
        seq += 2
        journal.cursor = (1, max(1, seq - 4))
        if seq % 20 == 1:
            journal.mark()


def expected(done: "list[tuple[str, int]]") -> "tuple[int, list[bytes]]":
    """(next seq, samples in no record) after what was done."""
    next_seq, pending = 1, []
    for what, number in done:
        if what == "sample":
            pending.append(b"%08d" % number)
        else:
            next_seq = number + 1
            if what == "closing":
                pending = []
    return next_seq, pending


def check_cuts(torn: "list[int]", step: int) -> None:
    """Cut the power at every `step`-th operation; what was durable is there, and work goes on."""
    cut_at = 1
    while True:
        for torn_bytes in torn:
            if not cut_once(cut_at, torn_bytes):
                return
        cut_at += step


def cut_once(cut_at: int, torn_bytes: int) -> bool:
    """False when there are fewer operations than that."""
    flash = blank()
    journal = new(flash)
    done: "list[tuple[str, int]]" = []
    journal.format(1)
    flash.cut_at, flash.torn_bytes = flash.operations + cut_at, torn_bytes
    try:
        work(journal, done, 1)
        return False
    except PowerCut:
        flash.cut_at = 0
    journal, found = mounted(flash)
    next_seq, pending = expected(done)
    assert found.certain, "cut %d/%d: the last seq is in doubt" % (cut_at, torn_bytes)
    later = (next_seq, pending + found.pending[len(pending):])
    assert (found.next_seq, found.pending) in ((next_seq, pending), later) \
        or found.next_seq == next_seq + 1, "cut %d/%d: %d %s" % (
            cut_at, torn_bytes, found.next_seq, found.pending)
    seqs = records(journal)
    assert not seqs or seqs == list(range(seqs[0], found.next_seq)), "records are missing"
    assert seqs or next_seq == 1
    assert not seqs or seqs[0] <= max(1, next_seq - 6), "un-acked records are missing"
    journal.cursor = (1, found.next_seq)
    work(journal, done, found.next_seq)
    again, found = mounted(flash)
    assert found.next_seq == journal.next_seq
    assert records(again)[-1] == found.next_seq - 1
    return True


def check_damage() -> None:
    """A changed byte costs its own entry; a bad tail that was written to its end, certainty."""
    flash = blank()
    journal = new(flash)
    journal.format(1)
    for seq in range(1, 21):
        journal.append_record((1, seq), data_of(seq))
    image = flash.read(0, SIZE)
    at = image.find(data_of(7))
    journal, found = mounted(damaged(image, at + 100))
    assert records(journal) == [one for one in range(1, 21) if one != 7]
    assert found.certain
    assert found.next_seq == 21
    at = image.find(data_of(20))
    journal, found = mounted(damaged(image, at + 100))
    assert not found.certain, "record 20 was whole and may have been sent"
    assert not mounted(damaged(image, at - 16))[1].certain, "nor with a damaged head"
    journal.format(2)
    assert mounted(damaged(image, 0, whole=True))[1].next_seq == 21
    check_damage_before_a_sample()
    assert new(damaged(image, 4)).mount() is None or not mounted(damaged(image, 4))[1].certain


def check_damage_before_a_sample() -> None:
    """The last record is bad and a sample follows: its number must not be used again."""
    flash = blank()
    journal = new(flash)
    journal.format(1)
    journal.append_record((1, 1), data_of(1))
    journal.append_record((1, 2), data_of(2))
    journal.append_pending(b"sample")
    image = flash.read(0, SIZE)
    for at in (0, 1, 100):
        _, found = mounted(damaged(image, image.find(data_of(2)) - 16 + at))
        assert not found.certain, "damage at byte %d went unnoticed" % at
        assert found.pending == [b"sample"]
    journal.mark()
    _, found = mounted(damaged(flash.read(0, SIZE), image.find(data_of(2))))
    assert found.certain, "the state after it tells the number"
    assert found.next_seq == 3


def damaged(image: bytes, at: int, whole: bool = False) -> Flash:
    data = image if whole else image[:at] + bytes((image[at] ^ 0x55,)) + image[at + 1:]
    return Flash(io.BytesIO(data), SIZE)


def check_lost_head() -> None:
    """The newest segment loses its head: its records are kept, the seq is in doubt."""
    flash = blank()
    journal = new(flash)
    journal.format(1)
    seq = 1
    while flash.erases < 8:
        journal.append_record((1, seq), data_of(seq))
        seq += 1
    for _ in range(5):
        journal.append_record((1, seq), data_of(seq))
        seq += 1
    journal, found = mounted(damaged(flash.read(0, SIZE), SEGMENT_BYTES + 4))
    assert not found.certain
    assert records(journal) == list(range(1, seq))
    assert new(blank()).mount() is None


def check_full() -> None:
    """Nothing un-acked is overwritten; the reserve is there for what must be said."""
    flash = blank()
    journal = new(flash)
    journal.format(1)
    seq = 1
    while append(journal, seq, False):
        seq += 1
    assert not journal.has_room()
    stopped = seq
    while append(journal, seq, True):
        seq += 1
    assert seq - stopped > 60, "the reserve held %d records" % (seq - stopped)
    assert not append(journal, seq, True)
    assert records(journal) == list(range(1, seq))
    assert journal.used_permille() == 1000
    journal.cursor = (1, 100)
    assert append(journal, seq, True), "acked records make room"
    journal.cursor = (1, seq + 1)
    assert journal.has_room()
    assert journal.used_permille() < 300
    samples = 0
    while journal.has_room():
        journal.append_pending(bytes(2000))
        samples += 1
    assert samples > 20
    try:
        while True:
            journal.append_pending(bytes(2000))
    except JournalFull:
        return


def append(journal: Journal, seq: int, reserve: bool) -> bool:
    try:
        journal.append_record((1, seq), data_of(seq), reserve=reserve)
    except JournalFull:
        return False
    return True


def check_dropped() -> None:
    """What was dropped does not come back."""
    flash = blank()
    journal = new(flash)
    journal.format(1)
    journal.append_pending(b"draft 1")
    assert mounted(flash)[1].pending == [b"draft 1"]
    journal.drop_pending()
    journal.mark()
    journal.append_pending(b"draft 2")
    assert mounted(flash)[1].pending == [b"draft 2"]


def check_small() -> None:
    try:
        Journal(Flash(io.BytesIO(b""), 3 * SEGMENT_BYTES), lambda: b"")
    except ValueError:
        return
    raise AssertionError("a ring of three segments was taken")


check_wear()
# Every operation on CPython; every 13th on the device's interpreter, which is slower.
check_cuts([0, GRAIN, 100], 1 if sys.implementation.name == "cpython" else 13)
check_damage()
check_lost_head()
check_full()
check_dropped()
check_small()
