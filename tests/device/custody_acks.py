"""The table of custody acks: what moves the cursor, what is refused, broken custody, resending."""

from firmware.device.acks import AckVerifier
from firmware.device.chain import Chain
from firmware.device.custody import BROKEN_KEPT, Custody
from firmware.device.ecdsa import Signer
from firmware.host.entropy import source
from ledger_client.wire import codes
from ledger_client.wire.errors import WireError
from tests.device import parts

LISTED = [one.kid for one in parts.GATEWAYS]
FIRST, SECOND = parts.GATEWAYS
RECORDS = 10


def ready() -> "tuple[Chain, Custody]":
    """A device with RECORDS records, none acked."""
    chain = parts.chain(parts.flash())
    parts.beacons(chain, RECORDS)
    return chain, Custody(chain, source("nonces"))


def say(_: bytes) -> None:
    raise AssertionError("custody is not broken")


def take(chain: Chain, custody: Custody, data: bytes) -> int:
    """Apply an ack; the seq of the cursor after it."""
    custody.take(custody.read(data, LISTED), say)
    return chain.state.cursor[1]


# from_seq, to_seq, cursor before -> cursor after (None: not even worth verifying)
MOVES = ((1, 4, 1, 5), (1, 10, 1, 11), (2, 4, 1, None), (1, 4, 3, 5), (3, 4, 3, 5), (4, 4, 3, None),
         (1, 3, 3, 4), (1, 2, 3, None), (1, 10, 11, None), (3, 3, 3, 4))


def check_moves() -> None:
    for from_seq, to_seq, before, after in MOVES:
        chain, custody = ready()
        if before > 1:
            take(chain, custody, parts.ack(chain, FIRST, before - 1, {}))
        data = parts.ack(chain, FIRST, to_seq, {"from_seq": from_seq})
        found = None
        try:
            found = take(chain, custody, data)
        except WireError as error:
            assert error.rule == "ack.old"
        assert found == after, "%d..%d at %d: %s" % (from_seq, to_seq, before, found)
        assert chain.state.cursor[1] == (after or before)
        assert chain.journal.cursor == chain.state.cursor


REFUSED: "tuple[tuple[dict[str, object], str], ...]" = (
    ({"kid": bytes(8)}, "ack.kid"), ({"epoch": 2}, "ack.old"),
    ({"digest": b"\x01" * 32}, "ack.digest"), ({"to_seq": 11}, "ack.seq"),
    ({"source": 1}, "ack.time"), ({"from_seq": None}, "ack.range"))


def check_refusals() -> None:
    chain, custody = ready()
    for changes, rule in REFUSED:
        refused(chain, custody, parts.ack(chain, FIRST, 4, changes), rule)
    stranger = Signer(bytes(31) + b"\x09", source("9"))
    refused(chain, custody, parts.ack(chain, stranger, 4, {}), "ack.gateway")
    refused(chain, custody, b"\x00", "cose.tag")


def refused(chain: Chain, custody: Custody, data: bytes, rule: str) -> None:
    try:
        take(chain, custody, data)
    except WireError as error:
        assert error.rule == rule, "%s instead of %s" % (error.rule, rule)
        assert chain.state.cursor == (1, 1)
        return
    raise AssertionError("taken, though it breaks " + rule)


def check_broken() -> None:
    """Event 14 once a (gateway, journal_id); the ring is sent again; another gateway counts."""
    chain, custody = ready()
    promise = parts.ack(chain, FIRST, 8, {})
    take(chain, custody, promise)
    for to_seq in (None, 7):
        nonce = custody.hellos(0)[0].nonce
        journal_id = b"restored" if to_seq is None else b"again..."
        said: "list[bytes]" = []
        data = parts.ack(chain, FIRST, to_seq, {"nonce": nonce, "journal_id": journal_id})
        assert custody.take(custody.read(data, LISTED), said.append)
        assert len(said) == 1
        assert chain.state.cursor == ((1, 1) if to_seq is None else (1, 8))
        nonce = custody.hellos(0)[0].nonce
        data = parts.ack(chain, FIRST, to_seq, {"nonce": nonce, "journal_id": journal_id})
        assert not custody.take(custody.read(data, LISTED), say), "said twice"
        take(chain, custody, parts.ack(chain, SECOND, 10, {}))
        assert chain.state.cursor == (1, 11), "another gateway's ack must count"
        chain.state.cursor = (1, 1)
        take(chain, custody, parts.ack(chain, FIRST, 9, {"journal_id": journal_id}))
    assert len(chain.state.broken) == 2 <= BROKEN_KEPT
    nonce = custody.hellos(0)[0].nonce
    data = parts.ack(chain, FIRST, 5, {"nonce": nonce, "journal_id": journal_id})
    assert not custody.take(custody.read(data, LISTED), say), "this journal's loss was said before"
    refused_old(custody, data)


def check_no_false_alarm() -> None:
    """Less than before is broken custody only in answer to our own hello, from the same key."""
    chain, custody = ready()
    take(chain, custody, parts.ack(chain, FIRST, 8, {}))
    nonce = custody.hellos(0)[0].nonce
    take(chain, custody, parts.ack(chain, SECOND, 3, {"nonce": nonce}))
    for other in (None, bytes(16)):
        refused_old(custody, parts.ack(chain, FIRST, 3, {"nonce": other}))
    nonce = custody.hellos(0)[0].nonce
    custody.stop_waiting()
    refused_old(custody, parts.ack(chain, FIRST, None, {"nonce": nonce}))
    nonce = custody.hellos(0)[0].nonce
    assert take(chain, custody, parts.ack(chain, FIRST, 8, {"nonce": nonce})) == 9


def refused_old(custody: Custody, data: bytes) -> None:
    try:
        custody.read(data, LISTED)
    except WireError as error:
        assert error.rule == "ack.old"
        return
    raise AssertionError("an ack that says nothing new would be verified")


def check_hello() -> None:
    chain, custody = ready()
    hello = custody.hellos(0)[0]
    assert hello[:5] == (chain.kid, 1, 1, RECORDS + 1, None)
    best = parts.ack(chain, FIRST, 6, {})
    take(chain, custody, parts.ack(chain, SECOND, 4, {}))
    take(chain, custody, best)
    again = custody.hellos(0)[0]
    assert again.best_ack == best
    assert again.nonce != hello.nonce


def check_epochs() -> None:
    """Two epochs in one ring: hello for each, the cursor goes from the old one to the new."""
    chain, custody = ready()
    chain.begin(2)
    parts.beacons(chain, 3)
    assert chain.waiting() == RECORDS + 3
    assert [(one.epoch, one.first_seq, one.next_seq) for one in custody.hellos(0)] \
        == [(1, 1, RECORDS + 1), (2, 1, 4)]
    held = parts.records(chain)[RECORDS - 1]
    take(chain, custody, parts.ack(chain, FIRST, RECORDS, {"epoch": 1, "digest": held.digest}))
    assert chain.state.cursor == (2, 1)
    take(chain, custody, parts.ack(chain, FIRST, 3, {}))
    assert chain.waiting() == 0


def check_resend() -> None:
    """Acked, but not registered for RESEND_AGE: sent again, once in RESEND_AGE."""
    chain, custody = ready()
    take(chain, custody, parts.ack(chain, FIRST, RECORDS, {"registered_seq": 4}))
    young = parts.clock(codes.RESEND_AGE_MS)
    assert not custody.resend_overdue(young)
    old = parts.clock(codes.RESEND_AGE_MS + 6000)
    assert custody.resend_overdue(old)
    assert chain.state.cursor == (1, 5)
    take(chain, custody, parts.ack(chain, FIRST, RECORDS, {"registered_seq": 4}))
    assert not custody.resend_overdue(old)
    later = parts.clock(2 * codes.RESEND_AGE_MS + 6000)
    assert custody.resend_overdue(later)
    take(chain, custody, parts.ack(chain, FIRST, RECORDS, {"registered_seq": RECORDS}))
    assert not custody.resend_overdue(parts.clock(9 * codes.RESEND_AGE_MS))


def check_survives() -> None:
    """Cursor and promises come back from the ring."""
    memory = parts.flash()
    chain = parts.chain(memory)
    parts.beacons(chain, 40)
    custody = Custody(chain, source("nonces"))
    take(chain, custody, parts.ack(chain, FIRST, 35, {"registered_seq": 30}))
    again = parts.chain(memory)
    assert again.state.cursor == (1, 36)
    assert again.state.registered == (1, 30)
    assert [kid for kid, _ in again.state.acks] == [FIRST.kid]
    assert again.state.prev == chain.state.prev
    assert again.next_seq == 41


def check_verifier() -> None:
    """Slices, the newest ack, the answer to a hello kept apart, bad signatures."""
    chain, custody = ready()
    now = [0]

    def ticks() -> int:
        now[0] += 4  # three readings make a slice
        return now[0]

    verifier = AckVerifier(ticks)
    verifier.configure([one.public_key for one in parts.GATEWAYS])
    nonce = custody.hellos(0)[0].nonce
    hello = custody.read(parts.ack(chain, FIRST, 2, {"nonce": nonce}), verifier.kids())
    old = custody.read(parts.ack(chain, FIRST, 3, {}), verifier.kids())
    newest = custody.read(parts.ack(chain, SECOND, 5, {}), verifier.kids())
    verifier.offer((hello, 1, 1), True)
    verifier.offer((old, 2, 2), False)
    verifier.offer((newest, 3, 3), False)
    good = [one[0] for one in work(verifier)]  # type: ignore[index]
    assert good == [hello, newest]
    data = parts.ack(chain, FIRST, 6, {})
    forged = custody.read(data[:-1] + bytes((data[-1] ^ 1,)), verifier.kids())
    verifier.offer((forged, 4, 4), False)
    assert work(verifier) == [] and verifier.refused == 1


def work(verifier: AckVerifier) -> "list[object]":
    good: "list[object]" = []
    turns = 0
    while not verifier.idle():
        found = verifier.work()
        turns += 1
        if found is not None:
            good.append(found)
    assert turns > 10, "it was not sliced"
    return good


check_moves()
check_refusals()
check_broken()
check_no_false_alarm()
check_hello()
check_epochs()
check_resend()
check_survives()
check_verifier()
