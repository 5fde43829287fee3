"""Every format for random and damaged bytes: read, or refused by name, the same everywhere."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ledger_client.wire import cbor, codes
from tests import damage, micropython
from tests.device import wire_vectors

VECTORS = str(micropython.CHECKOUT / "tests" / "vectors")
ELAPSED_MS = 86_400_000
CORPUS = 4000  # lines that both interpreters judge; 2 s on the slower
SEED = "two interpreters, one verdict"


def known() -> dict[str, list[bytes]]:
    """Format -> bytes of its vectors, valid and invalid, those of moderate size."""
    found: dict[str, list[bytes]] = {}
    for subject in wire_vectors.SUBJECTS:
        for kind in ("valid", "invalid"):
            for case in wire_vectors.load(VECTORS, kind, subject):
                if case["format"] in wire_vectors.READERS and "packing" not in case["format"] \
                        and len(case.get("hex", "")) <= 2000:
                    found.setdefault(case["format"], []).append(bytes.fromhex(case["hex"]))
    return found


KNOWN = known()
THOROUGH = settings(max_examples=400)
FORMATS = sorted(KNOWN)


def read(form: str, data: bytes) -> None:
    """Whatever is read encodes to the same bytes: the readers see to it."""
    case = {"elapsed_ms": ELAPSED_MS, "purpose": codes.PURPOSE_ACK}
    event(wire_vectors.refusal(wire_vectors.READERS[form], data, case) or "read")


@THOROUGH
@given(st.sampled_from([one for one in FORMATS if one != "topic"]), st.binary(max_size=80))
def test_random_bytes(form: str, data: bytes) -> None:
    read(form, data)


@THOROUGH
@given(st.sampled_from([one for one in FORMATS if one != "topic"]), st.data())
def test_damaged_bytes(form: str, draw: st.DataObject) -> None:
    data = draw.draw(st.sampled_from(KNOWN[form]))
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(data)))
        data = data[:at] + draw.draw(st.binary(max_size=4)) + data[at + draw.draw(
            st.integers(0, 4)):]
    read(form, data)


@THOROUGH
@given(st.text() | st.sampled_from(["coldseal/1/0123456789abcdef/up", "coldseal/1//up"]))
def test_random_topics(name: str) -> None:
    read("topic", name.encode(errors="ignore"))


FLAT = ["ack", "command", "configuration", "event", "hello", "possession", "scan", "telemetry"]


@THOROUGH
@given(st.sampled_from(FLAT), st.data())
def test_well_formed_bytes_with_a_wrong_part(form: str, draw: st.DataObject) -> None:
    value = cbor.decode(draw.draw(st.sampled_from(KNOWN[form])))
    changed = damage.replaced(value, draw)
    if not wire_vectors.refusal(cbor.encode, changed):
        read(form, cbor.encode(changed))


def corpus() -> Iterator[tuple[str, bytes]]:
    """Damaged vectors of every format, from a seed."""
    chance = random.Random(SEED)
    for _ in range(CORPUS):
        form = chance.choice(FORMATS)
        data = bytearray(chance.choice(KNOWN[form]))
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(data) + 1)
            data[at:at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        yield form, bytes(data)


def test_both_interpreters_say_the_same(tmp_path: Path) -> None:
    lines = [f"{form}\t{ELAPSED_MS}\t{data.hex()}" for form, data in corpus()
             if form != "topic" or data.isascii()]
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(lines) + "\n", "ascii")
    printed = micropython.run("tests/device/wire_vectors.py", "verdicts", str(path), heap="8M")
    theirs = [json.loads(line) for line in printed.splitlines()]
    ours = [json.loads(wire_vectors.verdict(line)) for line in lines]
    assert len(theirs) == len(ours) == len(lines)
    differing = [(line, mine, other) for line, mine, other in zip(lines, ours, theirs, strict=True)
                 if mine != other]
    assert differing == []
    read_count = sum("read" in mine for mine in ours)
    if not CORPUS // 10 < read_count < CORPUS * 9 // 10:
        pytest.fail(f"the corpus is one-sided: {read_count} of {len(lines)} are read")
