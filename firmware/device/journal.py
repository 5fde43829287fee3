"""The raw ring in flash: every record, and every sample or draft that is not yet a record.

Invariants
1. Flash is erased by segments and only programmed from 1 to 0 inside them; nothing is rewritten.
2. Segments are numbered by a generation that only grows; g lies at place g modulo their number.
3. A segment begins with a header and a state entry, programmed as one: without both it is void.
   So the newest segment alone tells the state; what follows in it is replayed.
4. An entry counts when its CRC does, computed with its generation: old bytes are never taken for
   new ones.  A damaged entry costs itself only (entries start at multiples of GRAIN).
5. A segment with an un-acked record, or with a sample or draft that is in no record yet, is never
   erased.  RESERVE_SEGMENTS stay for what must be said when the ring is full.
6. A torn tail (power cut inside an entry) is never programmed over: the rest of that segment is
   given up.  It was never sent, so its seq is free.  What was programmed to its end and is bad all
   the same may have been a record that was sent: unless a later number tells the seq, it cannot be
   told (`Recovery.certain`).

Flash is an object with .size, .read(address, size), .program(address, data), .erase(sector).
Entry = kind, 0, size (2), CRC-32 (4), payload, zeros to the next GRAIN (at least one).
"""

import binascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    class Flash(Protocol):
        size: int

        def read(self, address: int, size: int) -> bytes: ...
        def program(self, address: int, data: bytes) -> None: ...
        def erase(self, sector: int) -> None: ...

SECTOR_BYTES = 4096  # the erase unit of the flash chip
SEGMENT_SECTORS = 4  # a segment holds the largest record (8 KiB) and its own head
SEGMENT_BYTES = SECTOR_BYTES * SEGMENT_SECTORS
SEGMENTS_MIN = 6  # the reserve, one to write, and room to hold something
RESERVE_SEGMENTS = 2  # for event 9, boots and the records that close open samples
GRAIN = 16  # the write unit of encrypted flash on the ESP32
# Kinds of entries.  CLOSING: a record of all that was pending.  DAMAGED: what cannot be read.
DAMAGED, STATE, RECORD, CLOSING, PENDING = 0, 1, 2, 3, 4

_MAGIC = b"CSJ1"
_HEAD_BYTES = 16
_ENTRY_BYTES = 8
_NUMBER_BYTES = 8  # epoch and seq before a record, before a state
_STATE_BYTES = 12
_BLANK_BYTES = 512  # looked at in one go: no large block of the device's heap
_NO_GENERATION = 0xFFFFFFFF


class JournalFull(Exception):
    """Nothing may be overwritten: wait for custody acks."""


class Recovery:
    """What a ring tells after a start."""

    def __init__(self) -> None:
        self.state = b""
        self.epoch = self.next_seq = 0
        self.last_record: "bytes | None" = None  # the last one after `state` was written
        self.pending: "list[bytes]" = []  # in no record yet, oldest first
        self.certain = True  # is next_seq known?
        self.damaged = False  # something since the last number cannot be read


class Journal:
    """`snapshot()` gives the state (bytes) that a new segment begins with."""

    def __init__(self, flash: "Flash", snapshot: "Callable[[], bytes]") -> None:
        self._flash = flash
        self._snapshot = snapshot
        self.segments = flash.size // SEGMENT_BYTES
        if self.segments < SEGMENTS_MIN:
            raise ValueError("a journal of %d bytes: give its partition at least %d"
                             % (flash.size, SEGMENTS_MIN * SEGMENT_BYTES))
        self._firsts: "list[tuple[int, int] | None]" = [None] * self.segments
        self._generation = -1
        self._offset = SEGMENT_BYTES
        self._pending_generation: "int | None" = None
        self.epoch, self.next_seq = 1, 1
        self.cursor = (1, 1)  # records from here on are never overwritten

    # --- starting ------------------------------------------------------------------------------

    def format(self, epoch: int) -> None:
        """Begin an empty epoch in a new segment; raises JournalFull rather than lose a record."""
        if not self._may_enter(0):
            raise JournalFull("a new epoch finds no room")
        self.epoch, self.next_seq = epoch, 1
        self._enter()

    def mount(self) -> "Recovery | None":
        """Read what the ring holds; None when no segment is whole.  The caller sets `cursor`."""
        state = b""
        generations = []
        for place in range(self.segments):
            generation, first_state = self._read_head(place)
            generations.append(generation)
            if generation >= 0:
                self._firsts[place] = _number(first_state)
            if generation > self._generation:
                self._generation, state = generation, first_state
        if self._generation < 0:
            return None
        for place in range(self.segments):  # what an earlier round left behind is gone
            if generations[place] <= self._generation - self.segments:
                self._firsts[place] = None
        return self._recover(state)

    def _recover(self, state: bytes) -> Recovery:
        """Replay from the oldest sample that is in no record, else from the newest segment on."""
        found = Recovery()
        pending_from = int.from_bytes(state[8:12], "big")
        first = self._generation if pending_from == _NO_GENERATION \
            else max(pending_from, self._generation - self.segments + 1)
        for generation in range(first, self._generation + 1):
            self._offset = SEGMENT_BYTES
            self._offset = self._replay_segment(found, generation)
        found.certain = found.certain and self._seal_tail()
        if self._read_head((self._generation + 1) % self.segments)[0] < 0 \
                and self._replay_segment(found, self._generation + 1):
            # The newest segment has lost its head: what can be read of it is kept.
            self._generation, self._offset = self._generation + 1, SEGMENT_BYTES
            self._firsts[self._generation % self.segments] = None
            found.certain = False
        self.epoch, self.next_seq = found.epoch, found.next_seq
        return found

    def _replay_segment(self, found: Recovery, generation: int) -> int:
        """Where its last good entry ends; 0 when it has none."""
        last = 0
        for kind, payload, end in self._walk(generation, _HEAD_BYTES):
            self._replay(found, generation, kind, payload)
            last = last if kind == DAMAGED else end
        return last

    def _replay(self, found: Recovery, generation: int, kind: int, payload: bytes) -> None:
        if kind == DAMAGED:
            found.damaged = True  # a torn tail, unless something follows
            return
        if kind == PENDING:
            found.certain = found.certain and not found.damaged
            if not found.pending:
                self._pending_generation = generation
            found.pending.append(payload)
            return
        epoch, seq = _number(payload)
        found.certain, found.damaged = True, False
        if kind == STATE:
            found.state, found.last_record = payload[_STATE_BYTES:], None
            found.epoch, found.next_seq = epoch, seq
            if int.from_bytes(payload[8:12], "big") == _NO_GENERATION:
                found.pending, self._pending_generation = [], None
            return
        found.epoch, found.next_seq = epoch, seq + 1
        found.last_record = payload[_NUMBER_BYTES:]
        if kind == CLOSING:
            found.pending, self._pending_generation = [], None

    def _seal_tail(self) -> bool:
        """Give up the rest of the segment unless it is blank; False: a whole entry may be lost."""
        offset = self._offset
        if self._blank(self._generation, offset):
            return True
        self._offset = SEGMENT_BYTES
        at = self._generation % self.segments * SEGMENT_BYTES + offset
        head = self._flash.read(at, _ENTRY_BYTES)
        size = _padded(int.from_bytes(head[2:4], "big"))
        if not STATE <= head[0] <= PENDING or offset + size > SEGMENT_BYTES:
            return self._blank(self._generation, offset + _ENTRY_BYTES)
        return head[0] not in (RECORD, CLOSING) or self._flash.read(at + size - 1, 1) != b"\x00"

    def _read_head(self, place: int) -> "tuple[int, bytes]":
        """(generation, payload of its first state); generation -1: the segment is void."""
        head = self._flash.read(place * SEGMENT_BYTES, _HEAD_BYTES)
        generation = int.from_bytes(head[4:8], "big")
        if head != _head(generation) or generation % self.segments != place:
            return -1, b""
        entry = self._read_entry(generation, _HEAD_BYTES)
        if entry is None or entry[0] != STATE:
            return -1, b""
        return generation, entry[1]

    # --- writing -------------------------------------------------------------------------------

    def append_record(self, number: "tuple[int, int]", data: bytes, closing: bool = False,
                      reserve: bool = False) -> None:
        """Make the record (epoch, seq) durable; `closing`: it holds all that was pending.

        Raises JournalFull; `reserve` may use the segments kept for what must be said.
        """
        epoch, seq = number
        prefix = epoch.to_bytes(4, "big") + seq.to_bytes(4, "big")
        self._append(CLOSING if closing else RECORD, prefix + data, reserve)
        self.epoch, self.next_seq = epoch, seq + 1
        if closing:
            self._pending_generation = None

    def append_pending(self, data: bytes) -> None:
        """Make a sample or a draft durable; raises JournalFull."""
        self._append(PENDING, data, False)
        if self._pending_generation is None:
            self._pending_generation = self._generation

    def mark(self) -> bool:
        """Write the state of now; False when the ring is full (then it is older than could be)."""
        try:
            self._append(STATE, self._state(), False)
        except JournalFull:
            return False
        return True

    def drop_pending(self) -> None:
        """What is pending is no longer wanted; the next mark makes that durable."""
        self._pending_generation = None

    def has_room(self, spare: int = 0) -> bool:
        """May a new segment be begun, and `spare` more, without touching the reserve?"""
        return self._may_enter(RESERVE_SEGMENTS + spare)

    def _append(self, kind: int, payload: bytes, reserve: bool) -> None:
        size = _padded(len(payload))
        if size > SEGMENT_BYTES - self._offset:
            if not self._may_enter(0 if reserve else RESERVE_SEGMENTS):
                raise JournalFull("%d segments hold records that no gateway has acked"
                                  % self.segments)
            self._enter()
        at = self._generation % self.segments * SEGMENT_BYTES + self._offset
        self._flash.program(at, _entry(self._generation, kind, payload))
        self._offset += size

    def _may_enter(self, spare: int) -> bool:
        """May the next segment be erased, and `spare` more after it?"""
        victim = self._generation + 1 - self.segments + spare
        if victim < 0:
            return True
        if self._pending_generation is not None and victim >= self._pending_generation:
            return False
        for generation in range(victim + 1, self._generation + 1):
            first = self._firsts[generation % self.segments]
            if first is not None:
                return first <= self.cursor
        return (self.epoch, self.next_seq) <= self.cursor

    def _enter(self) -> None:
        generation = self._generation + 1
        place = generation % self.segments
        state = self._state()
        for sector in range(SEGMENT_SECTORS):  # the head goes first: a half-erased one is void
            self._flash.erase(place * SEGMENT_SECTORS + sector)
        data = _head(generation) + _entry(generation, STATE, state)
        self._flash.program(place * SEGMENT_BYTES, data)
        self._generation, self._offset = generation, len(data)
        self._firsts[place] = (self.epoch, self.next_seq)

    def _state(self) -> bytes:
        pending = _NO_GENERATION if self._pending_generation is None else self._pending_generation
        return self.epoch.to_bytes(4, "big") + self.next_seq.to_bytes(4, "big") \
            + pending.to_bytes(4, "big") + self._snapshot()

    # --- reading -------------------------------------------------------------------------------

    def holds_records(self) -> bool:
        return self.first_held() < (self.epoch, self.next_seq)

    def first_held(self) -> "tuple[int, int]":
        """(epoch, seq) of the oldest record that may still be in the ring."""
        for generation in range(self._generation - self.segments + 1, self._generation + 1):
            first = self._firsts[generation % self.segments]
            if generation >= 0 and first is not None:
                return first
        return self.epoch, self.next_seq

    def used_permille(self) -> int:
        """How much of the ring holds what may not be overwritten."""
        free = 0
        while free < self.segments and self._may_enter(free):
            free += 1
        return 1000 * (self.segments - free) // self.segments

    def place_of(self, epoch: int, seq: int) -> "tuple[int, int]":
        """(generation, offset) where reading from this record on begins."""
        generation = self._generation
        oldest = max(0, self._generation - self.segments + 1)
        while generation > oldest:
            first = self._firsts[generation % self.segments]
            if first is not None and first <= (epoch, seq):
                break
            generation -= 1
        return generation, _HEAD_BYTES

    def next_record(self, place: "tuple[int, int]") \
            -> "tuple[tuple[int, int], int, int, bytes] | None":
        """(place after it, epoch, seq, record) of the first record at or after `place`."""
        generation, offset = place
        if generation <= self._generation - self.segments:  # overwritten meanwhile
            generation, offset = self._generation - self.segments + 1, _HEAD_BYTES
        while generation <= self._generation:
            for kind, payload, end in self._walk(generation, offset):
                if kind == RECORD or kind == CLOSING:
                    epoch, seq = _number(payload)
                    return (generation, end), epoch, seq, payload[_NUMBER_BYTES:]
            if generation == self._generation:
                return None
            generation, offset = generation + 1, _HEAD_BYTES
        return None

    def find(self, epoch: int, seq: int) -> "bytes | None":
        """The record with this number, if the ring still holds it."""
        place = self.place_of(epoch, seq)
        while True:
            found = self.next_record(place)
            if found is None or found[1:3] > (epoch, seq):
                return None
            if found[1:3] == (epoch, seq):
                return found[3]
            place = found[0]

    def _walk(self, generation: int, offset: int) -> "Iterator[tuple[int, bytes, int]]":
        """(kind, payload, end) of every good entry of a segment, and of what is between them."""
        end = SEGMENT_BYTES
        if generation == self._generation:
            end = self._offset
        while offset < end:
            entry = self._read_entry(generation, offset)
            if entry is None:
                if self._blank(generation, offset):
                    return
                offset += GRAIN  # the next good entry starts at some later grain
                yield DAMAGED, b"", offset
                continue
            offset += _padded(len(entry[1]))
            yield entry[0], entry[1], offset

    def _blank(self, generation: int, offset: int) -> bool:
        """Is the rest of a segment erased?"""
        at = generation % self.segments * SEGMENT_BYTES
        while offset < SEGMENT_BYTES:
            size = min(_BLANK_BYTES, SEGMENT_BYTES - offset)
            if self._flash.read(at + offset, size) != b"\xff" * size:
                return False
            offset += size
        return True

    def _read_entry(self, generation: int, offset: int) -> "tuple[int, bytes] | None":
        at = generation % self.segments * SEGMENT_BYTES + offset
        head = self._flash.read(at, _ENTRY_BYTES)
        size = int.from_bytes(head[2:4], "big")
        if not STATE <= head[0] <= PENDING or _padded(size) > SEGMENT_BYTES - offset:
            return None
        payload = self._flash.read(at + _ENTRY_BYTES, size)
        if _crc(generation, head[:4], payload) != head[4:]:
            return None
        return head[0], payload


def _head(generation: int) -> bytes:
    head = _MAGIC + generation.to_bytes(4, "big")
    return head + binascii.crc32(head).to_bytes(4, "big") + bytes(_HEAD_BYTES - 12)


def _entry(generation: int, kind: int, payload: bytes) -> bytes:
    head = bytes((kind, 0)) + len(payload).to_bytes(2, "big")
    fill = _padded(len(payload)) - _ENTRY_BYTES - len(payload)
    return head + _crc(generation, head, payload) + payload + bytes(fill)


def _crc(generation: int, head: bytes, payload: bytes) -> bytes:
    crc = binascii.crc32(generation.to_bytes(4, "big") + head)
    return binascii.crc32(payload, crc).to_bytes(4, "big")


def _padded(size: int) -> int:
    """Bytes that an entry with a payload of `size` takes: at least one zero ends it."""
    return (_ENTRY_BYTES + size) // GRAIN * GRAIN + GRAIN


def _number(payload: bytes) -> "tuple[int, int]":
    return int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big")
